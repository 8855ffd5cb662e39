"""What must stay hidden does: in the log, in errors, in tracebacks with the values of variables, in reprs."""

from __future__ import annotations

import logging
import traceback
from base64 import b64encode

import pytest
from support.models import add_models

import replicatekit
from replicatekit import errors
from replicatekit.sandbox import Path

EACH_SENDER = True

TOKEN = "r8_" + "Secret" * 6 + "x"
OWN = "a-secret-of-the-callers"


@pytest.fixture
def models(sandbox):
    return add_models(sandbox)


@pytest.fixture
def log(caplog):
    caplog.set_level(1, "replicatekit")
    return caplog


@pytest.fixture
def client(way, models):
    return way.client(models, token=TOKEN, headers={"x-own": OWN}, max_retries=1)


def told(log):
    return "\n".join(f"{each.getMessage()} {each.__dict__}" for each in log.records if each.name == "replicatekit")


def hidden(text):
    return TOKEN not in text and OWN not in text and TOKEN[3:20] not in text


def shown_by_a_tracker(error):
    """What a tracker of errors shows: each frame of ours with the values of its variables, causes included."""
    parts = []
    for each in [error, error.__cause__, error.__context__]:
        if each is not None:
            trace = traceback.TracebackException.from_exception(each, capture_locals=True)
            ours = [frame for frame in trace.stack if "/replicatekit/" in frame.filename.replace("\\", "/")]
            parts += [f"{frame.name} {frame.locals}" for frame in ours]
            parts += [str(each), repr(each)]
    return "\n".join(parts)


FAULTS = [
    {"status": 401},
    {"status": 503, "body": f"you sent Bearer {TOKEN}"},
    {"status": 400, "body": {"detail": f"Bearer {TOKEN} is no token"}},
    {"status": 200, "body": f"<html>{TOKEN}</html>"},
    {"status": 307, "headers": {"location": f"https://example.com/?token={TOKEN}"}},
    {"cut": "response", "at": 0},
    {"cut": "request", "at": 20},
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: "-".join(str(value)[:8] for value in fault.values()))
def test_no_error_shows_a_secret(client, models, log, fault):
    models.fail_next(times=None, **fault)
    calls = [
        client.account.get,
        lambda: client.run("acme/official", {"text": "a"}),
        lambda: client.files.create(b"a", filename="a"),
        lambda: client.request("POST", "/new", json={}),
    ]
    for call in calls[: 3 if fault.get("status") == 200 else 4]:  # any 200 is an answer to what is not known
        with pytest.raises(errors.ReplicateError) as caught:
            call()
        assert hidden(shown_by_a_tracker(caught.value))
        assert hidden(str(caught.value))
    assert hidden(told(log))


def test_the_log_tells_of_requests_with_their_headers_and_without_secrets(way, client, log):
    with pytest.raises(errors.AuthenticationError):
        client.account.get()
    assert "GET http://127.0.0.1" in told(log)
    assert "Authorization: [hidden]" in told(log)
    assert "x-own: [hidden]" in told(log)
    assert "401 in " in told(log)
    assert hidden(told(log))


def test_the_log_tells_of_repetitions_and_of_what_was_cancelled(way, models, log):
    client = way.client(models)
    models.fail_next(method="GET", status=503)
    client.account.get()
    prediction = client.predictions.create("acme/slow", {"seconds": 30})
    with pytest.raises(errors.WaitTimeout):
        prediction.wait(timeout=0.1, cancel_on_timeout=True)
    infos = [each.getMessage() for each in log.records if each.levelno == logging.INFO and each.name == "replicatekit"]
    assert any("503; retried in" in each for each in infos)
    assert f"canceled prediction {prediction.id}" in infos


WRITTEN = "what-stands-in-a-file-is-nobodys-business-" * 3


def test_no_log_at_all_shows_the_token_or_what_is_in_files(way, models, caplog, tmp_path):
    caplog.set_level(1)  # of httpx, httpcore and whatever else has one
    client = way.client(models, headers={"x-own": OWN}, max_retries=1)

    @models.model("acme/echo-file", official=True)
    def echo_file(file: Path) -> Path:
        copy = tmp_path / "copy.txt"
        copy.write_bytes(Path(str(file)).read_bytes())
        return copy

    small, large = WRITTEN.encode(), WRITTEN.encode() * 3000
    for content in (small, large):
        output = client.run("acme/echo-file", {"file": content})
        assert way.wrap(output).read() == content
    client.files.create(small, filename="a.txt", metadata={"note": WRITTEN})
    client.run("acme/official", {"text": WRITTEN})
    models.fail_next(status=500, body={"detail": "no"})
    with pytest.raises(errors.ReplicateError):
        client.files.create(small)
    seen = "\n".join(f"{each.name} {each.getMessage()} {each.args} {each.exc_text}" for each in caplog.records)
    assert caplog.records
    assert models.token not in seen
    assert OWN not in seen
    assert WRITTEN[:20] not in seen
    assert b64encode(small).decode()[:24] not in seen


def test_nothing_is_logged_as_a_warning_unless_there_is_trouble(way, models, log):
    way.client(models).run("acme/official", {"text": "a"})
    assert all(each.levelno <= logging.INFO for each in log.records if each.name == "replicatekit")


def test_no_repr_shows_a_secret(client):
    client = getattr(client, "thing", client)
    for thing in (client, client.api, client._session, client.predictions, client._session.api.rules):
        assert hidden(repr(thing) + str(thing))


def test_a_live_object_shows_no_secret(way, models):
    prediction = way.client(models).predictions.run("acme/official", {"text": "a"})
    assert models.token not in repr(prediction)


def test_a_client_that_cannot_be_made_does_not_show_its_token():
    for options in (
        {"token": TOKEN + "\n\n x"},
        {"token": TOKEN, "base_url": "nonsense"},
        {"token": TOKEN, "timeout": -1},
    ):
        with pytest.raises(errors.InvalidArgument) as caught:
            replicatekit.Client(**options)
        assert hidden(str(caught.value))
