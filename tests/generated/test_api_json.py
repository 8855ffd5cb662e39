"""JSON reads the same whichever reader is installed: every value, every type, every error."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from replicatekit_api import _call, read_json

QUICK = _call.quick_reader()


@pytest.fixture(
    params=[
        pytest.param(_call.standard_reader(), id="standard"),
        pytest.param(QUICK, id="quick", marks=pytest.mark.skipif(QUICK is None, reason="msgspec is not installed")),
    ],
    autouse=True,
    scope="module",
)
def reader(request):
    """Each reader in turn."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_call, "_quick", request.param)
        yield request.param


def told(read, text) -> Any:
    """What comes of reading, in a form in which 1, 1.0 and True differ, and NaN is NaN."""
    try:
        return shown(read(text))
    except (ValueError, RecursionError) as error:
        return type(error), str(error)


def shown(value: Any) -> Any:
    if isinstance(value, dict):
        return [(key, shown(item)) for key, item in value.items()]
    if isinstance(value, list):
        return {"list": [shown(item) for item in value]}
    return type(value), "nan" if value != value else value, isinstance(value, float) and math.copysign(1, value)


words = st.text(st.characters(), max_size=8) | st.sampled_from(["\ud800", "\udc00\ud800", "😀", "\0", '"\\/\u2028'])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(-(10**40), 10**40) | st.floats() | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)
numbers = st.from_regex(
    r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?", fullmatch=True, alphabet=st.characters()
)
encodings = st.sampled_from(
    ["utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"]
)


@st.composite
def texts(draw) -> bytes:
    text = draw(numbers) if draw(st.booleans()) else json.dumps(draw(values), ensure_ascii=draw(st.booleans()))
    text = draw(st.sampled_from(["{}", " {}\n", "[{}, 1]", '{{"a": 1, "a": {}}}', "\t{}\r\n \f"])).format(text)
    encoding = draw(encodings)
    return text.encode(encoding, "replace" if encoding == "latin-1" else "surrogatepass")


@given(texts())
def test_what_was_written_as_json_reads_as_the_standard_library_reads_it(text):
    assert told(read_json, text) == told(json.loads, text)


@given(texts(), st.data())
def test_so_does_json_that_was_damaged(text, data):
    place = data.draw(st.integers(0, len(text)))
    damaged = text[:place] + data.draw(st.binary(max_size=3)) + text[place + data.draw(st.integers(0, 2)) :]
    assert told(read_json, damaged) == told(json.loads, damaged)


@given(st.binary(max_size=12))
@example(b"")
@example(b"\xff\xfe1\0")
@example(b'"\xed\xa0\x80"')
@example(b"1\x00")
def test_so_do_bytes_that_are_anything(data):
    assert told(read_json, data) == told(json.loads, data)
    assert told(read_json, bytearray(data)) == told(json.loads, bytearray(data))


@given(values.map(json.dumps) | st.text(max_size=8))
@example("\ufeff{}")
@example('"\ud800"')
def test_so_do_texts(text):
    assert told(read_json, text) == told(json.loads, text)


@pytest.mark.parametrize(
    "text",
    [
        *["18446744073709551616", "-9223372036854775809", "1" * 400, "1" * 4300, "1" * 4301, "-" + "1" * 4300],
        *["1e400", "-1e400", "1e-400", "-0", "-0.0", "5e-324", "0." + "0" * 400 + "1", "9" * 320 + ".5"],
        *["NaN", "[Infinity, -Infinity]", '{"a": 1, "a": 2}', '"\\ud83d\\ude00"', '"\\ud83d"', '{"\\ud800": 1}'],
        *["[1,]", "01", "1.", "+1", "tru", "{} {}", '"a\nb"', '"\\u+123"', "[1\f]", "\u00a01", "nullnull"],
        '"' + "long " * 400_000 + '"',
    ],
    ids=lambda text: text[:20],
)
def test_the_corners_of_json(text):
    assert told(read_json, text) == told(json.loads, text)
    assert told(read_json, text.encode()) == told(json.loads, text.encode())


def test_whole_numbers_are_as_long_as_the_program_allows():
    before = sys.get_int_max_str_digits()
    try:
        for most in (700, 0):
            sys.set_int_max_str_digits(most)
            assert told(read_json, "1" * 5000) == told(json.loads, "1" * 5000)
    finally:
        sys.set_int_max_str_digits(before)


@pytest.mark.parametrize("shape", ["[{}]", '{{"a":{}}}'])
def test_nesting_is_an_error_where_it_is_for_the_standard_library(shape):
    for depth, is_read in ((400, True), (200_000, False)):
        before, after = shape.split("{}") if shape == "[{}]" else ('{"a":', "}")
        text = before * depth + "1" + after * depth
        outcomes = []
        for read in (read_json, json.loads):
            try:
                outcomes.append(read(text) is not None)
            except RecursionError:
                outcomes.append(False)
        assert outcomes == [is_read, is_read]


def test_neither_reader_is_imported_before_there_is_something_to_read():
    program = "import sys, replicatekit_api as a; a.read_json; print('msgspec' in sys.modules, a.read_json('[1]'))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.split(maxsplit=1) == ["False", "[1]\n"], done.stderr
