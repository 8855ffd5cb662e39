"""Documents of other APIs: valid by the standard, but as unusual as possible."""

from __future__ import annotations

from typing import Any


def document(paths: dict[str, Any], schemas: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {"title": "Strange things", "version": "1"},
        "servers": [{"url": "https://strange.example/base"}],
        "paths": paths,
        **({"components": {"schemas": schemas}} if schemas else {}),
        **more,
    }


def json_of(schema: Any) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def answer(schema: Any = None, description: str = "Fine.") -> dict[str, Any]:
    return {"description": description, **(json_of(schema) if schema is not None else {})}


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def parameter(name: str, location: str, schema: Any = None, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "in": location,
        "required": location == "path",
        "schema": schema or {"type": "string"},
        **more,
    }


def get(schema: Any, **more: Any) -> dict[str, Any]:
    return {"get": {"operationId": "things.get", "responses": {"200": answer(schema)}, **more}}


# Objects and schemas of all kinds.
PETS = document(
    {
        "/pets": {
            "get": {"operationId": "pets.list", "responses": {"200": answer({"type": "array", "items": ref("Pet")})}},
            "post": {
                "operationId": "pets.create",
                "requestBody": {"required": True, **json_of(ref("NewPet"))},
                "responses": {"201": answer(ref("Pet")), "202": answer(ref("Job")), "204": answer()},
            },
        },
        "/trees/{id}": {
            "parameters": [parameter("id", "path", {"type": "integer"})],
            "get": {"operationId": "trees.get", "responses": {"200": answer(ref("Tree"))}},
        },
    },
    {
        "Named": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
        "NewPet": {
            "allOf": [
                ref("Named"),
                {"type": "object", "properties": {"age": {"type": "integer"}, "pin": ref("Pin")}},
            ]
        },
        "Pin": {"type": "string", "format": "password"},
        "Cat": {
            "type": "object",
            "properties": {"kind": {"const": "cat"}, "name": {"type": "string"}, "lives": {"type": "integer"}},
        },
        "Dog": {
            "type": "object",
            "properties": {
                "kind": {"const": "dog"},
                "name": {"type": "string"},
                "tricks": {"type": "array", "items": {}},
            },
        },
        "Pet": {"oneOf": [ref("Cat"), ref("Dog")], "discriminator": {"propertyName": "kind"}},
        "Job": {"type": "object", "properties": {"job": {"type": "string", "format": "uuid"}}},
        "Size": {"type": "integer", "enum": [1, 2, -3]},
        "Tree": {
            "type": "object",
            "properties": {
                "children": {"type": "array", "items": ref("Tree")},
                "parent": {"oneOf": [ref("Tree"), {"type": "null"}]},
                "by_name": {"type": "object", "additionalProperties": ref("Tree")},
                "scores": ref("Marks"),
                "nested": {"type": "object", "additionalProperties": ref("Scores")},
                "colours": {
                    "type": "array",
                    "items": {"type": "string", "enum": ["red", "sea green", "sea-green", ""]},
                },
                "maybe": {"type": "array", "items": {"type": ["string", "null"]}},
                "size": ref("Size"),
                "either": {"oneOf": [{"type": "integer"}, {"type": "string", "enum": ["many"]}, {"type": "null"}]},
                "both": {"anyOf": [{"type": "number"}, {"type": "integer"}]},
                "matrix": {"type": "array", "items": {"type": "array", "items": {"type": "number"}}},
                "day": {"type": "string", "format": "date"},
                "free": {},
                "mixed": {"enum": [1, "a", None, {}]},
                "sizes": {"type": "number", "enum": [0.5, 1, True]},
                "login": {"type": "object", "properties": {"pin": ref("Pin"), "user": {"type": "string"}}},
            },
        },
        "Points": {"title": "Points", **ref("Scores")},
        "Marks": ref("Points"),
        "Scores": {"type": "object", "title": "Scores", "additionalProperties": {"type": "number"}},
    },
)

WORDS = [
    "from_dict", "to_dict", "to-dict", "$ref", "type", "list", "get", "class", "from", "self", "cls", "None", "True",
    "property", "str", "int", "dict", "datetime", "invalid_values", "_data", "__init__", "__class__", "größe", "名前",
    "ﬁt", "a b", "a-b c", "1st", "", "id", "input", "frozenset", "types", "Any", "mapping", "import", "match", "client",
    "additional_properties", "_match_score", "with.dot", "with\"quote", "with\\slash", "emoji 🐚", "print", "object",
    "View",
]  # fmt: skip

# Names that Python or this package use themselves.
NAMES = document(
    {
        "/{self}/{class}/{client}/{body}/{template}": {
            "put": {
                "operationId": "names.update",
                "parameters": [
                    *(parameter(name, "path") for name in ("self", "class", "client", "body", "template")),
                    *(parameter(name, "query") for name in ("from", "client", "url", "body", "sync_detailed", "x-y")),
                    *(parameter(name, "header") for name in ("X-From", "asyncio-detailed", "x-y")),
                    *(parameter(name, "cookie") for name in ("session", "from")),
                ],
                "requestBody": {"required": True, **json_of(ref("Words"))},
                "responses": {"200": answer(ref("Words"))},
            }
        },
        "/import": {"get": {"operationId": "class.import", "responses": {"200": answer(ref("Any"))}}},
        "/print": {"post": {"operationId": "print", "responses": {"200": answer(ref("Response"))}}},
        "/none": {"delete": {"responses": {"204": answer()}}},
    },
    {
        "Words": {"type": "object", "properties": {name: {"type": "string"} for name in WORDS if name}},
        **{
            name: {"type": "object", "properties": {"x": {"type": "array", "items": ref("Mapping")}}}
            for name in ("Any", "Response", "Client", "Mapping", "Sequence", "Literal", "Unset", "View", "list")
        },
    },
)

# Encodings of parameters and bodies.
WIRE = document(
    {
        "/forms": {
            "post": {
                "operationId": "forms.send",
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/x-www-form-urlencoded": {
                            "schema": {
                                "type": "object",
                                "properties": {
                                    "name": {"type": "string"},
                                    "many": {"type": "array", "items": {"type": "integer"}},
                                    "flag": {"type": "boolean"},
                                },
                            }
                        }
                    },
                },
                "responses": {"200": answer({"type": "boolean"})},
            }
        },
        "/several": {
            "post": {
                "operationId": "several.send",
                "requestBody": {
                    "content": {
                        "application/xml": {"schema": {"type": "string"}},
                        "application/vnd.thing+json; charset=utf-8": {"schema": {"type": "object"}},
                    }
                },
                "responses": {"200": {"description": "", "content": {"text/csv": {"schema": {"type": "string"}}}}},
            }
        },
        "/picture": {
            "put": {
                "operationId": "picture.put",
                "requestBody": {
                    "required": True,
                    "content": {"image/png": {"schema": {"type": "string", "format": "binary"}}},
                },
                "responses": {"default": {"description": "", "content": {"image/*": {}}}},
            }
        },
        "/optional": {
            "patch": {
                "operationId": "optional.patch",
                "requestBody": {"required": False, **json_of({"type": "object"})},
                "responses": {
                    "2XX": answer({"type": "integer"}),
                    "4XX": answer(ref("Oops")),
                    "500": answer(ref("Crash")),
                },
            }
        },
        "/tags/{tags}": {
            "get": {
                "operationId": "tags.get",
                "parameters": [
                    parameter("tags", "path", {"type": "array", "items": {"type": "string"}}),
                    parameter("ids", "query", {"type": "array", "items": {"type": "integer"}}),
                    parameter("on", "query", {"type": "boolean"}),
                    parameter(
                        "size", "query", {"type": "integer", "enum": [1, 2], "default": 2}, description="How big."
                    ),
                    parameter("X-Flags", "header", {"type": "string"}),
                ],
                "responses": {"200": answer({"type": "string"})},
            }
        },
    },
    {
        "Oops": {"type": "object", "properties": {"code": {"type": "integer"}, "why": {"type": "string"}}},
        "Crash": {"type": "object", "properties": {"trace": {"type": "string"}}},
    },
)

# Methods that OpenAPI 3.1 does not support, and path items that are references.
METHODS = document(
    {
        "/a": {
            "query": {"operationId": "a.search", "requestBody": {"required": True, **json_of({"type": "object"})}}
            | {"responses": {"200": answer({"type": "array", "items": {"type": "string"}})}},
            "get": {"operationId": "a.get", "responses": {"204": answer()}},
            "additionalOperations": {
                "COPY": {"operationId": "a.copy", "responses": {"201": answer({"type": "string"})}},
                "LOCK": {"operationId": "a.lock", "responses": {"204": answer()}},
            },
            "x-note": {"not": "an operation"},
        },
        "/b/{id}": {"$ref": "#/components/pathItems/B"},
    },
    components={
        "pathItems": {
            "B": {
                "parameters": [parameter("id", "path")],
                "delete": {"operationId": "b.delete", "responses": {"204": answer()}},
            }
        }
    },
)


def hostile(text: str) -> dict[str, Any]:
    """Return a document with a text in every place that accepts one."""
    result = document(
        {
            f"/x{text}/{{id}}": {
                "get": {
                    "operationId": f"x.{text}get",
                    "tags": [text],
                    "summary": text,
                    "description": text,
                    "parameters": [
                        parameter("id", "path", description=text),
                        parameter(f"q{text}", "query", {"type": "string", "default": text}, description=text),
                        parameter("h", "header", {"type": "string", "enum": [text, "b"], "title": "Words"}),
                    ],
                    "responses": {"200": answer(ref("Thing"), text), "404": answer(ref("Thing"), text)},
                }
            }
        },
        {
            "Thing": {
                "type": "object",
                "title": f"Thing{text}",
                "description": text,
                "required": [f"k{text}"],
                "properties": {
                    f"k{text}": {"type": "string", "description": text, "format": "password"},
                    "enum": {"type": "string", "enum": [text, f"{text}2"], "description": text},
                    "const": {"const": text},
                    "date": {"type": "string", "format": "date-time", "example": text},
                },
            }
        },
        servers=[{"url": f"https://strange.example/{text}"}],
    )
    result["info"]["title"] = text
    return result
