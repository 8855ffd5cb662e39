"""Versions of models that are bound to a client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, cast

from replicatekit._domain.reference import parse
from replicatekit.resources._live import BoundObject
from replicatekit.resources._runnable import AsyncRunnableMixin, RunnableMixin
from replicatekit_api import models

if TYPE_CHECKING:
    from replicatekit._domain.reference import Reference
    from replicatekit._session.session import Session

__all__ = ["AsyncVersion", "Version"]


class _AnyVersion(BoundObject):
    """The members of a version that send no requests."""

    __slots__ = ()

    _origin: Reference | None

    @classmethod
    def of_model(cls, session: Session | None, view: models.Version, model: Reference) -> Self:
        """Internal: attach a version to a client, and to its model."""
        bound = cls.bind(session, view)
        bound._origin = model  # type: ignore[misc] # noqa: SLF001 (a slot of the subclasses)
        return bound

    @property
    def model(self) -> str | None:
        """The model of this version, `owner/name`. None if the version was fetched without its model."""
        origin = getattr(self, "_origin", None)
        return origin.model if origin else None

    @property
    def _runs_by(self) -> Reference:
        origin: Reference | None = getattr(self, "_origin", None)
        known = cast("models.Version", self)
        if origin is None:
            return parse(known)
        # The latest version of an official model runs only by the model's name.
        version = origin.version if origin.latest == known.id else known.id
        return origin._replace(described=known, version=version)


class Version(_AnyVersion, RunnableMixin, models.Version):
    """One version of a model."""

    __slots__ = ("_bound_session", "_origin")


class AsyncVersion(_AnyVersion, AsyncRunnableMixin, models.Version):
    """One version of a model."""

    __slots__ = ("_bound_session", "_origin")
