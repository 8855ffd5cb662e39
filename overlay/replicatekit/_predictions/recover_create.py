"""Find and cancel the prediction of a create that was given up before its response, if it is proved to be ours."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from replicatekit._base.deadline import Deadline
from replicatekit._base.logs import log
from replicatekit._domain.status import is_terminal
from replicatekit._predictions.lifecycle import try_cancel
from replicatekit._session.pending_creates import Search
from replicatekit.errors import ReplicateError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replicatekit._session.pending_creates import PendingCreate
    from replicatekit._session.session import Session
    from replicatekit_api.models import Prediction, PredictionPage

_SECONDS = 10.0
_CREATED_WITHIN = timedelta(seconds=2)
_ALSO_DOUBTFUL = timedelta(seconds=60)  # before a create: a similar prediction since then may be of the same work
_RESOLUTION = timedelta(seconds=1)  # of the header `Date`


class Recovered(NamedTuple):
    """The outcome of the search for the prediction of a create that was given up."""

    canceled: Prediction | None = None
    """The prediction that it left behind, canceled (or as it had ended before)."""
    candidates: tuple[str, ...] = ()
    """The ids of running predictions that may be the one, if none is proved to be."""

    def __str__(self) -> str:
        if self.canceled is not None:
            return f"prediction {self.canceled.id} was canceled"
        if not self.candidates:
            return "no running prediction with the same model and input was found, so nothing was canceled"
        ids = ", ".join(self.candidates)
        return (
            f"nothing was canceled, because it is not certain which prediction it is; running with the same model and "
            f"input: {ids}. To cancel one of yours: client.predictions.cancel({self.candidates[0]!r})"
        )


async def cancel_orphan(session: Session, pending: PendingCreate) -> Recovered:
    """Cancel the prediction that a create left behind, if it is proved to be that one.

    Predictions are similar if they have the same model or version, and the same input. Candidates are those of them
    that were created within two seconds of the request's end, by the server's clock; `PendingCreates.orphans` decides
    whether they are proved. Nothing is canceled if other similar predictions were created from a minute before on,
    except those that were created before and have ended, as when somebody runs the same input again.
    """
    session.pending_creates.give_up(pending)
    if pending.started_at is None:
        return Recovered()
    creates, limited = session.pending_creates, session.with_context(deadline=Deadline.after(_SECONDS))
    try:
        predictions, clock = await _find(limited, pending)
    except ReplicateError as error:
        log.warning("a create was given up, and its prediction could not be looked for: %s", error)
        return Recovered()
    similar = list({each.id: each for each in predictions if _is_like(each, pending)}.values())
    windows = [window for create in creates.like(pending) if (window := clock.around(create)) is not None]
    candidates = [each.id for each in similar if any(_was_created(each, *window) for window in windows)]
    doubtful = [each.id for each in similar if each.id not in candidates and not _is_over(each, windows)]
    is_certain = not creates.without_created(doubtful)
    matches = creates.orphans(pending, candidates) if is_certain else {}
    by_id = {each.id: each for each in similar}
    canceled: Prediction | None = None
    for prediction_id, create in matches.items():
        if create is not pending and not create.ended:
            continue  # its own caller cancels it
        ended: Prediction | None = by_id[prediction_id]
        if not is_terminal(by_id[prediction_id]):
            ended = await try_cancel(limited, by_id[prediction_id])
        if ended is not None:
            creates.resolve(create, prediction_id)
            canceled = ended if create is pending else canceled
    running = [each.id for each in similar if not is_terminal(each)]
    recovered = Recovered(canceled, () if canceled else tuple(creates.without_created(running)))
    if canceled is None:
        log.warning("the create request for %s was interrupted: %s", pending.reference, recovered)
    return recovered


class _Clock(NamedTuple):
    """How far the server's clock is ahead of this machine's, at least and at most; None if it sends no `Date`."""

    least: timedelta | None
    most: timedelta | None

    @classmethod
    def read(cls, date: str | None, requested_at: datetime, received_at: datetime) -> _Clock:
        try:
            server = parsedate_to_datetime(date or "")
        except ValueError:
            return cls(None, None)
        server = server if server.tzinfo else server.replace(tzinfo=UTC)
        return cls(server - received_at, server + _RESOLUTION - requested_at)

    def around(self, create: PendingCreate) -> tuple[datetime, datetime] | None:
        """The time window, by the server's clock, in which it created the prediction of a create."""
        if create.started_at is None or create.sent_at is None or self.least is None or self.most is None:
            return None
        # The API may receive it before a busy event loop records that it was sent.
        earliest = max(create.started_at, create.sent_at - _CREATED_WITHIN)
        return earliest + self.least, create.sent_at + self.most + _CREATED_WITHIN


async def _find(session: Session, pending: PendingCreate) -> _Listing:
    """List the account's predictions; creates that are given up together share one list."""
    creates = session.pending_creates
    since = pending.sent_at or pending.started_at or datetime.now(UTC)
    search = creates.search
    if search is not None and search.thread == threading.get_ident() and search.started_at >= since:
        listing: _Listing = await search.work.result()
        return listing
    if not session.io.is_async:  # one thread waits for one create
        return await _list(session, creates.earliest_start or since)
    work = session.io.start_background(_list(session, creates.earliest_start or since))
    search = creates.search = Search(datetime.now(UTC), threading.get_ident(), work)
    try:
        return await work.result()
    finally:
        if creates.search is search:
            creates.search = None


async def _list(session: Session, since: datetime) -> _Listing:
    """List the predictions created since a time, by this machine's clock; the oldest first."""
    found: list[Prediction] = []
    clock, cursor = _Clock(None, None), None
    while True:
        requested_at = datetime.now(UTC)
        page, headers = await session.io.call(cast("Any", _ListWithHeaders()), client=session.api, cursor=cursor)
        if cursor is None:
            clock = _Clock.read(headers.get("date"), requested_at, datetime.now(UTC))
            since += (clock.least or timedelta()) - _ALSO_DOUBTFUL
        results: list[Prediction] = page.results
        found += [each for each in results if (each.created_at or since) >= since]
        cursor = page.next
        if cursor is None or not results or (results[-1].created_at or since) < since:
            return _Listing(found[::-1], clock)


class _Listing(NamedTuple):
    predictions: list[Prediction]
    clock: _Clock


class _ListWithHeaders:
    """The generated list endpoint, with the response's headers beside the page."""

    def sync_detailed(self, **arguments: Any) -> Any:
        from replicatekit_api.api.predictions import list as endpoint

        return _with_headers(endpoint.sync_detailed(**arguments))

    async def asyncio_detailed(self, **arguments: Any) -> Any:
        from replicatekit_api.api.predictions import list as endpoint

        return _with_headers(await endpoint.asyncio_detailed(**arguments))


class _Parsed(NamedTuple):
    parsed: tuple[PredictionPage, Mapping[str, str]]


def _with_headers(response: Any) -> _Parsed:
    return _Parsed((response.parsed, response.headers))


def _is_like(prediction: Prediction, pending: PendingCreate) -> bool:
    reference = pending.reference
    if reference.version:
        same = prediction.version == reference.version
    else:
        same = reference.model in (prediction.model, prediction.deployment)
    return same and bool(prediction.id) and prediction.input == pending.input


def _is_over(prediction: Prediction, windows: list[tuple[datetime, datetime]]) -> bool:
    """Whether a prediction was created before all of these windows, and has ended."""
    created = prediction.created_at
    return created is not None and is_terminal(prediction) and all(created < earliest for earliest, _ in windows)


def _was_created(prediction: Prediction, earliest: datetime, latest: datetime) -> bool:
    return prediction.created_at is not None and earliest <= prediction.created_at <= latest
