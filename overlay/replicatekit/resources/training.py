"""Trainings that are bound to a client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from replicatekit.resources._followed import AsyncFollowed, Followed
from replicatekit.resources._live import BoundObject
from replicatekit.resources.prediction import AsyncPrediction, Prediction
from replicatekit_api import models

if TYPE_CHECKING:
    from replicatekit._session.session import Session

__all__ = ["AsyncTraining", "Training", "bind", "bind_async"]


class _AnyTraining(BoundObject):
    """The members of a training that send no requests."""

    __slots__ = ()

    @property
    def destination(self) -> str | None:
        """`owner/name` of the destination model; None until the training has created `output.version`."""
        output = cast("models.Training", self).output
        return ((output and output.version) or "").partition(":")[0] or None


class Training(Followed, _AnyTraining, models.Training):
    """One training of a model."""

    __slots__ = ("_bound_session",)


class AsyncTraining(AsyncFollowed, _AnyTraining, models.Training):
    """One training of a model."""

    __slots__ = ("_bound_session",)


def bind(session: Session, view: models.Prediction | models.Training) -> Any:
    """Bind a prediction or training to a sync client."""
    return (Training if isinstance(view, models.Training) else Prediction).bind(session, view)


def bind_async(session: Session, view: models.Prediction | models.Training) -> Any:
    """Bind a prediction or training to an async client."""
    return (AsyncTraining if isinstance(view, models.Training) else AsyncPrediction).bind(session, view)
