"""Validate an input by the model's schema before anything is sent, and billed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from replicatekit._session.schema_cache import VersionSchema, schema_in
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from replicatekit._domain.reference import Reference
    from replicatekit._session.session import Session

__all__ = ["find_check", "validate_input"]

_FRESH = 600.0  # seconds for which the schema of a name is trusted to refuse: its latest version may be another by now


async def find_check(
    session: Session,
    reference: Reference,
    wanted: bool | None,  # noqa: FBT001 (three values)
) -> Callable[[Mapping[str, Any]], None] | None:
    """The check of an input by the schema of what runs; None where there is nothing to check by.

    Args:
        session: The session of the client.
        reference: What runs.
        wanted: True fetches the schema if it is not known; False never checks; None checks by a known schema only.

    Raises:
        InvalidArgument: The check is wanted, and there is no schema.
    """
    if wanted is False:
        return None
    find: Callable[[Session], Awaitable[VersionSchema | None]] | None
    find = getattr(reference.described, "find_schema", None)
    known = _known_schema(session, reference) if find is None else await find(session)
    if known is None and wanted:
        from replicatekit._predictions.model_schema import fetch_schema

        known = await fetch_schema(session, reference)
    if known is None or known.schema is None:
        if wanted:
            raise InvalidArgument(f"check=True needs the schema of {reference}, and the API shows none; leave it out")
        return None
    schema = known
    return lambda values: validate_input(schema, reference.model or "the version", values)


def _known_schema(session: Session, reference: Reference) -> VersionSchema | None:
    described = reference.described
    known = described if isinstance(described, VersionSchema) else schema_in(described)
    if known is not None or reference.deployment:
        return known
    version = reference.version or session.versions.get(reference.model or "")
    if version is not None:
        return session.schemas.get(version)
    known = session.schemas.get(reference.model)
    return known if known is not None and known.age < _FRESH else None


def validate_input(known: VersionSchema, name: str, values: Mapping[str, Any]) -> None:
    """Check an input, as JSON, by a schema.

    Raises:
        InvalidInput: It does not fit; the error has all problems.
    """
    problems = known.input.problems(values)
    if not problems:
        return
    from replicatekit._inputs.json_values import path_of
    from replicatekit.errors import InvalidInput

    found = tuple((path_of(problem.place), problem.message) for problem in problems)
    said = "\n".join(f"- {path}: {message}" for path, message in found)
    raise InvalidInput(
        f"this input does not fit the schema of {name}; nothing was sent:\n{said}", path=found[0][0], problems=found
    )
