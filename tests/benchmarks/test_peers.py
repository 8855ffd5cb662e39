"""What the benchmarks compare with is the same everywhere."""

from __future__ import annotations

import re

import pytest
from peers import ROOT

pytestmark = pytest.mark.sources

PINS = sorted((ROOT / "benchmarks" / "peers").glob("*.txt"))


@pytest.mark.parametrize("pins", PINS, ids=lambda path: path.stem)
def test_a_peer_is_made_of_exact_versions_and_names_no_address(pins):
    lines = pins.read_text(encoding="utf-8").splitlines()

    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []


@pytest.mark.parametrize("pins", PINS, ids=lambda path: path.stem)
def test_no_peer_has_what_httpx_imports_for_its_command_line(pins):
    if pins.stem == "generator":
        pytest.skip("it generates, and is not measured")
    names = {line.partition("==")[0].lower() for line in pins.read_text(encoding="utf-8").splitlines()}

    assert not names & {"click", "rich", "pygments"}
