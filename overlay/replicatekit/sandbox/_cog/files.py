"""Finds the files in a Cog model's input and output by its OpenAPI document."""

from __future__ import annotations

import mimetypes
from typing import TYPE_CHECKING, Any, cast

from replicatekit.sandbox._storage.blobs import OCTETS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

JSON = dict[str, Any]


def with_input_files(document: JSON, values: JSON, convert: Callable[[str], str]) -> JSON:
    """Return an input with each file's URL converted, and other texts unchanged."""
    schemas: JSON = document["components"]["schemas"]
    properties: JSON = schemas["Input"].get("properties", {})
    return {name: _converted(properties.get(name, {}), value, schemas, convert) for name, value in values.items()}


def _converted(schema: JSON, value: Any, schemas: JSON, convert: Callable[[str], str]) -> Any:
    variants = list(_variants(schema, schemas))
    if isinstance(value, list):
        items: list[JSON] = [variant["items"] for variant in variants if "items" in variant]
        return [_converted(items[0] if items else {}, each, schemas, convert) for each in cast("list[Any]", value)]
    if isinstance(value, str) and any(variant.get("format") == "uri" for variant in variants):
        return convert(value)
    return value


def _variants(schema: JSON, schemas: JSON) -> Iterator[JSON]:
    """Yield a schema, and those that it refers to or combines."""
    yield schema
    if "$ref" in schema:
        yield from _variants(schemas.get(schema["$ref"].rpartition("/")[2], {}), schemas)
    for word in ("allOf", "anyOf", "oneOf"):
        for each in schema.get(word, ()):
            yield from _variants(each, schemas)


def gives_files(document: JSON) -> bool:
    """Return whether a model's output can contain files."""
    return _has_files({"$ref": "#/components/schemas/Output"}, document["components"]["schemas"], depth=10)


def _has_files(schema: JSON, schemas: JSON, depth: int) -> bool:
    if not depth:
        return False  # a recursive schema
    for variant in _variants(schema, schemas):
        inner = [variant["items"]] if "items" in variant else []
        inner += variant.get("properties", {}).values()
        if variant.get("format") == "uri" or any(_has_files(each, schemas, depth - 1) for each in inner):
            return True
    return False


def with_output_files(value: Any, convert: Callable[[str], str]) -> Any:
    """Return an output with each of its texts converted."""
    if isinstance(value, str):
        return convert(value)
    if isinstance(value, list):
        return [with_output_files(each, convert) for each in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {name: with_output_files(each, convert) for name, each in cast("JSON", value).items()}
    return value


def name_for(data_url: str) -> str:
    """Return a file name for the content of a `data:` URL."""
    media_type = data_url[5:].partition(",")[0].partition(";")[0]
    return "output" + (mimetypes.guess_extension(media_type or OCTETS) or ".bin")
