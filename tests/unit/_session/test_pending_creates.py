"""Which predictions are proved to be left behind by creates that were given up."""

from __future__ import annotations

import pytest

from replicatekit import CancelToken
from replicatekit._domain.reference import parse
from replicatekit._runtime import TokenSet
from replicatekit._session.pending_creates import PendingCreates

MODEL = parse("acme/slow")


@pytest.fixture
def creates():
    return PendingCreates()


def started(creates, count=1, *, given_up=True, seconds=5, sent=True):
    pending = [creates.start(MODEL, {"seconds": seconds}) for _ in range(count)]
    for each in pending:
        each.sending()
        if sent:
            each.sent()
        if given_up:
            creates.give_up(each)
    return pending


def test_the_only_candidate_for_the_only_create_is_proved(creates):
    (mine,) = started(creates)
    assert creates.orphans(mine, ["a"]) == {"a": mine}
    assert creates.orphans(mine, []) == {}


def test_two_candidates_for_one_create_prove_nothing(creates):
    (mine,) = started(creates)
    assert creates.orphans(mine, ["a", "of somebody else"]) == {}


def test_a_create_that_was_not_sent_completely_left_nothing_behind(creates):
    (mine,) = started(creates, sent=False)
    assert creates.orphans(mine, ["of somebody else"]) == {}


def test_an_attempt_that_starts_again_is_not_sent_yet(creates):
    (mine,) = started(creates, given_up=False)
    mine.sending()
    creates.give_up(mine)
    assert creates.orphans(mine, ["a"]) == {}


def test_a_create_that_was_given_up_starts_no_attempt(creates):
    (mine,) = started(creates)
    with pytest.raises(TokenSet):
        mine.sending()
    assert mine.started_at is None
    token = CancelToken()
    other = creates.start(MODEL, {}, token)
    other.sending()
    token.cancel()
    with pytest.raises(TokenSet):
        other.sending()
    assert other.started_at is None


def test_a_prediction_that_somebody_got_the_response_for_is_no_candidate(creates):
    (mine,) = started(creates)
    creates.add_created("a")
    assert creates.orphans(mine, ["a"]) == {}
    assert creates.orphans(mine, ["a", "b"]) == {"b": mine}


def test_while_somebody_waits_for_the_same_nothing_is_proved(creates):
    (mine,) = started(creates)
    (other,) = started(creates, given_up=False)
    assert creates.orphans(mine, ["a", "b"]) == {}
    creates.end(other)
    assert creates.orphans(mine, ["a"]) == {"a": mine}


def test_as_many_candidates_as_creates_that_were_given_up_are_matched_in_their_order(creates):
    first, second, third = started(creates, 3)
    assert creates.orphans(second, ["a", "b", "c"]) == {"a": first, "b": second, "c": third}
    assert creates.orphans(second, ["a", "b", "c", "of somebody else"]) == {}
    assert creates.orphans(second, ["a", "b"]) == {}


def test_a_create_that_ended_without_its_prediction_still_claims_one(creates):
    (lost,) = started(creates)
    creates.end(lost)
    (mine,) = started(creates)
    assert creates.orphans(mine, ["a"]) == {}
    assert creates.orphans(mine, ["a", "b"]) == {"a": lost, "b": mine}
    creates.resolve(lost, "a")
    assert creates.orphans(mine, ["a", "b"]) == {"b": mine}


def test_another_input_is_another_create(creates):
    (mine,) = started(creates)
    started(creates, given_up=False, seconds=6)
    assert creates.orphans(mine, ["a"]) == {"a": mine}


def test_ids_are_remembered_up_to_a_number():
    creates = PendingCreates(remembered=2)
    (mine,) = started(creates)
    for prediction_id in "abc":
        creates.add_created(prediction_id)
    assert creates.orphans(mine, ["a"]) == {"a": mine}
    assert creates.orphans(mine, ["b"]) == {}
