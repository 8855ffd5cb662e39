"""Code as users write it, with the types that a checker has to see. It is checked, and never run."""

from __future__ import annotations

import http.server
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime
from typing import Any, Unpack, assert_type

import httpx

import replicatekit
from replicatekit import (
    AsyncClient,
    AsyncCollection,
    AsyncDeployment,
    AsyncModel,
    AsyncPage,
    AsyncPages,
    AsyncPrediction,
    AsyncSearchResult,
    AsyncTraining,
    AsyncVersion,
    Client,
    Collection,
    Deployment,
    FoundModel,
    Model,
    Page,
    Prediction,
    SearchResult,
    Training,
    Version,
    errors,
    paginate,
    webhooks,
)
from replicatekit.options import RunOptions
from replicatekit.streaming import (
    AsyncEventStream,
    DoneEvent,
    ErrorEvent,
    EventStream,
    LogsEvent,
    OutputEvent,
    StreamEvent,
)
from replicatekit_api.api.predictions import create
from replicatekit_api.models import Account, CollectionSummary, File, Hardware


def sync_code(client: Client) -> None:
    assert_type(client.run("owner/name", {"prompt": "a"}, timeout=60), Any)
    assert_type(client.predictions.run("owner/name", {"prompt": "a"}), Prediction)

    assert_type(client.predictions.create("owner/name", {"a": 1}, wait=10, webhook_events_filter=["start"]), Prediction)
    assert_type(client.predictions.create(model="owner/name", version="0" * 64, input={}), Prediction)
    assert_type(client.predictions.get("id"), Prediction)
    assert_type(client.predictions.get("id").wait(timeout=5), Prediction)
    assert_type(client.predictions.cancel("id"), Prediction)

    page = client.predictions.list(created_after=date(2026, 1, 1), created_before=datetime.now(UTC), source="web")
    assert_type(page, Page[Prediction])
    assert_type(page.results, list[Prediction])
    assert_type(page[0], Prediction)
    assert_type(page[:2], list[Prediction])
    assert_type(page.next_page(), Page[Prediction])
    assert_type(page.next_cursor, str | None)
    for prediction in page:
        assert_type(prediction, Prediction)
    for each in client.paginate(client.predictions.list, created_after="3 days ago"):
        assert_type(each, Page[Prediction])
    assert_type(paginate(client.models.list, sort_by="model_created_at"), Iterator[Page[Model]])

    model = client.models.get("owner/name")
    assert_type(model, Model)
    assert_type(model.latest_version, Version | None)
    assert_type(model.default_example, Prediction | None)
    assert_type(model.versions.get("0" * 64), Version)
    assert_type(model.versions.list(), Page[Version])
    assert_type(model.predictions.create({"a": 1}), Prediction)
    assert_type(model.update(description="New"), Model)
    assert_type(model.run_count, int | None)
    if model.latest_version:
        assert_type(model.latest_version.predict(prompt="a"), Any)
        client.run(model.latest_version, {})
    client.run(model, {})

    assert_type(client.models.create("owner", "name", hardware="cpu", visibility="private", description="a"), Model)
    assert_type(client.models.search("text"), Page[Model])
    assert_type(client.models.readme.get("owner/name"), str)
    assert_type(client.models.examples.list("owner/name"), Page[Prediction])
    assert_type(client.models.predictions.create("owner/name", {}), Prediction)
    assert_type(client.trainings.create("a/b", "0" * 64, destination="c/d", input={}), Training)
    assert_type(client.trainings.list(), Page[Training])
    assert_type(client.deployments.get("owner/name"), Deployment)
    assert_type(client.deployments.update("owner/name", min_instances=1), Deployment)
    assert_type(client.deployments.predictions.create("owner/name", {}), Prediction)
    assert_type(client.files.list(), Page[File])
    assert_type(client.collections.list(), Page[CollectionSummary])
    assert_type(client.collections.get("slug"), Collection)
    assert_type(client.collections.get("slug").models, list[Model])
    assert_type(client.hardware.list(), list[Hardware])
    assert_type(client.account.get(), Account)
    assert_type(client.webhooks.secret(), str)
    assert_type(client.webhooks.default.secret(), str)
    assert_type(client.search("text", limit=5), SearchResult)
    assert_type(client.search("text").models, list[FoundModel])
    assert_type(client.request("GET", "/account", params={"a": 1}), httpx.Response)


async def async_code(client: AsyncClient) -> None:
    assert_type(await client.run("owner/name", {"prompt": "a"}), Any)
    assert_type(await client.predictions.run("owner/name", {"prompt": "a"}), AsyncPrediction)
    assert_type(await client.predictions.create(model="owner/name", input={}), AsyncPrediction)
    assert_type(await (await client.predictions.get("id")).wait(), AsyncPrediction)

    assert_type(client.predictions.list(), AsyncPages[AsyncPrediction])
    page = await client.predictions.list(created_after="yesterday")
    assert_type(page, AsyncPage[AsyncPrediction])
    assert_type(page[0], AsyncPrediction)
    assert_type(await page.next_page(), AsyncPage[AsyncPrediction])
    async for prediction in page:
        assert_type(prediction, AsyncPrediction)
    async for prediction in client.predictions.list():
        assert_type(prediction, AsyncPrediction)
    assert_type(client.paginate(client.models.list), AsyncIterator[AsyncPage[AsyncModel]])

    model = await client.models.get("owner", "name")
    assert_type(model, AsyncModel)
    assert_type(model.latest_version, AsyncVersion | None)
    assert_type(await model.versions.get("0" * 64), AsyncVersion)
    assert_type(await model.versions.list(), AsyncPage[AsyncVersion])
    assert_type(await model.predictions.create({}), AsyncPrediction)
    assert_type(await client.trainings.create("a/b:c", destination="c/d", input={}), AsyncTraining)
    assert_type(await client.deployments.get("owner/name"), AsyncDeployment)
    assert_type(await client.collections.get("slug"), AsyncCollection)
    assert_type(await client.hardware.list(), list[Hardware])
    assert_type(await client.webhooks.secret(), str)
    assert_type(await client.search("text"), AsyncSearchResult)
    assert_type(await client.request("GET", "/account"), httpx.Response)


def on_the_module() -> None:
    assert_type(replicatekit.models.get("owner/name"), Model)
    assert_type(replicatekit.predictions.list(), Page[Prediction])
    assert_type(replicatekit.trainings.get("id"), Training)


def streams(client: Client, prediction: Prediction) -> None:
    for event in client.stream("owner/name", {"prompt": "a"}, require_stream=True, timeout=60):
        assert_type(event, OutputEvent | LogsEvent | ErrorEvent | DoneEvent)
        match event.type:
            case "output":
                assert_type(event, OutputEvent)
            case "logs":
                assert_type(event, LogsEvent)
            case "error":
                assert_type(event.detail, str)
            case "done":
                assert_type(event.reason, str | None)
    with prediction.stream() as stream:
        assert_type(stream, EventStream[Prediction])
        assert_type(stream.prediction, Prediction)
        assert_type(list(stream.text_chunks()), list[str])
        assert_type(stream.text(), str)
    assert_type(list(client.iterate("owner/name", {"prompt": "a"})), list[Any])
    assert_type(replicatekit.stream("owner/name"), EventStream[Prediction])


async def async_streams(client: AsyncClient, prediction: AsyncPrediction) -> None:
    async with client.stream("owner/name", {"prompt": "a"}, cancel_on_close=True) as stream:
        assert_type(stream, AsyncEventStream[AsyncPrediction])
        assert_type(stream.prediction, AsyncPrediction)
        assert_type([event async for event in stream], list[StreamEvent])
        assert_type([piece async for piece in stream.text_chunks()], list[str])
        assert_type(await stream.text(), str)
    assert_type(await prediction.stream(timeout=5), AsyncEventStream[AsyncPrediction])
    assert_type([item async for item in client.iterate("owner/name")], list[Any])
    assert_type(replicatekit.async_stream("owner/name"), AsyncEventStream[AsyncPrediction])


def errors_carry_what_they_are_about(client: Client) -> None:
    try:
        client.run("owner/name", {}, timeout=1, on_progress=lambda prediction: print(prediction.progress))
    except errors.WaitTimeout as error:
        error.prediction.cancel()
        assert_type(error.prediction.logs, str | None)
    except errors.OutcomeUnknownError as error:
        assert_type(error.sent_at, datetime | None)
        client.predictions.list(created_after=error.sent_at)
    except errors.UnprocessableError as error:
        assert_type([field.field for field in error.invalid_fields], list[str | None])


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        webhooks.verify(self.rfile.read(), self.headers, "whsec_")


def options_of_ones_own(client: Client, **options: Unpack[RunOptions]) -> Any:
    return client.run("owner/name", **options)


def what_a_checker_has_to_refuse(client: Client) -> None:
    client.stream("owner/name", {}, require_streams=True)  # pyright: ignore[reportCallIssue]
    client.predictions.create("owner/name", {}, webhok="https://example.com")  # pyright: ignore[reportCallIssue]
    client.predictions.list(created_after=3)  # pyright: ignore[reportArgumentType]
    client.models.list(sort_by="name")  # pyright: ignore[reportArgumentType]
    client.models.update("owner/name", description=None)  # pyright: ignore[reportArgumentType]
    client.models.create("owner", "name", visibility="private")  # pyright: ignore[reportCallIssue]
    client.predictions.get(7)  # pyright: ignore[reportArgumentType]
    create.sync(client=client.api, body={"versoin": "v", "input": {}})  # pyright: ignore[reportArgumentType]
    client.paginate(client.hardware.list)  # pyright: ignore[reportArgumentType]
