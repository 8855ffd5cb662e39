"""`client.models`."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Literal, Unpack

from replicatekit._domain.reference_arguments import resolve_model
from replicatekit._operations import models as operations
from replicatekit._runtime import run_sync
from replicatekit.options import ModelMetadata, ModelUpdate, takes_options
from replicatekit.pages import AsyncPages, first_page
from replicatekit.resources._namespace import Namespace
from replicatekit.resources.model import AsyncModel, Model

if TYPE_CHECKING:
    from replicatekit.pages import Page
    from replicatekit.resources.examples import AsyncExamples, AsyncReadmeResource, Examples, ReadmeResource
    from replicatekit.resources.scoped_predictions import AsyncModelPredictions, ModelPredictions
    from replicatekit.resources.versions import AsyncVersions, Versions
    from replicatekit_api import models

__all__ = ["AsyncModels", "Models"]


class Models(Namespace):
    """Models: all public ones, and the account's own."""

    @cached_property
    def versions(self) -> Versions:
        """List, get and delete versions of models."""
        from replicatekit.resources.versions import Versions

        return Versions(self)

    @cached_property
    def examples(self) -> Examples:
        """List the example predictions of models."""
        from replicatekit.resources.examples import Examples

        return Examples(self)

    @cached_property
    def readme(self) -> ReadmeResource:
        """Get the readmes of models."""
        from replicatekit.resources.examples import ReadmeResource

        return ReadmeResource(self)

    @cached_property
    def predictions(self) -> ModelPredictions:
        """Create predictions with official models, by name alone."""
        from replicatekit.resources.scoped_predictions import ModelPredictions

        return ModelPredictions(self)

    def list(
        self,
        cursor: str | None = None,
        *,
        sort_by: Literal["model_created_at", "latest_version_created_at"] | None = None,
        sort_direction: Literal["asc", "desc"] | None = None,
    ) -> Page[Model]:
        """List all public models.

        Args:
            cursor: Where the page begins: `next_cursor` of another page with the same order, or its `next`.
            sort_by: The date to sort by. By default `latest_version_created_at`.
            sort_direction: `desc` by default.
        """
        listing = operations.listing(self._session, Model.bind, sort_by, sort_direction)
        return first_page(listing, cursor)

    def search(self, query: str) -> Page[Model]:
        """Search the public models, the best match first. `client.search` finds collections and pages as well.

        Args:
            query: The text to search for.
        """
        return first_page(operations.search(self._session, Model.bind, query), None)

    def get(self, model: str | models.Model, name: str | None = None) -> Model:
        """Get a model.

        Args:
            model: `owner/name`, or the owner if `name` is given.
            name: The model's name.
        """
        return Model.bind(self._session, run_sync(operations.get(self._session, resolve_model(model, name))))

    @takes_options(ModelMetadata)
    def create(
        self,
        owner: str,
        name: str | None = None,
        *,
        hardware: str,
        visibility: Literal["public", "private"],
        **texts: Unpack[ModelMetadata],
    ) -> Model:
        """Create an empty model; add a version by pushing with Cog or by training.

        Args:
            owner: The account that the token belongs to; or `owner/name`.
            name: The model's name.
            hardware: The SKU of the hardware; `client.hardware.list()` lists them.
            visibility: Who may see and run the model: everybody (`public`) or its owner (`private`).
            description: What the model does, in a sentence or two.
            github_url: The URL of its source code.
            paper_url: The URL of its paper.
            license_url: The URL of its license.
            cover_image_url: The URL of its cover image.

        Raises:
            ConflictError: A model of this name exists.
            OutcomeUnknownError: The model may have been created; check before retrying.
        """
        work = operations.create(self._session, resolve_model(owner, name), hardware, visibility, texts)
        return Model.bind(self._session, run_sync(work))

    @takes_options(ModelUpdate)
    def update(self, model: str | models.Model, name: str | None = None, **changes: Unpack[ModelUpdate]) -> Model:
        """Change a model of your own. Fields that are left out keep their value.

        Args:
            model: `owner/name`, or the owner if `name` is given.
            name: The model's name.
            description: What the model does, in a sentence or two.
            readme: The long description, in Markdown.
            github_url: The URL of its source code.
            paper_url: The URL of its paper.
            weights_url: The URL of its weights.
            license_url: The URL of its license.

        Raises:
            InvalidArgument: No field is given, or one is unknown or `None`.
        """
        return Model.bind(
            self._session, run_sync(operations.update(self._session, resolve_model(model, name), changes))
        )

    def delete(self, model: str | models.Model, name: str | None = None) -> None:
        """Delete a private model of your own that has no versions.

        Args:
            model: `owner/name`, or the owner if `name` is given.
            name: The model's name.
        """
        run_sync(operations.delete(self._session, resolve_model(model, name)))


class AsyncModels(Namespace):
    """Models: all public ones, and the account's own."""

    @cached_property
    def versions(self) -> AsyncVersions:
        """List, get and delete versions of models."""
        from replicatekit.resources.versions import AsyncVersions

        return AsyncVersions(self)

    @cached_property
    def examples(self) -> AsyncExamples:
        """List the example predictions of models."""
        from replicatekit.resources.examples import AsyncExamples

        return AsyncExamples(self)

    @cached_property
    def readme(self) -> AsyncReadmeResource:
        """Get the readmes of models."""
        from replicatekit.resources.examples import AsyncReadmeResource

        return AsyncReadmeResource(self)

    @cached_property
    def predictions(self) -> AsyncModelPredictions:
        """Create predictions with official models, by name alone."""
        from replicatekit.resources.scoped_predictions import AsyncModelPredictions

        return AsyncModelPredictions(self)

    def list(
        self,
        cursor: str | None = None,
        *,
        sort_by: Literal["model_created_at", "latest_version_created_at"] | None = None,
        sort_direction: Literal["asc", "desc"] | None = None,
    ) -> AsyncPages[AsyncModel]:
        """List all public models.

        Args:
            cursor: Where the page begins: `next_cursor` of another page with the same order, or its `next`.
            sort_by: The date to sort by. By default `latest_version_created_at`.
            sort_direction: `desc` by default.
        """
        listing = operations.listing(self._session, AsyncModel.bind, sort_by, sort_direction)
        return AsyncPages(listing, cursor)

    def search(self, query: str) -> AsyncPages[AsyncModel]:
        """Search the public models, the best match first. `client.search` finds collections and pages as well.

        Args:
            query: The text to search for.
        """
        return AsyncPages(operations.search(self._session, AsyncModel.bind, query), None)

    async def get(self, model: str | models.Model, name: str | None = None) -> AsyncModel:
        """Get a model.

        Args:
            model: `owner/name`, or the owner if `name` is given.
            name: The model's name.
        """
        return AsyncModel.bind(self._session, await operations.get(self._session, resolve_model(model, name)))

    @takes_options(ModelMetadata)
    async def create(
        self,
        owner: str,
        name: str | None = None,
        *,
        hardware: str,
        visibility: Literal["public", "private"],
        **texts: Unpack[ModelMetadata],
    ) -> AsyncModel:
        """Create an empty model; add a version by pushing with Cog or by training.

        Args:
            owner: The account that the token belongs to; or `owner/name`.
            name: The model's name.
            hardware: The SKU of the hardware; `client.hardware.list()` lists them.
            visibility: Who may see and run the model: everybody (`public`) or its owner (`private`).
            description: What the model does, in a sentence or two.
            github_url: The URL of its source code.
            paper_url: The URL of its paper.
            license_url: The URL of its license.
            cover_image_url: The URL of its cover image.

        Raises:
            ConflictError: A model of this name exists.
            OutcomeUnknownError: The model may have been created; check before retrying.
        """
        return AsyncModel.bind(
            self._session,
            await operations.create(self._session, resolve_model(owner, name), hardware, visibility, texts),
        )

    @takes_options(ModelUpdate)
    async def update(
        self, model: str | models.Model, name: str | None = None, **changes: Unpack[ModelUpdate]
    ) -> AsyncModel:
        """Change a model of your own. Fields that are left out keep their value.

        Args:
            model: `owner/name`, or the owner if `name` is given.
            name: The model's name.
            description: What the model does, in a sentence or two.
            readme: The long description, in Markdown.
            github_url: The URL of its source code.
            paper_url: The URL of its paper.
            weights_url: The URL of its weights.
            license_url: The URL of its license.

        Raises:
            InvalidArgument: No field is given, or one is unknown or `None`.
        """
        return AsyncModel.bind(
            self._session, await operations.update(self._session, resolve_model(model, name), changes)
        )

    async def delete(self, model: str | models.Model, name: str | None = None) -> None:
        """Delete a private model of your own that has no versions.

        Args:
            model: `owner/name`, or the owner if `name` is given.
            name: The model's name.
        """
        await operations.delete(self._session, resolve_model(model, name))
