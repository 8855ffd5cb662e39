"""Report the changes between two revisions of the API's OpenAPI document, and which of them break callers."""

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
    """Exit codes."""

    HARMLESS = 0
    BREAKING = 1
    ERROR = 2


def report_on(old: Document, new: Document, project: Project, *, package: bool, code: Path | None = None) -> Report:
    """Compare two documents and optionally the generated packages; find the lines of `code` that use what breaks.

    Raises:
        RevisionError: A package cannot be generated or read.
        DocumentError: A reference in one of the documents cannot be resolved.
    """
    document = document_changes(old, new)
    in_package = _package_changes(old, new, project) if package else None
    return make_report((old, new), document, in_package, project, code)


def _package_changes(old: Document, new: Document, project: Project) -> tuple[Change, ...]:
    with tempfile.TemporaryDirectory() as folder:
        try:
            return package_changes(*generated_pair(old, new, project, Path(folder)))
        except ValueError as error:
            raise RevisionError(str(error)) from error


def main(arguments: Sequence[str] | None = None, project: Project | None = None) -> Exit:
    """Run the command and return its exit code."""
    options = _parser().parse_args(arguments)
    project = project or Project(ROOT)
    if options.code is not None and not options.code.exists():
        print(f"api_changes: {options.code} does not exist", file=sys.stderr)
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
        epilog="Exit codes: 0 no breaking changes; 1 breaking changes; 2 invalid arguments or input.\n"
        "`make` exits with 2 instead of 1, and prints the original code.",
    )
    revision = "a path, or git:REV for spec/openapi.json at that revision of the repository"
    parser.add_argument("old", metavar="OLD", help=revision)
    parser.add_argument("new", metavar="NEW", help="as OLD")
    parser.add_argument("--json", action="store_true", help="print JSON instead of Markdown")
    parser.add_argument(
        "--no-package",
        dest="package",
        action="store_false",
        help="compare only the documents: faster, and works even if no package can be generated",
    )
    parser.add_argument(
        "--code", type=Path, metavar="PATH", help="list the lines of your project or file that use what breaks"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
