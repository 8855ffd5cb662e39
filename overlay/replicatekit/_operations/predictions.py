"""The operations on predictions."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from replicatekit._base.validation import check_choice, check_flags, check_options
from replicatekit._domain.reference import check_segment, parse, reference_of
from replicatekit._domain.reference_arguments import resolve_version
from replicatekit._operations.pagination import ListRequest
from replicatekit._predictions.create import create as create_prediction
from replicatekit._predictions.options import Options
from replicatekit._predictions.run import request_for
from replicatekit.errors import InvalidArgument
from replicatekit.options import CreateOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from replicatekit._base.dates import Moment
    from replicatekit._domain.reference import Reference, Runnable
    from replicatekit._session.session import Session
    from replicatekit.options import RunOptions
    from replicatekit_api.models import Deployment, Model, Prediction, PredictionPage, Version

T = TypeVar("T")


def reference_of_create(
    ref: Runnable | None,
    model: str | Model | None,
    version: str | Version | None,
    deployment: str | Deployment | None,
) -> Reference:
    """Read what to run from the arguments of `predictions.create`."""
    if model is None and version is None:
        return reference_of(ref, deployment)
    if ref is not None or deployment is not None:
        raise InvalidArgument("pass exactly one of ref, model, version (which may come with model) and deployment")
    if model is None:
        return parse(cast("Runnable", version))
    return resolve_version(model, version)


async def create(
    session: Session,
    reference: Reference,
    input: Mapping[str, Any] | None,
    options: CreateOptions,
    *,
    official: bool = False,
) -> Prediction:
    """Create a prediction."""
    check_options(options, CreateOptions.__annotations__, takes_input=True)
    if (stream := options.get("stream")) is not None:
        check_flags(stream=stream)
    values = {"wait": False, **{name: value for name, value in options.items() if name != "stream"}}
    run_options = Options.of(cast("RunOptions[Any]", values))
    request = await request_for(session, reference, input, run_options, run_options.settings())
    held = session.with_context(hold=request.hold)
    return await create_prediction(held, reference, request, official=official)


def listing(
    session: Session,
    bind: Callable[[Session, Prediction], T],
    created_after: Moment | None,
    created_before: Moment | None,
    source: Literal["web"] | None,
) -> ListRequest[T]:
    """List the account's predictions, the newest first."""
    if source is not None:
        check_choice(source, "source", ["web"])
    after, before = _moment(created_after, "created_after"), _moment(created_before, "created_before")
    return ListRequest(session, partial(_page, created_after=after, created_before=before, source=source), bind)


async def _page(
    session: Session,
    cursor: str | None,
    *,
    created_after: datetime | None,
    created_before: datetime | None,
    source: Literal["web"] | None,
) -> PredictionPage:
    from replicatekit_api.api.predictions import list as endpoint

    return await session.io.call(
        endpoint,
        client=session.api,
        cursor=cursor,
        created_after=created_after,
        created_before=created_before,
        source=source,
    )


def _moment(value: Moment | None, name: str) -> datetime | None:
    if value is None:
        return None
    from replicatekit._base.dates import moment

    try:
        return moment(value)
    except InvalidArgument as error:
        raise InvalidArgument(f"{name}: {error.message}") from None


async def get(session: Session, prediction_id: str) -> Prediction:
    """Get a prediction by its id."""
    from replicatekit_api.api.predictions import get as endpoint

    known = check_segment(prediction_id, "a prediction id")
    return await session.io.call(endpoint, known, client=session.api.with_prediction_id(known))


async def cancel(session: Session, prediction_id: str) -> Prediction:
    """Cancel a prediction."""
    from replicatekit_api.api.predictions import cancel as endpoint

    known = check_segment(prediction_id, "a prediction id")
    return await session.io.call(endpoint, known, client=session.api.with_prediction_id(known))
