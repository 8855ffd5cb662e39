"""Requests that the API's document does not know, over real HTTP and in each way to call."""

from __future__ import annotations

import pytest

from replicatekit import errors


@pytest.fixture
def client(way, sandbox):
    return way.client(sandbox, max_retries=1, headers={"x-mine": "secret"}, verify=False)


def test_a_path_is_one_below_the_base_url(client, sandbox):
    for path in ("/account", "account"):
        answer = client.request("get", path)
        assert (answer.status_code, answer.json()["username"]) == (200, "sandbox")
    assert [each.path for each in sandbox.requests] == ["/v1/account"] * 2
    assert sandbox.requests[0].headers["authorization"] == f"Bearer {sandbox.token}"
    assert sandbox.requests[0].headers["x-mine"] == "secret"


def test_a_query_a_body_and_headers_are_sent_as_they_are_given(client, sandbox):
    answer = client.request(
        "POST",
        "/models/sandbox/story/predictions",
        params={"a": "ä b", "b": None},
        json={"input": {"prompt": "Ü"}},
        headers={"prefer": "wait=5"},
    )
    assert answer.json()["model"] == "sandbox/story"
    request = sandbox.requests[0]
    assert request.query == {"a": "ä b"}
    assert request.json() == {"input": {"prompt": "Ü"}}
    assert (request.headers["prefer"], request.headers["content-type"]) == ("wait=5", "application/json")


def test_a_query_in_the_path_stays_beside_the_parameters(client, sandbox):
    client.request("GET", "/predictions?source=web&x=a%20b", params={"created_after": "2026-01-01T00:00:00Z"})
    assert sandbox.requests[0].query == {"source": "web", "x": "a b", "created_after": "2026-01-01T00:00:00Z"}


def test_content_goes_as_it_is(client, sandbox):
    found = client.request("QUERY", "/models", content="painter", headers={"content-type": "text/plain"}).json()
    assert [each["name"] for each in found["results"]] == ["painter"]
    assert sandbox.requests[0].body == b"painter"


def test_a_status_that_says_no_is_the_error_of_its_kind(client):
    with pytest.raises(errors.NotFoundError) as met:
        client.request("GET", "/models/nobody/nothing")
    assert met.value.problem.detail
    with pytest.raises(errors.UnprocessableError) as met:
        client.request("POST", "/predictions", json={"version": "x", "input": {}, "unknown": 1})
    assert met.value.invalid_fields


def test_an_answer_without_a_body_is_an_answer(client, sandbox):
    made = client.request(
        "POST", "/models", json={"owner": "sandbox", "name": "a", "hardware": "cpu", "visibility": "private"}
    )
    assert made.status_code == 201
    assert client.request("DELETE", "/models/sandbox/a").status_code == 204


def test_a_read_is_repeated_and_a_create_is_not(client, sandbox):
    sandbox.fail_next(path="/account", status=503)
    assert client.request("GET", "/account").status_code == 200
    sandbox.fail_next(path="/predictions", status=503)
    with pytest.raises(errors.ServerError):
        client.request("POST", "/predictions", json={})
    assert [each.method for each in sandbox.requests] == ["GET", "GET", "POST"]


def test_a_create_whose_answer_is_lost_says_so(client, sandbox):
    sandbox.fail_next(path="/models/sandbox/story/predictions", cut="response", at=0)
    with pytest.raises(errors.OutcomeUnknownError):
        client.request("POST", "/models/sandbox/story/predictions", json={"input": {}})
    assert sandbox.creates == 1


def test_the_token_goes_with_a_whole_url_of_the_api(client, sandbox):
    assert client.request("GET", f"{sandbox.base_url}/account").status_code == 200
    assert sandbox.requests[0].headers["authorization"]


def test_neither_token_nor_headers_go_anywhere_else(client, sandbox):
    with pytest.raises(errors.NotFoundError):
        client.request("GET", f"{sandbox.delivery_url}/pbxt/nothing", headers={"accept": "image/png"})
    (request,) = sandbox.requests
    assert request.host == "delivery"
    assert "authorization" not in request.headers
    assert "x-mine" not in request.headers
    assert request.headers["accept"] == "image/png"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://api.replicate.com/account",
        "https://me:secret@api.replicate.com/account",
        "//evil.example/account",
        "file:///etc/passwd",
    ],
)
def test_to_some_urls_no_request_is_made_at_all(client, url):
    with pytest.raises(errors.ForbiddenURLError):
        client.request("GET", url)


def test_a_redirect_is_not_followed(client, sandbox):
    sandbox.fail_next(path="/account", redirect=f"{sandbox.delivery_url}/x")
    with pytest.raises(errors.APIStatusError) as met:
        client.request("GET", "/account")
    assert met.value.status == 307
    assert [each.host for each in sandbox.requests] == ["api"]


def test_the_timeout_is_for_all_attempts(client, sandbox):
    sandbox.fail_next(path="/account", delay=5)
    with pytest.raises(errors.APITimeoutError):
        client.request("GET", "/account", timeout=0.15)


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("GET /", {}),
        ("", {}),
        ("POST", {"json": {}, "content": b""}),
        ("POST", {"json": {"a": float("nan")}}),
        ("POST", {"json": object()}),
        ("POST", {"content": ["a"]}),
        ("GET", {"headers": {"Authorization": "Bearer another"}}),
        ("GET", {"headers": {"x-a": "a\r\nx-b: b"}}),
        ("GET", {"timeout": 0}),
    ],
)
def test_what_cannot_be_sent_is_refused(client, sandbox, method, options):
    with pytest.raises(errors.InvalidArgument):
        client.request(method, "/account", **options)
    assert sandbox.requests == []
