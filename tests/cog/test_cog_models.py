"""The four Cog predictors, run end to end: through our client, and over HTTP without it."""

from __future__ import annotations

import json

import pytest
from cog_help import receiver, until

from replicatekit import errors, webhooks

pytestmark = pytest.mark.cog


def create(http, cog, name, input, **more):
    answer = http.post("/predictions", json={"version": cog.version(name), "input": input, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


def finished(http, prediction):
    def look():
        now = http.get(prediction["urls"]["get"]).json()
        return now if now["status"] in ("succeeded", "failed", "canceled", "aborted") else None

    return until(look)


def test_a_text_comes_through_the_client(cog, client):
    assert client.run(cog.name("text"), {"text": "cog", "times": 2, "tone": "loud"}) == "HI COG HI COG"


def test_a_text_comes_over_http(cog, http):
    made = create(http, cog, "text", {"text": "cog"})
    assert made["status"] == "starting"
    ended = finished(http, made)
    assert (ended["status"], ended["output"], ended["logs"]) == ("succeeded", "hi cog", "greeting cog\n")
    assert ended["metrics"]["predict_time"] >= 0


def test_the_version_says_what_cog_says_of_the_predictor(cog, http):
    record = http.get(f"/models/cog/text/versions/{cog.version('text')}").json()
    schemas = record["openapi_schema"]["components"]["schemas"]
    inputs = schemas["Input"]["properties"]
    assert sorted(inputs, key=lambda name: inputs[name]["x-order"]) == [
        "text",
        "times",
        "tone",
        "seconds",
        "mood",
    ]
    assert schemas["Input"]["required"] == ["text"]
    assert inputs["text"]["description"] == "Who is greeted"
    assert (inputs["times"]["minimum"], inputs["times"]["maximum"], inputs["times"]["default"]) == (1, 5, 1)
    assert inputs["tone"]["allOf"] == [{"$ref": "#/components/schemas/tone"}]
    assert schemas["tone"]["enum"] == ["plain", "loud"]
    assert schemas["Output"] == {"title": "Output", "type": "string"}


def test_an_input_that_the_predictor_does_not_take_is_refused_with_its_fields(cog, http):
    body = {"version": cog.version("text"), "input": {"times": 9, "tone": "rude"}}
    answer = http.post("/predictions", json=body)
    assert answer.status_code == 422
    assert {one["field"] for one in answer.json()["invalid_fields"]} == {"input.text", "input.times", "input.tone"}


def test_a_predictor_that_raises_fails_its_prediction_with_the_reason(cog, client):
    with pytest.raises(errors.ModelError) as raised:
        client.run(cog.name("text"), {"text": "cog", "mood": "bad"})
    assert raised.value.prediction.status == "failed"
    assert "not in the mood for cog" in raised.value.prediction.error
    assert "greeting cog" in raised.value.prediction.logs
    assert client.run(cog.name("text"), {"text": "again"}) == "hi again"


def test_a_predictor_whose_process_dies_fails_its_prediction_and_is_there_again(cog, client):
    with pytest.raises(errors.ModelError) as raised:
        client.run(cog.name("text"), {"text": "cog", "mood": "worse"})
    assert raised.value.prediction.status == "failed"
    assert client.run(cog.name("text"), {"text": "again"}) == "hi again"


def test_the_token_of_the_caller_is_not_in_the_predictors_environment(cog, client, monkeypatch):
    monkeypatch.setenv("REPLICATE_API_TOKEN", "r8_not_for_models")
    cog.name("text")
    cog.sandbox.state.registry.stop()
    assert client.run(cog.name("text"), {"text": "", "mood": "curious"}) == "no token"


def test_a_text_in_pieces_streams_through_the_client(cog, client):
    events = list(client.stream(cog.name("stream"), {"prompt": "a", "pieces": 4, "pause": 0.02}))
    assert [event.data for event in events if type(event).__name__ == "OutputEvent"] == ["a-0 ", "a-1 ", "a-2 ", "a-3 "]
    logs = "\n".join(event.data for event in events if type(event).__name__ == "LogsEvent")
    assert logs.splitlines() == ["piece-0", "piece-2"]
    assert type(events[-1]).__name__ == "DoneEvent"


def test_a_text_in_pieces_is_one_text_at_the_end(cog, client):
    assert client.run(cog.name("stream"), {"prompt": "b", "pieces": 3}) == "b-0 b-1 b-2 "


def test_a_stream_over_http_has_ids_and_goes_on_after_the_last_one(cog, http):
    made = create(http, cog, "stream", {"prompt": "c", "pieces": 5, "pause": 0.01})
    whole = events_of(http.get(made["urls"]["stream"]).text)
    outputs = [event for event in whole if event["event"] == "output"]
    assert [event["data"] for event in outputs] == [f"c-{number} " for number in range(5)]
    assert (whole[-1]["event"], json.loads(whole[-1]["data"])) == ("done", {})
    after = http.get(made["urls"]["stream"], headers={"last-event-id": outputs[2]["id"]}).text
    rest = [event for event in events_of(after) if event["event"] == "output"]
    assert rest == outputs[3:]
    assert finished(http, made)["output"] == [f"c-{number} " for number in range(5)]


def events_of(text):
    blocks = [block for block in text.split("\n\n") if block]
    return [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks]


def test_a_stream_of_nothing_is_only_its_end(cog, client):
    assert client.run(cog.name("stream"), {"prompt": "d", "pieces": 0}) in ("", None, [])


def test_a_cancelled_stream_ends_and_keeps_what_it_said(cog, http, client):
    made = create(http, cog, "stream", {"prompt": "e", "pieces": 1000, "pause": 0.02})
    until(lambda: http.get(made["urls"]["get"]).json().get("output"))
    answer = http.post(made["urls"]["cancel"])
    assert answer.json()["status"] == "canceled"
    events = events_of(http.get(made["urls"]["stream"]).text)
    assert (events[-1]["event"], json.loads(events[-1]["data"])) == ("done", {"reason": "canceled"})
    said = http.get(made["urls"]["get"]).json()["output"]
    assert said == [f"e-{number} " for number in range(len(said))]
    assert len(said) < 1000
    assert client.run(cog.name("stream"), {"prompt": "f", "pieces": 1}) == "f-0 "


@pytest.mark.parametrize("name", ["text", "files", "structured"])
def test_a_prediction_that_waits_for_its_turn_can_be_cancelled(cog, http, client, name):
    """The predictor takes one at a time, so that what is waited for stays `starting`."""
    inputs = {"text": {"text": "x"}, "files": {"document": "data:text/plain,x"}, "structured": {"text": "x"}}
    cog.name(name)
    runner = cog.sandbox.state.registry.runner(cog.sandbox.state.registry.latest(f"cog/{name}"))
    with runner._places:
        made = create(http, cog, name, inputs[name])
        assert http.get(made["urls"]["get"]).json()["status"] == "starting"
        assert http.post(made["urls"]["cancel"]).json()["status"] == "canceled"
    assert client.predictions.run(cog.name(name), inputs[name]).status == "succeeded"


def test_a_running_prediction_is_cancelled_in_cog_as_well(cog, client):
    prediction = client.predictions.create(cog.name("text"), {"text": "slow", "seconds": 60})
    until(lambda: "greeting slow" in (prediction.reload().logs or ""))
    prediction.cancel()
    assert prediction.status == "canceled"
    # The place is free only when Cog has given up the 60 seconds.
    assert client.run(cog.name("text"), {"text": "next"}) == "hi next"


def test_a_prediction_whose_deadline_passes_is_cancelled(cog, http):
    body = {"version": cog.version("text"), "input": {"text": "late", "seconds": 60}}
    made = http.post("/predictions", json=body, headers={"cancel-after": "20"}).json()  # a second here
    assert finished(http, made)["status"] == "canceled"


def test_files_go_in_and_come_out_through_the_client(cog, client, tmp_path):
    path = tmp_path / "a b.md"
    path.write_bytes(b"stressed")
    prediction = client.predictions.run(cog.name("files"), {"document": path, "more": [b"!", b"?"]})
    assert prediction.logs == ".md-file and 2 more\n"
    assert client.run(cog.name("files"), {"document": path, "more": [b"!", b"?"]}).read() == b"desserts!?"


def test_files_go_in_and_come_out_over_http(cog, http):
    upload = http.post("/files", files={"content": ("live.txt", b"live")}).json()
    ended = finished(http, create(http, cog, "files", {"document": upload["urls"]["get"], "name": "e f.txt"}))
    assert ended["logs"] == "no-file and 0 more\n"  # the URL of an upload has no name in it
    assert ended["output"].startswith(f"{cog.sandbox.delivery_url}/pbxt/")
    answer = http.get(ended["output"], headers={"authorization": ""})
    assert answer.content == b"evil"
    assert answer.headers["content-type"].startswith("text/plain")


def test_a_file_that_is_not_there_fails_the_prediction(cog, http):
    missing = f"{cog.sandbox.base_url}/files/nothing"
    ended = finished(http, create(http, cog, "files", {"document": missing}))
    assert ended["status"] == "failed"
    assert "no file at" in ended["error"]


def test_an_object_comes_through_the_client_with_the_file_in_it(cog, client):
    output = client.run(cog.name("structured"), {"text": "three little words"})
    assert output["words"] == ["three", "little", "words"]
    assert (output["length"], output["longest"]) == (18, "little")
    assert output["report"].read() == b"3 words\n"


def test_an_object_comes_over_http(cog, http):
    ended = finished(http, create(http, cog, "structured", {"text": ""}))
    assert {**ended["output"], "report": None} == {"words": [], "length": 0, "longest": None, "report": None}
    assert http.get(ended["output"]["report"]).text == "0 words\n"


@pytest.mark.parametrize(
    ("name", "input", "wanted"),
    [
        ("text", {"text": "w", "seconds": 0.1}, "hi w"),
        ("stream", {"prompt": "w", "pieces": 3, "pause": 0.05}, ["w-0 ", "w-1 ", "w-2 "]),
    ],
)
def test_webhooks_tell_of_a_cog_model_signed_and_in_order(cog, http, name, input, wanted):
    with receiver() as (url, got):
        create(http, cog, name, input, webhook=url)
        cog.sandbox.drain(20)
    told = [webhooks.verify(body, headers, cog.sandbox.webhook_secret) for headers, body in got]
    assert told[0].status == "processing"
    assert (told[-1].status, told[-1].output) == ("succeeded", wanted)
    deliveries = webhooks.DeliveryTracker()
    assert all(deliveries.is_new(each) for each in told)


def test_predictions_of_one_predictor_take_turns(cog, client):
    made = [client.predictions.create(cog.name("text"), {"text": str(number)}) for number in range(5)]
    assert [each.wait().output for each in made] == [f"hi {number}" for number in range(5)]
