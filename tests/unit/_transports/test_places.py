"""Which of several small pools the next request goes to."""

from __future__ import annotations

import threading
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from replicatekit._transports._places import Places


def test_one_request_after_another_stays_in_the_first_pool():
    places = Places(10, 1000)
    for _ in range(50):
        pool = places.take()
        assert pool == 0
        places.give_back(pool)


def test_pools_are_filled_one_after_another():
    places = Places(10, 1000)
    assert [places.take() for _ in range(25)] == [0] * 10 + [1] * 10 + [2] * 5


def test_a_place_that_is_free_again_is_taken_before_a_new_pool():
    places = Places(2, 1000)
    taken = [places.take() for _ in range(6)]
    places.give_back(taken[0])
    assert places.take() == 0
    assert places.take() == 3


def test_what_finds_no_place_waits_where_the_fewest_do():
    places = Places(2, 4)
    assert sorted(places.take() for _ in range(8)) == [0, 0, 0, 0, 1, 1, 1, 1]


@given(st.lists(st.booleans(), max_size=300))
def test_while_there_are_places_no_pool_has_more_than_its_size_and_none_is_lost(steps):
    places, held = Places(3, 9), []
    for take in steps:
        if take and len(held) < 9:
            held.append(places.take())
        elif held:
            places.give_back(held.pop(0))
        counts = Counter(held)
        assert max(counts.values(), default=0) <= 3
        assert all(places.unused(pool) == (not counts[pool]) for pool in range(max(held, default=-1) + 1))
    for pool in held:
        places.give_back(pool)
    assert Counter(places.take() for _ in range(9)) == {0: 3, 1: 3, 2: 3}


def test_threads_share_them():
    places, most, lock, held = Places(5, 500), Counter(), threading.Lock(), Counter()

    def work():
        for _ in range(200):
            pool = places.take()
            with lock:
                held[pool] += 1
                most[pool] = max(most[pool], held[pool])
            with lock:
                held[pool] -= 1
            places.give_back(pool)

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most.values()) <= 5
    assert places.take() == 0
