"""One part of a batch inside a worker of Dask or Ray. The journal is opened once per process."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from replicatekit._base.signatures import resolvable
from replicatekit.batch.batch import Batch

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from replicatekit.batch.rows import BatchRow

_lock = threading.Lock()
_open: dict[tuple[str, str], Batch] = {}


def complete_part(
    inputs: Iterable[Mapping[str, Any]], journal: str, ref: str, options: Mapping[str, Any] | None = None
) -> list[BatchRow]:
    """Run inputs and return their rows; see `Batch.complete`. Calling it again is safe.

    Args:
        inputs: The inputs of this part.
        journal: The journal's address, reachable by all workers.
        ref: The model.
        options: `lease` and `settle` as `Batch` takes them, and the options of `Batch.run`.
    """
    arguments = dict(options or {})
    settings = {name: arguments.pop(name) for name in ("lease", "settle") if name in arguments}
    with _lock:
        batch = _open.get((journal, ref))
        if batch is None:
            batch = _open[journal, ref] = Batch(journal, ref, **settings)
    return batch.complete(list(inputs), **arguments)


resolvable(__name__)
