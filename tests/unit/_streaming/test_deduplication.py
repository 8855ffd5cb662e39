"""Each event once: the memory of a stream, against servers that take it up again in different ways."""

from __future__ import annotations

import itertools

import pytest

from replicatekit._streaming.deduplication import EventLog, ReplayFilter
from replicatekit._streaming.events import OutputEvent
from replicatekit._streaming.sse import Comment, Decoder

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


def continues(events, last_id):
    """After the event with that id, as it should be."""
    keys = [key for key, _, _ in events]
    return events[keys.index(last_id) + 1 :] if last_id else events


def repeats_the_last(events, last_id):
    keys = [key for key, _, _ in events]
    return events[keys.index(last_id) :] if last_id else events


def starts_again(events, last_id):
    return events


def received(connections):
    """What is new, over connections that each give some bytes; asked with the id of the last event."""
    log, last, new = EventLog(), "", []
    for connection in connections:
        decoder = Decoder(last)
        replays = ReplayFilter(log, last)
        for item in decoder.feed(connection(last)):
            assert not isinstance(item, Comment)
            new += replays.new_events([item])
        last = decoder.last_event_id
    return [(event.type, event.data) for event in new]


@pytest.mark.parametrize("server", [continues, repeats_the_last, starts_again])
@pytest.mark.parametrize("stream", STREAMS)
def test_each_event_is_new_once_wherever_the_connection_was_cut(stream, server):
    events = STREAMS[stream]
    wanted = [(name, data) for _, name, data in events]
    lengths = range(len(events) + 1)
    for cuts in itertools.chain(itertools.product(lengths), itertools.product(lengths, lengths)):

        def serve(cut):
            return lambda last: b"".join(encode(server(events, last))[:cut])

        connections = [*map(serve, cuts), lambda last: b"".join(encode(server(events, last)))]
        assert received(connections) == wanted, (cuts, server.__name__)


def test_what_may_be_a_replay_is_given_when_it_turns_out_to_be_new():
    first = [(None, "logs", "x"), ("0", "output", "a")]
    second = [(None, "logs", "x"), ("1", "output", "b")]
    news = received([lambda _: b"".join(encode(first)), lambda _: b"".join(encode(second))])
    assert news == [("logs", "x"), ("output", "a"), ("logs", "x"), ("output", "b")]


def test_an_event_that_comes_twice_on_one_connection_is_given_once():
    twice = [
        ("0", "output", "a"),
        ("1", "output", "b"),
        ("0", "output", "a"),
        ("1", "output", "b"),
        ("2", "output", "c"),
    ]
    assert received([lambda _: b"".join(encode(twice))]) == [("output", "a"), ("output", "b"), ("output", "c")]


def test_an_id_that_is_used_again_for_something_else_hides_nothing():
    first = [("0", "output", "a"), ("1", "output", "b")]
    second = [("0", "output", "c"), ("1", "output", "d")]
    news = received([lambda _: b"".join(encode(first)), lambda _: b"".join(encode(second))])
    assert news == [("output", "a"), ("output", "b"), ("output", "c"), ("output", "d")]


def test_an_event_without_an_id_that_repeats_the_text_before_it_is_new_after_a_reconnect():
    first = [("0", "output", "ha")]
    second = [(None, "output", "ha"), (None, "output", "ha"), ("1", "output", "!")]
    news = received([lambda _: b"".join(encode(first)), lambda _: b"".join(encode(second))])
    assert news == [("output", "ha")] * 3 + [("output", "!")]


def test_several_events_in_a_row_may_have_one_id():
    same = [("7", "output", "a"), ("7", "output", "a"), ("7", "output", "b"), ("7", "output", "b")]
    assert [data for _, data in received([lambda _: b"".join(encode(same))])] == ["a", "a", "b", "b"]


def test_events_that_come_together_are_filtered_as_one_by_one():
    log = EventLog()
    events = [OutputEvent(data, key) for data, key in [("a", "0"), ("a", None), ("b", "1")]]
    assert ReplayFilter(log, "").new_events(events) == events
    repeated = ReplayFilter(log, "1").new_events([*events, OutputEvent("b"), OutputEvent("c", "2")])
    assert repeated == [OutputEvent("b"), OutputEvent("c", "2")]
