from __future__ import annotations

import random
import unicodedata

import pytest

from replicatekit._files.names import NAME_LIMIT, file_name, from_disposition, from_url, safe_name


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("photo.png", "photo.png"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("/etc/passwd", "passwd"),
        ("C:\\Users\\a.txt", "a.txt"),
        ("C:evil.txt", "C_evil.txt"),
        ("..", "file"),
        (".", "file"),
        ("", "file"),
        ("a/", "file"),
        ("???", "file"),
        (".bashrc", "bashrc"),
        ("name. . ", "name"),
        ("  a b  .png", "a b  .png"),
        ("a\nb\r\tc.png", "a_b_c.png"),
        ("a\0.png", "a_.png"),
        ('say "hi" <now>|*?.png', "say _hi_ _now_.png"),
        ("con", "_con"),
        ("CON.txt", "_CON.txt"),
        ("nul.tar.gz", "_nul.tar.gz"),
        ("com1.png", "_com1.png"),
        ("COM¹.png", "_COM¹.png"),
        ("aux .txt", "_aux .txt"),
        ("console.png", "console.png"),
        ("com10.png", "com10.png"),
        ("日本語の画像.png", "日本語の画像.png"),
        ("صورة.jpg", "صورة.jpg"),
        ("изображение.png", "изображение.png"),
        ("नमस्ते.mp3", "नमस्ते.mp3"),
        ("👩‍👩‍👧.gif", "👩‍👩‍👧.gif"),
        ("photo\u202egpj.exe", "photo_gpj.exe"),
        ("line\u2028end.png", "line_end.png"),
        ("half\ud800.png", "half_.png"),
        ("e\u0301.png", "é.png"),
    ],
)
def test_a_name_from_elsewhere_becomes_safe(given, name):
    assert safe_name(given) == name


def test_a_long_name_keeps_its_extension_and_whole_letters():
    assert safe_name("x" * 500 + ".png") == "x" * (NAME_LIMIT - 4) + ".png"
    assert len(safe_name("語" * 500 + ".safetensors").encode()) <= NAME_LIMIT
    assert safe_name("語" * 500 + ".safetensors").endswith("語.safetensors")
    assert len(safe_name("a." + "x" * 500).encode()) == NAME_LIMIT
    decomposable = "q\u0323" * 300  # a letter with a mark below, which has no single character
    assert safe_name(decomposable)[-1] == "\u0323"
    family = safe_name("👩‍👩‍👧" * 30, limit=NAME_LIMIT)
    assert not family.endswith("\u200d")


def test_no_text_makes_an_unsafe_name():
    chance = random.Random(8)
    alphabet = 'ab./\\:*?"<>|\0\n\r \u202e\u2028\ud800é語👩\u200d~-%conNULprn1'
    for _ in range(5000):
        given = "".join(chance.choice(alphabet) for _ in range(chance.randrange(40)))
        name = safe_name(given, limit=40)
        assert name
        assert len(name.encode()) <= 40
        assert not set(name) & set('/\\:*?"<>|\0\n\r')
        assert name.strip(". ") == name
        assert name.split(".")[0].strip().lower() not in {"con", "nul", "prn"}
        assert safe_name(name, limit=40) == name
        assert not any(unicodedata.category(letter) in {"Cc", "Cs", "Zl"} for letter in name)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://replicate.delivery/pbxt/abc/out-0.png", "out-0.png"),
        ("https://host/a%20b.png?size=3#part", "a b.png"),
        ("https://host/a%2F..%2F..%2Fpasswd", "passwd"),
        ("https://host/..%5C..%5Cboot.ini", "boot.ini"),
        ("https://host/%E7%94%BB%E5%83%8F.png", "画像.png"),
        ("https://host/%FF.png", "\ufffd.png"),
        ("https://host/", None),
        ("https://host", None),
        ("https://host/%2e%2e", None),
        ("data:image/png;base64,aa/evil.png", None),
        ("http://[broken/a.png", None),
        ("", None),
    ],
)
def test_a_url_names_its_file(url, name):
    assert from_url(url) == name


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="a.png"', "a.png"),
        ("attachment; filename=a.png", "a.png"),
        ("inline;FILENAME=a.png;size=3", "a.png"),
        ('attachment; filename="with \\"quotes\\".png"', "with _quotes_.png"),
        ('attachment; filename="a;b=c.png"; size=3', "a;b=c.png"),
        ('attachment; filename="C:\\folder\\a.png"', "a.png"),
        ('attachment; filename="../../a.png"', "a.png"),
        ("attachment; filename=fallback.png; filename*=UTF-8''%e2%82%ac%20rates.png", "€ rates.png"),
        ("attachment; filename*=UTF-8'en'%e2%82%ac.png; filename=fallback.png", "€.png"),
        ("attachment; filename*=iso-8859-1''%A3.png", "£.png"),
        ("attachment; filename*=UTF-8''..%2F..%2Fa.png", "a.png"),
        ("attachment; filename*=UTF-8''%ff.png; filename=plain.png", "plain.png"),
        ("attachment; filename*=zlib''abc; filename=plain.png", "plain.png"),
        ("attachment; filename*=nonsense; filename=plain.png", "plain.png"),
        ('attachment; filename="' + "画像.png".encode().decode("latin-1") + '"', "画像.png"),
        ('attachment; filename="caf\xe9.png"', "café.png"),
        ("attachment", None),
        ('attachment; filename=""', None),
        ('attachment; filename="unclosed', "_unclosed"),
        ("", None),
        (None, None),
        (";;;===", None),
    ],
)
def test_a_content_disposition_names_its_file(header, name):
    assert from_disposition(header) == name


def test_a_hostile_header_is_read_in_no_time():
    from_disposition('attachment; filename="' + "\\a" * 50_000)
    from_disposition("attachment" + "; a=" * 50_000)
    from_disposition("attachment;" + " " * 100_000)


def test_the_best_name_is_the_headers_then_the_urls_then_the_default():
    url = "https://host/b.png"
    assert file_name(disposition="attachment; filename=a.png", url=url) == "a.png"
    assert file_name(disposition="attachment", url=url) == "b.png"
    assert file_name(url="https://host/", default="output") == "output"
    assert file_name() == "file"


@pytest.mark.parametrize(
    ("url", "media_type", "name"),
    [
        ("data:image/png;base64,aa", "image/png", "file.png"),
        ("https://host/out", "image/webp", "out.webp"),
        ("https://host/out.v2", "image/webp", "out.v2.webp"),
        ("https://host/out.jpg", "image/webp", "out.jpg"),
        ("https://host/weights", "application/octet-stream", "weights"),
        ("https://host/weights", "made/up", "weights"),
    ],
)
def test_a_name_without_a_type_gets_an_extension(url, media_type, name):
    assert file_name(url=url, media_type=media_type) == name


def test_the_extension_fits_into_the_limit_too():
    assert len(file_name(url="https://host/" + "x" * 400, media_type="image/png")) == NAME_LIMIT
