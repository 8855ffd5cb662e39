"""Files on their way into inputs and out of outputs."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from contextlib import aclosing, contextmanager
from mimetypes import guess_type
from pathlib import Path
from types import GeneratorType
from typing import TYPE_CHECKING, Any, cast

import httpx

from replicatekit import errors
from replicatekit._inputs.json_values import is_array, is_hosted, url_of
from replicatekit._runtime import iterate_sync, run_sync
from replicatekit._transfer.content import RemoteContent, read
from replicatekit.compat._impl.session import awaiting, blocking, translated
from replicatekit.compat.file import uploaded

if TYPE_CHECKING:
    import io
    from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator

    from replicatekit.compat._impl.session import CompatSession
    from replicatekit.compat.client import Client
    from replicatekit.compat.file import FileEncodingStrategy

__all__ = ["FileOutput", "async_encode_json", "base64_encode_file", "encode_json", "encoded", "transform_output"]


def encode_json(obj: Any, client: Client, file_encoding_strategy: FileEncodingStrategy | None = None) -> Any:
    """A value as JSON has it: files become URLs, sets and generators lists, numpy's values plain ones.

    Args:
        obj: The value.
        client: By which files are uploaded.
        file_encoding_strategy: `base64` for `data:` URLs; anything else uploads.
    """
    return run_sync(encoded(blocking(client), obj, file_encoding_strategy))


async def async_encode_json(
    obj: Any, client: Client, file_encoding_strategy: FileEncodingStrategy | None = None
) -> Any:
    """As `encode_json`."""
    return await encoded(awaiting(client), obj, file_encoding_strategy)


async def encoded(api: CompatSession, value: Any, strategy: str | None) -> Any:
    """A value as JSON has it."""
    if isinstance(value, dict):
        items = cast("dict[Any, Any]", value).items()
        return {key: await encoded(api, item, strategy) for key, item in items}
    if isinstance(value, (list, tuple, set, frozenset, GeneratorType)):
        return [await encoded(api, item, strategy) for item in cast("list[Any]", value)]
    if is_hosted(value):
        return url_of(value)
    if isinstance(value, Path):
        opened = await api.io.run(value.open, "rb")
        with opened:
            return await encoded(api, opened, strategy)
    if hasattr(value, "read"):
        if strategy == "base64":
            return await api.io.run(base64_encode_file, value)
        return (await uploaded(api, value)).urls["get"]
    return value.tolist() if is_array(value) else value


def base64_encode_file(file: io.IOBase) -> str:
    """A file object's content as a `data:` URL; its type is told by its name."""
    file.seek(0)
    body: str | bytes = cast("Any", file).read()
    content = base64.b64encode(body.encode() if isinstance(body, str) else body).decode()
    media_type = guess_type(str(getattr(file, "name", "")))[0] or "application/octet-stream"
    return f"data:{media_type};base64,{content}"


class FileOutput(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A file that a model has made: read when it is wanted, iterated over in chunks.

    The token goes with the request only where the file is on the API's own host.
    """

    url: str
    """Where it is."""
    _client: Client

    def __init__(self, url: str, client: Client) -> None:
        self.url = url
        self._client = client

    def read(self) -> bytes:
        """All of it."""
        return run_sync(_read(self.url, None if _is_inside(self.url) else blocking(self._client)))

    def __iter__(self) -> Iterator[bytes]:
        yield from iterate_sync(_pieces(self.url, None if _is_inside(self.url) else blocking(self._client)))

    async def aread(self) -> bytes:
        """As `read`."""
        return await _read(self.url, None if _is_inside(self.url) else awaiting(self._client))

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async with aclosing(_pieces(self.url, None if _is_inside(self.url) else awaiting(self._client))) as pieces:
            async for piece in pieces:
                yield piece

    def __str__(self) -> str:
        return self.url


def transform_output(value: Any, client: Client) -> Any:
    """An output in which each URL, by `https:` or `data:`, has become a file."""
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
    with translated(), _told_by_httpx(url):
        return await read(RemoteContent(url, api.session, api.io))


async def _pieces(url: str, api: CompatSession | None) -> AsyncGenerator[bytes, None]:
    if api is None:
        yield _decoded(url)
        return
    with translated(), _told_by_httpx(url):
        async with aclosing(RemoteContent(url, api.session, api.io).chunks()) as chunks:
            async for chunk in chunks:
                yield chunk


@contextmanager
def _told_by_httpx(url: str) -> Generator[None]:
    """A file that cannot be had for its answer's status is told so by httpx's error."""
    status = None
    try:
        yield
    except errors.FileGoneError:
        status = 404
    except errors.APIStatusError as error:
        status = error.status
    if status is not None:
        httpx.Response(status, request=httpx.Request("GET", url)).raise_for_status()
