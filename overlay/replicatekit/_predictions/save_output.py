"""Save the files and the other data of an output to one folder."""

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
from replicatekit._transfer.progress_bar import download_bars
from replicatekit._transfer.save import UniqueNames, save_all, write
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator

    from replicatekit._http.contract import Sender
    from replicatekit._session.session import Session
    from replicatekit_api.models import Prediction


async def files(session: Session, prediction: Prediction) -> list[Any]:
    """The files in a prediction's output."""
    return list(_files_in(await result(session, prediction)))


async def save_whole(
    io: Sender, output: Any, folder: str | os.PathLike[str], *, overwrite: bool = False, progress: bool | None = None
) -> list[Path]:
    """Save the files of an output, and its other data as text or JSON.

    Args:
        io: The sender.
        output: An output as `run` returns it, or a prediction.
        folder: The folder, created if it does not exist.
        overwrite: Whether existing files are replaced; otherwise a number is added to the name.
        progress: Whether to show a progress bar; None shows one in a terminal.

    Raises:
        FileError, APIError: A file could not be saved. The other files were saved.
    """
    check_flags(overwrite=overwrite, **{} if progress is None else {"progress": progress})
    names = UniqueNames(path_of(folder, "the folder"), overwrite)
    output = await _convert(io, output)
    _rest(output, itertools.repeat(None))  # refuse an output that cannot be written before anything is saved
    contents = list(filter(None, map(content_of, _files_in(output))))
    if any(content.io is not io for content in contents):
        raise _wrong_client(io)
    with download_bars(len(contents), progress) as add_bar:
        outcomes = await save_all(io, contents, names, add_bar)
    paths = [outcome for outcome in outcomes if isinstance(outcome, Path)]
    rest = _rest(output, [outcome.name if isinstance(outcome, Path) else None for outcome in outcomes])
    if rest is not None:
        name, media_type, text = rest
        note = RemoteContent(data_urls.encode(text.encode("utf-8", "replace"), media_type), None, io)
        paths.append(await write(note, await io.run(names.destination, name)))
    errors = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    if errors:
        errors[0].add_note(f"{len(contents) - len(errors)} of {len(contents)} files were saved in {folder}")
        raise errors[0]
    return paths


async def _convert(io: Sender, output: Any) -> Any:
    from replicatekit_api.models import Prediction

    if isinstance(output, Prediction):
        session = getattr(output, "_session", None) or default_session(is_async=io.is_async, prediction_id=output.id)
        if session.io is not io:
            raise _wrong_client(io)
        return await result(session, output)
    # A raw output has URLs in place of its files: convert text that is certainly such a URL.
    return OutputShape.of(None).wrap(output, lambda url: RemoteContent(url, None, io))


def _wrong_client(io: Sender) -> InvalidArgument:
    if io is BLOCKING:
        return InvalidArgument("this output came from an AsyncClient; save it with await async_save_outputs(...)")
    return InvalidArgument("this output came from a Client; save it with save_outputs(...)")


def _files_in(output: Any) -> Iterator[Any]:
    """Yield the files in an output, in order."""
    if _is_file(output):
        yield output
    elif isinstance(output, dict):
        for part in cast("dict[str, Any]", output).values():
            yield from _files_in(part)
    elif isinstance(output, (list, tuple)):
        for part in cast("list[Any]", output):
            yield from _files_in(part)


def _rest(output: Any, names: Iterable[str | None]) -> tuple[str, str, str] | None:
    """The part of an output that is not a file: its name, media type and text; None if there is none."""
    if output is None or _is_file(output):
        return None
    if isinstance(output, str):
        return "output.txt", "text/plain", output
    if isinstance(output, (list, tuple)) and all(map(_is_file, cast("list[Any]", output))):
        return None
    remaining_names = iter(names)
    try:
        text = json.dumps(_replace_files(output, remaining_names), ensure_ascii=False, indent=2)
    except (TypeError, ValueError, RecursionError) as error:
        msg = "only an output as `run` returns it, or a prediction, can be saved"
        raise InvalidArgument(f"{msg}, not {format_value(cast('object', output))}: {error}") from None
    return "output.json", "application/json", text + "\n"


def _is_file(value: object) -> bool:
    return content_of(value) is not None


def _replace_files(value: Any, names: Iterator[str | None]) -> Any:
    """The output as JSON, with the names of the saved files in place of the files."""
    if _is_file(value):
        return next(names)
    if isinstance(value, dict):
        return {key: _replace_files(part, names) for key, part in cast("dict[str, Any]", value).items()}
    if isinstance(value, (list, tuple)):
        return [_replace_files(part, names) for part in cast("list[Any]", value)]
    return value
