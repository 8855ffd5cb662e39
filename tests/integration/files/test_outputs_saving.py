"""Output files onto the disk: whole under their names, or not there."""

from __future__ import annotations

import errno
import json
import os
import pickle
import random
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from support.file_server import Shape, content_of

from replicatekit import AsyncFileOutput, FileOutput, async_save_outputs, errors, save_outputs

CONTENT = content_of(60_000)
OTHER = content_of(60_001)[1:]


@pytest.fixture
def save_all(way):
    function = save_outputs if way.portal is None else async_save_outputs

    def save(output, folder, **options):
        return way.call(function, bare(output), folder, **options)

    return save


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def bare(output):
    """An output as the async half has it, without the faces of the tests."""
    if isinstance(output, list):
        return [bare(each) for each in output]
    if isinstance(output, dict):
        return {key: bare(each) for key, each in output.items()}
    return getattr(output, "thing", output)


# One file


def test_a_file_is_saved_under_the_name_that_is_given(file_of, serve, tmp_path):
    server = serve(Shape(CONTENT))
    path = file_of(f"{server.url}/out.png").save(tmp_path / "new" / "cat.png")
    assert path == tmp_path / "new" / "cat.png"
    assert path.read_bytes() == CONTENT
    assert names_in(path.parent) == ["cat.png"]


def test_in_a_folder_it_gets_its_own_name(file_of, serve, tmp_path):
    server = serve(Shape(CONTENT, headers={"content-disposition": "attachment; filename*=UTF-8''K%C3%A4tzchen.png"}))
    file = file_of(f"{server.url}/out-0")
    assert file.save(tmp_path) == tmp_path / "Kätzchen.png"
    assert file.save(str(tmp_path / "other") + "/") == tmp_path / "other" / "Kätzchen.png"


def test_a_data_url_is_saved_too(file_of, tmp_path):
    assert file_of("data:text/plain,hello").save(tmp_path).read_bytes() == b"hello"


def test_an_empty_file_is_saved_empty(file_of, serve, tmp_path):
    assert file_of(f"{serve(Shape(b'')).url}/a.txt").save(tmp_path).read_bytes() == b""


def test_a_file_that_is_there_is_kept_and_nothing_is_asked_for(file_of, serve, tmp_path):
    server = serve(Shape(CONTENT))
    (tmp_path / "a.bin").write_bytes(b"mine")
    with pytest.raises(errors.FileAlreadyExistsError, match="pass overwrite=True to replace it"):
        file_of(f"{server.url}/a").save(tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == b"mine"
    assert server.requests == []


def test_unless_it_is_to_be_replaced(file_of, serve, tmp_path):
    (tmp_path / "a.bin").write_bytes(b"mine")
    file_of(f"{serve(Shape(CONTENT)).url}/a").save(tmp_path / "a.bin", overwrite=True)
    assert (tmp_path / "a.bin").read_bytes() == CONTENT
    assert names_in(tmp_path) == ["a.bin"]


def test_a_file_that_comes_to_be_there_meanwhile_is_kept(file_of, serve, tmp_path):
    def appear(*_):
        (tmp_path / "a.bin").write_bytes(b"mine")

    with pytest.raises(errors.FileAlreadyExistsError):
        file_of(f"{serve(Shape(CONTENT)).url}/a").save(tmp_path / "a.bin", on_progress=appear)
    assert (tmp_path / "a.bin").read_bytes() == b"mine"
    assert names_in(tmp_path) == ["a.bin"]


def test_a_file_system_without_links_is_saved_to_as_well(file_of, serve, tmp_path, monkeypatch):
    def link(*_):
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", link)
    file = file_of(f"{serve(Shape(CONTENT)).url}/a")
    assert file.save(tmp_path / "a.bin").read_bytes() == CONTENT
    (tmp_path / "b.bin").write_bytes(b"mine")
    with pytest.raises(errors.FileAlreadyExistsError):
        file.save(tmp_path / "c.bin", on_progress=lambda *_: (tmp_path / "c.bin").write_bytes(b"mine"))
    assert (tmp_path / "c.bin").read_bytes() == b"mine"


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_it_has_the_permissions_that_any_new_file_has(file_of, serve, tmp_path):
    (tmp_path / "usual").touch()
    path = file_of(f"{serve(Shape(CONTENT)).url}/a").save(tmp_path / "a.bin")
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE((tmp_path / "usual").stat().st_mode)


def test_progress_is_told_up_to_the_end(file_of, serve, tmp_path):
    told = []
    file_of(f"{serve(Shape(CONTENT)).url}/a").save(tmp_path / "a", on_progress=lambda *each: told.append(each))
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert told == sorted(told)


def test_50_cuts_leave_the_right_bytes_or_nothing(file_of, serve, tmp_path):
    chance = random.Random(50)
    kept = 0
    for number in range(50):
        place = chance.randrange(len(CONTENT))
        # Some servers have parts, some are cut every time at the same place, some are not there any more.
        rest = [Shape(CONTENT), Shape(CONTENT, parts=False), Shape(CONTENT, cut=0), Shape(status=404)][number % 4]
        target = tmp_path / f"{number}.bin"
        try:
            file_of(f"{serve(Shape(CONTENT, cut=place), rest).url}/a").save(target)
        except errors.ReplicateError:
            assert not target.exists()
        else:
            assert target.read_bytes() == CONTENT
            kept += 1
    assert kept >= 25
    assert len(names_in(tmp_path)) == kept


def test_a_file_that_changes_between_two_connections_is_saved_as_it_is_in_the_end(file_of, serve, tmp_path):
    server = serve(Shape(CONTENT, cut=50_000), Shape(OTHER[:100], etag='"second"'))
    assert file_of(f"{server.url}/a").save(tmp_path / "a").read_bytes() == OTHER[:100]


def test_where_the_disk_is_slow_threads_write(file_of, serve, tmp_path, monkeypatch):
    monkeypatch.setattr("replicatekit._transfer.write_buffer.SLOW", -1)
    monkeypatch.setattr("replicatekit._transfer.write_buffer._BATCH", 1000)
    server = serve(Shape(CONTENT, etag=None, cut=40_000), Shape(CONTENT))
    assert file_of(f"{server.url}/a").save(tmp_path / "a").read_bytes() == CONTENT


def test_a_disk_that_is_full_leaves_nothing_behind(file_of, serve, tmp_path, monkeypatch):
    def fsync(descriptor):
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr("os.fsync", fsync)
    with pytest.raises(errors.LocalFileError, match="no space left") as caught:
        file_of(f"{serve(Shape(CONTENT)).url}/a").save(tmp_path / "a")
    assert caught.value.errno == errno.ENOSPC
    assert names_in(tmp_path) == []


def test_nothing_gets_its_name_before_its_bytes_are_on_the_disk(file_of, serve, tmp_path, monkeypatch):
    synced, real = [], os.fsync

    def fsync(descriptor):
        real(descriptor)
        synced.append((os.fstat(descriptor).st_size, names_in(tmp_path)[0].startswith(".a.")))

    monkeypatch.setattr("os.fsync", fsync)
    file_of(f"{serve(Shape(CONTENT)).url}/a").save(tmp_path / "a")
    assert synced == [(len(CONTENT), True)]


@pytest.mark.parametrize("problem", ["folder", "file_as_folder", "long_name", "long_folder"])
@pytest.mark.parametrize("source", ["remote", "data"])
def test_a_failure_of_the_disk_is_one_error_of_ours_that_is_an_os_error(file_of, serve, tmp_path, problem, source):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"")
    target = {
        "folder": tmp_path / "folder" / ".." / "folder" / ".",
        "file_as_folder": tmp_path / "file" / "a.bin",
        "long_name": tmp_path / ("a" * 300),
        "long_folder": str(tmp_path / ("a" * 300)) + "/",
    }[problem]
    file = file_of(f"{serve(Shape(CONTENT)).url}/folder" if source == "remote" else "data:,hello")
    if problem == "folder":
        target = tmp_path
        (tmp_path / file.name).mkdir(exist_ok=True)
    with pytest.raises(errors.LocalFileError) as caught:
        file.save(target, overwrite=True)
    assert isinstance(caught.value, OSError)
    assert isinstance(caught.value, errors.FileError)
    assert caught.value.errno
    assert "cannot be written" in str(caught.value)
    assert not [each for each in tmp_path.rglob("*") if each.name.endswith(".part")]


def test_it_survives_a_pickle():
    error = errors.LocalFileError("a", cause=OSError(errno.EROFS, "read-only", "/a"), prediction_id="abc")
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.errno, copy.filename) == ("a (prediction abc)", errno.EROFS, "/a")


def test_errors_of_the_disk_and_of_broken_urls_name_the_prediction(way, sandbox, tmp_path):
    client = way.client(sandbox, verify=False)
    prediction = client.predictions.create("sandbox/painter", {"width": 20, "height": 20}).wait()
    [file] = prediction.files()
    file = way.wrap(file)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / file.name).mkdir()
    session = getattr(file, "thing", file)._content.session
    of_url = lambda url: way.wrap(type(getattr(file, "thing", file)).bind(session, url))  # noqa: E731
    acts = [
        lambda: file.save(tmp_path / "a", overwrite=True),
        lambda: file.save(tmp_path / "a"),
        lambda: of_url("data:image/png;base64,!").read(),
        lambda: of_url("data:image/png;base64,!").save(tmp_path / "b"),
        lambda: of_url("data:no-comma").open(),
        lambda: of_url("https://user@example.com/a.png").read(),
        lambda: of_url("https://xn--api.example/a.png").fetch_metadata(),
        lambda: of_url("ftp://example.com/a.png").path(),
    ]
    for act in acts:
        with pytest.raises(errors.ReplicateError) as caught:
            act()
        assert caught.value.prediction_id == prediction.id
        assert prediction.id in str(caught.value)


def test_what_progress_raises_stops_it(file_of, serve, tmp_path):
    def stop(*_):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        file_of(f"{serve(Shape(CONTENT)).url}/a").save(tmp_path / "a", on_progress=stop)
    assert names_in(tmp_path) == []


def test_a_path_is_that_of_one_copy(file_of, serve):
    server = serve(Shape(CONTENT))
    file = file_of(f"{server.url}/a.bin")
    assert file.path().name == "a.bin"
    assert file.path().read_bytes() == CONTENT
    assert len(server.requests) == 1


def test_copies_are_removed_when_the_process_ends(tmp_path):
    program = """
        from replicatekit import FileOutput
        import os
        file = FileOutput("data:text/plain,hello")
        assert open(file).read() == "hello"
        if os.fork() == 0:
            raise SystemExit
        os.wait()
        assert os.path.exists(file)
        print(os.fspath(file))
    """
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip().startswith(str(tmp_path))
    assert names_in(tmp_path) == []


# Everything


def test_everything_in_an_output_is_saved_under_names_that_do_not_collide(file_of, serve, save_all, tmp_path):
    server = serve(Shape(CONTENT))
    output = {
        "first": file_of(f"{server.url}/1/out.png"),
        "others": [file_of(f"{server.url}/2/out.png"), file_of(f"{server.url}/3/OUT.png")],
        "caption": "a cat",
        "scores": [0.5, None],
    }
    paths = save_all(output, tmp_path / "new")
    assert [path.name for path in paths] == ["out.png", "out-2.png", "OUT-3.png", "output.json"]
    assert all(path.read_bytes() == CONTENT for path in paths[:3])
    assert json.loads(paths[3].read_text()) == {
        "first": "out.png",
        "others": ["out-2.png", "OUT-3.png"],
        "caption": "a cat",
        "scores": [0.5, None],
    }


def test_files_alone_need_no_note(file_of, serve, save_all, tmp_path):
    server = serve(Shape(CONTENT))
    assert save_all([file_of(f"{server.url}/a.png")], tmp_path) == [tmp_path / "a.png"]
    assert save_all(file_of(f"{server.url}/a.png"), tmp_path) == [tmp_path / "a-2.png"]


def test_what_is_there_is_kept_unless_told_otherwise(file_of, serve, save_all, tmp_path):
    server = serve(Shape(CONTENT))
    (tmp_path / "a.png").write_bytes(b"mine")
    save_all([file_of(f"{server.url}/a.png")], tmp_path)
    assert (tmp_path / "a.png").read_bytes() == b"mine"
    save_all([file_of(f"{server.url}/a.png")], tmp_path, overwrite=True)
    assert (tmp_path / "a.png").read_bytes() == CONTENT


def test_what_came_by_the_other_half_is_saved_by_it(way, tmp_path):
    url = "data:text/plain,hello"
    if way.portal is None:
        with pytest.raises(errors.InvalidArgument, match="async_save_outputs"):
            save_outputs([AsyncFileOutput(url)], tmp_path)
    else:
        with pytest.raises(errors.InvalidArgument, match=r"save it with save_outputs"):
            way.call(async_save_outputs, [FileOutput(url)], tmp_path)


def test_a_text_is_saved_as_text(save_all, tmp_path):
    assert save_all("once upon a time", tmp_path) == [tmp_path / "output.txt"]
    assert (tmp_path / "output.txt").read_text() == "once upon a time"
    assert save_all(None, tmp_path) == []


def test_one_that_cannot_be_had_does_not_keep_the_others(file_of, serve, save_all, tmp_path):
    good, gone = serve(Shape(CONTENT)), serve(Shape(status=404))
    output = [file_of(f"{good.url}/a.png"), file_of(f"{gone.url}/b.png"), file_of(f"{good.url}/c.png")]
    with pytest.raises(errors.FileGoneError) as caught:
        save_all(output, tmp_path)
    assert names_in(tmp_path) == ["a.png", "c.png"]
    assert caught.value.__notes__ == [f"2 of 3 files were saved in {tmp_path}"]


def test_a_broken_data_url_does_not_keep_the_others(file_of, save_all, tmp_path):
    output = [file_of("data:image/png;base64,!"), file_of("data:text/plain,hello")]
    with pytest.raises(errors.FileCorruptedError):
        save_all(output, tmp_path)
    assert names_in(tmp_path) == ["file.txt"]


def test_urls_as_they_came_are_files_too_where_they_are_surely_ours(save_all, tmp_path):
    [path] = save_all(["data:image/png;base64,aGVsbG8="], tmp_path)
    assert (path.name, path.read_bytes()) == ("file.png", b"hello")


def test_many_are_saved_several_at_a_time(file_of, serve, save_all, tmp_path):
    server = serve(Shape(CONTENT))
    paths = save_all([file_of(f"{server.url}/{number}/out.png") for number in range(20)], tmp_path)
    assert len({path.name for path in paths}) == 20
    assert all(path.read_bytes() == CONTENT for path in paths)


def test_bars_are_drawn_where_they_are_wanted_and_nowhere_else(file_of, serve, save_all, tmp_path, capfd):
    pytest.importorskip("rich")
    server = serve(Shape(CONTENT))
    save_all([file_of(f"{server.url}/a.png")], tmp_path)
    assert capfd.readouterr() == ("", "")
    save_all([file_of(f"{server.url}/a [b].png")], tmp_path, progress=True)
    out, err = capfd.readouterr()
    assert out == ""
    assert err.strip() == ""  # drawn, and wiped away at the end: nothing is left of it


def test_a_terminal_sees_bars(tmp_path):
    pytest.importorskip("rich")
    pty = pytest.importorskip("pty")
    program = "from replicatekit import save_outputs as s; import sys; s('data:image/png;base64,aGVsbG8=', sys.argv[1])"
    control, terminal = pty.openpty()
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], stderr=terminal, check=True)
    os.close(terminal)
    assert b"file.png" in os.read(control, 10_000)
    os.close(control)
    assert names_in(tmp_path) == ["file.png"]


def test_a_prediction_saves_what_it_made(way, sandbox, tmp_path):
    client = way.client(sandbox, verify=False)
    prediction = client.predictions.run("sandbox/painter", {"width": 32, "height": 32})
    [path] = prediction.save(tmp_path)
    assert path == Path(tmp_path) / "out-0.png"
    assert path.read_bytes().startswith(b"\x89PNG")
    [file] = prediction.files()
    assert way.wrap(file).read() == path.read_bytes()
