"""Webhooks: their secret, and whether they are signed with it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time

import httpx
from context import program, shown

KEY = base64.b64encode(b"a key for tests, and for nothing else").decode()
BODY = '{"id":"p1","status":"succeeded"}'


def signed(body=BODY, *, at=1614265330, key=KEY, of=None):
    content = f"msg_1.{at}.{of or body}".encode()
    signature = base64.b64encode(hmac.new(base64.b64decode(key), content, hashlib.sha256).digest()).decode()
    return {"Webhook-Id": "msg_1", "Webhook-Timestamp": str(at), "Webhook-Signature": f"v1,{signature}"}


def checked(c, **given):
    webhook = c.module("webhook")
    secret = webhook.WebhookSigningSecret(key=f"whsec_{KEY}")
    try:
        return webhook.Webhooks.validate(**{"secret": secret, **given})
    except Exception as error:
        return shown(error)


@program
async def the_secret(c):
    return await c.do(c.client.webhooks.default, "secret")


@program
async def a_signed_request(c):
    request = httpx.Request("POST", "https://x.example", headers=signed(), content=BODY)
    return [checked(c, request=request), checked(c, headers=signed(), body=BODY)]


@program
async def by_position(c):
    webhook = c.module("webhook")
    secret = webhook.WebhookSigningSecret(key=f"whsec_{KEY}")
    request = httpx.Request("POST", "https://x.example", headers=signed(), content=BODY)
    return webhook.Webhooks.validate(request, secret=secret)


@program
async def by_the_client(c):
    secret = c.module("webhook").WebhookSigningSecret(key=f"whsec_{KEY}")
    return c.client.webhooks.validate(headers=signed(), body=BODY, secret=secret)


@program
async def several_signatures(c):
    headers = signed()
    return checked(c, headers={**headers, "Webhook-Signature": f"v1,AAAA {headers['Webhook-Signature']}"}, body=BODY)


@program
async def a_body_that_was_changed(c):
    return checked(c, headers=signed(), body=BODY + " ")


@program
async def headers_that_are_missing(c):
    return [
        checked(c, headers={name: value for name, value in signed().items() if name != gone}, body=BODY)
        for gone in signed()
    ]


@program
async def nothing_is_given(c):
    request = httpx.Request("POST", "https://x.example", headers=signed(), content=b"")
    return [
        checked(c),
        checked(c, headers=signed()),
        checked(c, headers=signed(), body=""),
        checked(c, request=request),
        checked(c, headers={}, body=BODY),
    ]


@program
async def both_are_given(c):
    request = httpx.Request("POST", "https://x.example", headers=signed(), content=BODY)
    return [checked(c, request=request, body=BODY), checked(c, secret=None, headers=signed(), body=BODY)]


@program
async def a_signature_without_a_version(c):
    return checked(c, headers={**signed(), "Webhook-Signature": "AAAA"}, body=BODY)


@program
async def an_old_delivery(c):
    now = int(time.time())
    return [
        checked(c, headers=signed(at=at), body=BODY, tolerance=300) for at in (now, now - 200, now - 400, now + 400)
    ]


@program
async def a_secret_that_is_none(c):
    secret = c.module("webhook").WebhookSigningSecret(key="nothing")
    told = checked(c, headers=signed(), body=BODY, secret=secret)
    return [told["error"], told["of"]]


@program
async def kinds_of_errors(c):
    webhook = c.module("webhook")
    names = (
        "MissingWebhookHeaderError",
        "InvalidSecretKeyError",
        "MissingWebhookBodyError",
        "InvalidTimestampError",
        "InvalidSignatureError",
    )
    return [issubclass(getattr(webhook, name), webhook.WebhookValidationError) for name in names] + [
        issubclass(webhook.WebhookValidationError, ValueError)
    ]
