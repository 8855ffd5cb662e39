"""Files: uploaded, given as input, read from output."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from context import program, shown
from of_running import prediction

FILE = {
    "id": "f1",
    "name": "a.txt",
    "content_type": "text/plain",
    "size": 2,
    "etag": "e",
    "checksums": {"sha256": "x"},
    "metadata": {},
    "created_at": "2024",
    "expires_at": None,
    "urls": {"get": "https://api.replicate.com/v1/files/f1"},
}


class Named(io.BytesIO):
    name = "folder/note.txt"


def path_of(text="hello", name="greeting.txt"):
    path = Path(tempfile.mkdtemp()) / name
    path.write_text(text)
    return path


@program
async def a_files_life(c):
    made = await c.do(c.client.files, "create", path_of(), metadata={"a": 1})
    found = await c.do(c.client.files, "get", made.id)
    known = await c.do(c.client.files, "list")
    told = [made.content_type, made.size, found.id == made.id, made.id in [one.id for one in known], sorted(made.urls)]
    return [*told, await c.do(c.client.files, "delete", made.id), await c.error(c.client.files, "get", "nothing")]


@program
async def forms_of_a_file(c):
    client = c.answering((201, FILE))
    path = path_of()
    for form in (path, str(path), io.BytesIO(b"hi"), Named(b"hi")):
        await c.do(client.files, "create", form)
    with path.open("rb") as file:
        file.read()
        made = await c.do(client.files, "create", file)
    await c.do(
        client.files, "create", io.BytesIO(b"hi"), filename="x.png", content_type="image/jpeg", metadata={"a": {"b": 1}}
    )
    return made


@program
async def what_is_no_file(c):
    client = c.answering((201, FILE))
    return [await c.error(client.files, "create", wrong) for wrong in (5, None, b"bytes")]


@program
async def a_path_that_is_not_there(c):
    return await c.error(c.answering((201, FILE)).files, "create", "nothing/there")


@program
async def files_in_an_input_are_uploaded(c):
    client = c.answering((201, FILE), (201, FILE), (201, prediction("starting")))
    await c.do(
        client.predictions, "create", version="v1", input={"a": path_of(), "b": [io.BytesIO(b"hi")], "c": "text"}
    )


@program
async def files_in_an_input_stand_in_it(c):
    client = c.answering((201, prediction("starting")))
    await c.do(
        client.predictions,
        "create",
        version="v1",
        input={"a": path_of(), "b": Named(b"hi")},
        file_encoding_strategy="base64",
    )


@program
async def files_in_the_input_of_a_run(c):
    client = c.answering((201, prediction("succeeded", "x")))
    return await c.do(client, "run", "a/b", {"a": Named(b"hi")}, file_encoding_strategy="base64")


@program
async def files_for_a_deployment(c):
    client = c.answering((201, prediction("starting")))
    await c.do(client.deployments.predictions, "create", "a/b", {"a": Named(b"hi")}, file_encoding_strategy="base64")


@program
async def files_for_a_training(c):
    client = c.answering((201, {**prediction("starting"), "model": "a/b"}))
    await c.do(
        client.trainings,
        "create",
        model="a/b",
        version="v1",
        input={"a": Named(b"hi")},
        destination="c/d",
        file_encoding_strategy="base64",
    )


@program
async def a_file_and_a_model(c):
    client = c.answering((201, prediction("starting")))
    await c.do(client.predictions, "create", model="a/b", input={"a": Named(b"hi")}, file_encoding_strategy="base64")


@program
async def values_that_json_does_not_have(c):
    encode = c.module("helpers")
    value = {
        "set": {1},
        "frozen": frozenset([2]),
        "tuple": (3, 4),
        "generator": (n for n in (5, 6)),
        "none": None,
        "deep": [{"a": (1,)}],
    }
    return await c.do(encode, "encode_json", value, c.client)


@program
async def a_value_that_cannot_be_sent(c):
    client = c.answering((201, prediction("starting")))
    return (await c.error(client.predictions, "create", version="v1", input={"a": object}))["error"]


@program
async def files_as_base64(c):
    encode = c.module("helpers").base64_encode_file
    half = io.BytesIO(b"hello")
    half.read(2)
    return [encode(io.BytesIO(b"hello")), encode(io.StringIO("héllo")), encode(Named(b"x")), encode(half)]


@program
async def an_output_file_is_read(c):
    client = c.answering((200, b"content"))
    file = c.module("helpers").FileOutput("https://api.replicate.com/v1/files/f1/download", client)
    return [await c.read(file), await c.items(file), str(file), file.url]


@program
async def an_output_file_elsewhere(c):
    client = c.answering((200, b"content"))
    return await c.read(c.module("helpers").FileOutput("https://replicate.delivery/x/out.txt", client))


@program
async def an_output_file_that_is_gone(c):
    client = c.answering((404, "gone"))
    file = c.module("helpers").FileOutput("https://replicate.delivery/x/out.txt", client)
    try:
        await c.read(file)
    except Exception as error:
        return [type(error).__name__, error.response.status_code, shown(error)["of"]]


@program
async def a_data_url_is_read(c):
    file = c.module("helpers").FileOutput("data:text/plain;base64,aGVsbG8=", c.client)
    return [await c.read(file), await c.items(file)]


@program
async def outputs_are_transformed(c):
    transform = c.module("helpers").transform_output
    return transform({"a": ["https://x", ("data:,x",)], "b": {"c": b"bytes"}, "d": 5, "e": ""}, c.client)


@program
async def a_file_is_a_stream_of_httpx(c):
    import httpx

    file = c.module("helpers").FileOutput("data:,x", c.client)
    return [
        isinstance(file, httpx.SyncByteStream),
        isinstance(file, httpx.AsyncByteStream),
        hasattr(file, "read"),
        hasattr(file, "aread"),
    ]
