"""Webhooks: which, when, signed how, tried how often."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Receiver:
    """A server that keeps what it is sent, and answers with the statuses it was given, then with 200."""

    def __init__(self):
        self.got = []
        self.statuses = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.got.append((dict(self.headers.items()), body))
                status = receiver.statuses.pop(0) if receiver.statuses else 200
                self.send_response(status)
                self.send_header("content-length", "0")
                self.send_header("location", receiver.url)
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def bodies(self):
        return [json.loads(body) for _, body in self.got]

    def statuses_told(self):
        return [(one["status"], len(one.get("output") or [])) for one in self.bodies()]

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def counter(sandbox):
    @sandbox.model("acme/counter", official=True)
    def counter(pieces: int = 3, pause: float = 0.0) -> Iterator[int]:
        for number in range(pieces):
            yield number
            time.sleep(pause)
        print("counted")


def run(sandbox, http, receiver, events=None, **input):
    body = {"input": input, "webhook": receiver.url}
    if events is not None:
        body["webhook_events_filter"] = events
    answer = http.post("/models/acme/counter/predictions", json=body)
    assert answer.status_code == 201
    sandbox.drain()
    return http.get(answer.json()["urls"]["get"]).json()


def test_start_and_completed_are_always_told_and_the_last_is_the_whole_prediction(sandbox, http, counter, receiver):
    prediction = run(sandbox, http, receiver, ["start", "completed"])
    assert [one["status"] for one in receiver.bodies()] == ["processing", "succeeded"]
    assert prediction.pop("data_removed") is False
    assert receiver.bodies()[-1] == prediction


def test_output_and_logs_are_told_at_most_every_half_second(sandbox, http, counter, receiver):
    run(sandbox, http, receiver, ["output"], pieces=50)
    assert len(receiver.got) == 1


def test_output_is_told_again_after_the_pause(sandbox, http, counter, receiver):
    sandbox.settings.webhook_pause = 0.0
    run(sandbox, http, receiver, ["output"])
    assert receiver.statuses_told() == [("processing", 1), ("processing", 2), ("processing", 3)]


def test_what_came_in_the_pause_is_told_when_it_is_over(sandbox, http, counter, receiver):
    sandbox.settings.webhook_pause = 0.05
    run(sandbox, http, receiver, ["output"], pieces=2, pause=0.1)
    assert receiver.statuses_told() == [("processing", 1), ("processing", 2)]


def test_without_a_filter_everything_is_told(sandbox, http, counter, receiver):
    run(sandbox, http, receiver)
    statuses = receiver.statuses_told()
    assert statuses[0] == ("processing", 0)
    assert statuses[-1] == ("succeeded", 3)


def test_a_delivery_is_signed_by_the_standard_scheme(sandbox, http, counter, receiver):
    run(sandbox, http, receiver, ["completed"])
    [(headers, body)] = receiver.got
    secret = http.get("/webhooks/default/secret").json()["key"]
    assert secret == sandbox.webhook_secret
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60


def test_the_terminal_delivery_is_tried_again_with_the_same_id(sandbox, http, counter, receiver):
    sandbox.settings.speed = 1000
    receiver.statuses = [500, 503]
    run(sandbox, http, receiver, ["completed"])
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    assert [(one.attempt, one.status) for one in sandbox.deliveries] == [(1, 500), (2, 503), (3, 200)]


def test_any_other_delivery_is_tried_once(sandbox, http, counter, receiver):
    receiver.statuses = [500]
    run(sandbox, http, receiver, ["start"])
    assert [one.status for one in sandbox.deliveries] == [500]


def test_a_receiver_that_is_not_there_is_given_up_after_a_while(sandbox, http, counter, receiver):
    sandbox.settings.speed = 10_000
    receiver.close()
    run(sandbox, http, receiver, ["completed"])
    assert [one.status for one in sandbox.deliveries] == [None] * 7
    receiver.__init__()


def test_redirects_are_not_followed(sandbox, http, counter, receiver):
    receiver.statuses = [307]
    run(sandbox, http, receiver, ["start"])
    assert len(receiver.got) == 1


def test_deliveries_may_come_twice(sandbox, http, counter, receiver):
    sandbox.settings.webhook_repeats = 1
    run(sandbox, http, receiver, ["start", "completed"])
    assert [one["status"] for one in receiver.bodies()] == ["processing"] * 2 + ["succeeded"] * 2


def test_deliveries_may_come_in_the_wrong_order(sandbox, http, counter, receiver):
    sandbox.settings.webhook_order = "reversed"
    sandbox.settings.webhook_pause = 0.0
    run(sandbox, http, receiver, ["start", "output", "completed"])
    told = receiver.statuses_told()
    assert told[0] == ("succeeded", 3)
    assert told[-1] == ("processing", 0)


def test_deliveries_may_come_late(sandbox, http, counter, receiver):
    sandbox.settings.webhook_delay = 0.05
    run(sandbox, http, receiver, ["completed"])
    [(headers, _)] = receiver.got
    assert headers["content-type"] == "application/json"


def test_trainings_tell_too(sandbox, http, receiver):
    version = sandbox.version("sandbox/hello")
    body = {"destination": "sandbox/hello", "input": {}, "webhook": receiver.url}
    http.post(f"/models/sandbox/hello/versions/{version}/trainings", json=body)
    sandbox.drain()
    assert receiver.bodies()[-1]["output"]["version"].startswith("sandbox/hello:")


def test_an_url_that_is_none_only_fails_to_be_told(sandbox, http, counter):
    sandbox.settings.speed = 10_000
    body = {"input": {}, "webhook": "nowhere", "webhook_events_filter": ["start"]}
    assert http.post("/models/acme/counter/predictions", json=body).status_code == 201
    sandbox.drain()
    assert [one.status for one in sandbox.deliveries] == [None]
