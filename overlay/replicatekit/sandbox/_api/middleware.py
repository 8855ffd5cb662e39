"""The middleware of all requests: it records requests, applies faults, and checks the token and the rate limit."""

from __future__ import annotations

import asyncio
import math
from hmac import compare_digest
from typing import TYPE_CHECKING, Any, cast

from starlette.requests import ClientDisconnect

from replicatekit.sandbox._api.responses import Refusal
from replicatekit.sandbox._api.validation import operations
from replicatekit.sandbox._network.faults import throttled
from replicatekit.sandbox._network.recorder import KEPT_BODY, RecordedRequest
from replicatekit.sandbox._storage.store import dumps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from replicatekit.sandbox._network.connection import Connection
    from replicatekit.sandbox._network.faults import Fault
    from replicatekit.sandbox._state import State

_WITHOUT_BODY = (204, 304)
_CREATING = ("/predictions", "/trainings")


class Middleware:
    """The outermost application, in front of the API and of the host of output files and streams."""

    def __init__(self, state: State, api: ASGIApp, delivery: ASGIApp, delivery_port: int) -> None:
        self._state = state
        self._apps = {"api": api, "delivery": delivery}
        self._delivery_port = delivery_port
        self._public = {"/v1/openapi.json", *(f"/v1{each.path}" for each in operations() if each.is_public)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["path"].startswith("/v1/v1/"):
            # Some clients have the version in their base URL, some in their paths, and some in both.
            scope = {**scope, "path": scope["path"].removeprefix("/v1")}
        host = "delivery" if scope["server"][1] == self._delivery_port else "api"
        connection = self._state.connections.of(tuple(scope["client"][:2]))
        record = RecordedRequest(
            method=scope["method"],
            host=host,
            path=scope["path"],
            query_string=scope["query_string"].decode("latin-1"),
            headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
            fault=connection.fault if connection else None,
        )
        self._state.recorder.add(record)
        exchange = Exchange(record, connection, receive, send)
        try:
            await self._dispatch(exchange, scope)
        except ClientDisconnect:
            return  # the client has disconnected
        except asyncio.CancelledError:
            if not self._state.stopping.is_set():
                raise
        finally:
            if self._state.recorder.on_response is not None:
                self._state.recorder.on_response(record)

    async def _dispatch(self, exchange: Exchange, scope: Scope) -> None:
        record, fault = exchange.record, exchange.record.fault
        response = fault.answer(record.path) if fault else None
        if fault is not None and response is not None:
            if fault.handled:
                exchange.drops_response = True
                await self._handle(exchange, scope)
                exchange.drops_response = False
            await exchange.respond(*response)
        else:
            await self._handle(exchange, scope)

    async def _handle(self, exchange: Exchange, scope: Scope) -> None:
        if exchange.record.host == "api":
            refusal = self._check_access(exchange)
            if refusal is not None:
                await exchange.respond(*refusal)
                return
        await self._apps[exchange.record.host](scope, exchange.receive, exchange.send)

    def _check_access(self, exchange: Exchange) -> tuple[int, dict[str, str], bytes] | None:
        record = exchange.record
        if record.path in self._public:
            return None
        if not self._is_authorized(record.headers.get("authorization", "")):
            refusal = Refusal(
                401, "The request has no API token, or not this sandbox's", title="Unauthenticated"
            ).response()
            return 401, {"content-type": "application/problem+json"}, bytes(refusal.body)
        is_create = record.method == "POST" and record.path.endswith(_CREATING)
        wait, exchange.headers = self._state.limits.take(is_create=is_create)
        if wait is None:
            return None
        headers = {"content-type": "application/json", "retry-after": str(max(1, math.ceil(wait)))}
        return 429, headers, dumps(throttled(wait)).encode()

    def _is_authorized(self, authorization: str) -> bool:
        kind, _, token = authorization.partition(" ")
        return kind.lower() in ("bearer", "token") and compare_digest(
            token.strip().encode(), self._state.token.encode()
        )


class Exchange:
    """One request and its response.

    Attributes:
        headers: Added to the response.
        drops_response: The request is handled, and its response dropped.
    """

    def __init__(self, record: RecordedRequest, connection: Connection | None, receive: Receive, send: Send) -> None:
        self.record = record
        self.headers: Mapping[str, str] = {}
        self.drops_response = False
        self._connection = connection
        self._receive = receive
        self._send = send
        self._start: Message | None = None
        self._events = 0
        self._over = False

    async def receive(self) -> Message:
        """Receive a part of the request, and record the beginning of its body."""
        message = await self._receive()
        body = message.get("body")
        if body and len(self.record.body) < KEPT_BODY:
            self.record.body += body[: KEPT_BODY - len(self.record.body)]
        return message

    async def respond(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Respond in place of the application."""
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        if status in _WITHOUT_BODY:
            body, raw = b"", [header for header in raw if header[0] != b"content-type"]
        elif "content-length" not in headers:
            raw.append((b"content-length", str(len(body)).encode()))
        await self.send({"type": "http.response.start", "status": status, "headers": raw})
        await self.send({"type": "http.response.body", "body": body})

    async def send(self, message: Message) -> None:
        """Send a part of the response, with this request's fault applied."""
        if self.drops_response or self._over:
            return
        fault = self.record.fault
        if message["type"] == "http.response.start":
            if fault is not None and fault.delay:
                await asyncio.sleep(fault.delay)
            self.record.status = message["status"]
            self._add_headers(message, {"connection": "close"} if fault is not None and fault.length_error else {})
            if fault is not None and fault.truncate is not None:
                self._start = message
                return
        elif fault is not None:
            changed = await self._apply_fault(fault, message)
            if changed is None:
                return
            message = changed
        await self._forward(message)

    def _add_headers(self, message: Message, extra: Mapping[str, str]) -> None:
        headers = cast("list[tuple[bytes, bytes]]", message.setdefault("headers", []))
        message["headers"] = [
            *headers,
            *((name.encode("latin-1"), value.encode("latin-1")) for name, value in {**self.headers, **extra}.items()),
        ]

    async def _apply_fault(self, fault: Fault, message: Message) -> Message | None:
        if fault.truncate is not None:
            await self._truncate(fault.truncate, message)
            return None
        body: bytes = message.get("body", b"")
        if fault.events is None or not body.startswith(b"event:"):
            return message
        self._events += 1
        if self._events <= fault.events:
            return message
        if fault.into:
            await self._forward({**message, "body": body[: fault.into], "more_body": True})
        self._over = True
        if fault.ending == "clean":
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
            self._finish()
        elif self._connection is not None:
            self._connection.end(reset=fault.ending == "reset")
        return None

    async def _truncate(self, length: int, message: Message) -> None:
        body: bytes = message.get("body", b"")[:length]
        start = cast("dict[str, Any]", self._start)
        headers = [header for header in start["headers"] if header[0] != b"content-length"]
        await self._send({**start, "headers": [*headers, (b"content-length", str(len(body)).encode())]})
        await self._forward({"type": "http.response.body", "body": body, "more_body": False})
        self._over = True

    async def _forward(self, message: Message) -> None:
        await self._send(message)
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            self._finish()

    def _finish(self) -> None:
        if self._connection is not None:
            self._connection.finished()
