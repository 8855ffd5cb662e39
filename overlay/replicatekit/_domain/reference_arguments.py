"""Read a model, a deployment or a version from one argument or two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replicatekit._base.validation import format_value
from replicatekit._domain.reference import Reference, parse, parse_deployment, parse_model
from replicatekit.errors import InvalidReference

if TYPE_CHECKING:
    from replicatekit_api.models import Deployment, Model, Version

_EITHER = "give 'owner/name', or an owner and a name"


def resolve_model(model: str | Model, name: str | None = None) -> Reference:
    """Read a model: `"owner/name"`, `"owner", "name"`, or a `Model`.

    Raises:
        InvalidReference: The value is not a model, or has a version.
    """
    reference = parse_model(model if name is None else _join(model, name))
    if reference.version:
        raise InvalidReference(
            f"{format_value(str(reference))} has a version, but a model is expected: {format_value(reference.model)}"
        )
    return reference


def resolve_deployment(deployment: str | Deployment, name: str | None = None) -> Reference:
    """Read a deployment: `"owner/name"`, `"owner", "name"`, or a `Deployment`.

    Raises:
        InvalidReference: The value is not a deployment.
    """
    return parse_deployment(deployment if name is None else _join(deployment, name))


def resolve_version(model: str | Model | None, version: str | Version | None) -> Reference:
    """Read a version of a model, in one argument or two. The result has no version if only a model was given.

    Raises:
        InvalidReference: The model is missing, or the two arguments name different models or versions.
    """
    of_version = None if version is None else _read_version(version)
    if model is None:
        if of_version is None or of_version.owner is None:
            raise InvalidReference(f"{format_value(version)} has no model; give 'owner/name:version', or the model too")
        return of_version
    of_model = parse_model(model)
    if of_version is None:
        return of_model
    models = {reference.model for reference in (of_model, of_version) if reference.model}
    ids = {reference.version for reference in (of_model, of_version) if reference.version}
    if len(models) > 1 or len(ids) > 1:
        raise InvalidReference(f"{format_value(model)} and {format_value(version)} name different models or versions")
    return Reference(of_model.owner, of_model.name, next(iter(ids), None), latest=of_model.latest)


def require_version(model: str | Model, version: str | Version | None = None) -> Reference:
    """Read a version like `resolve_version`, and require one.

    Raises:
        InvalidReference: The version is missing.
    """
    reference = resolve_version(model, version)
    if reference.version is None:
        raise InvalidReference(
            f"{format_value(str(reference))} has no version; give 'owner/name:version', or the version id too"
        )
    return reference


def version_id(version: str | Version) -> str:
    """Read the id of a version, alone or in `owner/name:version`.

    Raises:
        InvalidReference: There is no version id.
    """
    identifier = _read_version(version).version
    if identifier is None:
        raise InvalidReference(f"{format_value(version)} has no version; give a version id, or 'owner/name:version'")
    return identifier


def _read_version(version: str | Version) -> Reference:
    """Read a version id, `owner/name:version`, or an object that may know its model."""
    if not isinstance(version, str):
        model = getattr(version, "model", None)
        return parse(f"{model}:{version.id}") if isinstance(model, str) else parse(version)
    if "/" in version:
        return parse_model(version)
    # Parsed behind a placeholder for the model: alone, only 64 hex digits would be a version id.
    return Reference(version=parse(f"any/model:{version.strip()}").version)


def _join(owner: object, name: object) -> str:
    if not isinstance(owner, str) or not isinstance(name, str) or "/" in owner:
        raise InvalidReference(f"{format_value(owner)} and {format_value(name)} are not an owner and a name: {_EITHER}")
    return f"{owner}/{name}"
