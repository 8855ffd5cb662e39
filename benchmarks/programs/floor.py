"""The floor: the least work possible in Python, with plain sockets and msgspec, and without any checks."""

IMPORT = "pass"

FIRST_RUN = """
import os, socket, json
host, port = os.environ["REPLICATE_BASE_URL"].split("/")[2].split(":")
body = b'{"input":{"prompt":"a llama"}}'
head = "POST /v1/models/bench/instant/predictions HTTP/1.1\\r\\nhost: x\\r\\ncontent-length: %d\\r\\n\\r\\n" % len(body)
with socket.create_connection((host, int(port))) as connection:
    connection.sendall(head.encode() + body)
    response = b""
    while b"\\r\\n\\r\\n" not in response or not response.endswith(b"}"):
        response += connection.recv(65536)
print(json.loads(response.partition(b"\\r\\n\\r\\n")[2])["output"], flush=True)
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


def decode_one(context):
    from msgspec.json import Decoder

    data, decode = context.get("/v1/predictions/one"), Decoder(_types()[0]).decode
    return lambda: decode(data).id


def decode_page(context):
    from msgspec.json import Decoder

    data, decode = context.get("/v1/predictions"), Decoder(_types()[1]).decode
    return lambda: len(decode(data).results)


def _head(method, path, length=0, more=""):
    return f"{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n{more}\r\n".encode()


def _connect(context):
    import socket

    connection = socket.create_connection(("127.0.0.1", context.port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _response(connection):
    """Read a response with a content length, and return its body."""
    data = connection.recv(262_144)
    while (end := data.find(b"\r\n\r\n")) < 0:
        data += connection.recv(262_144)
    length = end + 4 + int(data.partition(b"content-length: ")[2].partition(b"\r\n")[0])
    if len(data) == length:
        return data[end + 4 :]
    buffer = bytearray(data)
    while len(buffer) < length:
        buffer += connection.recv(262_144)
    return bytes(buffer[end + 4 :])


def get_sync(context):
    from msgspec.json import Decoder

    connection, decode = _connect(context), Decoder(_types()[0]).decode
    request = _head("GET", "/v1/predictions/one")

    def call():
        connection.sendall(request)
        return decode(_response(connection)).id

    return call


def _protocol():
    import asyncio

    class Protocol(asyncio.Protocol):
        """A connection; a response is complete when its length has arrived."""

        def connection_made(self, transport):
            self.transport = transport

        def send(self, request):
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


async def get_async(context):
    import asyncio

    from msgspec.json import Decoder

    _, protocol = await asyncio.get_running_loop().create_connection(_protocol(), "127.0.0.1", context.port)
    request, decode = _head("GET", "/v1/predictions/one"), Decoder(_types()[0]).decode

    async def call():
        return decode(await protocol.send(request)).id

    return call


def stream_sync(context):
    connection = _connect(context)

    def call():
        connection.sendall(_head("GET", f"/stream/{context.count}"))
        count, rest = 0, b""
        while True:
            data = rest + connection.recv(262_144)
            count += data.count(b"event: output\nid")
            if data.endswith(b"\r\n0\r\n\r\n"):
                return count
            rest = data[data.rfind(b"event: ") :] if data.rfind(b"event: ") > len(data) - 16 else data[-15:]
            count -= rest.count(b"event: output\nid")

    return call


def pages(context):
    from msgspec.json import Decoder

    connection, decode = _connect(context), Decoder(_types()[1]).decode

    def call():
        path, count = f"/v1/predictions?cursor={context.count}", 0
        while path:
            connection.sendall(_head("GET", path))
            page = decode(_response(connection))
            for each in page.results:
                count += bool((each.id, each.status, each.created_at))
            path = page.next and page.next.removeprefix(context.base)
        return count

    return call


def _run():
    body = b'{"input":{"prompt":"a llama"}}'
    return _head("POST", "/v1/models/bench/nap/predictions", len(body), "prefer: wait\r\n") + body


async def runs_async(context):
    import asyncio
    import json

    make, idle, request = _protocol(), [], _run()

    async def run():
        protocol = idle.pop() if idle else None
        if protocol is None:
            _, protocol = await asyncio.get_running_loop().create_connection(make, "127.0.0.1", context.port)
        body = await protocol.send(request)
        idle.append(protocol)
        return json.loads(body)["output"]

    async def call():
        return await context.run_tasks(run)

    return call


def runs_threads(context):
    import json

    idle, request = [], _run()

    def run():
        try:
            connection = idle.pop()
        except IndexError:
            connection = _connect(context)
        connection.sendall(request)
        body = _response(connection)
        idle.append(connection)
        return json.loads(body)["output"]

    return lambda: context.run_threads(run)


def download(context):
    buffer = memoryview(bytearray(1 << 20))

    def call():
        connection = _connect(context)
        connection.sendall(_head("GET", f"/v1/files/large/download?size={context.count}"))
        received = connection.recv_into(buffer)
        start = bytes(buffer[:received]).find(b"\r\n\r\n") + 4
        with (context.folder / "download").open("wb", buffering=0) as file:
            remaining = context.count - file.write(buffer[start:received])
            while remaining:
                remaining -= file.write(buffer[: connection.recv_into(buffer)])
        connection.close()
        return (context.folder / "download").stat().st_size

    return call


def upload(context):
    import json

    head = b'--b\r\ncontent-disposition: form-data; name="content"; filename="file"\r\n\r\n'
    tail = b"\r\n--b--\r\n"

    def call():
        connection = _connect(context)
        length = context.count + len(head) + len(tail)
        more = "content-type: multipart/form-data; boundary=b\r\n"
        connection.sendall(_head("POST", "/v1/files", length, more) + head)
        with (context.folder / f"file-{context.count}").open("rb") as file:
            connection.sendfile(file)
        connection.sendall(tail)
        size = json.loads(_response(connection))["size"]
        connection.close()
        return size

    return call
