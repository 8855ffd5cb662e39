"""Every program on every page runs, or a comment above it says why it cannot: `<!-- not run: reason -->`."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.forked_programs import ForkedPrograms, forked_programs, modules_of
from support.pages import DATA, PAGES, ROOT, SHELL, Block, blocks_of

from replicatekit.batch import Batch
from replicatekit.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.sources

RUNNER = Path(__file__).with_name("run_blocks.py")
LOADED = modules_of("replicatekit", without=("replicatekit.cli", "replicatekit.sandbox.pytest_plugin"))
SMALLEST_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)

# tests/examples runs these in a pytest, and in an environment with Cog; pyright reads the third (test_typed_pages.py).
ELSEWHERE = ("def test_", "sandbox.cog(", "reveal_type(")

PYTHON = [
    block
    for page in PAGES
    for block in blocks_of(page)
    if block.language in ("python", "py") and block.mark != "not run" and not any(w in block.code for w in ELSEWHERE)
]
SCRIPTS = [block for page in PAGES for block in blocks_of(page) if block.language in SHELL and block.mark != "not run"]


def by_page(blocks: list[Block]) -> list[object]:
    pages = {block.page: [one for one in blocks if one.page == block.page] for block in blocks}
    return [pytest.param(own, id=str(page.relative_to(ROOT))) for page, own in pages.items()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files that pages name."""
    (tmp_path / "cat.png").write_bytes(SMALLEST_PNG)
    (tmp_path / "program.py").write_text(
        'import replicatekit\n\nreplicatekit.run("acme/summarize", {"text": "All is well. There is more."})\n'
    )
    return tmp_path


@pytest.fixture(scope="module")
def forked() -> Iterator[ForkedPrograms]:
    """Runs each page's blocks in a process of its own, and none of them waits until the sandbox is loaded."""
    with forked_programs(LOADED, "-W", "error", env=os.environ) as programs:
        yield programs


@pytest.mark.parametrize("blocks", by_page(PYTHON))
def test_the_python_blocks_of_a_page_run(blocks: list[Block], folder: Path, forked: ForkedPrograms) -> None:
    report = folder / "report.json"
    asked = [{"name": block.name, "code": block.code, "mark": block.mark} for block in blocks]
    done = forked.run([RUNNER, report], cwd=folder, env=os.environ, stdin=json.dumps(asked).encode())
    assert done.returncode == 0, done.stderr.decode()
    faults = json.loads(report.read_text("utf-8"))
    assert list(faults) == [block.name for block in blocks]
    assert not any(faults.values()), "\n\n".join(f"{name}:\n{fault}" for name, fault in faults.items() if fault)


def test_a_block_is_a_program_that_runs_or_says_why_not() -> None:
    strange = [
        block.name
        for page in PAGES
        for block in blocks_of(page)
        if block.mark != "not run" and block.language not in (*DATA, *SHELL, "python", "py")
    ]
    assert not strange, "name the language, or put `<!-- not run: reason -->` above it"


# Shell blocks. A command runs, unless it needs the network or a clone: then what it names is checked.


def extras_exist(command: str) -> None:
    """`pip install`: the extras are those of this package, and other distributions those that its tests use."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    pinned = {line.partition("==")[0].lower() for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()}
    for word in shlex.split(command, comments=True)[2:]:
        name, extras = re.fullmatch(r"([\w-]+)(?:\[([\w,]+)\])?", word).groups()
        if name == project["name"]:
            assert set((extras or "").split(",")) - {""} <= set(project["optional-dependencies"]), word
        else:
            assert name.lower() in pinned, word


def target_exists(command: str) -> None:
    """`make`: the target exists, and the Makefile reads the variables that are set."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for word in shlex.split(command, comments=True)[1:]:
        variable, equals, _ = word.partition("=")
        found = f"$({variable})" in makefile if equals else re.search(rf"^{re.escape(word)}:", makefile, re.MULTILINE)
        assert found, word


def variable_is_documented(command: str) -> None:
    """`export NAME=...`, with an ellipsis for the value."""
    name = command.split()[1].partition("=")[0]
    assert f"`{name}`" in (ROOT / "docs" / "reference" / "environment.md").read_text("utf-8")


def paths_exist(command: str) -> None:
    """What is run in a clone: the scripts and the tests are there."""
    words = [
        word
        for word in shlex.split(command, comments=True)[1:]
        if word.startswith(("scripts/", "tests/", "benchmarks/"))
    ]
    assert words
    for word in words:
        assert (ROOT / word).exists(), word


def finds_something(command: str) -> None:
    """`git grep` in the repository."""
    assert subprocess.run(shlex.split(command), cwd=ROOT, capture_output=True).stdout


def raises(command: str) -> None:
    """`.venv/bin/python -c`: shows an error of this package."""
    done = subprocess.run([sys.executable, *shlex.split(command)[1:]], capture_output=True, text=True)
    assert done.returncode == 1
    assert "replicatekit.errors." in done.stderr


RULES = {
    r"git grep ": finds_something,
    r"\.venv/bin/python -c ": raises,
    r"pip install ": extras_exist,
    r"make ": target_exists,
    r"export \w+=\S*\.\.\.": variable_is_documented,
    r"(\.venv/bin/)?python (-m pytest|scripts/|benchmarks/)": paths_exist,
}
RUN = r"(\w+=\S+ )*(replicatekit|python( -m replicatekit\S*)?|sqlite3) "

READ_SQLITE = "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchall())"

PRELUDE = f"""
READ_SQLITE={shlex.quote(READ_SQLITE)}
set -euo pipefail
python() {{ {shlex.quote(sys.executable)} "$@"; }}
replicatekit() {{ python -m replicatekit "$@"; }}
sqlite3() {{ python -c "$READ_SQLITE" "$@"; }}
"""


def commands_of(block: Block) -> list[tuple[str, list[str]]]:
    """The commands of a block, each with the output that the page shows."""
    code = block.code.replace("\\\n", " ")
    if block.language != "console":
        return [(line, []) for line in code.splitlines() if line.strip() and not line.startswith("#")]
    found: list[tuple[str, list[str]]] = []
    for line in code.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif line.strip():
            found[-1][1].append(line)
    return found


@pytest.fixture
def shell(folder: Path):
    """Runs a command in bash, in the page's folder, with the sandbox in its environment."""
    with Sandbox(demo=True) as sandbox:
        environment = {**os.environ, **sandbox.environment, "NO_COLOR": "1"}

        def run(command: str) -> str:
            if re.search(r"python -m replicatekit\.sandbox|replicatekit sandbox", command):
                return serve(command, folder, environment)
            done = subprocess.run(
                ["bash", "-c", PRELUDE + command],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=60,
            )
            assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
            assert (done.stdout + done.stderr).strip(), f"{command}\nsaid nothing"
            return done.stdout + done.stderr

        yield run
    sandbox.close()


def serve(command: str, folder: Path, environment: dict[str, str]) -> str:
    """Run a command that serves until Ctrl-C: the two lines that it begins with."""
    words = [sys.executable, *shlex.split(command, comments=True)[1:]]
    with subprocess.Popen(words, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(2)]
        process.send_signal(signal.SIGINT)
        process.stdout.read()
    assert process.returncode == 0
    assert all(line.startswith("export ") for line in lines)
    return "".join(lines)


@pytest.mark.parametrize("blocks", by_page(SCRIPTS))
def test_the_shell_blocks_of_a_page_run(blocks: list[Block], folder: Path, shell) -> None:
    with Batch(folder / "captions.db", "acme/caption"):
        pass  # the journal that pages read with sqlite3
    for block in blocks:
        commands = commands_of(block)
        assert commands, block.name
        for command, shown in commands:
            rule = next((check for pattern, check in RULES.items() if re.match(pattern, command)), None)
            if rule is not None:
                rule(command)
                continue
            assert re.match(RUN, command), f"{block.name}: no rule runs {command!r}"
            said = shell(command).splitlines()
            for line in shown:
                assert fnmatch.filter(said, line.replace("[", "[[]").replace("…", "*")), (block.name, line, said)
