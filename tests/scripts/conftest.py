from __future__ import annotations

import functools
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2
import openapi_python_client
import pytest
from generating import Done, Run

import generate as script

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jinja2.bccache import Bucket

ROOT = Path(__file__).resolve().parents[2]


class CompiledTemplates(jinja2.BytecodeCache):
    """Templates by their names and their texts."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if found := self.known.get((bucket.key, bucket.checksum)):
            bucket.bytecode_from_string(found)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.known[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


@pytest.fixture(scope="session", autouse=True)
def _templates_are_compiled_once() -> Iterator[None]:
    """Compiling the templates is a third of what it takes to generate a small document."""
    environment = functools.partial(jinja2.Environment, bytecode_cache=CompiledTemplates())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(openapi_python_client, "Environment", environment)
        yield


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Run the script in this process."""

    def main(*arguments: str | Path) -> Done:
        try:
            code = script.main([*map(str, arguments)])
        except SystemExit as leaving:
            code = leaving.code
        return Done(code, *capfd.readouterr())

    return main


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__")
    return Path(shutil.copytree(ROOT / "generated", tmp_path / "generated", ignore=ignored))
