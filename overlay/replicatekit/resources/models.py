"""`client.models`."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, Literal, Unpack

from replicatekit._base.docstrings import mirrors
from replicatekit._domain.reference_arguments import model_named
from replicatekit._operations import models as flows
from replicatekit._runtime import finish
from replicatekit.pages import AsyncListing, first_page
from replicatekit.resources._namespace import Namespace
from replicatekit.resources.model import AsyncModel, Model

if TYPE_CHECKING:
    from replicatekit._operations.models import ModelChanges, ModelTexts
    from replicatekit.pages import Page
    from replicatekit.resources.examples import AsyncExamples, AsyncReadmes, Examples, Readmes
    from replicatekit.resources.scoped_predictions import AsyncModelsPredictions, ModelsPredictions
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

        return Versions(self._core)

    @cached_property
    def examples(self) -> Examples:
        """List the predictions that models are shown by."""
        from replicatekit.resources.examples import Examples

        return Examples(self._core)

    @cached_property
    def readme(self) -> Readmes:
        """Get the long descriptions of models."""
        from replicatekit.resources.examples import Readmes

        return Readmes(self._core)

    @cached_property
    def predictions(self) -> ModelsPredictions:
        """Create predictions with official models."""
        from replicatekit.resources.scoped_predictions import ModelsPredictions

        return ModelsPredictions(self._core)

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
            self._core, partial(Model.of, self._core), sort_by=sort_by, sort_direction=sort_direction
        )
        return first_page(listing, cursor)

    def search(self, query: str) -> Page[Model]:
        """The public models that fit a text, the best first. `client.search` finds collections and pages too."""
        return first_page(flows.search(self._core, partial(Model.of, self._core), query), None)

    def get(self, model: str | models.Model, name: str | None = None) -> Model:
        """A model by its name.

        Args:
            model: `owner/name`; or the owner alone.
            name: The name, where the first is the owner.
        """
        return Model.of(self._core, finish(flows.get(self._core, model_named(model, name))))

    def create(
        self,
        owner: str,
        name: str | None = None,
        *,
        hardware: str,
        visibility: Literal["public", "private"],
        **texts: Unpack[ModelTexts],
    ) -> Model:
        """Create a model, for versions that are yet to be pushed or trained.

        Args:
            owner: The account that the token belongs to, or the whole `owner/name`.
            name: The name, where the first is the owner.
            hardware: The SKU of what it runs on; `client.hardware.list()` has them.
            visibility: `public`: everybody may see it and run it; `private`: the owner.
            **texts: See `ModelTexts`.

        Raises:
            ConflictError: There is one of this name.
            UnknownFateError: It may have been created, or not; it was not sent again.
        """
        return Model.of(
            self._core, finish(flows.create(self._core, model_named(owner, name), hardware, visibility, texts))
        )

    def update(self, model: str | models.Model, name: str | None = None, **changes: Unpack[ModelChanges]) -> Model:
        """Change what is said about a model of one's own. What is left out stays as it is.

        Args:
            model: `owner/name`; or the owner alone.
            name: The name, where the first is the owner.
            **changes: See `replicatekit.options.ModelChanges`; at least one.
        """
        return Model.of(self._core, finish(flows.update(self._core, model_named(model, name), changes)))

    def delete(self, model: str | models.Model, name: str | None = None) -> None:
        """Delete a private model of one's own that has no versions any more.

        Args:
            model: `owner/name`; or the owner alone.
            name: The name, where the first is the owner.
        """
        finish(flows.delete(self._core, model_named(model, name)))


@mirrors(Models)
class AsyncModels(Namespace):
    @cached_property
    def versions(self) -> AsyncVersions:
        from replicatekit.resources.versions import AsyncVersions

        return AsyncVersions(self._core)

    @cached_property
    def examples(self) -> AsyncExamples:
        from replicatekit.resources.examples import AsyncExamples

        return AsyncExamples(self._core)

    @cached_property
    def readme(self) -> AsyncReadmes:
        from replicatekit.resources.examples import AsyncReadmes

        return AsyncReadmes(self._core)

    @cached_property
    def predictions(self) -> AsyncModelsPredictions:
        from replicatekit.resources.scoped_predictions import AsyncModelsPredictions

        return AsyncModelsPredictions(self._core)

    def list(
        self,
        cursor: str | None = None,
        *,
        sort_by: SortBy | None = None,
        sort_direction: SortDirection | None = None,
    ) -> AsyncListing[AsyncModel]:
        listing = flows.listing(
            self._core, partial(AsyncModel.of, self._core), sort_by=sort_by, sort_direction=sort_direction
        )
        return AsyncListing(listing, cursor)

    def search(self, query: str) -> AsyncListing[AsyncModel]:
        return AsyncListing(flows.search(self._core, partial(AsyncModel.of, self._core), query), None)

    async def get(self, model: str | models.Model, name: str | None = None) -> AsyncModel:
        return AsyncModel.of(self._core, await flows.get(self._core, model_named(model, name)))

    async def create(
        self,
        owner: str,
        name: str | None = None,
        *,
        hardware: str,
        visibility: Literal["public", "private"],
        **texts: Unpack[ModelTexts],
    ) -> AsyncModel:
        return AsyncModel.of(
            self._core, await flows.create(self._core, model_named(owner, name), hardware, visibility, texts)
        )

    async def update(
        self, model: str | models.Model, name: str | None = None, **changes: Unpack[ModelChanges]
    ) -> AsyncModel:
        return AsyncModel.of(self._core, await flows.update(self._core, model_named(model, name), changes))

    async def delete(self, model: str | models.Model, name: str | None = None) -> None:
        await flows.delete(self._core, model_named(model, name))
