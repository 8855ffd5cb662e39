"""The settings of a run of a batch, and its counters."""

from __future__ import annotations

import os  # noqa: TC003 (attrs' classes have hints that resolve)
import time
from collections.abc import Mapping  # noqa: TC003 (the same)

from attrs import define, field, frozen


@frozen
class Plan:
    """The settings of a run."""

    reference: str
    concurrency: int = 64
    output_dir: str | os.PathLike[str] | None = None
    retries: int = 2
    retry_unknown: bool = False
    creates_per_minute: float | None = 600.0
    max_failures: int | None = None
    max_predict_time: float | None = None
    lease: float = 60.0
    settle: float = 5.0
    webhook: str | None = None
    secrets: Mapping[str, str] | None = None
    only: frozenset[str] | None = None
    """The fingerprints of the items to run; None for all."""


@define
class Tally:
    """The counters of a run."""

    succeeded: int = 0
    failed: int = 0
    created: int = 0
    predict_time: float = 0.0
    in_flight: int = 0
    stopped: str | None = None
    fatal: BaseException | None = None
    started: float = field(factory=time.monotonic)
