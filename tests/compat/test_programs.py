"""The same programs with the older client and with what stands in for it: the same results, requests and errors."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent / "programs"


def names():
    found = []
    for path in sorted(FOLDER.glob("of_*.py")):
        found += re.findall(r"^@program\nasync def (\w+)", path.read_text("utf-8"), re.MULTILINE)
    return found


PROGRAMS = names()

DIFFERENCES = {
    # The token goes to the API alone. There it goes to any URL that an answer, an output or a cursor holds.
    "an_output_file_elsewhere": "the token stays at home",
    "an_output_file_that_is_gone": "the token stays at home",
    "a_prediction_that_streams_elsewhere": "the token stays at home",
    "a_page_of_another_host": "a list's next page is on the list's own host, or it is an error",
    # What would be lost, or waited for without an end.
    "an_aborted_prediction": "there it is an answer that cannot be read; here it is a model error",
    "a_held_answer_without_output_is_not_whole": "there the output is None, and the prediction goes on unseen",
    "items_of_what_has_ended": "there what was there before the first look is left out",
    "a_create_that_is_throttled": "a throttled request was not run: it is sent again when the API says so",
    # What was asked for is done.
    "a_model_and_a_hold": "there `wait` is dropped without a word, where a model is named",
    "a_deployment_and_a_hold": "there `wait` is dropped without a word, where a deployment is named",
    "a_file_and_a_model": "there `file_encoding_strategy` is dropped without a word, where a model is named",
    # Who asks.
    "the_name_of_the_client": "it says that it is replicatekit",
}

_ID = re.compile(r"\b[a-z0-9]{26,64}\b")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.\d]*(?:Z|\+00:00)?")


def alike(outcome):
    """An outcome without what is another one each time: ids, times, and how often it was looked."""
    text = _TIME.sub("<time>", json.dumps({**outcome, "trace": None}, ensure_ascii=False))
    known = {}
    return json.loads(_ID.sub(lambda found: known.setdefault(found[0], f"<id {len(known)}>"), text))


def requests_of(sandbox):
    shown = []
    for request in sandbox.requests:
        told = [request.method, request.host, request.path, request.query, request.headers.get("prefer")]
        # On the other host it is there with the older client, and not with this one: a test of its own says so.
        told.append(request.host == "api" and "authorization" in request.headers)
        media_type = request.headers.get("content-type", "")
        told.append(request.json() if request.body and media_type == "application/json" else bool(request.body))
        if not shown or shown[-1] != told:
            shown.append(told)
    return shown


def outcome_of(worker, program, sandbox, *, is_async):
    sandbox.reset()
    outcome = worker.run(program, is_async=is_async, sandbox=sandbox)
    sandbox.drain()
    return alike({**outcome, "requests": requests_of(sandbox)}), outcome["trace"]


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_does_the_same(program, is_async, older, ours, sandbox):
    theirs, their_trace = outcome_of(older, program, sandbox, is_async=is_async)
    mine, my_trace = outcome_of(ours, program, sandbox, is_async=is_async)
    if program in DIFFERENCES:
        assert mine != theirs, "it does the same now: take it off the list"
    else:
        assert mine == theirs, f"{their_trace}\n{my_trace}"
    if my_trace:
        assert their_trace, my_trace


def test_the_token_stays_at_home(ours, sandbox):
    sandbox.reset()
    for program in ("a_model_streams", "a_version_streams", "a_prediction_streams"):
        ours.run(program, is_async=False, sandbox=sandbox)
    elsewhere = [request for request in sandbox.requests if request.host == "delivery"]
    assert len(elsewhere) == 3
    assert not [request for request in elsewhere if sandbox.token in str(request.headers)]


def test_the_differences_are_those_of_programs():
    assert set(DIFFERENCES) <= set(PROGRAMS)


def test_there_are_enough_programs():
    assert len(PROGRAMS) == len(set(PROGRAMS)) >= 80
