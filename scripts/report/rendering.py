"""The report on what changed between two revisions: Markdown for people, JSON for programs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import attrs

from report.change import Subject, Verdict, is_breaking

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from report.change import Change

_HEADINGS = {
    Verdict.BREAKING: "Breaks callers",
    Verdict.ATTENTION: "Harmless, but worth a look",
    Verdict.HARMLESS: "Harmless",
}
_USERS_SHOWN = 6
_ORDER = ("document", "operations", "operation", "schema", "components", "package", "module")
_ANYWHERE = Subject("", "")


@attrs.frozen
class Report:
    """Everything that changed: `package` is None where the generated packages were not compared."""

    old: str
    new: str
    document: tuple[Change, ...]
    package: tuple[Change, ...] | None

    @property
    def changes(self) -> tuple[Change, ...]:
        """All changes, those of the document first."""
        return self.document + (self.package or ())

    @property
    def is_breaking(self) -> bool:
        """Whether anything breaks callers."""
        return is_breaking(self.changes)


def as_json(report: Report) -> dict[str, Any]:
    """Give the report as JSON values."""
    return {
        "old": report.old,
        "new": report.new,
        "breaking": report.is_breaking,
        "package_compared": report.package is not None,
        "counts": {verdict.value: _count(report.changes, verdict) for verdict in Verdict},
        "changes": [
            *(_change_as_json(change, "document") for change in report.document),
            *(_change_as_json(change, "package") for change in report.package or ()),
        ],
    }


def _change_as_json(change: Change, scope: str) -> dict[str, Any]:
    return {
        "scope": scope,
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
        "message": change.message,
        "why": change.why or None,
        "before": change.before,
        "after": change.after,
    }


def as_markdown(report: Report) -> str:
    """Write the report as Markdown: what breaks callers first."""
    lines = [f"# The API from `{report.old}` to `{report.new}`", "", _summary(report)]
    if report.changes:
        lines += ["", *_table(report)]
    for verdict, heading in _HEADINGS.items():
        chosen = [change for change in report.changes if change.verdict is verdict]
        if chosen:
            lines += ["", f"## {heading}", *_sections(chosen)]
    if report.package is None:
        lines += ["", "The generated packages were not compared."]
    return "\n".join(lines) + "\n"


def _summary(report: Report) -> str:
    if not report.changes:
        return "Nothing changed."
    breaking = _count(report.changes, Verdict.BREAKING)
    if not breaking:
        return "**Nothing here breaks callers.**"
    return f"**{breaking} {'change breaks' if breaking == 1 else 'changes break'} callers.**"


def _table(report: Report) -> Iterator[str]:
    scopes = [("the document", report.document)]
    if report.package is not None:
        scopes.append(("the package `replicatekit_api`", report.package))
    yield f"| | {' | '.join(heading.lower() for heading in _HEADINGS.values())} |"
    yield "|---|" + "---:|" * len(_HEADINGS)
    for name, changes in scopes:
        yield f"| {name} | {' | '.join(str(_count(changes, verdict)) for verdict in _HEADINGS)} |"


def _count(changes: Iterable[Change], verdict: Verdict) -> int:
    return Counter(change.verdict for change in changes)[verdict]


def _sections(changes: list[Change]) -> Iterator[str]:
    """Write a section for each subject; what several subjects share is told once, under all of them."""
    sharing: dict[Change, list[Subject]] = {}
    for change in changes:
        sharing.setdefault(attrs.evolve(change, subject=_ANYWHERE), []).append(change.subject)
    sections: dict[tuple[Subject, ...], list[Change]] = {}
    for change, subjects in sharing.items():
        sections.setdefault(tuple(subjects), []).append(change)
    for subjects, inside in sorted(sections.items(), key=lambda section: _ORDER.index(section[0][0].kind)):
        yield from ("", f"### {_heading(subjects, inside)}", "")
        if users := sorted({user for subject in subjects for user in subject.users}):
            yield from (f"Reached by {_listed(users)}.", "")
        yield from _lines(inside)


def _heading(subjects: tuple[Subject, ...], changes: list[Change]) -> str:
    first = subjects[0]
    names = ", ".join(f"`{subject.name}`" for subject in subjects)
    if first.kind == "operation":
        return names if len(subjects) > 1 else f"{names}: {first.detail}"
    if first.kind == "schema":
        noun = "Schema" if len(subjects) == 1 else "Schemas"
        side = f" in {changes[0].side.value}s" if changes[0].side else ""
        former = f" ({first.detail})" if first.detail else ""
        return f"{noun} {names}{side}{former}"
    return names if first.kind == "module" else first.name


def _listed(names: list[str]) -> str:
    shown = [f"`{name}`" for name in names[:_USERS_SHOWN]]
    rest = len(names) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")


def _lines(changes: list[Change]) -> Iterator[str]:
    """Write a line for each message; places of which the same is said share it."""
    places: dict[tuple[str, str, str], list[str]] = {}
    for change in changes:
        places.setdefault((change.part, change.message, change.why), []).append(change.path)
    for (part, message, why), paths in places.items():
        where = ", ".join(f"`{path}`" for path in paths if path)
        place = " ".join(filter(None, (part, where)))
        reason = f". {why[0].upper()}{why[1:]}." if why else ""
        yield f"- {f'{place}: ' if place else ''}{message}{reason}"
