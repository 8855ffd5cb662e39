"""The operations on predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict, TypeVar, cast

from replicatekit._base.validation import check_choice, check_flags
from replicatekit._domain.reference import check_segment, parse
from replicatekit._domain.reference_arguments import resolve_version
from replicatekit._operations.keyword_options import check_known
from replicatekit._operations.pagination import Listing
from replicatekit._predictions.create import CreateRequest, cancel_after_header, check_webhook, hold_seconds
from replicatekit._predictions.create import create as create_prediction
from replicatekit._predictions.inputs import prepare
from replicatekit._predictions.run import reference_of
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, timedelta

    from replicatekit._base.dates import Moment
    from replicatekit._domain.reference import Reference, Runnable
    from replicatekit._files.settings import FileStrategy
    from replicatekit._http.api_client import ApiClient
    from replicatekit._session.session import Session
    from replicatekit_api.models import Deployment, Model, Prediction, PredictionPage, Version

__all__ = ["CreateOptions", "cancel", "create", "create_by", "get", "listing"]

T = TypeVar("T")


class CreateOptions(TypedDict, total=False):
    """What a create takes beside the reference and the input."""

    wait: bool | float
    """Whether the API holds the request until the model has finished: True for 60 s, or 1 to 60; False, the default,
    answers at once."""
    cancel_after: float | str | timedelta | None
    """The API's own deadline, from the creation on: seconds, a timedelta or text like `5m`; at least 5 s."""
    webhook: str | None
    """An HTTPS URL that is told of changes."""
    webhook_events_filter: Sequence[Literal["start", "output", "logs", "completed"]] | None
    """Which changes the webhook is told of."""
    file_strategy: FileStrategy | None
    """Where the input's files go, if not where the client has them go: `auto`, `inline` or `upload`."""
    stream: bool | None
    """Not needed any more: a model that streams gives `urls.stream` unasked."""


async def create(
    session: Session,
    ref: Runnable | None,
    given: Mapping[str, Any] | None,
    options: CreateOptions,
    *,
    model: str | Model | None,
    version: str | Version | None,
    deployment: str | Deployment | None,
) -> Prediction:
    """Create a prediction with whatever was named, in whichever way."""
    reference = _meant(ref, model, version, deployment)
    return await create_by(session, reference, given, options)


def _meant(
    ref: Runnable | None,
    model: str | Model | None,
    version: str | Version | None,
    deployment: str | Deployment | None,
) -> Reference:
    if model is None and version is None:
        return reference_of(ref, deployment)
    if ref is not None or deployment is not None:
        raise InvalidArgument("say once what to run: a reference, a model, a version or a deployment")
    if model is None:
        return parse(cast("Runnable", version))
    return resolve_version(model, version)


async def create_by(
    session: Session,
    reference: Reference,
    given: Mapping[str, Any] | None,
    options: CreateOptions,
    *,
    official: bool = False,
) -> Prediction:
    """Create a prediction."""
    check_known(options, CreateOptions, "a create")
    if (stream := options.get("stream")) is not None:
        check_flags(stream=stream)
    webhook, events = options.get("webhook"), options.get("webhook_events_filter")
    check_webhook(webhook, events)
    hold, cancel_after = hold_seconds(options.get("wait", False)), cancel_after_header(options.get("cancel_after"))
    files = session.files.changed(options.get("file_strategy"))
    prepared = await prepare(session, given, files.strategy)
    request = CreateRequest(prepared, webhook, events, hold, cancel_after)
    return await create_prediction(session, reference, request, official=official)


def listing(
    session: Session,
    bind: Callable[[Prediction], T],
    *,
    created_after: Moment | None,
    created_before: Moment | None,
    source: Literal["web"] | None,
) -> Listing[T]:
    """The account's predictions, the newest first."""
    from replicatekit_api.api.predictions import list as endpoint

    if source is not None:
        check_choice(source, "source", ["web"])
    after, before = _moment(created_after), _moment(created_before)

    async def call(api: ApiClient, cursor: str | None) -> PredictionPage:
        return await session.io.call(
            endpoint, client=api, cursor=cursor, created_after=after, created_before=before, source=source
        )

    return Listing(session, call, bind)


def _moment(given: Moment | None) -> datetime | None:
    if given is None:
        return None
    from replicatekit._base.dates import moment

    return moment(given)


async def get(session: Session, prediction_id: str) -> Prediction:
    """A prediction by its id."""
    from replicatekit_api.api.predictions import get as endpoint

    known = check_segment(prediction_id, "a prediction id")
    return await session.io.call(endpoint, known, client=session.api.with_prediction_id(known))


async def cancel(session: Session, prediction_id: str) -> Prediction:
    """Cancel a prediction."""
    from replicatekit_api.api.predictions import cancel as endpoint

    known = check_segment(prediction_id, "a prediction id")
    return await session.io.call(endpoint, known, client=session.api.with_prediction_id(known))
