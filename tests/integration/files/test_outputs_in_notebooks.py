"""What IPython shows: lists of pictures as pictures, and tracebacks without this package's own frames."""

from __future__ import annotations

import base64
import contextlib
import io

import pytest
from support.file_server import Shape, content_of

from replicatekit import AsyncFileOutput, Client, FileOutput, errors
from replicatekit._transfer.notebook import register_formatters

PICTURE = content_of(100)
EMBEDDED = base64.b64encode(PICTURE).decode()


@pytest.fixture
def shell():
    shells = pytest.importorskip("IPython.core.interactiveshell")
    shell = shells.InteractiveShell.instance()
    register_formatters()
    yield shell
    shells.InteractiveShell.clear_instance()


@pytest.fixture
def client():
    with Client(token="made-up", base_url="http://127.0.0.1:1/v1", verify=False) as client:
        yield client


@pytest.fixture
def picture(client, serve):
    server = serve(Shape(PICTURE, headers={"content-type": "image/webp"}))
    return FileOutput(f"{server.url}/a.webp", client)


@pytest.mark.parametrize(
    ("arrange", "count"),
    [
        (lambda file: [file, file], 2),
        (lambda file: (file,), 1),
        (lambda file: {"image": file, "seed": 3}, 1),
        (lambda file: [{"image": file}, [file, "words"]], 2),
    ],
)
def test_files_in_lists_and_dicts_are_shown(shell, picture, arrange, count):
    data, _ = shell.display_formatter.format(arrange(picture))
    assert data["text/html"].count(f'<img src="data:image/webp;base64,{EMBEDDED}"') == count
    assert "FileOutput(" in data["text/plain"]


@pytest.mark.parametrize("value", [[], [1, 2], ["a"], {"a": 1}, (), [[[[["deep"]]]]]])
def test_other_lists_are_left_to_ipython(shell, value):
    data, _ = shell.display_formatter.format(value)
    assert set(data) == {"text/plain"}


def test_a_long_list_is_cut(shell, picture):
    data, _ = shell.display_formatter.format([picture] * 100)
    assert data["text/html"].count("<img") == 24
    assert data["text/html"].endswith("…</div>")


def test_one_that_is_gone_is_said_beside_the_others(shell, client, picture, serve):
    gone = FileOutput(f"{serve(Shape(status=404)).url}/<b>", client)
    html = shell.display_formatter.format([gone, picture])[0]["text/html"]
    assert "is gone (404)" in html
    assert "<b>" not in html
    assert html.count("<img") == 1


def test_async_files_are_embedded_too(shell, picture):
    data, _ = shell.display_formatter.format([AsyncFileOutput(f"data:image/webp;base64,{EMBEDDED}")])
    assert EMBEDDED in data["text/html"]


def traceback_of(shell, code):
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        shell.run_cell(code)
    return out.getvalue()


@pytest.mark.parametrize("mode", ["Plain", "Context", "Verbose"])
def test_tracebacks_show_the_callers_frames_alone(shell, client, serve, mode):
    shell.user_ns["file"] = FileOutput(f"{serve(Shape(status=404)).url}/a", client)
    shell.run_line_magic("xmode", mode)
    said = traceback_of(shell, "def mine():\n    return file.read()\n\nmine()")
    assert "FileGoneError" in said
    assert "deleted an hour after" in said
    assert "file.read()" in said
    assert "replicatekit/_transfer" not in said
    assert "run_sync" not in said
    assert isinstance(shell.user_ns.get("file"), FileOutput)


def test_the_error_itself_keeps_every_frame(client, serve):
    with pytest.raises(errors.FileGoneError) as caught:
        FileOutput(f"{serve(Shape(status=404)).url}/a", client).read()
    assert any("_transfer" in str(entry.path) for entry in caught.traceback)
