from __future__ import annotations

import copy
import json
import random
from pathlib import Path

import attrs
import pytest

from replicatekit._domain.output_schema import OutputShape, looks_like_file

MODELS = Path(__file__).parents[4] / "shared" / "models"

URL = "https://replicate.delivery/pbxt/abc/out-0.png"
ELSEWHERE = "https://example.com/out.png"
DATA = "data:image/png;base64,aGVsbG8="
URI = {"type": "string", "format": "uri"}
TEXT = {"type": "string"}
ITERATOR = {"type": "array", "items": TEXT, "x-cog-array-type": "iterator"}
JOINED = {**ITERATOR, "x-cog-array-display": "concatenate"}


@attrs.frozen
class File:
    url: str


def schema(output, **components):
    return {"components": {"schemas": {"Output": output, **components}}}


def ref(name):
    return {"$ref": f"#/components/schemas/{name}"}


def wrapped(output, value, cog_version="0.9.0", **components):
    before = copy.deepcopy(value)
    result = OutputShape.of(schema(output, **components), cog_version).wrap(value, File)
    assert value == before
    return result


class TestFiles:
    @pytest.mark.parametrize("url", [URL, ELSEWHERE, DATA, "http://127.0.0.1:8000/a.png", "HTTPS://HOST/A"])
    def test_text_with_format_uri_is_a_file_wherever_it_is(self, url):
        assert wrapped(URI, url) == File(url)

    @pytest.mark.parametrize("url", [URL, ELSEWHERE, DATA])
    def test_text_without_it_stays_text_whatever_it_looks_like(self, url):
        assert wrapped(TEXT, url) == url
        assert wrapped({"type": "array", "items": TEXT}, [url]) == [url]
        assert wrapped({"type": "object", "properties": {"a": TEXT}}, {"a": url}) == {"a": url}
        assert wrapped({"anyOf": [{"title": "Anything"}, TEXT]}, url) == url
        assert wrapped({"enum": [url]}, url) == url

    @pytest.mark.parametrize("format_", ["uri-reference", "url", "binary", "URI", None, 3, ["uri"]])
    def test_no_other_format_is_a_file(self, format_):
        assert wrapped({"type": "string", "format": format_}, URL) == URL

    @pytest.mark.parametrize("value", ["", "none", "see https://host/a", "/tmp/a.png", "file:///a", None, 3, True, 0.5])
    def test_what_is_no_url_is_no_file_even_there(self, value):
        assert wrapped(URI, value) == value

    @pytest.mark.parametrize(
        ("output", "value", "expected"),
        [
            ({"type": "array", "items": URI}, [URL, URL], [File(URL), File(URL)]),
            ({"type": "array", "items": {"type": "array", "items": URI}}, [[URL], []], [[File(URL)], []]),
            ({"type": "object", "properties": {"a": URI, "b": TEXT}}, {"a": URL, "b": URL}, {"a": File(URL), "b": URL}),
            ({"type": "object", "properties": {"a": URI}}, {"c": ELSEWHERE}, {"c": ELSEWHERE}),
            ({"type": "object", "additionalProperties": URI}, {"a": URL}, {"a": File(URL)}),
            (
                {"type": "object", "properties": {"a": TEXT}, "additionalProperties": URI},
                {"a": URL, "b": URL},
                {"a": URL, "b": File(URL)},
            ),
            ({"type": "object", "additionalProperties": TEXT}, {"a": URL}, {"a": URL}),
            ({"anyOf": [URI, {"type": "null"}]}, URL, File(URL)),
            ({"anyOf": [URI, {"type": "null"}]}, None, None),
            ({"oneOf": [URI, {"type": "integer"}]}, URL, File(URL)),
            ({"allOf": [URI], "title": "Output"}, URL, File(URL)),
            ({**URI, "nullable": True}, None, None),
            ({"type": ["string", "null"], "format": "uri"}, URL, File(URL)),
            ({"format": "uri"}, URL, File(URL)),
            ({"format": "uri", "nullable": True}, ELSEWHERE, File(ELSEWHERE)),
            ({"type": "integer", "format": "uri"}, ELSEWHERE, ELSEWHERE),
            ({"anyOf": [{"type": "array", "items": TEXT}, URI]}, URL, File(URL)),
            ({"anyOf": [{"type": "array", "items": TEXT}, URI]}, [URL], [URL]),
            ({"anyOf": [{"type": "array", "items": URI}, TEXT]}, [URL], [File(URL)]),
            ({"anyOf": [{"type": "array", "items": URI}, TEXT]}, URL, URL),
            ({"type": "array", "items": [TEXT, URI]}, [URL, URL, ELSEWHERE], [URL, File(URL), ELSEWHERE]),
            ({"type": "array", "prefixItems": [TEXT], "items": URI}, [URL, URL], [URL, File(URL)]),
            (
                {"type": "array", "items": [TEXT], "additionalItems": URI},
                [URL, URL],
                [URL, File(URL)],
            ),
        ],
    )
    def test_files_are_found_in_every_structure(self, output, value, expected):
        assert wrapped(output, value) == expected

    def test_references_are_followed(self):
        image = {"type": "object", "properties": {"image": URI, "score": {"type": "number"}}}
        assert wrapped(ref("Image"), {"image": URL, "score": 1.5}, Image=image) == {"image": File(URL), "score": 1.5}
        assert wrapped({"type": "array", "items": ref("Image")}, [{"image": URL}], Image=image) == [
            {"image": File(URL)}
        ]
        assert wrapped({"allOf": [ref("A")]}, URL, A=ref("B"), B={"anyOf": [ref("C")]}, C=URI) == File(URL)

    def test_names_in_references_may_be_escaped(self):
        assert wrapped(ref("a~1b~0c%20d"), URL, **{"a/b~c d": URI}) == File(URL)

    def test_recursive_types_are_walked_as_deep_as_the_value_is(self):
        tree = {"type": "object", "properties": {"file": URI, "children": {"type": "array", "items": ref("Tree")}}}
        value = {"file": URL, "children": [{"file": URL, "children": []}, {"name": ELSEWHERE}]}
        assert wrapped(ref("Tree"), value, Tree=tree) == {
            "file": File(URL),
            "children": [{"file": File(URL), "children": []}, {"name": ELSEWHERE}],
        }

    def test_what_has_no_files_is_given_back_as_it_is(self):
        value = [[0.5] * 10]
        shape = OutputShape.of(schema({"type": "array", "items": {"type": "array", "items": {"type": "number"}}}))
        for same in (value, [value, ["a", {"b": "c"}]], {"a": ["b"], "c": {}}, ["a", ELSEWHERE]):
            assert shape.wrap(same, File) is same
            assert OutputShape.of(None).wrap(same, File) is same


class TestSilentAndWrongSchemas:
    """Where a schema says nothing about a value, or something that the value contradicts, the URL's host decides."""

    @pytest.mark.parametrize("form", [lambda url: url, lambda url: [url], lambda url: {"a": {"b": [url]}, "c": 1}])
    @pytest.mark.parametrize(
        "output",
        [
            {},
            {"title": "Output"},
            {"type": "object"},
            {"type": "object", "title": "Output", "additionalProperties": True},
            {"type": "object", "properties": {"a": {"title": "A"}}},
            {"type": "object", "properties": {"z": TEXT}},
            {"type": "array"},
            {"type": "array", "items": {}},
            {"type": "array", "items": {"type": "number"}},
            {"type": "integer"},
            {"type": "null"},
            {"nullable": True},
            {"anyOf": [{"type": "number"}, {"title": "Anything"}]},
            {"$ref": "#/components/schemas/Missing"},
        ],
    )
    def test_what_is_not_described_is_a_file_by_its_host_alone(self, output, form):
        for url in (URL, DATA):
            assert wrapped(output, form(url)) == form(File(url))
        for text in (ELSEWHERE, "words", "http://127.0.0.1/a.png"):
            assert wrapped(output, form(text)) == form(text)

    @pytest.mark.parametrize(
        ("output", "value"),
        [
            ({"type": "array", "items": URI}, URL),
            ({"type": "array", "items": {"format": "uri", "type": "string"}, "x-cog-array-type": "iterator"}, URL),
            ({"type": "array", "items": URI}, {"a": URL}),
            ({"type": "array", "items": {"type": "array", "items": URI}}, [URL]),
            ({"type": "object", "properties": {"a": URI}}, [URL]),
            ({"type": "object", "properties": {"a": URI}}, {"b": [URL]}),
            ({"type": "object", "properties": {"a": {"type": "integer"}}}, {"a": URL}),
            (URI, [URL, URL]),
            (URI, [{"file": URL}, {"file": URL, "text": "words"}]),
            (URI, {"file": URL}),
            (TEXT, [URL]),
            (TEXT, {"file": URL}),
            ({"type": "array", "items": TEXT}, URL),
            ({"type": "array", "items": TEXT}, [[URL]]),
            ({"type": "array", "items": {}, "x-cog-array-display": "concatenate"}, [URL, URL]),
        ],
    )
    def test_a_value_that_contradicts_its_schema_keeps_its_files(self, output, value):
        as_files = json.loads(json.dumps(value).replace(f'"{URL}"', '{"file!": 1}'), object_hook=_file_again)
        assert wrapped(output, value) == as_files
        elsewhere = json.loads(json.dumps(value).replace(URL, "https://example.com/words"))
        if not OutputShape.of(schema(output)).is_text_stream:
            assert wrapped(output, elsewhere) == elsewhere

    def test_guesses_can_be_switched_off_here_too(self):
        for output in ({"type": "object"}, {"title": "Output"}, URI):
            assert OutputShape.of(schema(output), guess=False).wrap([URL], File) == [URL]

    def test_items_that_arrive_one_by_one_are_treated_alike(self):
        for output in ({"title": "Output"}, {"type": "array"}, {"type": "object"}):
            assert OutputShape.of(schema(output)).wrap_item({"a": URL}, File) == {"a": File(URL)}
        assert OutputShape.of(schema(ITERATOR)).wrap_item(URL, File) == URL

    def test_long_lists_of_numbers_are_returned_as_they_are(self):
        value = {"embedding": [0.5] * 1000, "index": 3}
        assert OutputShape.of(schema({"type": "object"})).wrap([value], File)[0] is value


def _file_again(fields):
    return File(URL) if "file!" in fields else fields


class TestPieces:
    def test_pieces_of_one_text_are_put_together(self):
        shape = OutputShape.of(schema(JOINED), "0.8.1")
        assert (shape.is_iterator, shape.is_text_stream) == (True, True)
        assert shape.wrap(["Hello", ", ", "https://host"], File) == "Hello, https://host"
        assert shape.wrap([], File) == ""
        assert shape.wrap(None, File) is None
        assert shape.wrap("whole", File) == "whole"
        assert shape.wrap(["a", None], File) == ["a", None]
        assert shape.wrap_item(URL, File) == URL

    def test_an_iterator_without_that_display_stays_a_list(self):
        shape = OutputShape.of(schema(ITERATOR), "0.8.1")
        assert (shape.is_iterator, shape.is_text_stream) == (True, False)
        assert shape.wrap(["a", "b"], File) == ["a", "b"]

    def test_an_iterator_of_files_gives_files(self):
        shape = OutputShape.of(schema({**ITERATOR, "items": URI}), "0.8.1")
        assert shape.wrap([URL], File) == [File(URL)]
        assert shape.wrap_item(URL, File) == File(URL)
        assert shape.wrap_item(URL, File, 5) == File(URL)

    @pytest.mark.parametrize("items", [URI, {"type": "integer"}, {"anyOf": [TEXT, URI]}, ref("A")])
    def test_what_is_not_text_is_not_put_together(self, items):
        shape = OutputShape.of(schema({**JOINED, "items": items}, A=URI))
        assert not shape.is_text_stream
        assert shape.is_iterator

    def test_the_marks_may_stand_behind_a_reference(self):
        shape = OutputShape.of(schema({"allOf": [ref("A")]}, A=JOINED))
        assert shape.is_text_stream

    @pytest.mark.parametrize("cog_version", ["0.1.2", "0.3.8", "0.1.3+shimmed", "0.0.1", "v0.3.8", "0.3.8-rc1"])
    def test_before_0_3_9_an_array_was_an_iterator(self, cog_version):
        assert OutputShape.of(schema({"type": "array", "items": URI}), cog_version).is_iterator
        assert not OutputShape.of(schema(URI), cog_version).is_iterator

    @pytest.mark.parametrize("cog_version", ["0.3.9", "0.3.10", "0.10.0", "1.0.0", "dev", "", None, 3, "9" * 9999])
    def test_since_then_or_if_it_is_unknown_the_mark_says_so(self, cog_version):
        assert not OutputShape.of(schema({"type": "array", "items": URI}), cog_version).is_iterator
        assert OutputShape.of(schema(ITERATOR), cog_version).is_iterator


class TestGuess:
    @pytest.mark.parametrize(
        "url",
        [
            URL,
            "https://pbxt.replicate.delivery/a/out.png",
            "https://a.b.replicate.delivery/x",
            "HTTPS://Replicate.Delivery/x",
            "https://replicate.delivery:443/x",
            "https://api.replicate.com/v1/files/abc",
            "https://api.replicate.com/v1/files/abc/download?owner=a&signature=b",
            DATA,
            "DATA:text/plain;charset=utf-8;BASE64,",
            "data:;base64,aa",
        ],
    )
    def test_urls_that_the_api_gives_its_files_are_files(self, url):
        assert looks_like_file(url)
        assert OutputShape.of(None).wrap(url, File) == File(url)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "words",
            ELSEWHERE,
            "http://replicate.delivery/a.png",
            "https://replicate.delivery",
            "https://replicate.delivery/",
            "https://replicate.delivery:8443/a.png",
            "https://evilreplicate.delivery/a.png",
            "https://replicate.delivery.evil.com/a.png",
            "https://replicate.delivery@evil.com/a.png",
            "https://a@replicate.delivery/a.png",
            "https://replicate.delivery\\@evil.com/a.png",
            "https://replicate.com/p/abc",
            "https://api.replicate.com/v1/predictions/abc",
            "https://api.replicate.com/v1/files/",
            "https://api.replicate.com/v1/files",
            "https://api.replicate.com/v1/files/../predictions/abc",
            "https://api.replicate.com/v1/files/%2e%2e/predictions/abc",
            "http://api.replicate.com/v1/files/abc",
            "https://api.replicate.com.evil.com/v1/files/abc",
            "https://replicate.delivery/a.png is where it is",
            " https://replicate.delivery/a.png",
            "https://[replicate.delivery/a",
            "https://replicate.delivery:x/a",
            "data: is what we need",
            "data:text/plain,hello",
            "database",
            "ftp://replicate.delivery/a",
        ],
    )
    def test_everything_else_stays_text(self, text):
        assert not looks_like_file(text)
        assert OutputShape.of(None).wrap(text, File) == text

    def test_the_api_may_be_elsewhere(self):
        url = "http://127.0.0.1:8000/v1/files/abc"
        assert not looks_like_file(url)
        for api_url in ("http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1/"):
            assert looks_like_file(url, api_url)
            assert OutputShape.of(None, api_url=api_url).wrap([url], File) == [File(url)]
        assert not looks_like_file("http://127.0.0.1:8001/v1/files/abc", "http://127.0.0.1:8000/v1")

    def test_behind_a_gateway_the_published_urls_still_count(self):
        assert looks_like_file(
            "https://api.replicate.com/v1/files/abc/download", "https://gateway.example/v1/replicate"
        )

    def test_it_looks_everywhere_and_changes_nothing_else(self):
        value = {"a": [URL, 3, None, {"b": URL, "c": ELSEWHERE}], "d": "text"}
        expected = {"a": [File(URL), 3, None, {"b": File(URL), "c": ELSEWHERE}], "d": "text"}
        assert OutputShape.of(None).wrap(value, File) == expected
        assert OutputShape.of(None).wrap_item(URL, File) == File(URL)

    def test_it_can_be_switched_off(self):
        shape = OutputShape.of(None, guess=False)
        assert shape.wrap([URL, DATA], File) == [URL, DATA]

    @pytest.mark.parametrize(
        "unreadable", [None, {}, [], "x", 3, {"components": []}, {"components": {"schemas": {"Output": 3}}}]
    )
    def test_it_is_made_where_there_is_no_schema_of_the_output(self, unreadable):
        shape = OutputShape.of(unreadable)
        assert (shape.is_iterator, shape.is_text_stream) == (False, False)
        assert shape.wrap(URL, File) == File(URL)

    def test_it_is_not_made_where_there_is_one(self):
        assert OutputShape.of(schema(TEXT)).wrap(URL, File) == URL


def nested(depth):
    value = URL
    for _ in range(depth):
        value = [value]
    return value


class TestHostileSchemas:
    @pytest.mark.parametrize(
        "output",
        [
            ref("Output"),
            {"allOf": [ref("Output")]},
            {"anyOf": [ref("A")], "items": ref("Output")},
            ref("Nowhere"),
            {"$ref": "https://evil.com/schema.json"},
            {"$ref": "#"},
            {"$ref": "#/"},
            {"$ref": 3},
            {"$ref": ["a"]},
            {"$ref": "#/components/schemas/Output/anyOf/0"},
            {"allOf": {"a": 1}, "anyOf": "x", "oneOf": 3},
            {"allOf": [None, 3, "x", []]},
            {"type": {"a": 1}, "format": ["uri"]},
            {"type": [["string"]], "items": 3, "prefixItems": "x", "properties": [], "additionalProperties": "x"},
            {"type": "array", "items": ref("Output"), "x-cog-array-type": 3, "x-cog-array-display": []},
            {"properties": {"a": None, "b": 3}, "additionalProperties": []},
        ],
    )
    def test_none_of_them_raises(self, output):
        document = schema(output, A=ref("Output"))
        shape = OutputShape.of(document, "0.1.0")
        for value in (URL, [URL, [URL]], {"a": URL, "b": {"c": [URL]}}, None, 3):
            shape.wrap(value, File)
            shape.wrap_item(value, File)

    def test_schemas_that_multiply_are_read_in_no_time(self):
        layers = {f"L{n}": {"anyOf": [ref(f"L{n + 1}")] * 9, "items": ref(f"L{n + 1}")} for n in range(60)}
        shape = OutputShape.of(schema(ref("L0"), **layers, L60=URI))
        assert shape.wrap([ELSEWHERE], File) == [File(ELSEWHERE)]

    def test_long_chains_of_references_are_followed_to_their_end(self):
        chain = {f"C{n}": ref(f"C{n + 1}") for n in range(5000)}
        assert wrapped(ref("C0"), URL, **chain, C5000=URI) == File(URL)

    def test_values_of_any_depth_are_survived(self):
        recursive = {"type": "array", "items": {"anyOf": [ref("Output"), URI]}}
        assert wrapped(recursive, nested(50)) != nested(50)
        for shape in (OutputShape.of(schema(recursive)), OutputShape.of(None)):
            assert shape.wrap(nested(900), File) is not None

    def test_random_schemas_never_raise(self):
        chance = random.Random(7)
        keys = ["type", "format", "items", "properties", "anyOf", "allOf", "oneOf", "$ref", "prefixItems"]
        keys += ["additionalProperties", "x-cog-array-type", "x-cog-array-display", "nullable", "a", "b"]
        words = ["string", "uri", "array", "object", "iterator", "concatenate", "#/components/schemas/Output", "#/a"]

        def anything(depth):
            match chance.randrange(4 if depth else 2):
                case 0:
                    return chance.choice(words)
                case 1:
                    return chance.choice([None, True, 3, 0.5, ""])
                case 2:
                    return [anything(depth - 1) for _ in range(chance.randrange(3))]
                case _:
                    return {chance.choice(keys): anything(depth - 1) for _ in range(chance.randrange(5))}

        for _ in range(1000):
            shape = OutputShape.of(schema(anything(4), A=anything(3)), chance.choice(["0.1.0", "0.9.0", None]))
            shape.wrap([{"a": URL, "b": [URL]}, URL], File)
            assert isinstance(shape.is_text_stream, bool)


def sample(document, branches):
    """A value that fits a schema, with a URL of another host for each file."""
    if any(node.get("format") == "uri" for node in branches):
        return ELSEWHERE
    for node in branches:
        match node:
            case {"type": "array"}:
                return [sample(document, document.branches(document.items(branches, 0)))]
            case {"properties": fields}:
                return {name: sample(document, document.branches([fields[name]])) for name in fields}
    return "words"


@pytest.mark.skipif(not MODELS.is_dir(), reason="the schemas of real models are not here")
class TestRealModels:
    def shape(self, name):
        model = json.loads((MODELS / f"{name}.json").read_text())
        return OutputShape.of(model["openapi_schema"], model["cog_version"])

    def test_all_of_them_are_told_apart(self):
        kinds = {}
        for name in sorted(path.stem for path in MODELS.glob("*.json")):
            shape = self.shape(name)
            kind = "text" if shape.is_text_stream else "iterator" if shape.is_iterator else "whole"
            wrapped = shape.wrap(sample(shape.document, shape.branches), File)
            kinds[name] = f"{kind}{' with files' if 'File(' in repr(wrapped) else ''}"
        assert kinds == {
            "afiaka87--laionide-v4": "whole with files",
            "andreasjansson--llama-2-13b-embeddings": "whole",
            "borisdayma--dalle-mini": "whole with files",
            "cjwbw--clip-gen": "whole with files",
            "cjwbw--clip-guided-diffusion-pokemon": "iterator with files",
            "cjwbw--vq-diffusion": "whole with files",
            "ekgren--structureddreaming": "iterator with files",
            "huiyegit--t2i_cl": "iterator with files",
            "isaacgv--vec2": "whole with files",
            "kvfrans--clipdraw": "whole with files",
            "laion-ai--erlich": "iterator with files",
            "mehdidc--feed_forward_vqgan_clip": "whole with files",
            "meta--ic_gan": "whole with files",
            "meta--llama-2-70b-chat": "text",
            "meta--meta-llama-3-8b": "text",
            "meta--meta-llama-guard-2-8b": "whole",
            "nateraw--goliath-120b": "text",
            "nateraw--jina-embeddings-v2-base-en": "whole with files",
            "ouhenio--stylegan3-clip": "iterator with files",
            "pschaldenbrand--style-clip-draw": "iterator with files",
            "replicate--llama-7b": "whole",
            "stability-ai--sdxl": "whole with files",
            "tobinsouth--autolaw": "whole",
        }

    @pytest.mark.parametrize(
        ("name", "value", "expected"),
        [
            ("stability-ai--sdxl", [URL], [File(URL)]),
            ("borisdayma--dalle-mini", [{"image": URL, "clip_score": 0.5}], [{"image": File(URL), "clip_score": 0.5}]),
            ("huiyegit--t2i_cl", [{"file": URL, "text": URL}], [{"file": File(URL), "text": URL}]),
            ("isaacgv--vec2", {"srt_file": URL, "segments": ["a"]}, {"srt_file": File(URL), "segments": ["a"]}),
            ("laion-ai--erlich", [[URL], [URL]], [[File(URL)], [File(URL)]]),
            ("nateraw--jina-embeddings-v2-base-en", URL, File(URL)),
            ("nateraw--jina-embeddings-v2-base-en", [URL], [URL]),
            ("meta--llama-2-70b-chat", ["a", URL], f"a{URL}"),
            ("tobinsouth--autolaw", URL, URL),
        ],
    )
    def test_their_outputs_are_wrapped(self, name, value, expected):
        assert self.shape(name).wrap(value, File) == expected
