"""The package's logger. `REPLICATEKIT_LOG=debug` (or `info`, ...) writes it to stderr."""

from __future__ import annotations

import logging
import os

from replicatekit._base.forks import wait_for_imports_before_forks

LOG_VARIABLE = "REPLICATEKIT_LOG"

log = logging.getLogger("replicatekit")

wait_for_imports_before_forks(loads_logging=True)


def _configure(level: str) -> None:
    known = logging.getLevelNamesMapping().get(level.strip().upper())
    if not known:
        return
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    log.addHandler(handler)
    log.setLevel(known)


_configure(os.environ.get(LOG_VARIABLE, ""))
