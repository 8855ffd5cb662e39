"""What a batch writes down, and when: each method is one step, inside a transaction of its caller's.

An item goes `pending` -> `claimed` -> `sending` -> `running` -> `succeeded` or `failed`. It is `sending` before the
create leaves this machine, so that after a crash only these can be what the API may know of and the journal does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from replicatekit.batch._journal.schema import VERSION
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from replicatekit.batch._items import EncodedInput
    from replicatekit.batch._journal.database import Database

__all__ = ["Attempt", "Claim", "ClaimLost", "Journal", "Outcome", "StoredRow"]

_PAGE = 1000
_OPEN = "('pending', 'claimed', 'sending', 'running')"
_ROW = (
    "id, fingerprint, copy, input, status, attempts, prediction_id, output, error_kind, error,"
    " predict_time, finished_at"
)
_CLAIM = "id, fingerprint, copy, input, status, attempts, prediction_id"


class ClaimLost(Exception):
    """An item is not this worker's any more."""


@frozen
class Claim:
    """An item that this worker has to bring to its end."""

    id: int
    fingerprint: str
    copy: int
    input: str
    status: str
    attempts: int
    prediction_id: str | None


@frozen
class Attempt:
    """A create: when it was sent, and what, until it is known which prediction it made."""

    number: int
    sending_at: float
    sent: str | None
    prediction_id: str | None


@frozen
class Outcome:
    """How an item ended."""

    status: str
    output: str | None = None
    error_kind: str | None = None
    error: str | None = None
    predict_time: float | None = None


@frozen
class StoredRow:
    """An item as the journal has it."""

    id: int
    fingerprint: str
    copy: int
    input: str
    status: str
    attempts: int
    prediction_id: str | None
    output: str | None
    error_kind: str | None
    error: str | None
    predict_time: float | None
    finished_at: float | None


class Journal:
    """The steps of a batch, as statements."""

    def __init__(self, database: Database) -> None:
        self.database = database

    # --- what the batch is

    def open(self, reference: str | None) -> str:
        """Check that this is a journal of ours, for this model, and return its reference.

        Raises:
            InvalidArgument: It is of another version or for another model, or it is new and no model was named.
        """
        version = self._setting("version", str(VERSION))
        if version != str(VERSION):
            raise InvalidArgument(f"the journal has version {version}, and this release reads version {VERSION}")
        kept = self._setting("reference", reference)
        if kept is None:
            raise InvalidArgument("a new journal needs the model that it is for: Batch(journal, 'owner/name')")
        if reference is not None and reference != kept:
            raise InvalidArgument(f"the journal is for {kept}, not for {reference}: use another file")
        return kept

    def _setting(self, name: str, default: str | None) -> str | None:
        read = self.database.rows("SELECT value FROM settings WHERE name = :name", name=name)
        if not read and default is not None:
            self.database.change(
                "INSERT INTO settings (name, value) VALUES (:name, :value) ON CONFLICT DO NOTHING",
                name=name,
                value=default,
            )
            return self._setting(name, None)
        return read[0][0] if read else None

    def add(self, items: Iterable[EncodedInput], copies: int) -> int:
        """Add items that are not there yet, and return how many."""
        now = self.database.now()
        return self.database.change_many(
            "INSERT INTO items (fingerprint, copy, input, added_at) VALUES (:fingerprint, :copy, :input, :now)"
            " ON CONFLICT DO NOTHING",
            (
                {"fingerprint": item.fingerprint, "copy": copy, "input": item.text, "now": now}
                for item in items
                for copy in range(copies)
            ),
        )

    # --- workers and their claims

    def enter(self, worker: str, host: str, process: str) -> None:
        """Note a worker, or that it is still there."""
        self.database.change(
            "INSERT INTO workers (id, host, process, seen_at) VALUES (:id, :host, :process, :now)"
            " ON CONFLICT (id) DO UPDATE SET seen_at = :now",
            id=worker,
            host=host,
            process=process,
            now=self.database.now(),
        )

    def leave(self, worker: str) -> None:
        """Note that a worker has ended in an orderly way: what it claimed and did not send is free again."""
        self._free(worker)
        left = self.database.rows("SELECT 1 FROM items WHERE worker = :worker LIMIT 1", worker=worker)
        if left:  # what it has sent is for the next one to take over
            self.database.change("UPDATE workers SET seen_at = 0 WHERE id = :id", id=worker)
        else:
            self.database.change("DELETE FROM workers WHERE id = :id", id=worker)

    def others(self, worker: str) -> list[tuple[str, str, str, float]]:
        """The other workers: id, host, process, and when each was last seen."""
        rows = self.database.rows("SELECT id, host, process, seen_at FROM workers WHERE id <> :id", id=worker)
        return [(row[0], row[1], row[2], row[3]) for row in rows]

    def take_over(self, worker: str, dead: str, seen_at: float) -> list[Claim]:
        """Take what a dead worker has sent; what it only claimed is free again. Empty where another one was faster."""
        gone = self.database.change("DELETE FROM workers WHERE id = :id AND seen_at = :seen", id=dead, seen=seen_at)
        if not gone:
            return []
        self._free(dead)
        return self._claims(
            f"UPDATE items SET worker = :worker WHERE worker = :dead RETURNING {_CLAIM}", worker=worker, dead=dead
        )

    def _free(self, worker: str) -> None:
        self.database.change(
            "UPDATE items SET status = 'pending', worker = NULL WHERE worker = :worker AND status = 'claimed'",
            worker=worker,
        )

    def claim(self, worker: str, count: int) -> list[Claim]:
        """Claim the next items."""
        return self._claims(
            "UPDATE items SET status = 'claimed', worker = :worker WHERE id IN ("
            "SELECT id FROM items WHERE status = 'pending' AND not_before <= :now ORDER BY id LIMIT :count"
            f" {self.database.locks_rows}) RETURNING {_CLAIM}",
            worker=worker,
            now=self.database.now(),
            count=count,
        )

    def claim_only(self, worker: str, fingerprints: Iterable[str]) -> list[Claim]:
        """Claim these items, as far as they are free."""
        statement = (
            "UPDATE items SET status = 'claimed', worker = :worker"
            f" WHERE fingerprint = :fingerprint AND status = 'pending' AND not_before <= :now RETURNING {_CLAIM}"
        )
        now = self.database.now()
        return [
            claim
            for fingerprint in fingerprints
            for claim in self._claims(statement, worker=worker, fingerprint=fingerprint, now=now)
        ]

    def _claims(self, statement: str, **parameters: Any) -> list[Claim]:
        return sorted((Claim(*row) for row in self.database.rows(statement, **parameters)), key=lambda claim: claim.id)

    # --- one item

    def sending(self, worker: str, item: int, sent: str, rate: int | None = None) -> int | None:
        """Note that a create is about to be sent, and return the number of the attempt.

        None where the rate has another version than that of the create's turn: it must not be sent now.

        Raises:
            ClaimLost: Another worker has it.
        """
        if rate is not None and self.rate()[1] != rate:
            return None
        changed = self.database.change(
            "UPDATE items SET status = 'sending', attempts = attempts + 1"
            " WHERE id = :id AND worker = :worker AND status = 'claimed'",
            id=item,
            worker=worker,
        )
        if not changed:
            raise ClaimLost
        (row,) = self.database.rows(
            "INSERT INTO attempts (item, number, worker, sending_at, sent)"
            " SELECT CAST(:item AS BIGINT), COALESCE(MAX(number), 0) + 1, CAST(:worker AS TEXT),"
            " CAST(:now AS DOUBLE PRECISION), CAST(:sent AS TEXT) FROM attempts WHERE item = :item RETURNING number",
            item=item,
            worker=worker,
            now=self.database.now(),
            sent=sent,
        )
        number: int = row[0]
        return number

    def not_sent(self, worker: str, item: int, number: int) -> None:
        """Note that the create was not sent, or not accepted: the item is claimed as before."""
        self.database.change("DELETE FROM attempts WHERE item = :item AND number = :number", item=item, number=number)
        self.database.change(
            "UPDATE items SET status = 'claimed', attempts = attempts - 1"
            " WHERE id = :id AND worker = :worker AND status IN ('sending', 'unknown')",
            id=item,
            worker=worker,
        )

    def created(self, worker: str, item: int, number: int, prediction_id: str) -> bool:
        """Note the prediction that an attempt created. False where it is another attempt's.

        The attempt has it even if the item is another worker's by now, which then finds it there.
        """
        changed = self.database.change(
            "UPDATE attempts SET prediction_id = :prediction, sent = NULL WHERE item = :item AND number = :number"
            " AND prediction_id IS NULL AND NOT EXISTS (SELECT 1 FROM attempts WHERE prediction_id = :prediction)",
            prediction=prediction_id,
            item=item,
            number=number,
        )
        return changed > 0 and self.running(worker, item, prediction_id)

    def running(self, worker: str, item: int, prediction_id: str) -> bool:
        """Note that a prediction is an item's. The answer is True, whether or not the item is still this worker's."""
        self.database.change(
            "UPDATE items SET status = 'running', prediction_id = :prediction"
            " WHERE id = :id AND worker = :worker AND status = 'sending'",
            prediction=prediction_id,
            id=item,
            worker=worker,
        )
        return True

    def finished(self, worker: str, item: int, outcome: Outcome) -> StoredRow:
        """Note how an item ended.

        Raises:
            ClaimLost: Another worker has it.
        """
        changed = self.database.change(
            "UPDATE items SET status = :status, output = :output, error_kind = :kind, error = :error,"
            " predict_time = COALESCE(predict_time, 0) + :seconds, finished_at = :now, worker = NULL"
            " WHERE id = :id AND worker = :worker",
            status=outcome.status,
            output=outcome.output,
            kind=outcome.error_kind,
            error=outcome.error,
            seconds=outcome.predict_time or 0.0,
            now=self.database.now(),
            id=item,
            worker=worker,
        )
        if not changed:
            raise ClaimLost
        return self.row(item)

    def put_back(self, worker: str, item: int, seconds: float, outcome: Outcome | None = None) -> None:
        """Free an item for another attempt, after some seconds.

        Raises:
            ClaimLost: Another worker has it.
        """
        changed = self.database.change(
            "UPDATE items SET status = 'pending', worker = NULL, prediction_id = NULL, not_before = :then,"
            " predict_time = COALESCE(predict_time, 0) + :spent, error_kind = :kind, error = :error"
            " WHERE id = :id AND worker = :worker",
            then=self.database.now() + seconds,
            spent=(outcome and outcome.predict_time) or 0.0,
            kind=outcome and outcome.error_kind,
            error=outcome and outcome.error,
            id=item,
            worker=worker,
        )
        if not changed:
            raise ClaimLost

    def retry(self, kinds: Sequence[str]) -> int:
        """Free the items that ended in one of these ways, and return how many."""
        return sum(
            self.database.change(
                # What failed by our side of the API alone is not created again: its prediction is read again.
                "UPDATE items SET status = 'pending', attempts = 0, not_before = 0,"
                " prediction_id = CASE WHEN error_kind = 'api' THEN prediction_id END,"
                " error_kind = NULL, error = NULL, finished_at = NULL"
                " WHERE status IN ('failed', 'unknown') AND error_kind = :kind",
                kind=kind,
            )
            for kind in kinds
        )

    # --- creates whose outcome is unknown

    def last_attempt(self, item: int) -> Attempt | None:
        """The last attempt of an item."""
        rows = self.database.rows(
            "SELECT number, sending_at, sent, prediction_id FROM attempts WHERE item = :item"
            " ORDER BY number DESC LIMIT 1",
            item=item,
        )
        return Attempt(*rows[0]) if rows else None

    def is_sent(self, worker: str, item: int) -> bool:
        """Whether the API may have, or has, the create of this worker's item."""
        statement = "SELECT 1 FROM items WHERE id = :id AND worker = :worker AND status IN ('sending', 'running')"
        return bool(self.database.rows(statement, id=item, worker=worker))

    def not_known(self, prediction_ids: Sequence[str]) -> list[str]:
        """The predictions that are no attempt's."""
        statement = "SELECT 1 FROM attempts WHERE prediction_id = :id"
        return [each for each in prediction_ids if not self.database.rows(statement, id=each)]

    # --- the rate that all workers share

    def pace(self, gap: float) -> None:
        """Set the seconds between two creates, where nobody has."""
        self.database.change(
            "INSERT INTO rate (id, gap, next_at, version) VALUES (1, :gap, 0, 0) ON CONFLICT DO NOTHING", gap=gap
        )

    def reserve(self, count: int) -> tuple[float, float, int]:
        """Reserve creates: when the first may be sent, the seconds between them, and the version of the rate."""
        rows = self.database.rows(
            "UPDATE rate SET next_at = CASE WHEN next_at > :now THEN next_at ELSE :now END + gap * :count"
            " WHERE id = 1 RETURNING next_at, gap, version",
            now=self.database.now(),
            count=count,
        )
        then, gap, version = rows[0]
        return then - gap * count, gap, version

    def rate(self) -> tuple[float, int]:
        """The seconds between two creates, and the version of the rate."""
        rows = self.database.rows("SELECT gap, version FROM rate WHERE id = 1")
        return rows[0][0], rows[0][1]

    def change_pace(self, gap: float, pause: float, version: int) -> None:
        """Set the rate for all workers, unless another one has since this version; none sends for `pause` seconds."""
        self.database.change(
            "UPDATE rate SET gap = :gap, next_at = :then, version = version + 1 WHERE id = 1 AND version = :version",
            gap=gap,
            then=self.database.now() + pause,
            version=version,
        )

    # --- files

    def digest_of(self, path: str, size: int, modified: int) -> str | None:
        """See `FileStore`."""
        rows = self.database.rows(
            "SELECT digest FROM files WHERE path = :path AND size = :size AND modified = :modified",
            path=path,
            size=size,
            modified=modified,
        )
        return rows[0][0] if rows else None

    def remember(self, path: str, size: int, modified: int, digest: str) -> None:
        """See `FileStore`."""
        self.database.change(
            "INSERT INTO files (path, size, modified, digest) VALUES (:path, :size, :modified, :digest)"
            " ON CONFLICT (path) DO UPDATE SET size = :size, modified = :modified, digest = :digest",
            path=path,
            size=size,
            modified=modified,
            digest=digest,
        )

    def keep(self, digest: str, content: bytes) -> None:
        """See `FileStore`."""
        self.database.change(
            "INSERT INTO contents (digest, content) VALUES (:digest, :content) ON CONFLICT DO NOTHING",
            digest=digest,
            content=content,
        )

    def content(self, digest: str) -> bytes | None:
        """The content that was kept."""
        rows = self.database.rows("SELECT content FROM contents WHERE digest = :digest", digest=digest)
        return bytes(rows[0][0]) if rows else None

    def uploaded(self, digest: str, url: str, seconds: float) -> None:
        """Note where a file's content was uploaded to, and for how long it stays there."""
        self.database.change(
            "INSERT INTO uploads (digest, url, expires_at) VALUES (:digest, :url, :then)"
            " ON CONFLICT (digest) DO UPDATE SET url = :url, expires_at = :then",
            digest=digest,
            url=url,
            then=self.database.now() + seconds,
        )

    def upload_of(self, digest: str) -> str | None:
        """Where a file's content was uploaded to, while it is there."""
        rows = self.database.rows(
            "SELECT url FROM uploads WHERE digest = :digest AND expires_at > :now",
            digest=digest,
            now=self.database.now(),
        )
        return rows[0][0] if rows else None

    # --- webhooks

    def deliver(self, prediction_id: str, body: str) -> None:
        """Keep a delivery until the worker that waits for it has read it."""
        self.database.change(
            "INSERT INTO deliveries (prediction_id, body) VALUES (:id, :body) ON CONFLICT DO NOTHING",
            id=prediction_id,
            body=body,
        )

    def delivered(self, prediction_ids: Sequence[str]) -> dict[str, str]:
        """The deliveries of these predictions, which are not kept any longer."""
        statement = "DELETE FROM deliveries WHERE prediction_id = :id RETURNING body"
        return {each: rows[0][0] for each in prediction_ids if (rows := self.database.rows(statement, id=each))}

    # --- reading

    def counts(self) -> dict[str, int]:
        """How many items there are in each status."""
        rows = self.database.rows("SELECT status, COUNT(*) FROM items GROUP BY status")
        return {row[0]: row[1] for row in rows}

    def failure_counts(self) -> dict[str, int]:
        """How many items failed in each way."""
        rows = self.database.rows(
            "SELECT error_kind, COUNT(*) FROM items WHERE status IN ('failed', 'unknown') GROUP BY error_kind"
        )
        return {row[0] or "unknown": row[1] for row in rows}

    def predict_time(self) -> float:
        """The seconds of compute of all items."""
        result: float = self.database.rows("SELECT COALESCE(SUM(predict_time), 0) FROM items")[0][0]
        return result

    def has_open(self) -> bool:
        """Whether any item has still to end."""
        return bool(self.database.rows(f"SELECT 1 FROM items WHERE status IN {_OPEN} LIMIT 1"))

    def is_open(self, fingerprint: str) -> bool:
        """Whether an item with this input has still to end."""
        return bool(
            self.database.rows(
                f"SELECT 1 FROM items WHERE fingerprint = :fingerprint AND status IN {_OPEN}", fingerprint=fingerprint
            )
        )

    def row(self, item: int) -> StoredRow:
        """One item."""
        (row,) = self.database.rows(f"SELECT {_ROW} FROM items WHERE id = :id", id=item)
        return StoredRow(*row)

    def page(self, after: int, status: str | None = None, fingerprint: str | None = None) -> list[StoredRow]:
        """The next items behind one, in the order in which they were added."""
        given = {"status": status, "fingerprint": fingerprint}
        asked = {name: value for name, value in given.items() if value is not None}
        narrowed = "".join(f" AND {name} = :{name}" for name in asked)
        rows = self.database.rows(
            f"SELECT {_ROW} FROM items WHERE id > :after{narrowed} ORDER BY id LIMIT {_PAGE}", after=after, **asked
        )
        return [StoredRow(*row) for row in rows]
