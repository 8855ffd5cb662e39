"""Copies of remote files on this machine: one that lasts as long as the process, and one for a file object."""

from __future__ import annotations

import io as files
import os
from typing import TYPE_CHECKING, BinaryIO, cast

from replicatekit._files.atomic_file import local_file_errors
from replicatekit._transfer.save import save
from replicatekit._transfer.write_buffer import BufferedWriter

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from replicatekit._transfer.content import RemoteContent
    from replicatekit._transfer.download import Download

_IN_MEMORY = 1024 * 1024  # bytes; longer files go to the disk


async def cached_copy(content: RemoteContent) -> Path:
    """The path of a copy, which is made at the first call and removed when the process ends."""
    from replicatekit._files.temporary_copies import folder_for

    with local_file_errors("the folder for temporary copies", content.prediction_id):
        folder = await content.io.run(folder_for, content.url)
        existing = await content.io.run(_only_file, folder)
    return existing or await save(content, f"{folder}{os.sep}", overwrite=True)


def _only_file(folder: Path) -> Path | None:
    """The file in a folder of copies; names of unfinished files begin with a dot."""
    try:
        return next((path for path in folder.iterdir() if not path.name.startswith(".")), None)
    except FileNotFoundError:
        return None


async def download_to_spool(content: RemoteContent, opened: Download | None = None) -> BinaryIO:
    """The whole file as a seekable file object: in memory if it is short, else on the disk.

    Args:
        content: The file.
        opened: A download of it that has already begun.
    """
    if content.is_data_url:
        return files.BytesIO(content.data.data)
    spool = _Spool(content.prediction_id)
    writer = BufferedWriter(content.io, spool)
    try:
        await writer.fill(content.chunks(writer.restart, opened))
    except BaseException:
        spool.file.close()
        raise
    spool.file.seek(0)
    return spool.file


class _Spool:
    def __init__(self, prediction_id: str | None) -> None:
        self.file: BinaryIO = files.BytesIO()
        self._prediction_id = prediction_id

    def write(self, chunks: Iterable[bytes]) -> None:
        with local_file_errors("a temporary file", self._prediction_id):
            if isinstance(self.file, files.BytesIO) and self.file.tell() > _IN_MEMORY:
                import tempfile

                memory = self.file
                self.file = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115 (the caller closes it)
                self.file.write(memory.getbuffer())
            self.file.writelines(chunks)

    def restart(self) -> None:
        self.file.seek(0)
        self.file.truncate()
