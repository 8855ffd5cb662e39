"""Update the project to a newer revision of the API's OpenAPI document, completely or not at all.

The update is tried in a copy of the project: the document is fetched and validated, and the package generated; pyright
checks the overlay against it, and a smoke test runs the overlay and the sandbox. If all of that succeeds, the document,
the generated package and the table of spec/SOURCE.md are replaced. The report on stdout (Markdown) lists the changes,
and the lines of the overlay and of the corrections that need attention.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from pipeline import generation
from pipeline.age import date_of, signs_of_age
from pipeline.document import Document, DocumentError
from pipeline.fetch import FetchError, fetch
from pipeline.generation import Unusable
from pipeline.overridden import find_overridden, line_number
from pipeline.project import PACKAGE, Project
from pipeline.reading import read, read_file
from pipeline.source_page import revision_day, with_revision
from pipeline.trial import Attention, check_types, smoke_test, trial
from pipeline.validation import check
from report.comparison import make_report
from report.document_diff import document_changes
from report.package_diff import package_changes
from report.placement import placements
from report.rendering import as_markdown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    from pipeline.generation import Made

    Check = Callable[[Project, Project], Callable[[], list[Attention]]]

ROOT = Path(__file__).resolve().parents[1]
PUBLISHED = "https://api.replicate.com/openapi.json"
CHECKS: tuple[Check, ...] = (check_types, smoke_test)


class Exit(IntEnum):
    """Exit codes; GNU make replaces each one but 0 by its own 2."""

    DONE = 0
    NOTHING_TOUCHED = 1
    NEEDS_WORK = 3  # argparse exits with 2 if the arguments are invalid


@attrs.frozen
class Trial:
    """The effects of a newer document on the project."""

    report: str
    attention: tuple[Attention, ...]
    signs_of_age: tuple[str, ...]


@attrs.frozen
class Newer:
    """A newer document, the document that it replaces, and the dates of both."""

    document: Document
    day: date
    former: Document | None
    former_day: date | None


def update(source: str, project: Project, options: argparse.Namespace, checks: Sequence[Check]) -> tuple[Exit, str]:
    """Try the document at `source`, and install it unless something needs attention; return the report in Markdown.

    Raises:
        FetchError: The source cannot be read.
        DocumentError: It is not a valid OpenAPI document.
        Unusable: The package cannot be generated from it.
        OSError: A file cannot be written.
    """
    fetched = fetch(source)
    document = read(fetched)
    check(document.root)
    text = serialize(document.root)
    if project.document.is_file() and project.document.read_text(encoding="utf-8") == text:
        return Exit.DONE, f"{project.document.name} is up to date with {source}.\n"
    day = date_of(source, fetched.last_modified) or datetime.now(UTC).date()
    newer = Newer(document, day, _former(project), revision_day(_page(project)))
    with trial(project) as copy:
        copy.document.write_text(text, encoding="utf-8")
        if page := _page(project):
            copy.source_page.write_text(with_revision(page, document, day), encoding="utf-8")
        made = generation.generate(document, copy.spec, copy.generated)
        result = _try(newer, made, copy, project, checks)
        objections = _objections(result, options)
        if objections and not options.keep:
            return Exit.NOTHING_TOUCHED, f"{result.report}\nNothing was changed: {'; '.join(objections)}.\n"
        put_in_place(copy, project)
    if result.attention:
        return (
            Exit.NEEDS_WORK,
            f"{result.report}\nThe document is installed (--keep); the lines above need attention.\n",
        )
    return Exit.DONE, result.report


def _page(project: Project) -> str:
    return project.source_page.read_text(encoding="utf-8") if project.source_page.is_file() else ""


def _former(project: Project) -> Document | None:
    try:
        return attrs.evolve(read_file(project.document), label="spec/openapi.json")
    except DocumentError:
        return None


def serialize(root: dict[str, object]) -> str:
    """Return a document as it is stored: indented by two spaces, in its own order of keys."""
    return json.dumps(root, indent=2, ensure_ascii=False) + "\n"


def _try(newer: Newer, made: Made, copy: Project, project: Project, checks: Sequence[Check]) -> Trial:
    running = [start(copy, project) for start in checks]
    notes: list[str] = []
    signs: list[str] = []
    attention = list(_unapplied(made, project))
    text = f"{newer.document.label} is valid. There is no report, because the former document cannot be read.\n"
    if newer.former is not None:
        signs += signs_of_age(newer.former, newer.document, newer.former_day, newer.day)
        attention += _overridden(newer.former, newer.document, project, notes)
        text = _report(newer.former, newer.document, copy, project)
    for finish in running:
        attention += finish()
    attention = [*{(one.place if one.line else one): one for one in reversed(attention)}.values()][::-1]
    sections = {
        "Lines that need attention": [f"`{one.place}`: {one.message}" for one in attention],
        "Corrections that are no longer needed": notes,
        "It looks older than the current one": signs,
    }
    for heading, lines in sections.items():
        if lines:
            text += "\n".join([f"\n## {heading}\n", *(f"- {line}" for line in lines)]) + "\n"
    return Trial(text, tuple(attention), tuple(signs))


def _unapplied(made: Made, project: Project) -> Iterator[Attention]:
    for line in made.unapplied:
        yield _in_corrections(line, project)


def _overridden(old: Document, new: Document, project: Project, notes: list[str]) -> Iterator[Attention]:
    for one in find_overridden(old, new, project.corrections):
        found = _in_corrections(str(one), project)
        if one.is_agreed:
            notes.append(f"`{found.place}`: {found.message}")
        else:
            yield found


def _in_corrections(message: str, project: Project) -> Attention:
    return Attention("spec/corrections.yaml", line_number(message, project.corrections), message)


def _report(old: Document, new: Document, copy: Project, project: Project) -> str:
    former = project.generated / PACKAGE
    try:
        compared = package_changes(former, copy.generated / PACKAGE) if former.is_dir() else None
    except ValueError:
        compared = None
    text = as_markdown(make_report((old, new), document_changes(old, new), compared, project))
    known = {operation.key for operation in old.operations()}
    lines = list(placements([one for one in new.operations() if one.key not in known], copy))
    return text + ("\n".join(["\n## New operations", *lines]) + "\n" if lines else "")


def _objections(result: Trial, options: argparse.Namespace) -> list[str]:
    """Return the reasons not to install a document."""
    reasons: list[str] = []
    if result.signs_of_age and not options.allow_older:
        reasons.append("it looks like an older revision (pass --allow-older to install it)")
    if count := len(result.attention):
        reasons.append(
            f"{count} {'line needs' if count == 1 else 'lines need'} attention (pass --keep to install it anyway)"
        )
    return reasons


def put_in_place(copy: Project, project: Project) -> None:
    """Move the document, the generated folder and the source page from the copy into the project: all or none.

    Raises:
        OSError: A file cannot be moved; the project is then unchanged.
    """
    undo: list[tuple[Path, Path]] = []
    try:
        for new, old in (
            (copy.generated, project.generated),
            (copy.document, project.document),
            (copy.source_page, project.source_page),
        ):
            if new == copy.source_page and not new.exists():
                continue
            if old.exists():
                former = copy.root / f"former-{old.name}"
                old.rename(former)
                undo.append((former, old))
            new.rename(old)
            undo.append((old, new))
    except BaseException:
        for source, target in reversed(undo):
            source.rename(target)
        raise


def main(
    arguments: Sequence[str] | None = None, project: Project | None = None, checks: Sequence[Check] = CHECKS
) -> Exit:
    """Run the command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        code, report = update(options.source, project or Project(ROOT), options, checks)
    except (FetchError, DocumentError, Unusable, OSError) as error:
        print(f"fetch_spec: nothing was changed: {' '.join(str(error).split())}", file=sys.stderr)
        return Exit.NOTHING_TOUCHED
    print(report, end="")
    if code:
        print(f"fetch_spec: {report.splitlines()[-1]}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fetch_spec.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Exit codes: 0 done, or nothing new; 1 nothing was changed; 2 invalid arguments; 3 installed with "
        "--keep, but lines need attention.\n`make` exits with 2 instead of 1 or 3, and prints the original code.",
    )
    parser.add_argument(
        "--from",
        dest="source",
        metavar="PATH_OR_URL",
        default=PUBLISHED,
        help="path or URL of the document (default: %(default)s)",
    )
    parser.add_argument("--keep", action="store_true", help="install the document even if lines need attention")
    parser.add_argument(
        "--allow-older", action="store_true", help="install a document that looks like an older revision"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
