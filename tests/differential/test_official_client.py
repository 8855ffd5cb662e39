"""The official Python client works against the sandbox unchanged, and ours gives the same answers."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import ours
import pytest
from differential_help import MODELS, comparable, requests_of
from support.ways import opened

from replicatekit import webhooks

WAYS = [(False, "sync"), (True, "asyncio"), (False, "trio")]
"""Whether the official client is asked for its async half, and how ours is called."""

# Each with their answer, ours, and why.
OTHER_ANSWERS = {
    "community_model_by_name": (
        [404, "Not Found", "The official model acme/shout does not exist, or you are not allowed to see it"],
        "A",
        "the endpoint of official models has no community models: ours looks their newest version up",
    ),
    "pieces_of_a_text": (["a ", "b "], "a b ", "the model's schema says that the pieces are one text"),
    "output_file": ("str", "FileOutput", "theirs takes https URLs only for files, ours asks the schema; this is http"),
    "aborted_prediction": ("ValidationError", "aborted", "theirs knows no status that the API has had since"),
    "failed_stream": (
        ["RuntimeError", '{"detail":"broken"}'],
        ["ModelError", "failed"],
        "theirs raises the event's data, ours the error that every failed run raises, with the prediction in it",
    ),
}

OTHER_CHANGES = {
    "run_file": "ours sends a small file inside of the input, theirs uploads it",
    "stream_text": "theirs still sends the field `stream`, which the API does not need any more",
}

OTHER_READS = {
    "run_text": "theirs looks the version up after the run, to tell an iterator; ours knows the schema of a text",
    "run_items": "the same",
    "run_object": "the same",
    "run_nothing": "the same",
    "run_that_fails": "the same",
    "run_file": "the same, and the version is asked for once",
    "run_without_holding": "theirs looks the version up first",
    "run_text_in_pieces": "ours asks the model's schema whether the pieces are one text",
    "stream_text": "ours looks at the prediction when its stream has ended",
    "stream_of_prediction": "the same",
}

SAME = [name for name in ours.ALL if name not in OTHER_ANSWERS]


@pytest.fixture
def prepared(running, tmp_path):
    """Makes what the scenarios need, anew for each client; the requests for it are forgotten."""

    def prepare(scenario):
        sandbox, _ = running
        sandbox.reset()
        path = tmp_path / "text.txt"
        path.write_bytes(b"desserts")
        versions = {name: sandbox.version(f"acme/{name}") for name in MODELS}
        with opened("sync") as way:
            client = way.client(sandbox)
            made = [client.predictions.run("acme/number", {"text": "x" * count}) for count in range(5)]
            aborted = None
            if scenario == "aborted_prediction":
                aborted = client.predictions.create("acme/never", {}, cancel_after="5s").wait().id
            client.models.create("sandbox", "trained", visibility="private", hardware="cpu")
        body = json.dumps(made[0].to_dict())
        sandbox.state.recorder.clear()
        return {
            **{name: f"acme/{name}:{version}" for name, version in versions.items()},
            **{f"version_of_{name}": version for name, version in versions.items()},
            "path": str(path),
            "prediction": made[0].id,
            "aborted": aborted,
            "webhook": "https://example.com/hook",
            "body": body,
            "headers": webhooks.sign(body, sandbox.webhook_secret),
        }

    return prepare


@pytest.mark.parametrize(("official_way", "our_way"), WAYS)
@pytest.mark.parametrize("scenario", SAME)
def test_both_clients_say_the_same(running, prepared, scenario, official_way, our_way):
    sandbox, official = running
    theirs = official.do(scenario, official_way, prepared(scenario))
    their_reads, their_changes = requests_of(sandbox)
    given = prepared(scenario)
    with opened(our_way) as way:
        mine = ours.ALL[scenario](way.client(sandbox), given)
    my_reads, my_changes = requests_of(sandbox)
    assert comparable(mine) == comparable(theirs)
    assert (my_changes == their_changes) is (scenario not in OTHER_CHANGES)
    assert (my_reads == their_reads) is (scenario not in OTHER_READS)


@pytest.mark.parametrize(("official_way", "our_way"), WAYS)
@pytest.mark.parametrize("scenario", OTHER_ANSWERS)
def test_where_the_answers_differ_it_is_on_purpose(running, prepared, scenario, official_way, our_way):
    sandbox, official = running
    theirs, mine, _why = OTHER_ANSWERS[scenario]
    assert official.do(scenario, official_way, prepared(scenario)) == theirs
    given = prepared(scenario)
    with opened(our_way) as way:
        assert ours.ALL[scenario](way.client(sandbox), given) == mine


def test_every_scenario_has_its_two_sides():
    tree = ast.parse((Path(__file__).parent / "official.py").read_text("utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    theirs = {node.name for node in functions if [one.arg for one in node.args.args] == ["api", "given"]}
    assert theirs == set(ours.ALL)
    assert set(OTHER_ANSWERS) | set(OTHER_CHANGES) | set(OTHER_READS) <= theirs
