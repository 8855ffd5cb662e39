"""The low-level client: timeouts, copies, threads, loops, forks, and a token that nothing shows."""

from __future__ import annotations

import asyncio
import copy
import threading
from typing import TYPE_CHECKING

import httpx
import pytest
from calling import TOKEN
from own_samples import sample
from recording_server import Answer, Sent, recording

from replicatekit_api import AuthenticatedClient, Client
from replicatekit_api.api.account import get as get_account
from replicatekit_api.api.predictions import get
from replicatekit_api.api.search import search
from replicatekit_api.client import DEFAULT_BASE_URL, DEFAULT_TIMEOUT
from replicatekit_api.errors import InvalidArgument, StatusError

if TYPE_CHECKING:
    from pathlib import Path

    from recording_server import Recorder


@pytest.fixture(autouse=True)
def _prediction(recorder: Recorder) -> None:
    recorder.says(sample("Prediction"))


def connections(recorder: Recorder) -> int:
    return len({sent.connection for sent in recorder.sent})


def test_there_is_a_timeout_although_nobody_gave_one() -> None:
    timeout = AuthenticatedClient(token=TOKEN).timeout
    assert timeout == DEFAULT_TIMEOUT
    seconds = httpx.Timeout(timeout).as_dict()
    assert None not in seconds.values()
    # A held request is answered after 60 seconds at the latest.
    assert seconds["read"] > 60


def test_the_documents_server_is_where_the_api_is() -> None:
    assert DEFAULT_BASE_URL == Client().base_url == "https://api.replicate.com/v1"


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:{port}/v1/", "http://127.0.0.1:{port}/v1", "/v1//"])
def test_a_slash_at_the_base_urls_end_does_not_matter(recorder: Recorder, base_url: str) -> None:
    given = base_url.replace("{port}", recorder.address.rpartition(":")[2])
    given = recorder.address + given if given.startswith("/") else given
    with AuthenticatedClient(given, token=TOKEN, verify=False) as client:
        get.sync("an-id", client=client)
    assert recorder.only.path == "/v1/predictions/an-id"


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "/v1",
        "api.replicate.com/v1",
        "//api.replicate.com",
        "ftp://api.replicate.com",
        "file:///v1",
        "https://",
        "https:///v1",
        "https://api.example/v1?x=1",
        "https://api.example/v1#x",
        "https://user:s3cret@api.example/v1",
        "https://api.example\r\nX: y",
        "https://{region}.example/v1",
        "https://api.example:0",
        "https://exa mple",
        "https://api.example:99999",
        "https://[",
        "x" * 70_000,
    ],
    ids=range(18),
)
def test_what_is_no_base_url_is_refused_at_once(base_url: str) -> None:
    with pytest.raises(InvalidArgument, match="base URL") as caught:
        AuthenticatedClient(base_url, token=TOKEN)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "base_url",
    [
        "http://localhost:8080",
        "http://[::1]:8080/v1",
        "https://10.0.0.1/a/b",
        "https://exämple.org/v1",
        "HTTPS://A.b/v1",
    ],
)
def test_any_address_over_http_is_a_base_url(base_url: str) -> None:
    assert AuthenticatedClient(base_url, token=TOKEN).base_url == base_url
    assert AuthenticatedClient(httpx.URL(base_url), token=TOKEN)  # type: ignore[arg-type]


def test_a_timeout_is_kept_to(recorder: Recorder, client: AuthenticatedClient) -> None:
    go_on = threading.Event()

    def slow(_: Sent) -> Answer:
        go_on.wait(5)
        return Answer.json(sample("Prediction"))

    recorder.answer = slow
    with pytest.raises(httpx.ReadTimeout) as caught:
        get.sync("an-id", client=client.with_timeout(0.05))
    go_on.set()
    assert TOKEN not in f"{caught.value} {caught.value!r}"


def everything_shown(client: Client) -> str:
    return " ".join(
        [repr(client), str(client), f"{client}", repr([client]), repr(client._pool), repr(client.get_httpx_client())]
    )


def test_the_token_is_in_no_repr(recorder: Recorder) -> None:
    client = AuthenticatedClient(
        recorder.base_url,
        token=TOKEN,
        headers={"Authorization": f"Bearer {TOKEN}", "X-Other": TOKEN},
        cookies={"session": TOKEN},
        httpx_args={"headers": {"X-More": TOKEN}, "params": {"key": TOKEN}},
        verify=False,
    )
    get.sync("an-id", client=client)
    assert TOKEN not in everything_shown(client)
    assert TOKEN not in everything_shown(client.with_headers({"X": TOKEN}))
    assert TOKEN not in repr(client.get_httpx_client().headers.get("authorization", ""))
    client.close()


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:1/v1", "http://no-such-host.invalid/v1"])
def test_the_token_is_in_no_error_of_the_connection(base_url: str) -> None:
    client = AuthenticatedClient(base_url, token=TOKEN, verify=False, timeout=2)
    with client, pytest.raises(httpx.TransportError) as caught:
        get.sync("an-id", client=client)
    error: BaseException | None = caught.value
    while error is not None:
        assert TOKEN not in f"{error} {error!r}"
        error = error.__cause__ or error.__context__


def test_copies_leave_the_original_alone_and_share_its_connections(
    recorder: Recorder, client: AuthenticatedClient
) -> None:
    get.sync("an-id", client=client)
    http = client.get_httpx_client()
    other = client.with_headers({"X-One": "1"}).with_cookies({"a": "b"}).with_timeout(3)
    get.sync("an-id", client=other)
    get.sync("an-id", client=client)
    first, second, third = recorder.sent
    assert {"x-one", "cookie"} <= set(second.headers)
    assert not {"x-one", "cookie"} & (set(first.headers) | set(third.headers))
    assert (client.headers, client.cookies, client.timeout) == ({}, {}, 20)
    assert other.timeout == 3
    assert other.get_httpx_client() is http is client.get_httpx_client()
    assert connections(recorder) == 1
    assert type(other) is AuthenticatedClient
    assert other.token == TOKEN


def test_a_copy_by_copy_shares_its_connections_too(client: AuthenticatedClient) -> None:
    assert copy.copy(client).get_httpx_client() is client.get_httpx_client()


def test_the_mapping_that_was_given_is_not_changed(client: AuthenticatedClient) -> None:
    headers = {"X-One": "1"}
    client.with_headers(headers).with_headers({"X-Two": "2"})
    assert headers == {"X-One": "1"}


def test_the_callers_own_http_client_is_used_with_our_headers(recorder: Recorder) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=sample("Account"))

    client = AuthenticatedClient(recorder.base_url, token=TOKEN, timeout=3)
    client.set_httpx_client(httpx.Client(transport=httpx.MockTransport(answer)))
    get_account.sync(client=client)

    async def work() -> None:
        client.set_async_httpx_client(httpx.AsyncClient(transport=httpx.MockTransport(answer)))
        await get_account.asyncio(client=client)
        await client.aclose()

    asyncio.run(work())
    client.close()
    assert [request.headers["authorization"] for request in seen] == [f"Bearer {TOKEN}"] * 2
    assert [request.extensions["timeout"]["read"] for request in seen] == [3, 3]
    assert not recorder.sent


def test_further_arguments_go_to_httpx(recorder: Recorder) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=sample("Account")))
    with AuthenticatedClient(recorder.base_url, token=TOKEN, httpx_args={"transport": transport}) as client:
        assert get_account.sync(client=client).username == "tidepool"
    assert not recorder.sent


def test_a_client_without_a_token_sends_none(recorder: Recorder) -> None:
    recorder.says(sample("SearchResult"))
    with Client(recorder.base_url, verify=False) as client:
        search.sync(client=client, query="tide")
    assert "authorization" not in recorder.only.headers


@pytest.mark.parametrize(("prefix", "sent"), [("Token", f"Token {TOKEN}"), ("", TOKEN)])
def test_the_token_can_be_sent_in_another_way(recorder: Recorder, prefix: str, sent: str) -> None:
    client = AuthenticatedClient(recorder.base_url, token=TOKEN, prefix=prefix, auth_header_name="X-Key", verify=False)
    with client:
        get.sync("an-id", client=client)
    assert recorder.only.headers["x-key"] == sent
    assert "authorization" not in recorder.only.headers


def test_a_new_token_is_sent_from_then_on(recorder: Recorder, client: AuthenticatedClient) -> None:
    get.sync("an-id", client=client)
    client.token = "another"
    get.sync("an-id", client=client)
    assert [sent.headers["authorization"] for sent in recorder.sent] == [f"Bearer {TOKEN}", "Bearer another"]


def test_redirects_that_are_followed_do_not_take_the_token_elsewhere(recorder: Recorder) -> None:
    with recording() as elsewhere:
        elsewhere.says(sample("Prediction"))
        recorder.answer = Answer(307, b"", {"Location": f"{elsewhere.address}/v1/predictions/an-id"})
        with AuthenticatedClient(recorder.base_url, token=TOKEN, verify=False, follow_redirects=True) as client:
            get.sync("an-id", client=client)
        assert "authorization" in recorder.only.headers
        assert TOKEN not in str(elsewhere.only)


def test_the_environments_proxy_and_netrc_are_httpxs_matter(
    recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with AuthenticatedClient(recorder.base_url, token=TOKEN, verify=False) as client:
        get.sync("an-id", client=client)
    assert recorder.only.headers["authorization"] == f"Bearer {TOKEN}"


def test_what_fails_in_a_server_does_not_spoil_the_client(recorder: Recorder, client: AuthenticatedClient) -> None:
    for status in (500, 429, 520):
        recorder.answer = Answer(status, b"x" * 100_000)
        with pytest.raises(StatusError):
            get.sync("an-id", client=client)
    recorder.says(sample("Prediction"))
    get.sync("an-id", client=client)
    assert connections(recorder) == 1
