"""Models and their versions, alive: they run, and they lead to what belongs to them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self, Unpack, cast

from replicatekit._base.docstrings import mirrors
from replicatekit._domain.reference import Reference, parse
from replicatekit._operations import models as flows
from replicatekit._runtime import finish
from replicatekit.pages import AsyncListing, first_page
from replicatekit.resources._live import Live
from replicatekit.resources._runnable import AsyncRuns, Runs
from replicatekit.resources.prediction import AsyncPrediction, Prediction
from replicatekit_api import models

if TYPE_CHECKING:
    from replicatekit._operations.models import ModelChanges
    from replicatekit._session.session import Core
    from replicatekit.pages import Page
    from replicatekit.resources.scoped_predictions import AsyncPredictionsOf, PredictionsOf
    from replicatekit.resources.versions import AsyncModelVersions, ModelVersions

__all__ = ["AsyncModel", "AsyncVersion", "Model", "Version"]

# What every version has that can be run by its id; official models answer with other ids too, or with `hidden`.
_HASH = re.compile(r"[0-9a-f]{64}")


class _LiveVersion(Live):
    """What versions, sync and async, have in common."""

    __slots__ = ()

    _origin: Reference | None

    @classmethod
    def of_model(cls, core: Core | None, model: Reference, view: models.Version) -> Self:
        """What came, alive by a client, and knowing its model."""
        live = cls.of(core, view)
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


class Version(_LiveVersion, Runs, models.Version):
    """One version of a model, with the client that it came by."""

    __slots__ = ("_core", "_origin")


@mirrors(Version)
class AsyncVersion(_LiveVersion, AsyncRuns, models.Version):
    __slots__ = ("_core", "_origin")


class _LiveModel(Live):
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


class Model(_LiveModel, Runs, models.Model):
    """A model, with the client that it came by."""

    __slots__ = ("_core",)

    @property
    def latest_version(self) -> Version | None:
        """The newest version, or None where the model has none to show."""
        version = super().latest_version
        return None if version is None else Version.of_model(self._held, self._origin_of(version), version)

    @property
    def default_example(self) -> Prediction | None:
        """A prediction that shows what the model does, or None."""
        example = super().default_example
        return None if example is None else Prediction.of(self._held, example)

    @property
    def versions(self) -> ModelVersions:
        """List, get and delete its versions."""
        from replicatekit.resources.versions import ModelVersions

        return ModelVersions(self._here, self._named)

    @property
    def predictions(self) -> PredictionsOf:
        """Create predictions with it."""
        from replicatekit.resources.scoped_predictions import PredictionsOf

        return PredictionsOf(self._here, self._runs_by)

    def examples(self, cursor: str | None = None) -> Page[Prediction]:
        """The predictions that its owner shows as examples."""
        core = self._here
        return first_page(flows.examples(core, core.dress, self._named), cursor)

    def readme(self) -> str:
        """Its long description, in Markdown."""
        return finish(flows.readme(self._here, self._named))

    def reload(self) -> Self:
        """Ask what it is now. Itself, changed."""
        return self._become(finish(flows.get(self._here, self._named)))

    def update(self, **changes: Unpack[ModelChanges]) -> Self:
        """Change what is said about it; what is left out stays as it is. Itself, changed."""
        return self._become(finish(flows.update(self._here, self._named, changes)))

    def delete(self) -> None:
        """Delete it: only a private model of one's own that has no versions any more."""
        finish(flows.delete(self._here, self._named))


@mirrors(Model)
class AsyncModel(_LiveModel, AsyncRuns, models.Model):
    __slots__ = ("_core",)

    @property
    def latest_version(self) -> AsyncVersion | None:
        version = super().latest_version
        return None if version is None else AsyncVersion.of_model(self._held, self._origin_of(version), version)

    @property
    def default_example(self) -> AsyncPrediction | None:
        example = super().default_example
        return None if example is None else AsyncPrediction.of(self._held, example)

    @property
    def versions(self) -> AsyncModelVersions:
        from replicatekit.resources.versions import AsyncModelVersions

        return AsyncModelVersions(self._here, self._named)

    @property
    def predictions(self) -> AsyncPredictionsOf:
        from replicatekit.resources.scoped_predictions import AsyncPredictionsOf

        return AsyncPredictionsOf(self._here, self._runs_by)

    def examples(self, cursor: str | None = None) -> AsyncListing[AsyncPrediction]:
        core = self._here
        return AsyncListing(flows.examples(core, core.dress, self._named), cursor)

    async def readme(self) -> str:
        return await flows.readme(self._here, self._named)

    async def reload(self) -> Self:
        return self._become(await flows.get(self._here, self._named))

    async def update(self, **changes: Unpack[ModelChanges]) -> Self:
        return self._become(await flows.update(self._here, self._named, changes))

    async def delete(self) -> None:
        await flows.delete(self._here, self._named)
