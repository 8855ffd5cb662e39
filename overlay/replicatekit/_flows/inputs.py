"""Make a model's input ready to be sent: what is in it as JSON, its files inside or uploaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from replicatekit._inputs import plan_input, resolve
from replicatekit._retry import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replicatekit._core import Core
    from replicatekit._inputs import FileStrategy
    from replicatekit._sources import FileSource

__all__ = ["prepare"]

_AT_A_TIME = 4
_MANY = 1000  # what has more items than this is for a thread as well


async def prepare(
    core: Core, given: Mapping[str, Any] | None, strategy: FileStrategy | None = None, root: str = "input"
) -> dict[str, Any]:
    """The input as the API takes it. What cannot be sent is refused before any request.

    Args:
        core: Its client's inside.
        given: The caller's.
        strategy: Where files go; None leaves that to the client.
        root: What paths in errors begin with.

    Raises:
        InvalidInput, FileTooLargeError: A value in it cannot be sent.
        APIError: A file could not be uploaded. Nothing was run.
    """
    how: FileStrategy = strategy or core.files.strategy
    if _is_plain(given):
        plan = plan_input(given, strategy=how, root=root)
    else:  # files are read, and pictures made: that may take its time
        plan = await core.io.run(plan_input, given, strategy=how, root=root)

    async def url_of(source: FileSource) -> str:
        from replicatekit._flows.uploads import upload

        # A file whose answer was lost is known to nobody, and removed after a day: to send it again costs nothing.
        stored = await upload(core, source, Kind.REPEATABLE)
        return (stored.urls and stored.urls.get) or ""

    return resolve(plan, await core.io.map(url_of, plan.files, _AT_A_TIME))


def _is_plain(value: object, depth: int = 0) -> bool:
    """Whether a value is JSON already, and not much of it, so that going through it takes no time."""
    kind = type(value)
    if kind in (str, int, float, bool, type(None)):
        return True
    if kind is list:
        items = cast("list[object]", value)
    elif kind is dict:
        items = list(cast("dict[object, object]", value).values())
    else:
        return False
    return len(items) <= _MANY and depth < 10 and all(_is_plain(item, depth + 1) for item in items)
