"""Report what changed between two revisions of the API's document, and what of it breaks callers."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.document import DocumentError
from pipeline.project import Project
from pipeline.revision import RevisionError, generated_pair, one_line, read_revision
from report.comparison import make_report
from report.document_diff import document_changes
from report.package_diff import package_changes
from report.rendering import Report, as_json, as_markdown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.document import Document
    from report.change import Change

ROOT = Path(__file__).resolve().parents[1]


class Exit(IntEnum):
    """What the exit code says."""

    HARMLESS = 0
    BREAKING = 1
    ERROR = 2


def report_on(old: Document, new: Document, project: Project, *, package: bool, code: Path | None = None) -> Report:
    """Compare two documents and, if asked for, the packages that are generated from them, and find what breaks in code.

    Raises:
        RevisionError: One of the packages can't be generated or read.
        DocumentError: A reference in one of the documents leads nowhere.
    """
    document = document_changes(old, new)
    compared = _package_changes(old, new, project) if package else None
    return make_report((old, new), document, compared, project, code)


def _package_changes(old: Document, new: Document, project: Project) -> tuple[Change, ...]:
    with tempfile.TemporaryDirectory() as folder:
        try:
            return package_changes(*generated_pair(old, new, project, Path(folder)))
        except ValueError as error:
            raise RevisionError(str(error)) from error


def main(arguments: Sequence[str] | None = None, project: Project | None = None) -> Exit:
    """Run the command and give back its exit code."""
    options = _parser().parse_args(arguments)
    project = project or Project(ROOT)
    if options.code is not None and not options.code.exists():
        print(f"api_changes: there is no {options.code}", file=sys.stderr)
        return Exit.ERROR
    try:
        old, new = read_revision(options.old, project), read_revision(options.new, project)
        report = report_on(old, new, project, package=options.package, code=options.code)
    except (RevisionError, DocumentError) as error:
        print(f"api_changes: {one_line(error)}", file=sys.stderr)
        return Exit.ERROR
    if options.json:
        print(json.dumps(as_json(report), indent=2, ensure_ascii=False))
    else:
        print(as_markdown(report), end="")
    return Exit.BREAKING if report.is_breaking else Exit.HARMLESS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="api_changes.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Exit codes: 0 nothing breaks callers, 1 something does, 2 an error in use or input.\n"
        "Through `make` each code but 0 becomes 2, and make prints the code.",
    )
    revision = "a path, or git:REV for spec/openapi.json at that revision of the repository"
    parser.add_argument("old", metavar="OLD", help=revision)
    parser.add_argument("new", metavar="NEW", help="the same")
    parser.add_argument("--json", action="store_true", help="print JSON, not Markdown")
    parser.add_argument(
        "--no-package",
        dest="package",
        action="store_false",
        help="compare the documents only: quicker, and works for a document that can't be generated from",
    )
    parser.add_argument(
        "--code", type=Path, metavar="PATH", help="list the lines of your own project, or file, that use what breaks"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
