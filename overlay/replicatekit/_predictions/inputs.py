"""Prepare a model's input: values as JSON, files inside the request or uploaded."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, cast

from replicatekit._files.settings import check_strategy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from replicatekit._files.settings import FileStrategy
    from replicatekit._inputs.file_sources import FileSource
    from replicatekit._session.session import Session

__all__ = ["prepare"]

_CONCURRENT_UPLOADS = 4
_MANY, _DEEP = 1000, 10  # an input with more items or levels is prepared in a thread, as files are
_TO_COME = "https://api.replicate.com/v1/files/to-be-uploaded"  # the URL of a file, as far as a check is concerned
_SIMPLE = (int, bool, type(None))


async def prepare(
    session: Session,
    given: Mapping[str, Any] | None,
    strategy: FileStrategy | None = None,
    root: str = "input",
    check: Callable[[Mapping[str, Any]], None] | None = None,
) -> dict[str, Any]:
    """Return the input as the API takes it. Values that cannot be sent are refused before any request.

    Args:
        session: The client's session.
        given: The caller's input.
        strategy: How files are sent; None for the client's setting.
        root: The first part of the paths in errors.
        check: Called with the input as JSON before files are uploaded; raises if it must not be sent.

    Raises:
        InvalidInput, FileTooLargeError: A value in the input cannot be sent.
        APIError: A file could not be uploaded. No prediction was created.
    """
    how: FileStrategy = strategy or session.files.strategy
    check_strategy(how)
    if given is None:
        given = {}
    if isinstance(given, dict) and _is_plain(given):
        if check is not None:
            check(given)
        copied: dict[str, Any] = _copied(given)
        return copied

    from replicatekit._inputs.plan import plan_input, resolve

    async def url_of(source: FileSource) -> str:
        from replicatekit._http.retry_policy import RequestKind
        from replicatekit._transfer.upload import upload

        # An upload whose response was lost is used by nobody, and removed after a day: repeating it costs nothing.
        stored = await upload(session, source, RequestKind.IDEMPOTENT)
        return (stored.urls and stored.urls.get) or ""

    # Reading files and encoding pictures may take long.
    plan = await session.io.run(plan_input, given, strategy=how, root=root)
    if check is not None:
        check(resolve(plan, [_TO_COME] * len(plan.files)))
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


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in cast("dict[str, Any]", value).items()}
    return [_copied(item) for item in cast("list[Any]", value)] if isinstance(value, list) else value
