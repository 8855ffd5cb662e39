"""Requests of web frameworks whose body cannot be read any more, and those whose body is a file."""

from __future__ import annotations

import asyncio
import io
import json
import time
from typing import Any

import pytest

from replicatekit import webhooks
from replicatekit.errors import InvalidArgument, WebhookHeaderError, WebhookPayloadError

SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
BODY = json.dumps({"id": "p1", "status": "succeeded", "output": "hello"}).encode()


def environ(headers: dict[str, str]) -> dict[str, Any]:
    named = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/",
        "SERVER_NAME": "x",
        "SERVER_PORT": "80",
        "wsgi.input": io.BytesIO(BODY),
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(BODY)),
        **named,
    }


@pytest.fixture
def signed():
    return environ(webhooks.sign(BODY, SECRET))


def test_a_django_request_whose_body_was_read_is_refused_with_the_reason(signed):
    django = pytest.importorskip("django")
    from django.conf import settings

    if not settings.configured:
        settings.configure(ALLOWED_HOSTS=["*"])
    django.setup()
    from django.core.handlers.wsgi import WSGIRequest

    request = WSGIRequest(signed)
    request.read()
    with pytest.raises(InvalidArgument, match="cannot read the body of this WSGIRequest") as caught:
        webhooks.unwrap(request, SECRET)
    assert "webhooks.verify(body, headers, secret)" in str(caught.value)


def test_a_flask_request_whose_body_was_read_is_refused_with_the_reason(signed):
    flask = pytest.importorskip("flask")
    request = flask.Request(signed)
    request.stream.read()
    with pytest.raises(InvalidArgument, match="its body has been read"):
        webhooks.unwrap(request, SECRET)


def test_a_starlette_request_whose_body_was_read_is_refused_with_the_reason():
    requests = pytest.importorskip("starlette.requests")

    async def receive():
        return {"type": "http.request", "body": BODY, "more_body": False}

    async def main():
        headers = [(name.encode(), value.encode()) for name, value in webhooks.sign(BODY, SECRET).items()]
        request = requests.Request({"type": "http", "method": "POST", "headers": headers}, receive)
        async for _ in request.stream():
            pass
        with pytest.raises(InvalidArgument, match="cannot read the body of this Request"):
            await webhooks.async_unwrap(request, SECRET)

    asyncio.run(main())


class BottleRequest:
    """As bottle's: the body is a file that each access rewinds, and the headers are a mapping."""

    def __init__(self, headers, body=BODY):
        self.headers = headers
        self._body = io.BytesIO(body)

    @property
    def body(self):
        self._body.seek(0)
        return self._body


def test_a_request_whose_body_is_a_file_is_verified():
    request = BottleRequest(webhooks.sign(BODY, SECRET))
    request.body.read()
    assert webhooks.unwrap(request, SECRET).id == "p1"
    assert asyncio.run(webhooks.async_unwrap(request, SECRET)).id == "p1"


def test_an_empty_body_without_a_length_is_judged_by_its_signature():
    with pytest.raises(WebhookHeaderError):
        webhooks.unwrap(BottleRequest({}, b""), SECRET)


def test_a_body_that_nests_too_deeply_is_refused_and_not_a_recursion_error():
    deep = b'{"id": "p1", "status": "succeeded", "output": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    headers = webhooks.sign(deep, SECRET, timestamp=time.time())
    try:
        prediction = webhooks.verify(deep, headers, SECRET)
    except WebhookPayloadError:
        return  # as deep as the JSON reader goes, which depends on the extra `fast`
    assert webhooks.DeliveryTracker().is_new(prediction)


def test_the_docstring_of_the_async_function_is_about_async_frameworks():
    text = webhooks.async_unwrap.__doc__ or ""
    assert "FastAPI" in text
    assert "Flask" not in text
    assert "use `async_unwrap`" not in text
