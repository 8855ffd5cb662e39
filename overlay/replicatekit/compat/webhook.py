"""Webhooks: the signing secret, and the validation of deliveries."""

from __future__ import annotations

import base64
import binascii
import hmac
import time
from collections.abc import Mapping
from typing import overload

import httpx

from replicatekit._runtime import run_sync
from replicatekit.compat._impl.session import CompatSession, awaiting, blocking
from replicatekit.compat.resource import Namespace, Resource

__all__ = [
    "InvalidSecretKeyError",
    "InvalidSignatureError",
    "InvalidTimestampError",
    "MissingWebhookBodyError",
    "MissingWebhookHeaderError",
    "WebhookSigningSecret",
    "WebhookValidationError",
    "Webhooks",
]


class WebhookSigningSecret(Resource):
    """The secret that signs an account's webhooks."""

    key: str


class WebhookValidationError(ValueError):
    """Base class: a delivery is not valid."""


class MissingWebhookHeaderError(WebhookValidationError):
    """A header of the signature is missing."""


class InvalidSecretKeyError(WebhookValidationError):
    """The secret is not valid."""


class MissingWebhookBodyError(WebhookValidationError):
    """The delivery has no body."""


class InvalidTimestampError(WebhookValidationError):
    """The timestamp is not a time, or too far from now."""


class InvalidSignatureError(WebhookValidationError):
    """No signature matches."""


class Webhooks(Namespace):
    """The namespace `client.webhooks`."""

    @property
    def default(self) -> Webhooks.Default:
        """The account's own webhook."""
        return self.Default(self._client)

    class Default(Namespace):
        """The account's own webhook."""

        def secret(self) -> WebhookSigningSecret:
            """Return the secret that signs its deliveries."""
            return run_sync(_secret(blocking(self._client)))

        async def async_secret(self) -> WebhookSigningSecret:
            """Return the secret that signs its deliveries."""
            return await _secret(awaiting(self._client))

    @overload
    @staticmethod
    def validate(request: httpx.Request, *, secret: WebhookSigningSecret, tolerance: int | None = None) -> None: ...
    @overload
    @staticmethod
    def validate(
        *, headers: Mapping[str, str], body: str, secret: WebhookSigningSecret, tolerance: int | None = None
    ) -> None: ...
    @staticmethod
    def validate(
        request: httpx.Request | None = None,
        headers: Mapping[str, str] | None = None,
        body: str | None = None,
        secret: WebhookSigningSecret | None = None,
        tolerance: int | None = None,
    ) -> None:
        """Validate a delivery's signature.

        Args:
            request: The delivery; or instead of it, `headers` and `body`.
            headers: The headers of the delivery.
            body: The body of the delivery.
            secret: The secret that `default.secret` returns.
            tolerance: Seconds that the timestamp may differ from now; None accepts a delivery of any age.

        Raises:
            WebhookValidationError: The delivery is not valid.
            ValueError: There is no secret, or both `request` and `headers` or `body` are given.
        """
        if not secret:
            raise ValueError("Missing webhook signing secret")
        if request is not None and (headers or body):
            raise ValueError("Only one of request or headers/body can be provided")
        if request is not None:
            headers, body = request.headers, request.content.decode()
        if not headers:
            raise MissingWebhookHeaderError("Missing webhook headers")
        by_name = {name.lower(): value for name, value in headers.items()}
        signed: list[str] = []
        for name in ("id", "timestamp", "signature"):
            value = by_name.get(f"webhook-{name}")
            if not value:
                raise MissingWebhookHeaderError(f"Missing webhook {name}")
            signed.append(value)
        if not body:
            raise MissingWebhookBodyError("Missing webhook body")
        delivery_id, timestamp, signature = signed
        if tolerance is not None:
            _check_time(timestamp, tolerance)
        content = body.decode() if isinstance(body, bytes) else body
        expected = hmac.digest(_key(secret.key), f"{delivery_id}.{timestamp}.{content}".encode(), "sha256")
        if not any(hmac.compare_digest(_signature(item), expected) for item in signature.split()):
            raise InvalidSignatureError("Webhook signature is invalid")


async def _secret(api: CompatSession) -> WebhookSigningSecret:
    return WebhookSigningSecret(**await api.json("GET", "/v1/webhooks/default/secret"))


def _check_time(timestamp: str, tolerance: int) -> None:
    try:
        off = abs(int(time.time()) - int(timestamp))
    except ValueError:
        raise InvalidTimestampError(f"Webhook timestamp is not a number of seconds: {timestamp!r}") from None
    if off > tolerance:
        raise InvalidTimestampError(f"Webhook timestamp is outside the allowed tolerance of {tolerance} seconds")


def _key(secret: str) -> bytes:
    parts = secret.split("_")
    if len(parts) != 2:
        # The message does not show the secret: it may be logged.
        raise InvalidSecretKeyError("Invalid secret key format: expected whsec_ and base64")
    try:
        return base64.b64decode(parts[1])
    except binascii.Error:
        raise InvalidSecretKeyError("Invalid secret key format: the text after whsec_ is not base64") from None


def _signature(item: str) -> bytes:
    parts = item.split(",")
    if len(parts) < 2:
        raise InvalidSignatureError(f"Invalid signature format: {item}")
    try:
        return base64.b64decode(parts[1])
    except (binascii.Error, ValueError):
        raise InvalidSignatureError(f"Invalid signature format: {item}") from None
