"""The knobs of a sandbox: how fast its clock runs, which limits hold, which of the API's quirks it shows."""

from __future__ import annotations

from typing import Literal

import attrs

MINUTE = 60.0
HOUR = 60 * MINUTE


@attrs.define(kw_only=True)
class Settings:
    """What may be turned, at any time, also while the sandbox runs. All times are seconds.

    Attributes:
        speed: how many times faster than a clock the API's own durations pass: deadlines, holds, the
            silence of a stream, lifetimes, the pauses of webhooks. A model's own time is its own.
        silence: after how long a stream that says nothing is given up.
        hold: how long `Prefer: wait` holds when it names no number.
        run_limit: how long a prediction may run.
        shortest_deadline: the least that `Cancel-After` may ask for.
        boot: how long a prediction stays `starting`; a model's own `boot` goes before it.
        max_running: how many models run at once; the others stay `starting`.
        data_lifetime: how long input, output, logs and output files of a prediction are kept.
        file_lifetime: how long an upload is kept.
        upload_limit: the most bytes of an upload.
        page_size: how many records stand on a page.
        creates_per_minute: refuses with 429 beyond it; None: never.
        others_per_minute: the same for all other requests.
        held_status: what a held create says of a prediction that finished in time: the real API was
            seen to say `processing`, with the whole output (12 of 12).
        documented: True gives every field that the document requires (`output`, `urls.web`, `source`),
            False leaves out what real answers leave out.
        outputs_on: where the files that models make are: on a host of their own, or on the API's, where
            they need the token.
        webhook_pause: the least time between two deliveries for output or logs.
        webhook_retries: the pauses before a terminal delivery that failed is tried again.
        webhook_timeout: how long a receiver may take to answer.
        webhook_delay: how long every delivery is kept back.
        webhook_repeats: how many times more than once each delivery is made.
        webhook_order: `kept`, or `reversed`: the terminal delivery first, the earlier ones after it.
    """

    speed: float = attrs.field(default=1.0, validator=attrs.validators.gt(0))
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
    creates_per_minute: float | None = None
    others_per_minute: float | None = None
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
        """How long a duration of the API takes here."""
        return seconds / self.speed
