"""Which webhook deliveries are new: repeated, late and backward ones are not.

The API repeats a delivery that was not answered, and keeps no order. For each prediction, a short text records the
status and the amount of output and logs of the last accepted delivery:

- The first delivery with a final status is accepted, and nothing after it.
- Before that, a delivery with an earlier status, less output or fewer logs is dropped,
- and so is one that equals the last accepted one.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, cast

import attrs

from replicatekit._base.signatures import resolvable
from replicatekit._base.validation import check_count, format_value
from replicatekit._domain.status import is_terminal
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Generator

    from replicatekit_api.models import Prediction, Training

__all__ = ["DeliveryStore", "DeliveryTracker"]

_STARTING, _RUNNING, _ENDED = range(3)


class DeliveryStore(Protocol):
    """A store that several processes share; a `redis.Redis` is one."""

    def get(self, name: str, /) -> str | bytes | None:
        """Return the text stored under a name, or None."""
        ...

    def set(self, name: str, value: str, /) -> object:
        """Store a short text under a name, for an hour or more."""
        ...


class DeliveryTracker:
    """Drops deliveries that are repeated, late or out of order. Threads can share it.

    ```
    deliveries = DeliveryTracker()

    def receive(request):
        prediction = webhooks.unwrap(request, secret)
        with deliveries.process(prediction) as is_new:
            if is_new:
                ...
    ```

    Args:
        store: Where to remember deliveries. By default in this process's memory. A shared store has no lock: two
            processes may both accept a delivery that reaches them at the same moment.
        capacity: How many predictions to remember in memory; the least recently seen are forgotten.

    Raises:
        InvalidArgument: The store has no `get` and `set`, or the capacity is not above 0.
    """

    def __init__(self, store: DeliveryStore | None = None, *, capacity: int = 10_000) -> None:
        check_count(capacity, "capacity", least=1)
        if store is not None and not (callable(getattr(store, "get", None)) and callable(getattr(store, "set", None))):
            raise InvalidArgument(f"store must have the methods get and set, not {format_value(store)}")
        self._store: DeliveryStore = _Memory(capacity) if store is None else store
        self._lock = threading.Lock()

    def is_new(self, delivery: Prediction | Training) -> bool:
        """Return whether a delivery is new, and record it: the second call for a delivery returns False."""
        return self._advance(delivery) is not None

    @contextmanager
    def process(self, delivery: Prediction | Training) -> Generator[bool]:
        """Process a delivery in a `with` block, which gets whether it is new. If the block raises, it is not recorded.

        The API repeats a final delivery that was answered with an error; it is then new again.
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
            mark = _next_mark(previous, delivery)
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


def _next_mark(previous: str | None, delivery: Prediction | Training) -> str | None:
    """Return the text to record after a delivery, or None if the delivery is not new."""
    _check(delivery)
    mark, last = _Mark.of(delivery), _Mark.read(previous)
    return mark.write() if last is None or mark.follows(last) else None


@attrs.frozen
class _Mark:
    """The state of a prediction in its last accepted delivery."""

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
            return None  # not a mark: as if there had been no delivery

    def write(self) -> str:
        return json.dumps(attrs.astuple(self))

    def follows(self, last: _Mark) -> bool:
        if _ENDED in {last.stage, self.stage}:
            return last.stage != _ENDED
        is_back = self.stage < last.stage or self.output < last.output or self.logs < last.logs
        return not is_back and self.digest != last.digest


class _Memory:
    """A store in memory that forgets the least recently set names."""

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
        raise InvalidArgument(f"delivery must be what verify or unwrap returned, not {format_value(delivery)}")


def _name(delivery: Prediction | Training) -> str:
    return f"replicate:delivery:{delivery.id}"


def _size(output: object) -> int:
    """Return a number that grows with the output."""
    if output is None:
        return 0
    return 1 + len(cast("str | list[Any]", output)) if isinstance(output, (str, list)) else 1


resolvable(__name__)
