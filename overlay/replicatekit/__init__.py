"""replicatekit: the Python client for Replicate's HTTP API."""

from __future__ import annotations

__all__: list[str] = []
