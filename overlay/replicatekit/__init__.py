"""replicatekit: the Python client for Replicate's HTTP API.

    import replicatekit

    print(replicatekit.run("meta/meta-llama-3-8b-instruct", {"prompt": "Say hello"}))

`Client` and `AsyncClient` have everything. The functions (`run`, `stream`, `search`, ...) and the namespaces
(`replicatekit.models.get(...)`) of this module use a default client, which is created at the first request with
the token in the environment variable `REPLICATE_API_TOKEN`.

Submodules: `errors`, `options`, `outputs`, `pages`, `streaming`, `webhooks`; `sandbox` and `compat`.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from replicatekit._base.forks import wait_for_imports_before_forks

if TYPE_CHECKING:
    from replicatekit import errors, options, outputs, pages, streaming, webhooks
    from replicatekit._base.cancellation import CancelToken
    from replicatekit._default_client import (
        async_iterate,
        async_run,
        async_search,
        async_stream,
        async_use,
        default_async_client,
        default_client,
        iterate,
        run,
        search,
        stream,
        use,
    )
    from replicatekit._predictions.map import MapResult
    from replicatekit.client import AsyncClient, Client
    from replicatekit.errors import ModelError, ReplicateError
    from replicatekit.outputs import AsyncFileOutput, FileOutput, async_save_outputs, save_outputs
    from replicatekit.pages import AsyncPage, AsyncPages, Page, paginate
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
    from replicatekit.resources.model import AsyncModel, Model
    from replicatekit.resources.models import Models
    from replicatekit.resources.prediction import AsyncPrediction, Prediction
    from replicatekit.resources.predictions import Predictions
    from replicatekit.resources.training import AsyncTraining, Training
    from replicatekit.resources.trainings import Trainings
    from replicatekit.resources.version import AsyncVersion, Version

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
    "account",
    "async_iterate",
    "async_run",
    "async_save_outputs",
    "async_search",
    "async_stream",
    "async_use",
    "collections",
    "default_async_client",
    "default_client",
    "deployments",
    "errors",
    "files",
    "hardware",
    "iterate",
    "models",
    "options",
    "outputs",
    "pages",
    "paginate",
    "predictions",
    "run",
    "save_outputs",
    "search",
    "stream",
    "streaming",
    "trainings",
    "use",
    "webhooks",
]

_NAMES = {
    "_base.cancellation": "CancelToken",
    "_default_client": (
        "async_iterate async_run async_search async_stream async_use default_async_client default_client iterate "
        "run search stream use"
    ),
    "_predictions.map": "MapResult",
    "client": "AsyncClient Client",
    "errors": "ModelError ReplicateError",
    "outputs": "AsyncFileOutput FileOutput async_save_outputs save_outputs",
    "pages": "AsyncPage AsyncPages Page paginate",
    "resources.collection": "AsyncCollection AsyncFoundModel AsyncSearchResult Collection FoundModel SearchResult",
    "resources.deployment": "AsyncDeployment Deployment",
    "resources.model": "AsyncModel Model",
    "resources.prediction": "AsyncPrediction Prediction",
    "resources.training": "AsyncTraining Training",
    "resources.version": "AsyncVersion Version",
}
_HOMES = {name: home for home, names in _NAMES.items() for name in names.split()}
_MODULES = frozenset({"errors", "options", "outputs", "pages", "streaming", "webhooks"})
_NAMESPACES = frozenset(
    {"account", "collections", "deployments", "files", "hardware", "models", "predictions", "trainings"}
)


wait_for_imports_before_forks(loads_logging="threading" in sys.modules)


def __getattr__(name: str) -> Any:
    if name in __all__:
        wait_for_imports_before_forks(loads_logging=True)
    if name in _MODULES:
        return import_module(f"replicatekit.{name}")
    if name in _NAMESPACES:
        return getattr(import_module("replicatekit._default_client").namespaces, name)
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"replicatekit.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
