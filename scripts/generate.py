"""Generate `replicatekit_api` from the API's OpenAPI document and our corrections of it.

    python scripts/generate.py                            # from spec/openapi.json into generated/
    python scripts/generate.py --check                    # list changed, missing and orphaned files
    python scripts/generate.py --spec PATH --output DIR   # from another document, into another folder

For our own document, a correction that matches nothing is an error. For another document it is skipped and listed; if
many match nothing, only their number is printed (`--verbose` lists all).
Exit codes: 0 done; 1 the check found a difference; 2 the document or the corrections cannot be used.
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

ROOT = Path(__file__).resolve().parent.parent
SPEC = ROOT / "spec" / "openapi.json"
OUTPUT = ROOT / "generated"
MAX_LISTED = 10
"""How many corrections that match nothing are listed; more than that say that it is a different API."""


def generate(spec: Path, output: Path, *, strict: bool = False, lenient: bool = False) -> Made:
    """Generate the package from a document's file, with this project's corrections and templates.

    Raises:
        Unusable: The document cannot be read, the package cannot be generated, or (`strict`) a correction matches
            nothing. `output` is then unchanged.
    """
    try:
        document = read_file(spec)
    except DocumentError as error:
        raise Unusable(str(error)) from error
    return generation.generate(document, SPEC.parent, output, strict=strict, lenient=lenient)


def differences(fresh: Path, committed: Path) -> Iterator[str]:
    """Yield a line for each file that was changed, is missing or is orphaned in `committed`."""
    expected, actual = _files(fresh), _files(committed)
    for name in sorted(expected | actual):
        if name not in actual:
            yield f"missing   {name}"
        elif name not in expected:
            yield f"orphaned  {name}"
        elif not filecmp.cmp(fresh / name, committed / name, shallow=False):
            yield f"changed   {name}"


def _files(folder: Path) -> set[str]:
    files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {path.as_posix() for path in files if "__pycache__" not in path.parts}


def check(spec: Path, output: Path) -> int:
    """Generate into a temporary folder and compare."""
    with tempfile.TemporaryDirectory() as folder:
        generate(spec, Path(folder), strict=spec == SPEC)
        found = list(differences(Path(folder), output))
    for line in found:
        print(line)
    print(f"{len(found)} differences between {_relative(output)} and what is generated from {_relative(spec)}")
    if found:
        print("if spec/ is correct, regenerate: make generate")
    return int(bool(found))


def _relative(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spec", type=Path, default=SPEC, help="the OpenAPI document (default: spec/openapi.json)")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="the folder to write into (default: generated/)")
    parser.add_argument("--check", action="store_true", help="write nothing; compare with the output folder")
    parser.add_argument("--lenient", action="store_true", help="leave out what cannot be generated")
    parser.add_argument("--verbose", action="store_true", help="list all corrections that match nothing")
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
    if len(made.unapplied) > MAX_LISTED and not options.verbose:
        print(f"{len(made.unapplied)} corrections match nothing; --verbose lists them", file=sys.stderr)
    else:
        for each in made.unapplied:
            print(f"matches nothing: {each}", file=sys.stderr)
    print(f"{_relative(made.package)}: {made.operations} operations, {made.models} models")
    return 0


if __name__ == "__main__":
    sys.exit(main())
