"""Reading documents as they come: encodings, JSON and YAML, the versions of OpenAPI."""

from __future__ import annotations

import codecs
import json

import pytest
import yaml
from local_server import serving
from small_documents import root

from pipeline.document import DocumentError
from pipeline.fetch import fetch
from pipeline.reading import Source, read, read_file

DOCUMENT = root(info={"title": "Thïngs ✓", "version": "1"})
JSON = json.dumps(DOCUMENT, ensure_ascii=False)
YAML = yaml.safe_dump(DOCUMENT, allow_unicode=True, sort_keys=False)

HEAD = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {}\n"


def read_text(text, label="openapi.yaml", **more):
    return read(Source(text.encode(), label, **more)).root


def value(yaml_text):
    """What a value in YAML is read as."""
    return read_text(f"{HEAD}x-value: {yaml_text}\n")["x-value"]


@pytest.mark.parametrize("text", [JSON, YAML], ids=["json", "yaml"])
@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (b"", "utf-16-le"),
        (b"", "utf-32-be"),
    ],
)
@pytest.mark.parametrize("label", ["openapi", "openapi.json", "openapi.yaml"])
def test_json_and_yaml_are_read_in_every_unicode_encoding_whatever_the_file_is_called(text, mark, encoding, label):
    assert read(Source(mark + text.encode(encoding), label)).root == DOCUMENT


@pytest.mark.parametrize("charset", ["iso-8859-1", "windows-1252", "utf-16", "UTF-8", "shift_jis"])
@pytest.mark.parametrize("media_type", ["application/json", "application/yaml", "text/plain"])
def test_the_encoding_that_an_answer_declares_is_used(charset, media_type):
    title = {"shift_jis": "もの"}.get(charset, "Thïngs")
    document = root(info={"title": title, "version": "1"})
    text = yaml.safe_dump(document, allow_unicode=True) if "yaml" in media_type else json.dumps(document)
    text = text if "yaml" in media_type else json.dumps(document, ensure_ascii=False)
    headers = {"Content-Type": f"{media_type}; charset={charset}"}
    with serving(("/openapi", (200, headers, text.encode(charset)))) as (address, _):
        assert read(fetch(f"{address}/openapi")).root == document


def test_a_byte_order_mark_counts_more_than_what_is_declared():
    assert read(Source(codecs.BOM_UTF8 + JSON.encode(), "x", charset="iso-8859-1")).root == DOCUMENT


@pytest.mark.parametrize("charset", ["klingon", "zlib", "rot13", "a\0b"])
def test_an_encoding_that_is_not_known_is_named(charset):
    with pytest.raises(DocumentError, match=r"unknown encoding"):
        read(Source(JSON.encode(), "x", charset=charset))


@pytest.mark.parametrize("version", ["3.0.0", "3.0.4", "3.1.0", "3.1.2", "3.2.0", "3.1"])
def test_every_version_of_openapi_3_is_read(version):
    assert read_text(json.dumps({**DOCUMENT, "openapi": version}))["openapi"] == version


@pytest.mark.parametrize("version", ["2.0", "3.3.0", "3.10.0", "4.0.0", 3.1, None, ""])
def test_another_version_is_named_with_those_that_are_known(version):
    with pytest.raises(DocumentError, match=r"only 3\.0, 3\.1, 3\.2 are supported|no `openapi` key"):
        read_text(json.dumps({**DOCUMENT, "openapi": version}), "openapi.json")


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("no", "no"),
        ("on", "on"),
        ("2024-01-01", "2024-01-01"),
        ("12:30", "12:30"),
        ("1_000", "1_000"),
        ("1.2.3", "1.2.3"),
        ("true", True),
        ("~", None),
        ("", None),
        ("0o17", 15),
        ("017", 17),
        ("0xff", 255),
        ("-12", -12),
        ("1e3", 1000.0),
        ("'1'", "1"),
        ("!!str 1", "1"),
        ("{200: a, true: b, null: c}", {"200": "a", "true": "b", "null": "c"}),
        ("[1, [2, {a: }]]", [1, [2, {"a": None}]]),
        ("|\n  a\n  b", "a\nb\n"),
    ],
)
def test_yaml_is_read_by_the_core_schema_of_yaml_1_2(text, read_as):
    found = value(text)
    assert (found, type(found)) == (read_as, type(read_as))


def test_versions_without_quotes_in_yaml_are_the_text_that_stands_there():
    document = read_text("openapi: 3.1\ninfo: {title: t, version: 1.10}\npaths: {}\n")
    assert (document["openapi"], document["info"]["version"]) == ("3.1", "1.10")


def test_aliases_and_merge_keys_are_copies():
    document = read_text(
        f"{HEAD}x-a: &a {{b: [1], c: 2}}\nx-d: *a\nx-e: {{<<: *a, c: 3}}\nx-f: {{<<: [*a, {{g: 4}}]}}\n"
    )
    assert document["x-d"] == {"b": [1], "c": 2}
    assert document["x-e"] == {"b": [1], "c": 3}
    assert document["x-f"] == {"b": [1], "c": 2, "g": 4}
    document["x-d"]["b"].append(2)
    assert document["x-a"]["b"] == [1]


BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"openapi": "3.1.0", "openapi": "3.1.0"}', "duplicate key 'openapi'"),
        ('{"openapi": "3.1.0", "x": NaN}', "NaN is not a JSON value"),
        ('{"openapi": "3.1.0", "x": 1e999}', "the number 1e999 is too large"),
        ('{"openapi": "3.1.0", "x": "\\ud83d"}', "lone surrogate"),
        ('{"openapi": "3.1.0",}', "not JSON"),
        ('{"openapi": ' + "[" * 100_000, "nested too deeply"),
        (f"{HEAD}openapi: 3.1.0\n", "duplicate key 'openapi' in one object (line 4)"),
        (f"{HEAD}x: .nan\n", "'.nan' as float (line 4)"),
        (f"{HEAD}x: !!python/object:os.system {{}}\n", "the tag tag:yaml.org,2002:python/object:os.system"),
        (f"{HEAD}x: !thing a\n", "'a' as !thing (line 4)"),
        (f"{HEAD}x: &x [*x]\n", "the alias *x has no anchor that ends before it (line 4)"),
        (f"{HEAD}x: {{? [a] : b}}\n", "a key is not a string (line 4)"),
        (f"{HEAD}x: *nowhere\n", "the alias *nowhere has no anchor"),
        (f"{HEAD}{BOMB}", "its aliases expand to more than 3,000,000 values"),
        (f"{HEAD}x: {'[' * 100_000}\n", ""),
        (f"{HEAD}---\n{HEAD}", "it contains a second document (line 4)"),
        ("openapi: [\n", "neither JSON nor YAML"),
        ("", "it is empty"),
        ("a text", "it is a string, not an object"),
        ("[]", "it is a list, not an object"),
    ],
)
def test_what_can_not_be_read_is_said_with_the_name_of_the_document(text, words):
    with pytest.raises(DocumentError) as caught:
        read_text(text, "openapi.txt")
    assert str(caught.value).startswith("openapi.txt: ")
    assert words in str(caught.value)


def test_a_file_that_is_not_there_is_a_document_that_can_not_be_read(tmp_path):
    with pytest.raises(DocumentError, match="No such file"):
        read_file(tmp_path / "openapi.json")
