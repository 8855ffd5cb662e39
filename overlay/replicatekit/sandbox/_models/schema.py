"""The OpenAPI document of a model's version, as Cog writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from replicatekit.sandbox._models.signature import MISSING, choices_of, json_type, optional_of, title

if TYPE_CHECKING:
    from replicatekit.sandbox._models.signature import JSON, Parameter, Signature

COG_VERSION = "0.16.9"
_STATUSES = ["starting", "processing", "succeeded", "canceled", "failed"]
_EVENTS = ["start", "output", "logs", "completed"]


def cog_document(signature: Signature) -> JSON:
    """Return the document of a model with this signature: see its `components.schemas.Input` and `.Output`."""
    components: JSON = {}
    inputs = _inputs(signature, components)
    output = _output(signature, components)
    return document(inputs, output, components)


def document(inputs: JSON, output: JSON, components: JSON | None = None) -> JSON:
    """Return the document around an Input and an Output schema."""
    reference = {"$ref": "#/components/schemas/PredictionResponse"}
    response = {"description": "Successful Response", "content": {"application/json": {"schema": reference}}}
    request = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/PredictionRequest"}}}}
    return {
        "openapi": "3.0.2",
        "info": {"title": "Cog", "version": "0.1.0"},
        "paths": {
            "/predictions": {
                "post": {
                    "operationId": "predict_predictions_post",
                    "summary": "Predict",
                    "requestBody": request,
                    "responses": {"200": response},
                }
            }
        },
        "components": {"schemas": {"Input": inputs, "Output": output, **_COMMON, **(components or {})}},
    }


def _inputs(signature: Signature, components: JSON) -> JSON:
    schema: JSON = {"title": "Input", "type": "object"}
    required = [each.name for each in signature.parameters if _is_required(each)]
    if required:
        schema["required"] = required
    schema["properties"] = {
        each.name: _property(each, order, components) for order, each in enumerate(signature.parameters)
    }
    return schema


def _is_required(parameter: Parameter) -> bool:
    return parameter.field.default is MISSING and optional_of(parameter.annotation) is None


def _property(parameter: Parameter, order: int, components: JSON) -> JSON:
    field = parameter.field
    choices = field.choices or choices_of(optional_of(parameter.annotation) or parameter.annotation)
    if choices:
        kind = json_type(type(choices[0]), {})["type"]
        components[parameter.name] = {"title": parameter.name, "type": kind, "enum": list(choices)}
        schema: JSON = {"allOf": [{"$ref": f"#/components/schemas/{parameter.name}"}]}
        if optional_of(parameter.annotation) is not None:
            schema["nullable"] = True
    else:
        schema = {
            "title": title(parameter.name),
            **json_type(parameter.annotation, components),
            **field.limits,
        }
    if not _is_required(parameter) and _is_json(field.default):
        schema["default"] = field.default
    if field.description:
        schema["description"] = field.description
    if field.deprecated:
        schema["deprecated"] = True
    schema["x-order"] = order
    return schema


def _is_json(value: Any) -> bool:
    return isinstance(value, (str, int, float, bool, list, dict))


def _output(signature: Signature, components: JSON) -> JSON:
    items = json_type(signature.output, components)
    if not signature.streams:
        return {"title": "Output", **items}
    marks = {"x-cog-array-type": "iterator"}
    if signature.concatenates:
        marks["x-cog-array-display"] = "concatenate"
    return {"title": "Output", "type": "array", "items": items, **marks}


def streams(openapi_schema: JSON) -> bool:
    """Return whether a model with this document streams its output."""
    schemas: JSON = openapi_schema.get("components", {}).get("schemas", {})
    result: bool = schemas.get("Output", {}).get("x-cog-array-type") == "iterator"
    return result


_TEXT: JSON = {"type": "string"}
_COMMON: JSON = {
    "Status": {"title": "Status", "type": "string", "enum": _STATUSES},
    "WebhookEvent": {"title": "WebhookEvent", "type": "string", "enum": _EVENTS},
    "PredictionRequest": {
        "title": "PredictionRequest",
        "type": "object",
        "properties": {
            "id": _TEXT,
            "input": {"$ref": "#/components/schemas/Input"},
            "webhook": {"type": "string", "format": "uri"},
            "webhook_events_filter": {
                "type": "array",
                "items": {"$ref": "#/components/schemas/WebhookEvent"},
            },
        },
    },
    "PredictionResponse": {
        "title": "PredictionResponse",
        "type": "object",
        "properties": {
            "id": _TEXT,
            "input": {"$ref": "#/components/schemas/Input"},
            "output": {"$ref": "#/components/schemas/Output"},
            "status": {"$ref": "#/components/schemas/Status"},
            "error": _TEXT,
            "logs": {"type": "string", "default": ""},
            "metrics": {"type": "object"},
        },
    },
}
