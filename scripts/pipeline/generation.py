"""Generate the package: correct a document, run the generator, and replace the output folder."""

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

__all__ = ["Made", "Unusable", "correct", "generate"]


class Unusable(Exception):
    """A document or a file of corrections cannot be used."""


@frozen
class Made:
    """A generated package."""

    package: Path
    operations: int
    models: int
    unapplied: tuple[str, ...]
    """The corrections that match nothing in this document."""
    left_out: tuple[str, ...] = ()
    """Messages about the parts that cannot be generated."""


def correct(document: dict[str, Any], corrections: Path) -> tuple[dict[str, Any], list[str]]:
    """Return the document with the corrections of a file applied, and those that match nothing.

    Raises:
        Unusable: The corrections are not valid.
    """
    try:
        known = yaml.load(corrections.read_text("utf-8"), yaml.CSafeLoader)
        result, unmatched = openapi_overlay.apply(document, known)
        rules.inline_path_items(result)
        unapplied = [*map(str, unmatched), *rules.loosen(result, document)]
        return result, unapplied + rules.apply(result, known.get("x-rules", []))
    except (yaml.YAMLError, openapi_overlay.OverlayError) as error:
        raise Unusable(f"{corrections}: {error}") from error


def generate(document: Document, folder: Path, output: Path, *, strict: bool = False, lenient: bool = False) -> Made:
    """Generate the package for a document into `output`, and replace the previous one.

    `folder` is the project's `spec/`: the corrections, the generator's configuration, templates and copied modules.

    With `lenient`, parts of the document that cannot be generated are left out.

    Raises:
        Unusable: The package cannot be generated, or (`strict`) a correction matches nothing. `output` is then
            unchanged.
    """
    with tempfile.TemporaryDirectory() as temporary:
        package = Path(temporary, "out", generator.PACKAGE)
        package.parent.mkdir()
        try:
            root, unapplied = correct(structure.check(document.root), folder / "corrections.yaml")
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
    """Check that the generator has not silently skipped an operation."""
    expected = len(list(rules.operations(document)))
    if expected != made:
        raise Unusable(f"the document has {expected} operations, but {made} modules were generated")


def _replace(new: Path, old: Path) -> None:
    """Replace a file or a folder by another; the old one stays complete until the new one is in place."""
    incoming, outgoing = (old.with_name(f".{old.name}.{suffix}") for suffix in ("new", "old"))
    for leftover in (incoming, outgoing):
        _delete(leftover)
    shutil.move(new, incoming)
    if old.exists():
        old.rename(outgoing)
    incoming.rename(old)
    _delete(outgoing)


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
