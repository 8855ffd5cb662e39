from __future__ import annotations

import os
from itertools import islice

import pytest

from replicatekit._files.atomic_file import AtomicFile, is_folder, numbered_names
from replicatekit._transfer.save import UniqueNames
from replicatekit.errors import FileAlreadyExistsError, LocalFileError


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("a.png", ["a-2.png", "a-3.png"]),
        ("a.tar.gz", ["a.tar-2.gz", "a.tar-3.gz"]),
        ("a", ["a-2", "a-3"]),
        (".hidden", [".hidden-2", ".hidden-3"]),
    ],
)
def test_a_name_that_is_taken_gets_a_number_before_its_extension(name, others):
    assert list(islice(numbered_names(name), 3)) == [name, *others]


def test_a_folder_is_one_that_is_there_or_is_written_like_one(tmp_path):
    assert is_folder(tmp_path)
    assert is_folder(f"{tmp_path}/new/")
    assert not is_folder(tmp_path / "new")


def test_nothing_stands_under_the_name_before_it_is_whole(tmp_path):
    target = AtomicFile(tmp_path)
    target.open("a.txt")
    target.write([b"hel", b"lo"])
    assert not (tmp_path / "a.txt").exists()
    assert target.commit("a.txt", overwrite=False).read_bytes() == b"hello"
    target.abort()
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_what_is_let_go_of_leaves_nothing(tmp_path):
    target = AtomicFile(tmp_path)
    target.open("a.txt")
    target.write([b"hello"])
    target.abort()
    target.abort()
    assert list(tmp_path.iterdir()) == []


def test_it_can_begin_anew(tmp_path):
    target = AtomicFile(tmp_path)
    target.open("a.txt")
    target.write([b"a long beginning"])
    target.restart()
    target.write([b"short"])
    assert target.commit("a.txt", overwrite=False).read_bytes() == b"short"


def test_a_file_that_is_there_is_kept_and_another_name_can_be_tried(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"mine")
    target = AtomicFile(tmp_path)
    target.open("a.txt")
    target.write([b"hello"])
    with pytest.raises(FileAlreadyExistsError):
        target.commit("a.txt", overwrite=False)
    assert target.commit("b.txt", overwrite=False).read_bytes() == b"hello"
    assert (tmp_path / "a.txt").read_bytes() == b"mine"


def test_a_link_that_leads_nowhere_is_kept_too(tmp_path):
    (tmp_path / "a.txt").symlink_to(tmp_path / "nowhere")
    target = AtomicFile(tmp_path)
    target.open("a.txt")
    with pytest.raises(FileAlreadyExistsError):
        target.commit("a.txt", overwrite=False)
    target.abort()


def test_the_longest_name_has_room_for_what_is_added_to_it(tmp_path):
    target = AtomicFile(tmp_path)
    target.open("ä" * 100 + ".png")
    assert target.commit("ä" * 100 + ".png", overwrite=False).exists()


def test_names_that_some_systems_take_for_one_are_two(tmp_path):
    names = UniqueNames(tmp_path)
    given = [names.destination(name).name for name in ("ä.png", "a\u0308.png", "Ä.PNG", "b.png")]
    assert given == ["ä.png", "a\u0308-2.png", "Ä-3.PNG", "b.png"]


def test_names_on_the_disk_are_taken_unless_they_may_be_replaced(tmp_path):
    (tmp_path / "a.png").touch()
    assert UniqueNames(tmp_path).destination("a.png").name == "a-2.png"
    assert UniqueNames(tmp_path, overwrite=True).destination("a.png").name == "a.png"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_what_is_no_regular_file_is_never_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    target = AtomicFile(tmp_path)
    target.open("pipe")
    target.write([b"hello"])
    with pytest.raises(LocalFileError, match="not a regular file"):
        target.commit("pipe", overwrite=True)
    target.abort()
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]
