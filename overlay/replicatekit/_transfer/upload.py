"""Upload a file: read as it is sent, and compared with what the API says that it has stored."""

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
from replicatekit.errors import DecodingError, FileCorruptedError, InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import httpx

    from replicatekit._base.deadline import Deadline
    from replicatekit._inputs.file_sources import FileSource
    from replicatekit._session.session import Session
    from replicatekit_api.models import File

__all__ = ["create", "upload", "url_of_download"]

_PIECE = 256 * 1024  # bytes read and sent at a time


@define(eq=False)
class _Sending:
    """One file on its way: what was read of it, and what was sent."""

    form: Form
    source: FileSource
    deadline: Deadline
    on_progress: Callable[[int, int | None], object] | None
    digest: Any = field(factory=hashlib.sha256)
    size: int = 0
    sent: int = 0

    def pieces(self) -> Iterator[bytes]:
        """The body of one attempt."""
        self.digest, self.size, self.sent = hashlib.sha256(), 0, -len(self.form.head)
        yield self.form.head
        for piece in self.source.chunks(_PIECE):
            self.digest.update(piece)
            self.size += len(piece)
            yield piece
        yield self.form.tail

    def told(self, piece: bytes) -> None:
        """A piece was sent."""
        self.sent += len(piece)
        if self.deadline.is_over:
            import httpx

            raise httpx.WriteTimeout("the deadline has passed")
        if self.on_progress is not None and piece is not self.form.tail:
            self.on_progress(self.sent, self.source.size)

    def check(self, stored: File) -> None:
        """That the API has what was sent, by what it says of it."""
        sha256 = stored.checksums and stored.checksums.sha256
        is_other = bool(sha256) and sha256.lower() != self.digest.hexdigest()
        if is_other or stored.size not in (None, self.size):
            raise FileCorruptedError(
                f"{self.source.where}: {self.source.name!r} arrived changed: {self.size} bytes with the SHA-256 "
                f"{self.digest.hexdigest()} were sent, and stored as {stored.id} are {stored.size} bytes with {sha256}"
            )


async def create(
    session: Session,
    file: Any,
    *,
    filename: str | None = None,
    content_type: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    on_progress: Callable[[int, int | None], object] | None = None,
) -> File:
    """Upload what the caller gave; a text is the path of a file."""
    if filename is not None:
        check_text(filename, "filename")
    if content_type is not None:
        check_text(content_type, "content_type")
    check_callable(on_progress, "on_progress")
    given = path_of(file, "the file") if isinstance(file, str) else file
    source = await session.io.run(file_source, given, name=filename, media_type=content_type)
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
        session: Its client's inside.
        source: The file.
        kind: What uploading it twice would mean.
        metadata: What is to be kept with it.
        on_progress: Called with the bytes that were sent and with all of them (None where that is not known); an
            attempt that is made again counts from the beginning.

    Raises:
        FileCorruptedError: The API has stored something else.
        APIError: The API said no, or nothing.
    """
    api = session.api
    sending = _Sending(form_of(source.name, source.media_type, metadata), source, api.deadline, on_progress)
    if not source.replayable:  # what has been read of it is gone, and only one attempt can be whole
        api = api.with_rules(api.rules.with_retries(0))
    answer = (await send_with_retries(session.io, api.context, _arguments(session, sending), kind)).response
    if not answer.is_success:
        raise error_from_response(answer, api.prediction_id)
    stored = _stored(answer)
    sending.check(stored)
    return stored


def _arguments(session: Session, sending: _Sending) -> dict[str, Any]:
    api = session.api
    length = sending.form.length(sending.source.size)
    framing = {} if length is None else {"Content-Length": str(length)}
    own = {"Authorization": f"Bearer {api.token}", "Content-Type": sending.form.media_type, **framing}
    return {
        "method": "POST",
        "url": f"{api.base_url}/files",
        "headers": {**api.headers, **own},
        "content": session.io.body(sending.pieces, sending.told, waits=not sending.source.replayable),
        "timeout": api.timeout,
    }


def _stored(answer: httpx.Response) -> File:
    from replicatekit_api.models import File

    try:
        stored = File.from_dict(answer.json())
    except Exception:  # noqa: BLE001 (whatever it is, it is no file)
        stored = None
    if stored is None or stored.urls is None or not stored.urls.get:
        raise DecodingError(
            "the upload was answered with something that is no file",
            method="POST",
            url=str(answer.request.url),
            status=answer.status_code,
            body=answer.content[:1000],
        )
    return stored


def url_of_download(
    session: Session, file: object, owner: str | None, expiry: int | None, signature: str | None
) -> str:
    """Where a file is read: its URL as it is, or the signed link that is made of an id and the rest.

    Raises:
        InvalidArgument: It is neither.
    """
    parts = (owner, expiry, signature)
    if not isinstance(file, str):
        raise InvalidArgument(f"a URL or the id of a file is needed, not {format_value(file)}")
    if "://" in file or is_data_url(file):
        if any(part is not None for part in parts):
            raise InvalidArgument("a URL has everything in it: owner, expiry and signature go with an id")
        return check_text(file, "a file's URL")
    known = check_segment(file, "a file id")
    if any(part is None for part in parts):
        raise InvalidArgument(
            f"the file {known} can be read only by a signed link: give its owner, expiry and signature as well, or "
            "the link. The content of an upload is otherwise shown to models alone"
        )
    query = urlencode({"owner": owner, "expiry": expiry, "signature": signature})
    return f"{session.api.base_url}/files/{known}/download?{query}"
