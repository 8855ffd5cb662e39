"""Output files in Python's own machinery: as file objects, in JSON encoders, in loops that are left early."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import tarfile
from typing import Any

import httpx
import pytest
from support.file_server import FileServer, Shape, content_of

from replicatekit import AsyncFileOutput, Client, FileOutput, errors

URL = "https://replicate.delivery/pbxt/abc/out-0.png"
CONTENT = content_of(500_000)


@pytest.fixture
def client():
    with Client(token="made-up", base_url="http://127.0.0.1:1/v1", verify=False) as client:
        yield client


@pytest.fixture(params=["ranges", "no ranges", "data"])
def file(request, client, serve):
    """A file of a server with ranges, of one without, and inside its URL."""
    if request.param == "data":
        import base64

        return FileOutput("data:application/octet-stream;base64," + base64.b64encode(CONTENT).decode(), client)
    return FileOutput(f"{serve(Shape(CONTENT, parts=request.param == 'ranges')).url}/out.bin", client)


# As file objects


def test_it_is_copied_like_any_file_object(file, tmp_path):
    with (tmp_path / "copy").open("wb") as target:
        shutil.copyfileobj(file, target)
    assert (tmp_path / "copy").read_bytes() == CONTENT
    assert file.read(10) == b""
    assert file.seek(0) == 0
    assert file.read(10) == CONTENT[:10]
    assert file.read() == CONTENT[10:]
    assert file.seek(-5, io.SEEK_END) == len(CONTENT) - 5
    assert (file.tell(), file.read(None)) == (len(CONTENT) - 5, CONTENT[-5:])
    file.close()
    assert file.read() == CONTENT


def test_it_is_read_in_every_way_that_a_file_object_is(client, serve):
    text = b"one\ntwo\nthree"
    with FileOutput(f"{serve(Shape(text)).url}/a.txt", client) as file:
        assert (file.tell(), file.seek(0), file.closed, file.mode) == (0, 0, False, "rb")
        assert (file.readable(), file.seekable(), file.writable(), file.isatty()) == (True, True, False, False)
        assert file.readline() == b"one\n"
        buffer = bytearray(5)
        assert (file.readinto(buffer), bytes(buffer)) == (5, b"two\nt")
        assert file.readlines() == [b"hree"]
        with pytest.raises(io.UnsupportedOperation):
            file.fileno()
    with FileOutput(file.url, client) as again:
        assert io.TextIOWrapper(again, encoding="utf-8").read() == text.decode()


def test_nothing_is_fetched_before_something_is_read(client, serve):
    server = serve(Shape(CONTENT))
    file = FileOutput(f"{server.url}/a", client)
    assert (file.seek(0), file.tell(), file.seekable(), file.closed) == (0, 0, True, False)
    file.flush()
    file.close()
    assert server.requests == []
    assert file.read(1) == CONTENT[:1]
    assert len(server.requests) == 1


def test_it_is_read_by_parts_and_by_whoever_wants_its_length_first(file):
    # As boto3's `upload_fileobj` reads what it sends.
    assert file.seekable()
    file.seek(0, 2)
    size = file.tell()
    file.seek(0)
    parts = [file.read(200_000) for _ in range(3)]
    assert size == len(CONTENT)
    assert b"".join(parts) == CONTENT


def test_httpx_sends_it(file):
    received = {}

    def answer(request: httpx.Request) -> httpx.Response:
        received["body"] = request.read()
        return httpx.Response(200)

    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        http.post("https://example.com", files={"f": file})
    assert CONTENT in received["body"]
    assert f'filename="{file.name}"'.encode() in received["body"]


def test_django_takes_it(file):
    files = pytest.importorskip("django.core.files")
    django = files.File(file)
    assert django.name == file.name
    assert b"".join(django.chunks()) == CONTENT
    assert b"".join(django.chunks()) == CONTENT


def test_archives_are_read_from_it(client, serve):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a"), io.BytesIO())
    with tarfile.open(fileobj=FileOutput(f"{serve(Shape(packed.getvalue())).url}/a.tar", client)) as archive:
        assert archive.getnames() == ["a"]


def test_the_async_half_reads_by_parts_too(way, file_of, serve):
    file = file_of(f"{serve(Shape(CONTENT)).url}/a")
    assert [file.read(300_000), file.read(300_000), file.read(1)] == [CONTENT[:300_000], CONTENT[300_000:], b""]


# In JSON encoders


@pytest.fixture(params=[FileOutput, AsyncFileOutput])
def output(request):
    return request.param(URL)


def test_pydantic_writes_the_url(output):
    pydantic = pytest.importorskip("pydantic")

    class Anything(pydantic.BaseModel):
        image: Any

    typed = pydantic.create_model("Typed", image=(type(output), ...), others=(list[type(output)], []))
    assert json.loads(Anything(image=[output]).model_dump_json()) == {"image": [URL]}
    assert pydantic.TypeAdapter(dict[str, Any]).dump_python({"a": output}, mode="json") == {"a": URL}
    made = typed(image=output, others=[output])
    assert json.loads(made.model_dump_json()) == {"image": URL, "others": [URL]}
    assert made.model_dump()["image"] is output
    assert typed.model_validate_json(made.model_dump_json()) == made
    assert typed.model_json_schema()["properties"]["image"]["type"] == "string"


def test_fastapi_says_what_to_do_and_with_a_type_writes_the_url(output):
    fastapi = pytest.importorskip("fastapi")
    testclient = pytest.importorskip("fastapi.testclient")
    app = fastapi.FastAPI()
    app.get("/untyped")(lambda: {"images": [output]})

    def typed():
        return {"images": [output]}

    typed.__annotations__["return"] = dict[str, list[type(output)]]
    app.get("/typed")(typed)
    client = testclient.TestClient(app)
    assert client.get("/typed").json() == {"images": [URL]}
    with pytest.raises(ValueError, match="write their `url` instead"):
        client.get("/untyped")


@pytest.mark.parametrize("default", [vars, lambda value: value.__dict__])
def test_the_usual_ways_to_write_any_object_say_what_to_do(output, default):
    with pytest.raises(errors.InvalidArgument, match="write their `url` instead"):
        json.dumps({"image": output}, default=default)
    assert json.loads(json.dumps({"image": output}, default=str)) == {"image": URL}
    assert "__dict__" not in dir(output)


@pytest.mark.parametrize("wrap", [lambda file: file, lambda file: [file], lambda file: {"a": {"b": file}}])
@pytest.mark.parametrize("kind", [FileOutput, AsyncFileOutput])
def test_fastapis_encoder_and_dict_say_what_to_do_and_download_nothing(serve, kind, wrap):
    encoders = pytest.importorskip("fastapi.encoders")
    server = serve(Shape(CONTENT))
    file = kind(f"{server.url}/a.png")
    with pytest.raises(ValueError, match="write their `url` instead"):
        encoders.jsonable_encoder(wrap(file))
    with pytest.raises((errors.InvalidArgument, TypeError)):
        json.dumps(wrap(file), default=dict)
    assert server.requests == []
    assert "keys" not in dir(file)


@pytest.mark.parametrize(
    ("library", "write"),
    [
        ("orjson", lambda library, value: library.dumps(value, default=str)),
        ("msgspec", lambda library, value: library.json.encode(value, enc_hook=str)),
        ("flask", lambda library, value: library.json.dumps(value, default=str)),
        ("pandas", lambda library, value: library.DataFrame([value]).to_json(orient="records", default_handler=str)),
    ],
)
def test_other_encoders_write_the_url_by_str(output, library, write):
    written = json.loads(write(pytest.importorskip(library), {"image": output}))
    assert (written[0] if isinstance(written, list) else written) == {"image": URL}


def test_djangos_encoder_refuses_it(output):
    encoders = pytest.importorskip("django.core.serializers.json")
    with pytest.raises(TypeError, match="not JSON serializable"):
        json.dumps({"image": output}, cls=encoders.DjangoJSONEncoder)


# Left early


LEFT = [
    "async for chunk in file: break",
    "chunks = aiter(file); await anext(chunks)",
    "chunks = aiter(file); await anext(chunks); del chunks; await anyio.sleep(0)",
]
ENDED = [
    "chunks = aiter(file); await anext(chunks); await chunks.aclose()",
    "await file.fetch_metadata()",
    "await file.read(10)",
    "with anyio.move_on_after(0): await file.read()",
]


@pytest.mark.parametrize("library", ["asyncio", "trio"])
def test_a_loop_that_is_left_early_is_silent(serve: Any, library):
    server: FileServer = serve(Shape(CONTENT, framing="chunked"))
    functions = "\n".join(f"async def leave_{number}(file):\n    {body}" for number, body in enumerate(LEFT + ENDED))
    program = f"""
import anyio, gc, logging, sys
from replicatekit import AsyncClient, AsyncFileOutput

{functions}

async def main(leave):
    client = AsyncClient(token="made-up", base_url="http://127.0.0.1:1/v1", verify=False)
    await leave(AsyncFileOutput({server.url!r} + "/a", client))
    await client.close()

logging.getLogger("asyncio").setLevel("ERROR")  # its debug mode tells what took long
for number in range({len(LEFT + ENDED)}):
    print(number, file=sys.stderr)
    anyio.run(main, globals()[f"leave_{{number}}"], backend={library!r})
    gc.collect()
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-X", "dev", "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr.split()) == (0, [str(number) for number in range(len(LEFT + ENDED))])
