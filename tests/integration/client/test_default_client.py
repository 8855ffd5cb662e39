"""The functions of the module, and clients across threads, forks and event loops."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import textwrap
import threading
import time

import anyio
import httpcore2
import httpx
import pytest
from support.models import add_models, requests_to

import replicatekit
from replicatekit import AsyncClient, Client, errors
from replicatekit import _default_client as _default
from replicatekit._base.locks import fork_safe_lock


@pytest.fixture
def models(sandbox, monkeypatch):
    """A sandbox that the environment names, and no client of the module yet."""
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(_default, "_clients", {})
    yield add_models(sandbox)
    for client in _default._clients.values():
        if isinstance(client, Client):
            client.close()


def in_threads(count, function):
    outputs = []
    together = threading.Barrier(count)

    def work(place):
        together.wait(20)
        outputs.append(function(place))

    threads = [threading.Thread(target=work, args=(place,)) for place in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return sorted(outputs)


def program(models, text, *flags):
    """The output of a program of its own."""
    done = subprocess.run(
        [sys.executable, *flags, "-c", textwrap.dedent(text)],
        env={**os.environ, **models.environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


# The module


def test_the_module_runs_on_a_client_that_is_made_at_first_use(models):
    assert replicatekit.run("acme/official", {"text": "a"}) == "A"
    assert "".join(str(event) for event in replicatekit.stream("acme/words", {"text": "a b"})) == "a b "
    assert asyncio.run(replicatekit.async_run("acme/official", {"text": "b"})) == "B"
    assert replicatekit.default_client() is replicatekit.default_client()
    assert set(_default._clients) == {Client, AsyncClient}


def test_the_module_says_what_it_lacks_when_it_is_used_and_not_when_it_is_imported(monkeypatch):
    monkeypatch.delenv("REPLICATE_API_TOKEN", raising=False)
    monkeypatch.setattr(_default, "_clients", {})
    with pytest.raises(errors.MissingTokenError):
        replicatekit.run("acme/official", {})


def test_threads_that_meet_in_the_first_use_make_one_client(models):
    made = []
    init = Client.__init__

    def counted(self, *args, **options):
        made.append(1)
        init(self, *args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "__init__", counted)
        assert in_threads(20, lambda _: replicatekit.run("acme/official", {"text": "a"})) == ["A"] * 20
    assert len(made) == 1
    assert models.creates == 20


# Threads


def test_threads_share_a_client_and_make_its_connections_once(models):
    made = []

    class Counted(httpcore2.ConnectionPool):
        def __init__(self, *args, **options):
            made.append(1)
            super().__init__(*args, **options)

    with Client() as client, pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpcore2, "ConnectionPool", Counted)
        outputs = in_threads(20, lambda place: client.run("acme/official", {"text": f"a{place}"}))
    assert outputs == sorted(f"A{place}" for place in range(20))
    assert len(made) == 1


def test_a_client_that_is_closed_while_others_use_it_loses_nothing(models):
    stop = threading.Event()
    known = []
    with Client() as client:

        def work():
            while not stop.is_set():
                known.append(client.predictions.create("acme/official", {"text": "a"}).id)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        end = time.monotonic() + 15
        while len(known) <= 20 and time.monotonic() < end:
            client.close()
            stop.wait(0.01)
        stop.set()
        for thread in threads:
            thread.join(20)
            assert not thread.is_alive()
    assert len(set(known)) == len(known) == models.creates > 20


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_an_async_client_that_is_closed_while_others_use_it_loses_nothing(models, backend):
    known = []

    async def main():
        async with AsyncClient() as client, anyio.create_task_group() as tasks:

            async def work():
                for _ in range(10):
                    prediction = await client.predictions.create("acme/official", {"text": "a"})
                    known.append(prediction.id)

            for _ in range(4):
                tasks.start_soon(work)
            for _ in range(10):
                await anyio.sleep(0.01)
                await client.close()

    anyio.run(main, backend=backend)
    gc.collect()
    assert len(set(known)) == len(known) == models.creates == 40


def test_what_is_sync_works_inside_a_running_loop(models):
    async def main():
        with Client() as client:
            return client.run("acme/official", {"text": "a"})

    assert asyncio.run(main()) == "A"


# Event loops


def test_a_client_serves_one_loop_after_another(models):
    client = AsyncClient()
    for backend in ("asyncio", "trio", "asyncio", "trio"):
        assert anyio.run(client.run, "acme/official", {"text": "a"}, backend=backend) == "A"
        gc.collect()  # a connection that was left open would warn now


def test_several_loops_at_once_have_connections_of_their_own(models):
    client = AsyncClient()
    outputs = in_threads(6, lambda place: anyio.run(client.run, "acme/official", {"text": f"a{place}"}))
    assert outputs == sorted(f"A{place}" for place in range(6))
    gc.collect()


def test_an_http_client_that_was_given_outside_a_loop_is_the_one_inside(models):
    requests = []

    def answer(request):
        requests.append(request)
        return httpx.Response(200, json={"username": "me"})

    client = AsyncClient(http_client=httpx.AsyncClient(transport=httpx.MockTransport(answer)))
    assert anyio.run(client.account.get).username == "me"
    assert len(requests) == 1
    assert not models.requests


def test_loops_that_end_close_what_was_made_in_them_without_a_warning(models):
    out, err = program(
        models,
        """
        import asyncio, gc, replicatekit
        for text in "ab":
            print(asyncio.run(replicatekit.async_run("acme/official", {"text": text})))
            gc.collect()
        print(replicatekit.run("acme/official", {"text": "c"}))
        """,
        *("-X", "dev", "-W", "error"),
    )
    assert out.split() == ["A", "B", "C"]
    assert "Warning" not in err


# Forks


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_parent_and_child_of_a_fork_have_connections_of_their_own(models):
    out, _ = program(
        models,
        """
        import asyncio, os, replicatekit, sys
        print(replicatekit.run("acme/official", {"text": "a"}), flush=True)
        child = os.fork()
        for text in ("child" if child == 0 else "parent") * 3:
            assert replicatekit.run("acme/official", {"text": text}) == text.upper()
        assert asyncio.run(replicatekit.async_run("acme/official", {"text": "x"})) == "X"
        if child == 0:
            os._exit(0)
        print(os.waitpid(child, 0)[1])
        """,
    )
    assert out.split() == ["A", "0"]
    assert models.creates == 1 + 15 + 18 + 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_lock_that_a_thread_held_is_open_in_the_child_of_a_fork(models):
    out, _ = program(
        models,
        """
        import os, threading
        from replicatekit._base.locks import fork_safe_lock
        lock = fork_safe_lock()
        lock.acquire()
        child = os.fork()
        if child == 0:
            os._exit(0 if lock.acquire(timeout=5) else 1)
        print(os.waitpid(child, 0)[1], lock.locked())
        """,
    )
    assert out.split() == ["0", "True"]


def test_a_lock_is_a_lock():
    with fork_safe_lock() as held:
        assert held


def test_each_way_makes_the_same_requests(models):
    with Client() as client:
        client.run("sandbox/hello", {"text": "a"})
    sync = [(method, path.count("/")) for method, path in requests_to(models)]
    for backend in ("asyncio", "trio"):
        models.reset()
        add_models(models)
        anyio.run(AsyncClient().run, "sandbox/hello", {"text": "a"}, backend=backend)
        assert [(method, path.count("/")) for method, path in requests_to(models)] == sync
