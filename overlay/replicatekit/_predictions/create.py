"""Create a prediction at the right one of the API's three endpoints, and never twice."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from replicatekit._base.deadline import LONGEST, Deadline
from replicatekit._base.validation import check_text, check_url, shown
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
    from replicatekit_api.models import Prediction, PredictionRequestDict, VersionPredictionRequestDict

__all__ = ["LONGEST_HOLD", "Order", "check_webhook", "create", "duration", "hold_seconds"]

LONGEST_HOLD = 60
"""Seconds for which the API holds a request at most."""

log = logging.getLogger("replicatekit")

_SHORTEST_CANCEL_AFTER = 5  # seconds; the API's own limit
_GRACE = 5.0  # seconds
_LOOK_UP_SECONDS = 10.0
_DURATION = r"(?=\d)(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?"


class Order(NamedTuple):
    """What is asked for: the input, and what is to be done with the prediction."""

    input: dict[str, Any]
    webhook: str | None = None
    webhook_events_filter: Sequence[str] | None = None
    hold: int | None = None
    """Seconds for which the API is to hold the request."""
    cancel_after: str | None = None

    @property
    def body(self) -> dict[str, Any]:
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
    """That a webhook can be sent to the API.

    Raises:
        InvalidArgument: It is no URL, or its events are no texts.
    """
    if url is not None:
        check_url(url, "webhook")
    if events is None:
        return
    if isinstance(events, (str, bytes, bytearray, Mapping)) or not isinstance(events, Collection):
        said = "webhook_events_filter must be a list such as ['start', 'completed']"
        raise InvalidArgument(f"{said}, not {shown(cast('object', events))}")
    for each in cast("Collection[object]", events):
        check_text(each, "an event in webhook_events_filter")


def hold_seconds(wait: object) -> int | None:
    """What `wait` asks for: True or a number of seconds holds the request, False does not.

    Raises:
        InvalidArgument: It is neither, or not from 1 to 60.
    """
    if wait is True:
        return LONGEST_HOLD
    if wait is False or wait is None:
        return None
    if not isinstance(wait, (int, float)) or not 1 <= wait <= LONGEST_HOLD:
        raise InvalidArgument(
            f"wait must be True, False or a number of seconds from 1 to {LONGEST_HOLD}, not {shown(wait)}"
        )
    return int(wait)


def duration(value: float | str | timedelta | None) -> str | None:
    """The API's text for a time after which it cancels: `30s`, `5m`, `1h30m45s`.

    Raises:
        InvalidArgument: It is no such time, or less than 5 seconds.
    """
    if value is None:
        return None
    advice = f"cancel_after must be at least {_SHORTEST_CANCEL_AFTER} seconds, as a number, a timedelta or like '5m'"
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
        raise InvalidArgument(f"{advice}; not {shown(value)}")
    return f"{round(seconds)}s"


async def create(session: Session, reference: Reference, order: Order, *, official: bool = False) -> Prediction:
    """Create a prediction. Where its answer was lost and its id was not, it is looked up instead of sent again.

    Args:
        session: Its client's inside.
        reference: What runs.
        order: What is asked for.
        official: Whether it has to be an official model, named by its name.

    Raises:
        OutcomeUnknownError: It may exist, or not.
        NotFoundError: There is no such model, version or deployment.
    """
    session.schemas.learn(reference.described)
    sent_at = datetime.now(UTC)
    if session.api.deadline.is_over:
        raise APITimeoutError("the deadline passed before the prediction was created; nothing was sent")
    # A create that is under way is not broken off at the deadline: what it made would be lost, and paid for.
    api = session.api.with_grace(_GRACE)
    if order.hold:
        api = api.with_hold_timeout(order.hold)
    try:
        prediction = await (_official if official else _create)(session, api, reference, order)
    except OutcomeUnknownError as error:
        if error.prediction_id is None:
            raise
        prediction = await _found(session, error)
    if not prediction.id:
        raise _nameless(reference, sent_at)
    session.unanswered.answered(prediction.id)
    return prediction


def _nameless(reference: Reference, sent_at: datetime) -> OutcomeUnknownError:
    when = sent_at.isoformat(timespec="seconds")
    error = OutcomeUnknownError(
        f"a prediction of {reference} was created, and the answer has no id: "
        f"look through the list of what was created after {when}",
        method="POST",
    )
    error.sent_at = sent_at
    return error


async def _found(session: Session, error: OutcomeUnknownError) -> Prediction:
    from replicatekit_api.api.predictions import get

    known = error.prediction_id or ""
    log.info("%s", error)
    # It exists and is paid for: whoever has no time left for it should at least get it in the error of that.
    api = session.api.with_prediction_id(known).with_deadline(Deadline.after(_LOOK_UP_SECONDS))
    try:
        found = await session.io.call(get, known, client=api)
    except ReplicateError as other:
        raise error from other
    if found.id != known:
        raise error
    return found


async def _create(session: Session, api: ApiClient, reference: Reference, order: Order) -> Prediction:
    if reference.deployment:
        from replicatekit_api.api.deployments_predictions import create as at_deployment

        owner, name = reference.owner or "", reference.name or ""
        body = cast("PredictionRequestDict", order.body)
        return await session.io.call(at_deployment, owner, name, client=api, body=body, **order.headers)
    if reference.version:
        return await _by_version(session, api, reference.version, order)
    return await _by_name(session, api, reference, order)


async def _by_version(session: Session, api: ApiClient, version: str, order: Order) -> Prediction:
    from replicatekit_api.api.predictions import create as at_version

    body = cast("VersionPredictionRequestDict", {"version": version, **order.body})
    return await session.io.call(at_version, client=api, body=body, **order.headers)


async def _by_name(session: Session, api: ApiClient, reference: Reference, order: Order) -> Prediction:
    """An official model runs by its name. Of any other, 404 says so, and its latest version is what runs."""
    model = reference.model or ""
    remembered = reference.surely_runs_by or session.known.get(model)
    if remembered:
        made = await _unless_gone(session, api, remembered, order)
        if made is not None:
            return made
        session.known.forget(model)
    try:
        return await _official(session, api, reference, order)
    except NotFoundError as error:
        refusal = error
    version = reference.latest
    made = await _unless_gone(session, api, version, order) if version and version != remembered else None
    if version is None or made is None:
        version = await _latest(session, reference, refusal)
        made = await _by_version(session, api, version, order)
    session.known.put(model, version)
    return made


async def _unless_gone(session: Session, api: ApiClient, version: str, order: Order) -> Prediction | None:
    """A prediction of a version that was the latest once; None where it is not there any more."""
    try:
        return await _by_version(session, api, version, order)
    except NotFoundError:
        return None
    except UnprocessableError as error:
        # The API says of a version that it does not have what it says of other fields: that it is invalid.
        title = (error.problem and error.problem.title) or ""
        if "version" in title.lower() or any(each.field == "version" for each in error.invalid_fields):
            return None
        raise


async def _official(session: Session, api: ApiClient, reference: Reference, order: Order) -> Prediction:
    from replicatekit_api.api.models_predictions import create as at_model

    owner, name = reference.owner or "", reference.name or ""
    body = cast("PredictionRequestDict", order.body)
    return await session.io.call(at_model, owner, name, client=api, body=body, **order.headers)


async def _latest(session: Session, reference: Reference, refusal: NotFoundError) -> str:
    from replicatekit_api.api.models import get

    model = await session.io.call(get, reference.owner or "", reference.name or "", client=session.api)
    session.schemas.learn(model)
    version = model.latest_version
    if version is None or not version.id:
        refusal.message = f"{reference} can be run neither by its name nor by a version: it has none"
        raise refusal
    return version.id
