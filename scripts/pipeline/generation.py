"""Generate the package: a document, its corrections, the generator, and the folder that is replaced at the end."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from attrs import frozen

from pipeline import generator, openapi_overlay, rules, structure
from pipeline.errors import GenerationFailed

if TYPE_CHECKING:
    from pipeline.document import Document

__all__ = ["Made", "Unusable", "corrected", "generate"]


class Unusable(Exception):
    """A document or a set of corrections that cannot be used."""


@frozen
class Made:
    """A package that was generated."""

    package: Path
    operations: int
    models: int
    unapplied: tuple[str, ...]
    """The corrections that do not apply to this document."""
    left_out: tuple[str, ...] = ()
    """What cannot be generated, and why."""


def corrected(document: dict[str, Any], corrections: Path) -> tuple[dict[str, Any], list[str]]:
    """The document with the corrections of a file, and those that match nothing in it.

    Raises:
        Unusable: The corrections are none.
    """
    try:
        known = yaml.safe_load(corrections.read_text("utf-8"))
        result, unmatched = openapi_overlay.apply(document, known)
        rules.inline_path_items(result)
        unapplied = [*map(str, unmatched), *rules.loosen(result, document)]
        return result, unapplied + rules.apply(result, known.get("x-rules", []))
    except (yaml.YAMLError, openapi_overlay.OverlayError) as error:
        raise Unusable(f"{corrections}: {error}") from error


def generate(document: Document, folder: Path, output: Path, *, strict: bool = False, lenient: bool = False) -> Made:
    """Generate the package for a document into `output`, in place of the one that is there.

    `folder` is the project's `spec/`: the corrections, the generator's configuration, templates and copied modules.

    With `lenient`, the rest is generated where a part of the document cannot be.

    Raises:
        Unusable: The document cannot be generated from, or (`strict`) a correction matches nothing. The
            folder is then as it was.
    """
    with tempfile.TemporaryDirectory() as temporary:
        package = Path(temporary, "out", generator.PACKAGE)
        package.parent.mkdir()
        try:
            root, unapplied = corrected(structure.check(document.root), folder / "corrections.yaml")
            if strict and unapplied:
                raise Unusable("corrections that match nothing:\n  " + "\n  ".join(unapplied))
            made = generator.generate(root, folder, package, lenient=lenient)
            if not made.left_out:
                _check_operations(root, made.operations)
        except GenerationFailed as error:
            raise Unusable(f"{document.label}: {error}") from error
        except RecursionError as error:
            raise Unusable(f"{document.label}: it is nested too deeply") from error
        try:
            output.mkdir(parents=True, exist_ok=True)
            for entry in package.parent.iterdir():
                _replace(entry, output / entry.name)
        except OSError as error:
            raise Unusable(f"{output} cannot be written: {error}") from error
    return Made(output / generator.PACKAGE, made.operations, made.models, tuple(unapplied), made.left_out)


def _check_operations(document: dict[str, Any], made: int) -> None:
    """Hold the generator to the document: an operation that it passed over would be missed by nobody."""
    described = len(list(rules.operations(document)))
    if described != made:
        raise Unusable(f"the document has {described} operations, {made} modules were made")


def _replace(new: Path, old: Path) -> None:
    """Put a file or a folder in the place of another, which stays whole until the new one is there."""
    arrived, left = (old.with_name(f".{old.name}.{word}") for word in ("new", "old"))
    for leftover in (arrived, left):
        _delete(leftover)
    shutil.move(new, arrived)
    if old.exists():
        old.rename(left)
    arrived.rename(old)
    _delete(left)


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
