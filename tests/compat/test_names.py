"""Every public name of the older client is here, and takes the same."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from peers import peer_python

SCRIPT = Path(__file__).resolve().parent / "names_of.py"


def names_of(python, package):
    done = subprocess.run(
        [python, "-W", "ignore", SCRIPT, package], capture_output=True, text=True, check=True, timeout=60
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def theirs():
    return names_of(peer_python("replicate-1.0.7"), "replicate")


@pytest.fixture(scope="module")
def mine():
    return names_of(sys.executable, "replicatekit.compat")


def test_there_are_names_to_look_at(theirs):
    assert len(theirs) > 350


def test_every_public_name_is_here(theirs, mine):
    assert sorted(set(theirs) - set(mine)) == []


def test_every_name_is_of_the_same_kind_and_takes_the_same(theirs, mine):
    assert {name: mine[name] for name in theirs} == theirs
