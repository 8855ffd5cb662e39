"""The options that the methods of a client take by keyword, as types: what each is, and what it is without it.

They are `TypedDict`s, for annotations of your own code (`def ask(**options: Unpack[RunOptions])`) and for reading.
"""

from __future__ import annotations

from replicatekit._flows.deployments import DeploymentChanges
from replicatekit._flows.models import ModelChanges, ModelTexts
from replicatekit._flows.options import RunOptions
from replicatekit._flows.predictions import CreateOptions
from replicatekit._flows.streams import StreamOptions, WatchOptions
from replicatekit._settings import HttpOptions

__all__ = [
    "CreateOptions",
    "DeploymentChanges",
    "HttpOptions",
    "ModelChanges",
    "ModelTexts",
    "RunOptions",
    "StreamOptions",
    "WatchOptions",
]
