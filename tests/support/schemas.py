"""Schemas of models, with everything that may occur in published ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "models"


def document(properties: dict[str, Any], required: Any = (), output: Any = None, **components: Any) -> dict[str, Any]:
    """Return a model's schema with these inputs."""
    inputs = {"type": "object", "title": "Input", "properties": properties, "required": list(required)}
    schemas = {"Input": inputs, "Output": output or {"type": "string", "title": "Output"}, **components}
    return {"openapi": "3.0.2", "info": {"title": "Cog", "version": "0.1.0"}, "components": {"schemas": schemas}}


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def real_models() -> list[dict[str, Any]]:
    """Return the schemas of real models, if they are available."""
    return [json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))]


TEXT = {"type": "string"}
SECRET = {"type": "string", "format": "password", "x-cog-secret": True, "maxLength": 5}
# Texts in a schema that could break Python code or a linter.
ODD_TEXTS = (
    "with \"quotes\" and 'more'",
    "ends with a backslash\\",
    'ends with a quote"',
    '"""\nimport os\n"""',
    "\x00nul\x07bell\u2028line\x85end",
    "\u202eturned around",
    "half \ud800 a character",
    "\\N{DASH} \\u12 {braces} %s",
    "x" * 3000,
)
ODD_NAMES = (
    *("from", "class", "None", "__debug__", "3d", "num-steps", "num_steps", "num steps", "self", "cls", "client"),
    *("options", "inputs", "args", "kwargs", "names", "print", "list", "str", "Any", "Literal", "Path", "FileOutput"),
    *("l", "O", "_", "__", "é", "日本語", "ﬁeld", "field", "", "-", "a\nb", 'a"b', "a\\b", '"""', "😀", "Range", "²"),
    *("NotImplementedError", "typed_model", "Scheduler", "scheduler", "await", "match", "x" * 200),
)


def odd_document() -> dict[str, Any]:
    """Return a schema with all odd names and texts, and all kinds of inputs."""
    kinds: list[dict[str, Any]] = [
        {},
        {"type": "string", "format": "uri"},
        {"type": "array", "items": {"type": "string", "format": "uri"}},
        {"type": "array", "items": {"type": "integer"}, "default": [1, "two", None]},
        {"allOf": [ref("Choice")], "default": "none of them"},
        {"allOf": [ref("Choice")], "nullable": True},
        {"anyOf": [{"type": "integer", "minimum": 3}, {"type": "string"}, {"type": "null"}]},
        {"anyOf": [], "type": "number"},
        {"type": "integer", "minimum": 1, "maximum": 4, "default": 99},
        {"type": "integer", "default": 7.5},
        {"type": "number", "minimum": 0, "maximum": 10**400, "default": 1},
        {"type": "boolean", "default": "yes"},
        {"type": "object", "default": {"a": 1}},
        {"type": ["string", "null"], "maxLength": 10},
        {"enum": [0.5, 1.0]},
        {"enum": [None, "a", 1, True]},
        {"enum": [f"class {number}" for number in range(1000)], "type": "string"},
        {"$ref": "#/components/schemas/Nowhere"},
        ref("Loop"),
        {"type": "no such type"},
        SECRET,
        {**SECRET, "default": "hunter2"},
    ]
    texts = [*ODD_TEXTS, "", "plain"]
    properties = {
        name: {**kinds[index % len(kinds)], "description": texts[index % len(texts)], "x-order": index % 7}
        for index, name in enumerate(ODD_NAMES)
    }
    loop = {"anyOf": [ref("Loop"), {"type": "array", "items": ref("Loop")}]}
    structure = {
        "type": "object",
        "properties": {"file": {"type": "string", "format": "uri"}, "class": {}, "a-b": TEXT},
    }
    output = {"type": "array", "items": ref("ModelOutput")}
    choice = {"enum": ["a", 'b"c', "d\\e"], "type": "string", "title": "Choice"}
    return document(properties, ["from", "3d"], output, Choice=choice, Loop=loop, ModelOutput=structure)
