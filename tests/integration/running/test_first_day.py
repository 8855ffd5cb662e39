"""What a new user meets: progress while it runs, messages that say what to do, and logs."""

from __future__ import annotations

import io
import logging
import re
import sys
from operator import attrgetter

import pytest
from support.models import add_models

from replicatekit import errors


@pytest.fixture
def models(sandbox):
    return add_models(sandbox)


@pytest.fixture
def client(way, models):
    return way.client(models)


# Progress


def test_progress_is_reported_while_the_model_runs_although_creates_are_held_by_default(client, models):
    models.settings.speed = 1
    seen = []
    try:
        client.run("acme/bars", {"steps": 60}, on_progress=lambda prediction: seen.append(prediction.status))
    finally:
        models.settings.speed = 20
    assert seen.count("processing") >= 2
    assert seen[-1] == "succeeded"


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_progress_bar_is_drawn_where_a_person_is_watching(client, models, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    seen = []
    assert client.run("acme/bars", {"steps": 8}, progress=True, on_progress=seen.append) == "done"
    assert "acme/bars" in terminal.getvalue()
    assert "100%" in terminal.getvalue()
    assert seen


def test_no_progress_bar_is_drawn_where_nobody_is_watching(client, models, capfd):
    assert client.run("acme/bars", {"steps": 2}, progress=True) == "done"
    assert capfd.readouterr().err == ""


# Messages


def test_a_timeout_names_its_limit_and_the_status_as_a_word(client, models):
    with pytest.raises(errors.WaitTimeout) as caught:
        client.run("acme/slow", {"seconds": 30}, wait=False, timeout=1.5)
    assert "did not finish within 1.5 s" in str(caught.value)
    assert re.search(r"status: (starting|processing)\b", str(caught.value))
    assert "PredictionStatus" not in str(caught.value)


@pytest.mark.parametrize("method", ["run", "stream", "iterate"])
def test_an_input_given_as_an_option_is_shown_where_it_belongs(client, models, method):
    with pytest.raises(errors.InvalidArgument) as caught:
        getattr(client, method)("acme/official", prompt="x")
    assert "no option 'prompt'" in str(caught.value)
    assert "input={'prompt': ...}" in str(caught.value)
    assert not models.requests


def refusing(models, field, description):
    body = {"title": "Input validation failed", "status": 422, "detail": f"- {field}: {description}"}
    body["invalid_fields"] = [{"type": "required", "field": field, "description": description}]
    models.fail_next(method="POST", status=422, body=body)


def test_a_refused_input_is_shown_as_it_was_sent(client, models):
    refusing(models, "input.text", "must be longer")
    with pytest.raises(errors.UnprocessableError) as caught:
        client.run("acme/official", {"text": "ab", "other": 1})
    assert "must be longer" in str(caught.value)
    assert "sent: text = 'ab'" in str(caught.value)
    assert "other" not in str(caught.value)


def test_a_misspelled_input_is_answered_with_the_nearest_one_where_the_schema_is_known(client, models):
    model = client.models.get("acme/official")
    refusing(models, "input", "text is required")
    with pytest.raises(errors.UnprocessableError, match="no input 'txet'; did you mean 'text'"):
        client.run(getattr(model, "thing", model), {"txet": "ab"}, check=False)


@pytest.mark.parametrize("value", ["cat.png", "./pictures/cat.JPG", "C:\\music\\song.mp3"])
def test_a_file_name_that_was_refused_is_answered_with_how_to_send_the_file(client, models, value):
    refusing(models, "input.image", "Does not match format 'uri'")
    with pytest.raises(errors.UnprocessableError) as caught:
        client.run("acme/official", {"image": value})
    assert f"pass pathlib.Path({value!r})" in str(caught.value)


def test_a_file_name_that_a_model_failed_with_is_answered_with_how_to_send_the_file(client, models):
    @models.model("acme/opens", official=True)
    def opens(image: str) -> str:
        raise OSError(f"cannot open {image}")

    with pytest.raises(errors.ModelError, match=r"pass pathlib.Path\('cat.png'\)"):
        client.run("acme/opens", {"image": "cat.png"})
    with pytest.raises(errors.ModelError) as caught:
        client.run("acme/opens", {"image": "https://example.com/cat.png"})
    assert "pathlib" not in str(caught.value)


# The API's own deadline


def test_a_run_that_is_canceled_on_timeout_is_canceled_by_the_api_too_if_this_process_ends(client, models):
    client.run("acme/official", {"text": "a"}, timeout=30, cancel_on_timeout=True)
    client.run("acme/official", {"text": "a"}, timeout=30, cancel_on_timeout=True, cancel_after=300)
    client.run("acme/official", {"text": "a"}, timeout=30)
    client.run("acme/official", {"text": "a"}, cancel_on_timeout=True)
    sent = [each.headers.get("cancel-after") for each in models.requests if each.method == "POST"]
    assert sent == ["45s", "300s", None, None]


# Logs


def test_logs_name_what_was_created_and_how_it_ended(client, models, caplog):
    with caplog.at_level(logging.INFO, logger="replicatekit"):
        client.run("acme/official", {"text": "a"})
    lines = [each.getMessage() for each in caplog.records]
    (created,) = [line for line in lines if line.startswith("created prediction")]
    (finished,) = [line for line in lines if "succeeded after" in line]
    assert "acme/official" in created
    assert "acme/official" in finished


# Servers that run a model without the API around it


@pytest.mark.parametrize("method", ["run", "predictions.run"])
def test_an_output_without_an_id_is_returned(way, method):
    import httpx

    answer = {"id": None, "status": "succeeded", "input": {}, "output": "hello Bob"}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=answer))
    client = way.client(token="t", base_url="http://127.0.0.1:1/v1", transport=transport)
    result = attrgetter(method)(client)("a" * 64, {"name": "Bob"})
    assert (result if method == "run" else result.output) == "hello Bob"


def test_a_failure_without_an_id_is_an_error_without_one(way):
    import httpx

    answer = {"id": None, "status": "failed", "error": "no name", "output": None}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=answer))
    client = way.client(token="t", base_url="http://127.0.0.1:1/v1", transport=transport)
    with pytest.raises(errors.ModelError, match="no name") as caught:
        client.run("a" * 64, {"name": "Bob"})
    assert caught.value.prediction_id is None


def test_a_prediction_that_runs_without_an_id_cannot_be_followed(way):
    import httpx

    transport = httpx.MockTransport(lambda _: httpx.Response(201, json={"status": "processing"}))
    client = way.client(token="t", base_url="http://127.0.0.1:1/v1", transport=transport)
    with pytest.raises(errors.OutcomeUnknownError, match="has no id"):
        client.run("a" * 64, {})
