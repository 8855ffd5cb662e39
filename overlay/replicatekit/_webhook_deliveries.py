"""Which webhook deliveries are news: repeated, late and backward ones are not.

The API sends a delivery again when it was not answered, and in no certain order. What came is remembered for
each prediction as a short text: how far it was, how much output and logs it had. With it,

- the first terminal delivery is always taken, and nothing after it;
- before that, one that takes the status, the output or the logs back is dropped,
- and so is one that says the same as the last that was taken.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, cast

import attrs

from replicatekit._base.validation import check_count, shown
from replicatekit._domain.status import is_terminal
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Generator

    from replicatekit_api.models import Prediction, Training

__all__ = ["DeliveryStore", "DeliveryTracker", "news"]

_STARTING, _RUNNING, _ENDED = range(3)


class DeliveryStore(Protocol):
    """Where marks are kept when several processes share them; a `redis.Redis` is one as it is."""

    def get(self, name: str, /) -> str | bytes | None:
        """What was set for a name, or None."""
        ...

    def set(self, name: str, value: str, /) -> object:
        """Keep a short text for a name, for an hour or more."""
        ...


class DeliveryTracker:
    """Tells news from deliveries that are repeated, late or take something back. Safe between threads.

    ```
    deliveries = Deliveries()

    def receive(request):
        prediction = webhooks.unwrap(request, secret)
        with deliveries.handling(prediction) as is_news:
            if is_news:
                ...
    ```

    Args:
        store: Where to remember; None for this process's memory. Processes that look at a shared store at the
            same moment may both take the same delivery: it has no lock.
        capacity: How many predictions are remembered in memory; those not heard of for longest are forgotten.

    Raises:
        InvalidArgument: The store is none, or the capacity not above 0.
    """

    def __init__(self, store: DeliveryStore | None = None, *, capacity: int = 10_000) -> None:
        check_count(capacity, "capacity", least=1)
        if store is not None and not (callable(getattr(store, "get", None)) and callable(getattr(store, "set", None))):
            raise InvalidArgument(f"a store of deliveries has methods get and set, not so {shown(store)}")
        self._store: DeliveryStore = _Memory(capacity) if store is None else store
        self._lock = threading.Lock()

    def accept(self, delivery: Prediction | Training) -> bool:
        """Whether a delivery is news; from now on it is none."""
        return self._advance(delivery) is not None

    @contextmanager
    def handling(self, delivery: Prediction | Training) -> Generator[bool]:
        """Like `accept`, for a `with` block: if the block fails, the delivery counts as not seen.

        The API sends a terminal delivery again when it was answered with an error; it is then taken again.
        """
        step = self._advance(delivery)
        try:
            yield step is not None
        except BaseException:
            if step:
                self._take_back(delivery, step)
            raise

    def _advance(self, delivery: Prediction | Training) -> tuple[str | None, str] | None:
        _check(delivery)
        with self._lock:
            previous = self._mark(delivery)
            mark = news(previous, delivery)
            if mark is None:
                return None
            self._store.set(_name(delivery), mark)
            return previous, mark

    def _take_back(self, delivery: Prediction | Training, step: tuple[str | None, str]) -> None:
        previous, mark = step
        with self._lock:
            if self._mark(delivery) == mark:  # else a later one has been taken meanwhile
                self._store.set(_name(delivery), previous or "")

    def _mark(self, delivery: Prediction | Training) -> str | None:
        stored = self._store.get(_name(delivery))
        return stored.decode() if isinstance(stored, bytes) else stored


def news(previous: str | None, delivery: Prediction | Training) -> str | None:
    """The mark to remember after a delivery, or None where it is no news; for stores of any other kind.

    Args:
        previous: The mark that was remembered for the same id; None or empty where there was none.
        delivery: What has come.
    """
    _check(delivery)
    mark, last = _Mark.of(delivery), _Mark.read(previous)
    return mark.write() if last is None or mark.follows(last) else None


@attrs.frozen
class _Mark:
    """How far a prediction was when it was last heard of."""

    stage: int
    output: int
    logs: int
    digest: str

    @classmethod
    def of(cls, delivery: Prediction | Training) -> _Mark:
        output: Any = delivery["output"] if "output" in delivery else None  # noqa: SIM401 (a view has no get)
        logs = delivery.logs or ""
        stage = _ENDED if is_terminal(delivery) else _STARTING if delivery.status == "starting" else _RUNNING
        content = json.dumps([str(delivery.status), output, logs], sort_keys=True).encode()
        return cls(stage, _size(output), len(logs), hashlib.blake2s(content, digest_size=8).hexdigest())

    @classmethod
    def read(cls, text: str | None) -> _Mark | None:
        try:
            stage, output, logs, digest = json.loads(text or "")
            return cls(int(stage), int(output), int(logs), str(digest))
        except (ValueError, TypeError):
            return None  # none, or another's: as if nothing had come

    def write(self) -> str:
        return json.dumps(attrs.astuple(self))

    def follows(self, last: _Mark) -> bool:
        if _ENDED in {last.stage, self.stage}:
            return last.stage != _ENDED
        is_back = self.stage < last.stage or self.output < last.output or self.logs < last.logs
        return not is_back and self.digest != last.digest


class _Memory:
    """A store in memory that forgets what it has not been asked about for longest."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._marks: OrderedDict[str, str] = OrderedDict()

    def get(self, name: str, /) -> str | None:
        return self._marks.get(name)

    def set(self, name: str, value: str, /) -> None:
        self._marks[name] = value
        self._marks.move_to_end(name)
        while len(self._marks) > self._capacity:
            self._marks.popitem(last=False)


def _check(delivery: object) -> None:
    from replicatekit_api.models import Prediction, Training

    if not isinstance(delivery, (Prediction, Training)):
        raise InvalidArgument(f"a delivery is what verify or unwrap gave, not {shown(delivery)}")


def _name(delivery: Prediction | Training) -> str:
    return f"replicate:delivery:{delivery.id}"


def _size(output: object) -> int:
    """A number that grows as a model gives more of its output."""
    if output is None:
        return 0
    return 1 + len(cast("str | list[Any]", output)) if isinstance(output, (str, list)) else 1
