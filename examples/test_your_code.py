"""Tests of code that runs models: no token, no network, nothing billed, and no mocks.

    pip install pytest 'replicatekit[sandbox]'
    pytest examples/test_your_code.py

The fixture `replicate_sandbox` gives each test its own API. The code under test is the same with the real API.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import replicatekit
from replicatekit.errors import ModelError, OutcomeUnknownError
from replicatekit.sandbox import TestSandbox


def alt_text(picture: Path) -> str:
    """The code under test: return an alt text for a picture, or an empty one if the model fails."""
    try:
        return str(replicatekit.run("acme/caption", {"image": picture})).strip().rstrip(".")
    except ModelError:
        return ""


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "cat.png"
    path.write_bytes(b"not really a picture")
    return path


@pytest.fixture
def captions(replicate_sandbox: TestSandbox) -> TestSandbox:
    """An API with the model that the code runs."""

    def describe(image: Path) -> str:
        content = image.read_bytes()
        if not content:
            raise ValueError("the picture is empty")
        return f" A picture of {len(content)} bytes. "

    replicate_sandbox.model("acme/caption")(describe)
    return replicate_sandbox


def test_the_caption_is_trimmed(captions: TestSandbox, picture: Path) -> None:
    assert alt_text(picture) == "A picture of 20 bytes"
    assert captions.creates == 1  # what would have been billed


def test_a_picture_that_cannot_be_described_has_no_alt_text(captions: TestSandbox, picture: Path) -> None:
    picture.write_bytes(b"")
    assert alt_text(picture) == ""
    assert captions.creates == 1


def test_a_throttled_create_is_retried(captions: TestSandbox, picture: Path) -> None:
    fault = captions.fail_next(method="POST", status=429, headers={"retry-after": "0.1"})
    assert alt_text(picture) == "A picture of 20 bytes"
    assert (fault.hits, captions.creates) == (1, 1)


def test_a_create_whose_response_is_lost_is_not_sent_again(captions: TestSandbox, picture: Path) -> None:
    captions.fail_next(method="POST", path="/predictions", cut="response", at=0)
    with pytest.raises(OutcomeUnknownError):
        alt_text(picture)
    assert captions.creates == 1
