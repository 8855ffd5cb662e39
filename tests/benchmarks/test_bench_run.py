"""The benchmarks run, and each metric is a number; its size is not checked."""

from __future__ import annotations

import json
import os
import runpy
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from peers import ROOT

if TYPE_CHECKING:
    from pathlib import Path

BENCHMARKS = ROOT / "benchmarks"
SUITE = runpy.run_path(str(BENCHMARKS / "suite.py"))["BENCHMARKS"] if BENCHMARKS.is_dir() else ()

pytestmark = [
    pytest.mark.sources,
    pytest.mark.skipif(sys.platform != "linux", reason="memory is read where Linux shows it"),
]


@pytest.fixture
def environments(tmp_path: Path) -> dict[str, str]:
    """This interpreter in place of the environments of raw httpx and of this package."""
    for name in ("bench-httpx", "bench-default"):
        python = tmp_path / "peers" / name / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
        python.chmod(0o755)
        (python.parents[1] / ".ready").touch()
    return {**os.environ, "REPLICATEKIT_PEERS": str(tmp_path / "peers")}


def ran(environments: dict[str, str], program: str, *arguments: str) -> str:
    command = [sys.executable, BENCHMARKS / program, "--tiny", "--tree", "--peers", "httpx", "default", *arguments]
    done = subprocess.run(command, env=environments, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_each_figure_is_measured(environments, tmp_path):
    output = ran(environments, "run.py", "--json", str(tmp_path / "all.json"))

    all_samples = json.loads((tmp_path / "all.json").read_text())
    assert SUITE
    for benchmark in SUITE:
        samples = all_samples[benchmark.name]
        assert set(samples) == {"httpx", "default"}
        for metric in benchmark.metrics:
            assert metric.title in output
            assert all(isinstance(each[metric.key], (int, float)) for rounds in samples.values() for each in rounds)


def test_growth_is_measured(environments):
    output = ran(environments, "growth.py", "--only", "pages", "--rounds", "1")

    assert output.count("µs/prediction") == 2


def test_the_table_in_the_readme_has_each_figure():
    text = (BENCHMARKS / "README.md").read_text(encoding="utf-8")

    assert [
        metric.title for benchmark in SUITE for metric in benchmark.metrics if f"| {metric.title} " not in text
    ] == []
