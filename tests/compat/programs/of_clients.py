"""Clients: tokens, headers, errors, what is tried again."""

from __future__ import annotations

import os
from unittest import mock

import httpx
from context import program, shown, told
from of_running import prediction

ACCOUNT = {"type": "user", "username": "me", "name": "Me", "github_url": None}


def environment(**variables):
    return mock.patch.dict(os.environ, variables)


@program
async def a_token_is_sent(c):
    return await c.do(c.answering((200, ACCOUNT), api_token="given").accounts, "current")


@program
async def a_token_of_the_environment(c):
    client = c.answering((200, ACCOUNT), api_token=None)
    with environment(REPLICATE_API_TOKEN="later"):
        await c.do(client.accounts, "current")


@program
async def a_given_token_comes_first(c):
    with environment(REPLICATE_API_TOKEN="other"):
        await c.do(c.answering((200, ACCOUNT), api_token="given").accounts, "current")


@program
async def no_token(c):
    with mock.patch.dict(os.environ):
        os.environ.pop("REPLICATE_API_TOKEN", None)
        client = c.answering((401, {"title": "Unauthenticated", "detail": "no token", "status": 401}), api_token=None)
        return await c.error(client.accounts, "current")


@program
async def a_token_of_cogs_scope(c):
    cog = mock.MagicMock()
    cog.current_scope.return_value.context = {"replicate_api_token": "scoped"}
    client = c.answering((200, ACCOUNT), api_token=None)
    with environment(REPLICATE_API_TOKEN="other"), mock.patch.dict("sys.modules", {"cog": cog}):
        await c.do(client.accounts, "current")


@program
async def a_scope_of_cog_without_a_token(c):
    told = []
    for scope in (None, mock.MagicMock(context={}), mock.MagicMock(context=None)):
        cog = mock.MagicMock()
        cog.current_scope.return_value = scope
        client = c.answering((200, ACCOUNT), api_token=None)
        with environment(REPLICATE_API_TOKEN="other"), mock.patch.dict("sys.modules", {"cog": cog}):
            told.append(await c.do(client.accounts, "current"))
    return told


@program
async def headers_of_ones_own(c):
    client = c.answering((200, ACCOUNT), headers={"X-Own": "1", "User-Agent": "mine/1"})
    await c.do(client.accounts, "current")


@program
async def an_authorization_of_ones_own(c):
    client = c.answering((200, ACCOUNT), headers={"Authorization": "Bearer mine"})
    await c.do(client.accounts, "current")


@program
async def the_name_of_the_client_can_be_given(c):
    names = []

    def handle(request):
        names.append(request.headers["user-agent"])
        return httpx.Response(200, json=ACCOUNT)

    await c.do(c.routed(handle, headers={"User-Agent": "mine/1"}).accounts, "current")
    return names


@program
async def the_name_of_the_client(c):
    names = []

    def handle(request):
        names.append(request.headers["user-agent"].partition("/")[0])
        return httpx.Response(200, json=ACCOUNT)

    await c.do(c.routed(handle).accounts, "current")
    return names


@program
async def a_base_url(c):
    for url in ("https://proxy.example", "https://proxy.example/", "https://proxy.example/replicate"):
        await c.do(c.answering((200, ACCOUNT), base_url=url).accounts, "current")


@program
async def a_base_url_of_the_environment(c):
    with environment(REPLICATE_BASE_URL="https://proxy.example"):
        await c.do(c.answering((200, ACCOUNT)).accounts, "current")


@program
async def an_empty_base_url_of_the_environment(c):
    with environment(REPLICATE_BASE_URL=""):
        await c.do(c.answering((200, ACCOUNT)).accounts, "current")


@program
async def how_often_it_looks(c):
    with environment(REPLICATE_POLL_INTERVAL="0.25"):
        changed = c.replicate.Client(api_token="x").poll_interval
    return [changed, c.replicate.Client(api_token="x").poll_interval]


@program
async def parts_of_a_client(c):
    names = (
        "accounts",
        "collections",
        "deployments",
        "files",
        "hardware",
        "models",
        "predictions",
        "trainings",
        "webhooks",
    )
    return [type(getattr(c.client, name)).__name__ for name in names]


@program
async def parts_of_the_module(c):
    names = (
        "run",
        "async_run",
        "stream",
        "async_stream",
        "paginate",
        "async_paginate",
        "Client",
        "default_client",
        "collections",
        "deployments",
        "files",
        "hardware",
        "models",
        "predictions",
        "trainings",
        "webhooks",
    )
    modules = (
        "account",
        "client",
        "collection",
        "deployment",
        "exceptions",
        "file",
        "helpers",
        "identifier",
        "model",
        "pagination",
        "prediction",
        "schema",
        "training",
        "version",
        "webhook",
    )
    found = [callable(getattr(c.replicate, name)) for name in names]
    return [
        found,
        [type(c.module(name)).__name__ for name in (*modules, "run", "stream", "hardware")],
        callable(c.replicate.run),
    ]


@program
async def problems_are_told(c):
    problems = [
        (400, {"detail": "Client error occurred"}),
        (401, {"title": "No", "detail": "no token", "status": 401, "type": "about:blank", "instance": "/x"}),
        (402, {"title": "Payment required", "detail": "pay"}),
        (404, {"detail": "Not found."}),
        (409, {}),
        (413, "too much"),
        (422, {"title": "Invalid", "detail": "- input: x", "status": 422, "invalid_fields": []}),
    ]  # fmt: skip
    return [await c.error(c.answering(problem).predictions, "create", version="v1", input={}) for problem in problems]


@program
async def a_server_that_fails_a_create(c):
    return [
        await c.error(c.answering((status, {"detail": "broken"})).predictions, "create", version="v1", input={})
        for status in (500, 502, 503, 504)
    ]


@program
async def an_error_by_hand(c):
    errors = c.module("exceptions")
    made = errors.ReplicateError(type="t", title="T", status=404, detail="d", instance="i")
    parts = errors.ReplicateError(status=404, detail="d")
    from_text = errors.ReplicateError.from_response(httpx.Response(500, text="<html>"))
    from_json = errors.ReplicateError.from_response(httpx.Response(404, json={"detail": "x", "status": 1}))
    return [
        str(made),
        repr(made),
        made.to_dict(),
        str(parts),
        parts.to_dict(),
        str(from_text),
        repr(from_json),
        told(made),
    ]


@program
async def a_model_error_by_hand(c):
    errors = c.module("exceptions")
    known = c.module("prediction").Prediction(**prediction("failed", error="OOM"))
    made = errors.ModelError(known)
    return [
        str(made),
        made.prediction.id,
        made.args,
        issubclass(errors.ReplicateError, errors.ReplicateException),
        str(errors.ReplicateException("x")),
    ]


@program
async def a_read_that_fails_is_tried_again(c):
    client = c.answering((503, "", {"retry-after": "0"}), (429, "", {"retry-after": "0"}), (200, ACCOUNT))
    return await c.do(client.accounts, "current")


@program
async def a_create_that_fails_is_not_tried_again(c):
    client = c.answering((503, {"detail": "down"}, {"retry-after": "0"}))
    return await c.error(client.predictions, "create", version="v1", input={})


@program
async def a_create_that_is_throttled(c):
    client = c.answering((429, {"detail": "slow down"}, {"retry-after": "0"}), (201, prediction("starting")))
    return await c.error(client.predictions, "create", version="v1", input={})


@program
async def no_answer_to_a_create(c):
    def handle(request):
        raise httpx.ReadTimeout("too late", request=request)

    return (await c.error(c.routed(handle).predictions, "create", version="v1", input={}))["of"]


@program
async def an_answer_that_is_not_json(c):
    told = await c.error(c.answering((200, "<html>")).accounts, "current")
    return told["of"]


@program
async def a_page_of_another_host(c):
    client = c.answering((200, {"results": []}))
    return await c.error(client.predictions, "list", "https://other.example/v1/predictions?cursor=x")


@program
async def a_prediction_that_streams_elsewhere(c):
    urls = {"stream": "https://other.example/stream"}
    text = "event: done\nid: 1\ndata: {}\n\n"
    client = c.answering((201, prediction("starting", urls=urls)), (200, text, {"content-type": "text/event-stream"}))
    return await c.items(c.iterating(client, "stream", "a/b"))


@program
async def identifiers(c):
    parse = c.module("identifier").ModelVersionIdentifier.parse
    made = [parse(ref) for ref in ("a/b", "a/b:c", "a/b:c/d", "a-1/b.2:0")]
    told = []
    for wrong in ("a", "a:b", "/b", "a/", "a/b:"):
        try:
            told.append(list(parse(wrong)))
        except Exception as error:
            told.append(shown(error))
    return [[list(one) for one in made], made[1].owner, made[1].version, told]


@program
async def versions_of_cog(c):
    old = c.module("schema").version_has_no_array_type
    return [
        old(version) for version in ("0.3.8", "0.3.9", "0.3.9-beta1", "0.4", "1.0.0", "dev", "0.3.8+dev", "invalid", "")
    ]


@program
async def schemas_of_old_versions(c):
    make = c.module("schema").make_schema_backwards_compatible
    array = {"components": {"schemas": {"Output": {"type": "array"}}}}
    text = {"components": {"schemas": {"Output": {"type": "string"}}}}
    return [
        make(array, "0.3.8"),
        make(text, "0.3.8"),
        make({"components": {"schemas": {"Output": {"type": "array"}}}}, "0.4.0"),
    ]


@program
async def a_transport_that_tries_again(c):
    Retry = c.module("client").RetryTransport
    counts = []
    for status, method, options in (
        (503, "GET", {}),
        (503, "POST", {}),
        (500, "GET", {}),
        (429, "GET", {"max_attempts": 2}),
        (500, "POST", {"retryable_methods": ["POST"], "retry_status_codes": [500]}),
    ):
        count = []

        def handle(request, status=status, count=count):
            count.append(1)
            return httpx.Response(status, headers={"retry-after": "0"})

        transport = Retry(httpx.MockTransport(handle), **{"max_attempts": 3, **options})
        request = httpx.Request(method, "https://x.example")
        response = await transport.handle_async_request(request) if c.is_async else transport.handle_request(request)
        counts.append([response.status_code, len(count)])
    return counts


@program
async def a_transport_with_too_much_jitter(c):
    try:
        c.module("client").RetryTransport(httpx.MockTransport(print), jitter_ratio=0.6)
    except Exception as error:
        return [shown(error), sorted(c.module("client").RetryTransport.RETRYABLE_STATUS_CODES)]
