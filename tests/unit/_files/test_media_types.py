from __future__ import annotations

import gzip
import io
import json
import mimetypes
import subprocess
import sys
import tarfile
import zipfile

import pytest

from replicatekit._files import media_types as _media
from replicatekit._files.media_type_tables import BY_EXTENSION, EXTENSIONS
from replicatekit._files.media_types import by_content, by_name, extension_of, media_type_of


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a.png", "image/png"),
        ("A.JPG", "image/jpeg"),
        ("a.jpeg", "image/jpeg"),
        ("a.webp", "image/webp"),
        ("a.avif", "image/avif"),
        ("a.heic", "image/heic"),
        ("a.m4a", "audio/mp4"),
        ("a.flac", "audio/flac"),
        ("a.wav", "audio/wav"),
        ("a.mp3", "audio/mpeg"),
        ("a.opus", "audio/ogg"),
        ("a.mkv", "video/x-matroska"),
        ("a.glb", "model/gltf-binary"),
        ("a.safetensors", "application/octet-stream"),
        ("a.jsonl", "application/jsonl"),
        ("a.md", "text/markdown"),
        ("a.yaml", "application/yaml"),
        ("archive.tar.gz", "application/gzip"),
        ("archive.tgz", "application/gzip"),
        ("archive.tar.bz2", "application/x-bzip2"),
        ("drawing.svgz", "application/gzip"),
        ("notes.rtf", "text/rtf"),
        ("notes.log", "text/plain"),
        ("folder.png/none", None),
        ("C:\\pictures\\a.gif", "image/gif"),
        ("Bild.über.png", "image/png"),
        ("画像.webp", "image/webp"),
        (".png", None),
        ("png", None),
        ("a.", None),
        ("a.nobody-knows-this", None),
        ("", None),
        ("http://host/a.png", "image/png"),
        ("data:text/plain,a.png", "image/png"),
    ],
)
def test_a_name_says_the_media_type(name, media_type):
    assert by_name(name) == media_type


def test_a_type_that_the_program_has_registered_is_known(monkeypatch):
    monkeypatch.setattr(mimetypes, "_db", mimetypes.MimeTypes())
    mimetypes.add_type("application/x-of-this-house", ".ofthishouse")
    assert by_name("a.ofthishouse") == "application/x-of-this-house"


def test_what_the_machine_believes_about_common_types_does_not_matter(monkeypatch):
    monkeypatch.setattr(mimetypes, "_db", mimetypes.MimeTypes())
    for extension in (".png", ".js", ".webp", ".css"):
        mimetypes.add_type("text/plain", extension)
    assert [by_name(f"a{extension}") for extension in (".png", ".js", ".webp", ".css")] == [
        "image/png",
        "text/javascript",
        "image/webp",
        "text/css",
    ]


def box(kind: bytes, *brands: bytes) -> bytes:
    body = kind + brands[0] + b"\0\0\0\0" + b"".join(brands[1:])
    return (len(body) + 4).to_bytes(4, "big") + body + b"\0" * 40


def tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.txt"), io.BytesIO())
    return buffer.getvalue()


def packed() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.txt"), "a")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
        (b"GIF89a\1\0", "image/gif"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
        (b"RIFF\x24\0\0\0AVI LIST", "video/x-msvideo"),
        (b"BM" + bytes(12) + b"\x28\0\0\0" + bytes(20), "image/bmp"),
        (b"II*\0\x08\0\0\0", "image/tiff"),
        (b"MM\0*\0\0\0\x08", "image/tiff"),
        (b"ID3\x04\0", "audio/mpeg"),
        (b"\xff\xfb\x90\x64", "audio/mpeg"),
        (b"\xff\xf1\x50\x80", "audio/aac"),
        (b"fLaC\0\0\0\x22", "audio/flac"),
        (b"OggS" + bytes(24) + b"\x01vorbis", "audio/ogg"),
        (b"OggS" + bytes(24) + b"\x80theora", "video/ogg"),
        (box(b"ftyp", b"isom", b"mp41"), "video/mp4"),
        (box(b"ftyp", b"qt  "), "video/quicktime"),
        (box(b"ftyp", b"M4A "), "audio/mp4"),
        (box(b"ftyp", b"avif", b"mif1"), "image/avif"),
        (box(b"ftyp", b"mif1", b"miaf", b"avif"), "image/avif"),
        (box(b"ftyp", b"mif1", b"heic"), "image/heic"),
        (box(b"ftyp", b"mif1"), "image/heif"),
        (b"\0\0\0\x08wide\0\0\0\0mdat", "video/quicktime"),
        (b"\x1a\x45\xdf\xa3\x9fB\x86\x81\1B\xf7\x81\1B\xf2\x81\4B\xf3\x81\x08B\x82\x84webm", "video/webm"),
        (b"\x1a\x45\xdf\xa3\xa3B\x82\x88matroska", "video/x-matroska"),
        (b"%PDF-1.7\n", "application/pdf"),
        (packed(), "application/zip"),
        (b"PK\x05\x06" + bytes(18), "application/zip"),
        (gzip.compress(b"a", mtime=0), "application/gzip"),
        (tar()[:512], "application/x-tar"),
        (b"glTF\2\0\0\0", "model/gltf-binary"),
        (b"\x28\xb5\x2f\xfd\0", "application/zstd"),
        (b'{"a": [1, 2]}', "application/json"),
        (b'[{"a": 1}]\n', "application/json"),
        (b"  [1, 2]", "application/json"),
        (json.dumps({"a": "b" * 4000}).encode()[:1024], "application/json"),
        (b"[INST] hello [/INST]", "text/plain"),
        (b'{"broken": ', "text/plain"),
        (b"{curly} words", "text/plain"),
        ("Grüße, Welt".encode(), "text/plain"),
        (b"\xef\xbb\xbfwith a mark", "text/plain"),
        ("utf-16".encode("utf-16"), "text/plain"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
        (b"<?xml version='1.0'?>\n<svg/>", "image/svg+xml"),
        (b"<?xml version='1.0'?>\n<feed/>", "application/xml"),
        (b"<!DOCTYPE html><html>", "text/html"),
        (b"", None),
        (b"\0\1\2\3", None),
        (b"text\0with a zero", None),
        (b"\xc3\x28 no UTF-8", None),
        (b"BMW is a car of Bavaria, no bitmap", "text/plain"),
        (b"\xff\xff\xff\xff", None),
        (b"\xff", None),
        (b"RIFF", "text/plain"),
        (b"\0\0\0\x18ftyp", "video/mp4"),
    ],
)
def test_the_first_bytes_say_the_media_type(head, media_type):
    assert by_content(head) == media_type


def test_text_that_is_cut_in_the_midst_of_a_letter_is_still_text():
    text = ("é" * 2000).encode()
    assert by_content(b"x" + text[: _media.SNIFF_LENGTH - 1]) == "text/plain"
    assert by_content(b"x" + text[:5]) is None


def test_the_name_goes_before_the_bytes_and_the_bytes_before_nothing():
    assert media_type_of("a.csv", b"%PDF-") == "text/csv"
    assert media_type_of("a", b"%PDF-") == "application/pdf"
    assert media_type_of(None, b"%PDF-") == "application/pdf"
    assert media_type_of("a", b"\0\1") == "application/octet-stream"
    assert media_type_of(None) == "application/octet-stream"


@pytest.mark.parametrize(
    ("media_type", "extension"),
    [
        ("image/png", ".png"),
        ("IMAGE/JPEG; q=1", ".jpg"),
        ("text/plain; charset=utf-8", ".txt"),
        ("audio/x-wav", ".wav"),
        ("video/mp4", ".mp4"),
        ("application/json", ".json"),
        ("application/octet-stream", ".bin"),
        ("text/css", ".css"),
        ("made/up", ""),
        ("", ""),
    ],
)
def test_a_media_type_has_its_usual_extension(media_type, extension):
    assert extension_of(media_type) == extension


def test_every_extension_we_give_is_read_back_as_a_type():
    for media_type in [*EXTENSIONS, *BY_EXTENSION.values()]:
        assert by_name(f"a{extension_of(media_type)}"), media_type


def test_random_bytes_never_raise():
    import random

    chance = random.Random(4)
    starts = [magic for magic, _ in _media._MAGIC] + [
        b"RIFF",
        b"\0\0\0\x20ftyp",
        b"BM",
        b"\xff\xfb",
        b"{",
        b"<",
    ]
    for _ in range(3000):
        by_content(chance.choice(starts)[: chance.randrange(9)] + chance.randbytes(chance.randrange(64)))


def test_importing_it_reads_no_files_of_the_machine():
    code = "import mimetypes, replicatekit._files.media_types; print(mimetypes.inited)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"False\n"
