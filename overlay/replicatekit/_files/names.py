"""File names from URLs and headers, made safe for every system."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from replicatekit._files.media_types import DEFAULT, by_name, extension_of

NAME_LIMIT = 200
"""Bytes of UTF-8 in a name: most file systems allow 255, and a temporary name needs some of them."""

_LONGEST_EXTENSION = 24
_FORBIDDEN = re.compile(
    r'[<>:"|?*/\\\x00-\x1f\x7f-\x9f'  # what Windows forbids, and control characters anywhere
    r"\u2028\u2029\ufeff\ufff9-\ufffb"  # line ends and invisible marks
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # direction marks, which display `exe.jpg` for `gpj.exe`
    r"\ud800-\udfff]+"  # lone surrogates
)
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file: reserved with any extension, too.
_RESERVED = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])\s*(?:\.|$)", re.IGNORECASE)
_PARAMETER = re.compile(r";\s*([\w!#$%&'+.^`|~-]+\*?)\s*=\s*(\"(?:[^\"\\]|\\.)*\"|[^;]*)", re.DOTALL)
_CHARSETS = {"utf-8": "utf-8", "utf8": "utf-8", "iso-8859-1": "latin-1", "us-ascii": "ascii"}


def safe_name(name: str, *, default: str = "file", limit: int = NAME_LIMIT) -> str:
    """A file name made from any text: without folders, forbidden or hidden characters, and of at most `limit` bytes.

    Letters of every script are kept. Other characters become `_`; if nothing is left, the name is `default`.
    """
    name = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    name = _FORBIDDEN.sub("_", name).strip().strip(". ")
    if not name.strip("_ "):
        return default
    if _RESERVED.match(name):
        name = "_" + name
    return _shorten(name, limit) or default


def from_url(url: str) -> str | None:
    """The name at the end of a URL's path, made safe; None if there is none, or for a `data:` URL."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme.lower() == "data":
        return None
    last = unquote(parts.path.rpartition("/")[2], errors="replace")
    return safe_name(last, default="") or None


def from_disposition(header: str | None) -> str | None:
    """The name in a `Content-Disposition` header (RFC 6266), made safe; `filename*` takes precedence."""
    parameters: dict[str, str] = {}
    for match in _PARAMETER.finditer(header or ""):
        parameters.setdefault(match[1].lower(), match[2].strip())
    name = _parse_extended(parameters.get("filename*", "")) or _parse_plain(parameters.get("filename", ""))
    return safe_name(name, default="") or None


def file_name(
    *,
    disposition: str | None = None,
    url: str | None = None,
    media_type: str | None = None,
    default: str = "file",
) -> str:
    """The best name for a file: from the header, else from the URL, else `default`.

    If the name has no known extension, that of `media_type` is added.
    """
    name = from_disposition(disposition) or (url and from_url(url)) or safe_name(default)
    # `application/octet-stream` adds no extension.
    extension = extension_of(media_type) if media_type and media_type != DEFAULT else ""
    if extension and by_name(name) is None:
        return safe_name(name, limit=NAME_LIMIT - len(extension)) + extension
    return name


def _parse_extended(value: str) -> str:
    """RFC 8187: `charset'language'percent-encoded`."""
    charset, quote, rest = value.strip('"').partition("'")
    _, second_quote, encoded = rest.partition("'")
    codec = _CHARSETS.get(charset.strip().lower())
    if not (quote and second_quote and codec):
        return ""
    try:
        return unquote_to_bytes(encoded).decode(codec)
    except UnicodeDecodeError:
        return ""


def _parse_plain(value: str) -> str:
    if value.startswith('"') and value.endswith('"') and len(value) > 1:
        # Only quotes and backslashes are unescaped, because some servers send Windows paths as they are.
        value = re.sub(r'\\(["\\])', r"\1", value[1:-1])
    try:
        # Headers are decoded as Latin-1, but some servers send UTF-8.
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


def _shorten(name: str, limit: int) -> str:
    if len(name.encode()) <= limit:
        return name
    stem, dot, extension = name.rpartition(".")
    extension = f".{extension}" if dot and len(extension.encode()) <= min(_LONGEST_EXTENSION, limit // 2) else ""
    stem = stem if extension else name
    start = stem.encode()[: max(limit - len(extension.encode()), 0)].decode(errors="ignore")
    if len(start) < len(stem):
        # Do not separate a letter from its marks.
        while start and (unicodedata.combining(stem[len(start)]) or start[-1] == "\u200d"):
            start = start[:-1]
    return start.rstrip(". ") + extension
