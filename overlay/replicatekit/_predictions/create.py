"""Create a prediction at the right one of the API's three endpoints, and never twice."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from replicatekit._base.deadline import LONGEST, Deadline
from replicatekit._base.validation import check_text, check_url, format_value
from replicatekit._domain.status import is_terminal
from replicatekit.errors import (
    APITimeoutError,
    InvalidArgument,
    NotFoundError,
    OutcomeUnknownError,
    ReplicateError,
    UnprocessableError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from replicatekit._domain.reference import Reference
    from replicatekit._http.api_client import ApiClient
    from replicatekit._session.session import Session
    from replicatekit_api.models import Prediction

__all__ = ["LONGEST_HOLD", "CreateRequest", "cancel_after_header", "check_webhook", "create", "hold_seconds"]

LONGEST_HOLD = 60
"""Seconds for which the API holds a create request at most."""

log = logging.getLogger("replicatekit")

_SHORTEST_CANCEL_AFTER = 5  # seconds; the API's own limit
_GRACE = 5.0  # seconds
_LOOK_UP_SECONDS = 10.0
_DURATION = r"(?=\d)(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?"


class CreateRequest(NamedTuple):
    """The content of a create request."""

    input: dict[str, Any]
    webhook: str | None = None
    webhook_events_filter: Sequence[str] | None = None
    hold: int | None = None
    """Seconds for which the API holds the request; None for a response at once."""
    cancel_after: str | None = None

    @property
    def body(self) -> Any:
        """The fields that all three endpoints take."""
        body: dict[str, Any] = {"input": self.input}
        if self.webhook is not None:
            body["webhook"] = self.webhook
        if self.webhook_events_filter is not None:
            body["webhook_events_filter"] = list(self.webhook_events_filter)
        return body

    @property
    def headers(self) -> dict[str, Any]:
        """The headers that all three endpoints take."""
        headers: dict[str, Any] = {}
        if self.hold is not None:
            headers["prefer"] = f"wait={self.hold}"
        if self.cancel_after is not None:
            headers["cancel_after"] = self.cancel_after
        return headers


def check_webhook(url: object, events: object) -> None:
    """Check a webhook's URL and events.

    Raises:
        InvalidArgument: The URL is not a URL, or the events are not a list of strings.
    """
    if url is not None:
        check_url(url, "webhook")
    if events is None:
        return
    if isinstance(events, (str, bytes, bytearray, Mapping)) or not isinstance(events, Collection):
        msg = "webhook_events_filter must be a list such as ['start', 'completed']"
        raise InvalidArgument(f"{msg}, not {format_value(cast('object', events))}")
    for each in cast("Collection[object]", events):
        check_text(each, "an event in webhook_events_filter")


def hold_seconds(wait: object) -> int | None:
    """Seconds for which the API holds a create request, by the option `wait`; None for a response at once.

    Raises:
        InvalidArgument: `wait` is neither a bool nor a number from 1 to 60.
    """
    if wait is True:
        return LONGEST_HOLD
    if wait is False or wait is None:
        return None
    if not isinstance(wait, (int, float)) or not 1 <= wait <= LONGEST_HOLD:
        msg = f"wait must be True, False or a number of seconds from 1 to {LONGEST_HOLD}"
        raise InvalidArgument(f"{msg}, not {format_value(wait)}")
    return int(wait)


def cancel_after_header(value: float | str | timedelta | None) -> str | None:
    """Write a duration as the header `Cancel-After` takes it.

    Raises:
        InvalidArgument: The value is not a duration, or less than 5 seconds.
    """
    if value is None:
        return None
    if isinstance(value, str):
        match = re.fullmatch(_DURATION, value.strip())
        hours, minutes, rest = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
        seconds = float(hours * 3600 + minutes * 60 + rest)
    elif isinstance(value, timedelta):
        seconds = value.total_seconds()
    elif isinstance(value, bool) or not isinstance(value, (int, float)):  # pyright: ignore[reportUnnecessaryIsInstance]
        seconds = 0.0
    else:
        seconds = value
    if not _SHORTEST_CANCEL_AFTER <= seconds < LONGEST:
        msg = f"cancel_after must be at least {_SHORTEST_CANCEL_AFTER} seconds: a number, a timedelta or text like '5m'"
        raise InvalidArgument(f"{msg}, not {format_value(value)}")
    return f"{round(seconds)}s"


async def create(
    session: Session, reference: Reference, request: CreateRequest, *, official: bool = False
) -> Prediction:
    """Create a prediction. If the response is lost but its id is known, the prediction is requested by its id.

    Args:
        session: The client's session.
        reference: What to run.
        request: The content of the request.
        official: Whether the model must be an official one, which runs by its name.

    Raises:
        OutcomeUnknownError: The prediction may have been created.
        NotFoundError: The model, version or deployment does not exist.
        UnprocessableError: The API refused the input.
    """
    session.schemas.add_from(reference.described)
    sent_at = datetime.now(UTC)
    if session.api.deadline.is_over:
        raise APITimeoutError("the deadline passed before the prediction was created; nothing was sent")
    # A create in progress is not interrupted at the deadline: its prediction would be lost, and still be billed.
    api = session.api.with_grace(_GRACE)
    if request.hold:
        api = api.with_hold_timeout(request.hold)
    try:
        prediction = await (_by_official_name if official else _create)(session, api, reference, request)
    except OutcomeUnknownError as error:
        if error.prediction_id is None:
            raise
        prediction = await _recover_by_id(session, error)
    except UnprocessableError as error:
        from replicatekit._predictions.hints import explain_refusal

        explain_refusal(session, reference, error, request.input)
        raise
    if prediction.id:
        session.pending_creates.add_created(prediction.id)
        log.info("created prediction %s (%s)", prediction.id, reference)
    elif not is_terminal(prediction):  # a Cog server without Replicate's API returns the output, and no id
        raise _no_id(reference, sent_at)
    return prediction


def _no_id(reference: Reference, sent_at: datetime) -> OutcomeUnknownError:
    when = sent_at.isoformat(timespec="seconds")
    error = OutcomeUnknownError(
        f"a prediction of {reference} was created, but the response has no id; "
        f"see client.predictions.list(created_after={when!r})",
        method="POST",
    )
    error.sent_at = sent_at
    return error


async def _recover_by_id(session: Session, error: OutcomeUnknownError) -> Prediction:
    from replicatekit_api.api.predictions import get

    prediction_id = error.prediction_id or ""
    log.info("%s", error)
    # The prediction exists and is billed: after the deadline, the caller should at least get it in the error.
    api = session.api.with_prediction_id(prediction_id).with_deadline(Deadline.after(_LOOK_UP_SECONDS))
    try:
        found = await session.io.call(get, prediction_id, client=api)
    except ReplicateError as other:
        raise error from other
    if found.id != prediction_id:
        raise error
    return found


async def _create(session: Session, api: ApiClient, reference: Reference, request: CreateRequest) -> Prediction:
    if reference.deployment:
        from replicatekit_api.api.deployments_predictions import create as endpoint

        owner, name = reference.owner or "", reference.name or ""
        return await session.io.call(endpoint, owner, name, client=api, body=request.body, **request.headers)
    if reference.version:
        return await _by_version(session, api, reference.version, request)
    return await _by_name(session, api, reference, request)


async def _by_version(session: Session, api: ApiClient, version: str, request: CreateRequest) -> Prediction:
    from replicatekit_api.api.predictions import create as endpoint

    body = {"version": version, **request.body}
    return await session.io.call(endpoint, client=api, body=cast("Any", body), **request.headers)


async def _by_name(session: Session, api: ApiClient, reference: Reference, request: CreateRequest) -> Prediction:
    """Run an official model by its name. For any other, the API responds with 404, and its latest version is run."""
    model = reference.model or ""
    remembered = reference.required_version or session.versions.get(model)
    if remembered:
        prediction = await _by_existing_version(session, api, remembered, request)
        if prediction is not None:
            return prediction
        session.versions.remove(model)
    try:
        return await _by_official_name(session, api, reference, request)
    except NotFoundError as error:
        refusal = error
    version, prediction = reference.latest, None
    if version and version != remembered:
        prediction = await _by_existing_version(session, api, version, request)
    if version is None or prediction is None:
        version = await _latest_version(session, reference, refusal)
        prediction = await _by_version(session, api, version, request)
    session.versions.add(model, version)
    return prediction


async def _by_existing_version(
    session: Session, api: ApiClient, version: str, request: CreateRequest
) -> Prediction | None:
    """Run a version that was once the latest; None if it does not exist any more."""
    try:
        return await _by_version(session, api, version, request)
    except NotFoundError:
        return None
    except UnprocessableError as error:
        # The API reports a version that does not exist like any other invalid field.
        title = (error.problem and error.problem.title) or ""
        if "version" in title.lower() or any(each.field == "version" for each in error.invalid_fields):
            return None
        raise


async def _by_official_name(
    session: Session, api: ApiClient, reference: Reference, request: CreateRequest
) -> Prediction:
    from replicatekit_api.api.models_predictions import create as endpoint

    owner, name = reference.owner or "", reference.name or ""
    return await session.io.call(endpoint, owner, name, client=api, body=request.body, **request.headers)


async def _latest_version(session: Session, reference: Reference, refusal: NotFoundError) -> str:
    from replicatekit_api.api.models import get

    model = await session.io.call(get, reference.owner or "", reference.name or "", client=session.api)
    session.schemas.add_from(model)
    version = model.latest_version
    if version is None or not version.id:
        refusal.message = f"{reference} cannot be run: it is not an official model, and has no version"
        raise refusal
    return version.id
