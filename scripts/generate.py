"""Generate `replicatekit_api` from the API's document and our corrections of it.

    python scripts/generate.py                            # spec/openapi.json into generated/
    python scripts/generate.py --check                    # compare instead: changed, missing, orphaned
    python scripts/generate.py --spec PATH --output DIR   # any other document, into another folder

For our own document a correction that matches nothing is an error; for another one it is named and passed over.
Exit codes: 0 done, 1 the check found a difference, 2 the document or the corrections cannot be used.
"""

from __future__ import annotations

import argparse
import filecmp
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from attrs import frozen

from pipeline import generator, openapi_overlay, rules, structure
from pipeline.errors import GenerationFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUSE = Path(__file__).resolve().parent.parent
SPEC = HOUSE / "spec" / "openapi.json"
CORRECTIONS = HOUSE / "spec" / "corrections.yaml"
OUTPUT = HOUSE / "generated"


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


def corrected(document: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The document with our corrections, and those that match nothing in it.

    Raises:
        Unusable: The corrections are none.
    """
    try:
        corrections = yaml.safe_load(CORRECTIONS.read_text("utf-8"))
        result, unmatched = openapi_overlay.apply(document, corrections)
        rules.inline_path_items(result)
        unapplied = [*map(str, unmatched), *rules.loosen(result, document)]
        return result, unapplied + rules.apply(result, corrections.get("x-rules", []))
    except (yaml.YAMLError, openapi_overlay.OverlayError) as error:
        raise Unusable(f"{_shown(CORRECTIONS)}: {error}") from error


def generate(spec: Path, output: Path, *, strict: bool = False) -> Made:
    """Generate the package for a document into a folder, in place of the one that is there.

    Raises:
        Unusable: The document cannot be read or generated from, or (`strict`) a correction matches nothing. The
            folder is then as it was.
    """
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder, "out", generator.PACKAGE)
        package.parent.mkdir()
        try:
            document, unapplied = corrected(structure.check(_read(spec)))
            if strict and unapplied:
                raise Unusable("corrections that match nothing:\n  " + "\n  ".join(unapplied))
            made = generator.generate(document, HOUSE / "spec", package)
            _check_operations(document, made.operations)
        except GenerationFailed as error:
            raise Unusable(f"{spec}: {error}") from error
        except RecursionError as error:
            raise Unusable(f"{spec}: it is nested too deeply") from error
        try:
            output.mkdir(parents=True, exist_ok=True)
            for entry in package.parent.iterdir():
                _replace(entry, output / entry.name)
        except OSError as error:
            raise Unusable(f"{output} cannot be written: {error}") from error
    return Made(output / generator.PACKAGE, made.operations, made.models, tuple(unapplied))


def _read(spec: Path) -> Any:
    try:
        return json.loads(spec.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise Unusable(f"{spec} cannot be read as JSON: {error}") from error


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


def differences(fresh: Path, committed: Path) -> Iterator[str]:
    """What differs between two generated folders, a line each: changed, missing, orphaned."""
    ours, theirs = _files(fresh), _files(committed)
    for name in sorted(ours | theirs):
        if name not in theirs:
            yield f"missing   {name}"
        elif name not in ours:
            yield f"orphaned  {name}"
        elif not filecmp.cmp(fresh / name, committed / name, shallow=False):
            yield f"changed   {name}"


def _files(folder: Path) -> set[str]:
    files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {path.as_posix() for path in files if "__pycache__" not in path.parts}


def check(spec: Path, output: Path) -> int:
    """Generate elsewhere and compare."""
    with tempfile.TemporaryDirectory() as folder:
        generate(spec, Path(folder), strict=spec == SPEC)
        found = list(differences(Path(folder), output))
    for line in found:
        print(line)
    print(f"{len(found)} differences between {_shown(output)} and what {_shown(spec)} makes now")
    if found:
        print("mend the document, the corrections or the templates in spec/, then: make generate")
    return int(bool(found))


def _shown(path: Path) -> Path:
    return path.relative_to(HOUSE) if path.is_relative_to(HOUSE) else path


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spec", type=Path, default=SPEC, help="the OpenAPI document (default: spec/openapi.json)")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="the folder to write into (default: generated/)")
    parser.add_argument("--check", action="store_true", help="write nothing; compare the folder with what would be")
    options = parser.parse_args(arguments)
    spec, output = options.spec.resolve(), options.output.resolve()
    try:
        if options.check:
            return check(spec, output)
        made = generate(spec, output, strict=spec == SPEC)
    except Unusable as error:
        print(error, file=sys.stderr)
        return 2
    for each in made.unapplied:
        print(f"does not apply here: {each}", file=sys.stderr)
    print(f"{_shown(made.package)}: {made.operations} operations, {made.models} models")
    return 0


if __name__ == "__main__":
    sys.exit(main())
