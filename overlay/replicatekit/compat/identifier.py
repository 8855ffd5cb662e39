"""References to models and versions, in the older client's form."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from replicatekit.compat.model import Model
    from replicatekit.compat.version import Version

__all__ = ["ModelVersionIdentifier", "Target", "resolved"]

_REFERENCE = re.compile(r"(?P<owner>[^/]+)/(?P<name>[^/:]+)(?::(?P<version>.+))?")


class ModelVersionIdentifier(NamedTuple):
    """What `owner/name` or `owner/name:version` says."""

    owner: str
    name: str
    version: str | None = None

    @classmethod
    def parse(cls, ref: str) -> ModelVersionIdentifier:
        """Read a reference.

        Raises:
            ValueError: It is none.
        """
        match = _REFERENCE.fullmatch(ref.removesuffix("\n"))
        if match is None:
            raise ValueError(f"Invalid reference to model version: {ref}. Expected format: owner/name:version")
        return cls(match["owner"], match["name"], match["version"])


class Target(NamedTuple):
    """What is to run."""

    version: Version | None
    """The version as an object, if it was given as one."""
    owner: str | None
    name: str | None
    version_id: str | None


def resolved(ref: Model | Version | ModelVersionIdentifier | str) -> Target:
    """What a reference says is to run.

    Raises:
        ValueError: It cannot be read.
    """
    from replicatekit.compat.model import Model
    from replicatekit.compat.version import Version

    if isinstance(ref, Model):
        return Target(None, ref.owner, ref.name, None)
    if isinstance(ref, Version):
        return Target(ref, None, None, ref.id)
    if isinstance(ref, str):
        ref = ModelVersionIdentifier.parse(ref)
    if isinstance(ref, ModelVersionIdentifier):  # pyright: ignore[reportUnnecessaryIsInstance] (what callers give)
        return Target(None, *ref)
    raise ValueError(
        f"Invalid argument: {ref}. Expected model, version, or reference in the format owner/name or owner/name:version"
    )
