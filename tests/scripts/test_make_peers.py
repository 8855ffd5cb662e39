"""The environments of the programs that the tests meet: made once, and again when their versions change."""

from __future__ import annotations

import pytest

import make_peers


@pytest.fixture
def wanted(tmp_path, monkeypatch):
    """A folder of wishes with one of each kind; what would be run is written down instead."""
    folder = tmp_path / "wanted"
    (folder / "tool").mkdir(parents=True)
    (folder / "thing-1.txt").write_text("thing==1\n")
    (folder / "tool" / "package.json").write_text("{}")
    (folder / "tool" / "package-lock.json").write_text('{"a": 1}')
    monkeypatch.setattr(make_peers, "WANTED", folder)
    monkeypatch.setattr(make_peers, "PEERS", tmp_path / "peers")
    monkeypatch.setattr(make_peers.venv, "create", lambda path, with_pip: path.mkdir(parents=True))
    ran = []
    monkeypatch.setattr(make_peers, "_run", lambda command, path: ran.append((path.name, *command)))
    return folder, ran


def test_it_makes_all_that_are_wanted(wanted, tmp_path, capsys):
    _, ran = wanted
    assert make_peers.main([]) == 0
    assert capsys.readouterr().out == "thing-1: made\ntool: made\n"
    assert {command[0] for command in ran} == {"thing-1", "tool"}
    assert (tmp_path / "peers" / "tool" / "package.json").is_file()
    assert (tmp_path / "peers" / ".gitignore").read_text() == "*\n"


def test_what_is_there_is_left_alone_until_its_versions_change(wanted, capsys):
    folder, ran = wanted
    make_peers.main(["thing-1"])
    ran.clear()
    make_peers.main(["thing-1"])
    assert ran == []
    (folder / "thing-1.txt").write_text("thing==2\n")
    make_peers.main(["thing-1"])
    assert len(ran) == 1
    assert capsys.readouterr().out.splitlines() == ["thing-1: made", "thing-1: there", "thing-1: made"]


def test_a_name_that_nobody_wants_is_an_error(wanted, capsys):
    assert make_peers.main(["nothing"]) == 1
    assert capsys.readouterr().err == "error: there is no peer nothing: there are thing-1, tool\n"


@pytest.mark.parametrize(
    ("command", "message"),
    [(["false"], "tool: false failed:\n"), (["not-there-at-all"], "not-there-at-all does not run: ")],
)
def test_what_fails_is_said(tmp_path, command, message):
    (tmp_path / "tool").mkdir()
    with pytest.raises(make_peers.PeerError) as raised:
        make_peers._run(command, tmp_path / "tool")
    assert str(raised.value).startswith(message)


def test_the_wishes_of_the_house_have_exact_versions_and_no_addresses():
    for path in make_peers.WANTED.glob("*.txt"):
        assert all("==" in line for line in path.read_text("utf-8").splitlines())
    for path in make_peers.WANTED.glob("*/package-lock.json"):
        assert '"resolved"' not in path.read_text("utf-8")
