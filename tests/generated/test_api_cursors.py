"""A cursor chooses a page of the list that was asked for; it can lead nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from calling import TOKEN, call, sync_and_async
from described import OPERATIONS
from own_samples import sample

from replicatekit_api import AuthenticatedClient
from replicatekit_api.api.predictions import list as list_predictions
from replicatekit_api.errors import ForeignCursor

if TYPE_CHECKING:
    from recording_server import Recorder

# {own} is the server's address, such as http://127.0.0.1:1234.
FOREIGN = [
    "https://evil.example/v1/predictions?cursor=x",
    "http://evil.example/v1/predictions?cursor=x",
    "HTTP://EVIL.EXAMPLE/v1/predictions?cursor=x",
    "http://127.0.0.1/v1/predictions?cursor=x",
    "http://127.0.0.1:1/v1/predictions?cursor=x",
    "http://127.0.0.1:0/v1/predictions?cursor=x",
    "http://localhost:{port}/v1/predictions?cursor=x",
    "http://127.0.0.2:{port}/v1/predictions?cursor=x",
    "http://127.1:{port}/v1/predictions?cursor=x",
    "http://2130706433:{port}/v1/predictions?cursor=x",
    "http://[::1]:{port}/v1/predictions?cursor=x",
    "http://[::ffff:127.0.0.1]:{port}/v1/predictions?cursor=x",
    "https://127.0.0.1:{port}/v1/predictions?cursor=x",
    "ftp://127.0.0.1:{port}/v1/predictions?cursor=x",
    "file:///v1/predictions?cursor=x",
    "ws://127.0.0.1:{port}/v1/predictions?cursor=x",
    "javascript://127.0.0.1:{port}/v1/predictions?cursor=x",
    "{own}.evil.example/v1/predictions?cursor=x",
    "{own}@evil.example/v1/predictions?cursor=x",
    "http://evil.example@127.0.0.1:{port}/v1/predictions?cursor=x",
    "http://user:pass@127.0.0.1:{port}/v1/predictions?cursor=x",
    "http://127.0.0.1:{port}.evil.example/v1/predictions?cursor=x",
    "http://127.0.0.1.evil.example:{port}/v1/predictions?cursor=x",
    "http://evil.example#{own}/v1/predictions",
    "http://evil.example?{own}/v1/predictions",
    "http://evil.example\\@127.0.0.1:{port}/v1/predictions?cursor=x",
    "http://127.0.0.1:{port}\\@evil.example/v1/predictions?cursor=x",
    "http://127.0.0.1:{port}\\.evil.example/v1/predictions?cursor=x",
    "{own}/v1/trainings?cursor=x",
    "{own}/v1/predictions/an-id/cancel?cursor=x",
    "{own}/v1/predictions/?cursor=x",
    "{own}/v1//predictions?cursor=x",
    "{own}/V1/predictions?cursor=x",
    "{own}/v2/predictions?cursor=x",
    "{own}?cursor=x",
    "{own}/v1/predictions%2F..%2Faccount?cursor=x",
    "//evil.example/v1/predictions?cursor=x",
    "///evil.example/v1/predictions",
    "\\\\evil.example\\v1\\predictions",
    "/\\evil.example/v1/predictions",
    "\\/evil.example/v1/predictions",
    "http:/evil.example/v1/predictions?cursor=x",
    "https:/evil.example/",
    "https:\\\\evil.example/",
    "https:\\evil.example/",
    "\thttps://evil.example/",
    " https://evil.example/",
    "\n//evil.example/",
    "\x00https://evil.example/",
    "ht\ttps://evil.example/",
    "h\nttps://evil.example/",
    "https://evil.example\t/",
    "https://\tevil.example/",
    "http://127.0.0.1:{port}\r\nHost: evil.example/v1/predictions",
    "https://evil.example:99999/",
    "https://[",
    "https://",
    "://",
    "http://\u24d4vil.example/v1/predictions",
    "http://\uff11\uff12\uff17.0.0.1:{port}/v1/predictions?cursor=x",
    "http://xn--a/v1/predictions",
    "data://text/plain,x",
    "cursor?next=https://evil.example/",
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/v1/predictions",
]

# What is no address is sent as the value that it is, and only there.
VALUES = [
    "bmV4dA==",
    "cD0yMDI2LTAyLTAzKzA0JTNBMDU=",
    "/starts/with/a/slash",
    "?cursor=x",
    "&source=web",
    "#x",
    "..",
    "../account",
    "@evil.example",
    "evil.example/v1",
    ":8080/",
    "javascript:alert(1)",
    "2026-02-03T04:05:06Z",
    "a\r\nHost: evil.example",
    "%2F%2Fevil.example",
    "https%3A%2F%2Fevil.example",
    "ü🐚",
    "",
]


def filled(cursor: str, recorder: Recorder) -> str:
    own = recorder.address
    return cursor.replace("{own}", own).replace("{port}", own.rpartition(":")[2])


@pytest.mark.parametrize("cursor", FOREIGN, ids=range(len(FOREIGN)))
@sync_and_async
def test_an_address_elsewhere_is_refused(
    recorder: Recorder, client: AuthenticatedClient, way: str, cursor: str
) -> None:
    with pytest.raises(ForeignCursor) as caught:
        call(way, list_predictions, client, cursor=filled(cursor, recorder))
    assert not recorder.sent
    assert TOKEN not in f"{caught.value!r}"


@pytest.mark.parametrize("cursor", VALUES, ids=range(len(VALUES)))
@sync_and_async
def test_what_is_no_address_is_a_value_and_nothing_else(
    recorder: Recorder, client: AuthenticatedClient, way: str, cursor: str
) -> None:
    recorder.says(sample("PredictionPage"))
    call(way, list_predictions, client, cursor=cursor)
    sent = recorder.only
    assert (sent.path, sent.query) == ("/v1/predictions", [("cursor", cursor)])
    assert sent.headers["host"] == recorder.address.removeprefix("http://")


OWN = [
    ("{own}/v1/predictions?cursor=bmV4dA%3D%3D", [("cursor", "bmV4dA==")]),
    ("HTTP://127.0.0.1:{port}/v1/predictions?cursor=x#part", [("cursor", "x")]),
    ("{own}/v1/predictions?cursor=x&source=web&created_after=2026", [("created_after", "2026"), ("cursor", "x")]),
    ("{own}/v1/predictions?a=1&a=2&cursor=x", [("a", "1"), ("a", "2"), ("cursor", "x")]),
    ("{own}/v1/predictions?a=&cursor=%2F%2Fevil.example", [("a", ""), ("cursor", "//evil.example")]),
    ("{own}/v1/predictions", []),
    ("{own}/v1/account/../predictions?cursor=x", [("cursor", "x")]),
    ("{own}/v1/%70redictions?cursor=x", [("cursor", "x")]),
    ("http://127\u30020\u30020\u30021:{port}/v1/predictions?cursor=x", [("cursor", "x")]),  # dots, by IDNA
]


@pytest.mark.parametrize(("cursor", "query"), OWN, ids=range(len(OWN)))
@sync_and_async
def test_a_page_of_the_same_list_is_followed_with_its_query(
    recorder: Recorder, client: AuthenticatedClient, way: str, cursor: str, query: list[tuple[str, str]]
) -> None:
    recorder.says(sample("PredictionPage"))
    call(way, list_predictions, client, cursor=filled(cursor, recorder), source="web")
    sent = recorder.only
    assert sent.path == "/v1/predictions"
    assert sorted(sent.query) == sorted([*query, ("source", "web")])
    assert sent.headers["host"] == recorder.address.removeprefix("http://")


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.returns.endswith("Page")], ids=str)
def test_every_list_can_be_gone_through_by_its_next(
    recorder: Recorder, client: AuthenticatedClient, operation: Any
) -> None:
    if "cursor" not in operation.module.sync.__annotations__:
        pytest.skip("a search has one page")
    page = sample(operation.returns)
    recorder.says(page)
    operation.module.sync(**operation.arguments(), client=client)
    path = recorder.only.path
    recorder.says({**page, "next": f"{recorder.base_url.removesuffix('/v1')}{path}?cursor=Mg%3D%3D"})
    first = operation.module.sync(**operation.arguments(), client=client)
    operation.module.sync(**operation.arguments(), cursor=first.next, client=client)
    assert recorder.sent[-1].path == path
    assert ("cursor", "Mg==") in recorder.sent[-1].query


def test_the_usual_port_is_the_same_as_none() -> None:
    client = AuthenticatedClient("https://api.example/v1", token=TOKEN)
    call = list_predictions._call_of(cursor="https://api.example:443/v1/predictions?cursor=x")
    assert client.arguments(call)["params"]["cursor"] == ["x"]
    with pytest.raises(ForeignCursor):
        client.arguments(list_predictions._call_of(cursor="http://api.example:443/v1/predictions?cursor=x"))
