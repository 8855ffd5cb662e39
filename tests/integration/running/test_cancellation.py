"""Break off what runs: cancel tokens, Ctrl-C, tasks that are cancelled; here and at the API."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from functools import partial

import anyio
import anyio.to_thread
import pytest
from support.models import TOO_MANY_REQUESTS, add_models, requests_to, statuses_of, wait_until

from replicatekit import AsyncClient, CancelToken, errors

EACH_ENGINE = True


@pytest.fixture
def models(sandbox):
    return add_models(sandbox)


@pytest.fixture
def client(way, models):
    return way.client(models)


def set_when(condition):
    """A token that another thread sets when something has happened."""
    token = CancelToken()

    def wait():
        wait_until(condition)
        token.cancel()

    threading.Thread(target=wait).start()
    return token


# Tokens


@pytest.mark.parametrize("options", [{"wait": False}, {}], ids=["followed", "held"])
@pytest.mark.parametrize("model", ["acme/slow", "acme/words"])
def test_a_token_set_by_a_thread_cancels_it_here_and_at_the_api(client, models, options, model):
    given = {"seconds": 30} if model == "acme/slow" else {"text": "a " * 500, "pause": 0.05}
    token = set_when(lambda: models.creates == 1)
    with pytest.raises(errors.PredictionCanceled, match="by the cancel token") as caught:
        client.run(model, given, cancel=token, **options)
    assert caught.value.prediction.status == "canceled"
    assert caught.value.prediction_id
    assert statuses_of(models) == ["canceled"]


def test_a_token_that_is_set_already_lets_nothing_run(client, models):
    token = CancelToken()
    token.cancel()
    with pytest.raises(errors.PredictionCanceled, match="there is none") as caught:
        client.run("acme/slow", {"seconds": 30}, cancel=token)
    assert not models.requests
    assert caught.value.prediction_id is None
    assert (caught.value.prediction.id, caught.value.prediction.input) == ("", {"seconds": 30})


def test_one_token_cancels_many_runs(client, models, way):
    token = set_when(lambda: models.creates == 5)
    ended = []

    def run():
        with pytest.raises(errors.PredictionCanceled):
            client.run("acme/slow", {"seconds": 30}, wait=False, cancel=token)
        ended.append(1)

    threads = [threading.Thread(target=run) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(ended) == 5
    assert statuses_of(models) == ["canceled"] * 5


def test_a_token_cancels_what_is_waited_for_although_interrupts_would_not(client, models):
    prediction = client.predictions.create("acme/slow", {"seconds": 30})
    token = set_when(lambda: len(models.requests) > 3)
    with pytest.raises(errors.PredictionCanceled):
        prediction.wait(cancel=token, poll_interval=0.05)
    assert statuses_of(models) == ["canceled"]


def test_a_token_set_while_the_create_is_throttled_leaves_nothing(client, models):
    models.fail_next(method="POST", times=None, status=429, headers={"retry-after": "20"}, body={})
    token = set_when(lambda: requests_to(models))
    with pytest.raises(errors.ReplicateError):
        client.run("acme/official", {"text": "a"}, cancel=token)
    assert models.creates == 0


def test_a_token_set_while_looks_fail_is_heard(client, models):
    prediction = client.predictions.create("acme/slow", {"seconds": 30})
    failing = models.fail_next(method="GET", path="/predictions/*", times=None, **TOO_MANY_REQUESTS)
    token = set_when(lambda: failing.hits >= 2)
    with pytest.raises(errors.PredictionCanceled):
        prediction.wait(cancel=token, poll_interval=0.02)
    models.clear_faults()
    assert statuses_of(models) == ["canceled"]


def test_a_token_whose_cancellation_cannot_be_told_says_that_it_may_go_on(client, models):
    prediction = client.predictions.create("acme/slow", {"seconds": 30})
    models.fail_next(method="POST", path="/predictions/*/cancel", times=None, status=403)
    token = set_when(lambda: len(models.requests) > 3)
    with pytest.raises(errors.PredictionCanceled, match="may still be running") as caught:
        prediction.wait(cancel=token, poll_interval=0.05)
    assert caught.value.prediction_id == prediction.id


def test_a_token_does_not_take_away_what_had_come_by_then(client, models):
    token = CancelToken()

    def late(_):
        wait_until(lambda: statuses_of(models) == ["succeeded"])
        token.cancel()

    with pytest.raises(errors.PredictionCanceled, match="had succeeded") as caught:
        client.run("acme/official", {"text": "a"}, wait=False, cancel=token, on_progress=late)
    assert caught.value.prediction.output == "A"


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_token_set_by_a_task_cancels_it_and_does_not_wait_for_that(models, backend):
    async def main():
        token = CancelToken()
        async with (
            AsyncClient(token=models.token, base_url=models.base_url) as client,
            anyio.create_task_group() as tasks,
        ):

            async def stop():
                await anyio.to_thread.run_sync(wait_until, lambda: models.creates)
                # From this loop's thread by way of another one that is waited for: no deadlock.
                thread = threading.Thread(target=token.cancel)
                thread.start()
                thread.join(10)
                assert not thread.is_alive()

            tasks.start_soon(stop)
            with pytest.raises(errors.PredictionCanceled):
                await client.run("acme/slow", {"seconds": 30}, cancel=token)

    anyio.run(main, backend=backend)
    assert statuses_of(models) == ["canceled"]


# Ctrl-C

PROGRAM = """
    import asyncio
    from replicatekit import AsyncClient, Client

    def sync(options):
        Client().run("acme/slow", {"seconds": 30}, **options)

    async def main(options):
        async with AsyncClient() as client:
            await client.run("acme/slow", {"seconds": 30}, **options)

    print("ready", flush=True)
    try:
        sync(OPTIONS) if HOW == "sync" else asyncio.run(main(OPTIONS))
    except KeyboardInterrupt as interruption:
        print("interrupted", *getattr(interruption, "__notes__", []), flush=True)
"""


@pytest.mark.parametrize("how", ["sync", "asyncio"])
@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"wait": False}, "canceled"),
        ({"wait": True}, "canceled"),
        ({"wait": False, "cancel_on_interrupt": False}, "processing"),
    ],
    ids=["followed", "held", "told otherwise"],
)
def test_ctrl_c_cancels_it_at_the_api_before_it_goes_on(models, how, options, status):
    models.settings.speed = 1
    try:
        program = textwrap.dedent(PROGRAM.replace("OPTIONS", repr(options)).replace("HOW", repr(how)))
        process = subprocess.Popen(
            [sys.executable, "-c", program], env={**os.environ, **models.environment}, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        wait_until(lambda: models.creates == 1 and (options["wait"] or len(requests_to(models)) >= 4))
        if options["wait"]:
            time.sleep(0.3)  # the server may have the create before the client has returned from sending it
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=20)
        assert output.startswith("interrupted")
        assert statuses_of(models) == [status]
        if how == "sync" and not options["wait"]:
            assert ("was canceled" if status == "canceled" else "still running") in output
    finally:
        models.settings.speed = 20


# Tasks


@pytest.mark.parametrize("options", [{"wait": False}, {"wait": True}], ids=["followed", "held"])
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_cancelling_the_task_cancels_it_at_the_api(models, backend, options):
    async def main():
        async with AsyncClient(token=models.token, base_url=models.base_url) as client:
            with anyio.CancelScope() as scope:
                async with anyio.create_task_group() as tasks:

                    async def stop():
                        await anyio.to_thread.run_sync(wait_until, lambda: models.creates)
                        scope.cancel()

                    tasks.start_soon(stop)
                    await client.run("acme/slow", {"seconds": 30}, **options)
            assert scope.cancelled_caught

    models.settings.speed = 1
    try:
        anyio.run(main, backend=backend)
        assert statuses_of(models) == ["canceled"]
    finally:
        models.settings.speed = 20


def test_a_timeout_of_asyncio_cancels_it_at_the_api(models):
    async def main():
        async with AsyncClient(token=models.token, base_url=models.base_url) as client:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.run("acme/slow", {"seconds": 30}, wait=False), 0.4)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.4):
                    await client.run("acme/slow", {"seconds": 30}, wait=False, cancel_on_interrupt=False)

    asyncio.run(main())
    assert statuses_of(models) == ["processing", "canceled"]


def test_waiting_for_what_was_made_elsewhere_can_be_left_without_canceling_it(models):
    async def main():
        async with AsyncClient(token=models.token, base_url=models.base_url) as client:
            prediction = await client.predictions.create("acme/slow", {"seconds": 30})
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(prediction.wait(), 0.3)
            assert (await prediction.reload()).status == "processing"
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(prediction.wait(cancel_on_interrupt=True), 0.3)
            assert (await prediction.reload()).status == "canceled"

    asyncio.run(main())


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("options", [{"wait": False}, {"wait": True}], ids=["followed", "held"])
def test_a_whole_batch_that_is_cancelled_leaves_nothing_that_runs(models, backend, options):
    """All of the same input: held creates that are given up can be told from nothing but one another."""

    async def main():
        async with AsyncClient(token=models.token, base_url=models.base_url) as client:
            with anyio.CancelScope() as scope:
                async with anyio.create_task_group() as tasks:
                    for _ in range(6):
                        tasks.start_soon(partial(client.run, "acme/slow", {"seconds": 30}, **options))
                    await anyio.to_thread.run_sync(wait_until, lambda: models.creates == 6)
                    scope.cancel()

    models.settings.speed = 1
    try:
        anyio.run(main, backend=backend)
        assert statuses_of(models) == ["canceled"] * 6
    finally:
        models.settings.speed = 20


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_of_runs_alike_only_those_are_cancelled_that_nobody_waits_for(models, backend):
    async def main():
        async with AsyncClient(token=models.token, base_url=models.base_url) as client:
            others = await client.predictions.create("acme/slow", {"seconds": 1})
            with anyio.move_on_after(0.4):
                await client.run("acme/slow", {"seconds": 1})
            assert [each.id for each in await canceled_ones(client)] != [others.id]
            assert len(await canceled_ones(client)) == 1
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(client.run, "acme/slow", {"seconds": 1})
                with anyio.move_on_after(0.4):
                    await client.run("acme/slow", {"seconds": 1})
            # While somebody waits for its like, neither is touched.
            assert len(await canceled_ones(client)) == 1

    models.settings.speed = 1
    try:
        anyio.run(main, backend=backend)
    finally:
        models.settings.speed = 20


async def canceled_ones(client):
    page = await client.predictions.list()
    return [each for each in page.results if each.status == "canceled"]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_create_that_is_nearly_answered_is_waited_for_when_its_task_is_cancelled(models, backend):
    async def main():
        async with AsyncClient(token=models.token, base_url=models.base_url) as client:
            models.fail_next(method="POST", delay=0.5)
            with anyio.move_on_after(0.2):
                await client.run(models.version("acme/slow"), {"seconds": 30}, wait=False)

    anyio.run(main, backend=backend)
    assert ("GET", "/predictions") not in requests_to(models)
    assert statuses_of(models) == ["canceled"]
