"""Classify media types, and map them to those that the generator supports."""

from __future__ import annotations

from email.message import Message
from typing import Any

__all__ = ["essence", "generator_media_type", "is_json", "json_first"]

_FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}


def essence(media_type: str) -> str:
    """Return a media type without its parameters, or an empty string if it is not valid."""
    message = Message()
    message["Content-Type"] = media_type
    found = message.get_content_type()
    return found if media_type.strip().lower().startswith(found) else ""


def is_json(media_type: str) -> bool:
    """Whether it is JSON or based on JSON (`+json`)."""
    return essence(media_type) == "application/json" or essence(media_type).endswith("+json")


def generator_media_type(media_type: str) -> str:
    """Return how the generator should treat it, as JSON, a form or bytes; it rejects most other media types."""
    if is_json(media_type):
        return "application/json"
    return essence(media_type) if essence(media_type) in _FORMS else "application/octet-stream"


def json_first(content: dict[str, Any]) -> dict[str, Any]:
    """Return the content with JSON first: the generator uses the first media type that it supports."""
    return dict(sorted(content.items(), key=lambda pair: not is_json(pair[0])))
