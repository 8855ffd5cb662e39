"""What is left where nothing is done that could be left out: Python alone, sockets, msgspec. Nothing is checked."""

IMPORT = "pass"

FIRST_RUN = """
import os, socket, json
host, port = os.environ["REPLICATE_BASE_URL"].split("/")[2].split(":")
body = b'{"input":{"prompt":"a llama"}}'
head = "POST /v1/models/bench/instant/predictions HTTP/1.1\\r\\nhost: x\\r\\ncontent-length: %d\\r\\n\\r\\n" % len(body)
with socket.create_connection((host, int(port))) as connection:
    connection.sendall(head.encode() + body)
    answer = b""
    while b"\\r\\n\\r\\n" not in answer or not answer.endswith(b"}"):
        answer += connection.recv(65536)
print(json.loads(answer.partition(b"\\r\\n\\r\\n")[2])["output"], flush=True)
"""


def _types():
    from datetime import datetime
    from typing import Any

    from msgspec import Struct

    class Urls(Struct):
        get: str

    class Prediction(Struct):
        id: str
        status: str
        created_at: datetime
        output: Any
        urls: Urls
        metrics: dict[str, float]

    class Page(Struct):
        results: list[Prediction]
        next: str | None

    return Prediction, Page


def decode_one(here):
    from msgspec.json import Decoder

    data, decode = here.get("/v1/predictions/one"), Decoder(_types()[0]).decode
    return lambda: decode(data).id


def decode_page(here):
    from msgspec.json import Decoder

    data, decode = here.get("/v1/predictions"), Decoder(_types()[1]).decode
    return lambda: len(decode(data).results)


def _head(method, path, length=0, more=""):
    return f"{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n{more}\r\n".encode()


def _connected(here):
    import socket

    connection = socket.create_connection(("127.0.0.1", here.port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _answer(connection):
    """The body of one answer with a length."""
    data = connection.recv(262_144)
    while (end := data.find(b"\r\n\r\n")) < 0:
        data += connection.recv(262_144)
    length = end + 4 + int(data.partition(b"content-length: ")[2].partition(b"\r\n")[0])
    if len(data) == length:
        return data[end + 4 :]
    whole = bytearray(data)
    while len(whole) < length:
        whole += connection.recv(262_144)
    return bytes(whole[end + 4 :])


def get_sync(here):
    from msgspec.json import Decoder

    connection, decode = _connected(here), Decoder(_types()[0]).decode
    request = _head("GET", "/v1/predictions/one")

    def go():
        connection.sendall(request)
        return decode(_answer(connection)).id

    return go


def _protocol():
    import asyncio

    class Protocol(asyncio.Protocol):
        """One connection whose answers come in one piece, or are waited for until their length is there."""

        def connection_made(self, transport):
            self.transport = transport

        def ask(self, request):
            self.data = b""
            self.future = asyncio.get_running_loop().create_future()
            self.transport.write(request)
            return self.future

        def data_received(self, data):
            self.data += data
            end = self.data.find(b"\r\n\r\n")
            length = int(self.data.partition(b"content-length: ")[2].partition(b"\r\n")[0])
            if len(self.data) == end + 4 + length:
                self.future.set_result(self.data[end + 4 :])

    return Protocol


async def get_async(here):
    import asyncio

    from msgspec.json import Decoder

    _, protocol = await asyncio.get_running_loop().create_connection(_protocol(), "127.0.0.1", here.port)
    request, decode = _head("GET", "/v1/predictions/one"), Decoder(_types()[0]).decode

    async def go():
        return decode(await protocol.ask(request)).id

    return go


def stream_sync(here):
    connection = _connected(here)

    def go():
        connection.sendall(_head("GET", f"/stream/{here.count}"))
        count, rest = 0, b""
        while True:
            data = rest + connection.recv(262_144)
            count += data.count(b"event: output\nid")
            if data.endswith(b"\r\n0\r\n\r\n"):
                return count
            rest = data[data.rfind(b"event: ") :] if data.rfind(b"event: ") > len(data) - 16 else data[-15:]
            count -= rest.count(b"event: output\nid")

    return go


def pages(here):
    from msgspec.json import Decoder

    connection, decode = _connected(here), Decoder(_types()[1]).decode

    def go():
        path, count = f"/v1/predictions?cursor={here.count}", 0
        while path:
            connection.sendall(_head("GET", path))
            page = decode(_answer(connection))
            for each in page.results:
                count += bool((each.id, each.status, each.created_at))
            path = page.next and page.next.removeprefix(here.base)
        return count

    return go


def _run():
    body = b'{"input":{"prompt":"a llama"}}'
    return _head("POST", "/v1/models/bench/nap/predictions", len(body), "prefer: wait\r\n") + body


async def runs_async(here):
    import asyncio
    import json

    make, idle, request = _protocol(), [], _run()

    async def run():
        protocol = idle.pop() if idle else None
        if protocol is None:
            _, protocol = await asyncio.get_running_loop().create_connection(make, "127.0.0.1", here.port)
        body = await protocol.ask(request)
        idle.append(protocol)
        return json.loads(body)["output"]

    async def go():
        return await here.together(run)

    return go


def runs_threads(here):
    import json

    idle, request = [], _run()

    def run():
        try:
            connection = idle.pop()
        except IndexError:
            connection = _connected(here)
        connection.sendall(request)
        body = _answer(connection)
        idle.append(connection)
        return json.loads(body)["output"]

    return lambda: here.by_threads(run)


def download(here):
    buffer = memoryview(bytearray(1 << 20))

    def go():
        connection = _connected(here)
        connection.sendall(_head("GET", f"/v1/files/large/download?size={here.count}"))
        got = connection.recv_into(buffer)
        start = bytes(buffer[:got]).find(b"\r\n\r\n") + 4
        with (here.folder / "got").open("wb", buffering=0) as file:
            left = here.count - file.write(buffer[start:got])
            while left:
                left -= file.write(buffer[: connection.recv_into(buffer)])
        connection.close()
        return (here.folder / "got").stat().st_size

    return go


def upload(here):
    import json

    head = b'--b\r\ncontent-disposition: form-data; name="content"; filename="file"\r\n\r\n'
    tail = b"\r\n--b--\r\n"

    def go():
        connection = _connected(here)
        length = here.count + len(head) + len(tail)
        more = "content-type: multipart/form-data; boundary=b\r\n"
        connection.sendall(_head("POST", "/v1/files", length, more) + head)
        with (here.folder / f"file-{here.count}").open("rb") as file:
            connection.sendfile(file)
        connection.sendall(tail)
        size = json.loads(_answer(connection))["size"]
        connection.close()
        return size

    return go
