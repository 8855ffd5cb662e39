"""Everything that an output has, saved into one folder."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from replicatekit._base.validation import check_flags, format_value, path_of
from replicatekit._domain.output_schema import OutputShape
from replicatekit._files import data_urls
from replicatekit._http.sync_sender import BLOCKING
from replicatekit._predictions.output import result
from replicatekit._session.default import default_session
from replicatekit._transfer.content import RemoteContent, content_of
from replicatekit._transfer.progress_bar import DownloadProgress
from replicatekit._transfer.save import UniqueNames, save_all, write
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator

    from replicatekit._http.contract import Sender
    from replicatekit._session.session import Session
    from replicatekit_api.models import Prediction

__all__ = ["files", "save_whole"]


async def files(session: Session, prediction: Prediction) -> list[Any]:
    """The files in a prediction's output."""
    return list(_files_in(await result(session, prediction)))


async def save_whole(
    io: Sender, output: Any, folder: str | os.PathLike[str], *, overwrite: bool = False, progress: bool | None = None
) -> list[Path]:
    """Save the files of an output, and what else is in it.

    Args:
        io: How.
        output: As `run` gives it, or a prediction.
        folder: Made if there is none.
        overwrite: Whether files that are there are replaced; else a name that is taken gets a number.
        progress: Whether a bar is shown; None shows one where a person watches.

    Raises:
        FileError, APIError: A file could not be saved; the others are.
    """
    check_flags(overwrite=overwrite, **{} if progress is None else {"progress": progress})
    names = UniqueNames(path_of(folder, "the folder"), overwrite)
    output = await _wrapped(io, output)
    _rest(output, itertools.repeat(None))  # what cannot be written is refused before anything is
    contents = list(filter(None, map(content_of, _files_in(output))))
    if any(content.io is not io for content in contents):
        raise _other_half(io)
    with DownloadProgress.of(len(contents), progress) as bars:
        saved = await save_all(io, contents, names, bars.add_file)
    paths = [each for each in saved if isinstance(each, Path)]
    rest = _rest(output, [each.name if isinstance(each, Path) else None for each in saved])
    if rest is not None:
        name, media_type, text = rest
        note = RemoteContent(data_urls.encode(text.encode("utf-8", "replace"), media_type), None, io)
        paths.append(await write(note, await io.run(names.destination, name)))
    errors = [each for each in saved if isinstance(each, Exception)]
    if errors:
        errors[0].add_note(f"{len(contents) - len(errors)} of {len(contents)} files were saved in {folder}")
        raise errors[0]
    return paths


async def _wrapped(io: Sender, given: Any) -> Any:
    from replicatekit_api.models import Prediction

    if isinstance(given, Prediction):
        session = getattr(given, "_session", None) or default_session(is_async=io.is_async)
        if session.io is not io:
            raise _other_half(io)
        return await result(session, given)
    # As it came, an output has its files as URLs: text that is surely one.
    return OutputShape.of(None).wrap(given, lambda url: RemoteContent(url, None, io))


def _other_half(io: Sender) -> InvalidArgument:
    if io is BLOCKING:
        return InvalidArgument("this output came by an async client: await async_save_outputs(...) saves it")
    return InvalidArgument("this output came by a sync client: save_outputs(...) saves it, and blocks")


def _files_in(output: Any) -> Iterator[Any]:
    """The files in an output, in their order."""
    if _is_file(output):
        yield output
    elif isinstance(output, dict):
        for part in cast("dict[str, Any]", output).values():
            yield from _files_in(part)
    elif isinstance(output, (list, tuple)):
        for part in cast("list[Any]", output):
            yield from _files_in(part)


def _rest(output: Any, names: Iterable[str | None]) -> tuple[str, str, str] | None:
    """What of an output is no file: its name, media type and text. None where there is nothing more to it."""
    if output is None or _is_file(output):
        return None
    if isinstance(output, str):
        return "output.txt", "text/plain", output
    if isinstance(output, (list, tuple)) and all(map(_is_file, cast("list[Any]", output))):
        return None
    waiting = iter(names)
    try:
        text = json.dumps(_named(output, waiting), ensure_ascii=False, indent=2)
    except (TypeError, ValueError, RecursionError) as error:
        said = "an output as `run` gives it, or a prediction, can be saved"
        raise InvalidArgument(f"{said}, not {format_value(cast('object', output))}: {error}") from None
    return "output.json", "application/json", text + "\n"


def _is_file(value: object) -> bool:
    return content_of(value) is not None


def _named(value: Any, names: Iterator[str | None]) -> Any:
    """JSON, with the names under which the files were saved in their places."""
    if _is_file(value):
        return next(names)
    if isinstance(value, dict):
        return {key: _named(part, names) for key, part in cast("dict[str, Any]", value).items()}
    if isinstance(value, (list, tuple)):
        return [_named(part, names) for part in cast("list[Any]", value)]
    return value
