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
    from replicatekit.sandbox._models.job import Canceled, Failed, Job, Runner
    from replicatekit.sandbox._models.options import CogOptions, ModelOptions
    from replicatekit.sandbox._models.signature import ConcatenateIterator, Input, Secret
    from replicatekit.sandbox._network.faults import Fault, FaultOptions, Rule
    from replicatekit.sandbox._network.recorder import RecordedRequest
    from replicatekit.sandbox._runs.webhooks import Delivery
    from replicatekit.sandbox._sandbox import Sandbox
    from replicatekit.sandbox._storage.settings import Settings, SettingsOptions
    from replicatekit.sandbox._test_sandbox import TestSandbox

__all__ = [
    "Canceled",
    "CogError",
    "CogOptions",
    "ConcatenateIterator",
    "Delivery",
    "Failed",
    "Fault",
    "FaultOptions",
    "Input",
    "Job",
    "ModelOptions",
    "Path",
    "RecordedRequest",
    "Rule",
    "Runner",
    "Sandbox",
    "Secret",
    "Settings",
    "SettingsOptions",
    "TestSandbox",
    "current_job",
]

_MODULES = {
    "Canceled": "replicatekit.sandbox._models.job",
    "CogError": "replicatekit.sandbox._cog.folder",
    "CogOptions": "replicatekit.sandbox._models.options",
    "ConcatenateIterator": "replicatekit.sandbox._models.signature",
    "Delivery": "replicatekit.sandbox._runs.webhooks",
    "Failed": "replicatekit.sandbox._models.job",
    "Fault": "replicatekit.sandbox._network.faults",
    "FaultOptions": "replicatekit.sandbox._network.faults",
    "Input": "replicatekit.sandbox._models.signature",
    "Job": "replicatekit.sandbox._models.job",
    "ModelOptions": "replicatekit.sandbox._models.options",
    "Path": "pathlib",
    "RecordedRequest": "replicatekit.sandbox._network.recorder",
    "Rule": "replicatekit.sandbox._network.faults",
    "Runner": "replicatekit.sandbox._models.job",
    "Sandbox": "replicatekit.sandbox._sandbox",
    "Secret": "replicatekit.sandbox._models.signature",
    "Settings": "replicatekit.sandbox._storage.settings",
    "SettingsOptions": "replicatekit.sandbox._storage.settings",
    "TestSandbox": "replicatekit.sandbox._test_sandbox",
    "current_job": "replicatekit.sandbox._models.functions",
}


def __getattr__(name: str) -> object:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
