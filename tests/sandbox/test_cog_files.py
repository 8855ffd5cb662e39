"""The files in a Cog model's input and output, found by its document."""

from __future__ import annotations

import pytest

from replicatekit.sandbox._cog.files import gives_files, name_for, with_input_files, with_output_files

FILE = {"type": "string", "format": "uri"}
TEXT = {"type": "string"}


def document(output=TEXT, **inputs):
    return {"components": {"schemas": {"Input": {"properties": inputs}, "Output": output, "file": FILE, "loop": LOOP}}}


LOOP = {"type": "object", "properties": {"again": {"$ref": "#/components/schemas/loop"}}}


@pytest.mark.parametrize(
    ("schema", "value", "wanted"),
    [
        (FILE, "https://x/a", "<https://x/a>"),
        (TEXT, "https://x/a", "https://x/a"),
        (FILE, None, None),
        ({"type": "array", "items": FILE}, ["a", "b"], ["<a>", "<b>"]),
        ({"type": "array", "items": TEXT}, ["a"], ["a"]),
        ({"type": "array"}, ["a"], ["a"]),
        ({"anyOf": [FILE, {"type": "null"}]}, "a", "<a>"),
        ({"allOf": [{"$ref": "#/components/schemas/file"}]}, "a", "<a>"),
        ({"anyOf": [{"type": "array", "items": FILE}, {"type": "null"}]}, ["a"], ["<a>"]),
        ({"$ref": "#/components/schemas/nothing"}, "a", "a"),
    ],
)
def test_what_the_document_calls_a_file_is_converted(schema, value, wanted):
    assert with_input_files(document(one=schema), {"one": value}, lambda url: f"<{url}>") == {"one": wanted}


def test_an_input_that_the_document_does_not_have_stays():
    assert with_input_files(document(), {"one": "a"}, lambda url: f"<{url}>") == {"one": "a"}


@pytest.mark.parametrize(
    ("output", "gives"),
    [
        (TEXT, False),
        (FILE, True),
        ({"type": "array", "items": FILE}, True),
        ({"type": "object", "properties": {"a": TEXT, "b": {"type": "array", "items": FILE}}}, True),
        ({"type": "object", "properties": {"a": TEXT}}, False),
        ({"$ref": "#/components/schemas/file"}, True),
        (LOOP, False),
        ({}, False),
    ],
)
def test_whether_a_model_gives_files_is_in_its_document(output, gives):
    assert gives_files(document(output)) is gives


def test_all_texts_of_an_output_are_looked_at():
    output = {"a": ["x", 1, None, {"b": "y"}], "c": True}
    assert with_output_files(output, str.upper) == {"a": ["X", 1, None, {"b": "Y"}], "c": True}


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("data:image/png;base64,AA", "output.png"),
        ("data:text/plain;charset=utf-8,x", "output.txt"),
        ("data:,x", "output.bin"),
        ("data:x/unheard-of;base64,AA", "output.bin"),
    ],
)
def test_content_without_a_name_gets_one_by_its_type(url, name):
    assert name_for(url) == name
