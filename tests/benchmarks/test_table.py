"""How results become cells of the table."""

from __future__ import annotations

import importlib.util
from types import SimpleNamespace

import pytest
from peers import ROOT

pytestmark = pytest.mark.sources


@pytest.fixture
def table():
    spec = importlib.util.spec_from_file_location("benchmarks_table", ROOT / "benchmarks" / "table.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def peer(name):
    return SimpleNamespace(name=name, is_ours=name == "default")


def metric(key, limit, base="raw"):
    target = SimpleNamespace(limit=limit, base=base)
    return SimpleNamespace(
        key=key,
        title="speed",
        unit="µs" if key == "seconds" else "events/s",
        scale=1e-6 if key == "seconds" else 1,
        default=target,
        fast=None,
        more_is_better=key == "rate",
        is_compared=True,
    )


PEERS = [peer("httpx"), peer("floor"), peer("default")]


def cells(table, metric, failed=(), **samples):
    benchmark = SimpleNamespace(metrics=(metric,))
    rounds = {name: [{metric.key: value} for value in values] for name, values in samples.items()}
    return table.rows(benchmark, rounds, PEERS, failed)[0]


def test_others_are_ratios_to_raw_httpx_and_ours_is_held_to_its_bar(table):
    row = cells(table, metric("seconds", 0.9), httpx=[9, 0.0001, 0.0002], floor=[0.00001], default=[0.00015])

    assert row[:3] == ["speed", "200 µs", "0.05x"]
    assert row[3].startswith("150 µs, 0.75x")
    assert row[3].endswith("met)")


def test_of_a_rate_more_is_better(table):
    assert "missed" in cells(table, metric("rate", 1.0), httpx=[100], default=[90])[3]
    assert "missed" not in cells(table, metric("rate", 1.0), httpx=[100], default=[110])[3]


def test_a_bar_may_be_a_multiple_of_the_floor_or_an_amount(table):
    assert "missed" in cells(table, metric("seconds", 2, "floor"), floor=[1], default=[2.1])[3]
    assert "met" in cells(table, metric("seconds", 2, "floor"), floor=[1], default=[1.9])[3]
    assert "missed" in cells(table, metric("rate", 200, "absolute"), default=[199 * 0.9])[3]


def test_without_what_it_is_compared_with_a_bar_is_neither_met_nor_missed(table):
    assert "?" in cells(table, metric("seconds", 2, "floor"), default=[2.1])[3]


def test_who_fails_is_told_apart_from_who_does_not_take_part(table):
    assert cells(table, metric("rate", 1), failed={"floor"}, default=[1])[1:3] == ["", "failed"]
