"""Creates predictions: the request's path, body and headers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypedDict, TypeVar

from replicatekit.compat._impl.records import attach
from replicatekit.compat._impl.session import CompatSession, path
from replicatekit.compat._impl.types import DeploymentLike, ModelLike
from replicatekit.compat.helpers import encode
from replicatekit.compat.identifier import ModelVersionIdentifier, Target

P = TypeVar("P")

_SENT = ("webhook", "webhook_completed", "webhook_events_filter", "stream")


class CreatePredictionParams(TypedDict):
    """The options of a prediction."""

    webhook: NotRequired[str]
    """The URL that is notified of changes."""
    webhook_completed: NotRequired[str]
    """The URL that is notified of the end; `webhook` with a filter is the newer form."""
    webhook_events_filter: NotRequired[list[str]]
    """The events that are delivered: `start`, `output`, `logs`, `completed`."""
    stream: NotRequired[bool]
    """Whether the output is streamed."""
    wait: NotRequired[int | bool]
    """How long the API holds the request until the model has finished: True for 60 seconds, or 1 to 60 seconds."""
    file_encoding_strategy: NotRequired[Literal["base64", "url"]]
    """How the input's files are sent: `base64` inside the request; without it they are uploaded."""


async def create_prediction(
    api: CompatSession, kind: type[P], address: str, input: Any, params: Mapping[str, Any], version: str | None = None
) -> P:
    """Create a prediction.

    Args:
        api: Sends the request.
        kind: The class of predictions.
        address: The path of the request.
        input: The input, with files in any place.
        params: The options of `CreatePredictionParams`.
        version: The version's id, if the path does not name the model.

    Raises:
        ReplicateError: The API returned an error.
    """
    body: dict[str, Any] = {}
    if input is not None:
        body["input"] = await encode(api, input, params.get("file_encoding_strategy"))
    if version is not None:
        body["version"] = version
    body.update({name: params[name] for name in _SENT if params.get(name) is not None})
    headers = _preference(params.get("wait"))
    answer = await api.request("POST", address, json=body, headers=headers, held=True)
    prediction = attach(kind(**answer.json()), api.client)
    # A held create whose response came in time has its whole output, even if its status is not `succeeded`.
    prediction.__dict__["_answered_in_time"] = bool(headers) and answer.status_code != 202
    return prediction


async def run_target(api: CompatSession, kind: type[P], target: Target, input: Any, params: Mapping[str, Any]) -> P:
    """Create a prediction of the version or the official model that a reference names."""
    if target.version_id is not None:
        return await create_prediction(api, kind, "/v1/predictions", input or {}, params, target.version_id)
    address = model_path((str(target.owner), str(target.name)))
    return await create_prediction(api, kind, address, input or {}, params)


def _preference(wait: object) -> dict[str, str]:
    if wait is True:
        return {"Prefer": "wait"}
    return {"Prefer": f"wait={wait}"} if wait and isinstance(wait, int) else {}


def model_path(model: str | tuple[str, str] | ModelLike) -> str:
    """Return the path at which predictions of an official model are created.

    Raises:
        ValueError: `model` does not name a model, or names a version.
    """
    if isinstance(model, tuple):
        owner, name = model[0], model[1]
    elif isinstance(model, ModelLike):
        owner, name = model.owner, model.name
    elif isinstance(model, str):  # pyright: ignore[reportUnnecessaryIsInstance] (callers pass other types)
        owner, name, version = ModelVersionIdentifier.parse(model)
        if version is not None:
            raise ValueError(
                f"Invalid reference to model version: {model}. Expected model or reference in the format owner/name"
            )
    else:
        raise ValueError(  # noqa: TRY004 (as in the official client)
            "model must be a Model, a tuple of (owner, name), or a string in the format 'owner/name'"
        )
    return path("models", owner, name, "predictions")


def deployment_path(deployment: str | tuple[str, str] | DeploymentLike) -> str:
    """Return the path at which predictions of a deployment are created.

    Raises:
        ValueError: `deployment` does not name a deployment.
    """
    if isinstance(deployment, tuple):
        owner, name = deployment[0], deployment[1]
    elif isinstance(deployment, DeploymentLike):
        owner, name = deployment.owner, deployment.name
    elif isinstance(deployment, str) and "/" in deployment:  # pyright: ignore[reportUnnecessaryIsInstance] (as above)
        owner, _, name = deployment.partition("/")
    else:
        raise ValueError(
            "deployment must be a Deployment, a tuple of (owner, name), or a string in the format 'owner/name'"
        )
    return path("deployments", owner, name, "predictions")
