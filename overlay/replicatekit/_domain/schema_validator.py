"""Check a JSON value against a node of a model's schema, and report everything that is wrong with it.

A schema is compiled once into functions. Parts that cannot be read (a broken reference, a keyword with a value of the
wrong type, an unknown type) restrict nothing, and nothing raises. Formats are not checked: for the API they are
annotations. A node's own `default` always passes, and `nullable` lets null pass.
"""

from __future__ import annotations

import re
from fractions import Fraction
from operator import ge, le
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast

from replicatekit._domain.json_values import (
    describe,
    expected_types,
    hide,
    json_equal,
    json_key,
    nearest,
    one_of,
    types_named,
)
from replicatekit._domain.openapi_nodes import (
    Node,
    SchemaDocument,
    dict_of,
    is_secret,
    list_of,
    named_types_of,
    number_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Place: TypeAlias = "tuple[Place | None, str | int]"
"""The place of a value: the place of its container (None for the root), and its key or index there."""


class Problem(NamedTuple):
    """One thing that is wrong with a value."""

    place: Place
    message: str
    is_type: bool = False
    """Whether the value has the wrong type, so that nothing else could be checked."""


Check: TypeAlias = "Callable[[Any, Place, list[Problem]], object]"
"""Adds what is wrong with a value, and with what is inside it, to a list of problems."""


_Rule: TypeAlias = "tuple[tuple[type, ...], Callable[[Any], bool], Callable[[Any], str]]"
"""What one keyword requires of a value by itself: the types that it applies to (none: all), the check, the message."""


class SchemaValidator:
    """Compiles the nodes of one document, each once."""

    def __init__(self, document: SchemaDocument) -> None:
        self._document = document
        self._compiled: dict[tuple[int, bool], Check | None] = {}
        self._nodes: list[object] = []  # compiled nodes are found by their id, so they must stay alive

    def compile(self, node: object, *, secret: bool = False, same: frozenset[int] = frozenset()) -> Check | None:
        """The check of a node; None if anything passes.

        Args:
            node: The schema.
            secret: Whether the value must not appear in a message.
            same: The ids of the enclosing nodes that describe the same value; they are not checked again.
        """
        if node is False:
            return lambda _, place, problems: problems.append(Problem(place, "is not accepted here"))
        if not isinstance(node, dict) or id(cast("Node", node)) in same:
            return None
        known = cast("Node", node)
        secret = secret or is_secret(known)
        key = (id(known), secret)
        if key not in self._compiled:

            def recurse(value: Any, place: Place, problems: list[Problem]) -> None:
                problems += _problems(self._compiled[key], value, place)

            # A schema that contains itself uses this while it is compiled.
            self._compiled[key] = recurse
            self._nodes.append(known)
            self._compiled[key] = self._check(known, secret, same | {id(known)})
        return self._compiled[key]

    def _check(self, node: Node, secret: bool, same: frozenset[int]) -> Check | None:  # noqa: FBT001 (private)
        show = hide if secret else describe
        rules = _rules(node, show)
        inner = [self._items(node, secret), self._properties(node, secret), *self._combinations(node, secret, same)]
        parts = [part for part in inner if part is not None]
        names = named_types_of(node)
        # A list that contains anything but names of types restricts nothing.
        is_of_type = _type_check(names) if len(names) >= len(list_of(node.get("type"))) else None
        if is_of_type is None and not rules and not parts:
            return None
        nullable, has_default, default = node.get("nullable") is True, "default" in node, node.get("default")

        def check(value: Any, place: Place, problems: list[Problem]) -> None:
            if value is None and nullable:
                return
            before = len(problems)
            if is_of_type is not None and not is_of_type(value):
                problems.append(_wrong_type(names, value, place, show))
            else:
                for kinds, fits, message in rules:
                    if (not kinds or type(value) in kinds) and not fits(value):
                        problems.append(Problem(place, message(value)))
                for part in parts:
                    part(value, place, problems)
            if has_default and len(problems) > before and json_equal(value, default):
                del problems[before:]

        return check

    def _items(self, node: Node, secret: bool) -> Check | None:  # noqa: FBT001 (private)
        items = node.get("items")
        firsts = [self.compile(first, secret=secret) for first in list_of(node.get("prefixItems")) or list_of(items)]
        others = self.compile(node.get("additionalItems") if isinstance(items, list) else items, secret=secret)
        if not others and not any(firsts):
            return None

        def check(value: Any, place: Place, problems: list[Problem]) -> None:
            for index, item in enumerate(cast("list[Any]", value) if type(value) is list else []):
                part = firsts[index] if index < len(firsts) else others
                if part is not None:
                    part(item, (place, index), problems)

        return check

    def _properties(self, node: Node, secret: bool) -> Check | None:  # noqa: FBT001 (private)
        required = [name for name in list_of(node.get("required")) if isinstance(name, str)]
        named = {name: self.compile(inner, secret=secret) for name, inner in dict_of(node.get("properties")).items()}
        patterns = [
            (pattern, self.compile(inner, secret=secret))
            for text, inner in dict_of(node.get("patternProperties")).items()
            if (pattern := _pattern(text)) is not None
        ]
        others = self.compile(node.get("additionalProperties"), secret=secret)
        if not (required or any(named.values()) or patterns or others):
            return None

        def check(value: Any, place: Place, problems: list[Problem]) -> None:
            if type(value) is not dict:
                return
            items = cast("dict[str, Any]", value)
            problems.extend(Problem((place, name), "is required") for name in required if name not in items)
            for name, item in items.items():
                parts = [part for pattern, part in patterns if pattern.search(name)]
                if name in named:
                    parts.insert(0, named[name])
                for part in parts or [others]:
                    if part is not None:
                        part(item, (place, name), problems)

        return check

    def _combinations(self, node: Node, secret: bool, same: frozenset[int]) -> Iterator[Check | None]:  # noqa: FBT001 (private)
        show = hide if secret else describe
        for part in [*([self._document.target(node["$ref"])] if "$ref" in node else []), *list_of(node.get("allOf"))]:
            yield self.compile(part, secret=secret, same=same)
        for key in ("anyOf", "oneOf"):
            if nodes := list_of(node.get(key)):  # Cog 0.16 writes an empty list, which nothing would fit
                parts = [self.compile(part, secret=secret, same=same) for part in nodes]
                yield _alternatives(parts, nodes, show, must_fit_one=key == "oneOf")
        if isinstance(node.get("not"), (dict, bool)):
            yield _not(self.compile(node["not"], secret=secret, same=same), show)


def _type_check(names: list[str]) -> Callable[[Any], bool] | None:
    kinds = types_named(names)
    if kinds is None:
        return None
    if float not in kinds and int in kinds:  # in JSON, 2.0 is an integer too
        return lambda value: type(value) in kinds or (type(value) is float and value.is_integer())
    return lambda value: type(value) in kinds


def _problems(check: Check | None, value: Any, place: Place) -> list[Problem]:
    problems: list[Problem] = []
    if check is not None:
        check(value, place, problems)
    return problems


def _not(excluded: Check | None, show: Callable[[object], str]) -> Check:
    def check(value: Any, place: Place, problems: list[Problem]) -> None:
        if not _problems(excluded, value, place):
            problems.append(Problem(place, f"{show(value)} is excluded"))

    return check


def _alternatives(
    parts: list[Check | None], nodes: list[object], show: Callable[[object], str], *, must_fit_one: bool
) -> Check | None:
    if None in parts and not must_fit_one:
        return None

    def check(value: Any, place: Place, problems: list[Problem]) -> None:
        found: list[list[Problem]] = []
        for part in parts:
            found.append(_problems(part, value, place))
            if not (found[-1] or must_fit_one):
                return
        fitting = found.count([])
        if fitting > 1:
            problems.append(Problem(place, f"{show(value)} fits {fitting} alternatives, and must fit one"))
        elif not fitting:
            problems.extend(_closest(found, value, place, nodes, show))

    return check


def _closest(
    found: list[list[Problem]], value: Any, place: Place, nodes: list[object], show: Callable[[object], str]
) -> list[Problem]:
    """The problems of the one alternative of the value's type, if there is one."""
    of_type = [problems for problems in found if not any(each.is_type and each.place == place for each in problems)]
    if len(of_type) == 1:
        return of_type[0]
    if of_type:
        return [Problem(place, f"{show(value)} fits none of {len(found)} alternatives")]
    names = [name for node in nodes if isinstance(node, dict) for name in named_types_of(cast("Node", node))]
    return [_wrong_type(names, value, place, show)]


def _wrong_type(names: list[str], value: object, place: Place, show: Callable[[object], str]) -> Problem:
    return Problem(place, f"{expected_types(names)} is expected, not {show(value)}", is_type=True)


def _rules(node: Node, show: Callable[[object], str]) -> list[_Rule]:
    """The rules of the keywords that are about a value by itself: choices, limits, lengths, patterns."""

    def message(text: str) -> Callable[[Any], str]:
        return lambda value: f"{show(value)} {text}"

    choices = [list_of(node.get("enum")), [node["const"]] if "const" in node else []]
    rules: list[_Rule] = [_choice(values, show) for values in choices if values]
    rules += [((int, float), fits, message(text)) for fits, text in _limits(node)]
    for kind, key, what in ((str, "Length", "characters"), (list, "Items", "items"), (dict, "Properties", "keys")):
        for prefix, limit, fits in (("min", "minimum", ge), ("max", "maximum", le)):
            count = number_of(node.get(prefix + key))
            if count is not None and count % 1 == 0:
                rules.append(_length(kind, fits, int(count), f"{what}, and the {limit} is"))
    if node.get("uniqueItems") is True:
        rules.append(((list,), _is_unique, lambda _: "has the same item twice"))
    text = node.get("pattern")
    pattern = _pattern(text) if isinstance(text, str) else None
    if pattern is not None:
        rules.append(
            ((str,), lambda value: pattern.search(value) is not None, message(f"does not match the pattern {text!r}"))
        )
    return rules


def _choice(choices: list[object], show: Callable[[object], str]) -> _Rule:
    keys, expected = set(map(json_key, choices)), one_of(choices)

    def message(value: Any) -> str:
        return f"{show(value)} is not {expected}{nearest(value, choices) if show is describe else ''}"

    return (), lambda value: json_key(value) in keys, message


def _limits(node: Node) -> Iterator[tuple[Callable[[Any], bool], str]]:
    low, high, step = (number_of(node.get(key)) for key in ("minimum", "maximum", "multipleOf"))
    above, below = node.get("exclusiveMinimum"), node.get("exclusiveMaximum")
    # OpenAPI 3.0 marks a limit as exclusive; later versions have exclusive limits as keywords.
    if above is True:
        above, low = low, None
    if below is True:
        below, high = high, None
    if low is not None:
        yield lambda value: value >= low, f"is less than the minimum, {low}"
    if high is not None:
        yield lambda value: value <= high, f"is greater than the maximum, {high}"
    if (least := number_of(above)) is not None:
        yield lambda value: value > least, f"must be greater than {least}"
    if (most := number_of(below)) is not None:
        yield lambda value: value < most, f"must be less than {most}"
    if step is not None and step > 0:
        yield lambda value: _is_multiple(value, step), f"is not a multiple of {step}"


def _length(kind: type, fits: Callable[[int, int], bool], count: int, text: str) -> _Rule:
    return (kind,), lambda value: fits(len(value), count), lambda value: f"has {len(value)} {text} {count}"


def _is_unique(items: list[object]) -> bool:
    return len(set(map(json_key, items))) == len(items)


def _is_multiple(value: float, step: float) -> bool:
    try:
        return Fraction(repr(value)) % Fraction(repr(step)) == 0
    except ValueError:
        return True


def _pattern(text: str) -> re.Pattern[str] | None:
    """A regular expression, or None if Python cannot read it."""
    try:
        return re.compile(text)
    except (re.error, OverflowError, RecursionError):  # another dialect
        return None
