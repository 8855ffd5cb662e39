"""`replicatekit files`: upload, list, download and delete files."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from replicatekit.cli._frame.command import Command, Context, argument
from replicatekit.cli._frame.lists import FORCE, LIMIT, YES, delete_all, show_list
from replicatekit.errors import InvalidArgument

__all__ = ["COMMANDS"]

_ID = argument("id", metavar="ID", help="the file")
_COLUMNS = {"id": "id", "name": "name", "type": "content_type", "size": "size", "expires": "expires_at"}


def upload(context: Context) -> None:
    """Upload files, and print their URLs, which can be inputs of models."""
    for name in context.options.paths:
        path = Path(name)
        if not path.is_file():
            raise InvalidArgument(f"there is no file {name!r}")
        file = context.client.files.create(path)
        if context.output.as_json:
            context.output.json(file.to_dict())
        else:
            context.output.line(f"{file.id}\t{(file.urls and file.urls.get) or ''}")


def list_all(context: Context) -> None:
    """List uploaded files."""
    show_list(context, context.client.files.list(), _COLUMNS)


def get(context: Context) -> None:
    """Show a file."""
    file = context.client.files.get(context.options.id)
    context.output.record(file, {**_COLUMNS, "url": "urls.get", "sha256": "checksums.sha256"})


def delete(context: Context) -> int | None:
    """Delete files."""
    delete_file = context.client.files.delete
    return delete_all(
        context, {f"the file {name}": partial(delete_file, name) for name in context.options.ids}, "files"
    )


def download(context: Context) -> None:
    """Download a file: its id, or the URL of an output."""
    from replicatekit import FileOutput

    id_or_url: str = context.options.file
    file = FileOutput(id_or_url, context.client) if "://" in id_or_url else context.client.files.download(id_or_url)
    if context.options.output == "-":
        for chunk in file:
            context.output.data(chunk)
        return
    context.output.line(str(file.save(context.options.output, overwrite=context.options.force)))


COMMANDS = (
    Command(
        "upload",
        "Upload files and print their ids and URLs. The API deletes them after 24 hours.",
        upload,
        argument("paths", metavar="FILE", nargs="+", help="the files"),
    ),
    Command("list", "List uploaded files.", list_all, LIMIT),
    Command("get", "Show an uploaded file.", get, _ID),
    Command(
        "delete",
        "Delete uploaded files.",
        delete,
        argument("ids", metavar="ID", nargs="+", help="the files"),
        YES,
    ),
    Command(
        "download",
        "Download an uploaded file, or an output by its URL.",
        download,
        argument("file", metavar="ID|URL", help="the file"),
        argument("-o", "--output", metavar="PATH", default="./", help="a file, a folder (ends in /), or - for stdout"),
        FORCE,
    ),
)
