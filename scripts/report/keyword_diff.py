"""Compare the keywords of a schema, and judge the changes for requests and for responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from report.change import Action, Kind, Side, Verdict
from report.schema_shape import BOUNDS, as_code, describe, signature

if TYPE_CHECKING:
    from collections.abc import Iterator

    from report.schema_shape import Shape

REJECTED = "a request that was accepted may now be rejected"
UNEXPECTED = "a response may now contain values that it never contained before"
OPEN_ENUM = "the package accepts unknown values, but code that lists all values should handle this one"


@attrs.frozen
class Finding:
    """A change without its location."""

    kind: Kind
    action: Action
    verdict: Verdict
    message: str
    why: str = ""
    before: object = None
    after: object = None


def narrower(side: Side) -> tuple[Verdict, str]:
    """Judge a schema that allows less: requests may be rejected, responses stay as expected."""
    return (Verdict.BREAKING, REJECTED) if side is Side.REQUEST else (Verdict.HARMLESS, "")


def wider(side: Side) -> tuple[Verdict, str]:
    """Judge a schema that allows more: requests stay valid, responses may be unexpected."""
    return (Verdict.HARMLESS, "") if side is Side.REQUEST else (Verdict.BREAKING, UNEXPECTED)


def incompatible(side: Side) -> tuple[Verdict, str]:
    """Judge a schema that allows other values."""
    return Verdict.BREAKING, REJECTED if side is Side.REQUEST else UNEXPECTED


def type_change(old: Shape, new: Shape, side: Side) -> Finding | None:
    """Compare the types of two shapes without alternatives, or of which one allows any value."""
    if old.types == new.types and old.nullable == new.nullable and old.is_open == new.is_open:
        return None
    before, after = describe(old), describe(new)
    if old.types == new.types and old.types is not None:
        return null_change(new, side)
    message = f"was {before}, is now {after}"
    if covers(new, old):
        verdict, why = wider(side)
    elif covers(old, new):
        verdict, why = narrower(side)
    else:
        verdict, why = incompatible(side)
    return Finding(Kind.TYPE, Action.CHANGED, verdict, message, why, before, after)


def null_change(new: Shape, side: Side) -> Finding:
    """Report that null is now allowed, or no longer allowed."""
    verdict, why = wider(side) if new.nullable else narrower(side)
    message = "may now be null" if new.nullable else "is no longer null"
    return Finding(Kind.TYPE, Action.CHANGED, verdict, message, why, not new.nullable, new.nullable)


def comparable(old: Shape, new: Shape) -> bool:
    """Whether the other keywords of two shapes can be compared: they share a type."""
    if old.types is None or new.types is None:
        return old.types is new.types
    return old.types == new.types or bool(old.types & new.types)


def covers(wide: Shape, narrow: Shape) -> bool:
    """Whether the types of one shape include those of another."""
    if wide.is_open:
        return True
    if narrow.is_open or (narrow.nullable and not wide.nullable):
        return False
    if wide.types is None or narrow.types is None:
        return False
    allowed = wide.types | ({"integer"} if "number" in wide.types else set[str]())
    return narrow.types <= allowed


def keyword_changes(old: Shape, new: Shape, side: Side) -> Iterator[Finding]:
    """Compare the keywords about a single value: enum, format, default, limits."""
    yield from _value_changes(old.values, new.values, side)
    yield from _format_changes(old.format, new.format, side)
    yield from _default_changes(old.default, new.default, side)
    for name in BOUNDS:
        yield from _bound_changes(name, old.bounds.get(name), new.bounds.get(name), side)
    for keyword in sorted(old.rest.keys() | new.rest.keys()):
        before, after = old.rest.get(keyword), new.rest.get(keyword)
        if signature(old.document, {keyword: before}) != signature(new.document, {keyword: after}):
            message = f"`{keyword}` changed, not judged"
            yield Finding(Kind.OTHER, Action.CHANGED, Verdict.UNJUDGED, message, "", before, after)
    if old.deprecated != new.deprecated:
        verdict = Verdict.ATTENTION if new.deprecated else Verdict.HARMLESS
        message = "deprecated" if new.deprecated else "no longer deprecated"
        yield Finding(Kind.DEPRECATION, Action.CHANGED, verdict, message)


def _value_changes(old: tuple[object, ...] | None, new: tuple[object, ...] | None, side: Side) -> Iterator[Finding]:
    if old is None and new is not None:
        values = ", ".join(map(as_code, new))
        yield Finding(
            Kind.ENUM_VALUE,
            Action.CHANGED,
            *_with_message(narrower(side), f"now only these values: {values}"),
            None,
            new,
        )
    elif old is not None and new is None:
        verdict, why = (Verdict.HARMLESS, "") if side is Side.REQUEST else (Verdict.ATTENTION, UNEXPECTED)
        yield Finding(Kind.ENUM_VALUE, Action.CHANGED, verdict, "now any value, no longer an enum", why, old, None)
    elif old is not None and new is not None:
        for value in (value for value in new if value not in old):
            verdict, why = (Verdict.HARMLESS, "") if side is Side.REQUEST else (Verdict.ATTENTION, OPEN_ENUM)
            yield Finding(Kind.ENUM_VALUE, Action.ADDED, verdict, f"new value {as_code(value)}", why, None, value)
        for value in (value for value in old if value not in new):
            verdict, why = narrower(side)
            yield Finding(Kind.ENUM_VALUE, Action.REMOVED, verdict, f"value {as_code(value)} removed", why, value)


def _with_message(judged: tuple[Verdict, str], message: str) -> tuple[Verdict, str, str]:
    verdict, why = judged
    return verdict, message, why


def _format_changes(old: str | None, new: str | None, side: Side) -> Iterator[Finding]:
    if old == new:
        return
    if old is None:
        action, judged, message = Action.ADDED, narrower(side), f"now of format {as_code(new)}"
    elif new is None:
        action, judged, message = Action.REMOVED, wider(side), f"no longer of format {as_code(old)}"
    else:
        action, judged = Action.CHANGED, incompatible(side)
        message = f"format was {as_code(old)}, is now {as_code(new)}"
    yield Finding(Kind.FORMAT, action, *_with_message(judged, message), old, new)


def _default_changes(old: tuple[object, ...], new: tuple[object, ...], side: Side) -> Iterator[Finding]:
    if old == new:
        return
    verdict, why = Verdict.HARMLESS, ""
    if not old:
        action, message = Action.ADDED, f"default {as_code(new[0])} documented"
    elif not new:
        action, message = Action.REMOVED, f"default {as_code(old[0])} no longer documented"
        verdict = Verdict.ATTENTION if side is Side.REQUEST else verdict
    else:
        action, message = Action.CHANGED, f"default was {as_code(old[0])}, is now {as_code(new[0])}"
        if side is Side.REQUEST:
            verdict, why = Verdict.BREAKING, "a request without it now means something else"
    yield Finding(Kind.DEFAULT, action, verdict, message, why, next(iter(old), None), next(iter(new), None))


def _bound_changes(name: str, old: Any, new: Any, side: Side) -> Iterator[Finding]:
    if old == new:
        return
    if old is None:
        action, loosened, message = Action.ADDED, False, f"new limit {name} {as_code(new)}"
    elif new is None:
        action, loosened, message = Action.REMOVED, True, f"limit {name} {as_code(old)} removed"
    else:
        action, message = Action.CHANGED, f"limit {name} was {as_code(old)}, is now {as_code(new)}"
        ordered = BOUNDS[name] != 0 and isinstance(old, int | float) and isinstance(new, int | float)
        loosened = ordered and (new > old) == (BOUNDS[name] > 0)
    if side is Side.RESPONSE:
        # Little code relies on limits of responses, so a wider one only deserves a review.
        verdict, why = (Verdict.ATTENTION, UNEXPECTED) if loosened else (Verdict.HARMLESS, "")
    else:
        verdict, why = wider(side) if loosened else narrower(side)
    yield Finding(Kind.BOUND, action, verdict, message, why, old, new)
