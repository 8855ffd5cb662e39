"""`Batch`: thousands of inputs for one model, in a run that can be resumed after a crash."""

from __future__ import annotations

from copy import copy
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Self, Unpack

from replicatekit import Client, webhooks
from replicatekit._base.signatures import resolvable
from replicatekit._runtime import run_sync
from replicatekit.batch._client import async_client_of, check_client
from replicatekit.batch._journaled import JournaledBatch
from replicatekit.batch._loop import LoopThread
from replicatekit.batch._model import look_up
from replicatekit.batch._options import BatchOptions, takes_batch_options
from replicatekit.batch._progress import Progress
from replicatekit.batch.rows import row_of

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from replicatekit.batch._journal.records import StoredRow
    from replicatekit.batch._plan import Plan
    from replicatekit.batch.rows import AddReport, BatchReport, BatchRow, BatchStatus, FailureKind, RowStatus

__all__ = ["Batch"]


class Batch(JournaledBatch):
    """Run one model over many inputs. After a crash, run the same program again: no input is created twice.

        batch = Batch("captions.db", "acme/caption")
        batch.add({"image": path} for path in paths)
        report = batch.run(concurrency=64, output_dir="out")

    Every step is recorded in the journal before it is taken, and the next run continues where the last one stopped.
    Retries after a failure of the API (`retries`) are new predictions, and are billed. Several processes may run the
    same journal at the same time; they share the work and the rate.

    Args:
        journal: The path of a file, which is created if needed, or the URL of a PostgreSQL database, for several
            machines.
        ref: The model: `owner/name`, `owner/name:version` or a version id. Optional for an existing journal.
        client: The client to use. Default: a new one, configured from the environment.
        lease: Seconds without a heartbeat after which a worker is considered dead, and others continue its work. On
            the same machine, the end of a process is noticed at once.
        settle: Seconds to wait before searching the API's list for a prediction whose create request was interrupted.

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

        Two inputs are the same if model, values and file contents are equal.

        Args:
            inputs: An iterable of dicts; the path of a `.jsonl`, `.csv` or `.parquet` file; a DataFrame of pandas or
                polars, a table of pyarrow, or a `datasets.Dataset`.
            repeat: The number of runs of each input.

        Raises:
            InvalidInput: A value cannot be sent, or is a secret by the model's schema; see `secrets` of `run`. Inputs
                that were read before it may have been added.
            MissingTokenError, APIError: The model's schema cannot be read, which the first `add` of a journal needs.
            JournalError: The journal cannot be read or written.
        """
        self._look_up()
        return self._add(inputs, repeat)

    def _look_up(self) -> None:
        """Look the model up, once per journal."""
        self._model = self._model or self._recorded_model()
        if self._model is None:
            with self._own_client() as client:
                self._model = self._record_model(run_sync(look_up(client, self._reference)))

    def _own_client(self) -> Client:
        return Client() if self._client is None else copy(self._client)

    @takes_batch_options
    def run(
        self,
        *,
        on_result: Callable[[BatchRow], object] | None = None,
        progress: bool | None = None,
        **options: Unpack[BatchOptions],
    ) -> BatchReport:
        """Run what is not done yet, and return when nothing is left or a limit is reached.

        Args:
            on_result: Called with each row that has ended, in the thread that called `run`.
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
        return self._in_thread(self._plan(options), on_result, progress=progress)

    def _in_thread(
        self, plan: Plan, on_result: Callable[[BatchRow], object] | None, *, progress: bool | None
    ) -> BatchReport:
        """Run the engine in a separate event loop, and handle ended rows in the caller's thread."""
        rows: SimpleQueue[StoredRow | None] = SimpleQueue()
        loop = LoopThread(lambda: self._run(async_client_of(self._client), plan, rows.put), lambda: rows.put(None))
        with Progress(self._status, progress) as bar, loop:
            while (stored := rows.get()) is not None:
                bar.row(stored)
                if on_result is not None:
                    on_result(row_of(stored))
        return loop.result()

    @takes_batch_options
    def complete(self, inputs: Iterable[Mapping[str, Any]], **options: Unpack[BatchOptions]) -> list[BatchRow]:
        """Add inputs, run those that are not done, and return their rows once all have ended.

        For task engines that may rerun tasks: an input that is done is not run again, and one that another worker is
        running is waited for.

        Args:
            inputs: The inputs.
            **options: Options of `run`.
        """
        self._look_up()
        fingerprints = self._encoded(inputs)
        self._in_thread(self._plan(options, fingerprints), None, progress=False)
        return self._rows_of(fingerprints)

    def results(self, status: RowStatus | None = None) -> Iterator[BatchRow]:
        """Yield the rows in the order in which they were added.

        Args:
            status: Only rows with this status: `pending`, `claimed`, `sending`, `running`, `succeeded`, `failed` or
                `unknown`.
        """
        return (row_of(stored) for stored in self._stored(status))

    def status(self) -> BatchStatus:
        """Return the counts of rows by status."""
        return self._status()

    def retry_failed(self, kinds: Iterable[FailureKind] | None = None) -> int:
        """Let the next `run` try failed inputs again, and return how many. Each is billed again.

        Args:
            kinds: The kinds to retry. Default: all but `input` and `content`, which would fail again, and `unknown`,
                which might be billed twice.
        """
        return self._retry(kinds)

    def receive(self, request: Any, secret: str | Iterable[str]) -> bool:
        """Record a webhook delivery for a `run` with `webhook=` in this or another process.

        Args:
            request: The web framework's request, or anything with `body` and `headers`.
            secret: The account's signing secret; see `client.webhooks.secret()`.

        Returns:
            Whether the delivery reports that a prediction has ended.

        Raises:
            WebhookError: The signature is invalid, or the delivery is a replay.
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


resolvable(__name__)
