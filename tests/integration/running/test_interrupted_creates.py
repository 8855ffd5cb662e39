"""Creates that are given up before their response: only a prediction that is proved ours is canceled."""

from __future__ import annotations

import asyncio
import io
import logging
import socket
import threading
from datetime import timedelta
from functools import partial

import anyio
import anyio.to_thread
import pytest
from support.held_api import VERSION, HeldApi
from support.models import wait_until

from replicatekit import AsyncClient, CancelToken, Client, errors
from replicatekit._predictions import recover_create

GIVEN = {"prompt": "hello"}


def interrupted(api: HeldApi, given=GIVEN, ref=VERSION, **options) -> BaseException:
    """The error of a run whose token is set while the API holds its create."""
    token = CancelToken()

    async def main():
        async with AsyncClient("token", base_url=api.base_url) as client:
            await client.run(ref, given, cancel=token, **options)

    def set_token():
        wait_until(lambda: api.posts)
        token.cancel()

    threading.Thread(target=set_token).start()
    with pytest.raises(errors.ReplicateError) as caught:
        asyncio.run(main())
    return caught.value


@pytest.fixture(autouse=True)
def _no_grace(monkeypatch):
    from replicatekit._predictions import run

    monkeypatch.setattr(run, "_GRACE", 0.2)


@pytest.mark.parametrize("clock", [0.0, 40.0, -3000.0])
def test_the_only_candidate_is_canceled_whatever_the_clocks_say(clock):
    with HeldApi(clock=clock).serving() as api:
        api.add(GIVEN, seconds_ago=90)
        api.add({"prompt": "another"})
        error = interrupted(api)
        assert isinstance(error, errors.PredictionCanceled)
        assert (api.canceled, error.prediction_id) == (["p2"], "p2")


@pytest.mark.parametrize(
    "api",
    [
        HeldApi(creates=False),
        HeldApi(creates=False, clock=40.0),
        HeldApi(creates=False, date=False),
    ],
    ids=["earlier", "another clock", "no clock"],
)
def test_a_prediction_of_another_process_is_not_canceled_although_ours_never_arrived(api):
    with api.serving():
        api.add(GIVEN, seconds_ago=3)
        error = interrupted(api)
        assert isinstance(error, errors.OutcomeUnknownError)
        assert api.canceled == []


@pytest.mark.parametrize(("refusal", "ref"), [(429, VERSION), (404, "acme/slow")], ids=["limit", "no official model"])
def test_a_create_that_the_api_refused_left_nothing_behind_that_may_be_canceled(refusal, ref):
    with HeldApi(refusal=refusal, silent=("models/acme/slow",)).serving() as api:
        api.add(GIVEN)
        error = interrupted(api, ref=ref)
        assert isinstance(error, errors.PredictionCanceled)
        assert error.prediction_id is None
        assert "there is none" in str(error)
        assert (api.canceled, api.lists) == ([], 0)


def test_a_request_that_was_not_sent_completely_created_nothing_that_may_be_canceled():
    given = {"prompt": "x" * 20_000_000}
    with HeldApi(reads=False).serving() as api:
        other = api.add(given)
        error = interrupted(api, given)
        assert isinstance(error, errors.OutcomeUnknownError)
        assert (api.canceled, error.candidates) == ([], (other,))


def test_of_two_candidates_none_is_canceled_and_the_error_says_how_to_cancel_them():
    with HeldApi().serving() as api:
        other = api.add(GIVEN)
        error = interrupted(api)
        assert isinstance(error, errors.OutcomeUnknownError)
        assert api.canceled == []
        assert sorted(error.candidates) == [other, "p1"]
        assert "p0" in str(error)
        assert "p1" in str(error)
        assert "client.predictions.cancel(" in str(error)
        assert error.sent_at is not None


@pytest.mark.parametrize("seconds_ago", [4, 30, -3, -20], ids=lambda each: f"{each} s before")
@pytest.mark.parametrize("status", ["starting", "processing"])
def test_a_second_prediction_alike_leaves_a_doubt_although_its_time_is_another(seconds_ago, status):
    with HeldApi().serving() as api:
        other = api.add(GIVEN, seconds_ago=seconds_ago, status=status)
        error = interrupted(api)
        assert isinstance(error, errors.OutcomeUnknownError)
        assert api.canceled == []
        assert sorted(error.candidates) == [other, "p1"]


@pytest.mark.parametrize("seconds_ago", [-3, -20], ids=lambda each: f"{each} s before")
def test_one_alike_that_was_created_later_and_has_ended_leaves_a_doubt_too(seconds_ago):
    with HeldApi().serving() as api:
        api.add(GIVEN, seconds_ago=seconds_ago, status="succeeded")
        error = interrupted(api)
        assert isinstance(error, errors.OutcomeUnknownError)
        assert (api.canceled, error.candidates) == ([], ("p1",))


@pytest.mark.parametrize("seconds_ago", [5, 30])
@pytest.mark.parametrize("status", ["succeeded", "failed", "canceled"])
def test_the_same_input_that_ran_before_leaves_no_doubt(seconds_ago, status):
    with HeldApi().serving() as api:
        api.add(GIVEN, seconds_ago=seconds_ago, status=status)
        assert isinstance(interrupted(api), errors.PredictionCanceled)
        assert api.canceled == ["p1"]


def test_a_prediction_that_two_pages_of_the_list_show_is_one_candidate():
    with HeldApi().serving() as api:
        page = api.page
        api.page = lambda query: {**(one := page(query)), "results": one["results"] * 2}
        assert isinstance(interrupted(api), errors.PredictionCanceled)
        assert api.canceled == ["p0"]


def test_a_server_without_a_clock_proves_nothing():
    with HeldApi(date=False).serving() as api:
        error = interrupted(api)
        assert (api.canceled, error.candidates) == ([], ("p0",))


def test_what_has_ended_by_then_is_reported_as_it_ended():
    with HeldApi(creates=False).serving() as api:

        def end():
            wait_until(lambda: api.posts)
            api.add(GIVEN, status="succeeded")

        threading.Thread(target=end).start()
        original, api.page = api.page, lambda query: (wait_until(lambda: api.predictions), original(query))[1]
        error = interrupted(api)
        assert (api.canceled, error.prediction.status, error.prediction_id) == ([], "succeeded", "p0")


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("alike", [False, True], ids=["each its own", "all alike"])
def test_all_of_many_held_runs_are_canceled_at_once_however_long_the_list_is(backend, alike, monkeypatch):
    # On a busy machine, this server takes longer than the API to notice 150 requests.
    monkeypatch.setattr(recover_create, "_CREATED_WITHIN", timedelta(seconds=30))
    count = 150  # more than one page of the list

    async def main(api):
        async with AsyncClient("token", base_url=api.base_url) as client:
            with anyio.CancelScope() as scope:
                async with anyio.create_task_group() as tasks:
                    for index in range(count):
                        given = GIVEN if alike else {"prompt": str(index)}
                        tasks.start_soon(partial(client.run, VERSION, given))
                    await anyio.to_thread.run_sync(wait_until, lambda: api.posts == count)
                    scope.cancel()

    with HeldApi().serving() as api:
        anyio.run(main, api, backend=backend)
        assert {each["status"] for each in api.predictions} == {"canceled"}
        assert len(api.canceled) == count
        assert api.lists <= count  # they are not listed again for each


def test_a_canceled_task_says_in_a_note_what_became_of_its_prediction(caplog):
    async def main(api):
        async with AsyncClient("token", base_url=api.base_url) as client:
            task = asyncio.create_task(client.run(VERSION, GIVEN))
            await anyio.to_thread.run_sync(wait_until, lambda: api.posts)
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            return caught.value.__notes__

    with HeldApi().serving() as api:
        assert asyncio.run(main(api)) == ["the create was interrupted; prediction p0 was canceled"]
        other = api.add({"prompt": "hello"})
        api.predictions[0]["status"] = "processing"
        with caplog.at_level(logging.WARNING, logger="replicatekit"):
            api.posts = 0
            (note,) = asyncio.run(main(api))
        assert other in note
        assert other in caplog.text


# Sync code


def run_until(api: HeldApi, condition, **options) -> BaseException:
    """The error of a sync run whose token is set while a request is held."""
    token = CancelToken()
    threading.Thread(target=lambda: (wait_until(condition), token.cancel())).start()
    given = options.pop("given", GIVEN)
    with Client("token", base_url=api.base_url) as client, pytest.raises(errors.ReplicateError) as caught:
        client.run(VERSION, given, cancel=token, **options)
    assert not api.released.is_set()  # nothing was waited for
    return caught.value


def test_sync_code_keeps_the_same_rule_while_its_create_is_held():
    with HeldApi().serving() as api:
        error = run_until(api, lambda: api.posts)
        assert isinstance(error, errors.PredictionCanceled)
        assert api.canceled == ["p0"]
    with HeldApi().serving() as api:
        other = api.add(GIVEN)
        error = run_until(api, lambda: api.posts)
        assert isinstance(error, errors.OutcomeUnknownError)
        assert (api.canceled, sorted(error.candidates)) == ([], [other, "p1"])


def test_a_response_that_comes_after_sync_code_was_told_cancels_by_its_id():
    with HeldApi(date=False).serving() as api:
        error = run_until(api, lambda: api.posts)
        assert (error.candidates, api.canceled) == (("p0",), [])
        api.released.set()
        wait_until(lambda: api.canceled)
        assert api.canceled == ["p0"]


@pytest.mark.parametrize("silent", ["/predictions/p0", "/stream"])
def test_sync_code_cancels_by_the_id_although_a_later_request_is_held(silent):
    with HeldApi(answers=True, silent=(silent,)).serving() as api:
        error = run_until(api, lambda: api.held, poll_interval=0.01 if silent != "/stream" else None)
        assert isinstance(error, errors.PredictionCanceled)
        assert api.canceled == ["p0"]


def test_a_token_that_is_set_while_a_file_is_uploaded_lets_nothing_be_created():
    with HeldApi(answers=True, silent=("/files",)).serving() as api:
        given = {"image": io.BytesIO(b"x" * 1_000_000)}
        error = run_until(api, lambda: api.held, given=given)
        assert isinstance(error, errors.PredictionCanceled)
        assert "there is none" in str(error)
        assert api.posts == 0


def test_a_connection_that_opens_after_the_token_was_set_sends_no_create(monkeypatch):
    """The certificate check of a proxy, a slow resolver: what cannot be stopped must not end in a create."""
    entered, leave = threading.Event(), threading.Event()
    original = socket.getaddrinfo

    def slow(*arguments, **options):
        if threading.current_thread() is not threading.main_thread():
            entered.set()
            leave.wait(20)
        return original(*arguments, **options)

    with HeldApi().serving() as api:
        monkeypatch.setattr(socket, "getaddrinfo", slow)
        error = run_until(api, entered.is_set)
        assert isinstance(error, errors.ReplicateError)
        before = threading.active_count()
        leave.set()
        wait_until(lambda: threading.active_count() < before or api.posts)
        assert (api.posts, api.canceled) == (0, [])
