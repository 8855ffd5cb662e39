from __future__ import annotations

from decimal import Decimal
from urllib.parse import urlsplit

import httpx
import pytest

from replicatekit._inputs.json_values import (
    decimal,
    is_hosted,
    is_url,
    key_text,
    number,
    path_of,
    text,
    url_of,
    why_not,
)
from replicatekit.errors import InvalidInput

ROOT = (None, "input")


@pytest.mark.parametrize(
    ("where", "path"),
    [
        (ROOT, "input"),
        ((ROOT, "prompt"), "input.prompt"),
        (((ROOT, "images"), 2), "input.images[2]"),
        ((ROOT, "my key"), 'input["my key"]'),
        ((ROOT, 'say "hi"'), 'input["say \\"hi\\""]'),
        ((ROOT, "größe"), "input.größe"),
        ((ROOT, "日本 語"), 'input["日本 語"]'),
        ((ROOT, "0"), 'input["0"]'),
        (((((ROOT, "a"), 0), "b"), 1), "input.a[0].b[1]"),
    ],
)
def test_a_place_is_written_as_in_python(where, path):
    assert path_of(where) == path


def test_text_must_be_writable():
    class Text(str):
        __slots__ = ()

        def __str__(self):
            return "not this"

    assert type(text(Text("this"), ROOT)) is str
    assert text(Text("this"), ROOT) == "this"
    with pytest.raises(InvalidInput, match="UTF-8") as caught:
        text("\ud800", ROOT)
    assert caught.value.path == "input"
    assert "\ud800" not in str(caught.value)


def test_numbers_must_be_finite():
    assert number(1.5, ROOT) == 1.5
    for value in (float("nan"), float("inf"), -float("inf")):
        with pytest.raises(InvalidInput, match=str(value)):
            number(value, ROOT)


def test_a_whole_decimal_is_an_int_and_another_a_float():
    assert decimal(Decimal(12), ROOT) == 12
    assert type(decimal(Decimal("12.00"), ROOT)) is int
    assert decimal(Decimal("0.1"), ROOT) == 0.1
    for value in ("NaN", "sNaN", "Infinity", "-Infinity"):
        with pytest.raises(InvalidInput, match=value):
            decimal(Decimal(value), ROOT)


def test_keys_must_be_text():
    assert key_text("a", ROOT) == "a"
    for key in (1, None, b"a", ("a",)):
        with pytest.raises(InvalidInput, match="must be a str, not"):
            key_text(key, ROOT)


class HttpUrl:
    def __init__(self, url):
        self.url = url

    def __str__(self):
        return self.url


class AnyHttpUrl(HttpUrl):
    pass


class Shop(HttpUrl):
    pass


def test_urls_of_many_libraries_are_known_by_their_names():
    assert is_url(httpx.URL("https://host/a"))
    assert is_url(urlsplit("https://host/a"))
    assert is_url(HttpUrl("https://host/a"))
    assert is_url(AnyHttpUrl("http://host/a"))
    assert is_url(Shop("https://host/a"))
    assert not is_url(HttpUrl("mailto:a"))
    assert not is_url("https://host/a")


class Says:
    __replicate_url__ = "https://replicate.delivery/a.png"


class Other:
    url = "https://host/a"


class Ours:
    url = "https://replicate.delivery/a.png"


Ours.__module__ = "replicatekit.outputs"


class File:
    def __init__(self, urls):
        self.urls = urls

    def to_dict(self):
        return {"id": "a", "urls": self.urls}


File.__module__ = "replicatekit_api.models.file"


class Prediction(File):
    pass


Prediction.__module__ = "replicatekit_api.models.prediction"


def test_files_that_are_on_the_server_are_known():
    assert is_hosted(Says())
    assert is_hosted(Ours())
    assert is_hosted(File({}))
    assert not is_hosted(Prediction({}))
    assert not is_hosted(Other())
    assert not is_hosted("https://replicate.delivery/a.png")


def test_files_that_are_on_the_server_have_a_url():
    assert url_of(Says()) == "https://replicate.delivery/a.png"
    assert url_of(Ours()) == "https://replicate.delivery/a.png"
    assert url_of(File({"get": "https://api.replicate.com/v1/files/a"})) == "https://api.replicate.com/v1/files/a"


@pytest.mark.parametrize("urls", [None, {}, [], {"get": None}, {"get": 3}, {"get": ""}])
def test_a_file_without_a_url_has_none(urls):
    assert url_of(File(urls)) is None


def test_a_reason_says_what_to_do():
    async def flow():
        yield 1

    assert "class" in why_not(int)
    assert "asynchronously" in why_not(flow())
    assert "cannot be sent" in why_not(object())
    assert "cannot be sent" in why_not(1j)
