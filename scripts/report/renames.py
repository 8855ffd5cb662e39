"""A thing that is gone and one that came in its place, with the same type: probably one that was renamed."""

from __future__ import annotations

from difflib import SequenceMatcher

import attrs

from report.change import Action, Change, Kind, Verdict

__all__ = ["with_renames"]

_KINDS = {Kind.FIELD, Kind.PARAMETER, Kind.HEADER, Kind.OPERATION}
_ALIKE = 0.4


def with_renames(changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """Tell a removal and an addition of the same type in the same place as one change."""
    added = [one for one in changes if one.action is Action.ADDED and one.kind in _KINDS]
    heirs: dict[int, Change] = {}
    for change in changes:
        if change.action is Action.REMOVED and change.kind in _KINDS:
            candidates = [one for one in added if _place(one) == _place(change) and one.after == change.before]
            rivals = [one for one in changes if one.action is Action.REMOVED and _place(one) == _place(change)]
            best = max(candidates, key=lambda one: _likeness(change, one), default=None)
            lone = len(candidates) == 1 and len([one for one in rivals if one.before == change.before]) == 1
            if best is not None and (lone or _likeness(change, best) >= _ALIKE):
                heirs[id(change)] = best
                added = [one for one in added if one is not best]
    gone = {id(heir) for heir in heirs.values()}
    return tuple(_told(one, heirs.get(id(one))) for one in changes if id(one) not in gone)


def _place(change: Change) -> tuple[object, ...]:
    parent = "" if change.kind is Kind.OPERATION else change.path.rpartition(".")[0]
    return change.kind, change.subject.kind, change.subject.name, change.side, change.part, parent


def _likeness(old: Change, new: Change) -> float:
    return SequenceMatcher(None, old.path, new.path).ratio()


def _told(change: Change, heir: Change | None) -> Change:
    if heir is None:
        return change
    why = heir.why if heir.verdict is Verdict.BREAKING and not change.why else change.why
    return attrs.evolve(change, message=f"{change.message}; probably `{heir.path}` now", why=why, after=heir.after)
