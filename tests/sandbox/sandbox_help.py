"""What the tests of the sandbox share."""

from __future__ import annotations

import time

import httpx


def connect(sandbox, **options):
    """A client of the API, with its token, as any other."""
    headers = {"authorization": f"Bearer {sandbox.token}"}
    return httpx.Client(
        base_url=sandbox.base_url, headers=headers, verify=False, trust_env=False, timeout=20, **options
    )


def until(condition, seconds=10.0):
    """Waits until something is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.002)
