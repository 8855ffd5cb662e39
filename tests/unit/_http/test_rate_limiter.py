"""The limiter before servers that count in three ways, in simulated time."""

from __future__ import annotations

import heapq
import itertools
import math
import random
import threading
from typing import NamedTuple

import pytest

from replicatekit._http.rate_limiter import Limiter, Permit, bucket_of

CREATES, OTHERS = "creates", "others"
START = 5_000.0
"""A clock begins anywhere."""


def headers(remaining, reset):
    return {"ratelimit-remaining": str(remaining), "ratelimit-reset": str(reset)}


def send(limiter, now=START, bucket=CREATES):
    turn = limiter.acquire(bucket)
    return turn, limiter.wait(turn, now)


class Bucket:
    """Fills evenly; its reset is the time until it is full."""

    def __init__(self, limit=600, minutes=1.0):
        self.limit, self.rate, self.tokens, self.at = limit, limit / (60 * minutes), float(limit), 0.0

    def acquire(self, now):
        self.tokens, self.at = min(self.limit, self.tokens + (now - self.at) * self.rate), now
        asked = None if self.tokens >= 1 else (1 - self.tokens) / self.rate
        self.tokens -= asked is None
        return asked, headers(int(self.tokens), self.reset())

    def reset(self):
        return math.ceil((self.limit - self.tokens) / self.rate)


class NextToken(Bucket):
    """The same, with a reset that is the time until the next request is allowed."""

    def reset(self):
        return max(1, math.ceil((1 - self.tokens) / self.rate))


class Silent(Bucket):
    """The same, without the headers."""

    def acquire(self, now):
        return super().acquire(now)[0], {}


class Window:
    """A count that begins anew each minute."""

    def __init__(self, limit=600):
        self.limit, self.minute, self.count = limit, -1, 0

    def acquire(self, now):
        if now // 60 != self.minute:
            self.minute, self.count = now // 60, 0
        left = 60 - now % 60
        if self.count >= self.limit:
            return left, headers(0, math.ceil(left))
        self.count += 1
        return None, headers(self.limit - self.count, math.ceil(left))


class Outcome(NamedTuple):
    throttled: int
    seconds: float


class Simulation:
    """Workers that send requests one after the other, each answered after about 100 ms, 429s again."""

    def __init__(self, server, requests, workers, clients=1):
        self.server, self.rng, self.order = server, random.Random(1), itertools.count()
        self.events, self.throttled, self.last = [], 0, 0.0
        self.todo = [requests // clients] * clients
        self.limiters = [Limiter() for _ in range(clients)]
        for client in range(clients):
            for _ in range(workers):
                self.later(0.0, self.begin, client)
        self.unanswered = requests

    def later(self, when, what, *args):
        heapq.heappush(self.events, (when, next(self.order), what, args))

    def run(self) -> Outcome:
        while self.events:
            now, _, what, args = heapq.heappop(self.events)
            assert now < 1000
            what(now, *args)
        assert self.unanswered == 0
        return Outcome(self.throttled, self.last)

    def begin(self, now, client):
        if self.todo[client]:
            self.todo[client] -= 1
            self.ask(now, client, self.limiters[client].acquire(CREATES))

    def ask(self, now, client, turn):
        wait = self.limiters[client].wait(turn, START + now)
        if wait > 0:
            self.later(now + wait, self.ask, client, turn)
        else:
            self.later(now + self.rng.uniform(0.02, 0.08), self.serve, client, turn)

    def serve(self, now, client, turn):
        self.later(now + self.rng.uniform(0.02, 0.08), self.answer, client, turn, *self.server.acquire(now))

    def answer(self, now, client, turn, asked, said):
        self.limiters[client].record(
            turn, said, START + now, throttled=asked is not None, asked=math.ceil(asked) if asked else None
        )
        if asked is None:
            self.unanswered -= 1
            self.last = now
            self.begin(now, client)
        else:
            self.throttled += 1
            self.ask(now, client, self.limiters[client].acquire(CREATES))


@pytest.mark.parametrize(("server", "least"), [(Bucket, 40), (NextToken, 40), (Window, 60)])
@pytest.mark.parametrize("workers", [10, 100])
def test_a_thousand_requests_at_600_a_minute_meet_no_429_and_take_little_longer_than_they_must(server, least, workers):
    outcome = Simulation(server(), 1000, workers).run()
    assert outcome.throttled == 0
    assert outcome.seconds <= least * 1.4


@pytest.mark.parametrize(("server", "least"), [(Bucket, 40), (NextToken, 40), (Window, 60)])
def test_a_thousand_sent_at_once_are_throttled_only_before_the_first_answer(server, least):
    outcome = Simulation(server(), 1000, 1000).run()
    assert outcome.throttled == 400
    assert outcome.seconds <= least * 1.4


@pytest.mark.parametrize("server", [Bucket, NextToken, Window])
def test_several_clients_share_an_account_with_few_429s(server):
    outcome = Simulation(server(), 1500, 50, clients=3).run()
    assert outcome.throttled <= 30
    assert outcome.seconds <= 130


def test_without_headers_429s_alone_set_the_pace():
    outcome = Simulation(Silent(), 1000, 100).run()
    assert outcome.throttled <= 300
    assert outcome.seconds <= 40 * 1.4


def test_an_account_with_six_a_minute_gets_them():
    outcome = Simulation(Bucket(limit=6), 20, 20).run()
    assert outcome.throttled <= 20
    assert outcome.seconds <= 140 * 1.2


def test_an_answer_without_the_headers_slows_nothing_down():
    limiter = Limiter()
    for _ in range(1000):
        turn, wait = send(limiter)
        assert wait == 0
        limiter.record(turn, {}, START)


def test_as_long_as_much_is_left_nothing_waits():
    limiter = Limiter()
    for remaining in range(599, 149, -1):
        turn, wait = send(limiter)
        assert wait == 0
        limiter.record(turn, headers(remaining, 30), START)


def test_what_is_left_is_spread_over_the_time_until_the_reset():
    limiter = Limiter()
    turn, _ = send(limiter)
    limiter.record(turn, headers(599, 60), START)
    turn, _ = send(limiter)
    limiter.record(turn, headers(10, 20), START)
    waits = [send(limiter, START + 4)[1] for _ in range(2)]
    # One at once, for idle time is not saved up; and 9 are left for the next 20 seconds, as far as is known.
    assert waits == [0, 1.0]
    assert limiter.wait(Permit(CREATES, 4, alone=False), START + 4 + 20 / 9) == 0


def test_the_two_allowances_are_apart():
    limiter = Limiter()
    turn, _ = send(limiter)
    limiter.record(turn, {}, START, throttled=True, asked=30.0)
    assert send(limiter)[1] == 1.0
    assert send(limiter, bucket=OTHERS)[1] == 0


def test_after_a_429_all_wait_even_those_whose_turn_had_come():
    limiter = Limiter()
    first, _ = send(limiter)
    behind = [limiter.acquire(CREATES) for _ in range(3)]
    limiter.record(first, {}, START, throttled=True, asked=3.0)
    for turn in behind:
        assert limiter.wait(turn, START + 2.5) == 0.5
    waits = [limiter.wait(turn, START + 3.1) for turn in behind]
    assert waits[0] == 0 or waits[0] <= 1.0
    assert waits[1] > 0
    assert waits[2] > 0


def test_a_request_that_may_go_is_not_asked_to_wait_again():
    limiter = Limiter()
    turn, wait = send(limiter)
    assert wait == 0
    limiter.record(limiter.acquire(CREATES), {}, START, throttled=True, asked=9.0)
    assert limiter.wait(turn, START) == 0


def test_a_429_that_does_not_say_for_how_long_pauses_a_second():
    limiter = Limiter()
    turn, _ = send(limiter)
    limiter.record(turn, {}, START, throttled=True)
    assert send(limiter, START + 0.5)[1] == 0.5


def test_after_a_short_pause_the_first_request_waits_no_longer_than_was_asked_for():
    limiter = Limiter()
    turn, _ = send(limiter)
    limiter.record(turn, {}, START, throttled=True, asked=0.1)
    turn, wait = send(limiter, START + 0.05)
    assert wait == pytest.approx(0.05)
    assert limiter.wait(turn, START + 0.1) == pytest.approx(0.1)
    assert limiter.wait(turn, START + 0.201) == 0


def test_old_news_is_forgotten_when_nobody_waits():
    limiter = Limiter()
    turn, _ = send(limiter)
    limiter.record(turn, headers(599, 60), START)
    turn, _ = send(limiter)
    limiter.record(turn, headers(1, 10), START)
    assert all(send(limiter, START + 20)[1] == 0 for _ in range(50))


@pytest.mark.parametrize("remaining", ["", "-5", "nan", "inf", "1e9", "many", "9" * 500, "\x00"])
@pytest.mark.parametrize("reset", ["1", "-1", "nan", "soon", "9" * 500])
def test_headers_that_make_no_sense_never_stop_a_client(remaining, reset):
    limiter = Limiter()
    for step in range(5):
        turn, wait = send(limiter, START + step)
        assert wait == 0
        limiter.record(turn, headers(remaining, reset), START + step)


def test_the_longest_wait_before_a_look_is_a_second_whatever_a_server_says():
    limiter = Limiter()
    turn, _ = send(limiter)
    limiter.record(turn, headers(1000, 10), START)
    turn, _ = send(limiter)
    limiter.record(turn, headers(0, 10**8), START)
    assert all(send(limiter)[1] <= 1.0 for _ in range(20))


def test_a_clock_that_stands_still_or_goes_back_does_no_harm():
    limiter = Limiter()
    for now in (START, START, START - 100, START + 1):
        turn, wait = send(limiter, now)
        assert 0 <= wait <= 1.0
        limiter.record(turn, headers(3, 10), now)


def test_threads_share_the_allowance():
    limiter, sent = Limiter(), []
    lead, _ = send(limiter)
    limiter.record(lead, headers(599, 60), START)
    lead, _ = send(limiter)
    limiter.record(lead, headers(20, 20), START)

    def work():
        for _ in range(50):
            turn = limiter.acquire(CREATES)
            if limiter.wait(turn, START + 5) == 0:
                sent.append(turn.number)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 <= len(sent) <= 5
    assert sorted(sent) == list(range(3, 3 + len(sent)))
    assert limiter.acquire(CREATES).ticket == 403


@pytest.mark.parametrize(
    ("method", "path", "bucket"),
    [
        ("POST", "/v1/predictions", CREATES),
        ("POST", "/v1/models/acme/a/predictions", CREATES),
        ("POST", "/v1/deployments/acme/a/predictions/", CREATES),
        ("post", "/v1/models/acme/a/versions/1/trainings", CREATES),
        ("GET", "/v1/predictions", OTHERS),
        ("POST", "/v1/predictions/abc/cancel", OTHERS),
        ("POST", "/v1/files", OTHERS),
        ("DELETE", "/v1/files/abc", OTHERS),
    ],
)
def test_new_runs_draw_on_an_allowance_of_their_own(method, path, bucket):
    assert bucket_of(method, path) == bucket
