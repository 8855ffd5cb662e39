"""`client.models`."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, Literal, Unpack

from replicatekit._base.docstrings import mirrors
from replicatekit._domain.reference_arguments import resolve_model
from replicatekit._operations import models as flows
from replicatekit._runtime import run_sync
from replicatekit.pages import AsyncPages, first_page
from replicatekit.resources._namespace import Namespace
from replicatekit.resources.model import AsyncModel, Model

if TYPE_CHECKING:
    from replicatekit._operations.models import ModelMetadata, ModelUpdate
    from replicatekit.pages import Page
    from replicatekit.resources.examples import AsyncExamples, AsyncReadmeResource, Examples, ReadmeResource
    from replicatekit.resources.scoped_predictions import AsyncModelPredictions, ModelPredictions
    from replicatekit.resources.versions import AsyncVersions, Versions
    from replicatekit_api import models

    SortBy = Literal["model_created_at", "latest_version_created_at"]
    SortDirection = Literal["asc", "desc"]

__all__ = ["AsyncModels", "Models"]


class Models(Namespace):
    """Models: the public ones, and the account's own."""

    @cached_property
    def versions(self) -> Versions:
        """List, get and delete versions of models."""
        from replicatekit.resources.versions import Versions

        return Versions(self._session)

    @cached_property
    def examples(self) -> Examples:
        """List the predictions that models are shown by."""
        from replicatekit.resources.examples import Examples

        return Examples(self._session)

    @cached_property
    def readme(self) -> ReadmeResource:
        """Get the long descriptions of models."""
        from replicatekit.resources.examples import ReadmeResource

        return ReadmeResource(self._session)

    @cached_property
    def predictions(self) -> ModelPredictions:
        """Create predictions with official models."""
        from replicatekit.resources.scoped_predictions import ModelPredictions

        return ModelPredictions(self._session)

    def list(
        self,
        cursor: str | None = None,
        *,
        sort_by: SortBy | None = None,
        sort_direction: SortDirection | None = None,
    ) -> Page[Model]:
        """All public models.

        Args:
            cursor: Where the page begins: a page's `next_cursor` with the same order, or its whole `next`.
            sort_by: The newest versions first without it, or the newest models.
            sort_direction: `desc` without it.
        """
        listing = flows.listing(
            self._session, partial(Model.bind, self._session), sort_by=sort_by, sort_direction=sort_direction
        )
        return first_page(listing, cursor)

    def search(self, query: str) -> Page[Model]:
        """The public models that fit a text, the best first. `client.search` finds collections and pages too."""
        return first_page(flows.search(self._session, partial(Model.bind, self._session), query), None)

    def get(self, model: str | models.Model, name: str | None = None) -> Model:
        """A model by its name.

        Args:
            model: `owner/name`; or the owner alone.
            name: The name, where the first is the owner.
        """
        return Model.bind(self._session, run_sync(flows.get(self._session, resolve_model(model, name))))

    def create(
        self,
        owner: str,
        name: str | None = None,
        *,
        hardware: str,
        visibility: Literal["public", "private"],
        **texts: Unpack[ModelMetadata],
    ) -> Model:
        """Create a model, for versions that are yet to be pushed or trained.

        Args:
            owner: The account that the token belongs to, or the whole `owner/name`.
            name: The name, where the first is the owner.
            hardware: The SKU of what it runs on; `client.hardware.list()` has them.
            visibility: `public`: everybody may see it and run it; `private`: the owner.
            **texts: See `ModelMetadata`.

        Raises:
            ConflictError: There is one of this name.
            OutcomeUnknownError: It may have been created, or not; it was not sent again.
        """
        return Model.bind(
            self._session,
            run_sync(flows.create(self._session, resolve_model(owner, name), hardware, visibility, texts)),
        )

    def update(self, model: str | models.Model, name: str | None = None, **changes: Unpack[ModelUpdate]) -> Model:
        """Change what is said about a model of one's own. What is left out stays as it is.

        Args:
            model: `owner/name`; or the owner alone.
            name: The name, where the first is the owner.
            **changes: See `replicatekit.options.ModelUpdate`; at least one.
        """
        return Model.bind(self._session, run_sync(flows.update(self._session, resolve_model(model, name), changes)))

    def delete(self, model: str | models.Model, name: str | None = None) -> None:
        """Delete a private model of one's own that has no versions any more.

        Args:
            model: `owner/name`; or the owner alone.
            name: The name, where the first is the owner.
        """
        run_sync(flows.delete(self._session, resolve_model(model, name)))


@mirrors(Models)
class AsyncModels(Namespace):
    @cached_property
    def versions(self) -> AsyncVersions:
        from replicatekit.resources.versions import AsyncVersions

        return AsyncVersions(self._session)

    @cached_property
    def examples(self) -> AsyncExamples:
        from replicatekit.resources.examples import AsyncExamples

        return AsyncExamples(self._session)

    @cached_property
    def readme(self) -> AsyncReadmeResource:
        from replicatekit.resources.examples import AsyncReadmeResource

        return AsyncReadmeResource(self._session)

    @cached_property
    def predictions(self) -> AsyncModelPredictions:
        from replicatekit.resources.scoped_predictions import AsyncModelPredictions

        return AsyncModelPredictions(self._session)

    def list(
        self,
        cursor: str | None = None,
        *,
        sort_by: SortBy | None = None,
        sort_direction: SortDirection | None = None,
    ) -> AsyncPages[AsyncModel]:
        listing = flows.listing(
            self._session, partial(AsyncModel.bind, self._session), sort_by=sort_by, sort_direction=sort_direction
        )
        return AsyncPages(listing, cursor)

    def search(self, query: str) -> AsyncPages[AsyncModel]:
        return AsyncPages(flows.search(self._session, partial(AsyncModel.bind, self._session), query), None)

    async def get(self, model: str | models.Model, name: str | None = None) -> AsyncModel:
        return AsyncModel.bind(self._session, await flows.get(self._session, resolve_model(model, name)))

    async def create(
        self,
        owner: str,
        name: str | None = None,
        *,
        hardware: str,
        visibility: Literal["public", "private"],
        **texts: Unpack[ModelMetadata],
    ) -> AsyncModel:
        return AsyncModel.bind(
            self._session, await flows.create(self._session, resolve_model(owner, name), hardware, visibility, texts)
        )

    async def update(
        self, model: str | models.Model, name: str | None = None, **changes: Unpack[ModelUpdate]
    ) -> AsyncModel:
        return AsyncModel.bind(self._session, await flows.update(self._session, resolve_model(model, name), changes))

    async def delete(self, model: str | models.Model, name: str | None = None) -> None:
        await flows.delete(self._session, resolve_model(model, name))
