"""The one error of generating."""

from __future__ import annotations

__all__ = ["GenerationFailed"]


class GenerationFailed(Exception):
    """The document cannot be turned into a package; the message says where and why."""
