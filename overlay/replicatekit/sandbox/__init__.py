"""Replicate's API on this machine: a real HTTP server on loopback, with Python functions as its models.

```python
from replicatekit.sandbox import Input, Sandbox

sandbox = Sandbox()

@sandbox.model("acme/shout")
def shout(text: str, times: int = Input(1, ge=1, le=10)) -> str:
    return text.upper() * times

with sandbox:
    ...  # a client with base_url=sandbox.base_url and token=sandbox.token
```

It needs the extra `sandbox`, no network, and nothing of this package's client.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from replicatekit.sandbox._cog.folder import CogError
    from replicatekit.sandbox._models.functions import current_job
    from replicatekit.sandbox._models.job import Canceled, Job, Runner
    from replicatekit.sandbox._models.signature import ConcatenateIterator, Input, Secret
    from replicatekit.sandbox._network.faults import Fault, Rule
    from replicatekit.sandbox._network.recorder import RecordedRequest
    from replicatekit.sandbox._sandbox import Sandbox
    from replicatekit.sandbox._storage.settings import Settings

__all__ = [
    "Canceled",
    "CogError",
    "ConcatenateIterator",
    "Fault",
    "Input",
    "Job",
    "Path",
    "RecordedRequest",
    "Rule",
    "Runner",
    "Sandbox",
    "Secret",
    "Settings",
    "current_job",
]

_HOMES = {
    "Canceled": "replicatekit.sandbox._models.job",
    "CogError": "replicatekit.sandbox._cog.folder",
    "ConcatenateIterator": "replicatekit.sandbox._models.signature",
    "Fault": "replicatekit.sandbox._network.faults",
    "Input": "replicatekit.sandbox._models.signature",
    "Job": "replicatekit.sandbox._models.job",
    "Path": "pathlib",
    "RecordedRequest": "replicatekit.sandbox._network.recorder",
    "Rule": "replicatekit.sandbox._network.faults",
    "Runner": "replicatekit.sandbox._models.job",
    "Sandbox": "replicatekit.sandbox._sandbox",
    "Secret": "replicatekit.sandbox._models.signature",
    "Settings": "replicatekit.sandbox._storage.settings",
    "current_job": "replicatekit.sandbox._models.functions",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
