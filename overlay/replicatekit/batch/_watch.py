"""Waits for many predictions at once: one list of the newest predictions answers for a hundred of them.

A prediction that the list does not show, or whose output it leaves out, is asked for by itself.
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

_SHORTEST, _LONGEST = 0.1, 5.0  # seconds between two looks
_SHARE = 0.08  # of the time for which the youngest has run
_MOST_PAGES = 5
_FEW = 3  # fewer than these are asked for one by one
_DELIVERY_SECONDS = 0.5  # between two looks at what webhooks have brought
_SHOWN_SECONDS = 10.0  # by which the API shows what it has created
_REFUSED = (errors.AuthenticationError, errors.PermissionDeniedError)
_MISSED_SECONDS = 30.0  # between two looks at the API then


@define(eq=False)
class _Waiting:
    since: float
    done: anyio.Event = field(factory=anyio.Event)
    prediction: AsyncPrediction | None = None
    error: errors.ReplicateError | None = None


class Watcher:
    """The predictions of one worker that have not ended yet."""

    def __init__(self, client: AsyncClient, writer: JournalWriter, *, webhooks: bool) -> None:
        self._client = client
        self._writer = writer
        self._webhooks = webhooks
        self._looked_at = time.monotonic()
        self._waiting: dict[str, _Waiting] = {}
        self._news = anyio.Event()

    async def ended(self, prediction: AsyncPrediction | str) -> AsyncPrediction | None:
        """Wait for the end of a prediction, which may be given by its id. None where the API has it no more.

        Raises:
            APIError: The API lets nobody read it with this token.
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
        """Look at the predictions until cancelled."""
        while True:
            if not self._waiting:
                self._news = anyio.Event()
                await self._news.wait()
            await anyio.sleep(self._gap())
            try:
                await self._look()
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

    async def _look(self) -> None:
        """Read what webhooks have brought, and ask the API, where they bring the news only for what they missed."""
        if self._webhooks:
            await self._read_deliveries()
            if time.monotonic() - self._looked_at < _MISSED_SECONDS:
                return
        self._looked_at = time.monotonic()
        await self._ask()

    async def _read_deliveries(self) -> None:
        brought = await self._writer.acall(self._writer.journal.deliveries.take, list(self._waiting))
        for prediction_id, body in brought.items():
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

    async def _end(self, prediction_id: str, seen: AsyncPrediction) -> None:
        waiting = self._waiting.get(prediction_id)
        if waiting is None or waiting.done.is_set():
            return
        if seen.status == "succeeded" and seen.output is None:
            await self._get(prediction_id)  # a list may leave the output out
            return
        waiting.prediction = seen
        waiting.done.set()


resolvable(__name__)
