"""Routes for the account, hardware, the webhook secret, deployments and trainings."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from replicatekit.sandbox._api.pagination import page_of_rows, page_of_values
from replicatekit.sandbox._api.responses import Refusal, invalid, json_response, not_found, state_of
from replicatekit.sandbox._api.routes_models import version_of
from replicatekit.sandbox._api.routes_predictions import subscription_of
from replicatekit.sandbox._models.registry import HARDWARE, release
from replicatekit.sandbox._models.training import DefaultTrainer
from replicatekit.sandbox._runs.run import Run
from replicatekit.sandbox._storage.blobs import new_id
from replicatekit.sandbox._storage.records import new_training

if TYPE_CHECKING:
    from starlette.requests import Request

JSON = dict[str, Any]


async def account(request: Request, _: JSON) -> Response:
    """Return the account that the token belongs to."""
    return json_response(request, state_of(request).account)


async def hardware(request: Request, _: JSON) -> Response:
    """List the hardware, without pagination."""
    return json_response(request, [{"sku": sku, "name": name} for sku, name in HARDWARE.items()])


async def webhook_secret(request: Request, _: JSON) -> Response:
    """Return the secret that signs webhooks."""
    return json_response(request, {"key": state_of(request).webhooks.secret})


def _deployment(request: Request) -> tuple[str, JSON]:
    name = f"{request.path_params['deployment_owner']}/{request.path_params['deployment_name']}"
    deployment = state_of(request).store.get("deployment", name)
    if deployment is None:
        raise not_found(f"deployment {name}")
    return name, deployment


async def list_deployments(request: Request, _: JSON) -> Response:
    """List all deployments."""
    return page_of_values(request, state_of(request).store.values("deployment"))


async def create_deployment(request: Request, body: JSON) -> Response:
    """Create a deployment with its first release."""
    state = state_of(request)
    owner = state.account["username"]
    name = f"{owner}/{body['name']}"
    if state.store.get("deployment", name):
        raise Refusal(409, f"A deployment {name} exists already", title="Conflict")
    first = _release(request, body, number=1)
    deployment = {"owner": owner, "name": body["name"], "current_release": first}
    state.store.put("deployment", name, deployment)
    return json_response(request, deployment)


def _release(request: Request, body: JSON, *, number: int) -> JSON:
    state = state_of(request)
    version = state.registry.version(body["version"])
    if version is None or version["model"] != body["model"]:
        raise invalid([("invalid_version", "version", f"{body['model']} has no such version")])
    if body["hardware"] not in HARDWARE:
        raise invalid([("enum", "hardware", f"{body['hardware']!r} is not one of {', '.join(HARDWARE)}")])
    if body["min_instances"] > body["max_instances"]:
        raise invalid([("minimum", "max_instances", "must not be less than min_instances")])
    return release(
        number=number,
        model=body["model"],
        version=body["version"],
        created_by=state.account,
        hardware=body["hardware"],
        instances=(body["min_instances"], body["max_instances"]),
    )


async def get_deployment(request: Request, _: JSON) -> Response:
    """Return a deployment with its current release."""
    return json_response(request, _deployment(request)[1])


async def update_deployment(request: Request, body: JSON) -> Response:
    """Create a new release with the changes."""
    name, deployment = _deployment(request)
    current = deployment["current_release"]
    changed = {"model": current["model"], "version": current["version"], **current["configuration"], **body}
    deployment["current_release"] = _release(request, changed, number=current["number"] + 1)
    state_of(request).store.put("deployment", name, deployment)
    return json_response(request, deployment)


async def delete_deployment(request: Request, _: JSON) -> Response:
    """Delete a deployment."""
    state_of(request).store.delete("deployment", _deployment(request)[0])
    return Response(status_code=204)


async def create_training(request: Request, body: JSON) -> Response:
    """Train a version; when the training succeeds, the destination gets a new version."""
    state = state_of(request)
    version = version_of(request)
    destination = body["destination"]
    if state.registry.kind(destination) is None:
        raise Refusal(404, f"The destination {destination!r} does not exist")
    now, key = time.time(), new_id()
    record = new_training(
        key, model=version["model"], version=version["record"]["id"], input=body["input"], created=now
    )
    run = Run(
        kind="training",
        record=record,
        runner=state.registry.trainer(version["model"]) or DefaultTrainer(),
        created=now,
        boot=state.settings.boot,
        finish=state.registry.trained(version, destination, key),
        subscription=subscription_of(body),
    )
    state.runs.start(run)
    return json_response(request, run.render(), 201)


async def get_training(request: Request, _: JSON) -> Response:
    """Return the current state of a training."""
    key = request.path_params["training_id"]
    text = state_of(request).runs.read("training", key)
    if text is None:
        raise not_found(f"training {key}")
    return json_response(request, text)


async def list_trainings(request: Request, _: JSON) -> Response:
    """List all trainings, the newest first."""
    runs = state_of(request).runs
    return page_of_rows(request, "training", lambda row: runs.body("training", row))


async def cancel_training(request: Request, _: JSON) -> Response:
    """Cancel a training; one that has ended is unchanged."""
    runs = state_of(request).runs
    run = runs.live.get(request.path_params["training_id"])
    if run is not None and run.kind == "training":
        runs.cancel(run)
    return await get_training(request, {})


HANDLERS = {
    "account.get": account,
    "hardware.list": hardware,
    "webhooks.default.secret.get": webhook_secret,
    "deployments.list": list_deployments,
    "deployments.create": create_deployment,
    "deployments.get": get_deployment,
    "deployments.update": update_deployment,
    "deployments.delete": delete_deployment,
    "trainings.create": create_training,
    "trainings.get": get_training,
    "trainings.list": list_trainings,
    "trainings.cancel": cancel_training,
}
