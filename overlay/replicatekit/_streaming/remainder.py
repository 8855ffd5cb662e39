"""What a stream did not say any more, by what it had said and by what the prediction is.

Event streams carry text: items that are no text come as JSON, and every line end comes as a line feed.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, cast

from replicatekit_api import read_json

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Mismatch", "item_to_data", "items_of", "missing_output", "rest_of_logs", "says", "whole_text"]

_LINE_ENDS = re.compile(r"\r\n|\r")


class Mismatch(Exception):
    """What was said is not the beginning of what there is."""


def item_to_data(item: Any) -> str:
    """An item of an output as the data of an event."""
    return _lines(item) if isinstance(item, str) else json.dumps(item, ensure_ascii=False, separators=(",", ":"))


def says(data: str, item: Any) -> bool:
    """Whether an event's data are this item of an output."""
    if isinstance(item, str):
        is_file = data.startswith("data:") and item.startswith(("https:", "http:", "data:"))
        return data == _lines(item) or is_file
    try:
        return bool(read_json(data) == item)
    except (ValueError, RecursionError):
        return False


def items_of(output: Any, *, ended: bool) -> list[Any]:
    """The items of an output as far as they are certain: one that is no list is one item when it is whole."""
    if isinstance(output, list):
        return cast("list[Any]", output)
    return [output] if ended and output is not None else []


def missing_output(said: Sequence[str], output: Any, *, ended: bool) -> list[Any]:
    """The items that were not said, none of them twice, none left out.

    Args:
        said: The data of the output events so far.
        output: The prediction's output.
        ended: Whether it is whole.

    Raises:
        Mismatch: It cannot be told.
    """
    items = items_of(output, ended=ended)
    if all(map(says, said, items)):
        return items[len(said) :]
    if len(said) == 1 and says(said[0], output):
        return []
    if not all(isinstance(item, str) for item in items):
        raise Mismatch
    # The pieces were cut elsewhere: the same text all the same?
    whole, heard = _lines("".join(items)), "".join(said)
    if heard.startswith(whole):
        return []
    if not whole.startswith(heard):
        raise Mismatch
    return _from(items, len(heard))


def _from(items: list[str], length: int) -> list[Any]:
    """The items after so many characters of their text, the first of them perhaps in part."""
    for place, item in enumerate(items):
        lines = _lines(item)
        if length < len(lines):
            return [item if not length else lines[length:], *items[place + 1 :]]
        length -= len(lines)
    return []


def whole_text(said: Sequence[str], output: Any) -> str:
    """The text of an output: exactly as it is, line ends too, if that is what was said."""
    heard = "".join(said)
    items = items_of(output, ended=True)
    if not items or not all(isinstance(item, str) for item in items):
        return heard
    whole = "".join(items)
    return whole if _lines(whole) == heard else heard


def rest_of_logs(said: Sequence[str], logs: str) -> str:
    """The part of the logs that was not said. Events leave the line ends between them out.

    Where the logs do not begin with what was said, they have lost their beginning: what follows the last that was
    said is the rest, or nothing where that cannot be found.
    """
    logs = _lines(logs)
    place = 0
    for data in said:
        piece, start = _lines(data), place
        while not logs.startswith(piece, start):
            if logs[start : start + 1] != "\n":
                found = logs.rfind(_lines(said[-1]))
                return logs[found + len(_lines(said[-1])) :] if found >= 0 else ""
            start += 1
        place = start + len(piece)
    return logs[place:]


def _lines(text: str) -> str:
    return _LINE_ENDS.sub("\n", text)
