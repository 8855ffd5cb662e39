"""What the steps of a journal take and return."""

from __future__ import annotations

from attrs import frozen

LONGEST_WAIT = 3600.0
"""Seconds. A moment that lies further ahead was noted before the clock was set back, and is not waited for."""


class ClaimLost(Exception):
    """Another worker has the item now."""


@frozen
class Claim:
    """An item that this worker has to complete."""

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
