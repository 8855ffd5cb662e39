"""Create a prediction at the right one of the API's three endpoints, and never twice."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from replicatekit._base.deadline import Deadline
from replicatekit._domain.status import is_terminal
from replicatekit.errors import NotFoundError, OutcomeUnknownError, ReplicateError, UnprocessableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from replicatekit._domain.reference import Reference
    from replicatekit._session.session import Session
    from replicatekit_api.models import Prediction

log = logging.getLogger("replicatekit")

_LOOK_UP_SECONDS = 10.0


class CreateRequest(NamedTuple):
    """The content of a create request."""

    input: dict[str, Any]
    webhook: str | None = None
    webhook_events_filter: Sequence[str] | None = None
    hold: int | None = None
    """Seconds for which the API keeps the request open (`Prefer: wait`); None for a response at once."""
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


async def create(
    session: Session, reference: Reference, request: CreateRequest, *, official: bool = False
) -> Prediction:
    """Create a prediction. If the response is lost but its id is known, the prediction is requested by its id.

    Args:
        session: The client's session, whose context has the request's hold.
        reference: What to run.
        request: The content of the request.
        official: Whether the model must be an official one, which runs by its name.

    Raises:
        OutcomeUnknownError: The prediction may have been created.
        NotFoundError: The model, version or deployment does not exist.
        UnprocessableError: The API refused the input.
    """
    if reference.described is not None:
        session.schemas.add_from(reference.described)
    sent_at = datetime.now(UTC)
    try:
        prediction = await (_by_official_name if official else _create)(session, reference, request)
    except OutcomeUnknownError as error:
        if error.prediction_id is None:
            raise
        prediction = await _recover_by_id(session, error)
    except UnprocessableError as error:
        from replicatekit._predictions.hints import explain_refusal

        explain_refusal(session, reference, error, request.input)
        raise
    prediction_id = prediction.id
    if prediction_id:
        session.pending_creates.add_created(prediction_id)
        log.info("created prediction %s (%s)", prediction_id, reference)
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
    deadline = Deadline.after(_LOOK_UP_SECONDS)
    api = session.api.with_context(prediction_id=prediction_id, deadline=deadline, tracker=None, cancel_token=None)
    try:
        prediction = await session.io.call(get, prediction_id, client=api)
    except ReplicateError as lookup_error:
        raise error from lookup_error
    if prediction.id != prediction_id:
        raise error
    return prediction


async def _create(session: Session, reference: Reference, request: CreateRequest) -> Prediction:
    if reference.deployment:
        from replicatekit_api.api.deployments_predictions import create as endpoint

        owner, name = reference.owner or "", reference.name or ""
        return await session.io.call(endpoint, owner, name, client=session.api, body=request.body, **request.headers)
    if reference.version:
        return await _by_version(session, reference.version, request)
    return await _by_name(session, reference, request)


async def _by_version(session: Session, version: str, request: CreateRequest) -> Prediction:
    from replicatekit_api.api.predictions import create as endpoint

    body = {"version": version, **request.body}
    return await session.io.call(endpoint, client=session.api, body=cast("Any", body), **request.headers)


async def _by_name(session: Session, reference: Reference, request: CreateRequest) -> Prediction:
    """Run an official model by its name. For any other, the API responds with 404, and its latest version is run."""
    model = reference.model or ""
    required = None if reference.described is None else reference.required_version
    remembered = required or session.versions.get(model)
    if remembered:
        prediction = await _by_existing_version(session, remembered, request)
        if prediction is not None:
            return prediction
        session.versions.pop(model, None)
    try:
        return await _by_official_name(session, reference, request)
    except NotFoundError as error:
        refusal = error
    version, prediction = reference.latest, None
    if version and version != remembered:
        prediction = await _by_existing_version(session, version, request)
    if version is None or prediction is None:
        version = await _latest_version(session, reference, refusal)
        prediction = await _by_version(session, version, request)
    session.versions.add(version, model)
    return prediction


async def _by_existing_version(session: Session, version: str, request: CreateRequest) -> Prediction | None:
    """Run a version that was once the latest; None if it does not exist any more."""
    try:
        return await _by_version(session, version, request)
    except NotFoundError:
        return None
    except UnprocessableError as error:
        # The API reports a version that does not exist like any other invalid field.
        title = (error.problem and error.problem.title) or ""
        if "version" in title.lower() or any(each.field == "version" for each in error.invalid_fields):
            return None
        raise


async def _by_official_name(session: Session, reference: Reference, request: CreateRequest) -> Prediction:
    from replicatekit_api.api.models_predictions import create as endpoint

    owner, name = reference.owner or "", reference.name or ""
    return await session.io.call(endpoint, owner, name, client=session.api, body=request.body, **request.headers)


async def _latest_version(session: Session, reference: Reference, refusal: NotFoundError) -> str:
    from replicatekit_api.api.models import get

    model = await session.io.call(get, reference.owner or "", reference.name or "", client=session.api)
    session.schemas.add_from(model)
    version = model.latest_version
    if version is None or not version.id:
        refusal.message = f"{reference} cannot be run: it is not an official model, and has no version"
        raise refusal
    return version.id
