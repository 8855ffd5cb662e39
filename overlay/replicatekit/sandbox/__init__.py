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

    from replicatekit.sandbox._cog_folder import CogError
    from replicatekit.sandbox._faults import Fault, Rule
    from replicatekit.sandbox._functions import current_job
    from replicatekit.sandbox._job import Canceled, Job, Runner
    from replicatekit.sandbox._recorder import RecordedRequest
    from replicatekit.sandbox._server import Sandbox
    from replicatekit.sandbox._settings import Settings
    from replicatekit.sandbox._signature import ConcatenateIterator, Input, Secret

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
    "Canceled": "replicatekit.sandbox._job",
    "CogError": "replicatekit.sandbox._cog_folder",
    "ConcatenateIterator": "replicatekit.sandbox._signature",
    "Fault": "replicatekit.sandbox._faults",
    "Input": "replicatekit.sandbox._signature",
    "Job": "replicatekit.sandbox._job",
    "Path": "pathlib",
    "RecordedRequest": "replicatekit.sandbox._recorder",
    "Rule": "replicatekit.sandbox._faults",
    "Runner": "replicatekit.sandbox._job",
    "Sandbox": "replicatekit.sandbox._server",
    "Secret": "replicatekit.sandbox._signature",
    "Settings": "replicatekit.sandbox._settings",
    "current_job": "replicatekit.sandbox._functions",
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
