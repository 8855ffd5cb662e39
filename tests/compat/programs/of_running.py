"""run, in all its forms."""

from __future__ import annotations

from context import program, shown

VERSION = {"id": "v1", "created_at": "2022-04-26T20:00:40.658234Z", "cog_version": "0.3.9", "openapi_schema": {}}


def prediction(status, output=None, **more):
    return {
        "id": "p1", "model": "test/example", "version": "v1", "status": status, "input": {"text": "x"},
        "output": output, "error": None, "logs": "", "created_at": "2022-04-26T20:00:40Z",
        "urls": {"get": "https://api.replicate.com/v1/predictions/p1", "cancel": "https://api.replicate.com/v1/predictions/p1/cancel"},
        **more,
    }  # fmt: skip


def version(output, cog="0.9.0"):
    return {**VERSION, "cog_version": cog, "openapi_schema": {"components": {"schemas": {"Output": output}}}}


async def version_id(c, name):
    return (await c.do(c.client.models, "get", name)).latest_version.id


@program
async def an_official_model_runs(c):
    return await c.do(c.client, "run", "acme/joiner", {"words": ["a", "b"]})


@program
async def a_version_runs(c):
    return await c.do(c.client, "run", f"acme/echo:{await version_id(c, 'acme/echo')}", input={"text": "x"})


@program
async def a_version_object_runs(c):
    model = await c.do(c.client.models, "get", "acme/echo")
    return await c.do(c.client, "run", model.latest_version, input={"text": "x"})


@program
async def a_model_object_runs(c):
    model = await c.do(c.client.models, "get", "acme/joiner")
    return await c.do(c.client, "run", model, input={"words": ["a"]})


@program
async def an_identifier_runs(c):
    identifier = c.module("identifier").ModelVersionIdentifier("acme", "joiner")
    return await c.do(c.client, "run", identifier, input={"words": ["a"]})


@program
async def a_run_without_input(c):
    return await c.do(c.client, "run", "acme/greeting")


@program
async def a_run_that_polls(c):
    return await c.do(c.client, "run", "acme/greeting", wait=False)


@program
async def a_run_that_is_held_for_some_seconds(c):
    return await c.do(c.client, "run", "acme/greeting", wait=5)


@program
async def a_model_that_fails(c):
    try:
        await c.do(c.client, "run", "acme/failing", {"why": "too hot"}, wait=False)
    except c.module("exceptions").ModelError as error:
        known = error.prediction
        return [
            shown(error),
            error.args,
            known.status,
            known.error,
            isinstance(error, c.module("exceptions").ReplicateException),
        ]


@program
async def a_model_that_fails_while_it_is_held(c):
    client = c.answering((201, prediction("failed", error="OOM")))
    return await c.error(client, "run", "test/example", {})


@program
async def a_community_model_without_a_version(c):
    return await c.error(c.client, "run", "acme/echo", {"text": "x"})


@program
async def references_that_are_none(c):
    wrong = ["invalid", "", "a/b/c:", "owner/", "/name", "a/b:"]
    return [await c.error(c.client, "run", ref) for ref in wrong]


@program
async def items_of_an_iterator(c):
    output = await c.do(c.client, "run", f"acme/counter:{await version_id(c, 'acme/counter')}", {"upto": 3})
    return [isinstance(output, list), await c.items(output)]


@program
async def items_of_an_iterator_while_it_runs(c):
    ref = f"acme/counter:{await version_id(c, 'acme/counter')}"
    return await c.items(await c.do(c.client, "run", ref, {"upto": 4, "pause": 0.02}, wait=False))


@program
async def an_iterator_that_fails_in_the_midst(c):
    ref = f"acme/counter:{await version_id(c, 'acme/counter')}"
    output = await c.do(c.client, "run", ref, {"upto": -1}, wait=False)
    try:
        await c.items(output)
    except Exception as error:
        return shown(error)


@program
async def an_official_model_gives_a_list(c):
    return await c.do(c.client, "run", "acme/teller", {"prompt": "a b"})


@program
async def an_old_cog_gives_iterators(c):
    output = {"type": "array", "items": {"type": "string"}}
    client = c.answering((201, prediction("succeeded", ["a", "b"])), (200, version(output, "0.3.8")))
    given = await c.do(client, "run", "test/example:v1", {})
    return [isinstance(given, list), await c.items(given)]


@program
async def a_new_cog_gives_lists(c):
    output = {"type": "array", "items": {"type": "string"}}
    client = c.answering((201, prediction("succeeded", ["a", "b"])), (200, version(output)))
    given = await c.do(client, "run", "test/example:v1", {})
    return [isinstance(given, list), given]


@program
async def a_cog_version_that_is_none(c):
    client = c.answering((201, prediction("processing", "x")), (200, {**VERSION, "cog_version": "invalid"}))
    return await c.do(client, "run", "test/example:v1", {})


@program
async def a_held_answer_that_says_processing_is_whole(c):
    client = c.answering((201, prediction("processing", "x")))
    return await c.do(client, "run", "test/example", {})


@program
async def a_held_answer_that_says_starting_is_not(c):
    client = c.answering(
        (201, prediction("starting")), (200, prediction("processing")), (200, prediction("succeeded", "x"))
    )
    return await c.do(client, "run", "test/example", {})


@program
async def a_held_answer_without_output_is_not_whole(c):
    client = c.answering((202, prediction("processing")), (200, prediction("succeeded", "x")))
    return await c.do(client, "run", "test/example", {})


@program
async def a_canceled_prediction_gives_what_there_is(c):
    client = c.answering((201, prediction("starting")), (200, prediction("canceled", ["a"])))
    return await c.do(client, "run", "test/example", {})


@program
async def an_aborted_prediction(c):
    client = c.answering((201, prediction("starting")), (200, prediction("aborted")))
    return await c.error(client, "run", "test/example", {})


@program
async def urls_become_files(c):
    output = {"a": "https://x.example/a.png", "b": ["data:text/plain;base64,aGk=", "text", 1, None], "c": "http://x"}
    return await c.do(c.answering((201, prediction("succeeded", output))), "run", "test/example", {})


@program
async def urls_stay_urls(c):
    output = ["https://x.example/a.png", "data:text/plain;base64,aGk="]
    client = c.answering((201, prediction("succeeded", output)))
    return await c.do(client, "run", "test/example", {}, use_file_output=False)


@program
async def an_iterator_of_files(c):
    output = {"type": "array", "items": {"type": "string"}, "x-cog-array-type": "iterator"}
    client = c.answering((201, prediction("succeeded", ["https://x.example/1"])), (200, version(output)))
    return await c.items(await c.do(client, "run", "test/example:v1", {}, use_file_output=False))


@program
async def a_file_that_came_inside(c):
    output = await c.do(c.client, "run", f"acme/writer:{await version_id(c, 'acme/writer')}", {"text": "hello"})
    return [str(output)[:5], await c.read(output), await c.items(output)]


@program
async def what_is_said_beside_the_input(c):
    client = c.answering((201, prediction("succeeded", "x")))
    more = {
        "webhook": "https://x.example/hook",
        "webhook_events_filter": ["completed"],
        "webhook_completed": "https://y.example",
        "stream": True,
        "other": 1,
    }
    return await c.do(client, "run", "test/example", {"a": None}, **more)


@program
async def an_unknown_output(c):
    return await c.do(c.answering((201, prediction("succeeded", 0))), "run", "test/example", {})
