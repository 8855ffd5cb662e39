"""`Batch` and `AsyncBatch`: thousands of inputs for one model, each billed once."""

from __future__ import annotations

import contextlib
import threading
from copy import copy
from itertools import islice
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Self, Unpack

import anyio
import anyio.from_thread
import anyio.lowlevel
import anyio.to_thread

from replicatekit import AsyncClient, Client, webhooks
from replicatekit._base.signatures import resolvable
from replicatekit._runtime import run_sync
from replicatekit.batch._client import async_client_of, check_client
from replicatekit.batch._journaled import BatchOptions, JournaledBatch, row_of
from replicatekit.batch._progress import Progress
from replicatekit.batch._schema import find_schema
from replicatekit.errors import MissingTokenError

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping
    from types import TracebackType

    from replicatekit.batch._engine import Plan
    from replicatekit.batch._journal.journal import StoredRow
    from replicatekit.batch.rows import AddReport, BatchReport, BatchRow, BatchStatus, FailureKind, RowStatus

__all__ = ["AsyncBatch", "Batch"]

_ROWS_AT_ONCE = 500


class _Loop:
    """An event loop in a thread, for as long as a `with` block; leaving the block by an error stops what runs in it."""

    def __init__(self, work: Callable[[], Coroutine[Any, Any, BatchReport]], ended: Callable[[], object]) -> None:
        self._work = work
        self._ended = ended
        self._outcome: BatchReport | BaseException | None = None
        self._scope: anyio.CancelScope | None = None
        self._token: Any = None
        self._thread = threading.Thread(target=self._target, name="replicatekit batch")

    def _target(self) -> None:
        try:
            self._outcome = anyio.run(self._main)
        except BaseException as error:  # noqa: BLE001 (raised in the caller's thread)
            self._outcome = error
        finally:
            self._ended()

    async def _main(self) -> BatchReport | None:
        self._token = anyio.lowlevel.current_token()
        with anyio.CancelScope() as self._scope:
            return await self._work()
        return None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and self._scope is not None and self._thread.is_alive():
            anyio.from_thread.run_sync(self._scope.cancel, token=self._token)
        self._thread.join()

    def result(self) -> BatchReport:
        """Return what the work returned, or raise what it raised."""
        outcome: Any = self._outcome
        if isinstance(outcome, BaseException):
            raise outcome
        assert outcome is not None  # noqa: S101 (only an error in the block cancels the work, and that is raised)
        result: BatchReport = outcome
        return result


class Batch(JournaledBatch):
    """Many inputs for one model, each run and billed once, whatever crashes.

        batch = Batch("captions.db", "acme/caption")
        batch.add({"image": path} for path in paths)
        report = batch.run(concurrency=64, output_dir="out")

    What is done is written into the journal before it is done: run the same program again after a crash, and it
    continues. Several processes may run the same journal at the same time; they share the work and the rate.

    Args:
        journal: A file, which is made if there is none, or the URL of a PostgreSQL database, for several machines.
        ref: The model: `owner/name`, `owner/name:version` or a version id. A journal that exists knows it.
        client: By which the API is called; without it, one from the environment.
        lease: Seconds after which a worker that does not report is taken for dead, and others continue its work. On
            the same machine, the end of a process is noticed at once.
        settle: Seconds after which a create that broke off is looked for in the API's list of predictions.

    Raises:
        InvalidArgument: The journal cannot be opened, or is for another model.
    """

    def __init__(
        self,
        journal: str | os.PathLike[str],
        ref: str | None = None,
        *,
        client: Client | None = None,
        lease: float = 60.0,
        settle: float = 5.0,
    ) -> None:
        check_client(client, Client)
        super().__init__(journal, ref, client=client, lease=lease, settle=settle)

    def add(self, inputs: Any, *, repeat: int = 1) -> AddReport:
        """Add inputs. One that is in the batch already is not added again.

        An input is the same if the model, the values and the content of its files are.

        Args:
            inputs: An iterable of dicts; the path of a `.jsonl`, `.csv` or `.parquet` file; a DataFrame of pandas or
                polars, a table of pyarrow, or a `datasets.Dataset`.
            repeat: How often each input is run.

        Raises:
            InvalidInput: A value cannot be sent, or is a secret by the model's schema; see `secrets` of `run`. Part of
                what was read before it may have been added.
        """
        self._look_up()
        return self._add(inputs, repeat)

    def _look_up(self) -> None:
        """Find out once what the model says of its inputs. Without a token, nothing is known of it."""
        if self._schema is None:
            with contextlib.suppress(MissingTokenError), self._own_client() as client:
                self._schema = run_sync(find_schema(client, self._reference))

    def _own_client(self) -> Client:
        return Client() if self._client is None else copy(self._client)

    def run(
        self,
        *,
        concurrency: int = 64,
        output_dir: str | os.PathLike[str] | None = None,
        retries: int = 2,
        retry_unknown: bool = False,
        creates_per_minute: float | None = 600.0,
        max_failures: int | None = None,
        max_predict_time: float | None = None,
        on_result: Callable[[BatchRow], object] | None = None,
        progress: bool | None = None,
        webhook: str | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> BatchReport:
        """Run what is not done yet, and return when nothing is left or a limit is reached.

        Args:
            concurrency: How many predictions this process has under way at once.
            output_dir: Where files in outputs are saved, named by the input's fingerprint, with a `manifest.jsonl`;
                without it their URLs are kept, which the API removes an hour after the end.
            retries: How often an input is run again after a failure of the API or its machines. Each is billed.
            retry_unknown: Whether a create is sent again if it cannot be told whether the API ran it.
            creates_per_minute: The rate that all processes of this journal share; None sets no limit. It is lowered
                for all of them where the API throttles.
            max_failures: Begin no further input after so many failures in this call.
            max_predict_time: Begin no further input after so many seconds of compute in this call.
            on_result: Called with each row that has ended, in the thread that called `run`.
            progress: Whether progress is shown; None shows it if a person is watching.
            webhook: An HTTPS URL of yours that hands what arrives to `receive`; polled for less often then.
            secrets: Environment variables by the names of the inputs that get their values, such as
                `{"hf_token": "HF_TOKEN"}`. Every input gets them; the journal never does.

        Raises:
            AuthenticationError, PaymentRequiredError, PermissionDeniedError, NotFoundError: The API takes no creates.
        """
        options = BatchOptions(
            concurrency=concurrency,
            output_dir=output_dir,
            retries=retries,
            retry_unknown=retry_unknown,
            creates_per_minute=creates_per_minute,
            max_failures=max_failures,
            max_predict_time=max_predict_time,
            webhook=webhook,
            secrets=secrets,
        )
        return self._in_thread(self._plan(options), on_result, progress=progress)

    def _in_thread(
        self, plan: Plan, on_result: Callable[[BatchRow], object] | None, *, progress: bool | None
    ) -> BatchReport:
        """Run the engine in an event loop of its own, and hand what ends to the caller's thread."""
        rows: SimpleQueue[StoredRow | None] = SimpleQueue()
        loop = _Loop(lambda: self._run(async_client_of(self._client), plan, rows.put), lambda: rows.put(None))
        with Progress(self._status, progress) as bar, loop:
            while (stored := rows.get()) is not None:
                bar.row(stored)
                if on_result is not None:
                    on_result(row_of(stored))
        return loop.result()

    def complete(self, inputs: Iterable[Mapping[str, Any]], **options: Unpack[BatchOptions]) -> list[BatchRow]:
        """Add these inputs, and return their rows when each has ended, whoever ran it.

        For workers of an engine that may run a task more than once: an input that is done is not run again, and one
        that another worker has under way is waited for.

        Args:
            inputs: The inputs.
            **options: As `run` takes them.
        """
        self._look_up()
        chosen = self._encoded(inputs)
        self._in_thread(self._plan(options, chosen), None, progress=False)
        return self._rows_of(chosen)

    def results(self, status: RowStatus | None = None) -> Iterator[BatchRow]:
        """The rows in the order in which they were added, read from the journal part by part.

        Args:
            status: Only those in this status.
        """
        return (row_of(stored) for stored in self._stored(status))

    def status(self) -> BatchStatus:
        """How far the batch is."""
        return self._status()

    def retry_failed(self, kinds: Iterable[FailureKind] | None = None) -> int:
        """Let the next `run` try failed inputs again, and return how many. Each is billed again.

        Args:
            kinds: Which kinds of failure; without it all but refused inputs and refused content, which would fail
                again, and unknown outcomes, which might be billed twice.
        """
        return self._retry(kinds)

    def receive(self, request: Any, secret: str | Iterable[str]) -> bool:
        """Take a webhook's request, for a `run` with `webhook=` in this or another process.

        Args:
            request: The web framework's request, or anything with `body` and `headers`.
            secret: The account's signing secret; see `client.webhooks.secret()`.

        Returns:
            Whether it was the end of a prediction.

        Raises:
            WebhookError: It does not come from the API, or is an old one sent again.
        """
        return self._deliver(webhooks.unwrap(request, secret))

    def export(self, path: str | os.PathLike[str]) -> int:
        """Write all rows as JSON lines into a new file, and return how many."""
        return self._export(path)

    def close(self) -> None:
        """Close the journal."""
        self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncBatch(JournaledBatch):
    """The batch for async code, on asyncio and trio. The same names as `Batch`, to be awaited."""

    def __init__(
        self,
        journal: str | os.PathLike[str],
        ref: str | None = None,
        *,
        client: AsyncClient | None = None,
        lease: float = 60.0,
        settle: float = 5.0,
    ) -> None:
        check_client(client, AsyncClient)
        super().__init__(journal, ref, client=client, lease=lease, settle=settle)

    async def add(self, inputs: Any, *, repeat: int = 1) -> AddReport:
        """Add inputs. One that is in the batch already is not added again.

        An input is the same if the model, the values and the content of its files are.

        Args:
            inputs: An iterable of dicts; the path of a `.jsonl`, `.csv` or `.parquet` file; a DataFrame of pandas or
                polars, a table of pyarrow, or a `datasets.Dataset`.
            repeat: How often each input is run.

        Raises:
            InvalidInput: A value cannot be sent, or is a secret by the model's schema; see `secrets` of `run`. Part of
                what was read before it may have been added.
        """
        await self._look_up()
        return await anyio.to_thread.run_sync(lambda: self._add(inputs, repeat))

    async def _look_up(self) -> None:
        """Find out once what the model says of its inputs. Without a token, nothing is known of it."""
        if self._schema is None:
            with contextlib.suppress(MissingTokenError):
                async with async_client_of(self._client) as client:
                    self._schema = await find_schema(client, self._reference)

    async def run(
        self,
        *,
        concurrency: int = 64,
        output_dir: str | os.PathLike[str] | None = None,
        retries: int = 2,
        retry_unknown: bool = False,
        creates_per_minute: float | None = 600.0,
        max_failures: int | None = None,
        max_predict_time: float | None = None,
        on_result: Callable[[BatchRow], object] | None = None,
        progress: bool | None = None,
        webhook: str | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> BatchReport:
        """Run what is not done yet, and return when nothing is left or a limit is reached.

        Args:
            concurrency: How many predictions this process has under way at once.
            output_dir: Where files in outputs are saved, named by the input's fingerprint, with a `manifest.jsonl`;
                without it their URLs are kept, which the API removes an hour after the end.
            retries: How often an input is run again after a failure of the API or its machines. Each is billed.
            retry_unknown: Whether a create is sent again if it cannot be told whether the API ran it.
            creates_per_minute: The rate that all processes of this journal share; None sets no limit. It is lowered
                for all of them where the API throttles.
            max_failures: Begin no further input after so many failures in this call.
            max_predict_time: Begin no further input after so many seconds of compute in this call.
            on_result: Called with each row that has ended, in the thread that called `run`.
            progress: Whether progress is shown; None shows it if a person is watching.
            webhook: An HTTPS URL of yours that hands what arrives to `receive`; polled for less often then.
            secrets: Environment variables by the names of the inputs that get their values, such as
                `{"hf_token": "HF_TOKEN"}`. Every input gets them; the journal never does.

        Raises:
            AuthenticationError, PaymentRequiredError, PermissionDeniedError, NotFoundError: The API takes no creates.
        """
        options = BatchOptions(
            concurrency=concurrency,
            output_dir=output_dir,
            retries=retries,
            retry_unknown=retry_unknown,
            creates_per_minute=creates_per_minute,
            max_failures=max_failures,
            max_predict_time=max_predict_time,
            webhook=webhook,
            secrets=secrets,
        )
        plan = self._plan(options)
        with Progress(self._status, progress) as bar:

            def on_row(stored: StoredRow) -> None:
                bar.row(stored)
                if on_result is not None:
                    on_result(row_of(stored))

            return await self._run(async_client_of(self._client), plan, on_row)

    async def complete(self, inputs: Iterable[Mapping[str, Any]], **options: Unpack[BatchOptions]) -> list[BatchRow]:
        """Add these inputs, and return their rows when each has ended, whoever ran it.

        For workers of an engine that may run a task more than once: an input that is done is not run again, and one
        that another worker has under way is waited for.

        Args:
            inputs: The inputs.
            **options: As `run` takes them.
        """
        await self._look_up()
        chosen = await anyio.to_thread.run_sync(self._encoded, inputs)
        await self._run(async_client_of(self._client), self._plan(options, chosen), lambda _: None)
        return await anyio.to_thread.run_sync(self._rows_of, chosen)

    async def results(self, status: RowStatus | None = None) -> AsyncIterator[BatchRow]:
        """The rows in the order in which they were added, read from the journal part by part.

        Args:
            status: Only those in this status.
        """
        stored = self._stored(status)
        while part := await anyio.to_thread.run_sync(_part, stored):
            for each in part:
                yield row_of(each)

    async def status(self) -> BatchStatus:
        """How far the batch is."""
        return await anyio.to_thread.run_sync(self._status)

    async def retry_failed(self, kinds: Iterable[FailureKind] | None = None) -> int:
        """Let the next `run` try failed inputs again, and return how many. Each is billed again.

        Args:
            kinds: Which kinds of failure; without it all but refused inputs and refused content, which would fail
                again, and unknown outcomes, which might be billed twice.
        """
        return await anyio.to_thread.run_sync(self._retry, kinds)

    async def receive(self, request: Any, secret: str | Iterable[str]) -> bool:
        """Take a webhook's request, for a `run` with `webhook=` in this or another process.

        Args:
            request: The web framework's request, or anything with `body` and `headers`.
            secret: The account's signing secret; see `client.webhooks.secret()`.

        Returns:
            Whether it was the end of a prediction.

        Raises:
            WebhookError: It does not come from the API, or is an old one sent again.
        """
        delivery = await webhooks.async_unwrap(request, secret)
        return await anyio.to_thread.run_sync(self._deliver, delivery)

    async def export(self, path: str | os.PathLike[str]) -> int:
        """Write all rows as JSON lines into a new file, and return how many."""
        return await anyio.to_thread.run_sync(self._export, path)

    async def close(self) -> None:
        """Close the journal."""
        await anyio.to_thread.run_sync(self._writer.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _part(rows: Iterator[StoredRow]) -> list[StoredRow]:
    return list(islice(rows, _ROWS_AT_ONCE))


resolvable(__name__)
