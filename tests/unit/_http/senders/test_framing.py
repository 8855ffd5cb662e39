"""Chunks that came together become one; h11 reads the same response, and nothing behind its end."""

from __future__ import annotations

import random

import h11
import pytest

from replicatekit._http.senders.network import ResponseFraming

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
    "one with line ends in its chunks": HEAD
    + chunk(EVENTS[0].replace(b"\n", b"\r\n")) * 3
    + chunk(b"\r\n")
    + b"0\r\n\r\n",
    "one with unusual sizes": HEAD + chunk(EVENTS[0]) + b"0A\r\n0123456789\r\n" + chunk(EVENTS[1]) + b"0\r\n\r\n",
    "one with a size with a sign": HEAD + chunk(EVENTS[0]) + b"+5\r\nabcde\r\n" + b"0\r\n\r\n",
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
    framing = ResponseFraming()
    framing.request_written(b"GET / HTTP/1.1\r\n\r\n")
    given = [framing.feed(piece) for piece in pieces]
    return [piece for piece in [*given, framing.feed(b"")] if piece]


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
    framing = ResponseFraming()
    framing.request_written(b"GET / HTTP/1.1\r\n\r\n")
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="GET", target="/", headers=[("Host", "a")]))
    connection.send(h11.EndOfMessage())
    found = []
    for bytes_ in (WHOLE[:cut], framing.feed(WHOLE[:cut])):
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
    framing = ResponseFraming()
    plain = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    for answer, wanted in ((plain, plain), (WHOLE, None), (plain, plain), (WHOLE, None)):
        framing.request_written(b"GET / HTTP/1.1\r\n\r\n")
        framing.request_written(b"GET / HTTP/1.1\r\n\r\n")  # a body is written by itself
        given = framing.feed(answer)
        assert given == wanted if wanted else len(given) < len(answer)


COMPLETE = {name: answer for name, answer in ANSWERS.items() if answer.endswith(b"0\r\n\r\n")}
COMPLETE["one with a length"] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
COMPLETE["one without a body"] = b"HTTP/1.1 204 No Content\r\n\r\n"
COMPLETE["one with a length of nothing"] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
for name in ("one with a chunk of another length", "one with a size that is too long", "one with a size with a sign"):
    del COMPLETE[name]
FORGED = b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"id": "no"}'


@pytest.mark.parametrize("answer", COMPLETE.values(), ids=COMPLETE)
def test_bytes_behind_the_end_are_dropped_and_the_connection_is_not_reused(answer):
    for size in (1, 3, 10_000):
        for surplus in (b"", FORGED, b"\r\n", b"x"):
            framing, given = ResponseFraming(), b""
            framing.request_written(b"GET / HTTP/1.1\r\n\r\n")
            whole = answer + surplus
            for start in range(0, len(whole), size):
                given += framing.feed(whole[start : start + size])
            assert framing.is_reusable == (not surplus)
            connection = h11.Connection(h11.CLIENT)
            connection.send(h11.Request(method="GET", target="/", headers=[("Host", "a")]))
            connection.send(h11.EndOfMessage())
            connection.receive_data(given)
            while not isinstance(connection.next_event(), h11.EndOfMessage):
                pass
            assert connection.trailing_data == (b"", False)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
        b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    ],
)
def test_a_connection_whose_response_has_no_clear_end_is_not_reused(answer):
    framing = ResponseFraming()
    framing.request_written(b"GET / HTTP/1.1\r\n\r\n")
    assert framing.feed(answer) == answer
    assert not framing.is_reusable


def test_the_response_to_a_head_request_has_no_body():
    framing = ResponseFraming()
    framing.request_written(b"HEAD / HTTP/1.1\r\n\r\n")
    assert framing.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
    assert framing.is_reusable


def test_the_handshake_with_a_socks_proxy_is_no_response():
    framing = ResponseFraming()
    framing.request_written(b"\x05\x01\x00")
    assert framing.feed(b"\x05\x00") == b"\x05\x00"
