"""What a response to a GET says about the file in it: length, version, checksum, name and type."""

from __future__ import annotations

import binascii
import re
from typing import TYPE_CHECKING

from attrs import evolve, frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

_CONTENT_RANGE = re.compile(r"bytes\s+(?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18}|\*)", re.IGNORECASE | re.ASCII)
_ETAG = re.compile(r'"[\x21\x23-\x7e]*"')  # ASCII only, because it is sent back to the server
_DATE = re.compile(r"[\x20-\x7e]{1,64}")
_MD5 = re.compile(r'"([0-9a-f]{32})"', re.ASCII)
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+", re.ASCII)
# RFC 9530 and its predecessor, RFC 1864, and the header of Google Cloud Storage. Each covers the whole file in a 200.
_CHECKSUMS = (
    ("repr-digest", re.compile(r"(?i:sha-256)=:([A-Za-z0-9+/=]+):"), "sha256"),
    ("digest", re.compile(r"(?i:sha-256)=([A-Za-z0-9+/=]+)"), "sha256"),
    ("content-md5", re.compile(r"^\s*([A-Za-z0-9+/=]+)\s*$"), "md5"),
    ("x-goog-hash", re.compile(r"\bmd5=([A-Za-z0-9+/=]+)"), "md5"),
)
_DIGEST_SIZES = {"sha256": 32, "md5": 16}


@frozen
class ByteRange:
    """A `Content-Range` header. Each field is None if the header does not say it."""

    start: int | None
    stop: int | None
    """The first byte after the range."""
    total: int | None


def parse_content_range(header: str | None) -> ByteRange | None:
    """Parse a `Content-Range` header; None if it is missing, malformed, or contradicts itself."""
    match = _CONTENT_RANGE.fullmatch((header or "").strip())
    if match is None:
        return None
    start, last, total = (int(text) if text and text != "*" else None for text in match.groups())
    if start is None or last is None:
        return ByteRange(None, None, total)
    return ByteRange(start, last + 1, total) if start <= last and (total is None or last < total) else None


@frozen(kw_only=True)
class Representation:
    """A file as one or more responses describe it."""

    total: int | None = None
    """Bytes of the whole file; None if unknown, as for a compressed body."""
    etag: str | None = None
    """The strong ETag, with its quotes."""
    modified: str | None = None
    """`Last-Modified`, as it was sent."""
    validator: str | None = None
    """The value for `If-Range`: the strong ETag, else a date that RFC 9110 (8.8.2.2) counts as strong."""
    checksum: tuple[str, bytes] | None = None
    """The algorithm and the digest of the whole file that the server promised."""
    md5: str | None = None
    """The ETag as hexadecimal, if it has the form of an MD5. Most stores use the MD5, but not all."""
    media_type: str | None = None
    disposition: str | None = None
    has_reliable_end: bool = True
    """Whether the end of the body can be distinguished from a lost connection: by a length, by chunks, or by HTTP/2."""
    encodings: tuple[str, ...] = ()
    """The content codings, in the order in which they were applied."""

    @classmethod
    def of(cls, status: int, headers: Mapping[str, str], *, framed_by_protocol: bool) -> Representation:
        """Read the headers of a response.

        Args:
            status: 200 or 206.
            headers: A case-insensitive mapping, or one with lower-case names.
            framed_by_protocol: Whether the protocol marks the end of a body by itself, as HTTP/2 does.
        """
        codings = [coding.strip().lower() for coding in headers.get("content-encoding", "").split(",")]
        encodings = tuple(coding for coding in codings if coding not in {"", "identity"})
        length = headers.get("content-length", "").strip()
        is_chunked = "chunked" in headers.get("transfer-encoding", "").lower()
        total = int(length) if length.isdecimal() and length.isascii() and not is_chunked else None
        has_reliable_end = total is not None or is_chunked or framed_by_protocol
        if status == 206:
            part = parse_content_range(headers.get("content-range"))
            total = part.total if part else None
        etag = _match(_ETAG, headers.get("etag"))  # a weak ETag does not promise the same bytes
        modified = _match(_DATE, headers.get("last-modified"))
        md5 = _MD5.fullmatch(etag or "")
        media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        return cls(
            total=None if encodings else total,
            etag=etag,
            modified=modified,
            validator=None if encodings else etag or _strong_date(modified, headers.get("date")),
            checksum=None if encodings or status == 206 else _promised_checksum(headers),
            md5=md5[1] if md5 and not encodings else None,
            media_type=media_type if _MEDIA_TYPE.fullmatch(media_type) else None,
            disposition=headers.get("content-disposition"),
            has_reliable_end=has_reliable_end,
            encodings=encodings,
        )

    @property
    def is_encoded(self) -> bool:
        """Whether the body is compressed: then the decoded bytes are not the bytes that the server counts."""
        return bool(self.encodings)

    def merge_with(self, earlier: Representation | None) -> Representation:
        """This description, completed from an earlier response about the same file."""
        if earlier is None:
            return self
        return evolve(
            self,
            total=self.total if self.total is not None else earlier.total,
            checksum=self.checksum or earlier.checksum,
            modified=self.modified or earlier.modified,
            media_type=self.media_type or earlier.media_type,
            disposition=self.disposition or earlier.disposition,
        )

    def is_same(self, other: Representation) -> bool:
        """Whether another response provably carries the same version of the file: equal strong validators."""
        return self.validator is not None and self.validator == other.validator and not self.differs(other)

    def differs(self, other: Representation) -> bool:
        """Whether another response carries a different version of the file."""
        pairs = (
            (self.etag, other.etag),
            (self.modified, other.modified),
            (self.total, other.total),
            (self.checksum, other.checksum if self.checksum and other.checksum else self.checksum),
        )
        return any(mine is not None and theirs is not None and mine != theirs for mine, theirs in pairs)


def _match(form: re.Pattern[str], header: str | None) -> str | None:
    value = (header or "").strip()
    return value if form.fullmatch(value) else None


def _strong_date(modified: str | None, date: str | None) -> str | None:
    """`Last-Modified`, unless the file could have changed again within the same second."""
    if modified is None or date is None:
        return modified
    from email.utils import parsedate_to_datetime

    try:
        age = parsedate_to_datetime(date) - parsedate_to_datetime(modified)
    except (TypeError, ValueError):
        return None
    return modified if age.total_seconds() >= 1 else None


def _promised_checksum(headers: Mapping[str, str]) -> tuple[str, bytes] | None:
    if headers.get("x-goog-stored-content-encoding", "identity").lower() not in {"", "identity"}:
        return None  # the store decompresses the file, and hashes the compressed one
    for name, form, algorithm in _CHECKSUMS:
        if found := form.search(headers.get(name, "")):
            try:
                digest = binascii.a2b_base64(found[1], strict_mode=True)
            except ValueError:
                continue
            if len(digest) == _DIGEST_SIZES[algorithm]:
                return algorithm, digest
    return None
