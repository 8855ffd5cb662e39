"""Media types: what they are, and what the generator is to take them for."""

from __future__ import annotations

from email.message import Message
from typing import Any

__all__ = ["essence", "is_json", "json_first", "taken_for"]

_FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}


def essence(media_type: str) -> str:
    """A media type without its parameters; empty where it is none that a message could have."""
    message = Message()
    message["Content-Type"] = media_type
    found = message.get_content_type()
    return found if media_type.strip().lower().startswith(found) else ""


def is_json(media_type: str) -> bool:
    """Whether it is JSON, or some other language in JSON."""
    return essence(media_type) == "application/json" or essence(media_type).endswith("+json")


def taken_for(media_type: str) -> str:
    """What the generator is to take it for: JSON, a form, or bytes; by itself it refuses most."""
    if is_json(media_type):
        return "application/json"
    return essence(media_type) if essence(media_type) in _FORMS else "application/octet-stream"


def json_first(content: dict[str, Any]) -> dict[str, Any]:
    """The same content, what is JSON before what is not: the generator takes the first that it understands."""
    return dict(sorted(content.items(), key=lambda pair: not is_json(pair[0])))
