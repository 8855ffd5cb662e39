"""Webhooks: what arrives is the API's, is new, and is a `Prediction` or a `Training`.

```
prediction = webhooks.verify(body, headers, secret)                # any server: the raw body and its headers
prediction = webhooks.unwrap(request, secret)                      # Flask, Django and others
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
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from replicatekit._base.validation import check_seconds, shown
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

__all__ = ["DeliveryStore", "DeliveryTracker", "async_unwrap", "sign", "unwrap", "verify"]

_TOLERANCE = 300
_PREFIX = "whsec_"
_ID = re.compile(r"[\x21-\x7e]{1,256}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)
# One space between two, and nothing else: what is accepted has one way to be written.
_SIGNATURES = re.compile(r"[^ ,]+,[^ ]+(?: [^ ,]+,[^ ]+)*")

_Headers: TypeAlias = "Mapping[str, str] | Iterable[tuple[str | bytes, str | bytes]]"


def verify(
    body: bytes | str,
    headers: _Headers,
    secret: str | Iterable[str],
    *,
    tolerance: float = _TOLERANCE,
    now: float | None = None,
) -> Prediction | Training:
    """Check that a delivery comes from the API and is not an old one sent again, and read it.

    Args:
        body: The raw body, as it came: the signature is over its bytes, not over what they mean.
        headers: A mapping, or pairs (of bytes, as ASGI has them); names in any case.
        secret: The account's signing secret, with or without `whsec_`; several while it is being changed.
        tolerance: Seconds by which the timestamp may be off, either way.
        now: Seconds since 1970, instead of the clock.

    Raises:
        WebhookHeaderError: One of the three signing headers is missing, malformed or there twice.
        WebhookSignatureError: No signature fits: another secret, another body, or not from the API.
        WebhookReplayError: The signature fits, but is older or newer than it may be.
        WebhookPayloadError: The signature fits, but the body is neither a prediction nor a training.
        InvalidArgument: The secret or the body is none, or a number of seconds.
    """
    tolerance = check_seconds(tolerance, "tolerance")
    now = time.time() if now is None else check_seconds(now, "now")
    raw = _raw(body)
    keys = _keys(secret)
    message, timestamp, signatures = _signing_headers(headers)
    if not _fits(signatures, [_signature(key, message, timestamp, raw) for key in keys]):
        raise WebhookSignatureError(
            "no signature of this delivery fits: the secret is another one, the body is not the raw one that "
            "came, or it is not from the API"
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
    """Verify a web framework's request: Flask (Werkzeug), Django, and others whose body is not awaited.

    Raises:
        WebhookError: As `verify` does.
        InvalidArgument: The body of this request has to be awaited: use `async_unwrap`.
    """
    body = _body_of(request)
    if inspect.isawaitable(body):
        if inspect.iscoroutine(body):
            body.close()
        raise InvalidArgument(
            f"the body of this {type(request).__name__} has to be awaited: `await webhooks.async_unwrap(...)`"
        )
    return verify(cast("bytes", body), request.headers, secret, tolerance=tolerance, now=now)


async def async_unwrap(
    request: Any,
    secret: str | Iterable[str],
    *,
    tolerance: float = _TOLERANCE,
    now: float | None = None,
) -> Prediction | Training:
    """Verify a web framework's request: FastAPI (Starlette) and all others, whether awaited or not.

    Raises:
        WebhookError: As `verify` does.
    """
    body = _body_of(request)
    if inspect.isawaitable(body):
        body = await cast("Awaitable[bytes]", body)
    return verify(cast("bytes", body), request.headers, secret, tolerance=tolerance, now=now)


def sign(
    body: bytes | str,
    secret: str | Iterable[str],
    *,
    id: str | None = None,
    timestamp: float | None = None,
) -> dict[str, str]:
    """The headers with which the API would send a body: for tests of a receiver.

    Args:
        body: The raw body.
        secret: With several, there is a signature for each.
        id: The delivery's, instead of a new one.
        timestamp: Seconds since 1970, instead of now.

    Raises:
        InvalidArgument: One of them cannot be.
    """
    raw = _raw(body)
    message = f"msg_{secrets.token_hex(12)}" if id is None else id
    if not isinstance(message, str) or not _ID.fullmatch(message):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InvalidArgument(f"a delivery's id is text of visible ASCII characters, not {shown(id)}")
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
        return body.encode("utf-8", "surrogatepass")  # halves of characters fit no signature, and raise nothing
    raise InvalidArgument(
        f"the raw body is needed, as bytes or text, not a {type(body).__name__}: JSON that was parsed and "
        "written again has other bytes, which no signature fits"
    )


def _keys(secret: object) -> list[bytes]:
    given = [secret] if isinstance(secret, str) else secret
    if not isinstance(given, Iterable) or isinstance(given, (bytes, bytearray, Mapping)):
        raise InvalidArgument(f"a webhook secret is text, not a {type(secret).__name__}")
    keys = [_key(one) for one in cast("Iterable[object]", given)]
    if not keys:
        raise InvalidArgument("no webhook secret was given: it is at `webhooks.default.secret`")
    return keys


def _key(secret: object) -> bytes:
    # A secret is in no message, and in no chain of errors.
    if not isinstance(secret, str):
        raise InvalidArgument(f"a webhook secret is text, not a {type(secret).__name__}")
    encoded = secret.strip().removeprefix(_PREFIX)
    try:
        key = binascii.a2b_base64(encoded + "=" * (-len(encoded) % 4), strict_mode=True)
    except ValueError:
        key = b""
    if not key:
        raise InvalidArgument(
            f"a webhook secret is base64 after {_PREFIX}; the one given ({len(secret)} characters) is not"
        )
    return key


def _signing_headers(headers: object) -> tuple[str, str, str]:
    found: dict[str, list[str]] = {}
    for name, value in _pairs(headers):
        found.setdefault(_header_text(name).lower(), []).append(_header_text(value))

    def only(name: str, form: re.Pattern[str]) -> str:
        values = found.get(name, [])
        if not values or not values[0]:
            raise WebhookHeaderError(f"the header {name} is missing: this is no signed delivery")
        if len(values) > 1:
            raise WebhookHeaderError(f"the header {name} is there {len(values)} times")
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
        raise InvalidArgument(
            f"headers are a mapping or pairs of name and value, not a {type(headers).__name__}"
        ) from None


def _header_text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value if isinstance(value, str) else ""


def _signature(key: bytes, message: str, timestamp: str, raw: bytes) -> bytes:
    signed = hmac.new(key, f"{message}.{timestamp}.".encode(), hashlib.sha256)
    signed.update(raw)
    return binascii.b2a_base64(signed.digest(), newline=False)


def _fits(signatures: str, expected: list[bytes]) -> bool:
    """Whether any signature is one of those expected, as text: base64 can be written in more than one way."""
    fits = False
    for given in signatures.split(" "):
        version, _, signature = given.partition(",")
        for one in expected if version == "v1" else ():
            fits |= hmac.compare_digest(signature.encode("utf-8", "replace"), one)
    return fits


def _check_age(timestamp: int, tolerance: float, now: float) -> None:
    age = now - timestamp
    if abs(age) > tolerance:
        off = f"{age:.0f} seconds old" if age > 0 else f"{-age:.0f} seconds in the future"
        raise WebhookReplayError(f"this delivery is {off}, and may be off by {tolerance:g}: a replay, or a wrong clock")


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
    """Both have the same fields: only where they are to be found says which it is."""
    urls = payload.get("urls")
    if not isinstance(urls, dict):
        return False
    places = [cast("dict[str, Any]", urls).get(name) for name in ("get", "cancel")]
    return any(isinstance(url, str) and "/trainings/" in url.partition("?")[0] for url in places)


def _body_of(request: Any) -> object:
    # Werkzeug and Quart have `get_data`, Starlette a method `body`, Django and others bytes, aiohttp `read`.
    for name in ("get_data", "body", "read") if hasattr(request, "headers") else ():
        part = getattr(request, name, None)
        if part is not None:
            return part() if callable(part) else part
    raise InvalidArgument(
        f"a {type(request).__name__} is no request with body and headers that is known here: "
        "`webhooks.verify(body, headers, secret)` takes those of any server"
    )
