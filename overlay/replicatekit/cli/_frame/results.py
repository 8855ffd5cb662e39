"""The output of a prediction on a command line: as text, JSON, files or images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from replicatekit.cli._frame.local_files import write_file
from replicatekit.errors import FileAlreadyExistsError, InvalidArgument, ReplicateError
from replicatekit.outputs import FileOutput

if TYPE_CHECKING:
    from replicatekit import Prediction
    from replicatekit.cli._frame.command import Context


def check_target(target: str | None, *, replaces: bool) -> None:
    """Refuse an existing file, or one in a missing folder, before anything is billed.

    Raises:
        FileAlreadyExistsError: The file exists, and `replaces` is False.
        InvalidArgument: The folder does not exist.
    """
    if target is None or target == "-":
        return
    if not replaces and Path(target).is_file():
        raise FileAlreadyExistsError(f"{target!r} exists: add --force to replace it")
    folder = Path(target).parent
    if not target.endswith(("/", "\\")) and not folder.is_dir():
        raise InvalidArgument(f"there is no folder {str(folder)!r} for {target!r}: create it, or correct the path")


def show_output(context: Context, prediction: Prediction) -> None:
    """Write a prediction's output as the options specify. Errors name the prediction."""
    try:
        _show_as_asked(context, prediction)
    except ReplicateError as error:
        error.prediction_id = error.prediction_id or prediction.id
        raise


def _show_as_asked(context: Context, prediction: Prediction) -> None:
    options, output = context.options, context.output
    if options.output is not None:
        save_files(context, prediction, options.output)
        if output.as_json:
            output.json(prediction.to_dict())
    elif output.as_json:
        output.json(prediction.to_dict())
    elif options.raw:
        output.json(prediction.output)
    elif options.url:
        _show_urls(context, prediction)
    else:
        _show(context, prediction.result())


def _show_urls(context: Context, prediction: Prediction) -> None:
    files = prediction.files()
    if not files:
        raise InvalidArgument(f"the output of prediction {prediction.id} has no files: leave out --url")
    for file in files:
        context.output.line(file.url)


def _show(context: Context, result: Any) -> None:
    if isinstance(result, str):
        context.output.text(result)
        context.output.end_line()
    elif files := _files_of(result):
        for file in files:
            _show_image(context, file)
            context.output.line(str(file))
    elif result is not None:
        context.output.json(to_json(result))


def _files_of(result: Any) -> list[FileOutput]:
    """The files of an output that is a file or a list of files; empty for other outputs."""
    parts = cast("list[Any]", result) if isinstance(result, list) else [result]
    return parts if all(isinstance(each, FileOutput) for each in parts) else []


def _show_image(context: Context, file: FileOutput) -> None:
    if not context.output.is_watched or not file.media_type.startswith("image/"):
        return
    from replicatekit.cli._frame.images import show_image

    show_image(context.output, file)


def to_json(value: Any) -> Any:
    """Convert an output to JSON, with the URLs of its files."""
    if isinstance(value, FileOutput):
        return value.url
    if isinstance(value, dict):
        return {key: to_json(each) for key, each in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return [to_json(each) for each in value]  # pyright: ignore[reportUnknownVariableType]
    return value


def save_files(context: Context, prediction: Prediction, target: str) -> None:
    """Save an output: into a folder, as one file, or to stdout. The paths go to stderr."""
    files = prediction.files()
    replaces = bool(context.options.force)
    if target == "-":
        _write(context, prediction, files)
        return
    path = Path(target)
    if target.endswith(("/", "\\")) or path.is_dir() or len(files) > 1:
        saved = prediction.save(path, overwrite=replaces, progress=context.output.shows_progress)
    elif files:
        saved = [files[0].save(path, overwrite=replaces)]
    else:
        saved = [_save_value(path, prediction.result(), replaces=replaces)]
    for each in saved:
        context.output.note(f"saved {each}")


def _write(context: Context, prediction: Prediction, files: list[FileOutput]) -> None:
    if len(files) > 1:
        raise InvalidArgument(f"the output has {len(files)} files, and stdout takes one: give a folder")
    if not files:
        _show(context, prediction.result())
        return
    for chunk in files[0]:
        context.output.data(chunk)


def _save_value(path: Path, value: Any, *, replaces: bool) -> Path:
    import json

    text = value if isinstance(value, str) else json.dumps(to_json(value), indent=2, ensure_ascii=False) + "\n"
    write_file(path, text, replaces=replaces)
    return path
