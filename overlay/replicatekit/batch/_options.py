"""The options of `Batch.run` and `Batch.complete`, and their checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict, TypeVar, cast

import attrs

from replicatekit._base.signatures import resolvable, show_options
from replicatekit._base.validation import check_count, check_flags, check_url, format_value
from replicatekit.batch._plan import Plan
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

F = TypeVar("F", bound="Callable[..., Any]")


class BatchOptions(TypedDict, total=False):
    """The options of `Batch.run`."""

    concurrency: int
    """How many predictions this process has under way at once; 64 by default."""
    output_dir: str | os.PathLike[str] | None
    """The folder where files in outputs are saved, next to a `manifest.jsonl`. It is for one journal. Without it, rows
    have the URLs of files, which the API deletes an hour after the prediction has ended."""
    retries: int
    """How often an input is run again after a failure of the API or its machines, 2 by default. Each run is billed."""
    retry_unknown: bool
    """Whether to send a create request again if its outcome cannot be found out. It may be billed twice."""
    creates_per_minute: float | None
    """The rate of create requests that all processes of the journal share, 600 by default; the latest run's counts.
    None for no limit but the API's."""
    max_failures: int | None
    """Stop starting inputs after this many failures in this call."""
    max_predict_time: float | None
    """Stop starting inputs after this many seconds of predict time in this call."""
    webhook: str | None
    """Your HTTPS endpoint that passes requests to `receive`. The API is then polled only for missed deliveries."""
    secrets: Mapping[str, str] | None
    """The names of environment variables by the names of the inputs that get their values, such as
    `{"hf_token": "HF_TOKEN"}`. Every input gets them; the journal never does."""


def takes_batch_options(function: F) -> F:
    """Show the options in the signature of a method."""
    defaults = {each.name: each.default for each in attrs.fields(Plan)}
    return show_options(BatchOptions, defaults)(function)


def check_plan(plan: Plan) -> Plan:
    """Check the options of a run.

    Raises:
        InvalidArgument: An option has an invalid value.
    """
    check_count(plan.concurrency, "concurrency", least=1)
    check_count(plan.retries, "retries")
    check_flags(retry_unknown=plan.retry_unknown)
    for name in ("creates_per_minute", "max_failures", "max_predict_time"):
        value: object = getattr(plan, name)
        if value is not None and not _is_above_0(value):
            raise InvalidArgument(f"{name} must be a number above 0, or None, not {format_value(value)}")
    if plan.webhook is not None:
        check_url(plan.webhook, "webhook")
    return plan


def check_seconds_above_0(value: object, name: str) -> float:
    """Check a number of seconds.

    Raises:
        InvalidArgument: It is not a number above 0.
    """
    if not _is_above_0(value):
        raise InvalidArgument(f"{name} must be a number of seconds above 0, not {format_value(value)}")
    return float(cast("float", value))


def _is_above_0(value: object) -> bool:
    return not isinstance(value, bool) and isinstance(value, (int, float)) and value > 0


resolvable(__name__)
