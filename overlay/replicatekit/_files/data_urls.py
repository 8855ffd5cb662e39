"""Encode and parse `data:` URLs (RFC 2397), which contain a file."""

from __future__ import annotations

import binascii
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, unquote_to_bytes

import attrs

from replicatekit.errors import FileCorruptedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_DEFAULT_TYPE = "text/plain"
_DEFAULT_PARAMETERS = (("charset", "US-ASCII"),)
_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+", re.ASCII)
_WHITESPACE = re.compile(r"[ \t\r\n\f]+")
_BATCH = 3 * 16 * 1024  # bytes encoded at a time; a multiple of three needs no padding


@attrs.frozen
class DataURL:
    """A parsed `data:` URL."""

    media_type: str
    """In lower case and without parameters: `image/png`."""
    parameters: tuple[tuple[str, str], ...]
    """Names in lower case, and values, such as `("charset", "utf-8")`."""
    data: bytes = attrs.field(repr=lambda data: f"<{len(data)} bytes>")


def is_data_url(text: str) -> bool:
    """Whether a text begins with `data:`; the rest may still be malformed."""
    return text.lstrip()[:5].lower() == "data:"


def parse(url: str) -> DataURL:
    """Parse a `data:` URL. Whitespace and missing padding are tolerated, as browsers do.

    Raises:
        FileCorruptedError: The text is not a `data:` URL, or its base64 is broken or cut off.
    """
    if not is_data_url(url):
        raise FileCorruptedError(f"{_beginning(url)} is not a data: URL: it does not begin with data:")
    start = url.index(":") + 1
    comma = url.find(",", start)
    if comma < 0:
        raise FileCorruptedError(f"{_beginning(url)} is not a data: URL: it has no comma before its data")
    head, *pieces = [piece.strip() for piece in url[start:comma].split(";")]
    is_base64 = bool(pieces) and pieces[-1].lower() == "base64"
    media_type, parameters = _parse_type(unquote(head), pieces[:-1] if is_base64 else pieces)
    body = url[comma + 1 :]
    data = _from_base64(body, url) if is_base64 else _from_percent(body)
    return DataURL(media_type, parameters, data)


def encode(data: bytes | Iterable[bytes], media_type: str) -> str:
    """Encode bytes, or chunks of bytes, as a base64 `data:` URL.

    Chunks are encoded one by one: the bytes and their text are never both in memory.
    """
    text = ""
    for piece in encode_chunks([data] if isinstance(data, bytes) else data, media_type):
        # CPython extends a local str in place; a join would hold the pieces and the result at once.
        text += piece
    return text


def encode_chunks(chunks: Iterable[bytes], media_type: str) -> Iterator[str]:
    """The text of a base64 `data:` URL in pieces, from chunks of any length."""
    yield f"data:{_without_spaces(media_type)};base64,"
    rest = b""
    for chunk in chunks:
        view = memoryview(chunk)
        missing = -len(rest) % 3
        rest += view[:missing]
        if len(rest) % 3:
            continue
        if rest:
            yield _to_base64(rest)
        whole = missing + (len(view) - missing) // 3 * 3
        for at in range(missing, whole, _BATCH):
            yield _to_base64(view[at : min(at + _BATCH, whole)])
        rest = bytes(view[whole:])
    if rest:
        yield _to_base64(rest)


def _parse_type(media_type: str, pieces: list[str]) -> tuple[str, tuple[tuple[str, str], ...]]:
    parameters = tuple(
        (name.strip().lower(), unquote(value).strip().strip('"'))
        for name, equals, value in (piece.partition("=") for piece in pieces)
        if equals
    )
    if _TYPE.fullmatch(media_type):
        return media_type.lower(), parameters
    # RFC 2397: the default type is text/plain, in US-ASCII unless a charset is given.
    return _DEFAULT_TYPE, parameters or _DEFAULT_PARAMETERS


def _from_base64(body: str, url: str) -> bytes:
    if "%" in body:
        body = unquote(body, errors="replace")
    if _WHITESPACE.search(body):
        body = _WHITESPACE.sub("", body)
    try:
        # Strict decoding requires the padding, and nothing after it.
        return binascii.a2b_base64(body + "=" * (-len(body) % 4), strict_mode=True)
    except ValueError as error:
        raise FileCorruptedError(
            f"the data: URL {_beginning(url)} ({len(body)} characters of base64) cannot be decoded: {error}"
        ) from None


def _from_percent(body: str) -> bytes:
    return unquote_to_bytes(re.sub(r"[\t\r\n]", "", body.strip()))


def _to_base64(data: bytes | memoryview) -> str:
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def _without_spaces(media_type: str) -> str:
    return _WHITESPACE.sub("", media_type)


def _beginning(url: str) -> str:
    return repr(url if len(url) <= 48 else f"{url[:45]}...")
