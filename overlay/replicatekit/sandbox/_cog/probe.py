"""Inspects a Cog model: `python probe.py look|schema`, in its folder.

`look` prints Cog's version and the settings in cog.yaml; `schema` prints the OpenAPI document of a predictor, for Cog
0.17 and later, which writes it when a model is built, not when it is served. The Python of the model's environment runs
this script, and may be older than ours: it uses the standard library and Cog only.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import inspect
import json
import os
import sys
import warnings
from importlib import metadata
from typing import Any


def look() -> dict[str, Any]:
    """Return Cog's version, the predictor, and its concurrency."""
    try:
        version = metadata.version("cog")
    except metadata.PackageNotFoundError:
        return {"error": "missing"}
    with open("cog.yaml", encoding="utf-8") as file:  # noqa: PTH123 - relative to the folder
        config: dict[str, Any] = importlib.import_module("yaml").safe_load(file)
    if not hasattr(config, "get"):
        return {"error": "cog.yaml is not a mapping"}
    predictor = config.get("run") or config.get("predict")
    if not isinstance(predictor, str):
        return {"error": "cog.yaml names no predictor, such as `predict: predict.py:Predictor`"}
    concurrency: dict[str, Any] = config.get("concurrency") or {"max": 1}
    return {"version": version, "predictor": predictor, "concurrency": int(concurrency["max"])}


def schema() -> dict[str, Any]:
    """Return the schemas of a predictor's input and output, and their components."""
    defaults = _watch_defaults()
    path, _, name = os.environ["COG_PREDICT_TYPE_STUB"].partition(":")
    module = os.path.basename(path).partition(".py")[0]  # noqa: PTH119 - older Pythons as well
    spec = importlib.util.spec_from_file_location(module, path)
    if spec is None or spec.loader is None:
        return {"error": f"{path} is not a Python module"}
    loaded = sys.modules[module] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    name = name or ("Runner" if hasattr(loaded, "Runner") else "Predictor")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = importlib.import_module("cog._inspector").create_predictor(module, name)
    choices = {field.name: _choices(field) for field in found.inputs.values() if field.choices}
    required = _required(getattr(loaded, name), found.inputs, defaults)
    return {"inputs": _inputs(found.inputs, required), "output": found.output.json_type(), "components": choices}


def _watch_defaults() -> list[Any]:
    """Return a list that collects each `Input(...)` with a default; in Cog's own fields, None is also no default."""
    cog: Any = importlib.import_module("cog")
    make_input, fields_with_default = cog.Input, list[Any]()

    @functools.wraps(make_input)
    def watched(*arguments: Any, **options: Any) -> Any:
        field = make_input(*arguments, **options)
        if arguments or "default" in options:
            fields_with_default.append(field)
        return field

    cog.Input = watched
    return fields_with_default


def _required(predictor: Any, fields: dict[str, Any], defaults: list[Any]) -> list[str]:
    methods = [getattr(predictor, name, None) for name in ("run", "predict")] if inspect.isclass(predictor) else []
    parameters: dict[str, Any] = {}
    for method in [predictor, *methods]:
        if callable(method) and set(fields) <= set(inspect.signature(method).parameters):
            parameters = dict(inspect.signature(method).parameters)
    given = [name for name, one in parameters.items() if any(one.default is default for default in defaults)]
    given += [name for name, one in parameters.items() if one.default is None]
    return [name for name, one in fields.items() if one.default is None and not _is_optional(one) and name not in given]


def _choices(field: Any) -> dict[str, Any]:
    return {"title": field.name, "enum": list(field.choices), **field.type.primitive.json_type()}


def _inputs(fields: dict[str, Any], required: list[str]) -> dict[str, Any]:
    properties = {name: _property(field) for name, field in fields.items()}
    document: dict[str, Any] = {"title": "Input", "type": "object", "properties": properties}
    return {**document, "required": required} if required else document


def _is_optional(field: Any) -> bool:
    result: bool = field.type.repetition.name.startswith("OPTIONAL")
    return result


_RULES = {
    "description": "description",
    "minimum": "ge",
    "maximum": "le",
    "minLength": "min_length",
    "maxLength": "max_length",
    "pattern": "regex",
    "deprecated": "deprecated",
}


def _property(field: Any) -> dict[str, Any]:
    if field.choices:
        found: dict[str, Any] = {"allOf": [{"$ref": f"#/components/schemas/{field.name}"}]}
    else:
        found = {"title": field.name.replace("_", " ").title(), **field.type.json_type()}
    if field.default is not None:
        default = field.type.json_encode(field.default)
        if isinstance(default, (str, int, float, bool, list, dict)):
            found["default"] = default
    if _is_optional(field):
        found["nullable"] = True
    for word, attribute in _RULES.items():
        value = getattr(field, attribute)
        if value is not None:
            found[word] = value
    return {**found, "x-order": field.order}


def main(command: str) -> None:
    """Print the result as JSON. Output of the predictor's import goes to standard error."""
    stdout = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    sys.path[0] = os.getcwd()  # noqa: PTH109 - as above
    with stdout:
        json.dump(look() if command == "look" else schema(), stdout)


if __name__ == "__main__":
    main(sys.argv[1])
