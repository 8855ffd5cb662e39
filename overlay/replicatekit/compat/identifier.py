"""References to models and versions, in the official client's form."""

from __future__ import annotations

import re
from typing import NamedTuple

from replicatekit.compat._impl.types import ModelLike, VersionLike

__all__ = ["ModelVersionIdentifier", "Target", "resolve"]

_REFERENCE = re.compile(r"(?P<owner>[^/]+)/(?P<name>[^/:]+)(?::(?P<version>.+))?")


class ModelVersionIdentifier(NamedTuple):
    """The parts of `owner/name` or `owner/name:version`."""

    owner: str
    name: str
    version: str | None = None

    @classmethod
    def parse(cls, ref: str) -> ModelVersionIdentifier:
        """Parse a reference.

        Raises:
            ValueError: The text is not a reference.
        """
        match = _REFERENCE.fullmatch(ref.removesuffix("\n"))
        if match is None:
            raise ValueError(f"Invalid reference to model version: {ref}. Expected format: owner/name:version")
        return cls(match["owner"], match["name"], match["version"])


class Target(NamedTuple):
    """What a reference names: a version, or an official model."""

    version: VersionLike | None
    """The version, if the reference was one."""
    owner: str | None
    name: str | None
    version_id: str | None


def resolve(ref: ModelLike | VersionLike | ModelVersionIdentifier | str) -> Target:
    """Return what a reference names.

    Raises:
        ValueError: It is not a reference.
    """
    if isinstance(ref, str):
        ref = ModelVersionIdentifier.parse(ref)
    if isinstance(ref, ModelVersionIdentifier):
        return Target(None, *ref)
    if isinstance(ref, ModelLike):
        return Target(None, ref.owner, ref.name, None)
    if isinstance(ref, VersionLike):  # pyright: ignore[reportUnnecessaryIsInstance] (callers pass other types)
        return Target(ref, None, None, ref.id)
    raise ValueError(
        f"Invalid argument: {ref}. Expected model, version, or reference in the format owner/name or owner/name:version"
    )
