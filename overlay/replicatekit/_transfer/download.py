"""Download a file: resume after a lost connection, and deliver the whole file or raise.

Bytes of two responses are joined only if they provably belong to one version of the file: equal strong validators
(RFC 9110, 8.8), ranges that meet, and the length that was promised first; or, without validators, equal bytes as far as
both responses go. Otherwise the download starts again.

| response | treatment |
| --- | --- |
| 200 | the file from its beginning: bytes that are already here are skipped if it is the same version |
| 206 | the rest, if it starts where the download stopped and is of the same version |
| 416 | nothing follows: the end, if the length is right |
| 404, 410 | the file is gone |

A body that ends without a length, chunks or HTTP/2 may have been cut off: the server is asked for the bytes after it.
It is asked once, too, if the ETag looks like an MD5, as it does in most stores, and the bytes have another MD5 or are
too many to compute it faster than by a request.
"""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Any, NoReturn, Self

from attrs import define, evolve, field

from replicatekit._base.logs import log
from replicatekit._files.representation import ByteRange, Representation, parse_content_range
from replicatekit._http.decompression import BodyTooLargeError, ContentDecodingError
from replicatekit._http.error_mapping import error_from_response
from replicatekit._http.retry_policy import ErrorResponse, Failure, RequestKind
from replicatekit._transfer.download_errors import AttemptFailed, connection_failed, corruption_error, gone_error
from replicatekit._transfer.fetch import fetch, read_refusal, redact_url
from replicatekit._transfer.response_body import ResponseBody, describe
from replicatekit.errors import APIError, FileGoneError

if TYPE_CHECKING:
    from collections.abc import Callable

    from replicatekit._session.session import Session
    from replicatekit.errors import FileCorruptedError

_HASHED = 4 * 1024 * 1024  # bytes: computing the MD5 of more takes longer than another request


@define(eq=False)
class Download:
    """One download over as many connections as it takes; iterate over it for the bytes from `position` on.

    No byte is delivered twice. If the file changes, `restart` tells the caller to drop what was delivered; without it,
    that is an error. This is not an async generator: an event loop that ends closes its generators all at once, and one
    that closes another then fails.
    """

    session: Session
    url: str
    restart: Callable[[], object] | None = None
    on_described: Callable[[Representation], object] | None = None
    """Called whenever a response describes the file."""
    position: int = 0
    """The offset of the next byte."""
    known: Representation | None = None
    """What the responses have stated about the file."""
    is_pinned: bool = False
    """Whether only the version in `known` is accepted, even if no byte of it was delivered."""
    probe_ranges: bool = False
    """Whether the first request asks for a range, to learn whether the server supports ranges."""
    has_ranges: bool | None = None
    """Whether the server supports ranges; None until that is known."""
    _body: ResponseBody | None = field(default=None, init=False)
    _part: ByteRange | None = field(default=None, init=False)
    _began_at: int = field(default=0, init=False)
    _skip: int = field(default=0, init=False)
    _skipped: Any = field(default=None, init=False)
    """The hash of the skipped bytes, if they are to be compared with those delivered."""
    _hash: Any = field(default=None, init=False)
    """The hash of the bytes delivered, if it is needed."""
    _probed_at: int | None = field(default=None, init=False)
    """The position of a doubtful end, where the server is asked for more."""
    _is_optional: bool = field(default=False, init=False)
    """Whether the end is certain by HTTP's rules, so that a failed probe does not matter."""
    _is_complete: bool = field(default=False, init=False)
    _attempts: int = field(default=0, init=False)
    _furthest: int = field(default=0, init=False)

    async def begin(self) -> Representation | None:
        """Open a connection without reading from it, and return the description of the file.

        Raises:
            FileGoneError: The file does not exist any more.
            APIError: The server refused, or did not respond.
        """
        while self._body is None and not self._is_complete:
            try:
                await self._open()
            except AttemptFailed as failed:
                await self._pause(failed)
        return self.known

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        """The next bytes.

        Raises:
            FileGoneError: The file does not exist any more.
            FileCorruptedError: The file changed, or is not what the server promised.
            APIError: The server refused, or did not respond, or not to the end.
        """
        try:
            while not self._is_complete:
                if self._body is None:
                    await self.begin()
                try:
                    piece = await self._next_piece()
                    if piece:
                        return piece
                except AttemptFailed as failed:
                    await self._disconnect()
                    await self._pause(failed)
        except BaseException:
            await self.aclose()
            raise
        await self.aclose()
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """End the download, and give the connection back."""
        self._is_complete = True
        await self._disconnect()

    async def _disconnect(self) -> None:
        body, self._body = self._body, None
        if body is not None:
            await body.aclose()

    async def _next_piece(self) -> bytes:
        """New bytes of the current response; none if only known ones arrived, or at its end."""
        import httpx

        if self._body is None:
            return b""
        try:
            chunk = await self._body.read()
            if chunk is not None:
                return self._accept(chunk)
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            raise self._connection_failed(error) from error
        except ContentDecodingError as error:
            if isinstance(error, BodyTooLargeError):
                raise self._corrupted(str(error)) from None
            raise AttemptFailed(Failure.AMBIGUOUS, self._corrupted(str(error))) from None
        self._check_end()
        await self._disconnect()
        return b""

    def _accept(self, chunk: bytes) -> bytes:
        """The new bytes of a chunk."""
        if self.session.api.deadline.is_over:
            import httpx

            raise httpx.ReadTimeout("the deadline has passed")
        if self._skip:
            chunk = self._skip_known(chunk)
        stop = self._part.stop if self._part is not None else self._total
        if stop is not None and self.position + len(chunk) > stop:
            self._fail_over(f"more bytes came than the {stop} that were announced")
        self.position += len(chunk)
        if self._hash is not None:
            self._hash.update(chunk)
        return chunk

    def _skip_known(self, chunk: bytes) -> bytes:
        known, chunk = chunk[: self._skip], chunk[self._skip :]
        self._skip -= len(known)
        if self._skipped is not None:
            self._skipped.update(known)
            if not self._skip and self._skipped.digest() != self._hash.digest():
                self._fail_over("it is another file now")
        return chunk

    def _check_end(self) -> None:
        """Check whether the file is complete, at the end of the response."""
        known = self.known
        total = self._total
        is_short = total is not None and self.position < total
        if self._skip or (is_short and (self._part is None or self.position == self._began_at)):
            ended = self.position - self._skip
            raise AttemptFailed(Failure.AMBIGUOUS, self._corrupted(f"the response ended after {ended} bytes"))
        if known is None or is_short:
            return
        if self._probed_at != self.position:
            if total is None and (self._part is not None or not known.has_reliable_end):
                self._probed_at = self.position
                return
            if self._probed_at is None and self._is_md5_in_doubt(known):
                # The announced length is in doubt too.
                self._probed_at, self._is_optional, self.known = self.position, True, evolve(known, total=None)
                return
        if known.checksum and self._hash is not None and self._hash.digest() != known.checksum[1]:
            self._fail_over(f"its {known.checksum[0]} checksum is not the one that the server promised")
        self._is_complete = True

    def _is_md5_in_doubt(self, known: Representation) -> bool:
        # Some ETags only look like an MD5: a mismatch is a reason to ask, but not to refuse the file.
        if known.md5 is None or known.checksum is not None:
            return False
        return self._hash is None or self._hash.hexdigest() != known.md5

    # Connecting

    @property
    def _total(self) -> int | None:
        return None if self.known is None else self.known.total

    @property
    def _is_probing(self) -> bool:
        return self._probed_at == self.position

    async def _open(self) -> None:
        try:
            await self._request()
        except (AttemptFailed, APIError, FileGoneError):
            if not (self._is_probing and self._is_optional):
                raise
            self._is_complete = True

    async def _request(self) -> None:
        import httpx

        try:
            response = await fetch(self.session, self.url, self._headers())
        except (httpx.HTTPError, OSError, RuntimeError) as error:
            raise self._connection_failed(error) from error
        body = ResponseBody(self.session.io, response)
        try:
            await self._begin_response(body)
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            await body.aclose()
            raise self._connection_failed(error) from error
        except BaseException:
            await body.aclose()
            raise
        self._body = body
        self._began_at = self.position
        if self._is_complete:
            await self._disconnect()

    def _headers(self) -> dict[str, str]:
        if self.position == 0 and self.probe_ranges and self.has_ranges is None:
            return {"Range": "bytes=0-"}
        validator = self.known and self.known.validator
        if self.position and validator and (self.has_ranges is not False or self._is_probing):
            return {"Range": f"bytes={self.position}-", "If-Range": validator}
        return {}

    async def _begin_response(self, body: ResponseBody) -> None:
        """Interpret the response, and find out where in the file it begins."""
        status, headers = body.response.status_code, body.response.headers
        if self.position == 0 and not self.is_pinned:
            self.known = None  # nothing was delivered: any version is accepted
        if status == 416:
            self._take_end(parse_content_range(headers.get("content-range")), headers.get("etag"))
        elif status in (200, 203, 206):
            described = describe(body.response)
            try:
                body.decode(described)
            except ContentDecodingError as error:
                raise self._corrupted(str(error)) from None
            self._skip, self._skipped, self._part = 0, None, None
            if status == 206:
                self._take_part(described, parse_content_range(headers.get("content-range")))
            else:
                self._take_whole(described)
        else:
            refusal = await read_refusal(self.session, body.response)
            if status in (404, 410):
                raise gone_error(self.session, self.url, status)
            final = error_from_response(refusal, self.session.api.prediction_id)
            raise AttemptFailed(ErrorResponse(status, refusal.headers, refusal.content), final)

    def _take_end(self, part: ByteRange | None, etag: str | None) -> None:
        known, total = self.known, part and part.total
        is_same = known is None or etag is None or known.etag in (None, etag)
        promised = self._total
        is_end = total == self.position if total is not None else self._is_probing
        if not (is_end and is_same and promised in (None, self.position)):
            self._abandon_ranges(f"the server has no byte {self.position}, and {total} bytes in all")
        self._is_complete = True
        if known is None:
            self._learn(Representation(total=0))

    def _take_part(self, described: Representation, part: ByteRange | None) -> None:
        known = self.known
        is_same = known is None or known.is_same(described)
        if part is None or part.start != self.position or described.is_encoded or not is_same:
            self._abandon_ranges(f"the bytes from {self.position} on were requested, and others came")
        self.has_ranges, self._part = True, part
        self._learn(described)

    def _take_whole(self, described: Representation) -> None:
        known = self.known
        if self.probe_ranges or self.position:
            self.has_ranges = False
        if known is not None:
            if known.is_same(described):
                if self._is_probing and described.total == self.position:
                    self._is_complete = True
                    return
                self._skip = self.position
            elif self._is_probing and self._is_optional:
                self._is_complete = True
                return
            elif known.differs(described) or self._hash is None:
                self._start_over("the server has no proof that it is still the same file")
            else:
                self._skip, self._skipped = self.position, hashlib.new(self._hash.name, usedforsecurity=False)
        self._learn(described)

    def _learn(self, described: Representation) -> None:
        self.known = known = described.merge_with(self.known)
        if self.on_described is not None:
            self.on_described(known)
        if self.position == 0:
            name = _needed_hash(known)
            self._hash = hashlib.new(name, usedforsecurity=False) if name else None

    # Failures

    def _start_over(self, why: str) -> None:
        """Discard everything, or raise if the delivered bytes cannot be taken back."""
        if self.restart is None and (self.position or self.is_pinned):
            raise self._corrupted(why)
        log.info("%s: %s, so it is downloaded from its beginning", redact_url(self.url), why)
        if self.restart is not None:
            self.restart()
        self.position, self.known, self._hash = 0, None, None
        self._probed_at, self._is_optional, self._skip, self._part = None, False, 0, None

    def _fail_over(self, why: str) -> NoReturn:
        """Start over with a new request."""
        self._start_over(why)
        raise AttemptFailed(Failure.AMBIGUOUS, self._corrupted(why))

    def _abandon_ranges(self, why: str) -> NoReturn:
        """Request the whole file from now on."""
        self.has_ranges, self._probed_at = False, None
        raise AttemptFailed(Failure.AMBIGUOUS, self._corrupted(why))

    async def _pause(self, failed: AttemptFailed) -> None:
        """Wait before the next attempt, or give up."""
        api = self.session.api
        if self.position > self._furthest:  # the last attempt made progress
            self._furthest, self._attempts = self.position, 0
        self._attempts += 1
        left = api.deadline.left
        delay = api.rules.policy.wait(
            RequestKind.READ, failed.outcome, attempt=self._attempts, now=time.time(), time_left=left
        )
        if delay is None:
            raise failed.final from failed.__cause__
        log.info("%s: %s; next attempt in %.2f s", redact_url(self.url), failed.final.message, delay)
        await self.session.io.sleep(delay)

    def _connection_failed(self, error: Exception) -> AttemptFailed:
        return connection_failed(self.session, self.url, error, self.position, self._total)

    def _corrupted(self, why: str) -> FileCorruptedError:
        return corruption_error(self.session, self.url, why)


def _needed_hash(known: Representation) -> str | None:
    """The hash to compute: the promised one, the ETag's, or, without validators, one to compare two responses."""
    if known.checksum is not None:
        return known.checksum[0]
    if known.md5 is not None:
        return "md5" if known.total is not None and known.total <= _HASHED else None
    return "sha256" if known.validator is None else None
