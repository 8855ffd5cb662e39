"""Compare JSON values, and describe them in messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Hashable

_NAMES: dict[type, str] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
    list: "array",
    dict: "object",
}
_NOUNS = {
    "null": "null",
    "array": "a list",
    "object": "an object",
    "integer": "an integer",
    "string": "text",
    "number": "a number",
    "boolean": "True or False",
}
_LONGEST = 80  # characters of a value in a message


def json_equal(first: object, second: object) -> bool:
    """Whether two JSON values are the same: 1 is 1.0, and not True."""
    return json_key(first) == json_key(second)


def json_key(value: object) -> Hashable:
    """A key that is equal for JSON values that are the same."""
    if isinstance(value, list):
        return list, tuple(map(json_key, cast("list[object]", value)))
    if isinstance(value, dict):
        return dict, frozenset((key, json_key(item)) for key, item in cast("dict[str, object]", value).items())
    return (bool, value) if isinstance(value, bool) else cast("Hashable", value)


def type_name(value: object) -> str:
    """The JSON type of a value."""
    return _NAMES.get(type(value), "any")


def describe(value: object) -> str:
    """A value in a message: short, and never the inside of a list or an object, where a secret may be."""
    if isinstance(value, (list, dict)):
        return _NOUNS[type_name(cast("object", value))]
    if isinstance(value, str) and value[:5].lower() == "data:":
        return "a file"
    try:
        text = repr(value)
    except ValueError:  # an integer of thousands of digits
        return "a number of thousands of digits"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 20]}… ({len(text)} characters)"


def hide(value: object) -> str:
    """A value in a message that must not show it."""
    return f"this {type_name(value)}"


def expected_types(names: list[str]) -> str:
    """The JSON types of these names, in a message."""
    known = list(dict.fromkeys(_NOUNS.get(name, name) for name in names))
    return " or ".join(filter(None, [", ".join(known[:-1]), known[-1]])) if known else "another type"


def one_of(choices: list[object]) -> str:
    """The values to choose from, in a message."""
    shown = [describe(choice) for choice in choices[:12]]
    if len(choices) == 1:
        return shown[0]
    more = f", … ({len(choices)} in all)" if len(choices) > len(shown) else ""
    return f"one of {', '.join(shown)}{more}"


def nearest(value: object, choices: list[object]) -> str:
    """A hint at the most similar choice; empty if none is similar."""
    if not isinstance(value, str) or len(value) > _LONGEST:
        return ""
    from difflib import get_close_matches

    near = get_close_matches(value, [choice for choice in choices if isinstance(choice, str)], 1)
    return f"; did you mean {near[0]!r}?" if near else ""


def types_named(names: list[str]) -> set[type] | None:
    """Python's types for the JSON types with these names; None if there is no name, or an unknown one."""
    if not names or not _NOUNS.keys() >= set(names):
        return None
    return {kind for kind, name in _NAMES.items() if name in names or (name == "integer" and "number" in names)}
