"""Generate `replicatekit_api` from the API's document and our corrections of it.

    python scripts/generate.py                            # spec/openapi.json into generated/
    python scripts/generate.py --check                    # compare instead: changed, missing, orphaned
    python scripts/generate.py --spec PATH --output DIR   # any other document, into another folder

For our own document a correction that matches nothing is an error; for another one it is named and passed over, or
counted if many are (`--verbose` names all).
Exit codes: 0 done, 1 the check found a difference, 2 the document or the corrections cannot be used.
"""

from __future__ import annotations

import argparse
import filecmp
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import generation
from pipeline.document import DocumentError
from pipeline.generation import Made, Unusable
from pipeline.reading import read_file

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUSE = Path(__file__).resolve().parent.parent
SPEC = HOUSE / "spec" / "openapi.json"
OUTPUT = HOUSE / "generated"
NAMED = 10
"""How many corrections are named that do not apply; if there are more, the document is another one altogether."""


def generate(spec: Path, output: Path, *, strict: bool = False, lenient: bool = False) -> Made:
    """Generate the package for the document in a file, with this project's corrections and templates.

    Raises:
        Unusable: The document cannot be read or generated from, or (`strict`) a correction matches nothing. The
            folder is then as it was.
    """
    try:
        document = read_file(spec)
    except DocumentError as error:
        raise Unusable(str(error)) from error
    return generation.generate(document, SPEC.parent, output, strict=strict, lenient=lenient)


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
        print("if spec/ is as it should be, write generated/ anew: make generate")
    return int(bool(found))


def _shown(path: Path) -> Path:
    return path.relative_to(HOUSE) if path.is_relative_to(HOUSE) else path


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spec", type=Path, default=SPEC, help="the OpenAPI document (default: spec/openapi.json)")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="the folder to write into (default: generated/)")
    parser.add_argument("--check", action="store_true", help="write nothing; compare the folder with what would be")
    parser.add_argument("--lenient", action="store_true", help="generate the rest where a part cannot be generated")
    parser.add_argument("--verbose", action="store_true", help="name each correction that does not apply")
    options = parser.parse_args(arguments)
    spec, output = options.spec.resolve(), options.output.resolve()
    try:
        if options.check:
            return check(spec, output)
        made = generate(spec, output, strict=spec == SPEC, lenient=options.lenient)
    except Unusable as error:
        print(error, file=sys.stderr)
        return 2
    for each in made.left_out:
        print(f"left out: {each}", file=sys.stderr)
    if len(made.unapplied) > NAMED and not options.verbose:
        print(f"{len(made.unapplied)} corrections do not apply here; --verbose names them", file=sys.stderr)
    else:
        for each in made.unapplied:
            print(f"does not apply here: {each}", file=sys.stderr)
    print(f"{_shown(made.package)}: {made.operations} operations, {made.models} models")
    return 0


if __name__ == "__main__":
    sys.exit(main())
