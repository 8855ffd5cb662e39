"""What an answer says of the file that it carries: how long it is, which state of it this is, what it is called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attrs import evolve, frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Part", "Representation", "part_of"]

_CONTENT_RANGE = re.compile(r"bytes\s+(?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18}|\*)", re.IGNORECASE | re.ASCII)
_ETAG = re.compile(r'"[\x21\x23-\x7e]*"')  # in ASCII: what a server sends is sent back to it
_DATE = re.compile(r"[\x20-\x7e]{1,64}")
_MD5 = re.compile(r'"([0-9a-f]{32})"', re.ASCII)
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+", re.ASCII)


@frozen
class Part:
    """A `Content-Range`: which bytes of how many. Each is None where it is not said."""

    start: int | None
    stop: int | None
    """The first byte that is not in it."""
    total: int | None


def part_of(header: str | None) -> Part | None:
    """What a `Content-Range` says; None where it says nothing that can be read, or contradicts itself."""
    found = _CONTENT_RANGE.fullmatch((header or "").strip())
    if found is None:
        return None
    start, last, total = (int(text) if text and text != "*" else None for text in found.groups())
    part = Part(start, None if last is None else last + 1, total)
    if part.start is not None and part.stop is not None:
        is_sound = part.start < part.stop and (total is None or part.stop <= total)
        return part if is_sound else None
    return part


@frozen
class Representation:
    """A file as an answer to a GET describes it."""

    total: int | None
    """Bytes of the whole file; None where that is not said, or said of its packed form."""
    validator: str | None
    """What `If-Range` takes to make sure that it is still the same: its strong etag, else its date."""
    etag: str | None
    """Its strong etag, with its quotes."""
    md5: str | None
    """In hexadecimal, where the etag has its form; that of most stores is it, and of some it is not."""
    media_type: str | None
    disposition: str | None
    is_framed: bool
    """Whether a cut can be told from the end: by a length, or by chunks."""
    is_packed: bool
    """Whether it has a content encoding: what is read are other bytes than those that are counted."""

    @classmethod
    def of(cls, status: int, headers: Mapping[str, str], *, framed_by_protocol: bool) -> Representation:
        """What an answer with the status 200 or 206 says.

        Args:
            status: Of the answer.
            headers: By a mapping that ignores case, or in lower case.
            framed_by_protocol: Whether HTTP itself tells the end, as from its version 2 on.
        """
        encoding = headers.get("content-encoding", "").strip().lower()
        is_packed = encoding not in {"", "identity"}
        length = headers.get("content-length", "").strip()
        is_chunked = "chunked" in headers.get("transfer-encoding", "").lower()
        total = int(length) if length.isdecimal() and length.isascii() and not is_chunked else None
        is_framed = total is not None or is_chunked or framed_by_protocol
        if status == 206:
            part = part_of(headers.get("content-range"))
            total = part.total if part else None
        etag = headers.get("etag", "").strip()
        etag = etag if _ETAG.fullmatch(etag) else None  # a weak one does not promise the same bytes
        modified = headers.get("last-modified", "").strip()
        date = modified if _DATE.fullmatch(modified) else None
        md5 = _MD5.fullmatch(etag or "")
        media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        return cls(
            total=None if is_packed else total,
            validator=None if is_packed else etag or date,
            etag=etag,
            md5=md5[1] if md5 and not is_packed else None,
            media_type=media_type if _MEDIA_TYPE.fullmatch(media_type) else None,
            disposition=headers.get("content-disposition"),
            is_framed=is_framed,
            is_packed=is_packed,
        )

    @classmethod
    def of_nothing(cls) -> Representation:
        """An empty file, of which a server has only said that it has no parts."""
        return cls(
            total=0,
            validator=None,
            etag=None,
            md5=None,
            media_type=None,
            disposition=None,
            is_framed=True,
            is_packed=False,
        )

    def beside(self, known: Representation | None) -> Representation:
        """The same, with what another answer of the same file has said of it and this one has not."""
        if known is None:
            return self
        return evolve(
            self,
            media_type=self.media_type or known.media_type,
            disposition=self.disposition or known.disposition,
        )

    def is_same(self, other: Representation) -> bool:
        """Whether another answer is of the same state of the file, as far as it can be told for certain."""
        return (
            self.validator is not None
            and self.validator == other.validator
            and (self.total is None or other.total is None or self.total == other.total)
        )
