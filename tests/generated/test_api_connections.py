"""Threads, event loops and forks that share one client."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import trio
from calling import TOKEN
from own_samples import sample
from recording_server import Answer

import replicatekit_api
from replicatekit_api import AuthenticatedClient
from replicatekit_api.api.predictions import get

if TYPE_CHECKING:
    from recording_server import Recorder


@pytest.fixture(autouse=True)
def _prediction(recorder: Recorder) -> None:
    recorder.says(sample("Prediction"))


class Counted(httpx.Client):
    made = 0

    def __init__(self, **arguments: Any) -> None:
        type(self).made += 1
        time.sleep(0.05)  # as long as it takes to read the certificates
        super().__init__(**arguments)


def test_five_hundred_threads_that_meet_in_it_first_make_one_http_client(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    Counted.made = 0
    monkeypatch.setattr("replicatekit_api.client.httpx.Client", Counted)
    client = AuthenticatedClient(recorder.base_url, token=TOKEN, verify=False, timeout=30)
    together, found = threading.Barrier(500), []

    def meet(place: int) -> None:
        together.wait()
        found.append((client if place % 2 else client.with_headers({})).get_httpx_client())

    threads = [threading.Thread(target=meet, args=(place,)) for place in range(500)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counted.made == 1
    assert len(found) == 500
    assert len(set(map(id, found))) == 1
    client.close()


def test_many_threads_call_at_once(recorder: Recorder, client: AuthenticatedClient) -> None:
    recorder.answer = lambda sent: Answer.json({"id": sent.path.rpartition("/")[2]})
    found: dict[str, str] = {}

    def work(name: str) -> None:
        found[name] = get.sync(name, client=client).id

    threads = [threading.Thread(target=work, args=(f"id-{place}",)) for place in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {f"id-{place}": f"id-{place}" for place in range(60)}


FORKING = """
import os, sys, warnings
warnings.simplefilter("error")
from replicatekit_api import AuthenticatedClient
from replicatekit_api.api.predictions import get

client = AuthenticatedClient(sys.argv[1], token="t", verify=False, timeout=20)
get.sync("parent-1", client=client)
parent = client.get_httpx_client()
child = os.fork()
if child == 0:
    try:
        get.sync("child", client=client)
        fine = client.get_httpx_client() is not parent
        client.close()
    except BaseException:
        fine = False
    os._exit(0 if fine else 1)
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
get.sync("parent-2", client=client)
assert client.get_httpx_client() is parent
client.close()
sys.exit(status)
"""


def test_a_fork_has_connections_of_its_own_and_leaves_the_parents_alone(recorder: Recorder) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORKING, recorder.base_url],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PYTHONPATH": str(Path(replicatekit_api.__file__).parent.parent)},
    )
    assert (done.returncode, done.stderr) == (0, "")
    by_name = {sent.path.rpartition("/")[2]: sent.connection for sent in recorder.sent}
    assert by_name["parent-1"] == by_name["parent-2"] != by_name["child"]


def test_one_client_serves_several_event_loops_one_after_another(
    recorder: Recorder, client: AuthenticatedClient
) -> None:
    async def work() -> httpx.AsyncClient:
        async with client:
            await asyncio.gather(*(get.asyncio("an-id", client=client) for _ in range(5)))
            return client.get_async_httpx_client()

    found = [asyncio.run(work()) for _ in range(4)]
    assert len(set(map(id, found))) == 4
    assert all(each.is_closed for each in found)
    assert len(recorder.sent) == 20


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_loops_that_ended_without_closing_are_not_kept(recorder: Recorder, client: AuthenticatedClient) -> None:
    async def work() -> None:
        await get.asyncio("an-id", client=client)

    for _ in range(6):
        asyncio.run(work())
    kept = client._pool._here.asynchronous
    assert len(kept) <= 1
    kept.clear()
    gc.collect()
    assert len(recorder.sent) == 6


def test_two_loops_at_once_have_a_client_each(recorder: Recorder, client: AuthenticatedClient) -> None:
    found: dict[int, set[int]] = {}
    together = threading.Barrier(2)

    def work(place: int) -> None:
        async def calls() -> set[int]:
            async with client:
                http = {id(client.get_async_httpx_client())}
                await asyncio.to_thread(together.wait)
                await get.asyncio("an-id", client=client)
                await asyncio.to_thread(together.wait)
                return http | {id(client.get_async_httpx_client())}

        found[place] = asyncio.run(calls())

    threads = [threading.Thread(target=work, args=(place,)) for place in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found[0]) == len(found[1]) == 1
    assert found[0] != found[1]


def test_it_works_on_trio_and_afterwards_on_asyncio(recorder: Recorder, client: AuthenticatedClient) -> None:
    async def work() -> str:
        async with client:
            return (await get.asyncio("an-id", client=client)).id

    assert [trio.run(work), asyncio.run(work()), trio.run(work)] == ["q4m0limpet7rgp0"] * 3


def test_sync_calls_work_inside_a_running_loop(recorder: Recorder, client: AuthenticatedClient) -> None:
    async def work() -> str:
        return get.sync("an-id", client=client).id

    assert asyncio.run(work()) == "q4m0limpet7rgp0"


def test_leaving_it_closes_its_connections_and_the_next_call_opens_new_ones(recorder: Recorder) -> None:
    client = AuthenticatedClient(recorder.base_url, token=TOKEN, verify=False)
    with client as entered:
        assert entered is client
        get.sync("an-id", client=client)
        first = client.get_httpx_client()
    assert first.is_closed
    with client:
        get.sync("an-id", client=client)
        assert client.get_httpx_client() is not first
    assert len({sent.connection for sent in recorder.sent}) == 2


def test_closing_what_was_never_opened_is_nothing(recorder: Recorder) -> None:
    async def work() -> None:
        async with AuthenticatedClient(recorder.base_url, token=TOKEN):
            pass

    asyncio.run(work())
    with AuthenticatedClient(recorder.base_url, token=TOKEN):
        pass
    assert not recorder.sent
