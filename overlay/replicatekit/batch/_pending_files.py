"""The files of inputs that are being added, until both are written in one transaction.

Files are read outside the journal's transactions: while one is hashed, other processes can write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from replicatekit._base.signatures import resolvable

if TYPE_CHECKING:
    from replicatekit.batch._journal.writer import JournalWriter


class PendingFiles:
    """A `FileStore` in memory, backed by the journal's."""

    def __init__(self, writer: JournalWriter) -> None:
        self._writer = writer
        self._files = writer.journal.files
        self._digests: dict[tuple[str, int, int], str] = {}
        self._contents: dict[str, bytes] = {}
        self.size = 0
        """Bytes of content not yet written."""

    def digest_of(self, path: str, size: int, modified: int) -> str | None:
        """See `FileStore`."""
        digest = self._digests.get((path, size, modified))
        return digest or self._writer.call(self._files.digest_of, path, size, modified)

    def remember(self, path: str, size: int, modified: int, digest: str) -> None:
        """See `FileStore`."""
        self._digests[path, size, modified] = digest

    def keep(self, digest: str, content: bytes) -> None:
        """See `FileStore`."""
        if digest not in self._contents:
            self._contents[digest] = content
            self.size += len(content)

    def write(self) -> None:
        """Write the pending files into the journal, as part of a transaction."""
        for (path, size, modified), digest in self._digests.items():
            self._files.remember(path, size, modified, digest)
        for digest, content in self._contents.items():
            self._files.keep(digest, content)


resolvable(__name__)
