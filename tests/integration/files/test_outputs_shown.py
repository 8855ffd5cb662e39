"""Output files as they are seen: in a print, in a notebook, in a pickle."""

from __future__ import annotations

import asyncio
import base64
import copy
import pickle
import sys
import textwrap

import httpx
import pytest
from support.file_server import Shape

from replicatekit import AsyncClient, AsyncFileOutput, Client, FileOutput
from replicatekit._transfer.notebook import MAX_PREVIEW
from replicatekit.sandbox import Sandbox
from replicatekit.sandbox._models import png

PNG = png.rgb(8, [bytes(24)] * 8).encode()
URL = "https://replicate.delivery/pbxt/abc/out-0.png?signature=secret"


@pytest.fixture
def client():
    with Client(token="made-up", base_url="http://127.0.0.1:1/v1", verify=False) as client:
        yield client


@pytest.fixture
def shown(client, serve):
    """What a notebook is given for content of a type."""

    def show(content, media_type, **options):
        server = serve(Shape(content, headers={"content-type": media_type}, **options))
        file = FileOutput(f"{server.url}/file", client)
        first, again = file._repr_mimebundle_(), file._repr_mimebundle_(include=None, exclude=None)
        assert first == again
        show.requests, show.file = len(server.requests), file
        return first

    return show


# In a print


def test_a_print_shows_the_url():
    assert str(FileOutput(URL)) == URL
    assert f"{AsyncFileOutput(URL)}" == URL
    assert repr(FileOutput(URL)) == "FileOutput('https://replicate.delivery/pbxt/abc/out-0.png')"


def test_a_data_url_is_cut_short():
    file = FileOutput("data:image/png;base64," + "A" * 10_000)
    assert len(str(file)) < 100
    assert len(repr(file)) < 120
    assert "10022 characters" in str(file)


def test_two_of_one_url_are_the_same():
    assert FileOutput(URL) == AsyncFileOutput(URL)
    assert FileOutput(URL) != FileOutput(URL + "2")
    assert FileOutput(URL) != URL
    assert len({FileOutput(URL), FileOutput(URL)}) == 1


@pytest.mark.parametrize("kind", [FileOutput, AsyncFileOutput])
def test_it_is_copied_and_pickled_as_its_url(kind, monkeypatch):
    file = kind(URL)
    assert copy.copy(file) is file
    assert copy.deepcopy([file])[0] is file
    loaded = pickle.loads(pickle.dumps(file))
    assert type(loaded) is kind
    assert loaded == file
    assert loaded.name == "out-0.png"


def test_without_a_client_it_is_read_by_the_default_one(monkeypatch, serve):
    monkeypatch.setenv("REPLICATE_API_TOKEN", "made-up")
    monkeypatch.setenv("REPLICATE_BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setattr("replicatekit._default_client._clients", {})
    file = pickle.loads(pickle.dumps(FileOutput(f"{serve(Shape(PNG)).url}/a.png")))
    assert file.read() == PNG


# In a notebook


def test_a_picture_is_shown_by_its_bytes(shown):
    bundle = shown(PNG, "image/png")
    assert base64.b64decode(bundle["image/png"]) == PNG
    assert bundle["text/plain"] == f"file.png (image/png, {len(PNG)} bytes)"
    assert shown.requests == 1
    assert shown.file._repr_png_() == PNG
    assert shown.file._repr_jpeg_() is None
    assert shown.file._repr_html_() is None


@pytest.mark.parametrize(
    ("media_type", "tag"),
    [("image/webp", "<img "), ("image/svg+xml", "<img "), ("audio/wav", "<audio "), ("video/mp4", "<video ")],
)
def test_other_pictures_sound_and_film_are_shown_by_html(shown, media_type, tag):
    bundle = shown(b"content", media_type)
    assert bundle["text/html"].startswith(tag)
    assert f'src="data:{media_type};base64,{base64.b64encode(b"content").decode()}"' in bundle["text/html"]
    assert shown.file._repr_png_() is None


def test_what_could_run_is_not_shown(shown):
    html = shown(b"<script>alert(1)</script>", "text/html")["text/html"]
    assert "alert" not in html
    assert html.startswith("<a href=")


def test_nothing_in_a_name_or_a_type_becomes_html(client, serve):
    headers = {"content-type": 'image/gif"><script>', "content-disposition": "inline; filename=\"<b>'x'.gif\""}
    server = serve(Shape(b"GIF89a", headers=headers))
    html = FileOutput(f'{server.url}/"onerror="x', client)._repr_html_()
    assert "<script" not in html
    assert "<b>" not in html
    assert 'onerror="x' not in html


def test_what_is_too_long_for_a_notebook_is_shown_from_where_it_is(shown):
    html = shown(bytes(MAX_PREVIEW + 1), "video/mp4")["text/html"]
    assert html.startswith('<video controls src="http://')
    assert len(html) < 500
    assert shown.requests == 1


def test_what_is_gone_is_said_and_not_raised(shown):
    bundle = shown(b"", "image/png", status=404)
    assert list(bundle) == ["text/plain"]
    assert "is gone (404)" in bundle["text/plain"]
    assert shown.file._repr_png_() is None
    assert shown.file._repr_html_() is None
    assert shown.requests == 1


def test_a_data_url_needs_no_request():
    file = FileOutput("data:image/png;base64," + base64.b64encode(PNG).decode())
    assert base64.b64decode(file._repr_mimebundle_()["image/png"]) == PNG


@pytest.mark.parametrize("media_type", ["image/png", "image/webp"])
def test_an_async_picture_is_embedded_because_its_url_expires(serve, media_type):
    server = serve(Shape(PNG, headers={"content-type": media_type}))

    async def show():
        async with AsyncClient(token="made-up", base_url="http://127.0.0.1:1/v1", verify=False) as client:
            file = AsyncFileOutput(f"{server.url}/a", client)
            return file._repr_mimebundle_(), file._repr_html_(), file.media_type

    bundle, html, its_type = asyncio.run(show())
    embedded = base64.b64encode(PNG).decode()
    assert embedded in (bundle.get("image/png") or bundle["text/html"])
    assert html is None or f"base64,{embedded}" in html
    assert its_type == media_type
    assert len(server.requests) == 1


def test_an_async_client_of_the_callers_own_http_client_links_it():
    made = AsyncFileOutput(URL, AsyncClient(token="made-up", http_client=httpx.AsyncClient()))
    assert made._repr_mimebundle_()["text/html"].startswith(f'<img src="{URL}"')
    assert not hasattr(made, "__fspath__")


def test_a_picture_is_seen_in_an_executed_notebook(tmp_path):
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    image = pytest.importorskip("PIL.Image")
    pytest.importorskip("ipykernel")
    with Sandbox(speed=50) as sandbox:
        source = f"""
            import sys
            sys.path[:0] = {sys.path!r}
            from replicatekit import Client
            client = Client(token={sandbox.token!r}, base_url={sandbox.base_url!r})
            client.run("sandbox/painter", {{"prompt": "a lighthouse", "width": 320, "height": 200}})
        """
        cell = nbformat.v4.new_code_cell(textwrap.dedent(source))
        notebook = nbformat.v4.new_notebook(cells=[cell])
        nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    [output] = notebook.cells[0].outputs
    assert set(output.data) == {"image/png", "text/plain"}
    path = tmp_path / "seen.png"
    path.write_bytes(base64.b64decode(output.data["image/png"]))
    with image.open(path) as picture:
        assert picture.size == (320, 200)
        assert len(set(picture.convert("RGB").tobytes())) > 50
