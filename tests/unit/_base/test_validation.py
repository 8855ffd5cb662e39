"""The words of errors about arguments."""

from __future__ import annotations

import pytest

from replicatekit._base.validation import check_options, format_value, with_article
from replicatekit.errors import InvalidArgument


def test_an_input_that_was_given_as_an_option_is_shown_where_it_goes():
    with pytest.raises(InvalidArgument, match=r"input=\{'prompt': \.\.\.\}"):
        check_options({"prompt": "a llama"}, ["timeout", "wait"], takes_input=True)


def test_a_misspelled_option_is_answered_with_the_nearest_one():
    with pytest.raises(InvalidArgument, match="did you mean timeout"):
        check_options({"timout": 3}, ["timeout", "wait"], takes_input=True)


def test_an_option_like_no_other_is_answered_with_all_of_them():
    with pytest.raises(InvalidArgument, match="the options are timeout, wait"):
        check_options({"x": 3}, ["timeout", "wait"])


class Unshowable:
    def __repr__(self):
        raise RuntimeError("no")


def deep(levels):
    value = []
    for _ in range(levels):
        value = [value]
    return value


LARGE = {
    "deep": lambda: deep(10_000),
    "long text": lambda: "x" * 10**8,
    "long bytes": lambda: b"x" * 10**8,
    "long list": lambda: list(range(10**6)),
    "large dict": lambda: dict.fromkeys(range(1000), "x" * 1000),
    "large int": lambda: 10**10_000,
    "unshowable": Unshowable,
}


@pytest.mark.parametrize("kind", LARGE)
def test_any_value_has_a_short_text(kind):
    assert 0 < len(format_value(LARGE[kind]())) < 200


def test_a_short_value_is_shown_as_python_writes_it():
    assert format_value({"b": [1, "b", None], "a": {}}) == "{'b': [1, 'b', None], 'a': {}}"
    assert format_value("x" * 200) == repr("x" * 100) + "… (200 characters)"


def test_nouns_get_their_article():
    assert [with_article(noun) for noun in ("int", "str", "AsyncClient", "list")] == [
        "an int",
        "a str",
        "an AsyncClient",
        "a list",
    ]
