"""What Cog reports of a prediction, in whatever order it comes."""

from __future__ import annotations

import itertools

import pytest

from replicatekit.sandbox._cog.reports import Progress, is_last, metrics

REPORTS = [
    {"status": "processing", "logs": "", "output": []},
    {"status": "processing", "logs": "one\n", "output": ["a"]},
    {"status": "processing", "logs": "one\ntwo\n", "output": ["a", "b"]},
]
LAST = {"status": "succeeded", "logs": "one\ntwo\nthree\n", "output": ["a", "b", "c"]}


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_each_line_and_each_piece_is_passed_on_once_whatever_the_order(order):
    progress = Progress(streams=True)
    logs, items = "", []
    for report in [*(REPORTS[place] for place in order), LAST, *REPORTS]:
        logs += progress.new_logs(report)
        items += progress.new_items(report)
    assert (logs, items) == (LAST["logs"], LAST["output"])


def test_an_output_that_does_not_stream_has_no_pieces():
    assert Progress(streams=False).new_items({"output": ["a"]}) == []


@pytest.mark.parametrize("output", [None, "text", {"a": 1}])
def test_an_output_that_is_no_list_has_no_pieces(output):
    assert Progress(streams=True).new_items({"output": output}) == []


def test_what_a_report_leaves_out_is_no_news():
    progress = Progress(streams=True)
    assert (progress.new_logs({}), progress.new_items({}), metrics({})) == ("", [], {})
    assert progress.new_logs({"logs": None}) == ""


@pytest.mark.parametrize(
    ("status", "last"),
    [
        ("starting", False),
        ("processing", False),
        ("succeeded", True),
        ("failed", True),
        ("canceled", True),
        (None, False),
    ],
)
def test_the_last_report_is_that_of_the_end(status, last):
    assert is_last({"status": status}) is last


def test_only_numbers_are_figures():
    assert metrics({"metrics": {"predict_time": 0.5, "tokens": 3, "ok": True, "name": "x"}}) == {
        "predict_time": 0.5,
        "tokens": 3,
    }
