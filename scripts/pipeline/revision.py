"""A revision of the document: where it is read from, and what is generated from it."""

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

_LONGEST = 400


class RevisionError(Exception):
    """A revision that can't be read, or from which no package can be generated."""


def one_line(error: Exception) -> str:
    """Say what went wrong in one line."""
    return " ".join(str(error).split())


def _in_one_line(text: str) -> str:
    said = "; ".join(line.strip() for line in text.splitlines() if line.strip())
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…"


def read_revision(name: str, project: Project) -> Document:
    """Read a document from a path, or from a revision of the repository (`git:REV`).

    Raises:
        RevisionError: There is no such revision.
        DocumentError: It cannot be read, or is no OpenAPI document.
    """
    if not name.startswith(GIT):
        return read_file(Path(name))
    path = project.document.relative_to(project.root).as_posix()
    return read(Source(_content_at(name.removeprefix(GIT), path, project), name))


def _content_at(revision: str, path: str, project: Project) -> bytes:
    done = subprocess.run(
        ["git", "show", "--end-of-options", f"{revision}:{path}"],
        cwd=project.root,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        said = _in_one_line(done.stderr.decode(errors="replace"))
        raise RevisionError(f"git has no {path} at {revision!r}: {said}")
    return done.stdout


def generated_pair(old: Document, new: Document, project: Project, folder: Path) -> tuple[Path, Path]:
    """Generate the packages of two documents into a folder, and say where they are.

    Raises:
        RevisionError: Nothing can be generated from one of them.
    """
    try:
        made = [generate(document, project.spec, folder / side) for side, document in (("old", old), ("new", new))]
    except Unusable as error:
        raise RevisionError(str(error)) from error
    return made[0].package, made[1].package
