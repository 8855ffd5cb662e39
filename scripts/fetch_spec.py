"""Take a newer revision of the API's document: fetch, validate, regenerate, replace, check, report.

Until a revision has been fetched, validated and generated from, nothing is touched; then the document and
the generated package are replaced together. What changed is told in Markdown on stdout.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.document import DocumentError
from pipeline.fetch import FetchError, fetch
from pipeline.reading import read
from pipeline.revision import PACKAGE, Project, RevisionError, one_line, read_revision
from pipeline.validation import check
from report.document_diff import document_changes
from report.package_diff import package_changes
from report.rendering import Report, as_markdown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.document import Document

ROOT = Path(__file__).resolve().parents[1]
PUBLISHED = "https://api.replicate.com/openapi.json"

_CHECKS = {
    "none": (),
    "generated": (("scripts/generate.py", "--check"),),
    "all": (("scripts/generate.py", "--check"), ("-m", "pytest")),
}


class Exit(IntEnum):
    """What the exit code says."""

    DONE = 0
    NOTHING_TOUCHED = 1
    CHECKS_FAILED = 3  # 2 is what a wrong use of the command line gives


def update(source: str, project: Project) -> str:
    """Replace the project's document and package by what a source gives, and tell what changed in Markdown.

    Raises:
        FetchError: The source gives no text.
        DocumentError: The text is no OpenAPI document, or not a valid one.
        RevisionError: Nothing can be generated from it, or compared.
        OSError: The files can't be written.
    """
    document = read(fetch(source))
    check(document.root)
    text = written(document.root)
    if project.document.is_file() and project.document.read_text(encoding="utf-8") == text:
        return f"{source} is what {project.document.name} says already.\n"
    # On the project's own disk, so that what is in it can be moved into place at once.
    with tempfile.TemporaryDirectory(prefix=".update-", dir=project.root) as folder:
        path, generated = Path(folder, "openapi.json"), Path(folder, "generated")
        path.write_text(text, encoding="utf-8")
        unused = project.generate(path, generated)
        report = _report(project, document, generated / PACKAGE)
        put_in_place(project, path, generated, Path(folder, "former"))
    for line in unused:
        print(f"fetch_spec: spec/corrections.yaml: {line}", file=sys.stderr)
    return report


def written(root: dict[str, object]) -> str:
    """Write a document in the one form in which it is kept: two spaces, its own order of keys."""
    return json.dumps(root, indent=2, ensure_ascii=False) + "\n"


def _report(project: Project, new: Document, package: Path) -> str:
    try:
        old = read_revision(str(project.document), project)
    except (DocumentError, RevisionError) as error:
        return f"{new.label} is in place; there is no report, because of the former one: {error}\n"
    former = project.generated / PACKAGE
    try:
        compared = package_changes(former, package) if former.is_dir() else None
    except ValueError as error:
        raise RevisionError(str(error)) from error
    return as_markdown(Report("spec/openapi.json", new.label, document_changes(old, new), compared))


def put_in_place(project: Project, document: Path, generated: Path, former: Path) -> None:
    """Put a document and a generated folder where the project has its own: both, or neither.

    Raises:
        OSError: Something can't be moved; everything is then as it was.
    """
    had_one = project.generated.exists()
    if had_one:
        project.generated.rename(former)
    try:
        generated.rename(project.generated)
        try:
            document.replace(project.document)
        except BaseException:
            project.generated.rename(generated)
            raise
    except BaseException:
        if had_one:
            former.rename(project.generated)
        raise


def run_checks(name: str, project: Project) -> None:
    """Run one of the sets of checks.

    Raises:
        RevisionError: One of them failed.
    """
    for command in _CHECKS[name]:
        project.run(*command)


def main(arguments: Sequence[str] | None = None, project: Project | None = None) -> Exit:
    """Run the command and give back its exit code."""
    options = _parser().parse_args(arguments)
    project = project or Project(ROOT)
    try:
        report = update(options.source, project)
    except (FetchError, DocumentError, RevisionError, OSError) as error:
        print(f"fetch_spec: nothing was touched: {one_line(error)}", file=sys.stderr)
        return Exit.NOTHING_TOUCHED
    print(report, end="")
    try:
        run_checks(options.checks, project)
    except RevisionError as error:
        print(f"fetch_spec: the document is in place, but a check fails: {one_line(error)}", file=sys.stderr)
        return Exit.CHECKS_FAILED
    return Exit.DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fetch_spec.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Exit codes: 0 done, 1 nothing touched, 2 an error in use, 3 replaced, but a check fails.",
    )
    parser.add_argument(
        "--from",
        dest="source",
        metavar="PATH_OR_URL",
        default=PUBLISHED,
        help="where the document is (default: %(default)s)",
    )
    parser.add_argument(
        "--checks",
        choices=_CHECKS,
        default="generated",
        help="what to check afterwards: generated compares the package with what the document makes, "
        "all runs the tests as well (default: %(default)s)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
