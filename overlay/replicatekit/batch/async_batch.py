"""`AsyncBatch`: one model over thousands of inputs, none run twice because of a crash, for async code."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Self, Unpack

import anyio
import anyio.to_thread

from replicatekit import AsyncClient, webhooks
from replicatekit._base.signatures import resolvable
from replicatekit.batch._client import async_client_of, check_client
from replicatekit.batch._journaled import AT_ONCE, JournaledBatch
from replicatekit.batch._model import look_up
from replicatekit.batch._options import BatchOptions, takes_batch_options
from replicatekit.batch._progress import Progress
from replicatekit.batch.rows import AddReport, row_of

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping

    from replicatekit.batch._journal.records import StoredRow
    from replicatekit.batch.rows import BatchReport, BatchRow, BatchStatus, FailureKind, RowStatus

__all__ = ["AsyncBatch"]


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

        Two inputs are the same if model, values and file contents are equal.

        Args:
            inputs: An iterable or async iterable of dicts; the path of a `.jsonl`, `.csv` or `.parquet` file; a
                DataFrame of pandas or polars, a table of pyarrow, or a `datasets.Dataset`.
            repeat: The number of runs of each input.

        Raises:
            InvalidInput: A value cannot be sent, or is a secret by the model's schema; see `secrets` of `run`. Inputs
                that were read before it may have been added.
            MissingTokenError, APIError: The model's schema cannot be read, which the first `add` of a journal needs.
            JournalError: The journal cannot be read or written.
        """
        await self._look_up()
        if not hasattr(inputs, "__aiter__"):
            return await anyio.to_thread.run_sync(self._add, inputs, repeat)
        added = known = first = 0
        async for part in _parts(inputs):
            report = await anyio.to_thread.run_sync(self._add, part, repeat, first)
            added, known, first = added + report.added, known + report.known, first + len(part)
        return AddReport(added, known)

    async def _look_up(self) -> None:
        """Look the model up, once per journal."""
        self._model = self._model or await anyio.to_thread.run_sync(self._recorded_model)
        if self._model is None:
            async with async_client_of(self._client) as client:
                model = await look_up(client, self._reference)
            self._model = await anyio.to_thread.run_sync(self._record_model, model)

    @takes_batch_options
    async def run(
        self,
        *,
        on_result: Callable[[BatchRow], object] | None = None,
        progress: bool | None = None,
        **options: Unpack[BatchOptions],
    ) -> BatchReport:
        """Run what is not done yet, and return when nothing is left or a limit is reached.

        Args:
            on_result: Called with each row that has ended.
            progress: Whether progress is shown. None shows it in a terminal or a notebook.
            **options:
                concurrency: How many predictions this process has under way at once; 64 by default.
                output_dir: The folder where files in outputs are saved, next to a `manifest.jsonl`. It is for one
                    journal. Without it, rows have the URLs of files, which the API deletes an hour after the
                    prediction has ended.
                retries: How often an input is run again after a failure of the API or its machines, 2 by default.
                    Each run is billed.
                retry_unknown: Whether to send a create request again if its outcome cannot be found out. It may be
                    billed twice.
                creates_per_minute: The rate of create requests that all processes of the journal share, 600 by default;
                    the latest run's counts. None for no limit but the API's.
                max_failures: Stop starting inputs after this many failures in this call.
                max_predict_time: Stop starting inputs after this many seconds of predict time in this call.
                webhook: Your HTTPS endpoint that passes requests to `receive`. The API is then polled only for
                    missed deliveries.
                secrets: The names of environment variables by the names of the inputs that get their values, such as
                    `{"hf_token": "HF_TOKEN"}`. Every input gets them; the journal never does.

        Raises:
            AuthenticationError, PaymentRequiredError, PermissionDeniedError, NotFoundError: The API refuses all create
                requests.
            JournalError: The journal cannot be read or written.
            LocalFileError: An output cannot be written.
        """
        plan = self._plan(options)
        with Progress(self._status, progress) as bar:

            def on_row(stored: StoredRow) -> None:
                bar.row(stored)
                if on_result is not None:
                    on_result(row_of(stored))

            return await self._run(async_client_of(self._client), plan, on_row)

    @takes_batch_options
    async def complete(self, inputs: Iterable[Mapping[str, Any]], **options: Unpack[BatchOptions]) -> list[BatchRow]:
        """Add inputs, run those that are not done, and return their rows once all have ended.

        For task engines that may rerun tasks: an input that is done is not run again, and one that another worker is
        running is waited for.

        Args:
            inputs: The inputs.
            **options: Options of `run`.
        """
        await self._look_up()
        fingerprints = await anyio.to_thread.run_sync(self._encoded, inputs)
        await self._run(async_client_of(self._client), self._plan(options, fingerprints), lambda _: None)
        return await anyio.to_thread.run_sync(self._rows_of, fingerprints)

    async def results(self, status: RowStatus | None = None) -> AsyncIterator[BatchRow]:
        """Yield the rows in the order in which they were added.

        Args:
            status: Only rows with this status: `pending`, `claimed`, `sending`, `running`, `succeeded`, `failed` or
                `unknown`.
        """
        stored = self._stored(status)
        while part := await anyio.to_thread.run_sync(_part, stored):
            for each in part:
                yield row_of(each)

    async def status(self) -> BatchStatus:
        """Return the counts of rows by status."""
        return await anyio.to_thread.run_sync(self._status)

    async def retry_failed(self, kinds: Iterable[FailureKind] | None = None) -> int:
        """Let the next `run` try failed inputs again, and return how many. Each is billed again.

        Args:
            kinds: The kinds to retry. Default: all but `input` and `content`, which would fail again, and `unknown`,
                which might be billed twice.
        """
        return await anyio.to_thread.run_sync(self._retry, kinds)

    async def receive(self, request: Any, secret: str | Iterable[str]) -> bool:
        """Record a webhook delivery for a `run` with `webhook=` in this or another process.

        Args:
            request: The web framework's request, or anything with `body` and `headers`.
            secret: The account's signing secret; see `client.webhooks.secret()`.

        Returns:
            Whether the delivery reports that a prediction has ended.

        Raises:
            WebhookError: The signature is invalid, or the delivery is a replay.
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


async def _parts(inputs: AsyncIterable[Any]) -> AsyncIterator[list[Any]]:
    part: list[Any] = []
    async for each in inputs:
        part.append(each)
        if len(part) == AT_ONCE:
            yield part
            part = []
    if part:
        yield part


def _part(rows: Iterator[StoredRow]) -> list[StoredRow]:
    return list(islice(rows, AT_ONCE))


resolvable(__name__)
