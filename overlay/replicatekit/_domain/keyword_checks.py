"""The checks of a schema's single keywords: types, choices, numbers, text, lengths.

A check is a function that adds what is wrong with a value to a list of problems.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast

from replicatekit._domain.json_values import (
    describe,
    is_container,
    is_json_type,
    json_equal,
    nearest,
    one_of,
    scalar_key,
    separated,
    types_named,
)
from replicatekit._domain.openapi_nodes import Node, list_of, number_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "Check",
    "Place",
    "Problem",
    "check_unique",
    "compile_pattern",
    "count_of",
    "length_check",
    "number_checks",
    "text_checks",
    "type_check",
    "value_checks",
]

Place: TypeAlias = "tuple[Place | None, str | int]"
"""The place of a value: that of what contains it (None for the root), and its key or index there."""


class Problem(NamedTuple):
    """One thing that is wrong with a value."""

    place: Place
    message: str
    is_type: bool = False
    """Whether the value has the wrong type, so that nothing else could be checked."""


Check: TypeAlias = "Callable[[Any, Place, list[Problem]], object]"


def type_check(node: Node) -> Callable[[Any], bool] | None:
    """Whether a value has one of the types that a schema names; None where any has."""
    given = node.get("type")
    names: list[object] = [given] if isinstance(given, str) else list_of(given)
    if not names or not all(map(is_json_type, names)):
        return None
    kinds = types_named(names)
    if "number" in names:
        kinds |= {int, float}
    if "integer" in names and "number" not in names:
        # In JSON 2.0 is as much of an integer as 2.
        return lambda value: type(value) in kinds or (type(value) is float and value.is_integer())
    return lambda value: type(value) in kinds


def value_checks(node: Node, show: Callable[[object], str]) -> list[Check]:
    """`enum` and `const`."""
    checks: list[Check] = []
    choices = node.get("enum")
    if isinstance(choices, list) and choices:
        checks.append(_choice_check(cast("list[object]", choices), show))
    if "const" in node:
        checks.append(_choice_check([node["const"]], show))
    return checks


def _choice_check(choices: list[object], show: Callable[[object], str]) -> Check:
    simple, others = separated(choices)
    known = one_of(choices)

    def check(value: Any, place: Place, problems: list[Problem]) -> None:
        if any(json_equal(value, one) for one in others) if is_container(value) else scalar_key(value) in simple:
            return
        near = nearest(value, choices) if show is describe else ""
        problems.append(Problem(place, f"{show(value)} is not {known}{near}"))

    return check


def number_checks(node: Node, show: Callable[[object], str]) -> list[Check]:
    """`minimum`, `maximum`, their exclusive forms, and `multipleOf`."""
    limits: list[tuple[Callable[[Any], bool], str]] = []
    low, high = number_of(node.get("minimum")), number_of(node.get("maximum"))
    above, below = node.get("exclusiveMinimum"), node.get("exclusiveMaximum")
    if low is not None:
        is_open = above is True  # OpenAPI 3.0 marks the limit; later ones have a limit of its own
        limits.append((lambda value: value > low if is_open else value >= low, _than("less", "minimum", low, is_open)))
    if high is not None:
        is_closed = below is not True
        text = _than("greater", "maximum", high, not is_closed)
        limits.append((lambda value: value <= high if is_closed else value < high, text))
    if (least := number_of(above)) is not None:
        limits.append((lambda value: value > least, f"must be greater than {least}"))
    if (most := number_of(below)) is not None:
        limits.append((lambda value: value < most, f"must be less than {most}"))
    step = number_of(node.get("multipleOf"))
    if step is not None and step > 0:
        limits.append((lambda value: _is_multiple(value, step), f"is not a multiple of {step}"))
    if not limits:
        return []

    def check(value: Any, place: Place, problems: list[Problem]) -> None:
        if type(value) is int or type(value) is float:
            problems.extend(Problem(place, f"{show(value)} {text}") for fits, text in limits if not fits(value))

    return [check]


def _than(word: str, limit: str, value: float, is_open: bool) -> str:  # noqa: FBT001 (private)
    return (
        f"must be {'greater' if word == 'less' else 'less'} than {value}"
        if is_open
        else (f"is {word} than the {limit}, {value}")
    )


def text_checks(node: Node, show: Callable[[object], str]) -> list[Check]:
    """`minLength`, `maxLength` and `pattern`."""
    checks: list[Check] = []
    least, most = count_of(node, "minLength"), count_of(node, "maxLength")
    if least or most is not None:
        checks.append(length_check(str, least, most, "characters"))
    text = node.get("pattern")
    pattern = compile_pattern(text) if isinstance(text, str) else None
    if pattern is not None:
        known: re.Pattern[str] = pattern

        def check(value: Any, place: Place, problems: list[Problem]) -> None:
            if type(value) is str and known.search(value) is None:
                problems.append(Problem(place, f"{show(value)} does not match the pattern {known.pattern!r}"))

        checks.append(check)
    return checks


def length_check(kind: type, least: int | None, most: int | None, what: str) -> Check:
    """The length of a text, a list or an object."""

    def check(value: Any, place: Place, problems: list[Problem]) -> None:
        if type(value) is not kind:
            return
        length = len(value)  # type: ignore[arg-type] # (a str or a list, by its kind)
        if least is not None and length < least:
            problems.append(Problem(place, f"has {length} {what}, and the minimum is {least}"))
        if most is not None and length > most:
            problems.append(Problem(place, f"has {length} {what}, and the maximum is {most}"))

    return check


def check_unique(value: Any, place: Place, problems: list[Problem]) -> None:
    """`uniqueItems`."""
    if type(value) is not list:
        return
    items = cast("list[Any]", value)
    simple, others = separated(items)
    twice = len(simple) + len(others) < len(items) or any(
        json_equal(one, other) for index, one in enumerate(others) for other in others[:index]
    )
    if twice:
        problems.append(Problem(place, "has the same item twice"))


def count_of(node: Node, key: str) -> int | None:
    """A keyword's whole number, or None."""
    value = number_of(node.get(key))
    return int(value) if value is not None and value == int(value) else None


def _is_multiple(value: float, step: float) -> bool:
    try:
        return Fraction(repr(value)) % Fraction(repr(step)) == 0
    except ValueError:
        return True


def compile_pattern(text: str) -> re.Pattern[str] | None:
    """A regular expression, or None if Python cannot read it."""
    try:
        return re.compile(text)
    except (re.error, OverflowError, RecursionError):  # another dialect
        return None
