"""`Batch`: thousands of inputs for one model, each billed once."""

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
            MissingTokenError, APIError: The model's schema cannot be read, which the first `add` of a journal needs.
            JournalError: The journal cannot be read or written.
        """
        self._look_up()
        return self._add(inputs, repeat)

    def _look_up(self) -> None:
        """Find out what the model is, once for a journal."""
        self._model = self._model or self._kept_model()
        if self._model is None:
            with self._own_client() as client:
                self._model = self._keep_model(run_sync(look_up(client, self._reference)))

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
            progress: Whether progress is shown; None shows it if a person is watching.
            **options:
                concurrency: How many predictions this process has under way at once; 64 by default.
                output_dir: The folder where files in outputs are saved, next to a `manifest.jsonl`. It is for one
                    journal. Without it, rows have the URLs of files, which the API deletes an hour after the
                    prediction has ended.
                retries: How often an input is run again after a failure of the API or its machines, 2 by default.
                    Each run is billed.
                retry_unknown: Whether a create whose outcome cannot be found out is sent again, and perhaps billed
                    twice.
                creates_per_minute: The rate of creates that all processes of the journal share, 600 by default; the
                    latest run's counts. None for no limit but the API's.
                max_failures: Begin no further input after so many failures in this call.
                max_predict_time: Begin no further input after so many seconds of compute in this call.
                webhook: An HTTPS URL of yours that passes requests to `receive`. The API is then polled only for
                    missed deliveries.
                secrets: The names of environment variables by the names of the inputs that get their values, such as
                    `{"hf_token": "HF_TOKEN"}`. Every input gets them; the journal never does.

        Raises:
            AuthenticationError, PaymentRequiredError, PermissionDeniedError, NotFoundError: The API takes no creates.
            JournalError: The journal cannot be read or written.
            LocalFileError: An output cannot be written.
        """
        return self._in_thread(self._plan(options), on_result, progress=progress)

    def _in_thread(
        self, plan: Plan, on_result: Callable[[BatchRow], object] | None, *, progress: bool | None
    ) -> BatchReport:
        """Run the engine in an event loop of its own, and hand what ends to the caller's thread."""
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


resolvable(__name__)
