"""The states of predictions and trainings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from replicatekit.errors import ModelError, PredictionAborted, PredictionCanceled, PredictionError

if TYPE_CHECKING:
    from replicatekit_api.models import Prediction, Training

TERMINAL = frozenset({"succeeded", "failed", "canceled", "aborted"})
"""The final states. Any other word, known or not, is not final."""

_ERRORS: dict[str, tuple[type[PredictionError], str]] = {
    "failed": (ModelError, "failed"),
    "canceled": (PredictionCanceled, "was canceled"),
    "aborted": (PredictionAborted, "was aborted: its deadline passed before it started"),
}


def is_terminal(run: Prediction | Training) -> bool:
    """Whether a run has ended."""
    return run.status in TERMINAL


def raise_for_status(run: Prediction | Training, bound_run: Any) -> None:
    """Raise the error of a run that did not succeed.

    Args:
        run: The run.
        bound_run: The same run, bound to the client, for the error.

    Raises:
        ModelError, PredictionCanceled, PredictionAborted: According to its status.
    """
    if run.status in _ERRORS:
        kind, outcome = _ERRORS[run.status]
        model = f"{run.model} " if run.model else ""
        reason = f": {run.error}" if run.error else ""
        raise kind(f"{model}{outcome}{reason}", prediction=bound_run)
