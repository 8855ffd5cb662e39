"""`client.models.examples` and `client.models.readme`: what a model is shown by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replicatekit._base.docstrings import mirrors
from replicatekit._domain.reference_arguments import resolve_model
from replicatekit._operations import models as flows
from replicatekit._runtime import run_sync
from replicatekit.pages import AsyncPages, first_page
from replicatekit.resources._namespace import Namespace

if TYPE_CHECKING:
    from replicatekit.pages import Page
    from replicatekit.resources.prediction import AsyncPrediction, Prediction
    from replicatekit_api.models import Model

__all__ = ["AsyncExamples", "AsyncReadmeResource", "Examples", "ReadmeResource"]


class Examples(Namespace):
    """The predictions that models are shown by."""

    __slots__ = ()

    def list(self, model: str | Model, cursor: str | None = None) -> Page[Prediction]:
        """The examples of a model, as its owner chose them.

        Args:
            model: `owner/name`, or a `Model`.
            cursor: Where the page begins: a page's `next_cursor`, or its whole `next`.
        """
        return first_page(flows.examples(self._session, self._session.bind, resolve_model(model)), cursor)


@mirrors(Examples)
class AsyncExamples(Namespace):
    __slots__ = ()

    def list(self, model: str | Model, cursor: str | None = None) -> AsyncPages[AsyncPrediction]:
        return AsyncPages(flows.examples(self._session, self._session.bind, resolve_model(model)), cursor)


class ReadmeResource(Namespace):
    """The long descriptions of models."""

    __slots__ = ()

    def get(self, model: str | Model, name: str | None = None) -> str:
        """The readme of a model, in Markdown.

        Args:
            model: `owner/name`; or the owner alone.
            name: The name, where the first is the owner.

        Raises:
            NotFoundError: There is no such model, or it has none.
        """
        return run_sync(flows.readme(self._session, resolve_model(model, name)))


@mirrors(ReadmeResource)
class AsyncReadmeResource(Namespace):
    __slots__ = ()

    async def get(self, model: str | Model, name: str | None = None) -> str:
        return await flows.readme(self._session, resolve_model(model, name))
