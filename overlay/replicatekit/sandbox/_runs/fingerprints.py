"""Identifies inputs independently of how their files were sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from replicatekit.sandbox._storage.blobs import Blobs


def fingerprint(model: str, input: dict[str, Any], blobs: Blobs) -> str:
    """Return the canonical JSON of a model's name and an input, with checksums in place of files."""
    value = {"input": _with_checksums(input, blobs), "model": model}
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _with_checksums(value: Any, blobs: Blobs) -> Any:
    if isinstance(value, str):
        return blobs.checksum(value) or value
    if isinstance(value, list):
        return [_with_checksums(each, blobs) for each in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {name: _with_checksums(each, blobs) for name, each in cast("dict[str, Any]", value).items()}
    return value
