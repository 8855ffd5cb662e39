"""Creates that are cut at any byte of request and answer: never two of them, and none lost without a word."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from support.models import add_models, predictions_of, requests_to
from support.ways import WAYS_BY_EACH_SENDER

from replicatekit import errors

EACH_SENDER = True

PRIME = 7  # a stride that meets head, body, names and values alike


@pytest.fixture
def models(sandbox):
    return add_models(sandbox)


@pytest.fixture
def client(way, models):
    return way.client(models)


def places_of(way, ending, wait):
    """Where the first cut is, and how far the next: the sync client is cut at every byte, the others at some each."""
    if way.name == "sync" and way.sender is None:
        return 0, PRIME if wait or ending == "close" else 1
    others = WAYS_BY_EACH_SENDER[1:]
    return others.index(f"{way.name} by {way.sender}" if way.sender else way.name), 2 * PRIME


def create_at_each(models, client, places, **options):
    """Make creates, each cut one step later than the one before, until one is not cut; and what became of them."""
    outcomes = Counter()
    for place, at in enumerate(range(places[0], 10_000, places[1])):
        before, created, text = len(models.requests), models.creates, f"{at:04d}"
        models.fail_next(method="POST", path="/models/*", cut=options["cut"], at=at, ending=options["ending"])
        try:
            prediction = client.predictions.create("acme/official", {"text": text}, wait=options["wait"])
        except errors.OutcomeUnknownError as error:
            outcomes["unknown"] += 1
            check_unknown(error)
        else:
            outcomes["known"] += 1
            assert prediction.input == {"text": text}
        models.clear_faults()
        made = models.creates - created
        outcomes["twice"] += made > 1
        outcomes["made"] += made
        requests = requests_to(models)[before:]
        # The sandbox has not seen a request of which only a part of the head came.
        assert sum(method == "POST" for method, _ in requests) <= 1
        if outcomes["known"] and requests[-1][0] == "POST":
            assert place > 20
            return outcomes
    raise AssertionError("no create was ever whole")


def check_unknown(error):
    """What is known is said: that it is not, since when, and what to do."""
    assert error.prediction_id is None
    assert error.method == "POST"
    assert error.path == "/v1/models/acme/official/predictions"
    assert "look through the list" in str(error)
    assert "before it is sent again" in str(error)
    assert timedelta(0) <= datetime.now(UTC) - error.sent_at < timedelta(seconds=30)


@pytest.mark.parametrize("wait", [False, True], ids=["at once", "held"])
@pytest.mark.parametrize("ending", ["reset", "close"])
def test_a_request_that_is_cut_at_any_byte_creates_nothing_and_says_that_its_fate_is_unknown(
    way, client, models, wait, ending
):
    places = places_of(way, ending, wait)
    outcomes = create_at_each(models, client, places, cut="request", ending=ending, wait=wait)
    assert outcomes["twice"] == 0
    assert outcomes["known"] == outcomes["made"] == 1  # the one that was not cut
    assert outcomes["unknown"] > 250 / places[1]


@pytest.mark.parametrize("wait", [False, True], ids=["at once", "held"])
@pytest.mark.parametrize("ending", ["reset", "close"])
def test_an_answer_that_is_cut_at_any_byte_leaves_one_prediction_that_is_found_by_its_id_or_said_to_be_unknown(
    way, client, models, wait, ending
):
    places = places_of(way, ending, wait)
    outcomes = create_at_each(models, client, places, cut="response", ending=ending, wait=wait)
    assert outcomes["twice"] == 0
    # Each was made, and is known from the byte on at which its id had come.
    assert outcomes["made"] == outcomes["unknown"] + outcomes["known"]
    assert outcomes["unknown"] > 100 / places[1] - 1
    assert outcomes["known"] > 250 / places[1]


@pytest.mark.parametrize("options", [{"wait": False}, {}], ids=["at once", "held"])
def test_a_run_whose_create_was_cut_after_the_id_goes_on_to_its_output(client, models, options):
    models.fail_next(method="POST", path="/models/*", cut="response", at=500)
    assert client.run("acme/official", {"text": "a"}, **options) == "A"
    assert models.creates == 1


def test_an_answer_that_is_only_half_of_its_json_is_taken_up_by_its_id(client, models):
    for size in (45, 100, 300):
        models.fail_next(method="POST", path="/models/*", truncate=size)
        assert client.run("acme/official", {"text": "a"}) == "A"
    for size in (0, 3, 20):
        models.fail_next(method="POST", path="/models/*", truncate=size)
        with pytest.raises(errors.OutcomeUnknownError, match="it was accepted, so it exists") as caught:
            client.run("acme/official", {"text": "a"})
        check_unknown(caught.value)
        assert isinstance(caught.value.__cause__, errors.DecodingError)
        assert (caught.value.__cause__.status, caught.value.__cause__.request_id is None) == (201, True)
    assert models.creates == 6


@pytest.mark.parametrize("lie", [10, -10])
def test_an_answer_whose_length_is_a_lie_is_not_an_end(client, models, lie):
    models.fail_next(method="POST", path="/models/*", length_error=lie)
    assert client.run("acme/official", {"text": "a"}) == "A"
    assert models.creates == 1


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe\x00", "<html>hello</html>", [], {"status": "starting"}, {"id": ""}, {"id": 5}]
)
def test_a_create_that_was_accepted_with_an_answer_that_says_nothing_is_of_unknown_fate(client, models, body):
    models.fail_next(method="POST", path="/models/*", status=201, handled=True, body=body)
    with pytest.raises(errors.OutcomeUnknownError, match=r"look through the list|has no id") as caught:
        client.run("acme/official", {"text": "a"})
    assert caught.value.sent_at is not None
    assert caught.value.prediction_id is None
    assert models.creates == 1


def test_where_the_look_at_it_fails_too_the_error_has_its_id(client, models):
    models.fail_next(method="POST", path="/models/*", cut="response", at=500)
    models.fail_next(method="GET", path="/predictions/*", times=None, status=403)
    with pytest.raises(errors.OutcomeUnknownError, match="it exists under this id") as caught:
        client.run("acme/official", {"text": "a"})
    models.clear_faults()
    assert [each.id for each in predictions_of(models)] == [caught.value.prediction_id]


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 520, 522, 527])
@pytest.mark.parametrize("handled", [True, False])
def test_a_create_that_failed_at_the_server_is_not_sent_again(client, models, status, handled):
    models.fail_next(method="POST", path="/models/*", times=None, status=status, handled=handled)
    with pytest.raises(errors.APIStatusError, match="may have run all the same") as caught:
        client.run("acme/official", {"text": "a"})
    assert caught.value.status == status
    assert models.creates == handled
    assert len(models.requests) == 1


@pytest.mark.parametrize("status", [400, 401, 402, 403, 409, 413, 422])
def test_a_create_that_was_refused_did_not_run(client, models, status):
    models.fail_next(method="POST", path="/models/*", times=None, status=status)
    with pytest.raises(errors.APIStatusError) as caught:
        client.run("acme/official", {"text": "a"})
    assert "may have run" not in str(caught.value)
    assert len(models.requests) == 1


def test_the_second_of_two_creates_that_a_community_model_takes_is_as_safe_as_the_first(client, models):
    models.fail_next(method="POST", path="/predictions", times=None, cut="response", at=0)
    with pytest.raises(errors.OutcomeUnknownError):
        client.run("sandbox/hello", {"text": "a"})
    assert models.creates == 1


def test_trainings_deployments_and_files_are_created_once_as_well(client, models):
    models.fail_next(method="POST", times=None, cut="response", at=0)
    version = models.version("sandbox/hello")
    with pytest.raises(errors.OutcomeUnknownError):
        client.trainings.create(model="sandbox/hello", version=version, destination="acme/slow", input={})
    with pytest.raises(errors.OutcomeUnknownError):
        client.files.create(b"hello", filename="a.txt")
    with pytest.raises(errors.OutcomeUnknownError):
        client.request("POST", "/deployments", json={})
    assert len(models.requests) == 3
    assert models.creates == 1


def test_a_connection_that_was_closed_while_it_was_idle_loses_nothing(way, client, models):
    for place in range(20):
        assert client.run("acme/official", {"text": "a"}) == "A"
        assert models.creates == place + 1
        models.reset_connections()
