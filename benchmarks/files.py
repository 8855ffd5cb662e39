"""Memory and speed of files: this package beside raw httpx and, if asked, beside the client `replicate`.

    python benchmarks/files.py                         # this package and raw httpx
    python benchmarks/files.py --other path/to/python  # and `replicate`, as it is installed there

One server on this machine serves a file of 200 MB and takes one of 50 MB. Each way runs in a process of its own: once
to warm up, then several times, in turns. Time is the best of them. Memory is how far the process's resident set rose
in the first of them above what it was before it, as Linux counts it.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

DOWN = 200 * 1000 * 1000
UP = 50 * 1000 * 1000
BLOCK = bytes(range(256)) * 4096
ROUNDS = 5

# The server


class Server:
    """A file to download, with ranges and an MD5 etag as stores have them; and the API's endpoint for uploads."""

    def __init__(self, size: int) -> None:
        self.size = size
        digest = hashlib.md5()
        for at in range(0, size, len(BLOCK)):
            digest.update(BLOCK[: size - at])
        self.etag = digest.hexdigest()
        self.port = 0

    async def run(self, ready: threading.Event) -> None:
        """Serve until it is cancelled."""
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0, limit=1 << 20)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await server.serve_forever()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                await (self.take(head, reader, writer) if head.startswith("POST") else self.give(head, writer))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def give(self, head: str, writer: asyncio.StreamWriter) -> None:
        """The file, or the rest of it."""
        size = 1000 if "/small" in head else self.size
        found = re.search(r"\r\nrange: bytes=(\d+)-", head, re.IGNORECASE)
        start = int(found[1]) if found else 0
        if start >= size:
            writer.write(f"HTTP/1.1 416 None\r\ncontent-length: 0\r\ncontent-range: bytes */{size}\r\n\r\n".encode())
            return
        status = f"206 Partial Content\r\ncontent-range: bytes {start}-{size - 1}/{size}" if found else "200 OK"
        etag = f'\r\netag: "{self.etag}"' if size == self.size else ""
        writer.write(f"HTTP/1.1 {status}\r\ncontent-length: {size - start}{etag}\r\n\r\n".encode())
        while start < size:
            at = start % len(BLOCK)
            block = BLOCK[at : at + min(len(BLOCK) - at, size - start)]
            writer.write(block)
            await writer.drain()
            start += len(block)

    async def take(self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """An upload, read as it comes."""
        boundary = re.search(r"boundary=(\S+)", head)[1].strip('"').encode()
        length = int(re.search(r"content-length: (\d+)", head, re.IGNORECASE)[1])
        part = b""
        while b"\r\n\r\n" not in part or b'name="content"' not in part:
            part += await reader.readuntil(b"\r\n\r\n")
        size = length - len(part) - (len(boundary) + 8)  # without the last boundary: \r\n--...--\r\n
        digest, left = hashlib.sha256(), size
        while left:
            chunk = await reader.read(min(left, 1 << 20))
            if not chunk:
                raise ConnectionError
            digest.update(chunk)
            left -= len(chunk)
        await reader.readexactly(len(boundary) + 8)
        body = json.dumps(
            {
                "id": "file",
                "size": size,
                "name": "file",
                "etag": "0",
                "content_type": "application/octet-stream",
                "checksums": {"sha256": digest.hexdigest()},
                "metadata": {},
                "created_at": "2026-01-01T00:00:00Z",
                "expires_at": "2026-01-02T00:00:00Z",
                "urls": {"get": f"http://127.0.0.1:{self.port}/v1/files/file"},
            }
        ).encode()
        writer.write(
            b"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
        )
        writer.write(body)
        await writer.drain()


# The ways. Each gets the server's URL and a folder with the file to upload, and gives what to do for a name of a file.


def httpx_download(base: str, folder: Path):
    import httpx

    client = httpx.Client()

    def go(name: str) -> None:
        with client.stream("GET", f"{base}/{name}") as answer, (folder / "got").open("wb") as file:
            for chunk in answer.iter_bytes():
                file.write(chunk)

    return go


def httpx_async_download(base: str, folder: Path):
    import httpx

    client, loop = httpx.AsyncClient(), asyncio.new_event_loop()

    async def work(name: str) -> None:
        async with client.stream("GET", f"{base}/{name}") as answer:
            with (folder / "got").open("wb") as file:
                async for chunk in answer.aiter_bytes():
                    file.write(chunk)

    return lambda name: loop.run_until_complete(work(name))


def ours_save(base: str, folder: Path):
    from replicatekit import Client, FileOutput

    client = Client(token="made-up", base_url=f"{base}/v1")
    return lambda name: FileOutput(f"{base}/{name}", client).save(folder / "got", overwrite=True)


def ours_async_save(base: str, folder: Path):
    from replicatekit import AsyncClient, AsyncFileOutput

    client, loop = AsyncClient(token="made-up", base_url=f"{base}/v1"), asyncio.new_event_loop()

    def go(name: str) -> None:
        file = AsyncFileOutput(f"{base}/{name}", client)
        loop.run_until_complete(file.save(folder / "got", overwrite=True))

    return go


def ours_iterate(base: str, folder: Path):
    from replicatekit import Client, FileOutput

    client = Client(token="made-up", base_url=f"{base}/v1")

    def go(name: str) -> None:
        with (folder / "got").open("wb") as file:
            for chunk in FileOutput(f"{base}/{name}", client):
                file.write(chunk)

    return go


def other_iterate(base: str, folder: Path):
    import replicate
    from replicate.helpers import FileOutput

    client = replicate.Client(api_token="made-up", base_url=base)

    def go(name: str) -> None:
        with (folder / "got").open("wb") as file:
            for chunk in FileOutput(f"{base}/{name}", client):
                file.write(chunk)

    return go


def ours_read(base: str, folder: Path):
    from replicatekit import Client, FileOutput

    client = Client(token="made-up", base_url=f"{base}/v1")
    return lambda name: (folder / "got").write_bytes(FileOutput(f"{base}/{name}", client).read())


def other_read(base: str, folder: Path):
    import replicate
    from replicate.helpers import FileOutput

    client = replicate.Client(api_token="made-up", base_url=base)
    return lambda name: (folder / "got").write_bytes(FileOutput(f"{base}/{name}", client).read())


def httpx_upload(base: str, folder: Path):
    import httpx

    client = httpx.Client(timeout=60)

    def go(name: str) -> None:
        with (folder / name).open("rb") as file:
            client.post(f"{base}/v1/files", files={"content": file}).raise_for_status()

    return go


def httpx_async_upload(base: str, folder: Path):
    import httpx

    client, loop = httpx.AsyncClient(timeout=60), asyncio.new_event_loop()

    async def work(name: str) -> None:
        with (folder / name).open("rb") as file:
            (await client.post(f"{base}/v1/files", files={"content": file})).raise_for_status()

    return lambda name: loop.run_until_complete(work(name))


def ours_upload(base: str, folder: Path):
    from replicatekit import Client

    client = Client(token="made-up", base_url=f"{base}/v1")
    return lambda name: client.files.create(folder / name)


def ours_async_upload(base: str, folder: Path):
    from replicatekit import AsyncClient

    client, loop = AsyncClient(token="made-up", base_url=f"{base}/v1"), asyncio.new_event_loop()
    return lambda name: loop.run_until_complete(client.files.create(folder / name))


def other_upload(base: str, folder: Path):
    import replicate

    client = replicate.Client(api_token="made-up", base_url=base)
    return lambda name: client.files.create(folder / name)


WAYS = {
    "200 MB down, sync": [httpx_download, ours_save, ours_iterate, ours_read, other_iterate, other_read],
    "200 MB down, async": [httpx_async_download, ours_async_save],
    "50 MB up, sync": [httpx_upload, ours_upload, other_upload],
    "50 MB up, async": [httpx_async_upload, ours_async_upload],
}


# One process: tells its figures line by line, as it is told to go


def worker(way: str, base: str, folder: Path) -> None:
    go = globals()[way](base, folder)
    go("small")
    before = resident("VmRSS")
    print("ready", flush=True)
    for _ in sys.stdin:
        (folder / "got").unlink(missing_ok=True)  # what it takes to free it is nobody's time
        Path("/proc/self/clear_refs").write_text("5")  # the peak is counted anew
        begun = time.perf_counter()
        go("large")
        took = time.perf_counter() - begun
        print(json.dumps([took, resident("VmHWM") - before]), flush=True)


def resident(what: str) -> int:
    return int(re.search(rf"{what}:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024


def measure(base: str, folder: Path, ways: list[str], other: str | None) -> dict[str, tuple[float, int]]:
    workers = {}
    for way in ways:
        python = other if way.startswith("other") else sys.executable
        if python:
            place = folder / way
            place.mkdir()
            for name in ("small", "large"):
                (place / name).hardlink_to(folder / name)
            command = [python, __file__, "--way", way, "--base", base, "--folder", str(place)]
            workers[way] = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    figures: dict[str, list[tuple[float, int]]] = {way: [] for way in workers}
    for process in workers.values():
        assert process.stdout.readline() == "ready\n"
    for _ in range(ROUNDS):
        for way, process in workers.items():
            process.stdin.write("go\n")
            process.stdin.flush()
            figures[way].append(tuple(json.loads(process.stdout.readline())))
    for process in workers.values():
        process.stdin.close()
        process.wait()
    return {way: (min(took for took, _ in each), each[0][1]) for way, each in figures.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--other", help="a Python in whose environment the client `replicate` is installed")
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--base", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.way:
        worker(given.way, given.base, given.folder)
    elif given.serve:
        serve()
    else:
        report(given.other)


def serve() -> None:
    server, ready = Server(DOWN), threading.Event()
    threading.Thread(target=lambda: (ready.wait(), print(server.port, flush=True)), daemon=True).start()
    asyncio.run(server.run(ready))


def report(other: str | None) -> None:
    server = subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True)
    try:
        base = f"http://127.0.0.1:{int(server.stdout.readline())}"
        for title, ways in WAYS.items():
            with tempfile.TemporaryDirectory() as place:
                folder = Path(place)
                (folder / "small").write_bytes(b"x" * 1000)
                with (folder / "large").open("wb") as file:
                    for _ in range(UP // len(BLOCK)):
                        file.write(os.urandom(len(BLOCK)))
                    file.write(BLOCK[: UP % len(BLOCK)])
                print(title)
                for way, (took, rise) in measure(base, folder, [way.__name__ for way in ways], other).items():
                    size = DOWN if "down" in title else UP
                    print(f"  {way:22} {took:6.3f} s  {size / took / 1e6:6.0f} MB/s  memory +{rise / 1e6:.1f} MB")
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
