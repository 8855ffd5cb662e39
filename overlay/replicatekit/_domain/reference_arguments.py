"""Which model, deployment or version a caller means, however it is named: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replicatekit._base.validation import format_value
from replicatekit._domain.reference import Reference, parse, parse_deployment, parse_model
from replicatekit.errors import InvalidReference

if TYPE_CHECKING:
    from replicatekit_api.models import Deployment, Model, Version

__all__ = ["require_version", "resolve_deployment", "resolve_model", "resolve_version", "version_id"]

_EITHER = "give 'owner/name' alone, or an owner and a name"


def resolve_model(model: str | Model, name: str | None = None) -> Reference:
    """A model: `"owner/name"`, `"owner", "name"`, or a `Model`.

    Raises:
        InvalidReference: It is none, or a version of one.
    """
    reference = parse_model(model if name is None else _joined(model, name))
    if reference.version:
        raise InvalidReference(
            f"{format_value(str(reference))} is a version; a model is meant here: {format_value(reference.model)}"
        )
    return reference


def resolve_deployment(deployment: str | Deployment, name: str | None = None) -> Reference:
    """A deployment: `"owner/name"`, `"owner", "name"`, or a `Deployment`.

    Raises:
        InvalidReference: It is none.
    """
    return parse_deployment(deployment if name is None else _joined(deployment, name))


def resolve_version(model: str | Model | None, version: str | Version | None) -> Reference:
    """A version of a model, in one piece or in two; `version` is None in it where only the model was named.

    Raises:
        InvalidReference: The model is not said, or said twice and differently.
    """
    of_version = None if version is None else _read_version(version)
    if model is None:
        if of_version is None or of_version.owner is None:
            raise InvalidReference(
                f"{format_value(version)} does not say of which model: give 'owner/name:version', or the model too"
            )
        return of_version
    of_model = parse_model(model)
    if of_version is None:
        return of_model
    told = {reference.model for reference in (of_model, of_version) if reference.model}
    ids = {reference.version for reference in (of_model, of_version) if reference.version}
    if len(told) > 1 or len(ids) > 1:
        raise InvalidReference(f"{format_value(model)} and {format_value(version)} are not the same model and version")
    return Reference(of_model.owner, of_model.name, next(iter(ids), None), latest=of_model.latest)


def require_version(model: str | Model, version: str | Version | None = None) -> Reference:
    """As `resolve_version`, where it has to be one certain version.

    Raises:
        InvalidReference: It is not said which.
    """
    reference = resolve_version(model, version)
    if reference.version is None:
        raise InvalidReference(
            f"{format_value(str(reference))} says no version: give 'owner/name:version', or its id too"
        )
    return reference


def version_id(version: str | Version) -> str:
    """The id of a version, by itself or in `owner/name:version`.

    Raises:
        InvalidReference: It has none.
    """
    known = _read_version(version).version
    if known is None:
        raise InvalidReference(f"{format_value(version)} says no version: give its id, or 'owner/name:version'")
    return known


def _read_version(version: str | Version) -> Reference:
    """What is said of a version: by its id, by `owner/name:version`, or by an object that may know its model."""
    if not isinstance(version, str):
        known = getattr(version, "model", None)
        return parse(f"{known}:{version.id}") if isinstance(known, str) else parse(version)
    if "/" in version:
        return parse_model(version)
    # An id is checked as a part of the whole: alone, only 64 hex digits are an id and not a name.
    return Reference(version=parse(f"any/model:{version.strip()}").version)


def _joined(owner: object, name: object) -> str:
    if not isinstance(owner, str) or not isinstance(name, str) or "/" in owner:
        raise InvalidReference(f"{format_value(owner)} and {format_value(name)} together name nothing: {_EITHER}")
    return f"{owner}/{name}"
