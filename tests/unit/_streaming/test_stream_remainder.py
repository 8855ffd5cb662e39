"""What a stream did not say any more, told from what it had said and what the prediction is."""

from __future__ import annotations

import pytest

from replicatekit._streaming.remainder import (
    Mismatch,
    event_matches_item,
    item_to_data,
    items_of,
    missing_logs,
    missing_output,
    whole_text,
)


@pytest.mark.parametrize(
    ("item", "data"),
    [
        ("text", "text"),
        ("", ""),
        ("two\nlines", "two\nlines"),
        (12, "12"),
        (1.5, "1.5"),
        (True, "true"),
        (None, "null"),
        ({"a": [1, "ü"]}, '{"a":[1,"ü"]}'),
        ('{"a":1}', '{"a":1}'),
    ],
)
def test_an_item_is_known_by_its_data(item, data):
    assert item_to_data(item) == data
    assert event_matches_item(data, item)


def test_line_ends_are_the_same_in_a_stream_and_other_items_are_not():
    assert event_matches_item("a\nb", "a\r\nb")
    assert event_matches_item("a\nb", "a\rb")
    assert not event_matches_item("a", "b")
    assert not event_matches_item("a", 1)
    assert not event_matches_item("[" * 100_000, 1)
    assert event_matches_item('{"a": [1]}', {"a": [1]})


def test_a_file_that_was_streamed_as_its_data_is_the_file_at_the_url():
    assert event_matches_item("data:image/png;base64,AAAA", "https://replicate.delivery/a/out.png")
    assert not event_matches_item("data:image/png;base64,AAAA", "a text")


def test_an_output_that_is_no_list_is_an_item_when_it_is_whole():
    assert items_of("text", ended=False) == []
    assert items_of("text", ended=True) == ["text"]
    assert items_of(None, ended=True) == []
    assert items_of({"a": 1}, ended=True) == [{"a": 1}]


@pytest.mark.parametrize("said", range(5))
def test_the_rest_of_a_list_are_the_items_after_those_that_were_said(said):
    items = ["a", 1, {"b": None}, "d\r\ne"]
    data = ["a", "1", '{"b":null}', "d\ne"]
    assert missing_output(data[:said], items, ended=False) == items[said:]


def test_an_output_that_lags_behind_its_stream_has_no_rest():
    assert missing_output(["a", "b"], ["a"], ended=False) == []
    assert missing_output(["a", "b"], None, ended=False) == []


def test_pieces_that_were_cut_elsewhere_are_completed_by_their_text():
    items = ["Hel", "lo ", "wor", "ld"]
    assert missing_output(["Hello w"], items, ended=True) == ["or", "ld"]
    assert missing_output(["Hello "], items, ended=True) == ["wor", "ld"]
    assert missing_output(["H", "ello", " world"], items, ended=True) == []
    assert missing_output(["Hel", "lo "], "Hello world", ended=True) == ["world"]
    assert missing_output(["Hello world", "!"], items, ended=False) == []


def test_a_list_that_was_said_as_one_event_has_no_rest():
    assert missing_output(["[1,2]"], [1, 2], ended=True) == []


@pytest.mark.parametrize(("said", "output"), [(["a"], ["b"]), (["a"], [1]), (["a", "x"], ["a", "b", "c"])])
def test_what_does_not_fit_is_not_guessed(said, output):
    with pytest.raises(Mismatch):
        missing_output(said, output, ended=True)


@pytest.mark.parametrize(
    ("said", "logs", "rest"),
    [
        ([], "one\ntwo\n", "one\ntwo\n"),
        (["one"], "one\ntwo\n", "\ntwo\n"),
        (["one", "two"], "one\ntwo\n", "\n"),
        (["one\n"], "one\ntwo\n", "two\n"),
        (["a", "", "b"], "a\n\nb\nc", "\nc"),
        (["a"], "a", ""),
        (["a\nb"], "a\r\nb\rc", "\nc"),
        (["a"], "", ""),
        (["lost", "kept"], "kept\nmore", "\nmore"),
        (["lost"], "something else", ""),
    ],
)
def test_the_rest_of_the_logs_is_what_comes_after_what_was_said(said, logs, rest):
    assert missing_logs(said, logs) == rest


def test_a_text_is_given_as_it_is_if_it_is_what_was_said():
    assert whole_text(["a\n", "b"], ["a\r\n", "b"]) == "a\r\nb"
    assert whole_text(["a", "b"], "ab") == "ab"
    assert whole_text(["a", "b"], None) == "ab"
    assert whole_text(["a", "b"], ["other"]) == "ab"
    assert whole_text(["1", "2"], [1, 2]) == "12"
