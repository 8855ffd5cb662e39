"""Each event once: the memory of a stream, against servers that take it up again in different ways."""

from __future__ import annotations

import itertools

import pytest

from replicatekit._streaming.deduplication import Heard, Hearing
from replicatekit._streaming.sse import Decoder, Event

# A line for each event: its id, if it has one, and what it says.
STREAMS = {
    "all with ids": [("0", "output", "a"), ("1", "output", "a"), ("2", "logs", "x"), ("3", "output", "b")],
    "no ids": [(None, "output", "a"), (None, "output", "a"), (None, "logs", "x"), (None, "output", "b")],
    "ids on outputs": [
        *[(None, "logs", "x"), ("0", "output", "a"), (None, "logs", "x"), (None, "logs", "x")],
        *[("1", "output", "a"), (None, "logs", "y"), ("2", "output", "x")],
    ],
    "an end without an id": [("0", "output", "a"), (None, "error", "{}"), (None, "done", "{}")],
    "the same again and again": [(None, "output", "ha")] * 5,
}


def encode(events) -> list[bytes]:
    return [
        b"".join(
            [
                b"event: %s\n" % name.encode(),
                b"id: %s\n" % key.encode() if key else b"",
                b"data: %s\n\n" % data.encode(),
            ]
        )
        for key, name, data in events
    ]


def goes_on(events, last_id):
    """After the event with that id, as it should be."""
    keys = [key for key, _, _ in events]
    return events[keys.index(last_id) + 1 :] if last_id else events


def goes_on_with_the_last(events, last_id):
    keys = [key for key, _, _ in events]
    return events[keys.index(last_id) :] if last_id else events


def begins_again(events, last_id):
    return events


def heard_in(connections):
    """What is new, over connections that each give some bytes; asked with the id of the last event."""
    heard, last, news = Heard(), "", []
    for connection in connections:
        decoder = Decoder(last)
        hearing = Hearing(heard, last)
        for item in decoder.feed(connection(last)):
            assert isinstance(item, Event)
            news += hearing.take(item)
        last = decoder.last_event_id
    return [(event.event, event.data) for event, _ in news]


@pytest.mark.parametrize("server", [goes_on, goes_on_with_the_last, begins_again])
@pytest.mark.parametrize("stream", STREAMS)
def test_each_event_is_new_once_wherever_the_connection_was_cut(stream, server):
    events = STREAMS[stream]
    wanted = [(name, data) for _, name, data in events]
    lengths = range(len(events) + 1)
    for cuts in itertools.chain(itertools.product(lengths), itertools.product(lengths, lengths)):

        def serve(cut):
            return lambda last: b"".join(encode(server(events, last))[:cut])

        connections = [*map(serve, cuts), lambda last: b"".join(encode(server(events, last)))]
        assert heard_in(connections) == wanted, (cuts, server.__name__)


def test_what_may_be_a_replay_is_given_when_it_turns_out_to_be_new():
    first = [(None, "logs", "x"), ("0", "output", "a")]
    second = [(None, "logs", "x"), ("1", "output", "b")]
    news = heard_in([lambda _: b"".join(encode(first)), lambda _: b"".join(encode(second))])
    assert news == [("logs", "x"), ("output", "a"), ("logs", "x"), ("output", "b")]


def test_an_event_that_comes_twice_on_one_connection_is_given_once():
    twice = [
        ("0", "output", "a"),
        ("1", "output", "b"),
        ("0", "output", "a"),
        ("1", "output", "b"),
        ("2", "output", "c"),
    ]
    assert heard_in([lambda _: b"".join(encode(twice))]) == [("output", "a"), ("output", "b"), ("output", "c")]


def test_an_id_that_is_used_again_for_something_else_hides_nothing():
    first = [("0", "output", "a"), ("1", "output", "b")]
    second = [("0", "output", "c"), ("1", "output", "d")]
    news = heard_in([lambda _: b"".join(encode(first)), lambda _: b"".join(encode(second))])
    assert news == [("output", "a"), ("output", "b"), ("output", "c"), ("output", "d")]


def test_an_id_is_an_events_own_where_it_is_another_one_than_before():
    heard = Heard()
    hearing = Hearing(heard, "")
    items = Decoder().feed(b"".join(encode([(None, "logs", "x"), ("0", "output", "a"), (None, "logs", "y")])))
    assert [own for item in items for _, own in hearing.take(item)] == [False, True, False]
