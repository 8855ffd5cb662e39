"""Models and their versions, alive: they run, and they lead to what belongs to them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self, Unpack, cast

from replicatekit._base.docstrings import mirrors
from replicatekit._domain.reference import Reference, parse
from replicatekit._operations import models as flows
from replicatekit._runtime import run_sync
from replicatekit.pages import AsyncPages, first_page
from replicatekit.resources._live import BoundObject
from replicatekit.resources._runnable import AsyncRunnableMixin, RunnableMixin
from replicatekit.resources.prediction import AsyncPrediction, Prediction
from replicatekit_api import models

if TYPE_CHECKING:
    from replicatekit._operations.models import ModelUpdate
    from replicatekit._session.session import Session
    from replicatekit.pages import Page
    from replicatekit.resources.scoped_predictions import AsyncScopedPredictions, ScopedPredictions
    from replicatekit.resources.versions import AsyncModelVersions, ModelVersions

__all__ = ["AsyncModel", "AsyncVersion", "Model", "Version"]

# What every version has that can be run by its id; official models answer with other ids too, or with `hidden`.
_HASH = re.compile(r"[0-9a-f]{64}")


class _LiveVersion(BoundObject):
    """What versions, sync and async, have in common."""

    __slots__ = ()

    _origin: Reference | None

    @classmethod
    def of_model(cls, session: Session | None, model: Reference, view: models.Version) -> Self:
        """What came, alive by a client, and knowing its model."""
        live = cls.bind(session, view)
        live._origin = model  # noqa: SLF001 (the class that defines it)
        return live

    @property
    def model(self) -> str | None:
        """The model that it is a version of, `owner/name`."""
        origin = getattr(self, "_origin", None)
        return origin.model if origin else None

    @property
    def _runs_by(self) -> Reference:
        origin: Reference | None = getattr(self, "_origin", None)
        known = cast("models.Version", self)
        if origin is None:
            return parse(known)
        # The latest version of an official model is what runs by the model's name, and by nothing else.
        by = {} if origin.latest == known.id else {"version": known.id}
        return origin._replace(described=known, **by)


class Version(_LiveVersion, RunnableMixin, models.Version):
    """One version of a model, with the client that it came by."""

    __slots__ = ("_bound_session", "_origin")


@mirrors(Version)
class AsyncVersion(_LiveVersion, AsyncRunnableMixin, models.Version):
    __slots__ = ("_bound_session", "_origin")


class _LiveModel(BoundObject):
    """What models, sync and async, have in common."""

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
        """By its latest version where that is certain to run; else by its name, which is tried first."""
        reference = parse(self._view)
        return reference._replace(version=reference.surely_runs_by)

    def _origin_of(self, version: models.Version) -> Reference:
        by_id = _HASH.fullmatch(version.id) and not self._view.is_official
        return self._named if by_id else self._named._replace(latest=version.id)


class Model(_LiveModel, RunnableMixin, models.Model):
    """A model, with the client that it came by."""

    __slots__ = ("_bound_session",)

    @property
    def latest_version(self) -> Version | None:
        """The newest version, or None where the model has none to show."""
        version = super().latest_version
        return None if version is None else Version.of_model(self._session_or_none, self._origin_of(version), version)

    @property
    def default_example(self) -> Prediction | None:
        """A prediction that shows what the model does, or None."""
        example = super().default_example
        return None if example is None else Prediction.bind(self._session_or_none, example)

    @property
    def versions(self) -> ModelVersions:
        """List, get and delete its versions."""
        from replicatekit.resources.versions import ModelVersions

        return ModelVersions(self._session, self._named)

    @property
    def predictions(self) -> ScopedPredictions:
        """Create predictions with it."""
        from replicatekit.resources.scoped_predictions import ScopedPredictions

        return ScopedPredictions(self._session, self._runs_by)

    def examples(self, cursor: str | None = None) -> Page[Prediction]:
        """The predictions that its owner shows as examples."""
        session = self._session
        return first_page(flows.examples(session, session.bind, self._named), cursor)

    def readme(self) -> str:
        """Its long description, in Markdown."""
        return run_sync(flows.readme(self._session, self._named))

    def reload(self) -> Self:
        """Ask what it is now. Itself, changed."""
        return self._replace_data(run_sync(flows.get(self._session, self._named)))

    def update(self, **changes: Unpack[ModelUpdate]) -> Self:
        """Change what is said about it; what is left out stays as it is. Itself, changed."""
        return self._replace_data(run_sync(flows.update(self._session, self._named, changes)))

    def delete(self) -> None:
        """Delete it: only a private model of one's own that has no versions any more."""
        run_sync(flows.delete(self._session, self._named))


@mirrors(Model)
class AsyncModel(_LiveModel, AsyncRunnableMixin, models.Model):
    __slots__ = ("_bound_session",)

    @property
    def latest_version(self) -> AsyncVersion | None:
        version = super().latest_version
        return (
            None if version is None else AsyncVersion.of_model(self._session_or_none, self._origin_of(version), version)
        )

    @property
    def default_example(self) -> AsyncPrediction | None:
        example = super().default_example
        return None if example is None else AsyncPrediction.bind(self._session_or_none, example)

    @property
    def versions(self) -> AsyncModelVersions:
        from replicatekit.resources.versions import AsyncModelVersions

        return AsyncModelVersions(self._session, self._named)

    @property
    def predictions(self) -> AsyncScopedPredictions:
        from replicatekit.resources.scoped_predictions import AsyncScopedPredictions

        return AsyncScopedPredictions(self._session, self._runs_by)

    def examples(self, cursor: str | None = None) -> AsyncPages[AsyncPrediction]:
        session = self._session
        return AsyncPages(flows.examples(session, session.bind, self._named), cursor)

    async def readme(self) -> str:
        return await flows.readme(self._session, self._named)

    async def reload(self) -> Self:
        return self._replace_data(await flows.get(self._session, self._named))

    async def update(self, **changes: Unpack[ModelUpdate]) -> Self:
        return self._replace_data(await flows.update(self._session, self._named, changes))

    async def delete(self) -> None:
        await flows.delete(self._session, self._named)
