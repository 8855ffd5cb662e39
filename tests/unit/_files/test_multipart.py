from __future__ import annotations

import email
import email.policy
import json

import pytest

from replicatekit._files.multipart import form_of
from replicatekit.errors import InvalidArgument


def parts(form, content=b"content"):
    whole = f"Content-Type: {form.media_type}\r\n\r\n".encode() + form.head + content + form.tail
    message = email.message_from_bytes(whole, policy=email.policy.HTTP)
    return {part.get_param("name", header="content-disposition"): part for part in message.iter_parts()}


def test_a_file_stands_in_a_part_of_its_own():
    part = parts(form_of("cat.png", "image/png"))["content"]
    assert part.get_filename() == "cat.png"
    assert part.get_content_type() == "image/png"
    assert part.get_payload(decode=True) == b"content"


def test_metadata_is_json():
    part = parts(form_of("a", "text/plain", {"who": "ä"}))["metadata"]
    assert part.get_content_type() == "application/json"
    assert json.loads(part.get_payload(decode=True)) == {"who": "ä"}


@pytest.mark.parametrize("name", ['a"b', "a\r\nContent-Type: evil/evil\r\n\r\n", "a\x00b", "\x7f"])
def test_a_name_ends_neither_its_line_nor_its_quotes(name):
    found = parts(form_of(name, "image/png"))
    assert set(found) == {"content", "filename"}
    assert found["content"].get_content_type() == "image/png"
    assert found["filename"].get_payload(decode=True).decode() == name


def test_a_name_that_can_stand_there_needs_no_part():
    assert set(parts(form_of("猫 'and' kot.png", "image/png"))) == {"content"}


def test_the_length_is_that_of_all_of_it():
    form = form_of("a", "text/plain", {"b": 1})
    assert form.length(7) == len(form.head) + 7 + len(form.tail)
    assert form.length(None) is None


def test_no_two_boundaries_are_the_same():
    assert len({form_of("a", "text/plain").media_type for _ in range(100)}) == 100


@pytest.mark.parametrize("media_type", ["", "png", "a/b\r\nX: y", "a/b; c=ä", "a b/c"])
def test_a_media_type_that_is_none_is_refused(media_type):
    with pytest.raises(InvalidArgument, match="must be a media type"):
        form_of("a", media_type)


@pytest.mark.parametrize("metadata", [[], "text", {"a": float("nan")}, {"a": object()}, {(1, 2): 3}])
def test_metadata_that_is_no_json_object_is_refused(metadata):
    with pytest.raises(InvalidArgument, match="metadata"):
        form_of("a", "text/plain", metadata)
