"""Operations of the generated package on `client.api`: they are sent by the client's own connections."""

from __future__ import annotations

import anyio
import pytest

from replicatekit import AsyncClient, Client
from replicatekit_api.api.files import create as create_file
from replicatekit_api.types import File


def test_a_form_with_a_file_is_sent_as_it_is_by_httpx(sandbox):
    with Client(sandbox.token, base_url=sandbox.base_url) as client:
        made = create_file.sync(client=client.api, body={"content": File(b"hello", "a.txt", "text/plain")})
        assert client.files.get(made.id).size == 5
    request = sandbox.requests[0]
    assert (request.method, request.path) == ("POST", "/v1/files")


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_so_it_is_on_an_event_loop(sandbox, backend):
    async def main():
        async with AsyncClient(sandbox.token, base_url=sandbox.base_url) as client:
            body = {"content": File(b"hello", "a.txt", "text/plain"), "metadata": {"a": 1}}
            made = await create_file.asyncio(client=client.api, body=body)
            return (await client.files.get(made.id)).size, made.name

    assert anyio.run(main, backend=backend) == (5, "a.txt")
