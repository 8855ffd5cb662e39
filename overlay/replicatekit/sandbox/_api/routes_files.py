"""Routes for files: upload, list, get, delete, download; and the host of output files."""

from __future__ import annotations

import hashlib
import json
import re
import time
from typing import TYPE_CHECKING, Any, cast

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.responses import Response, StreamingResponse

from replicatekit.sandbox._api.json_body import read_json
from replicatekit.sandbox._api.pagination import page_of_rows
from replicatekit.sandbox._api.responses import Refusal, invalid, json_response, not_found, state_of
from replicatekit.sandbox._storage.blobs import API, OCTETS
from replicatekit.sandbox._storage.blobs import new_id as new_file_id
from replicatekit.sandbox._storage.records import iso

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.datastructures import FormData
    from starlette.requests import Request

    from replicatekit.sandbox._storage.store import Blob

JSON = dict[str, Any]
_PARTS = frozenset({"content", "filename", "metadata", "type"})
_NAME_LIMIT = 255
_RANGE = re.compile(r"bytes=([0-9]*)-([0-9]*)")
_DIGITS = 18
_MEDIA_TYPE = re.compile(r"[\x21-\x7e]+/[\x20-\x7e]+")


async def create(request: Request, _: JSON) -> Response:
    """Store an uploaded file for a day."""
    limit = state_of(request).settings.upload_limit
    form = await _form(request, limit)
    try:
        return await _keep(request, form, limit)
    finally:
        await form.close()


async def _keep(request: Request, form: FormData, limit: int) -> Response:
    state = state_of(request)
    part = form.get("content")
    unknown = [("additionalProperties", name, "is not a part of this form") for name in form if name not in _PARTS]
    if not isinstance(part, UploadFile):
        unknown.append(("required", "content", "must be a part with a file name"))
    metadata = await _metadata(form, unknown)
    name = _text(form, "filename") or (part.filename if isinstance(part, UploadFile) else None) or "file"
    if len(name) > _NAME_LIMIT:
        unknown.append(("maxLength", "filename", f"must have at most {_NAME_LIMIT} characters"))
    if unknown or not isinstance(part, UploadFile):
        raise invalid(unknown)
    content = await part.read()
    if len(content) > limit:
        raise _too_large(limit)
    key, lifetime, now = new_file_id(), state.settings.real(state.settings.file_lifetime), time.time()
    media_type = _text(form, "type") or part.content_type or OCTETS
    blob = state.blobs.put(key, content, media_type, lifetime)
    record = {
        "id": key,
        "name": name,
        "content_type": media_type,
        "size": blob.size,
        "etag": blob.etag,
        "checksums": {"sha256": hashlib.sha256(content).hexdigest(), "md5": blob.etag},
        "metadata": metadata,
        "created_at": iso(now),
        "expires_at": iso(now + state.settings.file_lifetime),
        "urls": {"get": f"{API}/v1/files/{key}"},
    }
    state.store.put("file", key, record, created=now, expires=now + lifetime)
    return json_response(request, record, 201)


async def _form(request: Request, limit: int) -> FormData:
    # Allowance for the headers of the parts, and for the metadata.
    longest = limit + 1024 * 1024
    if int(request.headers.get("content-length", "0")) > longest:
        raise _too_large(limit)
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise Refusal(415, "A file is uploaded as multipart/form-data", title="Unsupported media type")

    async def chunks() -> AsyncIterator[bytes]:
        received = 0
        async for chunk in request.stream():
            received += len(chunk)
            if received > longest:
                raise _too_large(limit)
            yield chunk

    try:
        return await MultiPartParser(request.headers, cast("Any", chunks())).parse()
    except (MultiPartException, ValueError) as error:
        raise Refusal(400, f"The form cannot be read: {error}", title="Bad request") from error
    except KeyError as error:
        raise Refusal(400, f"The form lacks {error}", title="Bad request") from error


def _too_large(limit: int) -> Refusal:
    return Refusal(413, f"A file must have at most {limit} bytes", headers={"connection": "close"})


def _text(form: FormData, name: str) -> str | None:
    value = form.get(name)
    return value if isinstance(value, str) else None


async def _metadata(form: FormData, problems: list[tuple[str, str, str]]) -> JSON:
    part = form.get("metadata")
    if part is None:
        return {}
    text = part if isinstance(part, str) else (await part.read()).decode("utf-8", "replace")
    try:
        value = read_json(text)
    except ValueError as error:
        problems.append(("type", "metadata", f"must be a JSON object: {error}"))
        return {}
    if not isinstance(value, dict):
        problems.append(("type", "metadata", "must be a JSON object"))
        return {}
    return cast("JSON", value)


def _record(request: Request) -> JSON:
    state, key = state_of(request), request.path_params["file_id"]
    row = state.store.row("file", key)
    if row is None or (row.expires is not None and row.expires < time.time()):
        raise not_found(f"file {key}")
    result: JSON = json.loads(row.body)
    return result


async def list_all(request: Request, _: JSON) -> Response:
    """List the files that have not expired."""
    return page_of_rows(request, "file", lambda row: row.body, unexpired=True)


async def get(request: Request, _: JSON) -> Response:
    """Return the metadata of a file."""
    return json_response(request, _record(request))


async def delete(request: Request, _: JSON) -> Response:
    """Delete a file."""
    key = _record(request)["id"]
    state_of(request).store.delete("file", key)
    state_of(request).store.delete_blob(key)
    return Response(status_code=204)


async def download(request: Request, _: JSON) -> Response:
    """Return the content of a file, if the URL's signature is right and it has not expired."""
    state, key = state_of(request), request.path_params["file_id"]
    owner, expiry = request.query_params["owner"], int(request.query_params["expiry"])
    is_valid = request.query_params["signature"] == state.blobs.sign(key, owner, expiry)
    blob = state.store.blob(key)
    if not is_valid or expiry < time.time() or blob is None:
        raise not_found(f"file {key}")
    return serve(request, blob, media_type=OCTETS)


async def deliver(request: Request) -> Response:
    """Return an output file that has not expired."""
    blob = state_of(request).store.blob(request.path_params["key"])
    if blob is None:
        body = '<?xml version="1.0" encoding="UTF-8"?><Error><Code>NoSuchKey</Code></Error>'
        return Response(body, 404, media_type="application/xml")
    return serve(request, blob, media_type=blob.media_type)


def serve(request: Request, blob: Blob, *, media_type: str) -> Response:
    """Return a file, or the range of it that was requested."""
    etag = f'"{blob.etag}"'
    headers = {"etag": etag, "accept-ranges": "bytes", "cache-control": "public, max-age=3600"}
    if request.headers.get("if-none-match") == etag:
        return Response(None, 304, headers)
    start, stop, status = _range(request, blob.size, etag)
    if status == 416:
        return Response(None, status, {**headers, "content-range": f"bytes */{blob.size}"})
    if status == 206:
        headers["content-range"] = f"bytes {start}-{stop - 1}/{blob.size}"
    headers["content-length"] = str(stop - start)
    if _MEDIA_TYPE.fullmatch(media_type) is None:
        media_type = OCTETS  # the media type of an uploaded or output file can be any text
    chunks = state_of(request).store.chunks(blob.id, start, stop)
    if request.method == "HEAD":
        return Response(None, status, headers, media_type)
    return StreamingResponse(_iterate(chunks), status, headers, media_type)


async def _iterate(chunks: Any) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def _range(request: Request, size: int, etag: str) -> tuple[int, int, int]:
    """Return the first byte, the end, and the response's status."""
    match = _RANGE.fullmatch(request.headers.get("range", ""))
    if match is None or request.headers.get("if-range", etag) != etag or not (match[1] or match[2]):
        return 0, size, 200
    first, last = _position(match[1]), _position(match[2])
    if first is None:
        start, stop = max(0, size - (last or 0)), size
    else:
        start, stop = first, size if last is None else min(size, last + 1)
    return (start, stop, 206) if start < stop else (0, 0, 416)


def _position(digits: str) -> int | None:
    """Return a position in a file; too many digits mean one beyond any file's end."""
    return int(digits[-_DIGITS:]) if 0 < len(digits) <= _DIGITS else 10**_DIGITS if digits else None


HANDLERS = {
    "files.create": create,
    "files.list": list_all,
    "files.get": get,
    "files.delete": delete,
    "files.download": download,
}
