"""Creating predictions: what is sent, and how long the answer may take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NotRequired, TypedDict

from replicatekit.compat._impl.records import attached
from replicatekit.compat._impl.session import path
from replicatekit.compat.helpers import encoded
from replicatekit.compat.identifier import ModelVersionIdentifier

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replicatekit.compat._impl.session import CompatSession
    from replicatekit.compat.deployment import Deployment
    from replicatekit.compat.model import Model
    from replicatekit.compat.prediction import Prediction

__all__ = ["CreatePredictionParams", "created", "deployment_path", "model_path"]

_SENT = ("webhook", "webhook_completed", "webhook_events_filter", "stream")


class CreatePredictionParams(TypedDict):
    """What may be said of a prediction beside its input."""

    webhook: NotRequired[str]
    """A URL that is told of changes."""
    webhook_completed: NotRequired[str]
    """A URL that is told of the end: the older form of a filter."""
    webhook_events_filter: NotRequired[list[str]]
    """Which changes the webhook is told of: `start`, `output`, `logs`, `completed`."""
    stream: NotRequired[bool]
    """Whether the output is to be streamed."""
    wait: NotRequired[int | bool]
    """Whether the API holds the request until the model has finished: True for 60 seconds, or 1 to 60 of them."""
    file_encoding_strategy: NotRequired[Literal["base64", "url"]]
    """Where the input's files go: `base64` into the request; without it they are uploaded."""


async def created(
    api: CompatSession, address: str, input: Any, params: Mapping[str, Any], version: str | None = None
) -> Prediction:
    """Create a prediction.

    Raises:
        ReplicateError: The API said no.
    """
    from replicatekit.compat.prediction import Prediction

    body: dict[str, Any] = {}
    if input is not None:
        body["input"] = await encoded(api, input, params.get("file_encoding_strategy"))
    if version is not None:
        body["version"] = version
    body.update({name: params[name] for name in _SENT if params.get(name) is not None})
    headers = _preference(params.get("wait"))
    answer = await api.request("POST", address, json=body, headers=headers, held=True)
    prediction = attached(Prediction(**answer.json()), api.client)
    # What a held create was answered before its time was up is all there is, whatever its status says.
    prediction.__dict__["_answered_in_time"] = bool(headers) and answer.status_code != 202
    return prediction


def _preference(wait: object) -> dict[str, str]:
    if wait is True:
        return {"Prefer": "wait"}
    return {"Prefer": f"wait={wait}"} if wait and isinstance(wait, int) else {}


def model_path(model: str | tuple[str, str] | Model) -> str:
    """Where predictions of a model are created, by its name.

    Raises:
        ValueError: It is none, or names a version.
    """
    from replicatekit.compat.model import Model

    if isinstance(model, Model):
        owner, name = model.owner, model.name
    elif isinstance(model, tuple):
        owner, name = model[0], model[1]
    elif isinstance(model, str):  # pyright: ignore[reportUnnecessaryIsInstance] (what callers give)
        owner, name, version = ModelVersionIdentifier.parse(model)
        if version is not None:
            raise ValueError(
                f"Invalid reference to model version: {model}. Expected model or reference in the format owner/name"
            )
    else:
        raise ValueError(  # noqa: TRY004 (as it was)
            "model must be a Model, a tuple of (owner, name), or a string in the format 'owner/name'"
        )
    return path("models", owner, name, "predictions")


def deployment_path(deployment: str | tuple[str, str] | Deployment) -> str:
    """Where predictions of a deployment are created.

    Raises:
        ValueError: It is none.
    """
    from replicatekit.compat.deployment import Deployment

    if isinstance(deployment, Deployment):
        owner, name = deployment.owner, deployment.name
    elif isinstance(deployment, tuple):
        owner, name = deployment[0], deployment[1]
    elif isinstance(deployment, str) and "/" in deployment:  # pyright: ignore[reportUnnecessaryIsInstance] (as above)
        owner, _, name = deployment.partition("/")
    else:
        raise ValueError(
            "deployment must be a Deployment, a tuple of (owner, name), or a string in the format 'owner/name'"
        )
    return path("deployments", owner, name, "predictions")
