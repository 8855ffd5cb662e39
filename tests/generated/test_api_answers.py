"""What comes back when it is not what was asked for: one error of the package's own, that says what came."""

from __future__ import annotations

import copy
import gzip
import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from calling import TOKEN, call, each_way, sync_and_async
from described import OPERATIONS, Described
from own_samples import sample
from recording_server import Answer

from replicatekit_api.api.deployments import delete as delete_deployment
from replicatekit_api.api.files import delete as delete_file
from replicatekit_api.api.files import download
from replicatekit_api.api.hardware import list as list_hardware
from replicatekit_api.api.models_readme import get as get_readme
from replicatekit_api.api.predictions import get
from replicatekit_api.errors import ApiError, ResponseError, StatusError, UnreadableResponse
from replicatekit_api.models import Problem

if TYPE_CHECKING:
    from recording_server import Recorder

    from replicatekit_api import AuthenticatedClient

HTML = b"<!DOCTYPE html><html><head><title>Web server is down</title></head><body>" + b"<p>sand</p>" * 400
SAYS_NO = [300, 301, 302, 304, 307, 400, 401, 402, 403, 404, 409, 413, 418, 422, 429, 451, 499]
SAYS_NO += [500, 502, 503, 504, 520, 521, 527, 530, 599, 600, 777, 999]


def get_prediction(way: str, client: AuthenticatedClient) -> Any:
    return call(way, get, client, "an-id")


def failed(way: str, client: AuthenticatedClient, module: Any = get, *args: Any, **kwargs: Any) -> ResponseError:
    """The error of a call; checked for what every such error has."""
    with pytest.raises(ResponseError) as caught:
        call(way, module, client, *(args or ("an-id",)), **kwargs)
    error = caught.value
    assert type(error) in {StatusError, UnreadableResponse}
    assert isinstance(error, ApiError)
    assert TOKEN not in f"{error} {error!r}"
    assert str(error).encode()
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again) is type(error)
        assert str(again) == str(error)
        assert (again.status_code, again.content, again.request_id) == (
            error.status_code,
            error.content,
            error.request_id,
        )
        assert again.headers == error.headers
        assert getattr(again, "problem", None) == getattr(error, "problem", None)
    return error


@pytest.mark.parametrize("status", [200, 201, 202, 206, 226, 299])
@each_way
def test_any_success_is_read_whichever_was_declared(
    recorder: Recorder, client: AuthenticatedClient, way: str, status: int
) -> None:
    recorder.says(sample("Prediction"), status)
    result = get_prediction(way, client)
    assert getattr(result, "parsed", result).to_dict() == sample("Prediction")


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
@pytest.mark.parametrize("body", [b"", b'{"detail": "gone"}', b"<html>"])
@sync_and_async
def test_where_nothing_is_promised_anything_is_fine(
    recorder: Recorder, client: AuthenticatedClient, way: str, status: int, body: bytes
) -> None:
    recorder.answer = Answer(status, b"" if status == 204 else body)
    assert call(way, delete_deployment, client, "o", "n").parsed is None
    assert call(way, delete_file, client, "f").status_code == status


@pytest.mark.parametrize("status", SAYS_NO)
@sync_and_async
def test_any_other_status_raises_with_the_problem_parsed(
    recorder: Recorder, client: AuthenticatedClient, way: str, status: int
) -> None:
    problem = {**sample("Problem"), "status": status}
    bodies = status != 304
    recorder.says(problem, status, media_type="application/problem+json", **{"X-Request-Id": "r-123"})
    if not bodies:
        recorder.answer = Answer(status, b"", {"X-Request-Id": "r-123"})
    error = failed(way, client)
    assert isinstance(error, StatusError)
    assert error.status_code == status
    assert error.request_id == "r-123"
    assert str(status) in str(error)
    assert "r-123" in str(error)
    if bodies:
        assert isinstance(error.problem, Problem)
        assert error.problem.to_dict() == problem
        assert error.problem.invalid_fields is not None
        assert error.problem.invalid_fields[0].field == "input.depth"
        assert "deeper than the sea" in str(error)
        assert json.loads(error.content) == problem


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
@sync_and_async
def test_no_operation_answers_none_for_failure(
    recorder: Recorder, client: AuthenticatedClient, operation: Described, way: str
) -> None:
    for status in (302, 404, 422, 500, 520):
        recorder.says({"title": "No", "detail": "not today"}, status)
        with pytest.raises(StatusError, match="not today") as caught:
            call(way, operation.module, client, **operation.arguments())
        assert caught.value.problem.detail == "not today"
        assert caught.value.method == operation.method


@pytest.mark.parametrize("status", [404, 500, 502, 520, 524])
@pytest.mark.parametrize(
    "body", [HTML, b"", b"error code: 520", b"{", b"[1]", b'"no"', b"null", b"\xff\xfe", b"\x00" * 9], ids=range(9)
)
@sync_and_async
def test_what_a_proxy_says_is_in_the_error(
    recorder: Recorder, client: AuthenticatedClient, way: str, status: int, body: bytes
) -> None:
    recorder.answer = Answer(status, body, {"Content-Type": "text/html", "cf-ray": "8a1b-AMS"})
    error = failed(way, client)
    assert isinstance(error, StatusError)
    assert (error.status_code, error.problem, error.content) == (status, None, body)
    assert error.request_id == "8a1b-AMS"
    assert len(str(error)) < 500
    if body == HTML:
        assert "Web server is down" in str(error)
        assert str(error).endswith("... (request 8a1b-AMS)")


UNREADABLE = {
    "html": HTML,
    "empty": b"",
    "text": b"not json",
    "list": b'[{"id": "a"}]',
    "string": b'"id"',
    "number": b"7",
    "null": b"null",
    "truncated": json.dumps(sample("Prediction")).encode()[:-20],
    "two": b"{} {}",
    "invalid UTF-8": b'{"id": "\xff\xfe"}',
    "half UTF-16": b'\xff\xfe{\x00"',
    "huge number": b'{"id": ' + b"1" * 5000 + b"}",
    "deep": b'{"output": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "nul": b"\x00\x00\x00\x00",
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
@sync_and_async
def test_an_answer_that_cannot_be_read_is_one_error(
    recorder: Recorder, client: AuthenticatedClient, way: str, body: bytes
) -> None:
    recorder.answer = Answer(200, body, {"Content-Type": "application/json", "x-request-id": "r-9"})
    error = failed(way, client)
    assert isinstance(error, UnreadableResponse)
    assert (error.status_code, error.request_id, error.content) == (200, "r-9", body)
    assert "200" in str(error)
    assert body[:40].decode("utf-8", "replace").strip("\x00\ufffd").replace("\x00", "\ufffd") in str(error)
    assert len(str(error)) < 600


@sync_and_async
def test_an_object_for_a_list_is_unreadable_too(recorder: Recorder, client: AuthenticatedClient, way: str) -> None:
    recorder.says({"results": []})
    with pytest.raises(UnreadableResponse, match="dict"):
        call(way, list_hardware, client)


@sync_and_async
def test_items_of_a_list_that_do_not_fit_are_left_out(
    recorder: Recorder, client: AuthenticatedClient, way: str
) -> None:
    recorder.says([{"sku": "cpu", "name": "CPU"}, None, "gpu", {"sku": 7}])
    answer = call(way, list_hardware, client)
    assert [each.sku for each in answer.parsed] == ["cpu", ""]
    assert len(json.loads(answer.content)) == 4


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "gzip, gzip"])
@pytest.mark.parametrize("status", [200, 404, 500])
@sync_and_async
def test_a_broken_content_encoding_keeps_status_and_request_id(
    recorder: Recorder, client: AuthenticatedClient, way: str, status: int, encoding: str
) -> None:
    recorder.answer = Answer(status, b"this is not compressed", {"Content-Encoding": encoding, "x-request-id": "r-8"})
    error = failed(way, client)
    assert isinstance(error, UnreadableResponse if status == 200 else StatusError)
    assert (error.status_code, error.request_id) == (status, "r-8")
    assert "encoding" in str(error)


@sync_and_async
def test_after_an_unreadable_answer_the_client_goes_on(
    recorder: Recorder, client: AuthenticatedClient, way: str
) -> None:
    recorder.answer = Answer(200, b"this is not compressed", {"Content-Encoding": "gzip"})
    failed(way, client)
    recorder.says(sample("Prediction"))
    assert get_prediction(way, client).parsed.id == "q4m0limpet7rgp0"


@sync_and_async
def test_a_compressed_answer_is_read(recorder: Recorder, client: AuthenticatedClient, way: str) -> None:
    packed = gzip.compress(json.dumps(sample("Prediction")).encode())
    recorder.answer = Answer(200, packed, {"Content-Encoding": "gzip", "Content-Type": "application/json"})
    assert get_prediction(way, client).parsed.to_dict() == sample("Prediction")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32-be"])
def test_json_is_read_in_any_encoding_of_json(recorder: Recorder, client: AuthenticatedClient, encoding: str) -> None:
    recorder.answer = Answer(200, json.dumps(sample("Prediction"), ensure_ascii=False).encode(encoding))
    assert get.sync("a", client=client).to_dict() == sample("Prediction")


@pytest.mark.parametrize(
    "charset",
    ["", "utf-8", "latin-1", "hex", "base64", "rot13", "zlib", "idna", "punycode", "unknown", "\xff", '"'],
    ids=range(12),
)
def test_text_is_read_whatever_its_charset_is_said_to_be(
    recorder: Recorder, client: AuthenticatedClient, charset: str
) -> None:
    body = b"# Limpet \xff\xc3\xbc"
    recorder.answer = Answer(200, body, {"Content-Type": f"text/plain; charset={charset}"})
    assert "Limpet" in get_readme.sync("o", "n", client=client)


LOCATIONS = [
    "http://evil.example/v1",
    "//evil.example",
    "/elsewhere",
    "http://[",
    "\xff",
    "",
    "https://x:99999/",
    "a b",
]


@pytest.mark.parametrize("location", LOCATIONS, ids=range(len(LOCATIONS)))
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@sync_and_async
def test_a_redirect_is_an_error_and_is_not_followed(
    recorder: Recorder, client: AuthenticatedClient, way: str, status: int, location: str
) -> None:
    recorder.answer = Answer(status, b"moved", {"Location": location})
    error = failed(way, client)
    assert error.status_code == status
    assert len(recorder.sent) == 1


@sync_and_async
def test_a_token_that_the_server_says_again_is_not_in_the_message(
    recorder: Recorder, client: AuthenticatedClient, way: str
) -> None:
    said = {"detail": f"no account has the token {TOKEN}"}
    recorder.says(said, 401)
    error = failed(way, client)
    assert "no account has the token" in str(error)
    recorder.answer = Answer(200, f"<pre>Authorization: Bearer {TOKEN}</pre>".encode())
    assert "Authorization: Bearer" in str(failed(way, client))


@sync_and_async
def test_a_signature_in_a_query_is_not_in_the_message(
    recorder: Recorder, client: AuthenticatedClient, way: str
) -> None:
    recorder.says({"detail": "expired"}, 404)
    error = failed(way, client, download, "F1le", owner="wren", expiry=1, signature="s3cret-signature")
    assert "s3cret" not in f"{error} {error!r} {error.url}"
    assert error.url.endswith("/v1/files/F1le/download")


@pytest.mark.parametrize("detail", ["half \ud83d", "\x1b[2J\x1b[31mred", "line\r\nline", "x" * 100_000, ["a list"], {}])
def test_a_message_can_be_printed_anywhere(recorder: Recorder, client: AuthenticatedClient, detail: Any) -> None:
    recorder.says({"detail": detail}, 422)
    error = failed("sync", client)
    assert isinstance(error, StatusError)
    assert error.problem["detail"] == detail
    assert "\x1b" not in str(error)
    assert len(str(error)) < 600


def test_a_problem_without_a_detail_says_its_title(recorder: Recorder, client: AuthenticatedClient) -> None:
    recorder.says({"title": "Payment required"}, 402)
    assert "402: Payment required" in str(failed("sync", client))


@sync_and_async
def test_an_answer_of_no_api_keeps_its_headers(recorder: Recorder, client: AuthenticatedClient, way: str) -> None:
    recorder.says(sample("Prediction"), **{"ratelimit-remaining": "599", "X-Request-Id": "r-1"})
    answer = get_prediction(way, client)
    assert (answer.status_code, answer.request_id, answer.headers["RateLimit-Remaining"]) == (200, "r-1", "599")
    assert "r-1" not in repr(answer)
