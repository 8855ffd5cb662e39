"""What the states of a prediction and a training mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from replicatekit.errors import ModelError, PredictionAborted, PredictionCanceled, PredictionError

if TYPE_CHECKING:
    from replicatekit_api.models import Prediction, Training

__all__ = ["TERMINAL", "is_terminal", "raise_for_status"]

TERMINAL = frozenset({"succeeded", "failed", "canceled", "aborted"})
"""The states that are never left. Any other word, also one that nobody knows yet, is not an end."""

_ERRORS: dict[str, tuple[type[PredictionError], str]] = {
    "failed": (ModelError, "failed"),
    "canceled": (PredictionCanceled, "was canceled"),
    "aborted": (PredictionAborted, "was aborted: its deadline passed before it started"),
}


def is_terminal(run: Prediction | Training) -> bool:
    """Whether it has ended."""
    return run.status in TERMINAL


def raise_for_status(run: Prediction | Training, carried: Any) -> None:
    """Raise the error of a run that has ended without success.

    Args:
        run: What came.
        carried: The same as the caller knows it, for the error to carry.

    Raises:
        ModelError, PredictionCanceled, PredictionAborted: By its status.
    """
    if run.status in _ERRORS:
        kind, said = _ERRORS[run.status]
        what = f"{run.model} " if run.model else ""
        why = f": {run.error}" if run.error else ""
        raise kind(f"{what}{said}{why}", prediction=carried)
