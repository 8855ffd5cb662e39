"""`client.models.versions`, and `model.versions` of one model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replicatekit._domain.reference_arguments import require_version, resolve_model
from replicatekit._operations import versions as operations
from replicatekit._runtime import run_sync
from replicatekit.pages import AsyncPages, first_page
from replicatekit.resources._namespace import Namespace, NamespaceOf
from replicatekit.resources.version import AsyncVersion, Version

if TYPE_CHECKING:
    from replicatekit.pages import Page
    from replicatekit_api import models

__all__ = ["AsyncModelVersions", "AsyncVersions", "ModelVersions", "Versions"]


class Versions(Namespace):
    """The versions of models, each with the schema of its input and output."""

    def list(self, model: str | models.Model, cursor: str | None = None) -> Page[Version]:
        """List the versions of a model, the newest first.

        Args:
            model: `owner/name`, or a `Model`.
            cursor: Where the page begins: `next_cursor` or `next` of another page.

        Raises:
            NotFoundError: There is no such model, or it is official and does not list its versions.
        """
        return first_page(operations.listing(self._session, Version.of_model, resolve_model(model)), cursor)

    def get(self, model: str | models.Model, version: str | models.Version | None = None) -> Version:
        """Get a version by its id.

        Args:
            model: `owner/name`, `owner/name:version`, or a `Model`.
            version: The version's id, unless `model` contains it.
        """
        reference = require_version(model, version)
        return Version.of_model(self._session, run_sync(operations.get(self._session, reference)), reference)

    def delete(self, model: str | models.Model, version: str | models.Version | None = None) -> None:
        """Delete a version of a model of your own, with all predictions made with it and their files.

        The API accepts the request at once and deletes within minutes. It refuses to delete a version that something
        else needs: a deployment, a training, or other accounts' predictions.

        Args:
            model: `owner/name`, `owner/name:version`, or a `Model`.
            version: The version's id, unless `model` contains it.
        """
        run_sync(operations.delete(self._session, require_version(model, version)))


class AsyncVersions(Namespace):
    """The versions of models, each with the schema of its input and output."""

    def list(self, model: str | models.Model, cursor: str | None = None) -> AsyncPages[AsyncVersion]:
        """List the versions of a model, the newest first.

        Args:
            model: `owner/name`, or a `Model`.
            cursor: Where the page begins: `next_cursor` or `next` of another page.

        Raises:
            NotFoundError: There is no such model, or it is official and does not list its versions.
        """
        return AsyncPages(operations.listing(self._session, AsyncVersion.of_model, resolve_model(model)), cursor)

    async def get(self, model: str | models.Model, version: str | models.Version | None = None) -> AsyncVersion:
        """Get a version by its id.

        Args:
            model: `owner/name`, `owner/name:version`, or a `Model`.
            version: The version's id, unless `model` contains it.
        """
        reference = require_version(model, version)
        return AsyncVersion.of_model(self._session, await operations.get(self._session, reference), reference)

    async def delete(self, model: str | models.Model, version: str | models.Version | None = None) -> None:
        """Delete a version of a model of your own, with all predictions made with it and their files.

        The API accepts the request at once and deletes within minutes. It refuses to delete a version that something
        else needs: a deployment, a training, or other accounts' predictions.

        Args:
            model: `owner/name`, `owner/name:version`, or a `Model`.
            version: The version's id, unless `model` contains it.
        """
        await operations.delete(self._session, require_version(model, version))


class ModelVersions(NamespaceOf):
    """The versions of one model, each with the schema of its input and output."""

    def list(self, cursor: str | None = None) -> Page[Version]:
        """List the model's versions, the newest first. Official models raise `NotFoundError`: they do not list them.

        Args:
            cursor: Where the page begins: `next_cursor` or `next` of another page.
        """
        return Versions(self).list(self._model, cursor)

    def get(self, version: str | models.Version) -> Version:
        """Get a version by its id."""
        return Versions(self).get(self._model, version)

    def delete(self, version: str | models.Version) -> None:
        """Delete a version; see `client.models.versions.delete`."""
        Versions(self).delete(self._model, version)


class AsyncModelVersions(NamespaceOf):
    """The versions of one model, each with the schema of its input and output."""

    def list(self, cursor: str | None = None) -> AsyncPages[AsyncVersion]:
        """List the model's versions, the newest first. Official models raise `NotFoundError`: they do not list them.

        Args:
            cursor: Where the page begins: `next_cursor` or `next` of another page.
        """
        return AsyncVersions(self).list(self._model, cursor)

    async def get(self, version: str | models.Version) -> AsyncVersion:
        """Get a version by its id."""
        return await AsyncVersions(self).get(self._model, version)

    async def delete(self, version: str | models.Version) -> None:
        """Delete a version; see `client.models.versions.delete`."""
        await AsyncVersions(self).delete(self._model, version)
