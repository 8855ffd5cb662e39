"""Check a JSON value against a node of a model's schema, and say everything that is wrong with it.

A schema is compiled once into functions. Whatever cannot be read in it (a broken reference, a keyword with a value of
the wrong type, an unknown type) restricts nothing, and nothing in it raises. Formats are not checked: for the API they
are notes. A node's own `default` always passes, and `nullable` lets null pass.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast

from replicatekit._domain.openapi_nodes import Node, SchemaDocument, is_secret, named_types_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Place", "Problem", "SchemaValidator", "describe", "json_equal", "type_name"]

Place: TypeAlias = "tuple[Place | None, str | int]"
"""The place of a value: that of what contains it (None for the root), and its key or index there."""


class Problem(NamedTuple):
    """One thing that is wrong with a value."""

    place: Place
    message: str
    is_type: bool = False
    """Whether the value has the wrong type, so that nothing else could be checked."""


Check: TypeAlias = "Callable[[Any, Place, list[Problem]], object]"

_NAMES: dict[type, str] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
    list: "array",
    dict: "object",
}
_ARTICLES = {"null": "null", "array": "a list", "object": "an object", "integer": "an integer", "string": "text"}
_DEEPEST = 100
_LONGEST = 80  # characters of a value in a message


class SchemaValidator:
    """Compiles the nodes of one document, each once."""

    def __init__(self, document: SchemaDocument) -> None:
        self._document = document
        self._compiled: dict[tuple[int, bool], Check | None] = {}
        self._kept: list[object] = []  # compiled nodes are known by their id, so they must stay alive

    def compile(self, node: object, *, secret: bool = False) -> Check | None:
        """The check of a node; None where anything passes.

        Args:
            node: The schema.
            secret: Whether the value must not appear in a message.
        """
        return self._node(node, secret=secret, same=frozenset())

    def _node(self, given: object, *, secret: bool, same: frozenset[int]) -> Check | None:
        """`same` has the nodes that led here and describe the same value: to meet one again adds nothing."""
        if given is False:
            return _refuse_all
        node = cast("Node", given) if isinstance(given, dict) else None
        if node is None or id(node) in same:
            return None
        secret = secret or is_secret(node)
        key = (id(node), secret)
        if key not in self._compiled:
            # A schema that contains itself finds this while it is compiled; it is replaced at the end.
            self._compiled[key] = lambda value, place, problems: _call(self._compiled[key], value, place, problems)
            self._kept.append(node)
            self._compiled[key] = self._checks(node, secret, same | {id(node)})
        return self._compiled[key]

    def _checks(self, node: Node, secret: bool, same: frozenset[int]) -> Check | None:  # noqa: FBT001 (private)
        show = _hidden if secret else describe
        parts = [
            *_value_checks(node, show),
            *_number_checks(node, show),
            *_text_checks(node, show),
            *self._array_checks(node, secret=secret),
            *self._object_checks(node, secret=secret),
            *self._combinations(node, secret, same),
        ]
        is_of_type = _type_check(node)
        if is_of_type is None and not parts:
            return None
        nullable, has_default, default = node.get("nullable") is True, "default" in node, node.get("default")
        expected = _expected(named_types_of(node))

        def check(value: Any, place: Place, problems: list[Problem]) -> None:
            if value is None and nullable:
                return
            if is_of_type is not None and not is_of_type(value):
                if not (has_default and json_equal(value, default)):
                    problems.append(Problem(place, f"{expected} is expected, not {show(value)}", is_type=True))
                return
            before = len(problems)
            for part in parts:
                part(value, place, problems)
            if len(problems) > before and has_default and json_equal(value, default):
                del problems[before:]

        return check

    def _array_checks(self, node: Node, *, secret: bool) -> list[Check]:
        checks: list[Check] = []
        least, most = _count(node, "minItems"), _count(node, "maxItems")
        if least or most is not None:
            checks.append(_length_check(list, least, most, "items"))
        if node.get("uniqueItems") is True:
            checks.append(_check_unique)
        given, prefix = node.get("items"), node.get("prefixItems")
        firsts = [self._node(one, secret=secret, same=frozenset()) for one in _list(prefix) or _list(given)]
        rest = node.get("additionalItems") if isinstance(given, list) else given
        others = self._node(rest, secret=secret, same=frozenset())
        if not others and not any(firsts):
            return checks

        def check(value: Any, place: Place, problems: list[Problem]) -> None:
            if type(value) is list:
                for index, item in enumerate(cast("list[Any]", value)):
                    part = firsts[index] if index < len(firsts) else others
                    if part is not None:
                        part(item, (place, index), problems)

        return [*checks, check]

    def _object_checks(self, node: Node, *, secret: bool) -> list[Check]:
        checks: list[Check] = []
        least, most = _count(node, "minProperties"), _count(node, "maxProperties")
        if least or most is not None:
            checks.append(_length_check(dict, least, most, "keys"))
        required = [name for name in _list(node.get("required")) if isinstance(name, str)]
        named = {
            name: self._node(one, secret=secret, same=frozenset())
            for name, one in _dict(node.get("properties")).items()
        }
        patterns = [
            (pattern, self._node(one, secret=secret, same=frozenset()))
            for text, one in _dict(node.get("patternProperties")).items()
            if (pattern := _pattern(text)) is not None
        ]
        others = self._node(node.get("additionalProperties"), secret=secret, same=frozenset())
        if not (required or any(named.values()) or patterns or others):
            return checks

        def check(value: Any, place: Place, problems: list[Problem]) -> None:
            if type(value) is not dict:
                return
            given = cast("dict[str, Any]", value)
            problems.extend(Problem((place, name), "is required") for name in required if name not in given)
            for name, item in given.items():
                fitting = [part for pattern, part in patterns if pattern.search(name)]
                if name in named:
                    _call(named[name], item, (place, name), problems)
                elif not fitting:
                    _call(others, item, (place, name), problems)
                for part in fitting:
                    _call(part, item, (place, name), problems)

        return [*checks, check]

    def _combinations(self, node: Node, secret: bool, same: frozenset[int]) -> list[Check]:  # noqa: FBT001 (private)
        def compiled(one: object) -> Check | None:
            return self._node(one, secret=secret, same=same)

        all_of = [compiled(self._document.target(node["$ref"]))] if "$ref" in node else []
        all_of += [compiled(one) for one in _list(node.get("allOf"))]
        checks = [check for check in all_of if check is not None]
        show = _hidden if secret else describe
        if given := _list(node.get("anyOf")):  # Cog 0.16 writes an empty one, which nothing would fit
            checks += _any_of([compiled(one) for one in given], given, show)
        if given := _list(node.get("oneOf")):
            checks += [_one_of([compiled(one) for one in given], given, show)]
        if isinstance(node.get("not"), (dict, bool)):
            checks += [_not(compiled(node["not"]), show)]
        return checks


def _call(check: Check | None, value: Any, place: Place, problems: list[Problem]) -> None:
    if check is not None:
        check(value, place, problems)


def _refuse_all(value: Any, place: Place, problems: list[Problem]) -> None:
    del value
    problems.append(Problem(place, "is not accepted here"))


# One keyword or a few


def _type_check(node: Node) -> Callable[[Any], bool] | None:
    given = node.get("type")
    names = [given] if isinstance(given, str) else _list(given)
    if not names or not all(isinstance(name, str) and name in _ARTICLES | _MORE for name in names):
        return None
    kinds = {kind for kind, name in _NAMES.items() if name in names}
    if "number" in names:
        kinds |= {int, float}
    if "integer" in names and "number" not in names:
        # In JSON 2.0 is as much of an integer as 2.
        return lambda value: type(value) in kinds or (type(value) is float and value.is_integer())
    return lambda value: type(value) in kinds


_MORE = {"number": "a number", "boolean": "True or False"}


def _value_checks(node: Node, show: Callable[[object], str]) -> list[Check]:
    checks: list[Check] = []
    choices = node.get("enum")
    if isinstance(choices, list) and choices:
        checks.append(_choice_check(cast("list[object]", choices), show))
    if "const" in node:
        checks.append(_choice_check([node["const"]], show))
    return checks


def _choice_check(choices: list[object], show: Callable[[object], str]) -> Check:
    simple, others = _separated(choices)
    known = _either(choices)

    def check(value: Any, place: Place, problems: list[Problem]) -> None:
        if any(json_equal(value, one) for one in others) if _is_container(value) else _key(value) in simple:
            return
        near = _nearest(value, choices) if show is describe else ""
        problems.append(Problem(place, f"{show(value)} is not {known}{near}"))

    return check


def _number_checks(node: Node, show: Callable[[object], str]) -> list[Check]:
    limits: list[tuple[Callable[[Any], bool], str]] = []
    low, high = _number(node.get("minimum")), _number(node.get("maximum"))
    above, below = node.get("exclusiveMinimum"), node.get("exclusiveMaximum")
    if low is not None:
        is_open = above is True  # OpenAPI 3.0 marks the limit; later ones have a limit of its own
        limits.append((lambda value: value > low if is_open else value >= low, _than("less", "minimum", low, is_open)))
    if high is not None:
        is_closed = below is not True
        text = _than("greater", "maximum", high, not is_closed)
        limits.append((lambda value: value <= high if is_closed else value < high, text))
    if (least := _number(above)) is not None:
        limits.append((lambda value: value > least, f"must be greater than {least}"))
    if (most := _number(below)) is not None:
        limits.append((lambda value: value < most, f"must be less than {most}"))
    step = _number(node.get("multipleOf"))
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


def _text_checks(node: Node, show: Callable[[object], str]) -> list[Check]:
    checks: list[Check] = []
    least, most = _count(node, "minLength"), _count(node, "maxLength")
    if least or most is not None:
        checks.append(_length_check(str, least, most, "characters"))
    text = node.get("pattern")
    pattern = _pattern(text) if isinstance(text, str) else None
    if pattern is not None:
        known: re.Pattern[str] = pattern

        def check(value: Any, place: Place, problems: list[Problem]) -> None:
            if type(value) is str and known.search(value) is None:
                problems.append(Problem(place, f"{show(value)} does not match the pattern {known.pattern!r}"))

        checks.append(check)
    return checks


def _length_check(kind: type, least: int | None, most: int | None, what: str) -> Check:
    def check(value: Any, place: Place, problems: list[Problem]) -> None:
        if type(value) is not kind:
            return
        length = len(value)  # type: ignore[arg-type] # (a str or a list, by its kind)
        if least is not None and length < least:
            problems.append(Problem(place, f"has {length} {what}, and the minimum is {least}"))
        if most is not None and length > most:
            problems.append(Problem(place, f"has {length} {what}, and the maximum is {most}"))

    return check


def _check_unique(value: Any, place: Place, problems: list[Problem]) -> None:
    if type(value) is not list:
        return
    items = cast("list[Any]", value)
    simple, others = _separated(items)
    twice = len(simple) + len(others) < len(items) or any(
        json_equal(one, other) for index, one in enumerate(others) for other in others[:index]
    )
    if twice:
        problems.append(Problem(place, "has the same item twice"))


# Several schemas for one value


def _found(check: Check | None, value: Any, place: Place) -> list[Problem]:
    problems: list[Problem] = []
    _call(check, value, place, problems)
    return problems


def _any_of(parts: list[Check | None], nodes: list[object], show: Callable[[object], str]) -> list[Check]:
    if None in parts:
        return []

    def check(value: Any, place: Place, problems: list[Problem]) -> None:
        found: list[list[Problem]] = []
        for part in parts:
            some = _found(part, value, place)
            if not some:
                return
            found.append(some)
        problems.extend(_closest(found, value, place, nodes, show))

    return [check]


def _one_of(parts: list[Check | None], nodes: list[object], show: Callable[[object], str]) -> Check:
    def check(value: Any, place: Place, problems: list[Problem]) -> None:
        found = [_found(part, value, place) for part in parts]
        fitting = sum(not some for some in found)
        if not fitting:
            problems.extend(_closest(found, value, place, nodes, show))
        elif fitting > 1:
            problems.append(Problem(place, f"{show(value)} fits {fitting} alternatives, and must fit one"))

    return check


def _closest(
    found: list[list[Problem]], value: Any, place: Place, nodes: list[object], show: Callable[[object], str]
) -> list[Problem]:
    """What is wrong with the alternative that was meant, if its type tells which."""
    meant = [some for some in found if not any(one.is_type and one.place == place for one in some)]
    if len(meant) == 1:
        return meant[0]
    if meant:
        return [Problem(place, f"{show(value)} fits none of {len(found)} alternatives")]
    names = [name for node in nodes if isinstance(node, dict) for name in named_types_of(cast("Node", node))]
    return [Problem(place, f"{_expected(names)} is expected, not {show(value)}", is_type=True)]


def _not(part: Check | None, show: Callable[[object], str]) -> Check:
    def check(value: Any, place: Place, problems: list[Problem]) -> None:
        if not _found(part, value, place):
            problems.append(Problem(place, f"{show(value)} is excluded"))

    return check


# Values


def json_equal(one: object, other: object) -> bool:
    """Whether two JSON values are the same: 1 is 1.0, and not True."""
    if isinstance(one, list) and isinstance(other, list):
        items, others = cast("list[object]", one), cast("list[object]", other)
        return len(items) == len(others) and all(map(json_equal, items, others))
    if isinstance(one, dict) and isinstance(other, dict):
        fields, more = cast("dict[str, object]", one), cast("dict[str, object]", other)
        return fields.keys() == more.keys() and all(json_equal(fields[key], more[key]) for key in fields)
    if isinstance(one, (list, dict)) or isinstance(other, (list, dict)):
        return False
    return _key(one) == _key(other)


def _is_container(value: object) -> bool:
    return isinstance(value, (list, dict))


def _separated(values: list[Any]) -> tuple[set[object], list[object]]:
    """The different simple values, and all lists and objects."""
    return {_key(one) for one in values if not _is_container(one)}, [one for one in values if _is_container(one)]


def _key(value: object) -> object:
    return (bool, value) if isinstance(value, bool) else value


def type_name(value: object) -> str:
    """The JSON type of a value."""
    return _NAMES.get(type(value), "any")


def describe(value: object) -> str:
    """A value in a message: short, and never the inside of a list or an object, where a secret may be."""
    if isinstance(value, (list, dict)):
        return _ARTICLES[type_name(cast("object", value))]
    if isinstance(value, str) and value[:5].lower() == "data:":
        return "a file"
    try:
        text = repr(value)
    except ValueError:  # an integer of thousands of digits
        return "a number of thousands of digits"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 20]}… ({len(text)} characters)"


def _hidden(value: object) -> str:
    return f"this {type_name(value)}"


def _expected(names: list[str]) -> str:
    known = list(dict.fromkeys((_ARTICLES | _MORE).get(name, name) for name in names))
    return " or ".join(filter(None, [", ".join(known[:-1]), known[-1]])) if known else "another type"


def _either(choices: list[object]) -> str:
    shown = [describe(one) for one in choices[:12]]
    if len(choices) == 1:
        return shown[0]
    more = f", … ({len(choices)} in all)" if len(choices) > len(shown) else ""
    return f"one of {', '.join(shown)}{more}"


def _nearest(value: object, choices: list[object]) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST:
        return ""
    from difflib import get_close_matches

    near = get_close_matches(value, [one for one in choices if isinstance(one, str)], 1)
    return f"; did you mean {near[0]!r}?" if near else ""


# Reading keywords


def _number(value: object) -> float | None:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _count(node: Node, key: str) -> int | None:
    value = _number(node.get(key))
    return int(value) if value is not None and value == int(value) else None


def _is_multiple(value: float, step: float) -> bool:
    try:
        return Fraction(repr(value)) % Fraction(repr(step)) == 0
    except ValueError:
        return True


def _pattern(text: str) -> re.Pattern[str] | None:
    try:
        return re.compile(text)
    except (re.error, OverflowError, RecursionError):  # another dialect
        return None


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _dict(value: object) -> dict[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}
