"""Hints for errors about an input: the values that were sent, and the names that were probably meant."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, cast

from replicatekit._base.validation import format_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from replicatekit._domain.reference import Reference
    from replicatekit._session.session import Session
    from replicatekit.errors import ReplicateError, UnprocessableError

_FILE_NAME = re.compile(
    r"(?!data:|\w+://)[^\n\r\t<>|?*\"]{1,255}\."
    r"(?:aac|avif|bmp|csv|flac|gif|glb|heic|jpe?g|json|m4a|mkv|mov|mp3|mp4|obj|ogg|pdf|ply|png|safetensors|svg|tar|tiff?|"
    r"txt|wav|webm|webp|zip)",
    re.IGNORECASE,
)


def explain_refusal(
    session: Session, reference: Reference, error: UnprocessableError, input: Mapping[str, Any]
) -> None:
    """Extend the API's refusal of an input by the values that were sent, and similar names of the model's inputs."""
    known = _input_names(session, reference)
    for name in _refused_names(error, input):
        error.message += f"\nsent: {name} = {format_value(input[name])}"
    for name in input:
        similar = get_close_matches(name, known, 1) if known and name not in known else []
        if similar:
            error.message += f"\nthe model has no input {name!r}; did you mean {similar[0]!r}?"
    add_file_hint(error, input)


def _refused_names(error: UnprocessableError, input: Mapping[str, Any]) -> Iterator[str]:
    texts = [error.message, *(f"{each.field} {each.description}" for each in error.invalid_fields)]
    words = set(re.findall(r"\w+", " ".join(texts)))
    return (name for name in input if name in words)


def _input_names(session: Session, reference: Reference) -> list[str]:
    known = session.schemas.first(reference.version, reference.latest, reference.model)
    return [*known.input.by_name] if known is not None else []


def add_file_hint(error: ReplicateError, input: object) -> None:
    """Add a hint to an error if an input is text that looks like the name of a local file."""
    values = cast("dict[str, Any]", input).values() if isinstance(input, dict) else ()
    name = next((value for value in values if isinstance(value, str) and _FILE_NAME.fullmatch(value)), None)
    if name is not None:
        error.message += (
            f"\n{format_value(name)} was sent as text; to send the file, pass pathlib.Path({format_value(name)})"
        )
