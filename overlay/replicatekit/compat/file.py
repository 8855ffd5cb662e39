"""Files uploaded as inputs of models."""

from __future__ import annotations

import io
import json
from builtins import list as List  # noqa: N812 (the namespace's own method is called list)
from mimetypes import guess_type
from pathlib import Path
from typing import Any, BinaryIO, Literal, NotRequired, TypeAlias, TypedDict, Unpack, cast

from replicatekit._runtime import run_sync
from replicatekit.compat._impl.session import CompatSession, awaiting, blocking, path
from replicatekit.compat.resource import Namespace, Resource

__all__ = ["File", "FileEncodingStrategy", "Files", "upload"]

FileEncodingStrategy: TypeAlias = Literal["base64", "url"]
"""`base64` sends a file inside the request; `url` uploads it first."""


class File(Resource):
    """An uploaded file. It is kept for a day."""

    id: str
    name: str
    content_type: str
    size: int
    etag: str
    checksums: dict[str, str]
    metadata: dict[str, Any]
    created_at: str
    expires_at: str | None
    urls: dict[str, str]


class CreateFileParams(TypedDict):
    """The options of an upload."""

    filename: NotRequired[str]
    content_type: NotRequired[str]
    metadata: NotRequired[dict[str, Any]]


_CreateFileParams: TypeAlias = CreateFileParams  # an alias, as a class attribute hides the name


class Files(Namespace):
    """Uploaded files."""

    CreateFileParams = CreateFileParams

    def create(self, file: str | Path | BinaryIO | io.IOBase, **params: Unpack[_CreateFileParams]) -> File:
        """Upload a file.

        Args:
            file: A path, or a file object that was opened in binary mode.
            **params: See `CreateFileParams`.

        Raises:
            ValueError: `file` is neither.
        """
        return run_sync(upload(blocking(self._client), file, **params))

    async def async_create(self, file: str | Path | BinaryIO | io.IOBase, **params: Unpack[_CreateFileParams]) -> File:
        """Async version of `create`."""
        return await upload(awaiting(self._client), file, **params)

    def get(self, file_id: str) -> File:
        """Return the metadata of a file."""
        return run_sync(_get(blocking(self._client), file_id))

    async def async_get(self, file_id: str) -> File:
        """Return the metadata of a file."""
        return await _get(awaiting(self._client), file_id)

    def list(self) -> List[File]:
        """Return the first page of your files."""
        return run_sync(_list(blocking(self._client)))

    async def async_list(self) -> List[File]:
        """Return the first page of your files."""
        return await _list(awaiting(self._client))

    def delete(self, file_id: str) -> bool:
        """Delete a file."""
        return run_sync(_delete(blocking(self._client), file_id))

    async def async_delete(self, file_id: str) -> bool:
        """Delete a file."""
        return await _delete(awaiting(self._client), file_id)


async def upload(api: CompatSession, file: Any, **params: Unpack[_CreateFileParams]) -> File:
    """Upload a file.

    Raises:
        ValueError: `file` is neither a path nor a file object.
    """
    if isinstance(file, (str, Path)):
        filename = cast("CreateFileParams", {**params, "filename": Path(file).name})
        opened = await api.io.run(Path(file).open, "rb")
        with opened:
            return await upload(api, opened, **filename)
    if not hasattr(file, "read"):
        raise ValueError("Unsupported file type. Must be a file path or file-like object.")
    file.seek(0)
    name = params.get("filename") or Path(str(getattr(file, "name", "file"))).name
    media_type = params.get("content_type") or guess_type(name)[0] or "application/octet-stream"
    metadata = params.get("metadata")
    data = {"metadata": json.dumps(metadata)} if metadata else {}
    content = (name, file, media_type)
    return File(**await api.json("POST", "/v1/files", held=True, files={"content": content}, data=data))


async def _get(api: CompatSession, file_id: str) -> File:
    return File(**await api.json("GET", path("files", file_id)))


async def _list(api: CompatSession) -> list[File]:
    listing: dict[str, list[Any]] = await api.json("GET", "/v1/files")
    return [File(**file) for file in listing.get("results") or []]


async def _delete(api: CompatSession, file_id: str) -> bool:
    return (await api.request("DELETE", path("files", file_id))).status_code == 204
