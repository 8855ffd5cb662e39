"""Where the API is: base URLs as people write them, gateways, tokens, and what is said when nobody answers."""

from __future__ import annotations

import logging
import os
import re
import socket
import subprocess
import sys

import httpx
import pytest
from support.models import add_models

from replicatekit import Client, errors

GATEWAY = "https://gateway.example/v1/acct/gw/replicate"
API = "https://api.replicate.com/v1"
PREDICTION = {
    "id": "p1",
    "status": "succeeded",
    "output": f"{API}/files/f1/download?expiry=1",
    "urls": {"get": f"{API}/predictions/p1", "stream": "https://stream.replicate.com/v1/files/p1"},
}


def client_of(way, handle, **options):
    requests = []

    def answer(request):
        requests.append(request)
        return handle(request)

    return way.client(token="r8_secret_token", transport=httpx.MockTransport(answer), **options), requests


def test_the_published_apis_own_urls_are_requested_at_the_gateway(way):
    def handle(request):
        if "cursor" in request.url.params:
            return httpx.Response(200, json={"results": [{"id": "p2"}], "next": None})
        if request.method == "GET" and request.url.path.endswith("/predictions"):
            following = f"{API}/predictions?cursor=abc%3D&created_after=2024"
            return httpx.Response(200, json={"results": [{"id": "p1"}], "next": following, "previous": None})
        return httpx.Response(200, json=PREDICTION)

    client, requests = client_of(way, handle, base_url=GATEWAY)
    assert [each.id for each in client.predictions.list()] == ["p1", "p2"]
    assert str(requests[1].url) == f"{GATEWAY}/predictions?cursor=abc%3D&created_after=2024"
    client.request("GET", f"{API}/predictions/p1?x=1")
    assert str(requests[2].url) == f"{GATEWAY}/predictions/p1?x=1"
    assert all(each.headers["authorization"] == "Bearer r8_secret_token" for each in requests)
    output = client.run("acme/official", {"text": "a"})
    way.wrap(output).read()
    assert str(requests[-1].url).startswith(f"{GATEWAY}/files/f1/download?expiry=1")
    assert requests[-1].headers["authorization"] == "Bearer r8_secret_token"


def test_the_token_goes_to_the_gateway_alone(way):
    client, requests = client_of(way, lambda request: httpx.Response(200, json={}), base_url=GATEWAY)
    for url in (
        "https://stream.replicate.com/v1/x",
        "https://api.replicate.com/v2/x",
        "https://gateway.example.org/v1",
    ):
        client.request("GET", url)
        assert str(requests[-1].url) == url
        assert "authorization" not in requests[-1].headers


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ("https://api.replicate.com", "https://api.replicate.com/v1/account"),
        (" https://api.replicate.com/v1\n", "https://api.replicate.com/v1/account"),
        ('"https://api.replicate.com/v1"', "https://api.replicate.com/v1/account"),
        ("'https://api.replicate.com' ", "https://api.replicate.com/v1/account"),
        (" ", "https://api.replicate.com/v1/account"),
        ("''", "https://api.replicate.com/v1/account"),
        ("\ufeffhttps://api.replicate.com/v1\r\n", "https://api.replicate.com/v1/account"),
        ("https://api.replicate.com/", "https://api.replicate.com/v1/account"),
        (GATEWAY + "/", f"{GATEWAY}/account"),
    ],
)
def test_base_urls_are_taken_as_people_write_them(way, monkeypatch, given, path):
    monkeypatch.setenv("REPLICATE_BASE_URL", given)
    client, requests = client_of(way, lambda request: httpx.Response(200, json={"username": "me"}))
    assert client.account.get().username == "me"
    assert str(requests[0].url) == path


@pytest.mark.parametrize("given", ["'", "'https://api.replicate.com", "https://a.example/v 1", "${URL}", "None"])
def test_a_base_url_that_cannot_be_one_is_refused_by_the_name_of_its_variable(way, monkeypatch, given):
    monkeypatch.setenv("REPLICATE_BASE_URL", given)
    with pytest.raises(errors.InvalidArgument, match="REPLICATE_BASE_URL cannot be used") as caught:
        way.client(token="made-up")
    assert "https://api.replicate.com/v1" in str(caught.value)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("'", "quotation mark"),
        ("'r8_abc", "quotation mark"),
        ('r8_abc"', "quotation mark"),
        ("r8_`abc`", "quotation mark"),
        ("r8_a bc", "a blank"),
        ("r8_a\tbc", "control character"),
        ("r8_a\r\nbc", "a line end"),
        ("r8_a\x1b[2Jbc", "control character"),
        ("r8_\u200babc", "outside ASCII"),
        ("\u201cr8_abc\u201d", "outside ASCII"),
        ("Bearer r8_abc", "Bearer"),
        ("REPLICATE_API_TOKEN=r8_abc", "REPLICATE_API_TOKEN="),
        ("${REPLICATE_API_TOKEN}", "placeholder"),
        ("<r8_abc>", "placeholder"),
        ("None", "placeholder"),
    ],
)
def test_a_token_that_cannot_be_one_is_refused_with_the_reason_and_not_shown(way, monkeypatch, given, reason):
    monkeypatch.setenv("REPLICATE_API_TOKEN", given)
    with pytest.raises(errors.InvalidArgument, match=reason) as caught:
        way.client()
    assert not isinstance(caught.value, errors.MissingTokenError)
    assert "r8_" not in str(caught.value)
    with pytest.raises(errors.InvalidArgument, match=reason):
        way.client(token=given)
    with pytest.raises(errors.InvalidArgument, match=reason):
        way.client(token="made-up").with_options(token=given)


@pytest.mark.parametrize(
    "given", ['"r8_abc"', "'r8_abc'", ' "r8_abc"\n', "r8_abc", "\ufeffr8_abc\r\n", "\xa0r8_abc", "'\"r8_abc\"'"]
)
def test_the_quotes_of_an_env_file_are_no_part_of_the_token(monkeypatch, given):
    monkeypatch.setenv("REPLICATE_API_TOKEN", given)
    requests = []

    def handle(request):
        requests.append(request)
        return httpx.Response(200, json={"username": "me"})

    with Client(transport=httpx.MockTransport(handle)) as client:
        client.account.get()
    assert requests[0].headers["authorization"] == "Bearer r8_abc"


@pytest.mark.parametrize("path", ["/predictions#/cancel", "/account#x", "#"])
def test_a_path_with_a_fragment_is_refused(way, path):
    client, requests = client_of(way, lambda request: httpx.Response(500))
    with pytest.raises(errors.InvalidArgument, match="fragment"):
        client.request("POST", path)
    assert not requests


def test_what_is_judged_is_what_is_sent(way):
    client, requests = client_of(way, lambda request: httpx.Response(500))
    with pytest.raises(errors.ServerError):
        client.request("POST", "/predictions?x=/cancel")
    assert len(requests) == 1


# What is said when nobody answers


def test_a_connection_that_is_refused_says_where_how_often_and_what_to_check(way):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    client = way.client(token="made-up", base_url=f"http://127.0.0.1:{port}/v1", max_retries=1)
    with pytest.raises(errors.APIConnectionError) as caught:
        client.account.get()
    said = str(caught.value)
    assert f"could not connect to 127.0.0.1:{port}" in said
    assert re.search(r"2 attempts in \d+\.\d s", said)
    assert "REPLICATE_BASE_URL" in said
    assert "python -m replicatekit.sandbox" in said


@pytest.mark.parametrize("options", [{"timeout": 0.2}, {"timeout": httpx.Timeout(5, read=0.2)}])
def test_a_timeout_says_which_limit_it_was_and_how_often_it_was_tried(way, options):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        client = way.client(token="made-up", base_url=f"http://127.0.0.1:{port}/v1", max_retries=1, **options)
        with pytest.raises(errors.APITimeoutError) as caught:
            client.account.get()
        assert f"no response from 127.0.0.1:{port} within 0.2 s" in str(caught.value)
        assert "2 attempts" in str(caught.value)
        with pytest.raises(errors.APITimeoutError, match="deadline") as caught:
            way.client(token="made-up", base_url=f"http://127.0.0.1:{port}/v1").request("GET", "/x", timeout=0.2)


# Rate limits


@pytest.mark.parametrize("reset", ["999999999", "4000000000"], ids=["seconds", "a date"])
def test_a_wait_for_the_rate_limit_is_within_the_deadline_and_logged(way, caplog, reset):
    caplog.set_level(logging.INFO, "replicatekit")
    headers = {"ratelimit-remaining": "0", "ratelimit-reset": reset}
    client, requests = client_of(way, lambda request: httpx.Response(200, json={}, headers=headers))
    client.request("GET", "/account")
    with pytest.raises(errors.APITimeoutError, match="rate limit"):
        client.request("GET", "/account", timeout=0.3)
    assert len(requests) == 1
    assert any("waits for the API's rate limit" in each.getMessage() for each in caplog.records)


def test_the_headers_of_other_hosts_set_no_pace(way):
    headers = {"ratelimit-remaining": "0", "ratelimit-reset": "999999999"}
    client, requests = client_of(way, lambda request: httpx.Response(200, json={}, headers=headers))
    for _ in range(10):
        client.request("GET", "https://files.example/x", timeout=1.0)
    assert len(requests) == 10


# What a server repeats


def test_a_token_that_a_server_repeats_is_shown_nowhere(way, sandbox):
    token = "r8_" + "Secret" * 6
    models = add_models(sandbox)
    client = way.client(models, token=token, max_retries=0)
    said = {"detail": f"Bearer {token} is no token", "title": token, "invalid_fields": [{"field": token}]}
    models.fail_next(times=None, status=422, body=said, headers={"x-echo": token})
    for call in (client.account.get, lambda: client.request("GET", "/account")):
        with pytest.raises(errors.UnprocessableError) as caught:
            call()
        error = caught.value
        shown = f"{error} {error!r} {error.body!r} {error.problem!r} {error.problem.to_dict()} {error.headers}"
        assert token not in shown
        assert "[token]" in shown
    models.clear_faults()
    models.fail_next(times=None, status=200, body=f"<html>{token}")
    with pytest.raises(errors.DecodingError) as caught:
        client.account.get()
    assert token.encode() not in caught.value.body


# The log


def test_the_environment_turns_the_log_on(sandbox):
    program = "import replicatekit; replicatekit.Client().account.get(); replicatekit.Client().predictions.list()"
    for level, is_shown in (("debug", True), ("info", False), ("nonsense", False)):
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, **sandbox.environment, "REPLICATEKIT_LOG": level},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert ("DEBUG replicatekit: GET " in done.stderr) == is_shown
        assert sandbox.token not in done.stderr


def test_every_request_is_logged_streams_too(way, sandbox, caplog):
    caplog.set_level(logging.DEBUG, "replicatekit")
    models = add_models(sandbox)
    way.client(models).stream("acme/words", {"text": "a b"}).text()
    assert any("text/event-stream" in each.getMessage() for each in caplog.records)
    assert sandbox.token not in caplog.text
