"""Run a model by whatever names it: over real HTTP, in each way to call."""

from __future__ import annotations

import pytest
from support.models import add_models, predictions_of, requests_to

from replicatekit import errors

PREDICTIONS = ("POST", "/predictions")


@pytest.fixture
def models(sandbox):
    return add_models(sandbox)


@pytest.fixture
def client(way, models):
    return way.client(models)


def raw(thing):
    """A thing of the async half as the library gave it."""
    return getattr(thing, "thing", thing)


# What is run, and for how many requests


def test_an_official_model_runs_by_its_name_with_one_create_and_one_look(client, models):
    assert client.run("acme/official", {"text": "llama"}) == "LLAMA"
    prediction = predictions_of(models)[0]
    assert requests_to(models)[:2] == [
        ("POST", "/models/acme/official/predictions"),
        ("GET", f"/predictions/{prediction.id}"),
    ]
    assert len(requests_to(models)) == 3  # the third is this test's own
    assert models.creates == 1


def test_a_held_answer_that_says_it_has_succeeded_needs_no_look(client, models):
    models.settings.held_status = "succeeded"
    try:
        assert client.run("acme/official", {"text": "llama"}) == "LLAMA"
    finally:
        models.settings.held_status = "processing"
    assert requests_to(models) == [("POST", "/models/acme/official/predictions")]


def test_any_other_model_runs_by_its_latest_version_which_is_remembered(client, models):
    assert client.run("sandbox/hello", {"text": "a"}) == "hello a"
    assert requests_to(models)[:3] == [
        ("POST", "/models/sandbox/hello/predictions"),
        ("GET", "/models/sandbox/hello"),
        PREDICTIONS,
    ]
    before = len(models.requests)
    assert client.run("sandbox/hello", {"text": "b"}) == "hello b"
    assert [each for each in requests_to(models)[before:] if each[0] == "POST"] == [PREDICTIONS]
    assert len(requests_to(models)) == before + 2
    assert models.creates == 2


def test_what_is_remembered_is_shared_with_copies_of_the_client(client, models):
    client.run("sandbox/hello", {"text": "a"})
    before = len(models.requests)
    assert client.with_options(timeout=20).run("sandbox/hello", {"text": "b"}) == "hello b"
    assert requests_to(models)[before] == PREDICTIONS


@pytest.mark.parametrize(
    "gone",
    [
        {"status": 404},
        {"status": 422, "body": {"title": "Invalid version or not permitted", "status": 422}},
        {"status": 422, "body": {"invalid_fields": [{"field": "version", "type": "invalid_version"}]}},
    ],
    ids=["404", "422 by its title", "422 by its field"],
)
def test_a_remembered_version_that_is_gone_is_forgotten_and_the_latest_runs(client, models, gone):
    client.run("sandbox/hello", {"text": "a"})
    models.fail_next(method="POST", path="/predictions", **gone)
    before = len(models.requests)
    assert client.run("sandbox/hello", {"text": "b"}) == "hello b"
    assert requests_to(models)[before : before + 4] == [
        PREDICTIONS,
        ("POST", "/models/sandbox/hello/predictions"),
        ("GET", "/models/sandbox/hello"),
        PREDICTIONS,
    ]
    assert models.creates == 2


def test_a_wrong_input_does_not_make_the_version_forgotten(client, models):
    client.run("sandbox/hello", {"text": "a"})
    before = len(models.requests)
    with pytest.raises(errors.UnprocessableError, match="text") as caught:
        client.run("sandbox/hello", {"text": 5}, check=False)
    assert caught.value.invalid_fields
    assert requests_to(models)[before:] == [PREDICTIONS]


def test_a_version_is_run_as_it_is(client, models):
    version = models.version("sandbox/hello")
    assert client.run(f"sandbox/hello:{version}", {"text": "a"}) == "hello a"
    assert client.run(version, {"text": "b"}) == "hello b"
    assert client.run(version.upper(), {"text": "c"}) == "hello c"
    assert [each for each in requests_to(models) if each[0] == "POST"] == [PREDICTIONS] * 3


def test_a_version_that_is_not_there_is_refused_without_a_look_for_another(client, models):
    with pytest.raises(errors.UnprocessableError, match="version"):
        client.run("sandbox/hello:" + "0" * 64, {"text": "a"})
    assert requests_to(models) == [PREDICTIONS]


def test_models_versions_and_deployments_run_as_objects(client, models):
    model = raw(client.models.get("sandbox/hello"))
    version = raw(client.models.versions.get("sandbox/hello", models.version("sandbox/hello")))
    deployment = raw(
        client.deployments.create(
            name="hello",
            model="sandbox/hello",
            version=models.version("sandbox/hello"),
            hardware="cpu",
            min_instances=0,
            max_instances=1,
        )
    )
    assert client.run(model, {"text": "a"}) == "hello a"
    assert client.run(version, {"text": "b"}) == "hello b"
    assert client.run(deployment, {"text": "c"}) == "hello c"
    name = f"{deployment.owner}/{deployment.name}"
    assert client.run(deployment=deployment, input={"text": "d"}) == "hello d"
    assert client.run(deployment=name, input={"text": "e"}) == "hello e"
    posts = [path for method, path in requests_to(models) if method == "POST" and path.endswith("/predictions")]
    # A model that is not official tells its latest version: no look-up, and nothing tried in vain.
    assert posts == ["/predictions", "/predictions"] + [f"/deployments/{name}/predictions"] * 3
    assert models.creates == 5


def test_a_model_object_whose_version_is_gone_runs_by_the_latest_one(client, models):
    model = raw(client.models.get("sandbox/hello"))
    models.fail_next(method="POST", path="/predictions", status=422, body={"title": "Invalid version"})
    before = len(models.requests)
    assert client.run(model, {"text": "a"}) == "hello a"
    assert requests_to(models)[before : before + 4] == [
        PREDICTIONS,
        ("POST", "/models/sandbox/hello/predictions"),
        ("GET", "/models/sandbox/hello"),
        PREDICTIONS,
    ]


def test_a_reference_that_cannot_be_read_says_what_was_expected_and_sends_nothing(client, models):
    with pytest.raises(errors.InvalidReference, match="expected 'owner/name'"):
        client.run("llama", {})
    with pytest.raises(errors.InvalidArgument, match=r"both a model \('acme/official'\) and deployment='acme/mine'"):
        client.run("acme/official", {}, deployment="acme/mine")
    with pytest.raises(errors.InvalidArgument, match="no model was given"):
        client.run()
    with pytest.raises(errors.InvalidArgument, match="no model was given"):
        client.predictions.create(input={})
    assert not models.requests


def test_a_model_that_is_not_there_is_said_to_be_not_found(client, models):
    with pytest.raises(errors.NotFoundError, match="acme/nothing"):
        client.run("acme/nothing", {})
    assert models.creates == 0


def test_the_finished_prediction_is_to_be_had_instead_of_the_output(client, models):
    prediction = client.predictions.run("acme/bars", {"steps": 2})
    assert (prediction.status, prediction.output) == ("succeeded", "done")
    assert "2/2" in prediction.logs
    assert prediction.metrics["predict_time"] >= 0
    assert prediction.id == predictions_of(models)[0].id


# What goes with the create


def test_webhook_and_deadline_go_with_the_create_as_they_are(client, models):
    client.run(
        "acme/official",
        {"text": "a"},
        webhook="https://example.com/hook?x=1",
        webhook_events_filter=["completed"],
        cancel_after="5m",
        wait=7,
    )
    create = models.requests[0]
    assert create.json() == {
        "input": {"text": "a"},
        "webhook": "https://example.com/hook?x=1",
        "webhook_events_filter": ["completed"],
    }
    assert create.headers["cancel-after"] == "300s"
    assert create.headers["prefer"] == "wait=7"


@pytest.mark.parametrize(
    ("wait", "header"), [(True, "wait=60"), (1, "wait=1"), (60, "wait=60"), (12.7, "wait=12"), (False, None)]
)
def test_a_create_is_held_as_long_as_was_asked_for(client, models, wait, header):
    client.run("acme/official", {"text": "a"}, wait=wait)
    assert models.requests[0].headers.get("prefer") == header


# What cannot be


NOT_OPTIONS = [
    *({"wait": value} for value in (0, 61, -1, "5", 0.5, float("nan"))),
    *({"timeout": value} for value in (0, -1, "5", True, float("nan"))),
    *({"poll_interval": value} for value in (0, -1, "1", True, float("inf"))),
    *({"cancel_after": value} for value in (4, "soon", float("nan"), 1e30, True, "")),
    *({"webhook": 5}, {"webhook_events_filter": "completed"}, {"webhook_events_filter": [1]}),
    *({"on_progress": 5}, {"cancel": 5}, {"cancel": True}, {"cancel_on_timeout": 1}, {"cancel_on_interrupt": None}),
    *({"raw": "yes"}, {"wiat": True}),
]


@pytest.mark.parametrize("option", NOT_OPTIONS, ids=lambda option: "-".join(f"{k}={v!r}" for k, v in option.items()))
def test_an_option_that_cannot_be_is_refused_before_anything_is_sent(client, models, option):
    with pytest.raises(errors.InvalidArgument, match=next(iter(option)).replace("poll_interval", "interval")):
        client.run("acme/official", {"text": "a"}, **option)
    assert not models.requests


@pytest.mark.parametrize(
    "value", [[], "text", 5, [("text", "a")], {1: "a"}, {"text": object()}, {"text": float("nan")}]
)
def test_an_input_that_cannot_be_sent_is_refused_before_anything_is_sent(client, models, value):
    with pytest.raises(errors.InvalidInput, match="input"):
        client.run("acme/official", value)
    assert not models.requests
