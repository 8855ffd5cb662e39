"""Write docs/cli.md, the help pages of the command line. `--check` only compares."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from replicatekit.cli._frame.catalogue import VERBS, commands_of
from replicatekit.cli._frame.main import group_page, top_page
from replicatekit.cli._frame.parser import PROGRAM, global_table, help_page

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).resolve().parent.parent / "docs" / "cli.md"

WIDTH = 88
"""The width of a code block on the site, in characters, without scrolling."""

_HEAD = """\
# The command line: run models in a shell

![A terminal: a model's text, a model's image, and a misspelled input that is refused.](pictures/run.svg)

`pip install replicatekit` installs the command `replicatekit`; `python -m replicatekit` is the same. The extra `cli`
(rich) adds colors, tables and progress bars. Images in the terminal need [Pillow](https://pypi.org/project/pillow/).

- **Results go to stdout**, everything else to stderr. A list is a table in a terminal, and tab-separated lines without
  titles in a pipe. `--json` and `--jsonl` print what the API sent.
- **The token** comes from `REPLICATE_API_TOKEN`, or from a file with `--token-file`. It is never an argument, and never
  printed.
- **Colors, progress bars and images** are shown only in a terminal, and not if `CI` is set. `NO_COLOR` disables colors.
- **Irreversible actions** ask for confirmation. In scripts, pass `--yes`.
- **Ctrl-C** during `run` and `stream` cancels the prediction. `predictions watch` leaves it running.
- **If the pipe's reader exits** (`| head`), the command exits with 0; `run` and `stream` cancel the running prediction.

This page lists the help of every command; `python scripts/write_cli_docs.py` writes it.
"""


def render() -> str:
    """Return the page."""
    return "\n".join(_parts())


def _parts() -> Iterator[str]:
    yield _HEAD
    yield _block(top_page(WIDTH))
    yield f"Every command takes these options too:\n\n{_block(global_table(WIDTH))}"
    for verb in VERBS:
        commands = commands_of(verb)
        yield f"## {PROGRAM} {verb}\n"
        if commands[0].name == verb:
            yield _block(help_page(commands[0], f"{PROGRAM} {verb}", WIDTH))
            continue
        yield _block(group_page(verb, WIDTH))
        for command in commands:
            prog = f"{PROGRAM} {verb} {command.name}"
            yield f"### {prog}\n\n{_block(help_page(command, prog, WIDTH))}"


def _block(text: str) -> str:
    body = text.replace(f"\n\n{global_table(WIDTH)}", "") if text != global_table(WIDTH) else text
    return f"```text\n{body.strip()}\n```\n"


def main() -> int:
    """Write or check the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the page is out of date")
    if not parser.parse_args().check:
        PAGE.write_text(render(), "utf-8")
        return 0
    is_current = PAGE.is_file() and PAGE.read_text("utf-8") == render()
    if not is_current:
        print("docs/cli.md is out of date: run python scripts/write_cli_docs.py", file=sys.stderr)
    return int(not is_current)


if __name__ == "__main__":
    sys.exit(main())
