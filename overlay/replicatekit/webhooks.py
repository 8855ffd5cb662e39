"""Webhooks: check that a delivery comes from the API and is recent, and read it as a `Prediction` or `Training`.

```
prediction = webhooks.verify(body, headers, secret)                # any server: the raw body and its headers
prediction = webhooks.unwrap(request, secret)                      # Flask, Django, Bottle and others
prediction = await webhooks.async_unwrap(request, secret)          # FastAPI, Starlette, Quart, aiohttp, ...
```

The scheme is that of Standard Webhooks, https://www.standardwebhooks.com: HMAC-SHA256 over
`id.timestamp.body`, with `webhook-id`, `webhook-timestamp` and `webhook-signature` as headers.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import inspect
import re
import secrets
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast

from replicatekit._base.signatures import resolvable
from replicatekit._base.validation import check_seconds, format_value, with_article
from replicatekit._webhook_deliveries import DeliveryStore, DeliveryTracker
from replicatekit.errors import (
    InvalidArgument,
    WebhookHeaderError,
    WebhookPayloadError,
    WebhookReplayError,
    WebhookSignatureError,
)
from replicatekit_api import read_json

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from replicatekit_api.models import Prediction, Training

__all__ = ["DeliveryStore", "DeliveryTracker", "HeaderItems", "async_unwrap", "sign", "unwrap", "verify"]

_TOLERANCE = 300
_PREFIX = "whsec_"
_ID = re.compile(r"[\x21-\x7e]{1,256}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)
# Exactly one space between two signatures: an accepted header has only one spelling.
_SIGNATURES = re.compile(r"[^ ,]+,[^ ]+(?: [^ ,]+,[^ ]+)*")


class HeaderItems(Protocol):
    """Headers with an `items` method: a dict, and the headers of `http.server`, Flask, Django, Starlette, aiohttp."""

    def items(self) -> Iterable[tuple[str, str]]:
        """Return pairs of name and value."""
        ...


_Headers: TypeAlias = "HeaderItems | Iterable[tuple[str | bytes, str | bytes]]"


def verify(
    body: bytes | str,
    headers: _Headers,
    secret: str | Iterable[str],
    *,
    tolerance: float = _TOLERANCE,
    now: float | None = None,
) -> Prediction | Training:
    """Check that a delivery comes from the API and is recent, and read it.

    Args:
        body: The raw body. The signature covers its bytes, so parsed JSON cannot be verified.
        headers: A mapping, or pairs of text or bytes (as in ASGI). Names in any case.
        secret: The account's signing secret, with or without `whsec_`; several while it is being rotated.
        tolerance: How many seconds the timestamp may be in the past or in the future.
        now: Seconds since 1970, instead of the current time.

    Returns:
        The prediction or training that the delivery describes.

    Raises:
        WebhookHeaderError: A signing header is missing, malformed or repeated.
        WebhookSignatureError: No signature matches: the secret or the body is wrong, or the sender is not the API.
        WebhookReplayError: The signature matches, but the timestamp is too old or in the future.
        WebhookPayloadError: The signature matches, but the body is neither a prediction nor a training.
        InvalidArgument: An argument cannot be used.
    """
    tolerance = check_seconds(tolerance, "tolerance")
    now = time.time() if now is None else check_seconds(now, "now")
    raw = _raw(body)
    keys = _keys(secret)
    message, timestamp, signatures = _signing_headers(headers)
    if not _matches(signatures, [_signature(key, message, timestamp, raw) for key in keys]):
        raise WebhookSignatureError(
            "no signature matches: the secret is wrong, the body is not the raw body of the request, or the sender "
            "is not the API"
        )
    _check_age(int(timestamp), tolerance, now)
    return _typed(_payload(raw))


def unwrap(
    request: Any,
    secret: str | Iterable[str],
    *,
    tolerance: float = _TOLERANCE,
    now: float | None = None,
) -> Prediction | Training:
    """Verify the request of a sync web framework, and read the delivery: Flask, Django, Bottle and others.

    Args:
        request: The framework's request.
        secret: The account's signing secret; several while it is being rotated.
        tolerance: How many seconds the timestamp may be in the past or in the future.
        now: Seconds since 1970, instead of the current time.

    Returns:
        The prediction or training that the delivery describes.

    Raises:
        WebhookError: The delivery must not be trusted; see `verify`.
        InvalidArgument: The body cannot be read, or must be awaited: use `async_unwrap`.
    """
    body = _body_of(request)
    if inspect.isawaitable(body):
        if inspect.iscoroutine(body):
            body.close()
        raise InvalidArgument(
            f"the body of this {type(request).__name__} must be awaited: use `await webhooks.async_unwrap(...)`"
        )
    return verify(_whole(request, body), request.headers, secret, tolerance=tolerance, now=now)


async def async_unwrap(
    request: Any,
    secret: str | Iterable[str],
    *,
    tolerance: float = _TOLERANCE,
    now: float | None = None,
) -> Prediction | Training:
    """Verify the request of an async web framework, and read the delivery: FastAPI, Starlette, Quart, aiohttp.

    Args:
        request: The framework's request.
        secret: The account's signing secret; several while it is being rotated.
        tolerance: How many seconds the timestamp may be in the past or in the future.
        now: Seconds since 1970, instead of the current time.

    Returns:
        The prediction or training that the delivery describes.

    Raises:
        WebhookError: The delivery must not be trusted; see `verify`.
        InvalidArgument: The body cannot be read.
    """
    body = _body_of(request)
    if inspect.isawaitable(body):
        try:
            body = await cast("Awaitable[bytes]", body)
        except Exception as error:
            raise _unreadable(request, error) from error
    return verify(_whole(request, body), request.headers, secret, tolerance=tolerance, now=now)


def sign(
    body: bytes | str,
    secret: str | Iterable[str],
    *,
    id: str | None = None,
    timestamp: float | None = None,
) -> dict[str, str]:
    """Return the headers with which the API would send a body, to test a receiver.

    Args:
        body: The raw body.
        secret: The signing secret; with several, there is a signature for each.
        id: The id of the delivery. By default a new one.
        timestamp: Seconds since 1970, instead of the current time.

    Raises:
        InvalidArgument: An argument cannot be used.
    """
    raw = _raw(body)
    message = f"msg_{secrets.token_hex(12)}" if id is None else id
    if not isinstance(message, str) or not _ID.fullmatch(message):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InvalidArgument(f"id must be visible ASCII characters, at most 256, not {format_value(id)}")
    stamp = str(int(time.time() if timestamp is None else check_seconds(timestamp, "timestamp")))
    signatures = [f"v1,{_signature(key, message, stamp, raw).decode()}" for key in _keys(secret)]
    return {
        "webhook-id": message,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(signatures),
    }


def _raw(body: object) -> bytes:
    if isinstance(body, (bytes, bytearray, memoryview)):
        return bytes(cast("bytes", body))
    if isinstance(body, str):
        return body.encode("utf-8", "surrogatepass")  # with lone surrogates, the body matches no signature
    raise InvalidArgument(
        f"body must be the raw body, as bytes or str, not {_kind(body)}: JSON that was parsed and written again has "
        "other bytes, which no signature matches"
    )


def _keys(secret: object) -> list[bytes]:
    given = [secret] if isinstance(secret, str) else secret
    if not isinstance(given, Iterable) or isinstance(given, (bytes, bytearray, Mapping)):
        raise InvalidArgument(f"secret must be a str, not {_kind(secret)}")
    keys = [_key(one) for one in cast("Iterable[object]", given)]
    if not keys:
        raise InvalidArgument("no webhook secret was given: `client.webhooks.secret()` returns it")
    return keys


def _key(secret: object) -> bytes:
    # The secret must not be in a message or an error chain.
    if not isinstance(secret, str):
        raise InvalidArgument(f"secret must be a str, not {_kind(secret)}")
    encoded = secret.strip().removeprefix(_PREFIX)
    try:
        key = binascii.a2b_base64(encoded + "=" * (-len(encoded) % 4), strict_mode=True)
    except ValueError:
        key = b""
    if not key:
        raise InvalidArgument(f"secret must be base64 after {_PREFIX}; the one given ({len(secret)} characters) is not")
    return key


def _signing_headers(headers: object) -> tuple[str, str, str]:
    found: dict[str, list[str]] = {}
    for name, value in _pairs(headers):
        found.setdefault(_header_text(name).lower(), []).append(_header_text(value))

    def only(name: str, form: re.Pattern[str]) -> str:
        values = found.get(name, [])
        if not values or not values[0]:
            raise WebhookHeaderError(f"the header {name} is missing: this is not a signed delivery")
        if len(values) > 1:
            raise WebhookHeaderError(f"the header {name} is repeated {len(values)} times")
        if not form.fullmatch(values[0]):
            raise WebhookHeaderError(f"the header {name} is malformed: {values[0][:100]!r}")
        return values[0]

    return (
        only("webhook-id", _ID),
        only("webhook-timestamp", _TIMESTAMP),
        only("webhook-signature", _SIGNATURES),
    )


def _pairs(headers: Any) -> list[tuple[Any, Any]]:
    try:
        return [(name, value) for name, value in (headers.items() if hasattr(headers, "items") else headers)]
    except (TypeError, ValueError):
        raise InvalidArgument(f"headers must be a mapping or pairs of name and value, not {_kind(headers)}") from None


def _header_text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value if isinstance(value, str) else ""


def _signature(key: bytes, message: str, timestamp: str, raw: bytes) -> bytes:
    signed = hmac.new(key, f"{message}.{timestamp}.".encode(), hashlib.sha256)
    signed.update(raw)
    return binascii.b2a_base64(signed.digest(), newline=False)


def _matches(signatures: str, expected: list[bytes]) -> bool:
    """Whether any signature is an expected one, compared as text: base64 has more than one spelling."""
    matches = False
    for given in signatures.split(" "):
        version, _, signature = given.partition(",")
        for one in expected if version == "v1" else ():
            matches |= hmac.compare_digest(signature.encode("utf-8", "replace"), one)
    return matches


def _check_age(timestamp: int, tolerance: float, now: float) -> None:
    age = now - timestamp
    if abs(age) > tolerance:
        off = f"{age:.0f} seconds old" if age > 0 else f"{-age:.0f} seconds in the future"
        raise WebhookReplayError(
            f"this delivery is {off}; at most {tolerance:g} seconds are allowed. It is a replay, or a clock is wrong"
        )


def _payload(raw: bytes) -> dict[str, Any]:
    try:
        payload = read_json(raw)
    except (ValueError, RecursionError) as error:
        raise WebhookPayloadError(f"the body is not JSON: {error}") from None
    if not isinstance(payload, dict):
        raise WebhookPayloadError(f"the body is a JSON {type(payload).__name__}, not an object")
    known = cast("dict[str, Any]", payload)
    for name in ("id", "status"):
        if not isinstance(known.get(name), str) or not known[name]:
            raise WebhookPayloadError(f"the body is neither a prediction nor a training: it has no {name}")
    return known


def _typed(payload: dict[str, Any]) -> Prediction | Training:
    from replicatekit_api.models import Prediction, Training

    return (Training if _is_training(payload) else Prediction).from_dict(payload)


def _is_training(payload: dict[str, Any]) -> bool:
    """Whether the payload is a training. Only the URLs distinguish it from a prediction."""
    urls = payload.get("urls")
    if not isinstance(urls, dict):
        return False
    urls_of = [cast("dict[str, Any]", urls).get(name) for name in ("get", "cancel")]
    return any(isinstance(url, str) and "/trainings/" in url.partition("?")[0] for url in urls_of)


def _body_of(request: Any) -> object:
    """The body of a request, or an awaitable of it."""
    # Werkzeug and Quart have `get_data`, Starlette a method `body`, Django and Bottle a property, aiohttp `read`.
    for name in ("get_data", "body", "read") if hasattr(request, "headers") else ():
        try:
            part = getattr(request, name, None)
            if part is not None:
                # Bottle's body is a file, rewound at each access.
                part = part if callable(part) else getattr(part, "read", part)
                return part() if callable(part) else part
        except Exception as error:
            raise _unreadable(request, error) from error
    raise InvalidArgument(
        f"{_kind(request)} is not a supported request: call `webhooks.verify(body, headers, secret)` with its raw body"
    )


def _whole(request: Any, body: object) -> bytes:
    """Check that the body is not empty if the request says that it has one, and return it."""
    length = next(
        (value for name, value in _pairs(request.headers) if _header_text(name).lower() == "content-length"), ""
    )
    if body == b"" and str(length).isdecimal() and int(length) > 0:
        raise _unreadable(request, "its body has been read")
    return cast("bytes", body)


def _unreadable(request: object, why: object) -> InvalidArgument:
    return InvalidArgument(
        f"cannot read the body of this {type(request).__name__}: {why}. Verify the webhook before anything else reads "
        "the body, or pass the saved body to `webhooks.verify(body, headers, secret)`"
    )


def _kind(value: object) -> str:
    return with_article(type(value).__name__)


resolvable(__name__)
