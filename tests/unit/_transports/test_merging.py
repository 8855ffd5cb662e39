"""Chunks that came together are one; what h11 makes of it is what it makes of the bytes as they came."""

from __future__ import annotations

import random

import h11
import pytest

from replicatekit._transports._merging import Merger

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
EVENTS = [b"event: output\nid: %d:0\ndata: word\n\n" % number for number in range(12)]


def chunk(data, extension=b""):
    return b"%x%b\r\n%b\r\n" % (len(data), extension, data)


WHOLE = HEAD + b"".join(map(chunk, EVENTS)) + b"0\r\n\r\n"
ANSWERS = {
    "an event stream": WHOLE,
    "one that is cut": WHOLE[:-40],
    "one that is cut in a size": HEAD + chunk(EVENTS[0]) + b"1",
    "one with extensions": HEAD + chunk(EVENTS[0]) + chunk(EVENTS[1], b";a=b") + chunk(EVENTS[2]) + b"0\r\n\r\n",
    "one with trailers": HEAD + b"".join(map(chunk, EVENTS)) + b"0\r\nX-End: yes\r\n\r\n",
    "one after a hint": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + WHOLE,
    "one with a chunk of another length": HEAD + chunk(EVENTS[0]) + b"3\r\nabcd\r\n" + b"0\r\n\r\n",
    "one with a size that is none": HEAD + chunk(EVENTS[0]) + b"xyz\r\n",
    "one with a size that is too long": HEAD + chunk(EVENTS[0]) + b"0" * 30 + b"5\r\nabcde\r\n0\r\n\r\n",
    "one with a large chunk": HEAD + chunk(b"data: " + b"x" * 5000 + b"\n\n") + chunk(EVENTS[0]) + b"0\r\n\r\n",
    "one without chunks": HEAD.replace(b"Transfer-Encoding: chunked", b"Connection: close") + b"".join(EVENTS),
    "one with a length": HEAD.replace(b"Transfer-Encoding: chunked", b"Content-Length: 37") + EVENTS[0],
    "chunks that are no events": WHOLE.replace(b"text/event-stream", b"application/json"),
    "what is no answer": b"SSH-2.0-OpenSSH\r\n\r\n",
    "nothing": b"",
}


def read_by_h11(pieces):
    """The answer's head, its body, and how it ended."""
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="GET", target="/", headers=[("Host", "a")]))
    connection.send(h11.EndOfMessage())
    seen, body, chunks = [], b"", 0
    try:
        for piece in [*pieces, b""]:
            connection.receive_data(piece)
            while (event := connection.next_event()) is not h11.NEED_DATA and not isinstance(event, h11.PAUSED):
                if isinstance(event, h11.Data):
                    body, chunks = body + event.data, chunks + 1
                else:
                    seen.append(event)
                if isinstance(event, (h11.EndOfMessage, h11.ConnectionClosed)):
                    return (seen, body), chunks
    except h11.RemoteProtocolError as error:
        seen.append(type(error))
    return (seen, body), chunks


def merged(pieces):
    merger = Merger()
    merger.asked()
    given = [merger.merge(piece) for piece in pieces]
    return [piece for piece in [*given, merger.merge(b"")] if piece]


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_says_the_same_wherever_it_is_cut(answer):
    wanted, _ = read_by_h11([answer] if answer else [])
    for cut in range(1, len(answer)):
        assert read_by_h11(merged([answer[:cut], answer[cut:]]))[0] == wanted
    for size in (1, 2, 3, 7, 50, 10_000):
        pieces = [answer[start : start + size] for start in range(0, len(answer), size)]
        assert read_by_h11(merged(pieces))[0] == wanted
    for seed in range(30):
        cuts = sorted(random.Random(seed).choices(range(len(answer) + 1), k=8))
        pieces = [answer[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(answer)], strict=True)]
        assert read_by_h11(merged([piece for piece in pieces if piece]))[0] == wanted


def test_chunks_that_came_together_are_one():
    assert read_by_h11([WHOLE])[1] == 12
    assert read_by_h11(merged([WHOLE]))[1] == 1


@pytest.mark.parametrize("cut", range(1, len(HEAD) + 1))
def test_so_they_are_wherever_the_head_was_cut(cut):
    assert read_by_h11(merged([WHOLE[:cut], WHOLE[cut:]]))[1] == 1


@pytest.mark.parametrize("cut", range(len(HEAD), len(WHOLE)))
def test_no_byte_of_an_event_waits_for_the_next_one(cut):
    merger = Merger()
    merger.asked()
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="GET", target="/", headers=[("Host", "a")]))
    connection.send(h11.EndOfMessage())
    found = []
    for bytes_ in (WHOLE[:cut], merger.merge(WHOLE[:cut])):
        connection = h11.Connection(h11.CLIENT)
        connection.send(h11.Request(method="GET", target="/", headers=[("Host", "a")]))
        connection.send(h11.EndOfMessage())
        connection.receive_data(bytes_)
        body = b""
        while (event := connection.next_event()) is not h11.NEED_DATA and not isinstance(event, type(h11.PAUSED)):
            body += event.data if isinstance(event, h11.Data) else b""
            if isinstance(event, h11.EndOfMessage):
                break
        found.append(body)
    assert found[0] == found[1]


def test_a_connection_that_is_used_again_is_merged_again():
    merger = Merger()
    plain = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    for answer, wanted in ((plain, plain), (WHOLE, None), (plain, plain), (WHOLE, None)):
        merger.asked()
        merger.asked()  # a body is written by itself
        given = merger.merge(answer)
        assert given == wanted if wanted else len(given) < len(answer)
