"""Webhooks: timing, signing and retrying."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import time
from collections import deque
from typing import TYPE_CHECKING, Any

import attrs

from replicatekit.sandbox._storage.blobs import new_id
from replicatekit.sandbox._storage.records import ordered, webhook_body
from replicatekit.sandbox._storage.store import dumps

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    import httpx

    from replicatekit.sandbox._runs.events import Subscription
    from replicatekit.sandbox._runs.run import Run
    from replicatekit.sandbox._storage.settings import Settings

_KEPT_DELIVERIES = 10_000


@attrs.frozen
class Delivery:
    """One attempt to deliver a webhook.

    Attributes:
        run: The id of the prediction or training.
        event: `start`, `output`, `logs` or `completed`.
        url: The receiver.
        attempt: The number of the attempt, from 1.
        status: The status of the receiver's response; None if there was none.
    """

    run: str
    event: str
    url: str
    attempt: int
    status: int | None


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the signature of a delivery by the Standard Webhooks scheme, with its version."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


class Webhooks:
    """Sends the events of runs to their receivers.

    Attributes:
        secret: Signs the deliveries.
        deliveries: The attempts, the oldest first.
    """

    def __init__(self, settings: Settings, secret: str, render: Callable[[str], bytes]) -> None:
        self._settings = settings
        self._render = render
        self._tasks: set[asyncio.Task[None]] = set()
        self._client: httpx.AsyncClient | None = None
        self.secret = secret
        self.deliveries: deque[Delivery] = deque(maxlen=_KEPT_DELIVERIES)

    def notify(self, run: Run, event: str) -> None:
        """Deliver an event of a run to its subscription, if it has one; output and logs are throttled."""
        subscription = run.subscription
        if subscription is None:
            return
        if event == "completed" and subscription.timer is not None:
            subscription.timer.cancel()
        if event not in subscription.events:
            if event == "completed":
                self._flush(run, subscription)
            return
        if event in ("output", "logs"):
            self._throttled(run, subscription, event)
        else:
            self._send(run, subscription, event)

    async def close(self) -> None:
        """Give up all pending deliveries."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def drain(self) -> None:
        """Wait until every delivery was made or given up."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _throttled(self, run: Run, subscription: Subscription, event: str) -> None:
        loop = asyncio.get_running_loop()
        wait = subscription.last_sent + self._settings.real(self._settings.webhook_pause) - loop.time()
        if subscription.last_sent < 0 or wait <= 0:
            self._send(run, subscription, event)
        elif subscription.timer is None or subscription.timer.when() <= loop.time():
            subscription.timer = loop.call_later(wait, self._send, run, subscription, event)

    def _send(self, run: Run, subscription: Subscription, event: str) -> None:
        if event in ("output", "logs"):
            subscription.last_sent = asyncio.get_running_loop().time()
        body = self._render(dumps(ordered(webhook_body(run.record, self._settings))))
        if self._settings.webhook_order == "reversed":
            subscription.held_back.append((event, body))
            if event == "completed":
                self._flush(run, subscription)
        else:
            self._queue(run, subscription, event, body)

    def _flush(self, run: Run, subscription: Subscription) -> None:
        held_back, subscription.held_back = subscription.held_back, []
        for event, body in reversed(held_back):
            self._queue(run, subscription, event, body)

    def _queue(self, run: Run, subscription: Subscription, event: str, body: bytes) -> None:
        previous = subscription.tail
        subscription.tail = self._spawn(self._deliver(previous, run.id, subscription.url, event, body))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _deliver(self, previous: asyncio.Task[None] | None, run: str, url: str, event: str, body: bytes) -> None:
        if previous is not None:
            await asyncio.wait([previous])
        await asyncio.sleep(self._settings.real(self._settings.webhook_delay))
        message = f"msg_{new_id()}"
        for _ in range(1 + self._settings.webhook_repeats):
            retries = self._settings.webhook_retries if event == "completed" else ()
            for attempt, pause in enumerate((0.0, *retries), start=1):
                await asyncio.sleep(self._settings.real(pause))
                status = await self._post(url, message, body)
                self.deliveries.append(Delivery(run, event, url, attempt, status))
                if status is not None and 200 <= status < 300:
                    break

    async def _post(self, url: str, message: str, body: bytes) -> int | None:
        import httpx

        if self._client is None:
            # No redirects, and no proxy of the environment: a delivery goes to its URL alone.
            self._client = httpx.AsyncClient(follow_redirects=False, trust_env=False)
        stamp = int(time.time())
        headers = {
            "content-type": "application/json",
            "webhook-id": message,
            "webhook-timestamp": str(stamp),
            "webhook-signature": sign(self.secret, message, stamp, body),
        }
        try:
            response = await self._client.post(
                url, content=body, headers=headers, timeout=self._settings.webhook_timeout
            )
        except (httpx.HTTPError, httpx.InvalidURL, ValueError):  # ValueError: a host name that IDNA refuses
            return None
        return response.status_code
