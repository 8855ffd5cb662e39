"""Everything that an output has, saved into one folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from replicatekit import _dataurl
from replicatekit._flows.content import Content
from replicatekit._flows.saving import Names, save_all, write
from replicatekit._flows.watching import Watching

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from replicatekit._io import IO

__all__ = ["contents_of", "save_whole"]


async def save_whole(
    io: IO, output: Any, folder: str | os.PathLike[str], *, overwrite: bool = False, progress: bool | None = None
) -> list[Path]:
    """Save the files of an output, and what else is in it.

    Args:
        io: How.
        output: As `run` gives it.
        folder: Made if there is none.
        overwrite: Whether files that are there are replaced; else a name that is taken gets a number.
        progress: Whether a bar is shown; None shows one where a person watches.

    Raises:
        FileError, APIError: A file could not be saved; the others are.
    """
    names = Names(Path(folder), overwrite)
    contents = list(contents_of(output))
    with Watching.of(len(contents), progress) as watching:
        saved = await save_all(io, contents, names, watching.file)
    paths = [each for each in saved if isinstance(each, Path)]
    rest = _rest(output, [each.name if isinstance(each, Path) else None for each in saved])
    if rest is not None:
        name, media_type, text = rest
        note = Content(_dataurl.encode(text.encode("utf-8", "replace"), media_type), None)
        paths.append(await write(io, note, names.folder, lambda: names.take(name), overwrite=overwrite))
    errors = [each for each in saved if isinstance(each, Exception)]
    if errors:
        errors[0].add_note(f"{len(contents) - len(errors)} of {len(contents)} files were saved in {folder}")
        raise errors[0]
    return paths


def contents_of(output: Any) -> Iterator[Content]:
    """The files in an output, in their order."""
    content = getattr(output, "_content", None)
    if isinstance(content, Content):
        yield content
    elif isinstance(output, dict):
        for part in cast("dict[str, Any]", output).values():
            yield from contents_of(part)
    elif isinstance(output, (list, tuple)):
        for part in cast("list[Any]", output):
            yield from contents_of(part)


def _rest(output: Any, names: list[str | None]) -> tuple[str, str, str] | None:
    """What of an output is no file: its name, media type and text. None where there is nothing more to it."""
    if output is None or _is_file(output):
        return None
    if isinstance(output, str):
        return "output.txt", "text/plain", output
    if isinstance(output, (list, tuple)) and all(map(_is_file, cast("list[Any]", output))):
        return None
    waiting = iter(names)
    text = json.dumps(_named(output, waiting), ensure_ascii=False, indent=2)
    return "output.json", "application/json", text + "\n"


def _is_file(value: object) -> bool:
    return isinstance(getattr(value, "_content", None), Content)


def _named(value: Any, names: Iterator[str | None]) -> Any:
    """JSON, with the names under which the files were saved in their places."""
    if _is_file(value):
        return next(names)
    if isinstance(value, dict):
        return {key: _named(part, names) for key, part in cast("dict[str, Any]", value).items()}
    if isinstance(value, (list, tuple)):
        return [_named(part, names) for part in cast("list[Any]", value)]
    return value
