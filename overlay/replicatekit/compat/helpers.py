"""Files in inputs and outputs."""

from __future__ import annotations

import base64
import io
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from importlib.util import find_spec
from mimetypes import guess_type
from pathlib import Path
from types import GeneratorType
from typing import Any, cast

import httpx

from replicatekit import errors
from replicatekit._inputs.json_values import is_array, is_hosted, url_of
from replicatekit._runtime import iterate_sync, run_sync
from replicatekit._transfer.content import RemoteContent, read
from replicatekit.compat._impl.session import CompatSession, awaiting, blocking, translated
from replicatekit.compat._impl.types import ClientLike
from replicatekit.compat.file import FileEncodingStrategy, upload

__all__ = [
    "HAS_NUMPY",
    "FileOutput",
    "async_encode_json",
    "base64_encode_file",
    "encode",
    "encode_json",
    "transform_output",
]

HAS_NUMPY = find_spec("numpy") is not None
"""Whether numpy is installed."""


def encode_json(obj: Any, client: ClientLike, file_encoding_strategy: FileEncodingStrategy | None = None) -> Any:
    """Convert a value to JSON: files become URLs, sets and generators lists, numpy's values plain ones.

    Args:
        obj: The value.
        client: Uploads files.
        file_encoding_strategy: `base64` for `data:` URLs; anything else uploads.
    """
    return run_sync(encode(blocking(client), obj, file_encoding_strategy))


async def async_encode_json(
    obj: Any, client: ClientLike, file_encoding_strategy: FileEncodingStrategy | None = None
) -> Any:
    """Convert a value to JSON; see `encode_json`."""
    return await encode(awaiting(client), obj, file_encoding_strategy)


async def encode(api: CompatSession, value: Any, strategy: str | None) -> Any:
    """Convert a value to JSON, with files uploaded or encoded."""
    if isinstance(value, dict):
        items = cast("dict[Any, Any]", value).items()
        return {key: await encode(api, item, strategy) for key, item in items}
    if isinstance(value, (list, tuple, set, frozenset, GeneratorType)):
        return [await encode(api, item, strategy) for item in cast("list[Any]", value)]
    if is_hosted(value):
        return url_of(value)
    if isinstance(value, Path):
        opened = await api.io.run(value.open, "rb")
        with opened:
            return await encode(api, opened, strategy)
    if hasattr(value, "read"):
        if strategy == "base64":
            return await api.io.run(base64_encode_file, value)
        return (await upload(api, value)).urls["get"]
    return value.tolist() if is_array(value) else value


def base64_encode_file(file: io.IOBase) -> str:
    """Return a file object's content as a `data:` URL; its name determines the media type."""
    file.seek(0)
    body: str | bytes = cast("Any", file).read()
    content = base64.b64encode(body.encode() if isinstance(body, str) else body).decode()
    media_type = guess_type(str(getattr(file, "name", "")))[0] or "application/octet-stream"
    return f"data:{media_type};base64,{content}"


class FileOutput(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A file that a model has made: downloaded by `read`, or in chunks by iteration.

    The token is sent only if the file is on the API's own host.
    """

    url: str
    """The URL of the file."""
    _client: ClientLike

    def __init__(self, url: str, client: ClientLike) -> None:
        self.url = url
        self._client = client

    def read(self) -> bytes:
        """Return the content of the file."""
        return run_sync(_read(self.url, None if _is_inside(self.url) else blocking(self._client)))

    def __iter__(self) -> Iterator[bytes]:
        yield from iterate_sync(_pieces(self.url, None if _is_inside(self.url) else blocking(self._client)))

    async def aread(self) -> bytes:
        """Return the content of the file."""
        return await _read(self.url, None if _is_inside(self.url) else awaiting(self._client))

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async with aclosing(_pieces(self.url, None if _is_inside(self.url) else awaiting(self._client))) as pieces:
            async for piece in pieces:
                yield piece

    def __str__(self) -> str:
        return self.url


def transform_output(value: Any, client: ClientLike) -> Any:
    """Convert each URL in an output, by `https:` or `data:`, to a file."""
    if isinstance(value, Mapping):
        return {key: transform_output(item, client) for key, item in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, str):
        return FileOutput(value, client) if value.startswith(("https:", "data:")) else value
    if isinstance(value, Sequence):
        return [transform_output(item, client) for item in cast("Sequence[Any]", value)]
    return value


def _is_inside(url: str) -> bool:
    return url.startswith("data:")


def _decoded(url: str) -> bytes:
    return base64.b64decode(url.partition(",")[2])


async def _read(url: str, api: CompatSession | None) -> bytes:
    if api is None:
        return _decoded(url)
    with translated(), _raising_httpx_errors(url):
        return await read(RemoteContent(url, api.session, api.io))


async def _pieces(url: str, api: CompatSession | None) -> AsyncGenerator[bytes, None]:
    if api is None:
        yield _decoded(url)
        return
    with translated(), _raising_httpx_errors(url):
        async with aclosing(RemoteContent(url, api.session, api.io).chunks()) as chunks:
            async for chunk in chunks:
                yield chunk


@contextmanager
def _raising_httpx_errors(url: str) -> Generator[None]:
    """Raise httpx's error if the response has an error status."""
    status = None
    try:
        yield
    except errors.FileGoneError:
        status = 404
    except errors.APIStatusError as error:
        status = error.status
    if status is not None:
        httpx.Response(status, request=httpx.Request("GET", url)).raise_for_status()
