"""The files of the sandbox: where they are kept, which URLs they have, who may read them."""

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
"""Stands for the API's own origin in what is stored; an answer names the one that the request came to."""
DELIVERY = "http://delivery.sandbox.invalid"
"""Stands for the origin of output files and streams."""
OCTETS = "application/octet-stream"


def new_id() -> str:
    """An id in the form of the API's own: 26 letters and digits."""
    return base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()


class Blobs:
    """Files with their URLs."""

    def __init__(self, store: Store, settings: Settings, owner: str, key: str) -> None:
        self._store = store
        self._settings = settings
        self._owner = owner
        self._key = key.encode()
        self.origins: dict[str, str] = {API: API, DELIVERY: DELIVERY}

    def save(self, content: bytes, name: str, *, media_type: str | None = None) -> str:
        """Keeps an output file and gives its URL."""
        key = new_id()
        lifetime = self._settings.real(self._settings.data_lifetime)
        self.put(key, content, media_type or mimetypes.guess_type(name)[0] or OCTETS, lifetime)
        if self._settings.outputs_on == "api":
            return self.download_url(key, lifetime)
        return f"{DELIVERY}/pbxt/{key}/{quote(name)}"

    def put(self, key: str, content: bytes, media_type: str, lifetime: float) -> Blob:
        """Keeps a file under an id for so many seconds."""
        etag = hashlib.md5(content, usedforsecurity=False).hexdigest()
        blob = Blob(key, media_type, etag, len(content))
        self._store.put_blob(blob, content, expires=time.time() + lifetime)
        return blob

    def download_url(self, key: str, lifetime: float) -> str:
        """A URL on the API's own host, signed and with an end."""
        expiry = int(time.time() + lifetime) + 1
        query = {"owner": self._owner, "expiry": expiry, "signature": self.sign(key, self._owner, expiry)}
        return f"{API}/v1/files/{key}/download?{urlencode(query)}"

    def sign(self, key: str, owner: str, expiry: int) -> str:
        """The signature that makes a download URL good."""
        return hmac.new(self._key, f"{key} {owner} {expiry}".encode(), "sha256").hexdigest()

    def load(self, url: str) -> bytes | None:
        """The content behind a `data:` URL or one of our own; None for any other.

        Raises:
            FileNotFoundError: it is ours and there is no such file, or not any more.
        """
        if url.startswith("data:"):
            return read_data_url(url)
        parts = urlsplit(url)
        if f"{parts.scheme}://{parts.netloc}" not in {*self.origins, *self.origins.values()}:
            return None
        steps = parts.path.strip("/").split("/")
        key = steps[2] if steps[:2] == ["v1", "files"] else steps[1] if len(steps) > 1 else ""
        content = self._store.content(key)
        if content is None:
            raise FileNotFoundError(f"there is no file at {url}, or its time is over")
        return content


def read_data_url(url: str) -> bytes:
    """The bytes of a `data:` URL."""
    head, _, data = url.partition(",")
    if head.endswith(";base64"):
        return base64.b64decode(unquote_to_bytes(data))
    return unquote_to_bytes(data)


def make_data_url(content: bytes, media_type: str) -> str:
    """A `data:` URL with these bytes."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"
