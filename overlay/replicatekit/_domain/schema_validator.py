"""Check a JSON value against a node of a model's schema, and say everything that is wrong with it.

A schema is compiled once into functions. Whatever cannot be read in it (a broken reference, a keyword with a value of
the wrong type, an unknown type) restricts nothing, and nothing in it raises. Formats are not checked: for the API they
are annotations. A node's own `default` always passes, and `nullable` lets null pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from replicatekit._domain.json_values import describe, expected_types, hide, json_equal
from replicatekit._domain.keyword_checks import (
    Check,
    Place,
    Problem,
    check_unique,
    compile_pattern,
    count_of,
    length_check,
    number_checks,
    text_checks,
    type_check,
    value_checks,
)
from replicatekit._domain.openapi_nodes import Node, SchemaDocument, dict_of, is_secret, list_of, named_types_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SchemaValidator"]


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
            self._compiled[key] = lambda value, place, problems: run_check(self._compiled[key], value, place, problems)
            self._kept.append(node)
            self._compiled[key] = self._checks(node, secret, same | {id(node)})
        return self._compiled[key]

    def _checks(self, node: Node, secret: bool, same: frozenset[int]) -> Check | None:  # noqa: FBT001 (private)
        show = hide if secret else describe
        parts = [
            *value_checks(node, show),
            *number_checks(node, show),
            *text_checks(node, show),
            *self._array_checks(node, secret=secret),
            *self._object_checks(node, secret=secret),
            *self._combinations(node, secret, same),
        ]
        is_of_type = type_check(node)
        if is_of_type is None and not parts:
            return None
        nullable, has_default, default = node.get("nullable") is True, "default" in node, node.get("default")
        expected = expected_types(named_types_of(node))

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
        least, most = count_of(node, "minItems"), count_of(node, "maxItems")
        if least or most is not None:
            checks.append(length_check(list, least, most, "items"))
        if node.get("uniqueItems") is True:
            checks.append(check_unique)
        given, prefix = node.get("items"), node.get("prefixItems")
        firsts = [self._node(one, secret=secret, same=frozenset()) for one in list_of(prefix) or list_of(given)]
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
        least, most = count_of(node, "minProperties"), count_of(node, "maxProperties")
        if least or most is not None:
            checks.append(length_check(dict, least, most, "keys"))
        required = [name for name in list_of(node.get("required")) if isinstance(name, str)]
        named = {
            name: self._node(one, secret=secret, same=frozenset())
            for name, one in dict_of(node.get("properties")).items()
        }
        patterns = [
            (pattern, self._node(one, secret=secret, same=frozenset()))
            for text, one in dict_of(node.get("patternProperties")).items()
            if (pattern := compile_pattern(text)) is not None
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
                    run_check(named[name], item, (place, name), problems)
                elif not fitting:
                    run_check(others, item, (place, name), problems)
                for part in fitting:
                    run_check(part, item, (place, name), problems)

        return [*checks, check]

    def _combinations(self, node: Node, secret: bool, same: frozenset[int]) -> list[Check]:  # noqa: FBT001 (private)
        def compiled(one: object) -> Check | None:
            return self._node(one, secret=secret, same=same)

        all_of = [compiled(self._document.target(node["$ref"]))] if "$ref" in node else []
        all_of += [compiled(one) for one in list_of(node.get("allOf"))]
        checks = [check for check in all_of if check is not None]
        show = hide if secret else describe
        if given := list_of(node.get("anyOf")):  # Cog 0.16 writes an empty one, which nothing would fit
            checks += _any_of([compiled(one) for one in given], given, show)
        if given := list_of(node.get("oneOf")):
            checks += [_one_of([compiled(one) for one in given], given, show)]
        if isinstance(node.get("not"), (dict, bool)):
            checks += [_not(compiled(node["not"]), show)]
        return checks


def run_check(check: Check | None, value: Any, place: Place, problems: list[Problem]) -> None:
    if check is not None:
        check(value, place, problems)


def _refuse_all(value: Any, place: Place, problems: list[Problem]) -> None:
    del value
    problems.append(Problem(place, "is not accepted here"))


def _found(check: Check | None, value: Any, place: Place) -> list[Problem]:
    problems: list[Problem] = []
    run_check(check, value, place, problems)
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
    """What is wrong with the alternative that was meant, if its type shows which."""
    meant = [some for some in found if not any(one.is_type and one.place == place for one in some)]
    if len(meant) == 1:
        return meant[0]
    if meant:
        return [Problem(place, f"{show(value)} fits none of {len(found)} alternatives")]
    names = [name for node in nodes if isinstance(node, dict) for name in named_types_of(cast("Node", node))]
    return [Problem(place, f"{expected_types(names)} is expected, not {show(value)}", is_type=True)]


def _not(part: Check | None, show: Callable[[object], str]) -> Check:
    def check(value: Any, place: Place, problems: list[Problem]) -> None:
        if not _found(part, value, place):
            problems.append(Problem(place, f"{show(value)} is excluded"))

    return check
