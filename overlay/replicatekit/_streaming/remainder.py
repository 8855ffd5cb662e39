"""The part of a prediction that its stream did not deliver, by comparing the received events with the prediction.

Event streams carry text: items that are not text are sent as JSON, and every line end is sent as a line feed.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, cast

from replicatekit_api import read_json

if TYPE_CHECKING:
    from collections.abc import Sequence

_LINE_ENDS = re.compile(r"\r\n|\r")


class Mismatch(Exception):
    """The received events are not the beginning of the output."""


def item_to_data(item: Any) -> str:
    """Write an item of an output as the data of an event."""
    return _normalize(item) if isinstance(item, str) else json.dumps(item, ensure_ascii=False, separators=(",", ":"))


def event_matches_item(data: str, item: Any) -> bool:
    """Whether the data of an event stands for this item of an output."""
    if isinstance(item, str):
        is_file = data.startswith("data:") and item.startswith(("https:", "http:", "data:"))
        return data == _normalize(item) or is_file
    try:
        return bool(read_json(data) == item)
    except (ValueError, RecursionError):
        return False


def items_of(output: Any, *, ended: bool) -> list[Any]:
    """The final items of an output. An output that is not a list is one item, and final when the prediction ends."""
    if isinstance(output, list):
        return cast("list[Any]", output)
    return [output] if ended and output is not None else []


def missing_output(received: Sequence[str], output: Any, *, ended: bool) -> list[Any]:
    """The items that no event delivered, each once.

    Args:
        received: The data of the output events so far.
        output: The prediction's output.
        ended: Whether the output is complete.

    Raises:
        Mismatch: The output does not begin with what was received.
    """
    items = items_of(output, ended=ended)
    if all(map(event_matches_item, received, items)):
        return items[len(received) :]
    if len(received) == 1 and event_matches_item(received[0], output):
        return []
    if not all(isinstance(item, str) for item in items):
        raise Mismatch
    # The stream may have divided the same text in other places.
    text, received_text = _normalize("".join(items)), "".join(received)
    if received_text.startswith(text):
        return []
    if not text.startswith(received_text):
        raise Mismatch
    return _skip_characters(items, len(received_text))


def _skip_characters(items: list[str], length: int) -> list[Any]:
    """The items after the first `length` characters of their text; the first of them may be a part."""
    for index, item in enumerate(items):
        text = _normalize(item)
        if length < len(text):
            return [item if not length else text[length:], *items[index + 1 :]]
        length -= len(text)
    return []


def whole_text(received: Sequence[str], output: Any) -> str:
    """The text of the output events; with the output's own line ends, if the events delivered all of it."""
    received_text = "".join(received)
    items = items_of(output, ended=True)
    if not items or not all(isinstance(item, str) for item in items):
        return received_text
    text = "".join(items)
    return text if _normalize(text) == received_text else received_text


def missing_logs(received: Sequence[str], logs: str) -> str:
    """The part of the logs that no event delivered. Events leave out the line ends between them.

    Logs that do not begin with what was received were shortened at their beginning. The part after the last event's
    text is missing then, or nothing if that text is not in the logs.
    """
    logs = _normalize(logs)
    position = 0
    for data in received:
        piece, start = _normalize(data), position
        while not logs.startswith(piece, start):
            if logs[start : start + 1] != "\n":
                last = _normalize(received[-1])
                index = logs.rfind(last)
                return logs[index + len(last) :] if index >= 0 else ""
            start += 1
        position = start + len(piece)
    return logs[position:]


def _normalize(text: str) -> str:
    return _LINE_ENDS.sub("\n", text)
