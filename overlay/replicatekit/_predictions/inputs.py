"""Prepare a model's input: checked by the model's schema, values as JSON, files inside the request or uploaded."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, cast

from replicatekit._session.session import VersionSchema, schema_in
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from replicatekit._domain.input_schema import InputSchema
    from replicatekit._domain.reference import Reference
    from replicatekit._files.settings import FileStrategy
    from replicatekit._inputs.file_sources import FileSource
    from replicatekit._session.session import Session

_CONCURRENT_UPLOADS = 4
_MANY, _DEEP = 1000, 10  # an input with more items or levels is prepared in a thread, as files are
_FRESH = 600.0  # seconds for which a schema found by name may refuse inputs: the latest version may have changed since
_PLACEHOLDER_URL = "https://api.replicate.com/v1/files/to-be-uploaded"  # of a file, in a check before the upload
_SIMPLE = (int, bool, type(None))


async def find_check(
    session: Session,
    reference: Reference,
    wanted: bool | None,  # noqa: FBT001 (three values)
) -> Callable[[Mapping[str, Any]], None] | None:
    """The check of an input by the schema of the reference; None if there is no schema to use.

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
            raise InvalidArgument(
                f"check=True needs the schema of {reference}, but the API does not publish it; omit check=True"
            )
        return None
    inputs = known.input
    return lambda values: _check(inputs, reference, values)


def _known_schema(session: Session, reference: Reference) -> VersionSchema | None:
    described = reference.described
    if described is not None:
        known = described if isinstance(described, VersionSchema) else schema_in(described)
        if known is not None:
            return known
    if reference.deployment:
        return None
    model = reference.model or ""
    version = reference.version or session.versions.get(model)
    if version is not None:
        return session.schemas.get(version)
    known = session.schemas.get(model)
    return known if known is not None and known.age < _FRESH else None


def validate_input(known: VersionSchema, reference: Reference | str, values: Mapping[str, Any]) -> None:
    """Check an input, as JSON, by a schema.

    Args:
        known: The schema.
        reference: What runs, or its name.
        values: The input.

    Raises:
        InvalidInput: The input does not fit; the error has all problems.
    """
    _check(known.input, reference, values)


def _check(inputs: InputSchema, reference: Reference | str, values: Mapping[str, Any]) -> None:
    problems = inputs.problems(values)
    if not problems:
        return
    from replicatekit._inputs.json_values import path_of
    from replicatekit.errors import InvalidInput

    name = reference if isinstance(reference, str) else reference.model or "the version"
    details = tuple((path_of(problem.place), problem.message) for problem in problems)
    lines = "\n".join(f"- {path}: {message}" for path, message in details)
    raise InvalidInput(
        f"this input does not fit the schema of {name}; nothing was sent:\n{lines}",
        path=details[0][0],
        problems=details,
    )


async def prepare(
    session: Session,
    input: Mapping[str, Any] | None,
    strategy: FileStrategy | None = None,
    check: Callable[[Mapping[str, Any]], None] | None = None,
) -> dict[str, Any]:
    """Return the input in the API's form. Values that cannot be sent are refused before any request.

    Args:
        session: The client's session.
        input: The caller's input.
        strategy: How files are sent; None for the client's setting.
        check: Called with the input as JSON before files are uploaded; raises if it must not be sent.

    Raises:
        InvalidInput, FileTooLargeError: A value in the input cannot be sent.
        APIError: A file could not be uploaded. No prediction was created.
    """
    values: Mapping[str, Any] = {} if input is None else input
    if isinstance(values, dict) and _is_plain(values):
        copied: dict[str, Any] = _copy(values)
        if check is not None:
            check(copied)
        return copied

    from replicatekit._inputs.plan import plan_input, resolve

    async def url_of(source: FileSource) -> str:
        from replicatekit._http.retry_policy import RequestKind
        from replicatekit._transfer.upload import upload

        # An upload whose response was lost is unused, and removed after a day: repeating it costs nothing.
        stored = await upload(session, source, RequestKind.IDEMPOTENT)
        return (stored.urls and stored.urls.get) or ""

    # Reading files and encoding images may take long.
    plan = await session.io.run(plan_input, values, strategy=strategy or session.files.strategy)
    if check is not None:
        check(resolve(plan, [_PLACEHOLDER_URL] * len(plan.files)))
    result: dict[str, Any] = resolve(plan, await session.io.map(url_of, plan.files, _CONCURRENT_UPLOADS))
    return result


def _is_plain(value: object, depth: int = 0) -> bool:
    """Whether a value is a small amount of valid JSON, with nothing to convert or to refuse."""
    kind = type(value)
    if kind is str:
        return _is_text(cast("str", value))
    if kind is float:
        return isfinite(cast("float", value))
    if kind is dict:
        fields = cast("dict[object, object]", value)
        items = [*fields.values()]
        if not all(type(key) is str and _is_text(key) for key in fields):
            return False
    elif kind is list:
        items = cast("list[object]", value)
    else:
        return kind in _SIMPLE
    return len(items) <= _MANY and depth < _DEEP and all(_is_plain(item, depth + 1) for item in items)


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return False
    return True


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in cast("dict[str, Any]", value).items()}
    return [_copy(item) for item in cast("list[Any]", value)] if isinstance(value, list) else value
