"""Compare the alternatives of oneOf and anyOf."""

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
    """Compare two shapes; at least one has alternatives, and neither allows any value.

    Also returns pairs of alternatives to compare by field: those of the same component, or the only removed one and the
    only added one.
    """
    if not new.alternatives and old.types is not None:
        message = "no longer must be one of several forms"
        return (Finding(Kind.TYPE, Action.REMOVED, *_judged(side, message, loosened=True)),), ()
    if not old.alternatives and new.types is not None:
        message = f"now must be one of {len(new.alternatives)} forms"
        return (Finding(Kind.TYPE, Action.ADDED, *_judged(side, message, loosened=False)),), ()
    before, after = _alternatives(old), _alternatives(new)
    gone = [one for text, one in before.items() if text not in after]
    added = [one for text, one in after.items() if text not in before]
    pairs = [(one, two) for one in gone for two in added if component_name(one) == component_name(two) is not None]
    gone = [one for one in gone if not any(one is paired for paired, _ in pairs)]
    added = [one for one in added if not any(one is paired for _, paired in pairs)]
    if len(gone) == len(added) == 1:
        pairs.append((gone.pop(), added.pop()))
    found: list[Finding] = []
    for one in gone:
        message = f"no longer allows {named(old.document, one)}"
        judged = _judged(side, message, loosened=False, covered=_is_covered(old.document, one, new))
        found.append(Finding(Kind.TYPE, Action.REMOVED, *judged))
    for one in added:
        message = f"now also allows {named(new.document, one)}"
        judged = _judged(side, message, loosened=True, covered=_is_covered(new.document, one, old))
        found.append(Finding(Kind.TYPE, Action.ADDED, *judged))
    if old.nullable != new.nullable and (old.types is None or new.types is None):
        found.append(null_change(new, side))
    return tuple(found), tuple(pairs)


def _alternatives(shape: Shape) -> dict[str, Node]:
    """Return the alternatives by their signature; a shape without alternatives is its only one."""
    return {signature(shape.document, one): one for one in shape.alternatives or (shape.node,)}


def _is_covered(document: Document, node: Node, shape: Shape) -> bool:
    """Whether an alternative of the shape, without other limits, includes this one."""
    inner = shape_of(document, node)
    alternatives = (shape_of(shape.document, one) for one in _alternatives(shape).values())
    return any(meaning(one.node).keys() <= {"type", "nullable"} and covers(one, inner) for one in alternatives)


def _judged(side: Side, message: str, *, loosened: bool, covered: bool = False) -> tuple[Verdict, str, str]:
    verdict, why = (wider if loosened else narrower)(side)
    return (Verdict.HARMLESS, message, "") if covered else (verdict, message, why)
