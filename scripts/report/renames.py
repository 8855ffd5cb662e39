"""Detect renames: something was removed, and something of the same type was added in the same place."""

from __future__ import annotations

from difflib import SequenceMatcher

import attrs

from report.change import Action, Change, Kind, Verdict

__all__ = ["with_renames"]

_KINDS = {Kind.FIELD, Kind.PARAMETER, Kind.HEADER, Kind.OPERATION}
_MIN_SIMILARITY = 0.4


def with_renames(changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """Merge a removal and an addition of the same type in the same place into one change."""
    added = [one for one in changes if one.action is Action.ADDED and one.kind in _KINDS]
    replacements: dict[int, Change] = {}
    for change in changes:
        if change.action is Action.REMOVED and change.kind in _KINDS:
            candidates = [one for one in added if _place(one) == _place(change) and one.after == change.before]
            rivals = [one for one in changes if one.action is Action.REMOVED and _place(one) == _place(change)]
            best = max(candidates, key=lambda one: _similarity(change, one), default=None)
            only_one = len(candidates) == 1 and len([one for one in rivals if one.before == change.before]) == 1
            if best is not None and (only_one or _similarity(change, best) >= _MIN_SIMILARITY):
                replacements[id(change)] = best
                added = [one for one in added if one is not best]
    merged = {id(replacement) for replacement in replacements.values()}
    return tuple(_with_rename(one, replacements.get(id(one))) for one in changes if id(one) not in merged)


def _place(change: Change) -> tuple[object, ...]:
    parent = "" if change.kind is Kind.OPERATION else change.path.rpartition(".")[0]
    return change.kind, change.subject.kind, change.subject.name, change.side, change.part, parent


def _similarity(old: Change, new: Change) -> float:
    return SequenceMatcher(None, old.path, new.path).ratio()


def _with_rename(change: Change, replacement: Change | None) -> Change:
    if replacement is None:
        return change
    why = replacement.why if replacement.verdict is Verdict.BREAKING and not change.why else change.why
    message = f"{change.message}; probably now `{replacement.path}`"
    return attrs.evolve(change, message=message, why=why, after=replacement.after)
