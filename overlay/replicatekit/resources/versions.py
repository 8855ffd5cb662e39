"""`client.models.versions`, and the same of one model: `model.versions`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from replicatekit._base.docstrings import mirrors
from replicatekit._domain.reference_arguments import require_version, resolve_model
from replicatekit._operations import versions as flows
from replicatekit._runtime import run_sync
from replicatekit.pages import AsyncPages, first_page
from replicatekit.resources._namespace import Namespace, NamespaceOf
from replicatekit.resources.model import AsyncVersion, Version

if TYPE_CHECKING:
    from replicatekit._domain.reference import Reference
    from replicatekit._operations.pagination import Listing
    from replicatekit.pages import Page
    from replicatekit_api import models

__all__ = ["AsyncModelVersions", "AsyncVersions", "ModelVersions", "Versions"]


class Versions(Namespace):
    """The versions of models, each with the document of its inputs and outputs."""

    __slots__ = ()

    def list(self, model: str | models.Model, cursor: str | None = None) -> Page[Version]:
        """The versions of a model, the newest first.

        Args:
            model: `owner/name`, or a `Model`.
            cursor: Where the page begins: a page's `next_cursor`, or its whole `next`.

        Raises:
            NotFoundError: There is no such model, or it is official and does not show its versions.
        """
        return first_page(self._listing(resolve_model(model)), cursor)

    def get(self, model: str | models.Model, version: str | models.Version | None = None) -> Version:
        """A version by its id.

        Args:
            model: `owner/name`, `owner/name:version`, or a `Model`.
            version: The id, where the first does not say it.
        """
        reference = require_version(model, version)
        return Version.of_model(self._session, reference, run_sync(flows.get(self._session, reference)))

    def delete(self, model: str | models.Model, version: str | models.Version | None = None) -> None:
        """Delete a version of a model of one's own, and with it all predictions made with it and their files.

        It is taken in at once and done within minutes. A version that something else needs (a deployment, a training,
        the predictions of others) cannot be deleted.

        Args:
            model: `owner/name`, `owner/name:version`, or a `Model`.
            version: The id, where the first does not say it.
        """
        run_sync(flows.delete(self._session, require_version(model, version)))

    def _listing(self, model: Reference) -> Listing[Version]:
        return flows.listing(self._session, partial(Version.of_model, self._session, model), model)


@mirrors(Versions)
class AsyncVersions(Namespace):
    __slots__ = ()

    def list(self, model: str | models.Model, cursor: str | None = None) -> AsyncPages[AsyncVersion]:
        return AsyncPages(self._listing(resolve_model(model)), cursor)

    async def get(self, model: str | models.Model, version: str | models.Version | None = None) -> AsyncVersion:
        reference = require_version(model, version)
        return AsyncVersion.of_model(self._session, reference, await flows.get(self._session, reference))

    async def delete(self, model: str | models.Model, version: str | models.Version | None = None) -> None:
        await flows.delete(self._session, require_version(model, version))

    def _listing(self, model: Reference) -> Listing[AsyncVersion]:
        return flows.listing(self._session, partial(AsyncVersion.of_model, self._session, model), model)


class ModelVersions(NamespaceOf):
    """The versions of one model, each with the document of its inputs and outputs."""

    __slots__ = ()

    def list(self, cursor: str | None = None) -> Page[Version]:
        """The model's versions, the newest first. An official model does not show them: `NotFoundError`."""
        return Versions(self._session).list(self._model, cursor)

    def get(self, version: str | models.Version) -> Version:
        """A version by its id."""
        return Versions(self._session).get(self._model, version)

    def delete(self, version: str | models.Version) -> None:
        """Delete a version; see `client.models.versions.delete`."""
        Versions(self._session).delete(self._model, version)


@mirrors(ModelVersions)
class AsyncModelVersions(NamespaceOf):
    __slots__ = ()

    def list(self, cursor: str | None = None) -> AsyncPages[AsyncVersion]:
        return AsyncVersions(self._session).list(self._model, cursor)

    async def get(self, version: str | models.Version) -> AsyncVersion:
        return await AsyncVersions(self._session).get(self._model, version)

    async def delete(self, version: str | models.Version) -> None:
        await AsyncVersions(self._session).delete(self._model, version)
