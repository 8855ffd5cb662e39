"""A file from its URL: taken up again where a connection is cut, and whole or an error.

| the answer | means |
| --- | --- |
| 200 | the file from its beginning: what is there already is skipped where it is certainly the same file |
| 206 | the rest, if it begins where it should |
| 416 | there is no rest: the end, if the length is right |
| 404, 410 | gone |

An end is believed where HTTP tells it from a cut. Where it does not, and where the etag looks like the MD5 that most
stores make it of, and is not that of what came, the server is asked once for what follows. So it is for long files:
that is quicker than to compute the MD5 of them.
"""

from __future__ import annotations

import hashlib
import logging
import time
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, NoReturn

from attrs import define, evolve, field

from replicatekit._files.representation import Part, Representation, part_of
from replicatekit._http.error_mapping import error_from_response
from replicatekit._http.retry_policy import Answer, Failure, RequestKind
from replicatekit._transfer.download_errors import Failed, broken, corrupted, gone
from replicatekit._transfer.fetch import beginning_of, fetch, shown
from replicatekit.errors import APIError, FileGoneError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    import httpx

    from replicatekit._session.session import Session
    from replicatekit.errors import FileCorruptedError

log = logging.getLogger("replicatekit")

__all__ = ["Reading"]

_HASHED = 4 * 1024 * 1024  # bytes: the MD5 of as much takes less time than another request


@define(eq=False)
class Reading:
    """One reading of a file, over as many connections as it takes.

    What was given to the caller is never given twice. Where the file turns out to be another one than it was, `restart`
    lets the caller forget what there is; without it, that is an error.
    """

    session: Session
    url: str
    restart: Callable[[], object] | None = None
    learn: Callable[[Representation], object] | None = None
    """Told what the file is, whenever an answer says it."""
    position: int = 0
    """Bytes of the file before what comes next."""
    entity: Representation | None = None
    """What the file is, as soon as an answer has said it."""
    tries_parts: bool = False
    """Whether the first request asks for a part as well: a server shows so whether it has parts."""
    has_parts: bool | None = None
    """Whether the server gives parts; None as long as that has not been seen."""
    _response: httpx.Response | None = field(default=None, init=False)
    _is_over: bool = field(default=False, init=False)
    _began_at: int = field(default=0, init=False)
    _skip: int = field(default=0, init=False)
    _asked_from: int | None = field(default=None, init=False)
    """An end that was in doubt: what follows it was asked for."""
    _md5: Any = field(default=None, init=False)
    _attempts: int = field(default=0, init=False)
    _furthest: int = field(default=0, init=False)

    async def begin(self) -> Representation | None:
        """What the file is: a connection is opened, and nothing of it read.

        Raises:
            FileGoneError: It is not there any more.
            APIError: It cannot be had.
        """
        while self._response is None and not self._is_over:
            try:
                await self._open()
            except Failed as failed:
                await self._pause(failed)
        return self.entity

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The bytes from `position` on, as they come.

        Raises:
            FileGoneError: It is not there any more.
            FileCorruptedError: It changed while it was read.
            APIError: It cannot be had, or not all of it.
        """
        import httpx

        try:
            while not self._is_over:
                await self.begin()
                if self._response is None:
                    return
                try:
                    async with aclosing(self.session.io.iter_bytes(self._response)) as chunks:
                        async for chunk in chunks:
                            piece = self._new_of(chunk)
                            if piece:
                                yield piece
                    self._end()
                except (httpx.HTTPError, httpx.StreamError, OSError) as error:
                    await self.close()
                    await self._pause(self._broken(error))
                except Failed as failed:
                    await self.close()
                    await self._pause(failed)
                await self.close()
        finally:
            await self.close()

    async def close(self) -> None:
        """Give the connection back."""
        response, self._response = self._response, None
        if response is not None:
            await self.session.io.close(response)

    def _new_of(self, chunk: bytes) -> bytes:
        """What of a chunk is not there already."""
        if self.session.api.deadline.is_over:
            import httpx

            raise httpx.ReadTimeout("the deadline has passed")
        if self._skip:
            skipped = min(self._skip, len(chunk))
            self._skip -= skipped
            chunk = chunk[skipped:]
        self.position += len(chunk)
        if self._md5 is not None:
            self._md5.update(chunk)
        return chunk

    def _end(self) -> None:
        """The connection ended in good order: see whether the file does."""
        entity = self.entity
        is_short = entity is not None and entity.total is not None and self.position < entity.total
        is_whole = self._response is not None and self._response.status_code == 200
        if self._skip or (is_short and (is_whole or self.position == self._began_at)):
            raise Failed(Failure.AMBIGUOUS, self._corrupted(f"it ended after {self.position - self._skip} bytes"))
        if is_short:
            return  # a part, and not all of what was asked for
        if self._asked_from != self.position and self._is_doubtful():
            self._asked_from = self.position
        else:
            self._is_over = True

    def _is_doubtful(self) -> bool:
        entity = self.entity
        if entity is None or not entity.is_framed:
            return True
        if entity.md5 is None or self._asked_from is not None:
            return False
        # Not every etag is an MD5, however it looks: that is a reason to ask, and none to refuse the file.
        return self._md5 is None or self._md5.hexdigest() != entity.md5

    # A connection

    @property
    def _is_asking(self) -> bool:
        """Whether all that was told of is there, and only what may follow it is asked for."""
        total = self.entity and self.entity.total
        return self._asked_from == self.position and (total is None or self.position >= total)

    async def _open(self) -> None:
        # An end that HTTP has told is only in doubt: it takes more than a server that cannot say more to deny it.
        is_told = self._is_asking and self.entity is not None and self.entity.is_framed
        try:
            await self._ask()
        except (Failed, APIError, FileGoneError):
            if not is_told:
                raise
            self._is_over = True

    async def _ask(self) -> None:
        import httpx

        try:
            response = await fetch(self.session, self.url, self._headers())
        except (httpx.HTTPError, OSError, RuntimeError) as error:
            raise self._broken(error) from error
        try:
            await self._take_in(response)
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            await self.session.io.close(response)
            raise self._broken(error) from error
        except BaseException:
            await self.session.io.close(response)
            raise
        self._response = response
        self._began_at = self.position
        if self._is_over:
            await self.close()

    def _headers(self) -> dict[str, str]:
        validator = (self.entity and self.entity.validator) or None
        same = {"If-Range": validator} if validator else {}
        may_ask = self.has_parts is not False and (self.tries_parts if self.position == 0 else bool(validator))
        return {"Range": f"bytes={self.position}-", **same} if may_ask or self._is_asking else {}

    async def _take_in(self, response: httpx.Response) -> None:
        """See what the answer is, and where in the file it begins."""
        status, headers = response.status_code, response.headers
        if status == 416:
            self._take_end(part_of(headers.get("content-range")))
        elif status in (200, 203, 206):
            framed = response.http_version not in ("HTTP/1.0", "HTTP/1.1")
            entity = Representation.of(status, headers, framed_by_protocol=framed)
            if "network_stream" not in response.extensions:
                # A transport for tests, or a recorder of traffic: no network, no cut, and nobody to be asked again.
                # Headers that were recorded may tell of other bytes than those that are there.
                total = len(response.content) if response.is_stream_consumed else entity.total
                entity = evolve(entity, is_framed=True, md5=None, total=total if status != 206 else entity.total)
            self._skip = 0
            if status == 206:
                self._take_part(entity, part_of(headers.get("content-range")))
            else:
                self._take_whole(entity)
        else:
            answer = await beginning_of(self.session, response)
            if status in (404, 410):
                raise gone(self.session, self.url, status)
            final = error_from_response(answer, self.session.api.prediction_id)
            raise Failed(Answer(status, answer.headers, answer.content), final)

    def _take_end(self, part: Part | None) -> None:
        total = part and part.total
        if total == self.position or (total is None and self._is_asking):
            self._is_over = True
            if self.entity is None:
                self._know(Representation.of_nothing())
        elif total is None or self.position == 0:
            self._is_without_parts(f"it has no byte {self.position}, and {total} in all")
        else:
            why = f"it has {total} bytes now"
            self._start_over(why)
            raise Failed(Failure.AMBIGUOUS, self._corrupted(why))

    def _take_part(self, entity: Representation, part: Part | None) -> None:
        known = self.entity
        is_other = known is not None and bool(known.etag and entity.etag) and known.etag != entity.etag
        if part is None or part.start != self.position or entity.is_packed or is_other:
            self._is_without_parts(f"the bytes from {self.position} on were asked for, and others came")
        self.has_parts = True
        self._know(entity)

    def _take_whole(self, entity: Representation) -> None:
        known, is_asked = self.entity, self._is_asking
        if self.tries_parts or self.position:
            self.has_parts = False
        if is_asked and entity.total == self.position:
            self._is_over = True
            return
        is_same = known is not None and (known.is_same(entity) or (is_asked and not entity.is_framed))
        if self.position and not is_same:
            self._start_over("what is there now cannot be told to be the same file")
        self._skip = self.position
        self._know(entity)

    def _know(self, entity: Representation) -> None:
        self.entity = entity = entity.beside(self.entity)
        if self.learn is not None:
            self.learn(entity)
        if self.position == 0:
            is_short = entity.total is not None and entity.total <= _HASHED
            self._md5 = hashlib.md5(usedforsecurity=False) if entity.md5 and is_short else None

    def _start_over(self, why: str) -> None:
        if self.restart is None:
            raise self._corrupted(why)
        log.info("%s: %s, so it is read from its beginning", shown(self.url), why)
        self.restart()
        self.position, self._asked_from, self.entity = 0, None, None

    def _is_without_parts(self, why: str) -> NoReturn:
        self.has_parts, self._asked_from = False, None
        raise Failed(Failure.AMBIGUOUS, self._corrupted(why))

    # What goes wrong

    async def _pause(self, failed: Failed) -> None:
        """Wait before the next attempt, or give up."""
        api = self.session.api
        if self.position > self._furthest:  # it went on since the last one: that was not in vain
            self._furthest, self._attempts = self.position, 0
        self._attempts += 1
        left = api.deadline.left
        delay = api.rules.policy.wait(
            RequestKind.READ, failed.outcome, attempt=self._attempts, now=time.time(), time_left=left
        )
        if delay is None:
            raise failed.final from failed.__cause__
        log.info("%s: %s; again in %.2f s", shown(self.url), failed.final.message, delay)
        await self.session.io.sleep(delay)

    def _broken(self, error: Exception) -> Failed:
        return broken(self.session, self.url, error, self.position, self.entity and self.entity.total)

    def _corrupted(self, why: str) -> FileCorruptedError:
        return corrupted(self.session, self.url, why)
