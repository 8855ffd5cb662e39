"""The functions of the module: `replicatekit.run(...)` and the like, on a client that is made at first use.

One sync client and one async client serve the whole process. Both are safe across threads; the connections beneath are
made anew after a fork, and for each event loop.
"""

from __future__ import annotations

import atexit
from typing import TYPE_CHECKING, Any, Unpack

from replicatekit._base.docstrings import same_words
from replicatekit._base.locks import fork_safe_lock
from replicatekit.client import AsyncClient, Client

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replicatekit._domain.reference import Runnable
    from replicatekit._predictions.run import RunOptions
    from replicatekit._predictions.stream_options import StreamOptions
    from replicatekit.resources.prediction import AsyncPrediction, Prediction
    from replicatekit.streaming import AsyncEventStream, AsyncItemStream, EventStream, ItemStream
    from replicatekit_api.models import Deployment

__all__ = [
    "async_iterate",
    "async_run",
    "async_stream",
    "default_async_client",
    "default_client",
    "iterate",
    "run",
    "stream",
]

_lock = fork_safe_lock()
_clients: dict[type, Any] = {}


def default_client() -> Client:
    """The client behind the functions of the module; made when it is first asked for.

    Raises:
        MissingTokenError: The environment has no token.
    """
    return _made(Client)


def default_async_client() -> AsyncClient:
    """The async client behind the async functions of the module; made when it is first asked for.

    Raises:
        MissingTokenError: The environment has no token.
    """
    return _made(AsyncClient)


def _made(kind: type[Any]) -> Any:
    client = _clients.get(kind)
    if client is None:
        with _lock:
            client = _clients.get(kind)
            if client is None:
                client = _clients[kind] = kind()
                if isinstance(client, Client):
                    atexit.register(client.close)
    return client


@same_words(Client.run)
def run(
    ref: Runnable | None = None,
    input: Mapping[str, Any] | None = None,
    *,
    deployment: str | Deployment | None = None,
    **options: Unpack[RunOptions],
) -> Any:
    return default_client().run(ref, input, deployment=deployment, **options)


@same_words(Client.run)
async def async_run(
    ref: Runnable | None = None,
    input: Mapping[str, Any] | None = None,
    *,
    deployment: str | Deployment | None = None,
    **options: Unpack[RunOptions],
) -> Any:
    return await default_async_client().run(ref, input, deployment=deployment, **options)


@same_words(Client.stream)
def stream(
    ref: Runnable | None = None,
    input: Mapping[str, Any] | None = None,
    *,
    deployment: str | Deployment | None = None,
    **options: Unpack[StreamOptions],
) -> EventStream[Prediction]:
    return default_client().stream(ref, input, deployment=deployment, **options)


@same_words(Client.stream)
def async_stream(
    ref: Runnable | None = None,
    input: Mapping[str, Any] | None = None,
    *,
    deployment: str | Deployment | None = None,
    **options: Unpack[StreamOptions],
) -> AsyncEventStream[AsyncPrediction]:
    return default_async_client().stream(ref, input, deployment=deployment, **options)


@same_words(Client.iterate)
def iterate(
    ref: Runnable | None = None,
    input: Mapping[str, Any] | None = None,
    *,
    deployment: str | Deployment | None = None,
    **options: Unpack[StreamOptions],
) -> ItemStream[Prediction]:
    return default_client().iterate(ref, input, deployment=deployment, **options)


@same_words(Client.iterate)
def async_iterate(
    ref: Runnable | None = None,
    input: Mapping[str, Any] | None = None,
    *,
    deployment: str | Deployment | None = None,
    **options: Unpack[StreamOptions],
) -> AsyncItemStream[AsyncPrediction]:
    return default_async_client().iterate(ref, input, deployment=deployment, **options)
