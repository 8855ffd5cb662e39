"""Which predictions are left of creates that were given up."""

from __future__ import annotations

import pytest

from replicatekit._domain.reference import parse
from replicatekit._session.pending_creates import Unanswered

MODEL = parse("acme/slow")


@pytest.fixture
def unanswered():
    return Unanswered()


def begun(unanswered, count=1, *, given_up=True, given=5):
    creates = [unanswered.begin(MODEL, {"seconds": given}) for _ in range(count)]
    for each in creates:
        if given_up:
            unanswered.give_up(each)
    return creates


def test_the_one_that_was_given_up_is_found(unanswered):
    (mine,) = begun(unanswered)
    assert unanswered.left_behind(mine, ["a"]) == ["a"]
    assert unanswered.left_behind(mine, []) == []


def test_what_somebody_has_the_answer_to_is_not_left_behind(unanswered):
    (mine,) = begun(unanswered)
    unanswered.answered("a")
    assert unanswered.left_behind(mine, ["a"]) == []
    assert unanswered.left_behind(mine, ["a", "b"]) == ["b"]


def test_what_somebody_still_waits_for_may_be_any_of_its_like(unanswered):
    (mine,) = begun(unanswered)
    (other,) = begun(unanswered, given_up=False)
    assert unanswered.left_behind(mine, ["a", "b"]) == []
    unanswered.end(other)
    assert unanswered.left_behind(mine, ["a"]) == ["a"]


def test_all_of_a_batch_that_was_given_up_are_left_behind(unanswered):
    mine, *_ = begun(unanswered, 3)
    assert unanswered.left_behind(mine, ["a", "b", "c"]) == ["a", "b", "c"]
    assert unanswered.left_behind(mine, ["a", "b", "c", "of somebody else"]) == []


def test_another_input_is_another_create(unanswered):
    (mine,) = begun(unanswered)
    begun(unanswered, given_up=False, given=6)
    assert unanswered.left_behind(mine, ["a"]) == ["a"]


def test_answers_are_remembered_up_to_a_number():
    unanswered = Unanswered(remembered=2)
    (mine,) = begun(unanswered)
    for known in "abc":
        unanswered.answered(known)
    assert unanswered.left_behind(mine, ["a"]) == ["a"]
    assert unanswered.left_behind(mine, ["b"]) == []
