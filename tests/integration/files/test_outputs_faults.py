"""Output files of a model in the sandbox, with everything going wrong that can be asked of it."""

from __future__ import annotations

import random

import pytest
from support.file_server import content_of, without_delays

from replicatekit import errors
from replicatekit.sandbox import Path

EACH_SENDER = True

CONTENT = content_of(80_000)


@pytest.fixture
def output(way, sandbox):
    from replicatekit.sandbox._models.functions import current_job

    @sandbox.model("acme/noise")
    def noise() -> Path:
        path = current_job().folder / "noise.bin"
        path.write_bytes(CONTENT)
        return path

    return way.wrap(without_delays(way.client(sandbox, verify=False)).run("acme/noise"))


def test_50_cuts_at_random_places_leave_the_right_bytes_or_nothing(output, sandbox, tmp_path):
    chance = random.Random(11)
    for number in range(50):
        sandbox.fail_next(
            path="/pbxt/*",
            times=chance.randint(1, 3),
            cut="response",
            at=chance.randrange(len(CONTENT) + 400),
            ending=chance.choice(["reset", "close"]),
        )
        target = tmp_path / f"{number}.bin"
        try:
            output.save(target)
        except errors.ReplicateError:
            assert not target.exists()
        else:
            assert target.read_bytes() == CONTENT
        sandbox.clear_faults()
    names = [path.name for path in tmp_path.iterdir()]
    assert len(names) >= 45
    assert not [name for name in names if name.endswith(".part")]


@pytest.mark.parametrize("fault", [{"length_error": 10}, {"length_error": -10}, {"truncate": 20}, {"truncate": 0}])
def test_answers_that_lie_about_their_length_are_seen_through(output, sandbox, tmp_path, fault):
    sandbox.fail_next(path="/pbxt/*", **fault)
    assert output.read() == CONTENT
    sandbox.fail_next(path="/pbxt/*", **fault)
    assert output.save(tmp_path / "a.bin").read_bytes() == CONTENT


def test_a_redirect_is_followed_and_the_file_is_whole(output, sandbox):
    sandbox.fail_next(path="/pbxt/*", redirect=sandbox.delivery_url)
    assert output.read() == CONTENT


def test_after_its_hour_it_is_gone(output, sandbox, monkeypatch):
    sandbox.fail_next(path="/pbxt/*", times=None, status=404, body=b"<Error><Code>NoSuchKey</Code></Error>")
    for act in (output.read, output.fetch_metadata, output.open, lambda: list(output), output.path):
        with pytest.raises(errors.FileGoneError, match="an hour after"):
            act()


def test_nobody_sees_the_token_on_the_way(output, sandbox):
    output.read()
    assert not [each for each in sandbox.requests if each.host == "delivery" and "authorization" in each.headers]
