"""Upload a file: read it while it is sent, and compare it with what the API says it stored."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from attrs import define, field

from replicatekit._base.validation import check_callable, check_text, format_value, path_of
from replicatekit._domain.reference import check_segment
from replicatekit._files.data_urls import is_data_url
from replicatekit._files.multipart import Form, form_of
from replicatekit._http.error_mapping import error_from_response
from replicatekit._http.exchange import send_with_retries
from replicatekit._http.retry_policy import RequestKind
from replicatekit._inputs.file_sources import file_source
from replicatekit._transfer.one_behind import one_behind
from replicatekit.errors import DecodingError, FileCorruptedError, InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import httpx

    from replicatekit._base.deadline import Deadline
    from replicatekit._inputs.file_sources import FileSource
    from replicatekit._session.session import Session
    from replicatekit_api.models import File

_CHUNK = 256 * 1024  # bytes read and sent at a time


@define(eq=False)
class _Upload:
    """One upload: how much was read and sent."""

    form: Form
    source: FileSource
    deadline: Deadline
    on_progress: Callable[[int, int | None], object] | None
    digest: Any = field(factory=hashlib.sha256)
    size: int = 0
    sent: int = 0

    def chunks(self) -> Iterator[bytes]:
        """The request body of one attempt. Each chunk is hashed by a thread while it is sent."""
        self.digest, self.size, self.sent = hashlib.sha256(), 0, -len(self.form.head)
        yield self.form.head
        with one_behind(self.digest.update) as update_digest:
            for chunk in self.source.chunks(_CHUNK):
                update_digest(chunk)
                self.size += len(chunk)
                yield chunk
        yield self.form.tail

    def count(self, chunk: bytes) -> None:
        """Record that a chunk was sent."""
        self.sent += len(chunk)
        if self.deadline.is_over:
            import httpx

            raise httpx.WriteTimeout("the deadline has passed")
        if self.on_progress is not None and chunk is not self.form.tail:
            self.on_progress(self.sent, self.source.size)

    def check(self, stored: File) -> None:
        """Compare what was sent with what the API says it stored."""
        sha256 = stored.checksums.sha256 if stored.checksums else None
        differs = bool(sha256) and str(sha256).lower() != self.digest.hexdigest()
        if differs or stored.size not in (None, self.size):
            raise FileCorruptedError(
                f"{self.source.where}: {self.source.name!r} arrived changed: {self.size} bytes with the SHA-256 "
                f"{self.digest.hexdigest()} were sent, but {stored.id} has {stored.size} bytes with {sha256}"
            )


async def create(
    session: Session,
    file: Any,
    filename: str | None = None,
    content_type: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    on_progress: Callable[[int, int | None], object] | None = None,
) -> File:
    """Upload a file that the caller passed; a str is its path."""
    if filename is not None:
        check_text(filename, "filename")
    if content_type is not None:
        check_text(content_type, "content_type")
    check_callable(on_progress, "on_progress")
    file_or_path = path_of(file, "the file") if isinstance(file, str) else file
    source = await session.io.run(file_source, file_or_path, name=filename, media_type=content_type)
    return await upload(session, source, RequestKind.CREATE, metadata=metadata, on_progress=on_progress)


async def upload(
    session: Session,
    source: FileSource,
    kind: RequestKind,
    *,
    metadata: Mapping[str, Any] | None = None,
    on_progress: Callable[[int, int | None], object] | None = None,
) -> File:
    """Upload a file.

    Args:
        session: The session of the client.
        source: The file.
        kind: Whether the upload may be repeated.
        metadata: JSON to store with the file.
        on_progress: Called with the bytes sent so far and the size of the file (None if unknown). Another attempt
            begins at 0.

    Raises:
        FileCorruptedError: The API stored something else.
        APIError: The API returned an error, or did not respond.
    """
    api = session.api
    current = _Upload(form_of(source.name, source.media_type, metadata), source, api.deadline, on_progress)
    if not source.replayable:  # a stream can be read only once, so there is one attempt
        api = api.with_rules(api.rules.with_retries(0))
    response = (await send_with_retries(session.io, api.context, _arguments(session, current), kind)).response
    if not response.is_success:
        raise error_from_response(response, api.prediction_id)
    stored = _parse_file(response)
    current.check(stored)
    return stored


def _arguments(session: Session, current: _Upload) -> dict[str, Any]:
    api = session.api
    length = current.form.length(current.source.size)
    framing = {} if length is None else {"Content-Length": str(length)}
    own = {"Authorization": f"Bearer {api.token}", "Content-Type": current.form.media_type, **framing}
    return {
        "method": "POST",
        "url": f"{api.base_url}/files",
        "headers": {**api.headers, **own},
        "content": session.io.body(current.chunks, current.count, waits=not current.source.replayable),
        "timeout": api.timeout,
    }


def _parse_file(response: httpx.Response) -> File:
    from replicatekit_api.models import File

    try:
        stored = File.from_dict(response.json())
    except Exception:  # noqa: BLE001 (the response is not a file)
        stored = None
    if stored is None or stored.urls is None or not stored.urls.get:
        raise DecodingError(
            "the response to the upload does not describe a file",
            method="POST",
            url=str(response.request.url),
            status=response.status_code,
            body=response.content[:1000],
        )
    return stored


def url_of_download(
    session: Session, file: object, owner: str | None, expiry: int | None, signature: str | None
) -> str:
    """The URL to download a file from: the given URL, or a signed link made from an id and the other arguments.

    Raises:
        InvalidArgument: The arguments are neither.
    """
    parts = (owner, expiry, signature)
    if not isinstance(file, str):
        raise InvalidArgument(f"file must be a URL or the id of a file, not {format_value(file)}")
    if "://" in file or is_data_url(file):
        if any(part is not None for part in parts):
            raise InvalidArgument("owner, expiry and signature go with the id of a file, not with a URL")
        return check_text(file, "a file's URL")
    known = check_segment(file, "a file id")
    if any(part is None for part in parts):
        raise InvalidArgument(
            f"the file {known} can only be downloaded with a signed URL: pass that URL, or owner, expiry and signature"
        )
    query = urlencode({"owner": owner, "expiry": expiry, "signature": signature})
    return f"{session.api.base_url}/files/{known}/download?{query}"
