"""Read a revision of the document, and generate packages to compare."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.generation import Unusable, generate
from pipeline.reading import Source, read, read_file

if TYPE_CHECKING:
    from pipeline.document import Document
    from pipeline.project import Project

GIT = "git:"

_MAX_LENGTH = 400


class RevisionError(Exception):
    """A revision cannot be read, or no package can be generated from it."""


def one_line(error: Exception) -> str:
    """Return an error's message in one line."""
    return " ".join(str(error).split())


def _in_one_line(output: str) -> str:
    text = "; ".join(line.strip() for line in output.splitlines() if line.strip())
    return text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}…"


def read_revision(name: str, project: Project) -> Document:
    """Read a document from a path, or from a revision of the repository (`git:REV`).

    Raises:
        RevisionError: There is no such revision.
        DocumentError: It cannot be read, or is not an OpenAPI document.
    """
    if not name.startswith(GIT):
        return read_file(Path(name))
    path = project.document.relative_to(project.root).as_posix()
    return read(Source(_content_at(name.removeprefix(GIT), path, project), name))


def _content_at(revision: str, path: str, project: Project) -> bytes:
    process = subprocess.run(
        ["git", "show", "--end-of-options", f"{revision}:{path}"],
        cwd=project.root,
        capture_output=True,
        check=False,
    )
    if process.returncode:
        message = _in_one_line(process.stderr.decode(errors="replace"))
        raise RevisionError(f"git has no {path} at {revision!r}: {message}")
    return process.stdout


def generated_pair(old: Document, new: Document, project: Project, folder: Path) -> tuple[Path, Path]:
    """Generate the packages of two documents into a folder, and return their paths.

    Raises:
        RevisionError: A package cannot be generated.
    """
    try:
        made = [generate(document, project.spec, folder / side) for side, document in (("old", old), ("new", new))]
    except Unusable as error:
        raise RevisionError(str(error)) from error
    return made[0].package, made[1].package
