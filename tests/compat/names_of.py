"""Print the public names of a package and their parameters as JSON: `names_of.py <package>`."""

from __future__ import annotations

import importlib
import inspect
import json
import sys

MODULES = (
    "account", "client", "collection", "deployment", "exceptions", "file", "hardware", "helpers", "identifier", "model",
    "pagination", "prediction", "resource", "run", "schema", "stream", "training", "version", "webhook",
)  # fmt: skip
MAGIC = {"__init__", "__iter__", "__aiter__", "__len__", "__getitem__"}


def parameters_of(function):
    """Return the names, kinds and defaults of a function's parameters."""
    return [
        [parameter.name, parameter.kind.name, None if parameter.default is parameter.empty else repr(parameter.default)]
        for parameter in inspect.signature(function).parameters.values()
    ]


def describe(member):
    if isinstance(member, property):
        return "property"
    function = getattr(member, "__func__", member)
    if inspect.isfunction(function):
        kind = "awaited" if inspect.iscoroutinefunction(function) else "called"
        return [type(member).__name__, kind, parameters_of(function)]
    return "value"


def of_class(path, cls, package):
    names = {path: "class"}
    for name, member in vars(cls).items():
        if name.startswith("_") and name not in MAGIC:
            continue
        if inspect.isclass(member) and member.__module__.startswith(package):
            names |= of_class(f"{path}.{name}", member, package)
        else:
            names[f"{path}.{name}"] = describe(member)
    for name in inspect.get_annotations(cls):
        if not name.startswith("_"):
            names.setdefault(f"{path}.{name}", "value")
    return names


def names_of(package):
    names = {}
    for module_name in MODULES:
        importlib.import_module(f"{package}.{module_name}")
        module = sys.modules[f"{package}.{module_name}"]
        names[module_name] = "module"
        for name, value in vars(module).items():
            if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
                continue
            if inspect.isclass(value):
                names |= of_class(f"{module_name}.{name}", value, package)
            elif inspect.isfunction(value):
                names[f"{module_name}.{name}"] = describe(value)
    root = importlib.import_module(package)
    for name in dir(root):
        value = getattr(root, name)
        if not name.startswith("_") and not inspect.ismodule(value):
            names[f".{name}"] = describe(getattr(value, "__func__", value))
    return names


if __name__ == "__main__":
    print(json.dumps(names_of(sys.argv[1])))
