"""The media type of a file, from its name or its first bytes."""

from __future__ import annotations

import codecs
import json
import mimetypes
import re
from functools import cache

from replicatekit._files.media_type_tables import BY_EXTENSION, EXTENSIONS, PACKINGS

DEFAULT = "application/octet-stream"
SNIFF_LENGTH = 1024
"""Bytes from the beginning of a file that `by_content` uses."""

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"II+\0", "image/tiff"),
    (b"MM\0+", "image/tiff"),
    (b"\0\0\x01\0", "image/x-icon"),
    (b"ID3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"MThd", "audio/midi"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
    (b"PK\x07\x08", "application/zip"),
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\0", "application/x-xz"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"glTF", "model/gltf-binary"),
    (b"PAR1", "application/vnd.apache.parquet"),
)

# The types of ISO base media files, by brand.
_BRANDS = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"hevc": "image/heic",
    b"hevx": "image/heic",
    b"mif1": "image/heif",
    b"msf1": "image/heif",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"qt  ": "video/quicktime",
    b"3gp4": "video/3gpp",
    b"3gp5": "video/3gpp",
}

_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_BMP_HEADERS = {12, 40, 52, 56, 64, 108, 124}
_NOT_TEXT = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
_JSON_START = re.compile(r'\s*(?:\{\s*["}]|\[\s*(?:[\[{"\]]|-?\d|true\b|false\b|null\b))')


def media_type_of(name: str | None, head: bytes = b"") -> str:
    """The media type of a file: from its name, else from its first bytes, else `application/octet-stream`."""
    return (name and by_name(name)) or by_content(head) or DEFAULT


def by_name(name: str) -> str | None:
    """The media type that a name indicates, or None; the same on every machine for all common types."""
    suffix = _suffix(name)
    if not suffix:
        return None
    if known := BY_EXTENSION.get(suffix):
        return known
    for guess_type in (_python_types().guess_type, mimetypes.guess_type):
        guessed, packing = guess_type("file" + suffix)
        if packing:
            return PACKINGS.get(packing, DEFAULT)
        if guessed:
            return guessed
    return None


def extension_of(media_type: str) -> str:
    """The usual extension of a media type, with its dot; empty if there is none."""
    essence = media_type.partition(";")[0].strip().lower()
    return EXTENSIONS.get(essence) or _python_types().guess_extension(essence) or ""


def by_content(head: bytes) -> str | None:
    """The media type that the first bytes of a file indicate, or None.

    Args:
        head: The first `SNIFF_LENGTH` bytes; fewer are treated as the whole file.
    """
    for magic, media_type in _MAGIC:
        if head.startswith(magic):
            return media_type
    return _by_container(head) or _by_frames(head) or _by_text(head)


@cache
def _python_types() -> mimetypes.MimeTypes:
    return mimetypes.MimeTypes()  # what Python itself knows, without the files and the registry of this machine


def _suffix(name: str) -> str:
    stem, dot, suffix = re.split(r"[/\\]", name)[-1].rpartition(".")
    return f".{suffix.lower()}" if dot and stem and suffix else ""


def _by_container(head: bytes) -> str | None:
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _by_brand(head)
    if head[4:8] in {b"moov", b"mdat", b"wide"}:
        return "video/quicktime"  # videos from before there were brands
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "video/webm" if b"webm" in head[:64] else "video/x-matroska"
    if head[:4] == b"OggS":
        return "video/ogg" if b"theora" in head[:64] else "audio/ogg"
    if head[257:262] == b"ustar":
        return "application/x-tar"
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return "image/bmp"
    return None


def _by_brand(head: bytes) -> str:
    end = min(int.from_bytes(head[:4], "big"), len(head))
    compatible = [head[at : at + 4] for at in range(16, end - 3, 4)]
    if head[8:12] in {b"mif1", b"msf1"}:
        # The general brand of images; the compatible brands name the codec.
        for brand in compatible:
            if (kind := _BRANDS.get(brand)) in {"image/avif", "image/heic"}:
                return kind
    return _BRANDS.get(head[8:12], "video/mp4")


def _by_frames(head: bytes) -> str | None:
    """Audio without a header begins with the sync word of its first frame."""
    if len(head) < 4 or head[0] != 0xFF:
        return None
    if head[1] & 0xF6 == 0xF0:
        return "audio/aac"
    rate_and_bits_make_sense = head[2] & 0x0C != 0x0C and head[2] & 0xF0 not in {0x00, 0xF0}
    return "audio/mpeg" if head[1] & 0xE6 == 0xE2 and rate_and_bits_make_sense else None


def _by_text(head: bytes) -> str | None:
    if not head:
        return None
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "text/plain"
    if _NOT_TEXT.search(head):
        return None
    cut = len(head) >= SNIFF_LENGTH
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head, final=not cut)
    except UnicodeDecodeError:
        return None
    return _by_markup(text.lstrip()[:SNIFF_LENGTH]) or _by_json(text, cut=cut) or "text/plain"


def _by_markup(text: str) -> str | None:
    lowered = text.lower()
    if lowered.startswith(("<!doctype html", "<html")):
        return "text/html"
    if lowered.startswith("<svg") or (lowered.startswith(("<?xml", "<!--", "<!doctype")) and "<svg" in lowered):
        return "image/svg+xml"
    return "application/xml" if lowered.startswith("<?xml") else None


def _by_json(text: str, *, cut: bool) -> str | None:
    if not _JSON_START.match(text):
        return None
    if not cut:
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            return None
    return "application/json"
