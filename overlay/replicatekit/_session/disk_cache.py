"""The schemas of models on disk: kept between processes, and shared by them.

A version never changes, so a record stored by version id is always valid. A record stored by model name contains the
time when it was stored. Files are replaced whole, so several processes can read and write at once; a file that cannot
be read counts as missing, and one that cannot be written is skipped.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import time
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, urlsplit

from replicatekit._base.logs import log
from replicatekit_api import read_json

CACHE_VARIABLE = "REPLICATEKIT_CACHE_DIR"
"""The environment variable that names another folder for the cache."""

_FORMAT = 1  # part of the path: other versions of this package may store something else
_VERSION = re.compile(r"[0-9a-f]{64}")


class SchemaDisk:
    """The records of one API.

    Args:
        base_url: Which API: a sandbox and Replicate do not share records.
        folder: Where to store them; by default the user's cache folder, or `REPLICATEKIT_CACHE_DIR`.
    """

    def __init__(self, base_url: str, folder: Path | None = None) -> None:
        url = urlsplit(base_url)
        root = folder or cache_folder()
        self._folder = root / f"schemas-{_FORMAT}" / quote(f"{url.netloc}{url.path.rstrip('/')}", safe="")

    def version(self, version_id: str) -> dict[str, Any] | None:
        """The record of a version: `openapi_schema` and `cog_version`; None if there is none."""
        path = self._version_path(version_id)
        return None if path is None else _read(path)

    def store_version(self, version_id: str, record: dict[str, Any]) -> None:
        """Store the record of a version, if its id can never mean another version."""
        path = self._version_path(version_id)
        if path is not None and not path.exists():
            _write(path, record)

    def model(self, name: str) -> dict[str, Any] | None:
        """The record of a model: what was stored, and its `age` in seconds; None if there is none."""
        record = _read(self._model_path(name))
        if record is None or record.get("model") != name:
            return None
        stored_at = record.get("stored_at")
        age = time.time() - stored_at if isinstance(stored_at, (int, float)) else float("inf")
        return {**record, "age": age if age >= 0 else float("inf")}  # the clock may have been set back

    def store_model(self, name: str, record: dict[str, Any]) -> None:
        """Store the record of a model, with the time."""
        _write(self._model_path(name), {**record, "model": name, "stored_at": time.time()})

    def models(self) -> list[str]:
        """The names of the models that have a record."""
        try:
            names = sorted(path.stem for path in (self._folder / "models").glob("*--*.json"))
        except OSError:
            return []
        return [name.replace("--", "/", 1) for name in names]

    def _version_path(self, version_id: str) -> Path | None:
        if not _VERSION.fullmatch(version_id):
            return None
        return self._folder / "versions" / version_id[:2] / f"{version_id}.json"

    def _model_path(self, name: str) -> Path:
        return self._folder / "models" / f"{name.replace('/', '--')}.json"


def cache_folder() -> Path:
    """The folder of the cache: that of `REPLICATEKIT_CACHE_DIR`, or the user's."""
    folder = os.environ.get(CACHE_VARIABLE)
    if folder:
        return Path(folder)
    from platformdirs import user_cache_path

    return user_cache_path("replicatekit", appauthor=False)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        record: object = read_json(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", record) if isinstance(record, dict) else None


def _write(path: Path, record: dict[str, Any]) -> None:
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # For the user alone: the schema of a private model may reveal its purpose.
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(record, file)
        part.replace(path)
    except (OSError, ValueError, RecursionError) as error:
        log.debug("the schema cache cannot be written: %s", error)
        part.unlink(missing_ok=True) if part.parent.is_dir() else None
