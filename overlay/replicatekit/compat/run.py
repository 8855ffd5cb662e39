"""Run a model and give its output."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, Unpack, cast

from replicatekit._domain.status import TERMINAL
from replicatekit._runtime import iterate_sync, run_sync
from replicatekit.compat import identifier
from replicatekit.compat._impl.creating import CreatePredictionParams, run_target
from replicatekit.compat._impl.following import iterate_output, raise_if_failed, wait_until_finished
from replicatekit.compat._impl.session import CompatSession, awaiting, blocking, path
from replicatekit.compat._impl.types import ClientLike, VersionLike
from replicatekit.compat.exceptions import ModelError
from replicatekit.compat.helpers import transform_output
from replicatekit.compat.identifier import ModelVersionIdentifier, Target
from replicatekit.compat.model import Model
from replicatekit.compat.prediction import Prediction
from replicatekit.compat.schema import is_iterator, make_schema_backwards_compatible
from replicatekit.compat.version import Version, Versions, get_version

__all__ = [
    "Model",
    "ModelError",
    "Prediction",
    "Version",
    "Versions",
    "async_run",
    "identifier",
    "make_schema_backwards_compatible",
    "run",
]


def run(
    client: ClientLike,
    ref: Model | Version | ModelVersionIdentifier | str,
    input: dict[str, Any] | None = None,
    *,
    use_file_output: bool | None = True,
    **params: Unpack[CreatePredictionParams],
) -> Any:
    """Run a model and return its output: an iterator if the version's schema says so, else a value.

    Args:
        client: Makes the requests.
        ref: `owner/name`, `owner/name:version`, a model or a version.
        input: The input of the model.
        use_file_output: Whether URLs in the output become files.
        **params: The options of `predictions.create`; the request is held unless `wait` is False.

    Raises:
        ModelError: The model failed.
        ReplicateError: The API returned an error.
        ValueError: `ref` is not a reference.
    """
    output = run_sync(_run(blocking(client), ref, input, params, use_file_output=use_file_output))
    return iterate_sync(cast("AsyncGenerator[Any, None]", output)) if isinstance(output, AsyncGenerator) else output


async def async_run(
    client: ClientLike,
    ref: Model | Version | ModelVersionIdentifier | str,
    input: dict[str, Any] | None = None,
    *,
    use_file_output: bool | None = True,
    **params: Unpack[CreatePredictionParams],
) -> Any:
    """Run a model and return its output; see `run`."""
    return await _run(awaiting(client), ref, input, params, use_file_output=use_file_output)


async def _run(
    api: CompatSession, ref: Any, input: Any, options: Mapping[str, Any], *, use_file_output: bool | None
) -> Any:
    target = identifier.resolve(ref)
    params = {"wait": True, **options}
    prediction = await run_target(api, Prediction, target, input, params)
    iterates = is_iterator(await _version(api, target))
    if not _is_whole(prediction):
        if iterates:
            return _files(api, iterate_output(api, prediction))
        await wait_until_finished(api, prediction)
    raise_if_failed(prediction)
    if iterates and prediction.output is not None:
        return _files(api, _each(prediction.output))
    return transform_output(prediction.output, api.client) if use_file_output else prediction.output


def _is_whole(prediction: Prediction) -> bool:
    """Return whether the output is complete.

    The response to a held create may say `processing` although the model has finished. It also does so if the hold
    ended first; then there is no output, or only a part of it.
    """
    in_time = prediction.__dict__["_answered_in_time"] and prediction.status != "starting"
    return prediction.status in TERMINAL or (in_time and prediction.output is not None)


async def _version(api: CompatSession, target: Target) -> VersionLike | None:
    """Return the version that runs, if the reference names one."""
    if target.version is not None or target.version_id is None:
        return target.version
    return await get_version(api, path("models", target.owner, target.name, "versions", target.version_id))


async def _each(output: Any) -> AsyncGenerator[Any, None]:
    for item in output:
        yield item


async def _files(api: CompatSession, items: AsyncGenerator[Any, None]) -> AsyncGenerator[Any, None]:
    async with aclosing(items):
        async for item in items:
            yield transform_output(item, api.client)
