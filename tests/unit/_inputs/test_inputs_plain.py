"""Inputs that are JSON already go past the plan for files: the same is sent, and the same is refused."""

from __future__ import annotations

import pytest

import replicatekit
from replicatekit._inputs.plan import plan_input
from replicatekit._predictions.inputs import prepare
from replicatekit._runtime import run_sync
from replicatekit.errors import InvalidArgument, InvalidInput


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"text": "a", "größe": "ü", "count": 3, "share": 0.5, "on": True, "none": None},
        {"list": [1, [2.5, {"deep": ["x", None]}]], "empty": [[], {}]},
        {"pair": (1, 2), "many": list(range(2000))},
    ],
)
def test_what_is_json_already_is_sent_as_it_is_and_as_it_was(given):
    core = replicatekit.Client("token")._session
    sent = run_sync(prepare(core, given))
    assert sent == plan_input(given).tree
    for value in given.values():
        if isinstance(value, list):
            value.append("later")
    assert "later" not in str(sent)


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"a": [1.0, float("nan")]}, "input.a[1]"),
        ({"a": {"b": "\ud800"}}, "input.a.b"),
        ({"a": {1: "b"}}, "input.a"),
        ({"a": {"\udfff": "b"}}, "input.a"),
        ([], "input"),
    ],
)
def test_what_is_json_in_all_but_one_place_is_refused_with_that_place(given, place):
    core = replicatekit.Client("token")._session
    with pytest.raises(InvalidInput) as caught:
        run_sync(prepare(core, given))
    assert caught.value.path.startswith(place)


def test_a_strategy_that_there_is_none_of_is_refused_whatever_the_input():
    client = replicatekit.Client("token", max_retries=0, base_url="http://127.0.0.1:9")
    for run in (client.run, client.predictions.create):
        with pytest.raises(InvalidArgument, match="auto, inline or upload"):
            run("acme/model", {"text": "a"}, file_strategy="zip")
