"""Models that are bound to a client."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self, Unpack, cast

from replicatekit._domain.reference import Reference, parse
from replicatekit._operations import models as operations
from replicatekit._runtime import run_sync
from replicatekit.options import ModelUpdate, takes_options
from replicatekit.pages import AsyncPages, first_page
from replicatekit.resources._live import BoundObject
from replicatekit.resources._runnable import AsyncRunnableMixin, RunnableMixin
from replicatekit.resources.prediction import AsyncPrediction, Prediction
from replicatekit.resources.version import AsyncVersion, Version
from replicatekit_api import models

if TYPE_CHECKING:
    from replicatekit.pages import Page
    from replicatekit.resources.scoped_predictions import AsyncScopedPredictions, ScopedPredictions
    from replicatekit.resources.versions import AsyncModelVersions, ModelVersions

__all__ = ["AsyncModel", "Model"]

# The form of version ids that can run. Official models may have other ids, or `hidden`.
_HASH = re.compile(r"[0-9a-f]{64}")


class _AnyModel(BoundObject):
    """The members of a model that send no requests."""

    __slots__ = ()

    @property
    def id(self) -> str:
        """`owner/name`."""
        return str(self._named)

    @property
    def _view(self) -> models.Model:
        return cast("models.Model", self)

    @property
    def _named(self) -> Reference:
        return Reference(self._view.owner, self._view.name)

    @property
    def _runs_by(self) -> Reference:
        """How the model runs: by its latest version if that is certain to work, else by name, which is tried first."""
        reference = parse(self._view)
        return reference._replace(version=reference.required_version)

    def _origin_of(self, version: models.Version) -> Reference:
        by_id = _HASH.fullmatch(version.id) and not self._view.is_official
        return self._named if by_id else self._named._replace(latest=version.id)


class Model(_AnyModel, RunnableMixin, models.Model):
    """A model on Replicate. `run()` runs it, `readme()` gets its text, and `versions.list()` lists its versions."""

    __slots__ = ("_bound_session",)

    @property
    def latest_version(self) -> Version | None:
        """The newest version, or None if the model lists no version."""
        version = super().latest_version
        return None if version is None else Version.of_model(self._session_or_none, version, self._origin_of(version))

    @property
    def default_example(self) -> Prediction | None:
        """A prediction that shows what the model does, or None."""
        example = super().default_example
        return None if example is None else Prediction.bind(self._session_or_none, example)

    @property
    def versions(self) -> ModelVersions:
        """List, get and delete the model's versions."""
        from replicatekit.resources.versions import ModelVersions

        return ModelVersions(self, self._named)

    @property
    def predictions(self) -> ScopedPredictions:
        """Create predictions with this model."""
        from replicatekit.resources.scoped_predictions import ScopedPredictions

        return ScopedPredictions(self, self._runs_by)

    def examples(self, cursor: str | None = None) -> Page[Prediction]:
        """List the examples that the model's owner has chosen.

        Args:
            cursor: Where the page begins: `next_cursor` or `next` of another page.
        """
        return first_page(operations.examples(self._session, Prediction.bind, self._named), cursor)

    def readme(self) -> str:
        """Get the model's readme, in Markdown.

        Raises:
            NotFoundError: The model has no readme.
        """
        return run_sync(operations.readme(self._session, self._named))

    def reload(self) -> Self:
        """Refresh this object in place, and return it."""
        return self._replace_data(run_sync(operations.get(self._session, self._named)))

    @takes_options(ModelUpdate)
    def update(self, **changes: Unpack[ModelUpdate]) -> Self:
        """Change the model; refresh this object in place, and return it. Fields that are left out keep their value.

        Args:
            description: What the model does, in a sentence or two.
            readme: The long description, in Markdown.
            github_url: The URL of its source code.
            paper_url: The URL of its paper.
            weights_url: The URL of its weights.
            license_url: The URL of its license.

        Raises:
            InvalidArgument: No field is given, or one is unknown or `None`.
        """
        return self._replace_data(run_sync(operations.update(self._session, self._named, changes)))

    def delete(self) -> None:
        """Delete the model. The API deletes only private models of your own that have no versions."""
        run_sync(operations.delete(self._session, self._named))


class AsyncModel(_AnyModel, AsyncRunnableMixin, models.Model):
    """A model on Replicate. `run()` runs it, `readme()` gets its text, and `versions.list()` lists its versions."""

    __slots__ = ("_bound_session",)

    @property
    def latest_version(self) -> AsyncVersion | None:
        """The newest version, or None if the model lists no version."""
        version = super().latest_version
        if version is None:
            return None
        return AsyncVersion.of_model(self._session_or_none, version, self._origin_of(version))

    @property
    def default_example(self) -> AsyncPrediction | None:
        """A prediction that shows what the model does, or None."""
        example = super().default_example
        return None if example is None else AsyncPrediction.bind(self._session_or_none, example)

    @property
    def versions(self) -> AsyncModelVersions:
        """List, get and delete the model's versions."""
        from replicatekit.resources.versions import AsyncModelVersions

        return AsyncModelVersions(self, self._named)

    @property
    def predictions(self) -> AsyncScopedPredictions:
        """Create predictions with this model."""
        from replicatekit.resources.scoped_predictions import AsyncScopedPredictions

        return AsyncScopedPredictions(self, self._runs_by)

    def examples(self, cursor: str | None = None) -> AsyncPages[AsyncPrediction]:
        """List the examples that the model's owner has chosen.

        Args:
            cursor: Where the page begins: `next_cursor` or `next` of another page.
        """
        return AsyncPages(operations.examples(self._session, AsyncPrediction.bind, self._named), cursor)

    async def readme(self) -> str:
        """Get the model's readme, in Markdown.

        Raises:
            NotFoundError: The model has no readme.
        """
        return await operations.readme(self._session, self._named)

    async def reload(self) -> Self:
        """Refresh this object in place, and return it."""
        return self._replace_data(await operations.get(self._session, self._named))

    @takes_options(ModelUpdate)
    async def update(self, **changes: Unpack[ModelUpdate]) -> Self:
        """Change the model; refresh this object in place, and return it. Fields that are left out keep their value.

        Args:
            description: What the model does, in a sentence or two.
            readme: The long description, in Markdown.
            github_url: The URL of its source code.
            paper_url: The URL of its paper.
            weights_url: The URL of its weights.
            license_url: The URL of its license.

        Raises:
            InvalidArgument: No field is given, or one is unknown or `None`.
        """
        return self._replace_data(await operations.update(self._session, self._named, changes))

    async def delete(self) -> None:
        """Delete the model. The API deletes only private models of your own that have no versions."""
        await operations.delete(self._session, self._named)
