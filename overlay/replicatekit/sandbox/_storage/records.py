"""The fields of predictions and trainings in responses, as in recorded responses."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from replicatekit.sandbox._storage.blobs import API, DELIVERY, new_id

if TYPE_CHECKING:
    from replicatekit.sandbox._storage.settings import Settings

JSON = dict[str, Any]
_ORDER = (
    "id", "model", "version", "deployment", "input", "logs", "output", "data_removed", "error", "source",
    "status", "created_at", "deadline", "started_at", "completed_at", "metrics", "webhook", "urls",
)  # fmt: skip


def iso(moment: float | None = None) -> str:
    """Return a time in the API's format."""
    stamp = datetime.fromtimestamp(time.time() if moment is None else moment, UTC)
    return stamp.isoformat(timespec="microseconds").replace("+00:00", "Z")


def ordered(record: JSON) -> JSON:
    """Return the record with its keys in the API's order."""
    return {key: record[key] for key in _ORDER if key in record}


def new_prediction(
    key: str,
    *,
    model: str,
    version: str,
    input: JSON,
    created: float,
    stream_key: str | None,
    settings: Settings,
    deployment: str | None = None,
    deadline: float | None = None,
) -> JSON:
    """Return a prediction that was just created."""
    urls = {"cancel": f"{API}/v1/predictions/{key}/cancel", "get": f"{API}/v1/predictions/{key}"}
    if stream_key:
        urls["stream"] = f"{DELIVERY}/v1/streams/{stream_key}"
    record: JSON = {
        "id": key,
        "model": model,
        "version": version,
        "input": input,
        "logs": "",
        "data_removed": False,
        "error": None,
        "status": "starting",
        "created_at": iso(created),
        "urls": urls,
    }
    if deployment:
        record["deployment"] = deployment
    if deadline is not None:
        record["deadline"] = iso(deadline)
    if settings.documented:
        record |= {"output": None, "source": "api"}
        urls["web"] = f"https://replicate.com/p/{key}"
    return record


def example_of(model: str, version: str, input: JSON, output: Any) -> JSON:
    """Return a prediction that has succeeded, for a model's examples."""
    key, now = new_id(), iso()
    return {
        "id": key,
        "model": model,
        "version": version,
        "input": input,
        "logs": "",
        "output": output,
        "data_removed": False,
        "error": None,
        "source": "web",
        "status": "succeeded",
        "created_at": now,
        "started_at": now,
        "completed_at": now,
        "metrics": {"predict_time": 0.0},
        "urls": {
            "get": f"{API}/v1/predictions/{key}",
            "cancel": f"{API}/v1/predictions/{key}/cancel",
            "web": f"https://replicate.com/p/{key}",
        },
    }


def new_training(key: str, *, model: str, version: str, input: JSON, created: float) -> JSON:
    """Return a training that was just created; unlike a prediction it includes its nulls."""
    return {
        "id": key,
        "model": model,
        "version": version,
        "input": input,
        "logs": None,
        "output": None,
        "error": None,
        "status": "starting",
        "created_at": iso(created),
        "started_at": None,
        "completed_at": None,
        "metrics": {},
        "urls": {"get": f"{API}/v1/trainings/{key}", "cancel": f"{API}/v1/trainings/{key}/cancel"},
    }


def held_response(record: JSON, settings: Settings) -> JSON:
    """Return the response to a blocking create request whose prediction finished in time."""
    if record["status"] != "succeeded" or settings.held_status == "succeeded":
        return record
    early = {name: value for name, value in record.items() if name not in ("started_at", "completed_at", "metrics")}
    return {**early, "status": settings.held_status}


def webhook_body(record: JSON, settings: Settings) -> JSON:
    """Return the body of a webhook, which has no `data_removed`."""
    return {name: value for name, value in record.items() if settings.documented or name != "data_removed"}


def without_data(record: JSON) -> JSON:
    """Return a prediction after the removal of its data."""
    return {**record, "input": {}, "output": None, "logs": "", "data_removed": True}
