"""The operations of the document, parsed independently of the generator: what the generated package must do."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from replicatekit_api.types import File

if TYPE_CHECKING:
    from types import ModuleType

DOCUMENT = json.loads((Path(__file__).parents[2] / "spec" / "openapi.json").read_text("utf-8"))

# A value that must be escaped in all parts of a URL.
AWKWARD = "a b/ü?#%2F&=+"


@frozen
class Described:
    """An operation of the document."""

    operation_id: str
    method: str
    path: str
    parameters: tuple[dict[str, Any], ...]
    body: dict[str, Any] | None
    """The media types of its body."""
    statuses: tuple[int, ...]
    """The successful statuses."""

    def __str__(self) -> str:
        return self.operation_id

    @property
    def module(self) -> ModuleType:
        *nouns, verb = self.operation_id.split(".")
        return import_module(f"replicatekit_api.api.{'_'.join(nouns) or verb}.{verb}")

    @property
    def returns(self) -> str:
        return self.module.sync.__annotations__["return"].replace("_models.", "")

    def given(self, location: str) -> dict[str, Any]:
        """Return a value for each parameter of a location."""
        found = [each for each in self.parameters if each["in"] == location]
        return {each["name"]: "wait=7" if location == "header" else _value(each["schema"]) for each in found}

    def arguments(self) -> dict[str, Any]:
        """Return a value for each argument."""
        values = {**self.given("path"), **self.given("query"), **self.given("header")}
        named = {name.lower().replace("-", "_"): value for name, value in values.items()}
        return named | ({"body": self.content()} if self.body else {})

    def content(self) -> Any:
        """Return a value for the body."""
        (media_type, described), *_ = (self.body or {}).items()
        if media_type == "text/plain":
            return "tide & pool: ünïcode"
        schema = _resolve(described["schema"])
        values = {name: _value(each) for name, each in schema["properties"].items()}
        if media_type == "multipart/form-data":
            values["content"] = File(b"\x00 sand", "sand.bin", "application/x-sand")
        return values


def _resolve(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        found = DOCUMENT
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        node = found
    return node


def _value(schema: dict[str, Any]) -> Any:
    schema = _resolve(schema)
    if "enum" in schema:
        return schema["enum"][-1]
    kind = schema.get("type")
    if kind == "array":
        return [_value(schema["items"])]
    if schema.get("format") == "date-time":
        return "2026-02-03T04:05:06+00:00"
    return {"integer": 7, "number": 0.5, "boolean": True, "object": {"depth": [1, None, "ü"]}}.get(kind, AWKWARD)


def _operations() -> list[Described]:
    return [
        Described(
            operation["operationId"],
            method.upper(),
            path,
            tuple(_resolve(each) for each in operation.get("parameters", [])),
            operation.get("requestBody", {}).get("content"),
            tuple(int(status) for status in operation["responses"] if status.startswith("2")),
        )
        for path, item in DOCUMENT["paths"].items()
        for method, operation in item.items()
    ]


OPERATIONS = _operations()
