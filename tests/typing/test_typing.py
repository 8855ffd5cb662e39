"""The types that users see, as pyright and mypy see them at their strictest."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.checkers import by_mypy, by_pyright
from support.pages import PAGES, blocks_of

import replicatekit_api

HERE = Path(__file__).parent
GENERATED = Path(replicatekit_api.__file__).parent

pytestmark = [pytest.mark.sources, pytest.mark.slow]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Code of users, the blocks of the pages, and an import of each generated module: a checker runs once over all."""
    folder = tmp_path_factory.mktemp("checked")
    for page in PAGES:
        for block in blocks_of(page):
            if block.language == "python":
                (folder / f"{page.parent.name}_{page.stem}_{block.line}.py".replace("-", "_")).write_text(block.code)
    names = [path.relative_to(GENERATED.parent).with_suffix("").parts for path in GENERATED.rglob("*.py")]
    imports = [f"import {'.'.join(name).removesuffix('.__init__')}\n" for name in sorted(names)]
    (folder / "generated_modules.py").write_text("".join(imports))
    return folder


def test_pyright_sees_the_types_that_are_promised_and_accepts_the_blocks_of_the_pages(folder):
    (folder / "user_code.py").write_text((HERE / "user_code.py").read_text("utf-8"))
    assert by_pyright(folder, reportUnnecessaryTypeIgnoreComment=True, reportUnusedImport=False) == []


def test_mypy_sees_the_types_that_are_promised_and_accepts_the_blocks_of_the_pages(folder):
    # By its names of the same faults.
    code = re.sub(r"# pyright: ignore\[report(\w+)\]", "# type: ignore", (HERE / "user_code.py").read_text("utf-8"))
    (folder / "user_code.py").write_text(code)
    assert by_mypy(folder, *(path.name for path in folder.glob("*.py"))) == []
