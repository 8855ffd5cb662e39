import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "spec" / "SOURCE.md"
DOCUMENT = ROOT / "spec" / "openapi.json"
FACTS = ROOT.parent / "shared" / "api" / "replicate-2026-03-16.json"
COMPARE = ROOT.parent / "shared" / "tools" / "api_facts.py"

SPEC: dict[str, Any] = json.loads(DOCUMENT.read_text(encoding="utf-8"))


class Place(NamedTuple):
    """A node of the document that has to say what it is, with the name that a reader knows it by."""

    pointer: str
    name: str
    node: dict[str, Any]


def operations():
    for path, item in SPEC["paths"].items():
        for method, operation in item.items():
            yield Place(f"{method} {path}", operation["operationId"], operation)


def properties_of(schema, pointer):
    for name, child in schema.get("properties", {}).items():
        yield Place(f"{pointer}.{name}", name, child)
        yield from properties_of(child, f"{pointer}.{name}")
    if "items" in schema:
        yield from properties_of(schema["items"], f"{pointer}[]")


def bodies():
    for pointer, name, operation in operations():
        if "requestBody" in operation:
            yield Place(f"{pointer} body", f"{name} body", operation["requestBody"])
        for status, response in operation["responses"].items():
            yield Place(f"{pointer} {status}", f"{name} {status}", response)


def schemas():
    for name, schema in SPEC["components"]["schemas"].items():
        yield Place(name, name, schema)
    for pointer, name, body in bodies():
        for media_type, content in body.get("content", {}).items():
            if "$ref" not in content["schema"]:
                yield Place(f"{pointer} {media_type}", f"{name} schema", content["schema"])


def properties():
    for schema in schemas():
        yield from properties_of(schema.node, schema.pointer)


def parameters():
    for parameter in SPEC["components"]["parameters"].values():
        yield Place(parameter["name"], parameter["name"], parameter)
    for pointer, _, operation in operations():
        for parameter in operation.get("parameters", []):
            if "$ref" not in parameter:
                yield Place(f"{pointer} {parameter['name']}", parameter["name"], parameter)


def undescribed(places, key="description"):
    return [place.pointer for place in places if not str(place.node.get(key, "")).strip()]


def references(node):
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from references(child)


def row(name):
    (found,) = re.findall(rf"^\| {name} \| (.*) \|$", SOURCE.read_text(encoding="utf-8"), re.MULTILINE)
    return found


# An update brings the publisher's prose, which nobody here can be held to.
about_our_prose = pytest.mark.skipif(row("prose") != "ours", reason="the prose is the publisher's")


def test_the_source_page_says_which_revision_this_is_and_what_is_in_it():
    assert row("revision kept here").endswith(f", `info.version` {SPEC['info']['version']}, OpenAPI {SPEC['openapi']}")
    components = SPEC["components"]
    assert row("what is in it") == (
        f"{len(list(operations()))} operations, {len(components['schemas'])} component schemas, "
        f"{len(components['parameters'])} shared parameters"
    )


def test_searching_models_keeps_its_published_query_method():
    assert SPEC["paths"]["/models"]["query"]["operationId"] == "models.search"


def test_operation_ids_are_unique_and_dotted_but_for_search():
    ids = [operation.name for operation in operations()]
    assert len(set(ids)) == len(ids)
    dotted = re.compile(r"[a-z]+(_[a-z]+)*(\.[a-z]+(_[a-z]+)*)+")
    assert [name for name in ids if not dotted.fullmatch(name)] == ["search"]


@about_our_prose
def test_every_operation_has_a_summary_and_a_description():
    assert undescribed(operations(), "summary") == []
    assert undescribed(operations()) == []


@about_our_prose
@pytest.mark.parametrize("places", [parameters, bodies, schemas, properties], ids=lambda walk: walk.__name__)
def test_everything_a_caller_meets_is_described(places):
    found = list(places())
    assert found
    assert undescribed(found) == []


@about_our_prose
def test_the_document_its_server_and_its_security_are_described():
    schemes = SPEC["components"]["securitySchemes"].values()
    assert all(node.get("description") for node in (SPEC["info"], *SPEC["servers"], *schemes))


@about_our_prose
@pytest.mark.parametrize("key", ["summary", "description"])
def test_no_two_operations_say_the_same(key):
    texts = [operation.node[key] for operation in operations()]
    assert len(set(texts)) == len(texts)


@about_our_prose
def test_a_description_is_shared_only_by_fields_of_the_same_name():
    names = defaultdict(set)
    for place in (*parameters(), *properties()):
        names[place.node["description"]].add(place.name)
    assert {text: sorted(shared) for text, shared in names.items() if len(shared) > 1} == {}


@about_our_prose
def test_no_two_schemas_are_described_alike():
    places = defaultdict(list)
    for place in schemas():
        places[place.node["description"]].append(place.pointer)
    assert {text: shared for text, shared in places.items() if len(shared) > 1} == {}


def test_every_placeholder_of_a_path_is_a_required_parameter():
    for pointer, _, operation in operations():
        declared = {p["name"] for p in operation.get("parameters", []) if p.get("in") == "path" and p["required"]}
        assert declared == set(re.findall(r"{(\w+)}", pointer)), pointer


def test_every_reference_leads_to_a_component():
    for reference in references(SPEC):
        _, components, kind, name = reference.split("/")
        assert name in SPEC[components][kind], reference


def test_the_file_is_written_as_two_space_json_with_a_final_newline():
    text = DOCUMENT.read_text(encoding="utf-8")
    assert text == json.dumps(SPEC, indent=2, ensure_ascii=False) + "\n"


@about_our_prose
@pytest.mark.skipif(not (FACTS.exists() and COMPARE.exists()), reason="the published facts are not at hand")
def test_the_facts_are_the_published_ones():
    compared = subprocess.run([sys.executable, COMPARE, DOCUMENT, FACTS], capture_output=True, text=True, check=False)
    assert compared.stdout == "0 differences\n", compared.stdout + compared.stderr
