"""The records that a journal's methods take and return."""

from __future__ import annotations

from attrs import frozen

LONGEST_WAIT = 3600.0
"""Seconds. A time further ahead was recorded before the clock was set back, and is not waited for."""


class ClaimLost(Exception):
    """Another worker has taken the item over."""


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
    """A create: when it was sent, and its input until its prediction is known."""

    number: int
    sending_at: float
    sent: str | None
    prediction_id: str | None


@frozen
class Outcome:
    """The outcome of an item."""

    status: str
    output: str | None = None
    error_kind: str | None = None
    error: str | None = None
    predict_time: float | None = None


@frozen
class StoredRow:
    """An item as stored in the journal."""

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
