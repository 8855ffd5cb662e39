"""The files of inputs: their digests, their upload URLs, and the content of those that are not on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replicatekit._base.signatures import resolvable

if TYPE_CHECKING:
    from replicatekit.batch._journal.database import Database


class Files:
    """The files that the journal knows."""

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
        """Store a file's digest."""
        self._database.change(
            "INSERT INTO files (path, size, modified, digest) VALUES (:path, :size, :modified, :digest)"
            " ON CONFLICT (path) DO UPDATE SET size = :size, modified = :modified, digest = :digest",
            path=path,
            size=size,
            modified=modified,
            digest=digest,
        )

    def keep(self, digest: str, content: bytes) -> None:
        """Store content that is not in a file on disk."""
        self._database.change(
            "INSERT INTO contents (digest, content) VALUES (:digest, :content) ON CONFLICT DO NOTHING",
            digest=digest,
            content=content,
        )

    def content(self, digest: str) -> bytes | None:
        """The stored content with a digest."""
        rows = self._database.rows("SELECT content FROM contents WHERE digest = :digest", digest=digest)
        return bytes(rows[0][0]) if rows else None

    def uploaded(self, digest: str, url: str, seconds: float) -> None:
        """Record the URL of a file's upload, and for how many seconds it can be used."""
        self._database.change(
            "INSERT INTO uploads (digest, url, expires_at) VALUES (:digest, :url, :then)"
            " ON CONFLICT (digest) DO UPDATE SET url = :url, expires_at = :then",
            digest=digest,
            url=url,
            then=self._database.now() + seconds,
        )

    def upload_of(self, digest: str) -> str | None:
        """The URL of a file's upload, unless it has expired."""
        rows = self._database.rows(
            "SELECT url FROM uploads WHERE digest = :digest AND expires_at > :now",
            digest=digest,
            now=self._database.now(),
        )
        return rows[0][0] if rows else None


resolvable(__name__)
