"""Start a PostgreSQL server for the tests on loopback, with `initdb` as an unprivileged user."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["postgres_url"]


def _programs() -> Path | None:
    if found := shutil.which("initdb"):
        return Path(found).parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return versions[-1].parent if versions else None


def _as_user() -> tuple[list[str], str | None]:
    """Return a command prefix and a user name: PostgreSQL refuses to run as root."""
    return (["runuser", "-u", "postgres", "--"], "postgres") if os.geteuid() == 0 else ([], None)


@contextmanager
def postgres_url() -> Iterator[str]:
    """Start a server, and yield the URL of an empty database."""
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (Debian: postgresql)")
    prefix, user = _as_user()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if user:
            shutil.chown(folder, user)
        folder.chmod(0o755)
        data = folder / "data"
        options = ["-D", str(data), "-A", "trust", "-U", "tests", "--no-sync", "-E", "UTF8"]
        subprocess.run([*prefix, str(programs / "initdb"), *options], check=True, capture_output=True, cwd="/")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = subprocess.Popen(
            [
                *prefix,
                str(programs / "postgres"),
                "-D",
                str(data),
                "-h",
                "127.0.0.1",
                "-p",
                str(port),
                "-k",
                name,
                "-c",
                "fsync=off",
                "-c",
                "max_connections=60",
            ],
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            url = f"postgresql://tests@127.0.0.1:{port}/postgres"
            _wait_for(url)
            yield url
        finally:
            server.terminate()
            server.wait(30)


def _wait_for(url: str) -> None:
    import psycopg

    for _ in range(300):
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server did not start")
