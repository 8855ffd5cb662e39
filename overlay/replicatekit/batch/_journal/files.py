"""The files of inputs: their digests, the content of those that are not on disk, and where they were uploaded to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replicatekit._base.signatures import resolvable

if TYPE_CHECKING:
    from replicatekit.batch._journal.database import Database


class Files:
    """What the journal knows of files."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def digest_of(self, path: str, size: int, modified: int) -> str | None:
        """The digest of a file that was read before and has not changed since."""
        rows = self._database.rows(
            "SELECT digest FROM files WHERE path = :path AND size = :size AND modified = :modified",
            path=path,
            size=size,
            modified=modified,
        )
        return rows[0][0] if rows else None

    def remember(self, path: str, size: int, modified: int, digest: str) -> None:
        """Keep a file's digest."""
        self._database.change(
            "INSERT INTO files (path, size, modified, digest) VALUES (:path, :size, :modified, :digest)"
            " ON CONFLICT (path) DO UPDATE SET size = :size, modified = :modified, digest = :digest",
            path=path,
            size=size,
            modified=modified,
            digest=digest,
        )

    def keep(self, digest: str, content: bytes) -> None:
        """Keep content that is not in a file on disk."""
        self._database.change(
            "INSERT INTO contents (digest, content) VALUES (:digest, :content) ON CONFLICT DO NOTHING",
            digest=digest,
            content=content,
        )

    def content(self, digest: str) -> bytes | None:
        """The content that was kept."""
        rows = self._database.rows("SELECT content FROM contents WHERE digest = :digest", digest=digest)
        return bytes(rows[0][0]) if rows else None

    def uploaded(self, digest: str, url: str, seconds: float) -> None:
        """Note where a file's content was uploaded to, and for how long it stays there."""
        self._database.change(
            "INSERT INTO uploads (digest, url, expires_at) VALUES (:digest, :url, :then)"
            " ON CONFLICT (digest) DO UPDATE SET url = :url, expires_at = :then",
            digest=digest,
            url=url,
            then=self._database.now() + seconds,
        )

    def upload_of(self, digest: str) -> str | None:
        """Where a file's content was uploaded to, while it is there."""
        rows = self._database.rows(
            "SELECT url FROM uploads WHERE digest = :digest AND expires_at > :now",
            digest=digest,
            now=self._database.now(),
        )
        return rows[0][0] if rows else None


resolvable(__name__)
