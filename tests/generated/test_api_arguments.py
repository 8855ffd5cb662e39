"""Arguments stay what they are: one segment, one parameter, one header, one cookie; or nothing is sent."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from calling import TOKEN, call, sync_and_async
from described import OPERATIONS, Described
from own_samples import sample

from replicatekit_api import AuthenticatedClient
from replicatekit_api.api.collections import get as get_collection
from replicatekit_api.api.models import list as list_models
from replicatekit_api.api.predictions import create, get
from replicatekit_api.api.predictions import list as list_predictions
from replicatekit_api.api.search import search
from replicatekit_api.errors import InvalidArgument
from replicatekit_api.models import ModelSortKey, SortDirection
from replicatekit_api.types import UNSET

if TYPE_CHECKING:
    from recording_server import Recorder

SEGMENTS = [
    "a/b",
    "a/../b",
    "../x",
    "%2F",
    "%2e%2e",
    "%2e%2e%2f",
    "a?b=c",
    "a#b",
    "a b",
    "a\\b",
    "ü🐚",
    "...",
    ".a",
    "~",
]
SEGMENTS += [
    "a;b=c",
    "a\r\nX: y",
    "\t",
    "http://evil.example/",
    "//evil.example",
    "@evil.example",
    "a%",
    "{owner}",
    "\x00",
]
NO_SEGMENTS: list[Any] = ["", ".", "..", "half \ud83d", None, UNSET, {}, [], b"bytes", object()]


@pytest.mark.parametrize("segment", SEGMENTS)
@sync_and_async
def test_a_path_parameter_stays_one_segment(
    recorder: Recorder, client: AuthenticatedClient, way: str, segment: str
) -> None:
    recorder.says(sample("Prediction"))
    call(way, get, client, segment)
    lead, _, last = recorder.only.path.rpartition("/")
    assert lead == "/v1/predictions"
    assert unquote(last) == segment
    assert recorder.only.query == []
    assert recorder.only.headers["host"] == recorder.address.removeprefix("http://")


@pytest.mark.parametrize("segment", NO_SEGMENTS, ids=range(len(NO_SEGMENTS)))
def test_what_is_no_segment_is_refused_by_the_arguments_name(
    recorder: Recorder, client: AuthenticatedClient, segment: Any
) -> None:
    with pytest.raises(InvalidArgument, match="prediction_id"):
        get.sync(segment, client=client)
    assert not recorder.sent


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.given("path")], ids=str)
def test_no_path_parameter_of_any_operation_leads_elsewhere(
    recorder: Recorder, client: AuthenticatedClient, operation: Described
) -> None:
    for name in operation.given("path"):
        for wrong in ("", ".", ".."):
            with pytest.raises(InvalidArgument, match=name):
                operation.module.sync(**{**operation.arguments(), name: wrong}, client=client)
    assert not recorder.sent


def test_a_number_is_a_segment_too(recorder: Recorder, client: AuthenticatedClient) -> None:
    recorder.says(sample("Collection"))
    get_collection.sync(7, client=client)  # type: ignore[arg-type]
    assert recorder.only.path == "/v1/collections/7"


VALUES = ["a&b=c", "a=b", "a#b", "a+b", "a b", "%26", "ü🐚", "\r\nX: y", "", "[1]", "null", "\x00", "a;b"]


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
@sync_and_async
def test_a_query_parameter_stays_one_parameter(
    recorder: Recorder, client: AuthenticatedClient, way: str, value: str
) -> None:
    recorder.says(sample("SearchResult"))
    call(way, search, client, query=value, limit=3)
    assert recorder.only.query == [("query", value), ("limit", "3")]


@pytest.mark.parametrize("value", ["half \ud83d", b"bytes", {}, object(), "x" * 100_000], ids=range(5))
def test_what_no_query_can_hold_is_refused(recorder: Recorder, client: AuthenticatedClient, value: Any) -> None:
    with pytest.raises(InvalidArgument):
        search.sync(client=client, query=value)
    assert not recorder.sent


def test_dates_and_words_are_sent_as_the_api_writes_them(recorder: Recorder, client: AuthenticatedClient) -> None:
    recorder.says(sample("PredictionPage"))
    moment = datetime(2026, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=-5)))
    list_predictions.sync(client=client, created_after=moment, created_before=moment.replace(tzinfo=None), source="web")
    assert recorder.only.query == [
        ("created_after", "2026-02-03T04:05:06-05:00"),
        ("created_before", "2026-02-03T04:05:06+00:00"),
        ("source", "web"),
    ]
    recorder.says(sample("ModelPage"))
    list_models.sync(client=client, sort_by=ModelSortKey.MODEL_CREATED_AT, sort_direction="asc")
    assert recorder.sent[-1].query == [("sort_by", "model_created_at"), ("sort_direction", SortDirection.ASC.value)]


HEADER_VALUES = [
    "wait\r\nX-Evil: y",
    "wait\nX-Evil: y",
    "wait\rX",
    "wait\x00",
    "wait\x0b",
    "wait\x85",
    "wait\u2028",
    "wäit",
]
HEADER_VALUES += [" wait", "wait ", "\twait", "half \ud83d", "wait\x7f"]


@pytest.mark.parametrize("value", HEADER_VALUES, ids=range(len(HEADER_VALUES)))
@pytest.mark.parametrize("name", ["prefer", "cancel_after"])
@sync_and_async
def test_a_header_cannot_become_two(
    recorder: Recorder, client: AuthenticatedClient, way: str, name: str, value: str
) -> None:
    with pytest.raises(InvalidArgument, match=f"(?i){name.replace('_', '-')}"):
        call(way, create, client, body={"version": "v", "input": {}}, **{name: value})
    assert not recorder.sent


@pytest.mark.parametrize("value", ["wait\r\nX-Evil: y", "\ud83d", "\u2028", "x\n", "\x7f"])
@pytest.mark.parametrize("place", ["value", "name"])
@sync_and_async
def test_the_clients_own_headers_cannot_become_two_and_are_not_shown(
    recorder: Recorder, client: AuthenticatedClient, way: str, place: str, value: str
) -> None:
    headers = {"X-Own": f"s3cret{value}"} if place == "value" else {f"X-Own{value}": "s3cret"}
    with pytest.raises(InvalidArgument, match="X-Own") as caught:
        call(way, get, client.with_headers(headers), "an-id")
    assert "s3cret" not in f"{caught.value} {caught.value!r}"
    assert caught.value.__context__ is None
    assert not recorder.sent


@pytest.mark.parametrize("ending", ["\n", "\r\n", " ", "\x00", "\u2026", "\ud83d", "\nX-Evil: y"])
@sync_and_async
def test_a_token_with_a_lines_end_is_refused_without_being_shown(recorder: Recorder, way: str, ending: str) -> None:
    client = AuthenticatedClient(recorder.base_url, token=TOKEN + ending)
    with pytest.raises(InvalidArgument, match="Authorization") as caught:
        call(way, get, client, "an-id")
    assert TOKEN not in f"{caught.value} {caught.value!r}"
    assert caught.value.__context__ is None
    assert not recorder.sent


@pytest.mark.parametrize(
    "cookies", [{"a": "b; c=d"}, {"a; b": "c"}, {"a": "b\r\nX: y"}, {"a": "ü"}, {"a=b": "c"}, {"": "c"}, {"a": '"'}]
)
@sync_and_async
def test_a_cookie_cannot_become_two(
    recorder: Recorder, client: AuthenticatedClient, way: str, cookies: dict[str, str]
) -> None:
    with pytest.raises(InvalidArgument, match="cookie"):
        call(way, get, client.with_cookies(cookies), "an-id")
    assert not recorder.sent


def test_headers_and_cookies_are_sent_once_the_later_in_place_of_the_earlier(
    recorder: Recorder, client: AuthenticatedClient
) -> None:
    recorder.says(sample("Prediction"))
    other = client.with_headers({"X-One": "1", "prefer": "respond-async"}).with_headers({"x-one": "2"})
    create.sync(client=other.with_cookies({"a": "1", "b": "2"}), body={"version": "v", "input": {}}, prefer="wait")
    names = [name.lower() for name, _ in recorder.only.fields]
    assert len(names) == len(set(names))
    assert recorder.only.headers["x-one"] == "2"
    assert recorder.only.headers["prefer"] == "wait"
    assert recorder.only.headers["cookie"] == "a=1; b=2"
