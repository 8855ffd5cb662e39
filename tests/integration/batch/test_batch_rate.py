"""The rate of creates that all workers of a journal share: learned once, kept, and raised again with care."""

from __future__ import annotations

import asyncio
import time

import pytest

from replicatekit import Client
from replicatekit.batch import Batch
from replicatekit.batch._journal.writer import JournalWriter
from replicatekit.batch._pace import _FIRST_GAP, _LONG_TRIAL, _LOW_CREDIT_GAP, _SHORT_TRIAL, Pace


@pytest.fixture
def journal(tmp_path):
    writer = JournalWriter(tmp_path / "journal.db")
    yield writer
    writer.close()


@pytest.fixture
def steps(journal):
    """Runs coroutines of a pace for 600 creates a minute; `state` reads the shared rate."""

    class Steps:
        pace = Pace(journal, 600)

        def state(self):
            return journal.call(journal.journal.rate.state)

        def take(self, count):
            """Let other workers take turns, and this one see the rate."""
            journal.call(journal.journal.rate.reserve, count)
            asyncio.run(self.pace._reserve())

        def throttled(self, seconds):
            asyncio.run(self.pace.throttled(seconds, self.state().version))

        def learn(self, remaining):
            asyncio.run(self.pace.learn(remaining))

    made = Steps()
    asyncio.run(made.pace.enter())
    made.take(1)
    return made


def test_the_first_response_that_says_that_plenty_is_left_gives_the_usual_rate(steps):
    assert steps.state().gap == _FIRST_GAP
    steps.learn(599)
    assert steps.state().gap == steps.state().usual


def test_responses_that_say_nothing_raise_the_rate_step_by_step(steps):
    gaps = []
    while steps.state().gap > steps.state().usual:
        steps.learn(None)
        gaps.append(steps.state().gap)
        steps.take(_SHORT_TRIAL)
    assert gaps == [1.0, 0.5, 0.25, 0.125, steps.state().usual]


def test_low_credit_is_tried_again_rarely_and_one_429_restores_it(steps):
    steps.throttled(10)
    assert steps.state().gap == _LOW_CREDIT_GAP
    steps.take(_SHORT_TRIAL)
    steps.learn(None)
    assert steps.state().gap == _LOW_CREDIT_GAP
    steps.take(_LONG_TRIAL)
    steps.learn(3)
    assert steps.state().gap == _LOW_CREDIT_GAP / 2
    steps.take(1)
    steps.throttled(3)
    assert steps.state().gap == _LOW_CREDIT_GAP
    assert steps.state().trial == _LONG_TRIAL


def test_a_faster_rate_that_uses_up_the_allowance_is_left_before_the_api_throttles(steps):
    steps.throttled(10)
    steps.take(_LONG_TRIAL)
    steps.learn(5)
    steps.take(1)
    steps.learn(0)
    assert steps.state().gap == _LOW_CREDIT_GAP


def test_credit_that_was_added_raises_the_rate_at_once(steps):
    steps.throttled(10)
    steps.take(1)
    steps.learn(400)
    assert steps.state().gap == steps.state().usual


def test_repeated_429s_lower_the_rate_further_but_each_rate_once(steps):
    steps.learn(599)
    before = steps.state().version
    for _ in range(3):
        asyncio.run(steps.pace.throttled(1, before))  # answers to creates of the same rate
    assert steps.state().gap == pytest.approx(0.2, rel=0.01)
    steps.throttled(1)
    assert steps.state().gap == pytest.approx(0.4, rel=0.01)


def test_the_rate_of_the_latest_run_counts(journal, steps):
    steps.learn(599)
    asyncio.run(Pace(journal, 60).enter())
    assert steps.state().gap == pytest.approx(1.0, rel=0.01)
    asyncio.run(Pace(journal, None).enter())
    assert steps.state().gap == 0.0


def test_what_was_learned_long_ago_is_learned_anew(journal, steps, monkeypatch):
    steps.throttled(10)
    now = journal.journal.database.now
    monkeypatch.setattr(type(journal.journal.database), "now", lambda _: now() + 3600)
    asyncio.run(steps.pace.enter())
    assert steps.state().gap == _FIRST_GAP


def test_the_version_is_found_once_and_no_create_is_spent_on_the_wrong_endpoint(sandbox, tmp_path):
    client = Client(token=sandbox.token, base_url=sandbox.base_url)
    with Batch(tmp_path / "journal.db", "acme/double", client=client) as batch:
        batch.add([{"n": 0}])
    for n in range(2):
        with Batch(tmp_path / "journal.db", client=client) as batch:
            batch.add([{"n": n}])
            assert batch.run(creates_per_minute=None).succeeded == 1
    posts = [request.path for request in sandbox.requests if request.method == "POST"]
    assert posts == ["/v1/predictions"] * 2
    assert sum(request.path == "/v1/models/acme/double" for request in sandbox.requests) == 1


def test_all_rows_run_in_the_version_of_the_first(sandbox, tmp_path):
    client = Client(token=sandbox.token, base_url=sandbox.base_url)
    with Batch(tmp_path / "journal.db", "acme/double", client=client) as batch:
        batch.add([{"n": 1}])
        batch.run(creates_per_minute=None)

        @sandbox.model("acme/double")
        def double(n: int) -> int:
            return 20 * n

        batch.add([{"n": 2}])
        batch.run(creates_per_minute=None)
        assert [row.output for row in batch.results()] == [2, 4]


@pytest.mark.parametrize("kind", ["official", "procedure"])
def test_a_model_that_runs_by_its_name_is_run_by_its_name(sandbox, tmp_path, kind):
    @sandbox.model("acme/named", **{kind: True})
    def named(n: int) -> int:
        return 3 * n

    client = Client(token=sandbox.token, base_url=sandbox.base_url)
    with Batch(tmp_path / "journal.db", "acme/named", client=client) as batch:
        batch.add([{"n": 1}])
        assert batch.run(creates_per_minute=None).succeeded == 1
    posts = [request.path for request in sandbox.requests if request.method == "POST"]
    assert posts == ["/v1/models/acme/named/predictions"]


def test_workers_that_share_a_journal_keep_one_rate(sandbox, start, tmp_path):
    sandbox.settings.creates_per_minute = 600
    journal = tmp_path / "journal.db"
    began = time.monotonic()
    workers = [start(journal, "acme/double", 30, creates_per_minute=600, concurrency=4) for _ in range(3)]
    assert [worker.wait(120) for worker in workers] == [0, 0, 0]
    assert time.monotonic() - began > 2.5  # 30 creates, one each 0.1 s
    assert list(sandbox.count_creates().values()) == [1] * 30


def test_low_credit_is_learned_from_one_answer_by_all_processes(sandbox, start, tmp_path):
    sandbox.settings.creates_per_minute = 6
    sandbox.settings.create_burst = 2
    journal = tmp_path / "journal.db"
    workers = [start(journal, "acme/double", 12, creates_per_minute=600) for _ in range(3)]
    workers[0].until(lambda: any(request.status == 429 for request in sandbox.requests))
    time.sleep(1.5)  # all of them have a create to send
    for worker in workers:
        worker.kill()
        worker.wait()
    posts = [request.status for request in sandbox.requests if request.method == "POST"]
    assert posts.count(429) == 1
