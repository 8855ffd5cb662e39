"""The settings of a sandbox: the speed of its clock, its limits, and the API's quirks that it imitates."""

from __future__ import annotations

import math
from typing import Literal, TypedDict

import attrs

MINUTE = 60.0
HOUR = 60 * MINUTE


class SettingsOptions(TypedDict, total=False):
    """The settings as keywords of `Sandbox`; see `Settings` for what each means."""

    speed: float
    silence: float
    hold: float
    run_limit: float
    shortest_deadline: float
    boot: float
    max_running: int
    data_lifetime: float
    file_lifetime: float
    upload_limit: int
    page_size: int
    creates_per_minute: float | None
    create_burst: float | None
    others_per_minute: float | None
    held_status: Literal["processing", "succeeded"]
    documented: bool
    outputs_on: Literal["delivery", "api"]
    webhook_pause: float
    webhook_retries: tuple[float, ...]
    webhook_timeout: float
    webhook_delay: float
    webhook_repeats: int
    webhook_order: Literal["kept", "reversed"]


def _check_speed(_: object, __: object, value: object) -> None:
    if not isinstance(value, (int, float)) or not 0 < value < math.inf:
        raise ValueError(f"speed must be a number above 0, not {value!r}: 10 makes the API's clock ten times faster")


def _check_limit(_: object, attribute: attrs.Attribute[float | None], value: float | None) -> None:
    if value is not None and not value > 0:
        raise ValueError(f"{attribute.name} must be above 0, or None for no limit, not {value!r}")


@attrs.define(kw_only=True)
class Settings:
    """The settings of a sandbox. They can be changed at any time, also while it runs. All times are in seconds.

    Attributes:
        speed: How many times faster than real time the API's own durations pass: deadlines, holds, idle timeouts of
            streams, lifetimes, the pauses of webhooks, rate limits. A model's own time does not change.
        silence: The idle timeout of streams, after which the server closes them with a 408.
        hold: How long `Prefer: wait` without a number blocks.
        run_limit: How long a prediction may run.
        shortest_deadline: The minimum of `Cancel-After`.
        boot: The simulated cold start: how long predictions stay `starting`. A model's own `boot` takes precedence.
        max_running: How many predictions run at once; the others stay `starting`.
        data_lifetime: How long the input, output, logs and output files of a prediction are kept.
        file_lifetime: How long an uploaded file is kept.
        upload_limit: The largest uploaded file, in bytes.
        page_size: How many records are on a page.
        creates_per_minute: The rate limit of create requests; beyond it they get 429. None: no limit. The API allows
            600, and 6 to accounts that are low on credit.
        create_burst: How many create requests may come at once after a pause; None for a whole minute's.
        others_per_minute: The rate limit of all other requests.
        held_status: The status in the response to a blocking create request whose prediction finished in time. The real
            API says `processing`, with the whole output (12 of 12 recorded responses).
        documented: Include the fields that the OpenAPI document requires but the real API omits (`output`, `urls.web`,
            `source`).
        outputs_on: The host of output files: one of their own, or the API's, where they need the token.
        webhook_pause: The minimum interval between two deliveries of `output` or `logs`.
        webhook_retries: The pauses before a failed terminal delivery is repeated.
        webhook_timeout: How long a receiver may take to respond.
        webhook_delay: How long each delivery is delayed.
        webhook_repeats: How many times each delivery is repeated although it succeeded.
        webhook_order: `kept`, or `reversed`: the terminal delivery first, the earlier ones after it.
    """

    speed: float = attrs.field(default=1.0, validator=_check_speed)
    silence: float = 30.0
    hold: float = 60.0
    run_limit: float = 30 * MINUTE
    shortest_deadline: float = 5.0
    boot: float = 0.0
    max_running: int = 1000
    data_lifetime: float = HOUR
    file_lifetime: float = 24 * HOUR
    upload_limit: int = 100 * 2**20
    page_size: int = 100
    creates_per_minute: float | None = attrs.field(default=None, validator=_check_limit)
    create_burst: float | None = attrs.field(default=None, validator=_check_limit)
    others_per_minute: float | None = attrs.field(default=None, validator=_check_limit)
    held_status: Literal["processing", "succeeded"] = "processing"
    documented: bool = False
    outputs_on: Literal["delivery", "api"] = "delivery"
    webhook_pause: float = 0.5
    webhook_retries: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
    webhook_timeout: float = 5.0
    webhook_delay: float = 0.0
    webhook_repeats: int = 0
    webhook_order: Literal["kept", "reversed"] = "kept"

    def real(self, seconds: float) -> float:
        """Return how long a duration of the API takes in this sandbox, in real seconds."""
        return seconds / self.speed
