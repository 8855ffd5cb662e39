"""The clients that are compared: their programs, and their environments, which `make bench-peers` creates."""

from __future__ import annotations

import ast
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = Path(os.environ.get("REPLICATEKIT_PEERS") or ROOT / ".peers")
PROGRAMS = Path(__file__).parent / "programs"


@dataclass(frozen=True)
class Peer:
    """A client: a column of the table."""

    name: str
    title: str
    module: str
    environment: str
    path: tuple[str, ...] = ()
    """Folders in its environment to import from."""

    @property
    def program(self) -> Path:
        """The path of its module."""
        return PROGRAMS / f"{self.module}.py"

    @property
    def python(self) -> Path:
        """The Python of its environment."""
        return python(self.environment)

    @property
    def is_ours(self) -> bool:
        """Whether it is this package."""
        return self.module == "ours"

    @property
    def is_installed(self) -> bool:
        """Whether its environment exists."""
        return (ENVIRONMENTS / self.environment / ".ready").is_file()

    @cached_property
    def _parts(self) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        for node in ast.parse(self.program.read_text(encoding="utf-8")).body:
            match node:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    found[name] = None
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(text))):
                    found[name] = text
        return found

    def takes_part(self, program: str) -> bool:
        """Whether its module has a function, or a constant with a program, of this name."""
        return program in self._parts

    def text(self, program: str) -> str:
        """Return its program of this name."""
        return self._parts[program] or ""


def python(environment: str) -> Path:
    """Return the Python of an environment."""
    return ENVIRONMENTS / environment / "bin" / "python"


PEERS = (
    Peer("httpx", "raw httpx", "raw_httpx", "bench-httpx"),
    Peer("orjson", "httpx + orjson", "httpx_orjson", "bench-orjson"),
    Peer("replicate-1", "replicate 1.0.7", "replicate_1", "replicate-1.0.7"),
    Peer("replicate-2", "replicate 2.0.0b4", "replicate_2", "bench-replicate-2"),
    Peer("naive", "naive generator", "naive", "bench-naive", ("generated",)),
    Peer("aiohttp", "aiohttp", "with_aiohttp", "bench-aiohttp"),
    Peer("pycurl", "pycurl", "with_pycurl", "bench-pycurl"),
    Peer("floor", "floor", "floor", "bench-floor"),
    Peer("default", "**replicatekit**", "ours", "bench-default"),
    Peer("fast", "**replicatekit, `fast`**", "ours", "bench-fast"),
)

QUICK = ("httpx", "replicate-1", "floor", "default", "fast")
"""The clients that `--quick` measures."""
