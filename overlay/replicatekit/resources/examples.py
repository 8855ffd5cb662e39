"""`client.models.examples` and `client.models.readme`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replicatekit._domain.reference_arguments import resolve_model
from replicatekit._operations import models as operations
from replicatekit._runtime import run_sync
from replicatekit.pages import AsyncPages, first_page
from replicatekit.resources._namespace import Namespace
from replicatekit.resources.prediction import AsyncPrediction, Prediction

if TYPE_CHECKING:
    from replicatekit.pages import Page
    from replicatekit_api.models import Model

__all__ = ["AsyncExamples", "AsyncReadmeResource", "Examples", "ReadmeResource"]


class Examples(Namespace):
    """The example predictions of models."""

    def list(self, model: str | Model, cursor: str | None = None) -> Page[Prediction]:
        """List the examples that a model's owner has chosen.

        Args:
            model: `owner/name`, or a `Model`.
            cursor: Where the page begins: `next_cursor` or `next` of another page.
        """
        return first_page(operations.examples(self._session, Prediction.bind, resolve_model(model)), cursor)


class AsyncExamples(Namespace):
    """The example predictions of models."""

    def list(self, model: str | Model, cursor: str | None = None) -> AsyncPages[AsyncPrediction]:
        """List the examples that a model's owner has chosen.

        Args:
            model: `owner/name`, or a `Model`.
            cursor: Where the page begins: `next_cursor` or `next` of another page.
        """
        return AsyncPages(operations.examples(self._session, AsyncPrediction.bind, resolve_model(model)), cursor)


class ReadmeResource(Namespace):
    """The readmes of models."""

    def get(self, model: str | Model, name: str | None = None) -> str:
        """Get a model's readme, in Markdown.

        Args:
            model: `owner/name`, or the owner if `name` is given.
            name: The model's name.

        Raises:
            NotFoundError: There is no such model, or it has no readme.
        """
        return run_sync(operations.readme(self._session, resolve_model(model, name)))


class AsyncReadmeResource(Namespace):
    """The readmes of models."""

    async def get(self, model: str | Model, name: str | None = None) -> str:
        """Get a model's readme, in Markdown.

        Args:
            model: `owner/name`, or the owner if `name` is given.
            name: The model's name.

        Raises:
            NotFoundError: There is no such model, or it has no readme.
        """
        return await operations.readme(self._session, resolve_model(model, name))
