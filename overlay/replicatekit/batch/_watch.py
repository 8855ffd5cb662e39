"""Waits for many predictions at once: one page of the newest predictions covers a hundred of them.

A prediction that the list does not show, or shows without its output, is read separately.
"""

from __future__ import annotations

import json
import logging
import time
from typing import TYPE_CHECKING

import anyio
from attrs import define, field

from replicatekit import errors
from replicatekit._base.signatures import resolvable
from replicatekit._domain.status import is_terminal
from replicatekit_api import models

if TYPE_CHECKING:
    from replicatekit import AsyncClient
    from replicatekit.batch._journal.writer import JournalWriter
    from replicatekit.resources.prediction import AsyncPrediction

log = logging.getLogger("replicatekit")

_SHORTEST, _LONGEST = 0.1, 5.0  # seconds between two polls
_SHARE = 0.08  # of the youngest prediction's running time
_MOST_PAGES = 5
_FEW = 3  # fewer are read one by one
_DELIVERY_SECONDS = 0.5  # between two reads of webhook deliveries
_SHOWN_SECONDS = 10.0  # after which the API must show a prediction it created
_REFUSED = (errors.AuthenticationError, errors.PermissionDeniedError)
_MISSED_SECONDS = 30.0  # between two polls for missed deliveries


@define(eq=False)
class _Waiting:
    since: float
    done: anyio.Event = field(factory=anyio.Event)
    prediction: AsyncPrediction | None = None
    error: errors.ReplicateError | None = None


class Watcher:
    """Waits for the unfinished predictions of one worker."""

    def __init__(self, client: AsyncClient, writer: JournalWriter, *, webhooks: bool) -> None:
        self._client = client
        self._writer = writer
        self._webhooks = webhooks
        self._polled_at = time.monotonic()
        self._waiting: dict[str, _Waiting] = {}
        self._news = anyio.Event()

    async def ended(self, prediction: AsyncPrediction | str) -> AsyncPrediction | None:
        """Wait for a prediction, or the one with this id, to end. None if the API no longer has it.

        Raises:
            APIError: The token may not read predictions.
        """
        if not isinstance(prediction, str) and is_terminal(prediction):
            return prediction
        prediction_id = prediction if isinstance(prediction, str) else prediction.id
        waiting = self._waiting.setdefault(prediction_id, _Waiting(time.monotonic()))
        self._news.set()
        try:
            await waiting.done.wait()
        finally:
            self._waiting.pop(prediction_id, None)
        if waiting.error is not None:
            raise waiting.error
        return waiting.prediction

    async def run(self) -> None:
        """Poll the predictions until cancelled."""
        while True:
            if not self._waiting:
                self._news = anyio.Event()
                await self._news.wait()
            await anyio.sleep(self._gap())
            try:
                await self._poll()
            except errors.ReplicateError as error:
                self._failed(error)
                await anyio.sleep(_LONGEST)

    def _failed(self, error: errors.ReplicateError) -> None:
        if not isinstance(error, _REFUSED):
            log.warning("polling failed, will retry: %s", error)
            return
        for waiting in self._waiting.values():
            waiting.error = error
            waiting.done.set()

    def _gap(self) -> float:
        if self._webhooks:
            return _DELIVERY_SECONDS
        now = time.monotonic()
        youngest = min((now - each.since for each in self._waiting.values()), default=0.0)
        return min(max(_SHARE * youngest, _SHORTEST), _LONGEST)

    async def _poll(self) -> None:
        """Poll the predictions. With webhooks, read their deliveries, and ask the API only for missed ones."""
        if self._webhooks:
            await self._read_deliveries()
            if time.monotonic() - self._polled_at < _MISSED_SECONDS:
                return
        self._polled_at = time.monotonic()
        await self._ask()

    async def _read_deliveries(self) -> None:
        deliveries = await self._writer.acall(self._writer.journal.deliveries.take, list(self._waiting))
        for prediction_id, body in deliveries.items():
            view = models.Prediction.from_dict(json.loads(body))
            await self._end(prediction_id, self._client._session.bind(view))  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]

    async def _ask(self) -> None:
        missing = set(self._waiting)
        if len(missing) >= _FEW:
            page = await self._client.predictions.list()
            for _ in range(_MOST_PAGES):
                for prediction in page.results:
                    missing.discard(prediction.id)
                    if prediction.id in self._waiting and is_terminal(prediction):
                        await self._end(prediction.id, prediction)
                if not missing or not page.has_next:
                    break
                page = await page.next_page()
        async with anyio.create_task_group() as group:
            for prediction_id in missing:
                group.start_soon(self._get, prediction_id)

    async def _get(self, prediction_id: str) -> None:
        waiting = self._waiting.get(prediction_id)
        if waiting is None:
            return
        try:
            prediction = await self._client.predictions.get(prediction_id)
        except errors.NotFoundError:
            if time.monotonic() - waiting.since > _SHOWN_SECONDS:
                waiting.done.set()
            return
        except errors.ReplicateError as error:
            self._failed(error)
            return
        if is_terminal(prediction):
            waiting.prediction = prediction
            waiting.done.set()

    async def _end(self, prediction_id: str, prediction: AsyncPrediction) -> None:
        waiting = self._waiting.get(prediction_id)
        if waiting is None or waiting.done.is_set():
            return
        if prediction.status == "succeeded" and prediction.output is None:
            await self._get(prediction_id)  # lists may omit outputs
            return
        waiting.prediction = prediction
        waiting.done.set()


resolvable(__name__)
