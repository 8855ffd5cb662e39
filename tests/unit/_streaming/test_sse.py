"""The decoder against the standard's examples, and against the standard's steps spelled out one by one."""

from __future__ import annotations

import random

import pytest

from replicatekit._streaming.events import CLASSES, OtherEvent, StreamEvent
from replicatekit._streaming.sse import Comment, Decoder


def new_event(kind: str, *fields) -> StreamEvent | OtherEvent:
    return CLASSES[kind](*fields) if kind in CLASSES else OtherEvent(kind, *fields)


def decode(document: bytes, *cuts: int) -> list[StreamEvent | OtherEvent | Comment]:
    decoder = Decoder()
    edges = [0, *cuts, len(document)]
    items = [item for i in range(len(edges) - 1) for item in decoder.feed(document[edges[i] : edges[i + 1]])]
    return [*items, (decoder.last_event_id, decoder.retry)]


def items(document: bytes | str) -> list[StreamEvent | OtherEvent | Comment]:
    return decode(document.encode() if isinstance(document, str) else document)[:-1]


def lines_by_the_letter(document: bytes) -> list[str]:
    text = document.decode("utf-8", "replace").removeprefix("\ufeff")
    lines, line, i = [], "", 0
    while i < len(text):
        if text[i] in "\r\n":
            i += text[i : i + 2] == "\r\n"
            lines.append(line)
            line = ""
        else:
            line += text[i]
        i += 1
    return lines


def by_the_letter(document: bytes) -> list[StreamEvent | OtherEvent | Comment]:
    """The standard's steps as it lists them, on the whole stream, a line at a time."""
    found, data, event, own, sent_last, retry, event_retry = [], "", "", None, "", None, None
    for line in lines_by_the_letter(document):
        if line == "":
            sent_last = sent_last if own is None else own
            if data != "":
                found.append(new_event(event or "message", data.removesuffix("\n"), own or None, event_retry))
            data, event, own, event_retry = "", "", None, None
            continue
        name, value = line, ""
        if ":" in line:
            name, value = line[: line.index(":")], line[line.index(":") + 1 :]
            value = value[1:] if value[:1] == " " else value
        if name == "" and ":" in line:
            found.append(Comment(value))
        elif name == "event":
            event = value
        elif name == "data":
            data += value + "\n"
        elif name == "id" and "\0" not in value:
            own = value
        elif name == "retry" and value and all(c in "0123456789" for c in value):
            retry = event_retry = int(value)
    return [*found, (sent_last, retry)]


def test_the_stocks_example_is_one_event_of_three_lines():
    assert items("data: YHOO\ndata: +2\ndata: 10\n\n") == [new_event("message", "YHOO\n+2\n10")]


def test_the_example_with_a_comment_an_id_reset_and_a_second_space():
    document = ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n"
    assert items(document) == [
        Comment("test stream"),
        new_event("message", "first event", "1"),
        new_event("message", "second event"),
        new_event("message", " third event"),
    ]


def test_empty_data_is_an_event_and_an_unfinished_event_is_not():
    assert items("data\n\ndata\ndata\n\ndata:\n") == [new_event("message", ""), new_event("message", "\n")]


def test_the_space_after_the_colon_makes_no_difference():
    assert items("data:test\n\ndata: test\n\n") == [new_event("message", "test")] * 2


def test_a_token_keeps_the_space_it_begins_with():
    assert items("event: output\nid: 1690212292:0\ndata:  be\n\n") == [new_event("output", " be", "1690212292:0")]


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_every_line_end_ends_a_line(end):
    document = end.join(["event: output", "id: 1", "data: a", "data: b", "", "data: c", "", ""])
    assert items(document) == [new_event("output", "a\nb", "1"), new_event("message", "c")]


def test_line_ends_may_be_mixed():
    assert items("data: a\rdata: b\r\ndata: c\n\r\ndata: d\r\r") == [
        new_event("message", "a\nb\nc"),
        new_event("message", "d"),
    ]


def test_an_event_is_given_as_soon_as_its_empty_line_ends_by_a_cr():
    decoder = Decoder()
    assert decoder.feed(b"data: a\r\r") == [new_event("message", "a")]
    assert decoder.feed(b"\ndata: b\r\n") == []
    assert decoder.feed(b"\r") == [new_event("message", "b")]
    assert decoder.feed(b"") == []
    assert decoder.feed(b"\n") == []
    assert decoder.feed(b"\n") == []


def test_no_other_character_ends_a_line():
    assert items("data: a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g\n\n") == [
        new_event("message", "a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g")
    ]


def test_one_byte_order_mark_at_the_start_is_dropped_and_no_other():
    bom = b"\xef\xbb\xbf"
    assert items(bom + b"data: a\n\n") == [new_event("message", "a")]
    assert items(bom + b"\ndata: a\n\n") == [new_event("message", "a")]
    assert items(bom + bom + b"data: a\n\ndata: b\n\n") == [new_event("message", "b")]
    assert items(b"data: a\n\n" + bom + b"data: b\n\n") == [new_event("message", "a")]


def test_an_id_with_nul_is_ignored():
    assert items("id: 1\ndata: a\n\nid: 2\x003\ndata: b\n\n") == [
        new_event("message", "a", "1"),
        new_event("message", "b"),
    ]


def test_an_event_has_the_id_of_its_own_block_only_and_the_decoder_keeps_the_last_one():
    decoder = Decoder()
    assert [event.id for event in decoder.feed(b"id: 7\ndata: a\n\ndata: b\n\n")] == ["7", None]
    assert decoder.last_event_id == "7"
    assert [event.id for event in decoder.feed(b"id\ndata: c\n\n")] == [None]
    assert decoder.last_event_id == ""


def test_an_event_without_data_is_not_given_but_its_id_counts():
    decoder = Decoder()
    assert decoder.feed(b"event: output\nid: 5\n\n") == []
    assert decoder.last_event_id == "5"
    assert decoder.feed(b"data: a\n\n") == [new_event("message", "a")]


def test_the_id_of_an_unfinished_event_does_not_count():
    decoder = Decoder()
    decoder.feed(b"id: 5\ndata: a\n\nid: 6\ndata: b\n")
    assert decoder.last_event_id == "5"


def test_a_connection_taken_up_again_keeps_the_last_id():
    decoder = Decoder("41")
    assert decoder.last_event_id == "41"
    assert decoder.feed(b"data: a\n\nid: 42\ndata: b\n\n") == [
        new_event("message", "a"),
        new_event("message", "b", "42"),
    ]
    assert decoder.last_event_id == "42"


def test_retry_takes_ascii_digits_only():
    decoder = Decoder()
    for line in (
        "retry: 1s",
        "retry: -1",
        "retry: 1.5",
        "retry",
        "retry: ",
        "retry: \u00b2",
        "retry: \u0663",
    ):
        decoder.feed(line.encode() + b"\n\n")
        assert decoder.retry is None
    assert [event.retry for event in decoder.feed(b"retry: 0250\ndata: a\n\ndata: b\n\n")] == [250, None]
    assert decoder.retry == 250
    decoder.feed(b"retry: " + b"9" * 10_000 + b"\n")
    assert decoder.retry == 10**12


def test_unknown_fields_and_other_cases_of_known_ones_are_ignored():
    assert items("Data: a\ndata : b\n data: c\nDATA: d\nfoo: e\nfoo\ndata: f\n\n") == [new_event("message", "f")]


def test_comments_are_given_at_their_line_even_inside_an_event():
    decoder = Decoder()
    assert decoder.feed(b"data: a\n:408: 408 Request Timeout\n") == [Comment("408: 408 Request Timeout")]
    assert decoder.feed(b"\n:\n") == [new_event("message", "a"), Comment("")]


def test_bytes_that_are_not_utf8_become_replacement_characters():
    assert items(b"data: \xff\xe2\x82\n\n") == [new_event("message", "\ufffd\ufffd")]


DOCUMENTS = [
    "\ufeffevent: out\r\nid: 1:0\r\ndata: zwölf 🦙\r\ndata\r\n\r\n: é\r\n\r\nid\r\ndata: x\r\n\r\n".encode(),
    b"retry: 10\r\rdata:\r\r\n\ndata: a\n\r:c\n\rid: \x00\nevent: e\n\ndata: z\nid: 9\n\ndata: cut",
    b"\xef\xbbdata: a\n\n\xef\xbb\xbfdata: b\n\ndata: \xf0\x9f\xa6\n\ndata: \xc3\x28\r\n\r\n",
]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_no_cut_in_one_two_or_all_places_changes_what_is_decoded(document):
    expected = by_the_letter(document)
    size = len(document)
    for i in range(size + 1):
        assert decode(document, i) == expected
        for j in range(i, size + 1):
            assert decode(document, i, j) == expected
    assert decode(document, *range(size)) == expected


@pytest.mark.parametrize("seed", range(40))
def test_random_documents_in_random_chunks_decode_by_the_letter(seed):
    rng = random.Random(seed)
    bits = [
        "data",
        "event",
        "id",
        "retry",
        ":",
        " ",
        "\n",
        "\r",
        "\r\n",
        "\n\n",
        "1",
        "a",
        "é",
        "🦙",
        "\0",
        "\ufeff",
    ]
    for _ in range(100):
        document = "".join(rng.choices(bits, k=rng.randrange(60))).encode()
        if rng.random() < 0.3:
            document = document[rng.randrange(4) :]
        cuts = sorted(rng.randrange(len(document) + 1) for _ in range(rng.randrange(12)))
        assert decode(document, *cuts) == by_the_letter(document)


def test_a_very_long_line_in_small_chunks_is_joined_once():
    decoder = Decoder()
    for _ in range(20_000):
        assert decoder.feed(b"data: " if not decoder._parts else b"x" * 500) == []
    assert len(decoder._parts) == 20_000
    assert len(decoder.feed(b"\n\n")[0].data) == 19_999 * 500
