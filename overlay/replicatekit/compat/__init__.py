"""A drop-in replacement for the official Python client (`replicate` 1.0), built on replicatekit.

    from replicatekit import compat as replicate

    output = replicate.run("black-forest-labs/flux-schnell", input={"prompt": "a lighthouse"})

Code that was written for that client runs unchanged, apart from the differences in docs/migrating.md. New code should
use `replicatekit` itself.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from replicatekit.compat import (
        account,
        client,
        collection,
        deployment,
        exceptions,
        file,
        helpers,
        identifier,
        model,
        pagination,
        prediction,
        resource,
        schema,
        training,
        version,
        webhook,
    )
    from replicatekit.compat.client import Client
    from replicatekit.compat.pagination import async_paginate, paginate

    default_client = Client()
    run = default_client.run
    async_run = default_client.async_run
    stream = default_client.stream
    async_stream = default_client.async_stream
    accounts = default_client.accounts
    collections = default_client.collections
    deployments = default_client.deployments
    files = default_client.files
    hardware = default_client.hardware
    models = default_client.models
    predictions = default_client.predictions
    trainings = default_client.trainings
    webhooks = default_client.webhooks

__all__ = [
    "Client",
    "account",
    "accounts",
    "async_paginate",
    "async_run",
    "async_stream",
    "client",
    "collection",
    "collections",
    "default_client",
    "deployment",
    "deployments",
    "exceptions",
    "file",
    "files",
    "hardware",
    "helpers",
    "identifier",
    "model",
    "models",
    "paginate",
    "pagination",
    "prediction",
    "predictions",
    "resource",
    "run",
    "schema",
    "stream",
    "training",
    "trainings",
    "version",
    "webhook",
    "webhooks",
]

_OF_CLIENT = frozenset({
    "accounts", "async_run", "async_stream", "collections", "deployments", "files", "hardware", "models",
    "predictions", "run", "stream", "trainings", "webhooks",
})  # fmt: skip
_HOMES = {"Client": "client", "async_paginate": "pagination", "paginate": "pagination"}
_SUBMODULES = frozenset({
    "__about__", "account", "client", "collection", "deployment", "exceptions", "file", "helpers", "identifier",
    "model", "pagination", "prediction", "resource", "schema", "training", "version", "webhook",
})  # fmt: skip


class _Package(ModuleType):
    """A package whose functions are not replaced by submodules of the same name, such as `run`."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _OF_CLIENT and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES:
        return import_module(f"replicatekit.compat.{name}")
    if name == "default_client":
        value: Any = import_module("replicatekit.compat.client").Client()
    elif name in _OF_CLIENT:
        value = getattr(sys.modules[__name__].default_client, name)
    elif name in _HOMES:
        value = getattr(import_module(f"replicatekit.compat.{_HOMES[name]}"), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return globals().setdefault(name, value)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_OF_CLIENT, *_SUBMODULES})
