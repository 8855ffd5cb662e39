"""How many of this package's files a call visits once it is warm: a reader, and the processor, goes through them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from replicatekit import Client
from replicatekit.sandbox import Sandbox
from replicatekit_api.api.models import get

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
ROOTS = (str(ROOT / "overlay"), str(ROOT / "generated"))


def visits(call: Callable[[], object]) -> tuple[set[str], int]:
    """The files whose functions a call enters, and how often it goes from one of them to another."""
    call()
    call()
    entered: list[str] = []

    def enter(frame: Any, event: str, _: object) -> None:
        name = frame.f_code.co_filename
        is_ours = name.startswith(ROOTS) and "/sandbox/" not in name
        if event == "call" and is_ours and entered[-1:] != [name]:
            entered.append(name)

    before = sys.getprofile()
    sys.setprofile(enter)
    try:
        call()
    finally:
        sys.setprofile(before)
    return {str(Path(name).relative_to(ROOT)) for name in entered}, len(entered) - 1


@pytest.fixture(scope="module")
def client():
    with Sandbox() as sandbox:

        @sandbox.model("acme/echo")
        def echo(text: str) -> str:
            return text

        with Client(sandbox.token, base_url=sandbox.base_url) as client:
            yield client


def test_a_typed_get_goes_through_twelve_files(client):
    files, moves = visits(lambda: get.sync("acme", "echo", client=client.api))
    assert len(files) <= 12, sorted(files)
    assert moves <= 18


def test_a_run_goes_through_few_files(client):
    files, moves = visits(lambda: client.run("acme/echo", {"text": "a"}))
    assert len(files) <= 29, sorted(files)
    assert moves <= 82
