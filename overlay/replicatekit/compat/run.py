"""Run a model and give its output."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Unpack, cast

from replicatekit._domain.status import TERMINAL
from replicatekit._runtime import iterate_sync, run_sync
from replicatekit.compat._impl.creating import created, model_path
from replicatekit.compat._impl.following import finished, items, raise_if_failed
from replicatekit.compat._impl.session import awaiting, blocking, path
from replicatekit.compat.helpers import transform_output
from replicatekit.compat.identifier import resolved
from replicatekit.compat.schema import gives_an_iterator
from replicatekit.compat.version import version_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replicatekit.compat._impl.creating import CreatePredictionParams
    from replicatekit.compat._impl.session import CompatSession
    from replicatekit.compat.client import Client
    from replicatekit.compat.identifier import ModelVersionIdentifier, Target
    from replicatekit.compat.model import Model
    from replicatekit.compat.prediction import Prediction
    from replicatekit.compat.version import Version

__all__ = ["async_run", "begun", "run"]


def run(
    client: Client,
    ref: Model | Version | ModelVersionIdentifier | str,
    input: dict[str, Any] | None = None,
    *,
    use_file_output: bool | None = True,
    **params: Unpack[CreatePredictionParams],
) -> Any:
    """Run a model and give its output: an iterator, where its version says so, and else what it is.

    Args:
        client: Who runs it.
        ref: `owner/name`, `owner/name:version`, a model or a version.
        input: Its input.
        use_file_output: Whether URLs in the output become files.
        **params: As for `predictions.create`; the request is held, unless `wait` is False.

    Raises:
        ModelError: The model failed.
        ReplicateError: The API said no.
        ValueError: The reference is none.
    """
    output = run_sync(_run(blocking(client), ref, input, params, use_file_output=use_file_output))
    return iterate_sync(cast("AsyncGenerator[Any, None]", output)) if isinstance(output, AsyncGenerator) else output


async def async_run(
    client: Client,
    ref: Model | Version | ModelVersionIdentifier | str,
    input: dict[str, Any] | None = None,
    *,
    use_file_output: bool | None = True,
    **params: Unpack[CreatePredictionParams],
) -> Any:
    """As `run`."""
    return await _run(awaiting(client), ref, input, params, use_file_output=use_file_output)


async def begun(api: CompatSession, target: Target, input: Any, params: Mapping[str, Any]) -> Prediction:
    """The prediction of what is to run."""
    if target.version_id is not None:
        return await created(api, "/v1/predictions", input or {}, params, target.version_id)
    return await created(api, model_path((str(target.owner), str(target.name))), input or {}, params)


async def _run(
    api: CompatSession, ref: Any, input: Any, given: Mapping[str, Any], *, use_file_output: bool | None
) -> Any:
    target = resolved(ref)
    params = {"wait": True, **given}
    prediction = await begun(api, target, input, params)
    is_iterator = gives_an_iterator(await _version(api, target))
    if not _is_whole(prediction):
        if is_iterator:
            return _files(api, items(api, prediction))
        await finished(api, prediction)
    raise_if_failed(prediction)
    if is_iterator and prediction.output is not None:
        return _files(api, _each(prediction.output))
    return transform_output(prediction.output, api.client) if use_file_output else prediction.output


def _is_whole(prediction: Prediction) -> bool:
    """Whether all of the output is there.

    The answer to a held create may still say `processing` when the model has finished; it says so too when the time
    was up in the midst of it, and then there is no output, or only a part of it.
    """
    in_time = prediction.__dict__["_answered_in_time"] and prediction.status != "starting"
    return prediction.status in TERMINAL or (in_time and prediction.output is not None)


async def _version(api: CompatSession, target: Target) -> Version | None:
    """The version that runs, if there is one with a schema to look at."""
    if target.version is not None or target.version_id is None:
        return target.version
    return await version_at(api, path("models", target.owner, target.name, "versions", target.version_id))


async def _each(output: Any) -> AsyncGenerator[Any, None]:
    for item in output:
        yield item


async def _files(api: CompatSession, given: AsyncGenerator[Any, None]) -> AsyncGenerator[Any, None]:
    async with aclosing(given):
        async for item in given:
            yield transform_output(item, api.client)
