from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import http.server
import json
import random
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from types import SimpleNamespace

import pytest

from replicatekit import webhooks
from replicatekit.errors import (
    InvalidArgument,
    WebhookError,
    WebhookHeaderError,
    WebhookPayloadError,
    WebhookReplayError,
    WebhookSignatureError,
)
from replicatekit.webhooks import async_unwrap, sign, unwrap, verify
from replicatekit_api.models import Prediction, Training

KEY = bytes(range(24))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
OTHER = "whsec_" + base64.b64encode(KEY[::-1]).decode()
NOW = 1_700_000_000.5
PAYLOAD = {
    "id": "gm3qorzdhgbfurvjtvhg6dckhu",
    "status": "succeeded",
    "output": ["https://replicate.delivery/a.png"],
    "logs": "Grüße",
    "urls": {"get": "https://api.replicate.com/v1/predictions/gm3qorzdhgbfurvjtvhg6dckhu"},
}
BODY = json.dumps(PAYLOAD, ensure_ascii=False).encode()
HEADERS = sign(BODY, SECRET, id="msg_1", timestamp=NOW)


def check(body=BODY, headers=HEADERS, secret=SECRET, now=NOW, **options):
    return verify(body, headers, secret, now=now, **options)


def with_header(name, value):
    return {**HEADERS, name: value}


class TestReading:
    def test_a_prediction_comes_back_typed(self):
        prediction = check()
        assert type(prediction) is Prediction
        assert prediction.to_dict() == PAYLOAD

    @pytest.mark.parametrize(
        "urls",
        [
            {"get": "https://api.replicate.com/v1/trainings/abc"},
            {"cancel": "https://api.replicate.com/v1/trainings/abc/cancel"},
            {"get": "http://127.0.0.1:8000/v1/trainings/abc?x=/predictions/"},
        ],
    )
    def test_a_training_comes_back_typed(self, urls):
        body = json.dumps({"id": "abc", "status": "processing", "urls": urls})
        assert type(check(body, sign(body, SECRET, timestamp=NOW))) is Training

    @pytest.mark.parametrize(
        "urls",
        [
            None,
            [],
            "trainings",
            {},
            {"get": None},
            {"get": 3, "cancel": []},
            {"get": "https://api.replicate.com/v1/predictions/abc?x=/trainings/"},
        ],
    )
    def test_anything_else_is_a_prediction(self, urls):
        body = json.dumps({"id": "abc", "status": "processing", "urls": urls})
        assert type(check(body, sign(body, SECRET, timestamp=NOW))) is Prediction

    @pytest.mark.parametrize(
        ("body", "why"),
        [
            (b"", "not JSON"),
            (b"{", "not JSON"),
            (b"\xff\xfe\xfd", "not JSON"),
            (b"[" * 100_000, "not JSON"),
            (b"9" * 10_000, "not JSON"),
            (b"[]", "a JSON list"),
            (b"null", "a JSON NoneType"),
            (b'"text"', "a JSON str"),
            (b"{}", "it has no id"),
            (b'{"id": 3, "status": "x"}', "it has no id"),
            (b'{"id": "", "status": "x"}', "it has no id"),
            (b'{"id": "a"}', "it has no status"),
            (b'{"id": "a", "status": null}', "it has no status"),
            (b'{"type": "invoice.paid", "data": {}}', "it has no id"),
        ],
    )
    def test_a_signed_body_that_is_none_of_the_apis_is_refused(self, body, why):
        with pytest.raises(WebhookPayloadError, match=why):
            check(body, sign(body, SECRET, timestamp=NOW))

    def test_the_body_may_be_bytes_or_text(self):
        for body in (BODY, bytearray(BODY), memoryview(BODY), BODY.decode()):
            assert check(body).id == PAYLOAD["id"]

    @pytest.mark.parametrize("body", [PAYLOAD, [], None, 3])
    def test_a_parsed_body_is_refused_with_what_is_needed(self, body):
        with pytest.raises(InvalidArgument, match="body must be the raw body"):
            check(body)

    def test_text_that_is_no_text_fits_no_signature(self):
        for body in ("\ud800", "\udc80", "\ud800\udc80"):
            with pytest.raises(WebhookSignatureError):
                check(body)


class TestSignatures:
    def test_the_signature_is_the_one_that_the_scheme_describes(self):
        signed = f"msg_1.{int(NOW)}.".encode() + BODY
        expected = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
        assert {
            "webhook-id": "msg_1",
            "webhook-timestamp": "1700000000",
            "webhook-signature": f"v1,{expected}",
        } == HEADERS

    def test_the_peer_accepts_what_we_sign_and_we_what_it_signs(self):
        peer = pytest.importorskip("standardwebhooks")
        from datetime import UTC, datetime

        now = datetime.now(tz=UTC)
        text = BODY.decode()
        assert peer.Webhook(SECRET).verify(text, sign(BODY, SECRET)) == PAYLOAD
        signature = peer.Webhook(SECRET).sign("msg_2", now, text)
        stamp = str(int(now.timestamp()))
        theirs = {"webhook-id": "msg_2", "webhook-timestamp": stamp, "webhook-signature": signature}
        assert verify(BODY, theirs, SECRET).id == PAYLOAD["id"]
        assert sign(BODY, SECRET, id="msg_2", timestamp=now.timestamp()) == theirs

    def test_one_of_several_signatures_is_enough(self):
        good = HEADERS["webhook-signature"]
        other = sign(BODY, OTHER, id="msg_1", timestamp=NOW)["webhook-signature"]
        for signatures in (f"{other} {good}", f"{good} {other}", f"v1a,abc v2,x,y {good}", f"v1,!!! {good}"):
            assert check(headers=with_header("webhook-signature", signatures)).id

    @pytest.mark.parametrize("version", ["v1a", "v2", "V1", "v", "v01", "1"])
    def test_other_versions_do_not_count(self, version):
        signature = HEADERS["webhook-signature"].replace("v1", version)
        with pytest.raises(WebhookSignatureError):
            check(headers=with_header("webhook-signature", signature))

    def test_one_of_several_secrets_is_enough(self):
        assert check(secret=[OTHER, SECRET]).id
        assert check(secret=(SECRET,)).id
        both = sign(BODY, [OTHER, SECRET], timestamp=NOW)
        assert both["webhook-signature"].count("v1,") == 2
        assert check(headers=both).id
        with pytest.raises(WebhookSignatureError):
            check(secret=[OTHER])

    def test_a_secret_may_come_without_its_prefix_or_padding_and_with_whitespace(self):
        key = base64.b64encode(bytes(range(25))).decode()
        headers = sign(BODY, "whsec_" + key, timestamp=NOW)
        for secret in (key, f"whsec_{key}", key.rstrip("="), f" whsec_{key}\n"):
            assert check(headers=headers, secret=secret).id

    @pytest.mark.parametrize(
        "secret", ["whsec_", "", "whsec_!!!not base64 at all", "whsec_abcde", [], None, 3, b"a", [None], {}]
    )
    def test_what_is_no_secret_is_refused_without_showing_it(self, secret):
        for call in (lambda: check(secret=secret), lambda: sign(BODY, secret)):
            with pytest.raises(InvalidArgument) as caught:
                call()
            assert "not base64" not in repr(caught.value)
            assert "abcde" not in repr(caught.value)
            assert caught.value.__cause__ is None
            assert caught.value.__suppress_context__ or caught.value.__context__ is None

    def test_another_body_id_or_timestamp_does_not_fit(self):
        for headers in (with_header("webhook-id", "msg_2"), with_header("webhook-timestamp", "1700000001")):
            with pytest.raises(WebhookSignatureError):
                check(headers=headers)
        with pytest.raises(WebhookSignatureError):
            check(BODY + b" ")
        with pytest.raises(WebhookSignatureError):
            check(json.dumps(PAYLOAD))

    def test_what_is_signed_cannot_be_parted_in_another_way(self):
        headers = sign(BODY, SECRET, id="msg.1", timestamp=NOW)
        moved = {**headers, "webhook-id": "msg", "webhook-timestamp": "1"}
        with pytest.raises(WebhookPayloadError):
            check(f"{int(NOW)}.".encode() + BODY, moved, now=1)

    def test_the_same_signature_written_in_another_way_is_not_taken(self):
        signature = HEADERS["webhook-signature"]
        # 32 bytes leave two bits of the last letter unused: base64 decoders take any.
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        last = signature[-2]
        alike = letters[letters.index(last) ^ 1]
        assert base64.b64decode(signature[3:-2] + alike + "=") == base64.b64decode(signature[3:])
        for other in (
            signature[:-2] + alike + "=",
            signature[:-1],
            signature + "=",
            signature.replace("v1,", "v1,!"),
        ):
            with pytest.raises(WebhookSignatureError):
                check(headers=with_header("webhook-signature", other))

    def test_signing_makes_a_new_delivery_each_time(self):
        first, second = sign(BODY, SECRET), sign(BODY, SECRET)
        assert first["webhook-id"] != second["webhook-id"]
        assert abs(int(first["webhook-timestamp"]) - time.time()) < 100
        assert verify(BODY, first, SECRET).id


class TestHeaders:
    @pytest.mark.parametrize(
        "headers",
        [
            {name.upper(): value for name, value in HEADERS.items()},
            {name.title(): value for name, value in HEADERS.items()},
            list(HEADERS.items()),
            [(name.encode(), value.encode()) for name, value in HEADERS.items()],
            iter(HEADERS.items()),
            {**HEADERS, "content-type": ["a", "b"], "x": None},
        ],
        ids=["upper", "title", "pairs", "bytes", "iterator", "others"],
    )
    def test_headers_come_in_many_forms(self, headers):
        assert check(headers=headers).id

    @pytest.mark.parametrize("name", list(HEADERS))
    def test_a_missing_header_is_named(self, name):
        for headers in (
            {key: value for key, value in HEADERS.items() if key != name},
            with_header(name, ""),
            with_header(name, None),
            with_header(name, ["a"]),
        ):
            with pytest.raises(WebhookHeaderError, match=f"{name} is missing"):
                check(headers=headers)

    @pytest.mark.parametrize("name", list(HEADERS))
    def test_a_header_that_is_there_twice_is_refused(self, name):
        with pytest.raises(WebhookHeaderError, match="2 times"):
            check(headers=[*HEADERS.items(), (name.upper(), HEADERS[name])])

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("webhook-timestamp", "now"),
            ("webhook-timestamp", "1.7e9"),
            ("webhook-timestamp", "-1700000000"),
            ("webhook-timestamp", "+1700000000"),
            ("webhook-timestamp", " 1700000000"),
            ("webhook-timestamp", "1_700_000_000"),
            ("webhook-timestamp", "\u0661\u0667" + "\u0660" * 8),
            ("webhook-timestamp", "9" * 5000),
            ("webhook-timestamp", "1700000000\n"),
            ("webhook-id", "a b"),
            ("webhook-id", "é"),
            ("webhook-id", "a" * 300),
            ("webhook-signature", "v1"),
            ("webhook-signature", "v1,"),
            ("webhook-signature", ",abc"),
            ("webhook-signature", "v1,abc "),
            ("webhook-signature", " v1,abc"),
            ("webhook-signature", "v1,abc  v1,abc"),
            ("webhook-signature", "garbage"),
        ],
    )
    def test_a_malformed_header_is_named(self, name, value):
        with pytest.raises(WebhookHeaderError, match=f"{name} is malformed"):
            check(headers=with_header(name, value))

    @pytest.mark.parametrize("headers", [None, 3, "webhook-id: a", [1], [("a", "b", "c")]])
    def test_what_are_no_headers_are_refused(self, headers):
        with pytest.raises(InvalidArgument, match="headers must be a mapping or pairs"):
            check(headers=headers)


class TestAge:
    @pytest.mark.parametrize("off", [-300, -299.5, 0, 299.5, 300])
    def test_within_five_minutes_either_way_it_is_taken(self, off):
        assert check(now=int(NOW) + off).id

    @pytest.mark.parametrize(
        ("off", "why"),
        [(301, "301 seconds old"), (-301, "301 seconds in the future"), (10**6, "old"), (300.5, "old")],
    )
    def test_beyond_it_is_a_replay(self, off, why):
        with pytest.raises(WebhookReplayError, match=why):
            check(now=int(NOW) + off)

    def test_the_tolerance_can_be_chosen(self):
        assert check(now=NOW + 1000, tolerance=2000).id
        with pytest.raises(WebhookReplayError):
            check(now=NOW + 2, tolerance=1)
        for tolerance in (-1, float("nan"), float("inf")):
            with pytest.raises(InvalidArgument, match="tolerance"):
                check(tolerance=tolerance)

    def test_without_now_it_is_the_clocks(self):
        assert verify(BODY, sign(BODY, SECRET), SECRET).id
        with pytest.raises(WebhookReplayError):
            verify(BODY, HEADERS, SECRET)

    def test_an_old_delivery_with_a_bad_signature_is_a_bad_signature(self):
        with pytest.raises(WebhookSignatureError):
            check(secret=OTHER, now=NOW + 10_000)


def mutated(chance, value):
    """The same value with one small change."""
    at = chance.randrange(len(value) + 1)
    letter = bytes([chance.randrange(256)]) if isinstance(value, bytes) else chr(chance.randrange(1, 256))
    match chance.randrange(6):
        case 0:
            changed = value[:at] + letter + value[at:]
        case 1:
            changed = value[:at] + value[at + 1 :]
        case 2:
            changed = value[:at] + letter + value[at + 1 :]
        case 3:
            changed = value[:at]
        case 4:
            changed = value[at:] + value[:at]
        case _:
            changed = value + value[-1:] if chance.random() < 0.5 else value[:1] + value
    return changed if changed != value else mutated(chance, value)


def test_of_ten_thousand_mutated_deliveries_none_is_accepted():
    chance = random.Random(20_260_316)
    outcomes = Counter()
    for _ in range(10_000):
        body, headers, secret, now = BODY, dict(HEADERS), SECRET, NOW
        part = chance.choice(["body", "body", *HEADERS, *HEADERS, "missing", "doubled", "secret", "clock"])
        if part == "body":
            body = mutated(chance, BODY)
        elif part in HEADERS:
            headers[part] = mutated(chance, headers[part])
        elif part == "missing":
            del headers[chance.choice(list(headers))]
        elif part == "doubled":
            name = chance.choice(list(headers))
            headers = [*headers.items(), (name.upper(), mutated(chance, headers[name]))]
        elif part == "secret":
            secret = "whsec_" + base64.b64encode(mutated(chance, KEY) + b"\1").decode()
        else:
            now += chance.choice([-1, 1]) * chance.uniform(301, 10**9)
        try:
            verify(body, headers, secret, now=now)
        except WebhookError as error:
            outcomes[type(error).__name__] += 1
        else:
            outcomes["accepted"] += 1
    assert outcomes["accepted"] == 0
    assert sum(outcomes.values()) == 10_000
    assert set(outcomes) - {"accepted"} == {
        "WebhookHeaderError",
        "WebhookSignatureError",
        "WebhookReplayError",
    }


class TestRequests:
    @pytest.fixture
    def headers(self):
        return sign(BODY, SECRET)

    def test_flask(self, headers):
        flask = pytest.importorskip("flask")
        app = flask.Flask(__name__)

        @app.post("/")
        def receive():
            prediction = unwrap(flask.request, SECRET)
            return {"id": prediction.id, "again": flask.request.get_json()["id"]}

        client = app.test_client()
        answer = client.post("/", data=BODY, headers=headers, content_type="application/json")
        assert answer.json == {"id": PAYLOAD["id"], "again": PAYLOAD["id"]}

    def test_django(self, headers):
        pytest.importorskip("django")
        from django.conf import settings
        from django.test import RequestFactory

        if not settings.configured:
            settings.configure()
        request = RequestFactory().post("/", data=BODY, content_type="application/json", headers=headers)
        assert unwrap(request, SECRET).id == PAYLOAD["id"]
        with pytest.raises(WebhookSignatureError):
            unwrap(request, OTHER)

    def starlette_request(self, headers):
        requests = pytest.importorskip("starlette.requests")
        pairs = [(name.encode(), value.encode()) for name, value in headers.items()]

        async def receive():
            return {"type": "http.request", "body": BODY, "more_body": False}

        return requests.Request({"type": "http", "method": "POST", "headers": pairs}, receive)

    def test_starlette_and_fastapi(self, headers):
        assert asyncio.run(async_unwrap(self.starlette_request(headers), SECRET)).id == PAYLOAD["id"]

    def test_starlette_without_await_says_what_to_do(self, headers):
        with pytest.raises(InvalidArgument, match=r"await webhooks\.async_unwrap"):
            unwrap(self.starlette_request(headers), SECRET)

    def test_others_by_what_they_have(self, headers):
        class Aiohttp:
            def __init__(self):
                self.headers = headers

            async def read(self):
                return BODY

        assert unwrap(SimpleNamespace(headers=headers, body=BODY), SECRET).id
        assert asyncio.run(async_unwrap(SimpleNamespace(headers=headers, body=BODY), SECRET)).id
        assert asyncio.run(async_unwrap(Aiohttp(), SECRET)).id

    @pytest.mark.parametrize("request_", [None, {}, BODY, SimpleNamespace(body=BODY), SimpleNamespace(headers={})])
    def test_what_is_no_request_is_refused_with_what_to_do(self, request_):
        with pytest.raises(InvalidArgument, match=r"webhooks\.verify"):
            unwrap(request_, SECRET)
        with pytest.raises(InvalidArgument, match=r"webhooks\.verify"):
            asyncio.run(async_unwrap(request_, SECRET))

    def test_options_are_passed_on(self):
        request = SimpleNamespace(headers=HEADERS, body=BODY)
        assert unwrap(request, SECRET, now=NOW).id
        assert asyncio.run(async_unwrap(request, SECRET, now=NOW + 500, tolerance=600)).id

    def test_the_standard_librarys_server_over_loopback(self, headers):
        received = []

        class Receiver(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                try:
                    received.append(verify(body, self.headers, SECRET).id)
                    self.send_response(204)
                except WebhookError:
                    self.send_response(401)
                self.end_headers()

            def log_message(self, *_):
                pass

        with http.server.HTTPServer(("127.0.0.1", 0), Receiver) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            try:
                url = f"http://127.0.0.1:{server.server_port}/"
                with urllib.request.urlopen(urllib.request.Request(url, BODY, headers)) as answer:
                    assert answer.status == 204
                with pytest.raises(urllib.error.HTTPError) as caught:
                    urllib.request.urlopen(urllib.request.Request(url, BODY + b" ", headers))
                assert caught.value.code == 401
                caught.value.close()
            finally:
                server.shutdown()
                thread.join()
        assert received == [PAYLOAD["id"]]


def test_what_is_public_is_listed():
    assert set(webhooks.__all__) == {
        "DeliveryTracker",
        "DeliveryStore",
        "HeaderItems",
        "async_unwrap",
        "sign",
        "unwrap",
        "verify",
    }


def test_nothing_heavy_is_imported_for_this():
    code = (
        "import sys, replicatekit.webhooks as w;"
        "print(sorted({'httpx', 'asyncio', 'replicatekit_api.models.model_page'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"[]\n"
