"""What changed in the alternatives that oneOf or anyOf offers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.change import Action, Kind, Verdict
from report.keyword_diff import Finding, covers, narrower, null_change, wider
from report.schema_shape import component_name, meaning, named, shape_of, signature

if TYPE_CHECKING:
    from pipeline.document import Document, Node
    from report.change import Side
    from report.schema_shape import Shape

Pair = tuple["Node", "Node"]


def alternative_changes(old: Shape, new: Shape, side: Side) -> tuple[tuple[Finding, ...], tuple[Pair, ...]]:
    """Compare what two shapes offer, of which at least one offers alternatives and none allows any value.

    Alternatives that stand in each other's place (the same component, or the only one that went and the only one
    that came) are given back to be compared by field.
    """
    if not new.alternatives and old.types is not None:
        message = "no longer has to be one of several forms"
        return (Finding(Kind.TYPE, Action.REMOVED, *_said(side, message, loosened=True)),), ()
    if not old.alternatives and new.types is not None:
        message = f"has to be one of {len(new.alternatives)} forms now"
        return (Finding(Kind.TYPE, Action.ADDED, *_said(side, message, loosened=False)),), ()
    before, after = _offered(old), _offered(new)
    gone = [one for text, one in before.items() if text not in after]
    come = [one for text, one in after.items() if text not in before]
    pairs = [(one, two) for one in gone for two in come if component_name(one) == component_name(two) is not None]
    gone = [one for one in gone if not any(one is paired for paired, _ in pairs)]
    come = [one for one in come if not any(one is paired for _, paired in pairs)]
    if len(gone) == len(come) == 1:
        pairs.append((gone.pop(), come.pop()))
    found: list[Finding] = []
    for one in gone:
        message = f"no longer offers {named(old.document, one)}"
        judged = _said(side, message, loosened=False, kept=_is_within(old.document, one, new))
        found.append(Finding(Kind.TYPE, Action.REMOVED, *judged))
    for one in come:
        message = f"also offers {named(new.document, one)}"
        judged = _said(side, message, loosened=True, kept=_is_within(new.document, one, old))
        found.append(Finding(Kind.TYPE, Action.ADDED, *judged))
    if old.nullable != new.nullable and (old.types is None or new.types is None):
        found.append(null_change(new, side))
    return tuple(found), tuple(pairs)


def _offered(shape: Shape) -> dict[str, Node]:
    """Give the alternatives by their signature; a shape without any is the only one it offers."""
    return {signature(shape.document, one): one for one in shape.alternatives or (shape.node,)}


def _is_within(document: Document, node: Node, shape: Shape) -> bool:
    """Tell whether a shape offers an alternative without any limits that includes this one."""
    inner = shape_of(document, node)
    offered = (shape_of(shape.document, one) for one in _offered(shape).values())
    return any(meaning(one.node).keys() <= {"type", "nullable"} and covers(one, inner) for one in offered)


def _said(side: Side, message: str, *, loosened: bool, kept: bool = False) -> tuple[Verdict, str, str]:
    verdict, why = (wider if loosened else narrower)(side)
    return (Verdict.HARMLESS, message, "") if kept else (verdict, message, why)
