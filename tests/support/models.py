"""Models to run, and functions to inspect the sandbox."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from replicatekit.sandbox import ConcatenateIterator, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

TOO_MANY_REQUESTS = {"status": 429, "headers": {"retry-after": "0.05"}, "body": {"detail": "Not so fast"}}


def add_models(sandbox: Sandbox) -> Sandbox:
    """Add models that are slow, fail, stream, or can be run by name without a version."""
    sandbox.model("acme/slow")(slow)
    sandbox.model("acme/official", official=True)(shout)
    sandbox.model("acme/words", official=True)(words)
    sandbox.model("acme/bars", official=True)(bars)
    return sandbox


def slow(seconds: float = 30.0, fails: bool = False) -> str:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.01)
    if fails:
        raise ValueError("it went wrong at the end")
    return "done"


def shout(text: str) -> str:
    return text.upper()


def words(text: str, pause: float = 0.0) -> ConcatenateIterator[str]:
    for word in text.split():
        time.sleep(pause)
        yield word + " "


def bars(steps: int = 4) -> str:
    for step in range(steps + 1):
        share = round(100 * step / steps)
        print(f"{share:3d}%|{'#' * (share // 10):<10}| {step}/{steps} [00:0{step}<00:00, 1.00it/s]")
        time.sleep(0.05)
    return "done"


def requests_to(sandbox: Sandbox) -> list[tuple[str, str]]:
    """Return the method and path of each request, without `/v1`."""
    return [(each.method, each.path.removeprefix("/v1")) for each in list(sandbox.requests)]


def predictions_of(sandbox: Sandbox) -> list[Any]:
    """Return all predictions of a sandbox, newest first, without using the client under test."""
    from replicatekit_api import AuthenticatedClient
    from replicatekit_api.api.predictions import list as list_predictions

    with AuthenticatedClient(sandbox.base_url, token=sandbox.token) as api:
        return list(list_predictions.sync(client=api).results)


def statuses_of(sandbox: Sandbox) -> list[str]:
    return [str(each.status) for each in predictions_of(sandbox)]


def wait_until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < end, "timed out"
        time.sleep(0.02)
