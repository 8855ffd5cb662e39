"""Detects duplicate and out-of-order webhook deliveries.

The API repeats a delivery that was not acknowledged, and sends deliveries in any order. For each prediction, a short
mark is stored: how far it was, and how much output and logs it had. By the mark,

- the first terminal delivery is new, and none after it;
- before that, a delivery is dropped if its status, output or logs are behind the last one,
- and so is a repetition of the last one.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, cast

import attrs

from replicatekit._base.validation import check_count, format_value
from replicatekit._domain.status import is_terminal
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from replicatekit_api.models import Prediction, Training

_STARTING, _RUNNING, _ENDED = range(3)


class DeliveryStore(Protocol):
    """A key-value store that several processes share; a `redis.Redis` client can be used directly."""

    def get(self, name: str, /) -> str | bytes | None:
        """Return the value of a name, or None."""
        ...

    def set(self, name: str, value: str, /) -> object:
        """Store a short string under a name, for an hour or more."""
        ...


class DeliveryTracker:
    """Recognizes duplicate and out-of-order deliveries. Thread-safe.

    ```
    tracker = DeliveryTracker()

    def receive(request):
        prediction = webhooks.unwrap(request, secret)
        with tracker.process(prediction) as is_new:
            if is_new:
                ...
    ```

    Args:
        store: Where seen deliveries are recorded; None for the memory of this process. The store has no lock: two
            processes that read it at the same moment may both take a delivery for new.
        capacity: The number of predictions to remember in memory; the least recently seen ones are forgotten.

    Raises:
        InvalidArgument: `store` has no methods `get` and `set`, or `capacity` is not a number above 0.
    """

    def __init__(self, store: DeliveryStore | None = None, *, capacity: int = 10_000) -> None:
        check_count(capacity, "capacity", least=1)
        if store is not None and not (callable(getattr(store, "get", None)) and callable(getattr(store, "set", None))):
            raise InvalidArgument(f"store must have the methods get and set, but {format_value(store)} does not")
        self._store: DeliveryStore = _Memory(capacity) if store is None else store
        self._lock = threading.Lock()

    def is_new(self, delivery: Prediction | Training) -> bool:
        """Whether a delivery is new. A second call for the same delivery returns False."""
        return self._advance(delivery) is not None

    @contextmanager
    def process(self, delivery: Prediction | Training) -> Generator[bool]:
        """Yield whether a delivery is new, as `is_new`. If the block raises, the delivery is not recorded.

        The API sends a terminal delivery again if the response to it was an error; it is new again then.
        """
        step = self._advance(delivery)
        try:
            yield step is not None
        except BaseException:
            if step:
                self._take_back(delivery, step)
            raise

    def _advance(self, delivery: Prediction | Training) -> tuple[str | None, str] | None:
        from replicatekit_api.models import Prediction, Training

        if not isinstance(delivery, (Prediction, Training)):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidArgument(f"a delivery is what verify or unwrap returned, not {format_value(delivery)}")
        mark = _Mark.of(delivery)
        with self._lock:
            previous = self._mark(delivery)
            last = _Mark.read(previous)
            if last is not None and not mark.follows(last):
                return None
            self._store.set(_name(delivery), mark.write())
            return previous, mark.write()

    def _take_back(self, delivery: Prediction | Training, step: tuple[str | None, str]) -> None:
        previous, mark = step
        with self._lock:
            if self._mark(delivery) == mark:  # otherwise a later delivery has arrived meanwhile
                self._store.set(_name(delivery), previous or "")

    def _mark(self, delivery: Prediction | Training) -> str | None:
        stored = self._store.get(_name(delivery))
        return stored.decode() if isinstance(stored, bytes) else stored


@attrs.frozen
class _Mark:
    """The progress of a prediction in its last delivery."""

    stage: int
    output: int
    logs: int
    digest: str

    @classmethod
    def of(cls, delivery: Prediction | Training) -> _Mark:
        output: Any = delivery["output"] if "output" in delivery else None  # noqa: SIM401 (a view has no get)
        logs = delivery.logs or ""
        stage = _ENDED if is_terminal(delivery) else _STARTING if delivery.status == "starting" else _RUNNING
        return cls(stage, _size(output), len(logs), _digest([str(delivery.status), output, logs]))

    @classmethod
    def read(cls, text: str | None) -> _Mark | None:
        try:
            stage, output, logs, digest = json.loads(text or "")
            return cls(int(stage), int(output), int(logs), str(digest))
        except (ValueError, TypeError, RecursionError):
            return None  # not a mark: the value of another program

    def write(self) -> str:
        return json.dumps(attrs.astuple(self))

    def follows(self, last: _Mark) -> bool:
        if _ENDED in {last.stage, self.stage}:
            return last.stage != _ENDED
        is_behind = self.stage < last.stage or self.output < last.output or self.logs < last.logs
        return not is_behind and self.digest != last.digest


class _Memory:
    """A store in memory that drops the least recently set names."""

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


def _name(delivery: Prediction | Training) -> str:
    return f"replicate:delivery:{delivery.id}"


def _size(output: object) -> int:
    """A number that grows with the output."""
    if output is None:
        return 0
    return 1 + len(cast("str | list[Any]", output)) if isinstance(output, (str, list)) else 1


def _digest(value: object) -> str:
    """A short hash of JSON of any depth."""
    digest = hashlib.blake2s(digest_size=8)
    for token in _tokens(value):
        digest.update(token.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _tokens(value: object) -> Iterator[str]:
    """Write JSON piece by piece, without recursion; the lengths make it unambiguous."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            fields = sorted(cast("dict[str, object]", item).items(), key=lambda field: field[0])
            yield f"{{{len(fields)}"
            stack.extend(part for field in reversed(fields) for part in reversed(field))
        elif isinstance(item, list):
            items = cast("list[object]", item)
            yield f"[{len(items)}"
            stack.extend(reversed(items))
        else:
            yield json.dumps(item) + ","
