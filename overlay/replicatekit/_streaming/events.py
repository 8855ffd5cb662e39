"""The events of a prediction's stream: one class for each kind, made by the decoder and given to the caller."""

from __future__ import annotations

import json
from typing import Any, ClassVar, Literal, TypeAlias, cast

from attrs import field, frozen

from replicatekit.errors import DecodingError
from replicatekit_api import read_json


@frozen(init=False)
class _Event:
    data: str
    """The text of the event, as the server sent it."""
    id: str | None = None
    """The event's own id, where the server gave it one."""
    retry: int | None = field(default=None, repr=False, eq=False)
    """Milliseconds to wait before reconnecting, where the server asked for that with this event."""

    def __init__(self, data: str, id: str | None = None, retry: int | None = None) -> None:
        # Twice as fast as the constructor that attrs writes for a frozen class; streams have millions of events.
        _set_data(self, data)
        _set_id(self, id)
        _set_retry(self, retry)

    def __str__(self) -> str:
        return ""

    def json(self) -> Any:
        """Parse the data as JSON: output items that are not text are sent as JSON.

        Raises:
            DecodingError: The data is not JSON.
        """
        try:
            return read_json(self.data)
        except (ValueError, RecursionError) as error:
            raise DecodingError(f"the event's data is not JSON: {error}", body=self.data[:300].encode()) from None

    def _text_of(self, name: str) -> str | None:
        try:
            value: object = read_json(self.data)
        except (ValueError, RecursionError):
            return None
        text = cast("dict[str, object]", value).get(name) if isinstance(value, dict) else None
        return text if text is None or isinstance(text, str) else json.dumps(text)


_set_data, _set_id, _set_retry = (vars(_Event)[name].__set__ for name in ("data", "id", "retry"))


@frozen(init=False)
class OutputEvent(_Event):
    """A piece of the output: text, the URL of a file (`https:` or `data:`), or any other item as JSON."""

    type: ClassVar[Literal["output"]] = "output"

    def __str__(self) -> str:
        return self.data


@frozen(init=False)
class LogsEvent(_Event):
    """Lines that the model logged since the previous logs event."""

    type: ClassVar[Literal["logs"]] = "logs"


@frozen(init=False)
class ErrorEvent(_Event):
    """The prediction failed."""

    type: ClassVar[Literal["error"]] = "error"

    @property
    def detail(self) -> str:
        """The reason that the model or the API gave."""
        detail = self._text_of("detail")
        return self.data if detail is None else detail


@frozen(init=False)
class DoneEvent(_Event):
    """The end of the stream; no event follows."""

    type: ClassVar[Literal["done"]] = "done"

    @property
    def reason(self) -> str | None:
        """None for a prediction that succeeded, else `error` or `canceled`."""
        return self._text_of("reason")


StreamEvent: TypeAlias = OutputEvent | LogsEvent | ErrorEvent | DoneEvent
"""Any of the four events; `event.type` distinguishes them, for type checkers too."""


@frozen(init=False)
class OtherEvent(_Event):
    """An event of a kind that is not documented. Deduplication counts it; callers do not get it."""

    type: str = ""

    def __init__(self, type: str, data: str, id: str | None = None, retry: int | None = None) -> None:
        super().__init__(data, id, retry)
        object.__setattr__(self, "type", type)


CLASSES: dict[str, type[StreamEvent]] = {each.type: each for each in (OutputEvent, LogsEvent, ErrorEvent, DoneEvent)}
"""The class of each kind of event, by the name that streams use for it."""
