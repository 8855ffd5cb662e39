"""How long the runs of each model took lately: what polling learns from."""

from __future__ import annotations

from collections import OrderedDict, deque
from math import isfinite
from typing import TYPE_CHECKING

from replicatekit._base.locks import fork_safe_lock

if TYPE_CHECKING:
    from replicatekit_api.models import Prediction, Training

__all__ = ["RunTimes", "model_of"]


def model_of(run: Prediction | Training) -> str:
    """What the times of its model are remembered by."""
    return run.model or run.version or ""


class RunTimes:
    """The latest run times of the models used last, for one client. Safe across threads.

    Args:
        models: how many models are remembered; the one not used for longest goes first.
        runs: how many run times of each.
    """

    def __init__(self, *, models: int = 256, runs: int = 16) -> None:
        self._models = models
        self._runs = runs
        self._times: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = fork_safe_lock()

    def record(self, key: str, seconds: float) -> None:
        """Remember one run, from its creation to its end.

        Args:
            key: the model or version that ran.
            seconds: as the API's timestamps tell it where they do, for what a poll sees is always too long.
                A time that cannot be one is passed over.
        """
        if not isfinite(seconds) or seconds < 0:
            return
        with self._lock:
            times = self._times.setdefault(key, deque(maxlen=self._runs))
            times.append(seconds)
            self._times.move_to_end(key)
            if len(self._times) > self._models:
                self._times.popitem(last=False)

    def learn(self, run: Prediction | Training, seen: float) -> None:
        """Remember how long a run took: by the API's clock where it tells, since what is seen is later.

        Args:
            run: what has ended.
            seen: seconds from its creation to the news of its end.
        """
        told = seen
        if run.created_at is not None and run.completed_at is not None:
            told = (run.completed_at - run.created_at).total_seconds()
        self.record(model_of(run), told if 0 <= told <= seen else seen)

    def known(self, key: str) -> tuple[float, ...]:
        """The latest run times of a model, in the order in which they came; empty where there are none."""
        with self._lock:
            times = self._times.get(key)
            if times is None:
                return ()
            self._times.move_to_end(key)
            return tuple(times)
