"""A revision of the document: where it is read from, and the package that is generated from it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import attrs

from pipeline.document import Document, DocumentError, as_node

if TYPE_CHECKING:
    from collections.abc import Iterable

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
        RevisionError: There is no such revision, or it is no JSON object with operations.
    """
    text = _text_at(name.removeprefix(GIT), project) if name.startswith(GIT) else _text_in(Path(name))
    try:
        return Document(parsed(text), name)
    except DocumentError as error:
        raise RevisionError(f"{name}: {error}") from error


def _text_in(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise RevisionError(f"can't read {path}: {error}") from error


def _text_at(revision: str, project: Project) -> str:
    path = project.document.relative_to(project.root).as_posix()
    done = subprocess.run(
        ["git", "show", "--end-of-options", f"{revision}:{path}"],
        cwd=project.root,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise RevisionError(f"git has no {path} at {revision!r}: {_in_one_line(done.stderr)}")
    return done.stdout


def parsed(text: str) -> dict[str, Any]:
    """Read the text of an OpenAPI document.

    Raises:
        DocumentError: It is no JSON, or no OpenAPI 3 document that describes operations.
    """
    try:
        value: object = json.loads(text, object_pairs_hook=_object_of, parse_constant=_refuse)
    except ValueError as error:
        raise DocumentError(f"not JSON ({error}); it begins with {text.lstrip()[:40]!r}") from error
    root = as_node(value)
    version = root.get("openapi")
    if not isinstance(version, str) or not version.startswith("3."):
        told = f"openapi is {version!r}" if "openapi" in root else "it has no openapi key"
        raise DocumentError(f"not an OpenAPI 3 document: {told}")
    if not as_node(root.get("paths")):
        raise DocumentError("an OpenAPI document without paths: there is nothing to generate")
    return root


def _object_of(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise ValueError(f"the key {key!r} stands twice in one object")
        result[key] = value
    return result


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON value")


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
