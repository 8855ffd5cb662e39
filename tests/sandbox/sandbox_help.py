"""Helpers for the tests of the sandbox."""

from __future__ import annotations

import time

import httpx


def connect(sandbox, **options):
    """Return an HTTP client with the sandbox's token."""
    headers = {"authorization": f"Bearer {sandbox.token}"}
    return httpx.Client(
        base_url=sandbox.base_url, headers=headers, verify=False, trust_env=False, timeout=20, **options
    )


def until(condition, seconds=10.0):
    """Wait until a condition is true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "timed out"
        time.sleep(0.002)
