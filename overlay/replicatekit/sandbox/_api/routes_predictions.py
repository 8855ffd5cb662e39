"""Routes for predictions: creating in three ways, holding, listing, reading, canceling; and their streams."""

from __future__ import annotations

import asyncio
import re
import time
from typing import TYPE_CHECKING, Any

from starlette.responses import StreamingResponse

from replicatekit.sandbox._api.pagination import page_of_rows, page_of_values
from replicatekit.sandbox._api.responses import Refusal, invalid, json_response, not_found, render, state_of
from replicatekit.sandbox._api.validation import check_input
from replicatekit.sandbox._models.registry import has_stream
from replicatekit.sandbox._runs.events import EVENTS, Subscription
from replicatekit.sandbox._runs.run import Run
from replicatekit.sandbox._runs.streams import GIVEN_UP, events_after
from replicatekit.sandbox._storage.blobs import new_id
from replicatekit.sandbox._storage.records import held_response, new_prediction, ordered

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.responses import Response

    from replicatekit.sandbox._runs.events import StreamEvent

JSON = dict[str, Any]
_PREFER = re.compile(r"wait(?:=([1-9]|[1-5][0-9]|60))?")
_DURATION = re.compile(r"(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s?)?")
LONGEST_LIFETIME = 30 * 86_400.0


async def create(request: Request, body: JSON) -> Response:
    """Run a version: its id, `owner/name:id`, or the name of a model that needs no version."""
    registry = state_of(request).registry
    reference: str = body["version"]
    name, _, key = reference.rpartition(":")
    if "/" in key and registry.kind(key) in ("official", "procedure"):
        return await _create(request, body, key, registry.latest(key), shown="hidden")
    version = registry.version(key)
    if version is None or (name and version["model"] != name):
        raise invalid([("invalid_version", "version", "Invalid version or not permitted")])
    return await _create(request, body, version["model"], version, shown=version["record"]["id"])


async def create_for_model(request: Request, body: JSON) -> Response:
    """Run an official model; other models are not found."""
    registry = state_of(request).registry
    name = f"{request.path_params['model_owner']}/{request.path_params['model_name']}"
    if registry.kind(name) not in ("official", "procedure"):
        raise not_found(f"official model {name}")
    return await _create(request, body, name, registry.latest(name), shown="hidden")


async def create_for_deployment(request: Request, body: JSON) -> Response:
    """Run the version of a deployment's current release."""
    state = state_of(request)
    name = f"{request.path_params['deployment_owner']}/{request.path_params['deployment_name']}"
    deployment = state.store.get("deployment", name)
    if deployment is None:
        raise not_found(f"deployment {name}")
    current = deployment["current_release"]
    version = state.registry.version(current["version"])
    return await _create(request, body, current["model"], version, shown=current["version"], deployment=name)


async def _create(
    request: Request,
    body: JSON,
    model: str,
    version: JSON | None,
    *,
    shown: str,
    deployment: str | None = None,
) -> Response:
    state = state_of(request)
    runner = state.registry.runner(version) if version else None
    if version is None or runner is None:
        raise Refusal(422, f"{model} has no version whose code is loaded in this sandbox", title="Invalid version")
    hold = _hold(request)
    lifetime = _lifetime(request)
    check_input(version["record"]["openapi_schema"], version["runs"], body["input"])
    options = state.registry.options(model)
    now = time.time()
    key = new_id()
    stream_key = new_id() + new_id() if has_stream(version) else None
    run = Run(
        kind="prediction",
        record=new_prediction(
            key,
            model=model,
            version=shown,
            input=body["input"],
            created=now,
            stream_key=stream_key,
            settings=state.settings,
            deployment=deployment,
            deadline=None if lifetime is None else now + lifetime,
        ),
        runner=runner,
        created=now,
        boot=state.settings.boot if options.boot is None else options.boot,
        lifetime=lifetime,
        stream_key=stream_key,
        inline_files=options.inline_files and hold is not None,
        subscription=subscription_of(body),
    )
    state.runs.start(run)
    return await _respond(request, run, hold)


async def _respond(request: Request, run: Run, hold: float | None) -> Response:
    settings = state_of(request).settings
    if hold is None:
        return json_response(request, run.render(), 201)
    status = 201
    try:
        await asyncio.wait_for(run.done.wait(), settings.real(hold))
    except TimeoutError:
        status = 202
    headers = {"preference-applied": request.headers["prefer"]}
    return json_response(request, ordered(held_response(run.record, settings)), status, headers)


def subscription_of(body: JSON) -> Subscription | None:
    """Return the webhook subscription of a request, or None."""
    if not body.get("webhook"):
        return None
    return Subscription(body["webhook"], frozenset(body.get("webhook_events_filter") or EVENTS))


def _hold(request: Request) -> float | None:
    prefer = request.headers.get("prefer")
    if prefer is None:
        return None
    match = _PREFER.fullmatch(prefer.strip())
    if match is None:
        raise invalid([("pattern", "Prefer", f"{prefer[:50]!r} is neither `wait` nor `wait=n` with n from 1 to 60")])
    return float(match[1]) if match[1] else state_of(request).settings.hold


def _lifetime(request: Request) -> float | None:
    text = request.headers.get("cancel-after")
    if text is None:
        return None
    match = _DURATION.fullmatch(text.strip())
    least = state_of(request).settings.shortest_deadline
    if match is None or not any(match.groups()):
        raise invalid([("pattern", "Cancel-After", f"{text[:50]!r} is not a duration such as 30, 30s, 5m or 1h30m45s")])
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    lifetime = 3600 * hours + 60 * minutes + seconds
    if lifetime < least:
        raise invalid([("minimum", "Cancel-After", f"{text[:50]!r} is less than {least:g} seconds")])
    if lifetime > LONGEST_LIFETIME:
        raise invalid([("maximum", "Cancel-After", f"{text[:50]!r} is more than {LONGEST_LIFETIME:g} seconds")])
    return lifetime


async def get(request: Request, _: JSON) -> Response:
    """Return the current state of a prediction."""
    key = request.path_params["prediction_id"]
    text = state_of(request).runs.read("prediction", key)
    if text is None:
        raise not_found(f"prediction {key}")
    return json_response(request, text)


async def list_all(request: Request, _: JSON) -> Response:
    """List all predictions, the newest first; none was created on the web."""
    if request.query_params.get("source") == "web":
        return page_of_values(request, [])
    runs = state_of(request).runs
    return page_of_rows(request, "prediction", lambda row: runs.body("prediction", row))


async def cancel(request: Request, _: JSON) -> Response:
    """Cancel a prediction; one that has ended is unchanged."""
    runs = state_of(request).runs
    key = request.path_params["prediction_id"]
    run = runs.live.get(key)
    if run is not None and run.kind == "prediction":
        runs.cancel(run)
    return await get(request, {})


async def stream(request: Request) -> Response:
    """Stream the events of a prediction: past events, then new ones as they happen."""
    accepted = request.headers.get("accept", "*/*")
    if "text/event-stream" not in accepted and "*/*" not in accepted and "text/*" not in accepted:
        raise Refusal(406, "A stream is text/event-stream", title="Not Acceptable")
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    pieces = _pieces(request, request.path_params["stream_key"], request.headers.get("last-event-id"))
    return StreamingResponse(pieces, media_type="text/event-stream", headers=headers)


async def _pieces(request: Request, key: str, last_id: str | None) -> AsyncIterator[bytes]:
    state = state_of(request)
    run = state.runs.streams.get(key)
    if run is None:
        events = state.runs.stored_events(key) or []
        for event in events[events_after(events, last_id) :]:
            yield _piece(request, event)
        if not events:
            await _wait_for_change(state.settings.real(state.settings.silence), asyncio.Event(), state.stopping)
            yield GIVEN_UP
        return
    index = events_after(run.events, last_id)
    while True:
        changed = run.changed
        while index < len(run.events):
            yield _piece(request, run.events[index])
            index += 1
        if run.done.is_set():
            return
        if not await _wait_for_change(state.settings.real(state.settings.silence), changed, state.stopping):
            yield GIVEN_UP
            return


def _piece(request: Request, event: StreamEvent) -> bytes:
    return render(request, event.encode().decode())


async def _wait_for_change(seconds: float, changed: asyncio.Event, stopping: asyncio.Event) -> bool:
    """Wait for a change; return False on timeout, or if the server stops."""
    waits = [asyncio.ensure_future(changed.wait()), asyncio.ensure_future(stopping.wait())]
    try:
        done, _ = await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    return waits[0] in done


HANDLERS = {
    "predictions.create": create,
    "predictions.get": get,
    "predictions.list": list_all,
    "predictions.cancel": cancel,
    "models.predictions.create": create_for_model,
    "deployments.predictions.create": create_for_deployment,
}
