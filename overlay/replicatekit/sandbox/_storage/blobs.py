"""The sandbox's files: storage, URLs and access."""

from __future__ import annotations

import base64
import hashlib
import hmac
import mimetypes
import secrets
import time
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes, urlencode, urlsplit

from replicatekit.sandbox._storage.store import Blob

if TYPE_CHECKING:
    from replicatekit.sandbox._storage.settings import Settings
    from replicatekit.sandbox._storage.store import Store

API = "http://api.sandbox.invalid"
"""A placeholder for the API's origin in stored records; a response has the origin of its request instead."""
DELIVERY = "http://delivery.sandbox.invalid"
"""A placeholder for the origin of output files and streams."""
OCTETS = "application/octet-stream"
FOREVER = 100 * 365 * 86_400.0
"""The lifetime in seconds of files that `Store.clear_blobs` keeps."""


def new_id() -> str:
    """Return a new id in the API's form: 26 letters and digits."""
    return base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()


class Blobs:
    """Stores files, and builds their URLs."""

    def __init__(self, store: Store, settings: Settings, owner: str, key: str) -> None:
        self._store = store
        self._settings = settings
        self._owner = owner
        self._key = key.encode()
        self.origins: dict[str, str] = {API: API, DELIVERY: DELIVERY}

    def save(self, content: bytes, name: str, *, media_type: str | None = None, expires: bool = True) -> str:
        """Store an output file, and return its URL; with `expires=False` it never expires."""
        key = new_id()
        lifetime = self._settings.real(self._settings.data_lifetime) if expires else FOREVER
        self.put(key, content, media_type or mimetypes.guess_type(name)[0] or OCTETS, lifetime)
        if self._settings.outputs_on == "api":
            return self.download_url(key, lifetime)
        return f"{DELIVERY}/pbxt/{key}/{quote(name)}"

    def put(self, key: str, content: bytes, media_type: str, lifetime: float) -> Blob:
        """Store a file under an id for so many seconds."""
        blob = Blob(key, media_type, _md5(content), len(content))
        self._store.put_blob(blob, content, expires=time.time() + lifetime)
        return blob

    def download_url(self, key: str, lifetime: float) -> str:
        """Return a URL on the API's own host that is signed and expires."""
        expiry = int(time.time() + lifetime) + 1
        query = {"owner": self._owner, "expiry": expiry, "signature": self.sign(key, self._owner, expiry)}
        return f"{API}/v1/files/{key}/download?{urlencode(query)}"

    def sign(self, key: str, owner: str, expiry: int) -> str:
        """Return the signature that a download URL needs."""
        return hmac.new(self._key, f"{key} {owner} {expiry}".encode(), "sha256").hexdigest()

    def checksum(self, url: str) -> str | None:
        """Return `md5:` and the checksum of the file behind a `data:` URL or one of our own; None for other texts."""
        if url.startswith("data:"):
            try:
                return f"md5:{_md5(read_data_url(url))}"
            except ValueError:
                return None
        if "://" not in url[:10]:
            return None
        blob = self._store.blob(self._key_of(url) or "")
        return f"md5:{blob.etag}" if blob else None

    def _key_of(self, url: str) -> str | None:
        """Return the id in the URL of one of our own files; None for other URLs."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return None
        if f"{parts.scheme}://{parts.netloc}" not in {*self.origins, *self.origins.values()}:
            return None
        steps = parts.path.strip("/").split("/")
        return steps[2] if steps[:2] == ["v1", "files"] and len(steps) > 2 else steps[1] if len(steps) > 1 else ""

    def load(self, url: str) -> bytes | None:
        """Return the content behind a `data:` URL or one of our own; None for other URLs.

        Raises:
            FileNotFoundError: The URL is ours, and the file does not exist or has expired.
        """
        if url.startswith("data:"):
            return read_data_url(url)
        key = self._key_of(url)
        if key is None:
            return None
        content = self._store.content(key)
        if content is None:
            raise FileNotFoundError(f"there is no file at {url}, or it has expired")
        return content


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def read_data_url(url: str) -> bytes:
    """Return the content of a `data:` URL."""
    head, _, data = url.partition(",")
    if head.endswith(";base64"):
        return base64.b64decode(unquote_to_bytes(data))
    return unquote_to_bytes(data)


def make_data_url(content: bytes, media_type: str) -> str:
    """Return a `data:` URL with this content."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"
