"""replicatekit: the Python client for Replicate's HTTP API.

    import replicatekit

    print(replicatekit.run("meta/meta-llama-3-8b-instruct", {"prompt": "Say hello"}))

`Client` and `AsyncClient` have everything; `run` and its like, and the nouns (`replicatekit.models.get(...)`), are the
same on a client that is made at first use, from the environment's `REPLICATE_API_TOKEN`. Names load when they are used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from replicatekit import errors
    from replicatekit._base.cancellation import CancelToken
    from replicatekit._default_client import (
        async_iterate,
        async_run,
        async_stream,
        async_use,
        default_async_client,
        default_client,
        iterate,
        run,
        stream,
        use,
    )
    from replicatekit._predictions.map import MapResult
    from replicatekit.client import AsyncClient, Client
    from replicatekit.errors import ModelError, ReplicateError
    from replicatekit.outputs import AsyncFileOutput, FileOutput, async_save_outputs, save_outputs
    from replicatekit.pages import AsyncPage, AsyncPages, Page, async_paginate, paginate
    from replicatekit.resources.account import AccountResource, HardwareResource
    from replicatekit.resources.collection import (
        AsyncCollection,
        AsyncFoundModel,
        AsyncSearchResult,
        Collection,
        FoundModel,
        SearchResult,
    )
    from replicatekit.resources.collections import Collections
    from replicatekit.resources.deployment import AsyncDeployment, Deployment
    from replicatekit.resources.deployments import Deployments
    from replicatekit.resources.files import Files
    from replicatekit.resources.model import AsyncModel, AsyncVersion, Model, Version
    from replicatekit.resources.models import Models
    from replicatekit.resources.prediction import AsyncPrediction, AsyncTraining, Prediction, Training
    from replicatekit.resources.predictions import Predictions
    from replicatekit.resources.trainings import Trainings

    account: AccountResource
    collections: Collections
    deployments: Deployments
    files: Files
    hardware: HardwareResource
    models: Models
    predictions: Predictions
    trainings: Trainings

from replicatekit._version import __version__

__all__ = [
    "AsyncClient",
    "AsyncCollection",
    "AsyncDeployment",
    "AsyncFileOutput",
    "AsyncFoundModel",
    "AsyncModel",
    "AsyncPage",
    "AsyncPages",
    "AsyncPrediction",
    "AsyncSearchResult",
    "AsyncTraining",
    "AsyncVersion",
    "CancelToken",
    "Client",
    "Collection",
    "Deployment",
    "FileOutput",
    "FoundModel",
    "MapResult",
    "Model",
    "ModelError",
    "Page",
    "Prediction",
    "ReplicateError",
    "SearchResult",
    "Training",
    "Version",
    "__version__",
    "async_iterate",
    "async_paginate",
    "async_run",
    "async_save_outputs",
    "async_stream",
    "async_use",
    "default_async_client",
    "default_client",
    "errors",
    "iterate",
    "paginate",
    "run",
    "save_outputs",
    "stream",
    "use",
]

_HOMES = {
    "AsyncClient": "client",
    "AsyncCollection": "resources.collection",
    "AsyncDeployment": "resources.deployment",
    "AsyncFileOutput": "outputs",
    "AsyncFoundModel": "resources.collection",
    "AsyncPages": "pages",
    "AsyncModel": "resources.model",
    "AsyncPage": "pages",
    "AsyncPrediction": "resources.prediction",
    "AsyncSearchResult": "resources.collection",
    "AsyncTraining": "resources.prediction",
    "AsyncVersion": "resources.model",
    "CancelToken": "_base.cancellation",
    "Client": "client",
    "Collection": "resources.collection",
    "Deployment": "resources.deployment",
    "FileOutput": "outputs",
    "FoundModel": "resources.collection",
    "MapResult": "_predictions.map",
    "Model": "resources.model",
    "ModelError": "errors",
    "Page": "pages",
    "Prediction": "resources.prediction",
    "ReplicateError": "errors",
    "SearchResult": "resources.collection",
    "Training": "resources.prediction",
    "Version": "resources.model",
    "async_iterate": "_default_client",
    "async_paginate": "pages",
    "async_run": "_default_client",
    "async_save_outputs": "outputs",
    "async_stream": "_default_client",
    "async_use": "_default_client",
    "default_async_client": "_default_client",
    "default_client": "_default_client",
    "iterate": "_default_client",
    "paginate": "pages",
    "run": "_default_client",
    "save_outputs": "outputs",
    "stream": "_default_client",
    "use": "_default_client",
}

# The nouns of the client that is made at first use. Not in `__all__`: a star would make that client, and want a token.
_NOUNS = frozenset({"account", "collections", "deployments", "files", "hardware", "models", "predictions", "trainings"})


def __getattr__(name: str) -> Any:
    if name == "errors":
        return import_module("replicatekit.errors")
    if name in _NOUNS:
        return getattr(import_module("replicatekit._default_client").default_client(), name)
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"replicatekit.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_NOUNS})
