"""Make the environments of the programs that the tests meet: Cog, the official clients, the checkers of the API.

`python scripts/make_peers.py cog-0.16 js` makes those two, without names all that tests/peers has; each in
.peers/<name>, with the exact versions of tests/peers/<name>.txt (Python) or tests/peers/<name>/ (Node). One that is
there as it should be is left alone. Tests whose peer is not there are skipped.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

HOUSE = Path(__file__).resolve().parent.parent
WANTED = HOUSE / "tests" / "peers"
PEERS = HOUSE / ".peers"
_STAMP = ".ready"


class PeerError(Exception):
    """An environment that cannot be made: it says why."""


def names() -> list[str]:
    """All peers that can be made."""
    python = [path.stem for path in WANTED.glob("*.txt")]
    return sorted([*python, *(path.parent.name for path in WANTED.glob("*/package-lock.json"))])


def make(name: str) -> str:
    """Make one peer's environment, unless it is there, and tell what was done.

    Raises:
        PeerError: Its packages cannot be installed.
    """
    path = PEERS / name
    stamp = path / _STAMP
    wanted = _wanted(name)
    if stamp.is_file() and stamp.read_text("utf-8") == wanted:
        return f"{name}: there"
    shutil.rmtree(path, ignore_errors=True)
    PEERS.mkdir(exist_ok=True)
    (PEERS / ".gitignore").write_text("*\n", "utf-8")
    if (WANTED / f"{name}.txt").is_file():
        venv.create(path, with_pip=True)
        pip = [str(path / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _run([*pip, "--no-deps", "--requirement", str(WANTED / f"{name}.txt")], path)
    else:
        shutil.copytree(WANTED / name, path)
        _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"], path)
    stamp.write_text(wanted, "utf-8")
    return f"{name}: made"


def _wanted(name: str) -> str:
    for path in (WANTED / f"{name}.txt", WANTED / name / "package-lock.json"):
        if path.is_file():
            return path.read_text("utf-8")
    raise PeerError(f"there is no peer {name}: there are {', '.join(names())}")


def _run(command: list[str], folder: Path) -> None:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except OSError as error:
        raise PeerError(f"{command[0]} does not run: {error}") from error
    if done.returncode:
        raise PeerError(f"{folder.name}: {' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the peers that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(names())}")
    chosen: list[str] = parser.parse_args(arguments).names or names()
    try:
        with ThreadPoolExecutor(len(chosen)) as pool:
            for line in pool.map(make, chosen):
                print(line)
    except PeerError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
