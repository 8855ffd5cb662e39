"""The options that the methods of a client take by keyword, as types: what each is, and what it is without it.

They are `TypedDict`s, for annotations of your own code (`def ask(**options: Unpack[RunOptions])`) and for reading.
"""

from __future__ import annotations

from replicatekit._http.settings import HttpOptions
from replicatekit._operations.deployments import DeploymentUpdate
from replicatekit._operations.models import ModelMetadata, ModelUpdate
from replicatekit._operations.predictions import CreateOptions
from replicatekit._predictions.options import RunOptions
from replicatekit._predictions.stream_options import PredictionStreamOptions, StreamOptions

__all__ = [
    "CreateOptions",
    "DeploymentUpdate",
    "HttpOptions",
    "ModelMetadata",
    "ModelUpdate",
    "PredictionStreamOptions",
    "RunOptions",
    "StreamOptions",
]
