"""Render the report on the changes between two revisions, as Markdown or JSON.

A change of both the document and the generated package is one row, with its name on the wire and in Python.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import attrs

from report.change import Action, Kind, Verdict, is_breaking
from report.python_names import python_place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from report.change import Change
    from report.python_names import PythonNames
    from report.usage import Use

_HEADINGS = {
    Verdict.BREAKING: "Breaks callers",
    Verdict.ATTENTION: "Harmless, but needs review",
    Verdict.UNJUDGED: "Changed, not judged",
    Verdict.HARMLESS: "Harmless",
}
_SEVERITY = [Verdict.HARMLESS, Verdict.UNJUDGED, Verdict.ATTENTION, Verdict.BREAKING]
_MAX_LISTED = 6


@attrs.frozen
class Report:
    """All changes; `package_compared` is false if the generated packages were not compared."""

    old: str
    new: str
    changes: tuple[Change, ...]
    package_compared: bool
    uses: tuple[Use, ...] | None = None
    """The lines of the user's code that use what breaks; None if no code was given."""

    @property
    def is_breaking(self) -> bool:
        """Whether anything breaks callers."""
        return is_breaking(self.changes)


def with_names(document: Iterable[Change], old: PythonNames, new: PythonNames) -> tuple[Change, ...]:
    """Add the names in the package to the changes of a document; the old name, which existing code uses, if any."""
    return tuple(attrs.evolve(change, python=old.of(change) or new.of(change)) for change in document)


def merge(document: tuple[Change, ...], package: tuple[Change, ...] | None) -> tuple[Change, ...]:
    """Merge the changes: those of the package are left out if the document's are at least as severe."""
    worst: dict[str, int] = {}
    for change in document:
        worst[change.python] = max(worst.get(change.python, 0), _SEVERITY.index(change.verdict))
    worst.pop("", None)
    found = [attrs.evolve(change, python=python_place(change)) for change in package or ()]
    gone = {change.python for change in found if change.action is Action.REMOVED}
    renamed = {change.python for change in document if _is_renamed(change)} & gone
    result = [
        attrs.evolve(change, verdict=Verdict.BREAKING) if change.python in renamed and _is_renamed(change) else change
        for change in document
    ]
    names = {"_".join(nouns) + f".{verb}" for nouns, verb in (_parts(one) for one in document if _is_renamed(one))}
    for change in found:
        severity = max(worst.get(place, -1) for place in _places(change.python))
        if change.subject.kind == "package" and any(place.startswith(f"{change.python}.") for place in worst):
            continue  # its operations are reported already
        if change.python not in renamed | names and _SEVERITY.index(change.verdict) > severity:
            result.append(change)
    return tuple(result)


def _parts(change: Change) -> tuple[list[str], str]:
    *nouns, verb = str(change.after).split(".")
    return nouns or [verb], verb


def _is_renamed(change: Change) -> bool:
    return change.kind is Kind.OPERATION and change.action is Action.CHANGED


def _places(name: str) -> Iterator[str]:
    """Yield the names under which the document's changes may report it: its own, and its function's."""
    yield name
    yield name.partition("(")[0]


def as_json(report: Report) -> dict[str, Any]:
    """Return the report as JSON values."""
    found: dict[str, Any] = {
        "old": report.old,
        "new": report.new,
        "breaking": report.is_breaking,
        "package_compared": report.package_compared,
        "counts": {verdict.value: _count(report.changes, verdict) for verdict in _HEADINGS},
        "changes": [_change_as_json(change) for change in report.changes],
    }
    if report.uses is not None:
        found["code"] = [attrs.asdict(use) for use in report.uses]
    return found


def _change_as_json(change: Change) -> dict[str, Any]:
    return {
        "scope": "package" if change.subject.kind in {"package", "module"} else "document",
        "kind": change.kind.value,
        "action": change.action.value,
        "verdict": change.verdict.value,
        "subject": {
            "kind": change.subject.kind,
            "name": change.subject.name,
            "used_by": list(change.subject.users),
        },
        "side": change.side.value if change.side else None,
        "part": change.part or None,
        "path": change.path or None,
        "python": change.python or None,
        "message": change.message,
        "why": change.why or None,
        "before": change.before,
        "after": change.after,
    }


def as_markdown(report: Report) -> str:
    """Return the report as Markdown, breaking changes first."""
    lines = [f"# The API from `{report.old}` to `{report.new}`", "", _summary(report)]
    for verdict, heading in _HEADINGS.items():
        chosen = [change for change in report.changes if change.verdict is verdict]
        if chosen:
            lines += ["", f"## {heading}", "", *_table(chosen)]
    if report.uses is not None:
        lines += ["", "## Lines of your code that use what breaks", ""]
        lines += [f"- `{use.file}:{use.line}`: {use.text} ({use.message})" for use in report.uses] or ["None."]
    if not report.package_compared:
        lines += ["", "The generated packages were not compared."]
    return "\n".join(lines) + "\n"


def _summary(report: Report) -> str:
    if not report.changes:
        return "Nothing changed."
    breaking = _count(report.changes, Verdict.BREAKING)
    text = f"{breaking} {'change breaks' if breaking == 1 else 'changes break'} callers."
    parts = [f"**{text}**" if breaking else "**Nothing here breaks callers.**"]
    for verdict, label in (
        (Verdict.ATTENTION, "to review"),
        (Verdict.UNJUDGED, "not judged"),
        (Verdict.HARMLESS, "harmless"),
    ):
        if count := _count(report.changes, verdict):
            parts.append(f"{count} {label}.")
    return " ".join(parts)


def _count(changes: Iterable[Change], verdict: Verdict) -> int:
    return Counter(change.verdict for change in changes)[verdict]


def _table(changes: list[Change]) -> Iterator[str]:
    """Yield the rows of a table; changes with the same message share a row."""
    rows: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        reason = f". {change.why[0].upper()}{change.why[1:]}." if change.why else ""
        rows.setdefault((_shape(change), f"{change.message}{reason}"), []).append(change)
    yield "| on the wire | in Python | what changed |"
    yield "|---|---|---|"
    for (_, message), group in rows.items():
        wire = _listed([_wire(change) for change in group])
        python = _listed([f"`{change.python}`" for change in group if change.python])
        yield f"| {wire} | {python} | {message.replace('|', chr(92) + '|')} |"


def _shape(change: Change) -> str:
    return f"{change.subject.kind} {change.part.partition(' ')[0]} {change.side}"


def _wire(change: Change) -> str:
    subject, path = change.subject, f"`{change.path}`" if change.path else ""
    if subject.kind == "operation":
        return " ".join(filter(None, (subject.detail, change.part, path)))
    if subject.kind == "schema":
        side = f" in {change.side.value}s" if change.side else ""
        former = f" ({subject.detail})" if subject.detail else ""
        users = f", used by {_listed([f'`{user}`' for user in subject.users])}" if subject.users else ""
        where = " ".join(filter(None, (change.part, path)))
        return f"schema `{subject.name}`{former}{side}{users}{': ' if where else ''}{where}"
    if subject.kind in {"package", "module"}:
        return ""
    return " ".join(filter(None, (change.part, path)))


def _listed(names: Iterable[str]) -> str:
    unique = list(dict.fromkeys(filter(None, names)))
    rest = len(unique) - _MAX_LISTED
    return ", ".join(unique[:_MAX_LISTED]) + (f" and {rest} more" if rest > 0 else "")
