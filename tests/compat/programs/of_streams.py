"""Streams of events."""

from __future__ import annotations

import httpx
from context import program, shown
from of_running import prediction, version_id

URLS = {"get": "https://api.replicate.com/v1/predictions/p1", "stream": "https://stream.replicate.com/v1/x"}
STREAM = {"content-type": "text/event-stream; charset=utf-8"}


def streaming(c, text, *, status=200, headers=STREAM):
    return c.answering((201, prediction("starting", urls=URLS)), (status, text, headers))


@program
async def a_model_streams(c):
    events = await c.items(c.iterating(c.client, "stream", "acme/teller", input={"prompt": "a b c"}))
    kinds = [event.event.name for event in events]
    return [
        kinds[0],
        kinds[-1],
        "".join(str(event) for event in events),
        events[-1].data,
        all(event.id for event in events),
    ]


@program
async def a_version_streams(c):
    ref = f"acme/counter:{await version_id(c, 'acme/counter')}"
    events = await c.items(c.iterating(c.client, "stream", ref, input={"upto": 3}))
    return [[event.event.value, event.data] for event in events]


@program
async def a_prediction_streams(c):
    made = await c.do(c.client.models.predictions, "create", "acme/teller", {"prompt": "a b"}, stream=True)
    events = await c.items(c.iterating(made, "stream"))
    return "".join(str(event) for event in events)


@program
async def a_model_that_does_not_stream(c):
    client = c.answering((201, prediction("starting")))
    made = await c.do(client.predictions, "create", version="v1", input={})
    told = []
    for owner, args in ((made, ()), (client, ("a/b",))):
        try:
            await c.items(c.iterating(owner, "stream", *args))
        except Exception as error:
            told.append(shown(error))
    return told


@program
async def events_are_decoded(c):
    text = (
        ":comment\nevent: output\nid: 1:0\nretry: 5\ndata: a\ndata:  b\n\nevent: logs\nid: 1:1\ndata: l\n\n"
        "event: output\r\ndata:c\r\n\r\nevent: done\nid: 2\ndata: {}\n\nevent: output\nid: 3\ndata: late\n\n"
    )
    return await c.items(c.iterating(streaming(c, text), "stream", "a/b", input={"x": 1}))


@program
async def an_event_that_is_an_error(c):
    client = streaming(c, "event: output\nid: 1\ndata: a\n\nevent: error\nid: 2\ndata: no\n\n")
    events = c.iterating(client, "stream", "a/b")
    if hasattr(events, "__await__"):
        events = await events
    first = await anext(events) if c.is_async else next(events)
    try:
        await c.items(events)
    except Exception as error:
        return [first, shown(error)]


@program
async def files_in_events(c):
    text = (
        "event: output\nid: 1\ndata: https://x.example/a.png\n\n"
        "event: output\nid: 2\ndata: data:,x\n\nevent: done\nid: 3\ndata: {}\n\n"
    )
    return await c.items(c.iterating(streaming(c, text), "stream", "a/b", use_file_output=True))


@program
async def a_stream_without_an_end(c):
    return await c.items(c.iterating(streaming(c, "event: output\nid: 1\ndata: a\n\n"), "stream", "a/b"))


@program
async def an_answer_that_is_no_stream(c):
    client = streaming(c, "{}", headers={"content-type": "application/json"})
    try:
        await c.items(c.iterating(client, "stream", "a/b"))
    except Exception as error:
        return shown(error)["of"]


@program
async def a_stream_of_a_reference_that_is_none(c):
    try:
        await c.items(c.iterating(c.client, "stream", "nothing"))
    except Exception as error:
        return shown(error)


@program
async def an_event_by_hand(c):
    Event = c.module("stream").ServerSentEvent
    made = Event(event="output", data="a", id="1")
    kinds = Event.EventType
    return [
        made.event is kinds.OUTPUT,
        str(made),
        str(Event(event=kinds.LOGS, data="l", id="2")),
        made.retry,
        [kind.value for kind in kinds],
    ]


@program
async def lines_are_decoded(c):
    decoder = c.module("stream").EventSource.Decoder()
    lines = ["event: output", "id: 5", "data: a", "data: b", "", ": note", "event: done", "data: {}", ""]
    return [decoder.decode(line) for line in lines]


@program
async def a_source_of_events(c):
    source = c.module("stream").EventSource
    text = "event: output\nid: 1\ndata: a\n\nevent: done\nid: 2\ndata: {}\n\n"
    events = await c.items(source(c.client, httpx.Response(200, headers=STREAM, content=text.encode())))
    try:
        source(c.client, httpx.Response(200, json={}))
    except Exception as error:
        return [events, shown(error)]
