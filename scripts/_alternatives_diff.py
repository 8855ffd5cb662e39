"""What changed in the alternatives that oneOf or anyOf offers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from _change import Action, Kind, Verdict
from _keyword_diff import Finding, covers, narrower, null_change, wider
from _schema_shape import meaning, named, shape_of, signature

if TYPE_CHECKING:
    from _change import Side
    from _document import Document, Node
    from _schema_shape import Shape


def alternative_changes(old: Shape, new: Shape, side: Side) -> tuple[tuple[Finding, ...], tuple[Node, Node] | None]:
    """Compare what two shapes offer, of which at least one offers alternatives and none allows any value.

    Where exactly one alternative was replaced by one other, the two are given back to be compared by field.
    """
    if not new.alternatives and old.types is not None:
        message = "no longer has to be one of several forms"
        return (Finding(Kind.TYPE, Action.REMOVED, *_said(side, message, loosened=True)),), None
    if not old.alternatives and new.types is not None:
        message = f"has to be one of {len(new.alternatives)} forms now"
        return (Finding(Kind.TYPE, Action.ADDED, *_said(side, message, loosened=False)),), None
    before, after = _offered(old), _offered(new)
    gone = [one for text, one in before.items() if text not in after]
    come = [one for text, one in after.items() if text not in before]
    if len(gone) == len(come) == 1:
        return (), (gone[0], come[0])
    found: list[Finding] = []
    for one in gone:
        message = f"no longer offers {named(old.document, one)}"
        judged = _said(side, message, loosened=False, kept=_is_within(old.document, one, new))
        found.append(Finding(Kind.TYPE, Action.REMOVED, *judged))
    for one in come:
        message = f"also offers {named(new.document, one)}"
        judged = _said(side, message, loosened=True, kept=_is_within(new.document, one, old))
        found.append(Finding(Kind.TYPE, Action.ADDED, *judged))
    if old.nullable != new.nullable:
        found.append(null_change(new, side))
    return tuple(found), None


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
