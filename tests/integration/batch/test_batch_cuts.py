"""Connections that break at any byte of a create: nothing is created twice, nothing is lost."""

from __future__ import annotations

import os

import pytest

from replicatekit import Client
from replicatekit.batch import Batch
from replicatekit.sandbox import Sandbox

# `REPLICATEKIT_BATCH_CUT_STEP=1` cuts at every byte.
STEP = int(os.environ.get("REPLICATEKIT_BATCH_CUT_STEP", "40"))
LONGEST = {"request": 600, "response": 1100}  # bytes, heads included


@pytest.mark.parametrize("ending", ["reset", "close"])
@pytest.mark.parametrize("cut", ["request", "response"])
def test_a_create_that_is_cut_at_any_byte_is_made_once(tmp_path, cut, ending):
    with Sandbox() as sandbox:

        @sandbox.model("acme/double")
        def double(n: int) -> int:
            return 2 * n

        places = range(0, LONGEST[cut], STEP)
        for at in places:
            sandbox.fail_next(method="POST", path="/predictions", cut=cut, at=at, ending=ending)
        client = Client(token=sandbox.token, base_url=sandbox.base_url, timeout=5.0)
        with Batch(tmp_path / "journal.db", "acme/double", client=client, settle=0.1) as batch:
            batch.add({"n": n} for n in places)
            batch.run(creates_per_minute=None, concurrency=16)
            assert {row.input["n"]: row.output for row in batch.results()} == {n: 2 * n for n in places}
        assert list(sandbox.count_creates().values()) == [1] * len(places)
