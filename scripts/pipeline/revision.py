"""A revision of the document: where it is read from, and the package that is generated from it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from pipeline.reading import Source, read, read_file

if TYPE_CHECKING:
    from pipeline.document import Document

PACKAGE = "replicatekit_api"
GIT = "git:"

_LONGEST = 400
_UNUSED = "does not apply here: "


class RevisionError(Exception):
    """A revision that can't be read, or from which no package can be generated."""


@attrs.frozen
class Project:
    """The folders of the project that the scripts read and write."""

    root: Path

    @property
    def document(self) -> Path:
        """The document as it is published."""
        return self.root / "spec" / "openapi.json"

    @property
    def generated(self) -> Path:
        """The folder that holds what is generated from it, the package and nothing written by hand."""
        return self.root / "generated"

    def generate(self, document: Path, folder: Path) -> list[str]:
        """Generate from another document into another folder, and name the corrections without use for it.

        Raises:
            RevisionError: The generator failed; the message ends with what it said.
        """
        done = self.run("scripts/generate.py", "--spec", str(document), "--output", str(folder))
        if not (folder / PACKAGE).is_dir():
            raise RevisionError(f"scripts/generate.py made no {PACKAGE}")
        return [line for line in done.stderr.splitlines() if line.startswith(_UNUSED)]

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a Python program in the project.

        Raises:
            RevisionError: It failed; the message ends with what it said.
        """
        done = subprocess.run([sys.executable, *command], cwd=self.root, capture_output=True, text=True, check=False)
        if done.returncode:
            said = _in_one_line(done.stderr) or _in_one_line(done.stdout) or "it did not say why"
            raise RevisionError(f"{command[0]} failed (exit {done.returncode}): {said}")
        return done


def one_line(error: Exception) -> str:
    """Say what went wrong in one line."""
    return " ".join(str(error).split())


def _in_one_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if any(line.startswith("Traceback ") for line in lines):
        return lines[-1]
    said = "; ".join(lines)
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
    """Generate the packages of two documents into a folder, and say where they are."""
    packages: list[Path] = []
    for side, document in (("old", old), ("new", new)):
        path = folder / side / "openapi.json"
        path.parent.mkdir()
        path.write_text(json.dumps(document.root), encoding="utf-8")
        project.generate(path, path.parent / "generated")
        packages.append(path.parent / "generated" / PACKAGE)
    return packages[0], packages[1]
