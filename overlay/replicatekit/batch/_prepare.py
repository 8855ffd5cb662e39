"""Prepares inputs for sending: small files are inlined, larger ones uploaded once for all items that use them."""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread

from replicatekit._base.signatures import resolvable
from replicatekit._files import data_urls
from replicatekit._files.media_types import media_type_of
from replicatekit._inputs.file_sources import INLINE_LIMIT
from replicatekit.batch._items import FILE, canonical, digest_of_file, with_files
from replicatekit.batch._tree import rebuild
from replicatekit.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Generator

    from replicatekit import AsyncClient
    from replicatekit.batch._journal.records import Claim
    from replicatekit.batch._journal.writer import JournalWriter

_KEPT_SECONDS = 23 * 3600.0  # the API keeps an upload for 24 hours; a prediction may be queued before it reads it


class Uploads:
    """Makes the files of inputs readable for the API."""

    def __init__(self, client: AsyncClient, writer: JournalWriter) -> None:
        self._client = client
        self._writer = writer
        self._locks: dict[str, anyio.Lock] = {}

    async def prepare(self, claim: Claim) -> dict[str, Any]:
        """The input as JSON.

        Raises:
            InvalidInput: A file is missing, or has changed since it was added.
            APIError: A file could not be uploaded.
        """
        tree = json.loads(claim.input)
        files: dict[str, dict[str, Any]] = {}
        with_files(tree, lambda file: files.setdefault(file["sha256"], file))
        urls = {digest: await self._url(file) for digest, file in files.items()}
        result: dict[str, Any] = with_files(tree, lambda file: urls[file["sha256"]])
        return result

    async def _url(self, file: dict[str, Any]) -> str:
        digest: str = file["sha256"]
        if file["size"] <= INLINE_LIMIT:
            content = await self._content(file)
            return data_urls.encode([content], file.get("type") or _media_type(file, content))
        lock = self._locks.setdefault(digest, anyio.Lock())
        async with lock:
            journal = self._writer.journal
            url = await self._writer.acall(journal.files.upload_of, digest)
            if url is not None:
                return url
            url = await self._upload(file)
            await self._writer.acall(journal.files.uploaded, digest, url, _KEPT_SECONDS)
        return url

    async def _upload(self, file: dict[str, Any]) -> str:
        """Upload a file, streaming it from disk, and return its URL."""
        if "path" not in file:
            uploaded = await self._client.files.create(await self._content(file), filename=file["name"])
        else:
            path = Path(file["path"])
            with _reading(path):
                _check_digest(path, file, await anyio.to_thread.run_sync(digest_of_file, path))
            uploaded = await self._client.files.create(path)
            if uploaded.checksums and uploaded.checksums.sha256:  # the file may have changed meanwhile
                _check_digest(path, file, uploaded.checksums.sha256)
        return (uploaded.urls and uploaded.urls.get) or ""

    async def _content(self, file: dict[str, Any]) -> bytes:
        if "path" not in file:
            content = await self._writer.acall(self._writer.journal.files.content, file["sha256"])
            if content is None:
                raise InvalidInput(f"the content of {file.get('name')!r} is not in the journal any more")
            return content
        path = Path(file["path"])
        with _reading(path):
            content = await anyio.to_thread.run_sync(path.read_bytes)
        _check_digest(path, file, hashlib.sha256(content).hexdigest())
        return content


@contextmanager
def _reading(path: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise InvalidInput(f"{str(path)!r} cannot be read: {error.strerror or error}") from None


def _check_digest(path: Path, file: dict[str, Any], digest: str) -> None:
    if digest != file["sha256"]:
        raise InvalidInput(f"{str(path)!r} has changed since it was added to the batch")


def _media_type(file: dict[str, Any], content: bytes) -> str:
    return media_type_of(Path(file["path"]).name, content)


def described(value: Any) -> str:
    """An input in the form that identifies its create: inlined files by their digest."""
    return canonical(rebuild(value, _short))


def _short(value: Any) -> Any:
    if isinstance(value, str) and value.startswith("data:"):
        return {FILE: hashlib.sha256(value.encode()).hexdigest()}
    if isinstance(value, float) and value.is_integer():
        return int(value)  # JSON does not tell 1.0 from 1
    return value


resolvable(__name__)
