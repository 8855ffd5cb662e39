"""The error that generating raises."""

from __future__ import annotations

__all__ = ["GenerationFailed"]


class GenerationFailed(Exception):
    """No package can be generated from the document; the message says where and why."""
