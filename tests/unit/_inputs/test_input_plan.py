from __future__ import annotations

import base64
import collections
import enum
import io
import json
import subprocess
import sys
import types
import uuid
from array import array
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import attrs
import httpx
import pytest

from replicatekit._inputs.file_sources import INLINE_LIMIT, UPLOAD_LIMIT
from replicatekit._inputs.plan import plan_input, resolve
from replicatekit.errors import FileTooLargeError, InvalidArgument, InvalidInput, ReplicateError
from replicatekit_api.models import File, Prediction

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
LONG = bytes(INLINE_LIMIT + 1)


def inline(data, media_type):
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


PNG_URL = inline(PNG, "image/png")


def sent(value, **options):
    """The JSON of one value without files."""
    plan = plan_input({"value": value}, **options)
    assert plan.files == ()
    result = resolve(plan, [])
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    return result["value"]


class Color(enum.Enum):
    RED = "red"


class Size(enum.IntEnum):
    BIG = 3


class Mode(enum.StrEnum):
    FAST = "fast"


class Point(NamedTuple):
    x: int
    y: int


@pytest.mark.parametrize(
    ("value", "json_value"),
    [
        (None, None),
        (True, True),
        (3, 3),
        (10**30, 10**30),
        (0.5, 0.5),
        ("text", "text"),
        ("", ""),
        ("https://host/a.png", "https://host/a.png"),
        ("data:image/png;base64,aa", "data:image/png;base64,aa"),
        ("/etc/passwd", "/etc/passwd"),
        ([1, [2, (3,)]], [1, [2, [3]]]),
        ({"a": {"b": 1}}, {"a": {"b": 1}}),
        (types.MappingProxyType({"a": 1}), {"a": 1}),
        (collections.ChainMap({"a": 1}), {"a": 1}),
        ({3, 1, 2}, [1, 2, 3]),
        (frozenset({"b", "a"}), ["a", "b"]),
        (range(3), [0, 1, 2]),
        (collections.deque([1, 2]), [1, 2]),
        (Point(1, 2), [1, 2]),
        ({"a": 1}.values(), [1]),
        ({"a": 1}.keys(), ["a"]),
        (array("d", [0.5]), [0.5]),
        (Color.RED, "red"),
        (Size.BIG, 3),
        (Mode.FAST, "fast"),
        ({Mode.FAST: 1}, {"fast": 1}),
        (datetime(2024, 2, 3, 4, 5, tzinfo=UTC), "2024-02-03T04:05:00+00:00"),
        (date(2024, 2, 3), "2024-02-03"),
        (time(4, 5), "04:05:00"),
        (Decimal("1.5"), 1.5),
        (Decimal(7), 7),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (httpx.URL("https://host/a.png"), "https://host/a.png"),
        (urlsplit("https://host/a.png?b#c"), "https://host/a.png?b#c"),
    ],
)
def test_values_become_json(value, json_value):
    result = sent(value)
    assert result == json_value
    assert type(result) is type(json_value)


def test_iterators_are_collected_once():
    assert sent(n * n for n in range(3)) == [0, 1, 4]
    assert sent(map(str, [1])) == ["1"]
    numbers = iter([1, 2])
    assert plan_input({"a": numbers, "b": numbers}).tree == {"a": [1, 2], "b": [1, 2]}


def test_a_set_without_an_order_is_sent_too():
    assert sorted(sent({1, "a"}), key=str) == [1, "a"]


def test_no_input_is_an_empty_one():
    assert resolve(plan_input(None), []) == {}
    assert resolve(plan_input({}), []) == {}


@pytest.mark.parametrize("value", [[], "text", 3, b"", Path("a")])
def test_an_input_is_a_mapping(value):
    with pytest.raises(InvalidInput, match="input: must be a dict of the model's inputs, not") as caught:
        plan_input(value)
    assert caught.value.path == "input"


def test_what_the_caller_gave_is_not_changed():
    given = {"a": [PNG, {"b": (1, 2)}]}
    plan_input(given)
    assert given == {"a": [PNG, {"b": (1, 2)}]}


@dataclass
class AsDataclass:
    a: int = 1


@attrs.define
class AsAttrs:
    a: int = 1


class AsModel:
    def model_dump(self):
        return {}


async def flow():
    yield 1


@pytest.mark.parametrize(
    ("value", "path", "why"),
    [
        ({"a": float("nan")}, "input.a", "nan is not valid in JSON"),
        ({"a": [1.0, float("inf")]}, "input.a[1]", "inf"),
        ({"images": [1, 2, object()]}, "input.images[2]", "an object cannot be sent"),
        ({"my key": {"b": 1j}}, 'input["my key"].b', "a complex cannot be sent"),
        ({"a": {1: 2}}, "input.a", "the key 1 must be a str, not int"),
        ({None: 2}, "input", "the key None"),
        ({"a": "\ud800"}, "input.a", "UTF-8"),
        ({"\udfff": 1}, 'input["\udfff"]', "UTF-8"),
        ({"a": AsDataclass()}, "input.a", r"dataclasses\.asdict"),
        ({"a": AsAttrs()}, "input.a", r"attrs\.asdict"),
        ({"a": AsModel()}, "input.a", r"model_dump\(\)"),
        ({"a": int}, "input.a", "int is a class"),
        ({"a": print}, "input.a", "builtin_function_or_method"),
        ({"a": flow()}, "input.a", "asynchronously"),
        ({"a": (x for x in [1, float("nan")])}, r"input.a[1]", "nan"),
        ({"a": Path("not-here.png")}, "input.a", "No such file"),
        ({"a": [{"b": Path(__file__).parent}]}, "input.a[0].b", "is a folder"),
        ({"a": Decimal("NaN")}, "input.a", "NaN"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_its_place(value, path, why):
    with pytest.raises(InvalidInput, match=why) as caught:
        plan_input(value)
    assert caught.value.path == path
    assert str(caught.value).startswith(path)
    assert isinstance(caught.value, ReplicateError)


def test_what_is_still_to_be_awaited_is_refused():
    async def later():
        return 1

    coroutine = later()
    with pytest.raises(InvalidInput, match="still to be awaited"):
        plan_input({"a": coroutine})
    coroutine.close()


def test_what_contains_itself_is_refused():
    around = []
    around.append({"again": around})
    with pytest.raises(InvalidInput, match="contains itself") as caught:
        plan_input({"a": around})
    assert caught.value.path == "input.a[0].again"

    def yields_itself():
        yield me

    me = yields_itself()
    with pytest.raises(InvalidInput, match="contains itself"):
        plan_input({"a": me})


def test_what_stands_twice_without_containing_itself_is_fine():
    shared = [1]
    assert sent([shared, shared]) == [[1], [1]]


def test_what_has_no_end_of_levels_is_refused():
    deep = []
    for _ in range(2000):
        deep = [deep]
    with pytest.raises(InvalidInput, match="levels deep"):
        plan_input({"a": deep})
    reasonable = []
    for _ in range(30):
        reasonable = [iter([reasonable])]
    plan_input({"a": reasonable})


def test_an_error_in_the_callers_generator_is_the_callers():
    def broken():
        yield 1
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        plan_input({"a": broken()})


class TestFiles:
    @pytest.fixture
    def photo(self, tmp_path):
        path = tmp_path / "photo.png"
        path.write_bytes(PNG)
        return path

    @pytest.fixture
    def film(self, tmp_path):
        path = tmp_path / "film.mp4"
        path.write_bytes(LONG)
        return path

    def test_a_small_file_goes_inside_the_request(self, photo):
        plan = plan_input({"image": photo})
        assert plan.files == ()
        assert resolve(plan, []) == {"image": PNG_URL}

    def test_a_large_file_is_uploaded(self, film):
        plan = plan_input({"video": film, "n": 1})
        (source,) = plan.files
        assert (source.name, source.media_type, source.size, source.where) == (
            "film.mp4",
            "video/mp4",
            len(LONG),
            "input.video",
        )
        assert b"".join(source.chunks()) == LONG
        assert resolve(plan, ["https://host/1"]) == {"video": "https://host/1", "n": 1}

    @pytest.mark.parametrize(
        ("length", "uploaded"),
        [(0, False), (INLINE_LIMIT - 1, False), (INLINE_LIMIT, False), (INLINE_LIMIT + 1, True)],
    )
    def test_the_border_is_at_256_kilobytes(self, length, uploaded):
        for value in (bytes(length), io.BytesIO(bytes(length)), io.StringIO("a" * length)):
            assert bool(plan_input({"a": value}).files) is uploaded

    def test_the_strategy_can_be_chosen(self, photo, film):
        assert len(plan_input({"a": photo, "b": film}, strategy="auto").files) == 1
        assert len(plan_input({"a": photo, "b": film}, strategy="upload").files) == 2
        plan = plan_input({"a": photo, "b": film}, strategy="inline")
        assert plan.tree == {"a": PNG_URL, "b": inline(LONG, "video/mp4")}
        with pytest.raises(InvalidArgument, match="auto, inline or upload"):
            plan_input({}, strategy="other")

    def test_a_stream_of_unknown_length_goes_inside_only_when_told(self):
        class Stream:
            def __init__(self):
                self.data = io.BytesIO(LONG)

            def read(self, size):
                return self.data.read(size)

        assert plan_input({"a": Stream()}).files[0].size is None
        assert plan_input({"a": Stream()}, strategy="inline").tree["a"] == inline(LONG, "application/octet-stream")

    @pytest.mark.parametrize("strategy", ["auto", "inline", "upload"])
    def test_what_is_over_the_limit_is_refused_however_it_would_go(self, tmp_path, strategy):
        path = tmp_path / "film.mp4"
        with path.open("wb") as file:
            file.truncate(UPLOAD_LIMIT + 1)
        with pytest.raises(FileTooLargeError) as caught:
            plan_input({"a": {"b": [path]}}, strategy=strategy)
        assert caught.value.path == "input.a.b[0]"

    def test_files_are_found_wherever_they_nest(self, photo):
        files = [photo, PNG, bytearray(PNG), memoryview(PNG), io.BytesIO(PNG), photo.open("rb")]
        given = {
            "list": files,
            "tuple": tuple(files[:4]),
            "dict": {"deep": {"deeper": [{"deepest": photo}]}},
            "generator": (file for file in [photo, PNG]),
            "set": {photo},
        }
        assert plan_input(given).tree == {
            "list": [PNG_URL] * 6,
            "tuple": [PNG_URL] * 4,
            "dict": {"deep": {"deeper": [{"deepest": PNG_URL}]}},
            "generator": [PNG_URL, PNG_URL],
            "set": [PNG_URL],
        }
        files[-1].close()

    def test_a_file_that_is_used_twice_is_uploaded_once(self, film, monkeypatch):
        monkeypatch.chdir(film.parent)
        stream, data = io.BytesIO(LONG), bytearray(LONG)
        plan = plan_input(
            {
                "a": film,
                "b": [film, Path("film.mp4")],
                "c": stream,
                "d": [stream],
                "e": data,
                "f": {"g": data},
            }
        )
        assert len(plan.files) == 3
        assert resolve(plan, ["1", "2", "3"]) == {
            "a": "1",
            "b": ["1", "1"],
            "c": "2",
            "d": ["2"],
            "e": "3",
            "f": {"g": "3"},
        }

    def test_a_small_stream_that_is_used_twice_is_sent_twice(self):
        class Stream:
            def __init__(self):
                self.data = io.BytesIO(PNG)

            def read(self, size):
                return self.data.read(size)

        stream = Stream()
        assert plan_input({"a": stream, "b": stream}).tree == {"a": PNG_URL, "b": PNG_URL}

    def test_files_that_only_look_alike_are_two(self, tmp_path):
        (tmp_path / "a").mkdir()
        (tmp_path / "b").mkdir()
        for folder in "ab":
            (tmp_path / folder / "film.mp4").write_bytes(LONG)
        assert len(plan_input({folder: tmp_path / folder / "film.mp4" for folder in "ab"}).files) == 2

    def test_temporary_values_from_a_generator_are_not_taken_for_each_other(self):
        plan = plan_input({"a": (bytes([n]) * 10 for n in range(50))})
        assert len(set(plan.tree["a"])) == 50

    def test_as_many_urls_as_files_are_needed(self, film):
        plan = plan_input({"a": film})
        for urls in ([], ["1", "2"]):
            with pytest.raises(InvalidArgument, match="1 files"):
                resolve(plan, urls)

    def test_a_plan_can_be_resolved_again(self, film):
        plan = plan_input({"a": [film]})
        assert resolve(plan, ["1"]) == {"a": ["1"]}
        assert resolve(plan, ["2"]) == {"a": ["2"]}

    def test_text_is_sent_with_its_charset(self):
        assert sent(io.StringIO("é")) == inline("é".encode(), "text/plain;charset=utf-8")

    def test_an_open_file_may_be_given_again(self, photo):
        with photo.open("rb") as file:
            assert sent(file) == PNG_URL
            assert sent(file) == PNG_URL

    def test_a_picture_goes_as_png(self):
        image = pytest.importorskip("PIL.Image")
        assert sent([image.new("RGB", (2, 2))])[0].startswith("data:image/png;base64,iVBOR")


class Output:
    def __init__(self, url, name=None):
        self.url = url
        self.name = name

    @property
    def __replicate_url__(self):
        return self.url

    def __fspath__(self):
        raise AssertionError("it was downloaded")

    def read(self):
        raise AssertionError("it was downloaded")


class TestFilesOnTheServer:
    def test_an_uploaded_file_passes_as_its_url(self):
        url = "https://api.replicate.com/v1/files/abc"
        assert sent({"a": File.from_dict({"id": "abc", "urls": {"get": url}})}) == {"a": url}
        with pytest.raises(InvalidInput, match="this File has no URL"):
            plan_input({"a": File.from_dict({"id": "abc"})})

    def test_other_answers_of_the_api_are_no_values(self):
        with pytest.raises(InvalidInput, match="a Prediction cannot be sent"):
            plan_input({"a": Prediction.from_dict({"id": "abc", "status": "succeeded"})})

    def test_they_pass_as_their_urls(self):
        assert sent([Output("https://replicate.delivery/a.png")]) == ["https://replicate.delivery/a.png"]

    def test_those_without_a_url_are_refused(self):
        with pytest.raises(InvalidInput, match="this Output has no URL") as caught:
            plan_input({"a": Output("")})
        assert caught.value.path == "input.a"

    def test_a_small_data_url_passes_as_it_is(self):
        assert sent(Output(PNG_URL)) == PNG_URL

    def test_a_large_data_url_is_uploaded_once_with_its_name(self):
        output = Output(inline(LONG, "image/webp"), "out-0.webp")
        plan = plan_input({"a": output, "b": output})
        (source,) = plan.files
        assert (source.name, source.media_type, source.size) == ("out-0.webp", "image/webp", len(LONG))
        nameless = plan_input({"a": Output(inline(LONG, "image/webp"))})
        assert nameless.files[0].name == "file.webp"

    def test_a_broken_data_url_is_refused(self):
        with pytest.raises(InvalidInput, match="cannot be decoded") as caught:
            plan_input({"a": [Output("data:image/png;base64,a")]})
        assert caught.value.path == "input.a[0]"


class TestNumpy:
    @pytest.fixture
    def numpy(self):
        return pytest.importorskip("numpy")

    def test_arrays_and_scalars_are_numbers(self, numpy):
        assert sent(numpy.array([[1, 2], [3, 4]])) == [[1, 2], [3, 4]]
        assert sent(numpy.array(5)) == 5
        assert sent(numpy.float64(0.5)) == 0.5
        assert sent(numpy.float32(0.5)) == 0.5
        assert sent(numpy.int64(3)) == 3
        assert sent(numpy.bool_(True)) is True
        assert sent(numpy.str_("a")) == "a"
        assert type(sent(numpy.float64(0.5))) is float
        assert sent({"a": [numpy.uint8(7)]}) == {"a": [7]}

    def test_what_is_not_finite_is_refused_with_its_place(self, numpy):
        with pytest.raises(InvalidInput) as caught:
            plan_input({"a": numpy.array([[1, 2], [3, float("nan")]])})
        assert caught.value.path == "input.a[1][1]"

    def test_complex_numbers_and_dates_are_refused(self, numpy):
        with pytest.raises(InvalidInput, match="complex"):
            plan_input({"a": numpy.array([1j])})
        with pytest.raises(InvalidInput, match="convert them to text"):
            plan_input({"a": numpy.datetime64("2024-01-01")})

    def test_bytes_of_numpy_are_a_file(self, numpy):
        assert sent(numpy.bytes_(PNG)) == PNG_URL


def test_nothing_heavy_is_imported_for_this():
    code = (
        "import sys, replicatekit._inputs.plan as i; i.plan_input({'a': [object.__doc__, 1, b'']});"
        "print(sorted({'numpy', 'PIL', 'httpx', 'asyncio'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"[]\n"
