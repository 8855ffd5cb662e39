"""replicatekit: the Python client for Replicate's HTTP API.

    import replicatekit

    print(replicatekit.run("meta/meta-llama-3-8b-instruct", {"prompt": "Say hello"}))

`Client` and `AsyncClient` have everything; `run` and its like are the same on a client that is made at first use, from
the environment's `REPLICATE_API_TOKEN`. Names load when they are used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from replicatekit import errors
    from replicatekit._cancel import CancelToken
    from replicatekit._default import (
        async_iterate,
        async_run,
        async_stream,
        default_async_client,
        default_client,
        iterate,
        run,
        stream,
    )
    from replicatekit.client import AsyncClient, Client
    from replicatekit.errors import ModelError, ReplicateError
    from replicatekit.outputs import AsyncFileOutput, FileOutput, async_save_outputs, save_outputs
    from replicatekit.prediction import AsyncPrediction, AsyncTraining, Prediction, Training

__version__ = "0.1.0"

__all__ = [
    "AsyncClient",
    "AsyncFileOutput",
    "AsyncPrediction",
    "AsyncTraining",
    "CancelToken",
    "Client",
    "FileOutput",
    "ModelError",
    "Prediction",
    "ReplicateError",
    "Training",
    "__version__",
    "async_iterate",
    "async_run",
    "async_save_outputs",
    "async_stream",
    "default_async_client",
    "default_client",
    "errors",
    "iterate",
    "run",
    "save_outputs",
    "stream",
]

_HOMES = {
    "AsyncClient": "client",
    "AsyncFileOutput": "outputs",
    "AsyncPrediction": "prediction",
    "AsyncTraining": "prediction",
    "CancelToken": "_cancel",
    "Client": "client",
    "FileOutput": "outputs",
    "ModelError": "errors",
    "Prediction": "prediction",
    "ReplicateError": "errors",
    "Training": "prediction",
    "async_iterate": "_default",
    "async_run": "_default",
    "async_save_outputs": "outputs",
    "async_stream": "_default",
    "default_async_client": "_default",
    "default_client": "_default",
    "iterate": "_default",
    "run": "_default",
    "save_outputs": "outputs",
    "stream": "_default",
}


def __getattr__(name: str) -> Any:
    if name == "errors":
        return import_module("replicatekit.errors")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"replicatekit.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
