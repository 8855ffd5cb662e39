"""Which public names of two generated packages come, go or change."""

from __future__ import annotations

from textwrap import dedent

import pytest

from report.change import Verdict
from report.package_diff import package_changes

BREAKING, HARMLESS = Verdict.BREAKING, Verdict.HARMLESS

BASE = {
    "__init__.py": "",
    "models/__init__.py": """
        from typing import TYPE_CHECKING

        if TYPE_CHECKING:
            from .thing import Thing

        __all__ = ["Thing"]
        """,
    "models/thing.py": """
        from typing import Literal

        class Thing:
            def __init__(self, *, name: str) -> None: ...

            @property
            def name(self) -> str | None: ...
        """,
    "models/state.py": """
        from enum import StrEnum

        class State(StrEnum):
            ON = "on"
            OFF = "off"
        """,
    "api/__init__.py": "",
    "api/things.py": """
        from ..models.thing import Thing

        __all__ = ["sync"]

        def _call_of(name: str) -> object: ...

        def sync(*, name: str, size: int | None = None, body: Thing | None = None) -> Thing: ...
        """,
}


@pytest.fixture
def compared(tmp_path):
    """Compare the base package with one in which some files differ, or are gone (None)."""

    def compare(files=None, base=BASE):
        for side, content in (("old", base), ("new", base | (files or {}))):
            for name, text in content.items():
                if text is not None:
                    path = tmp_path / side / "things_api" / name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(dedent(text))
        found = package_changes(tmp_path / "old" / "things_api", tmp_path / "new" / "things_api")
        return [(change.subject.name, change.path, change.message, change.verdict) for change in found]

    return compare


def replaced(name: str, old: str, new: str) -> dict[str, str]:
    assert old in BASE[name]
    return {name: BASE[name].replace(old, new)}


def test_equal_packages_have_no_changes(compared):
    assert compared() == []


def test_a_removed_module_breaks(compared):
    assert compared({"api/things.py": None}) == [("Modules", "things_api.api.things", "removed", BREAKING)]


def test_a_new_module_is_harmless_and_told_without_what_is_in_it(compared):
    text = "def sync(*, other: str) -> None: ..."
    assert compared({"api/others.py": text}) == [("Modules", "things_api.api.others", "new", HARMLESS)]


def test_a_removed_enum_member_breaks_and_a_new_one_is_harmless(compared):
    assert compared(replaced("models/state.py", 'OFF = "off"', 'GONE = "gone"')) == [
        ("things_api.models.state", "State.OFF", "removed", BREAKING),
        ("things_api.models.state", "State.GONE", "new", HARMLESS),
    ]


def test_another_value_of_an_enum_member_breaks(compared):
    [(_, path, message, verdict)] = compared(replaced("models/state.py", '"off"', '"out"'))
    assert (path, message, verdict) == ("State.OFF", "value was `'off'`, is now `'out'`", BREAKING)


def test_a_class_that_loses_its_base_breaks(compared):
    [(_, path, message, verdict)] = compared(replaced("models/state.py", "State(StrEnum)", "State"))
    assert (path, message, verdict) == ("State", "base class was removed", BREAKING)


@pytest.mark.parametrize(
    ("old", "new", "message", "verdict"),
    [
        ("name: str, size", "size", "parameter `name` removed", BREAKING),
        ("size: int | None = None", "size: int | None", "parameter `size` is now required", BREAKING),
        (
            "size: int | None = None",
            "size: int | None = 3",
            "parameter `size` default was `None`, is now `3`",
            BREAKING,
        ),
        ("size: int | None", "size: int", "parameter `size` no longer accepts `None`", BREAKING),
        ("name: str", "name: str | bytes", "parameter `name` also accepts `bytes`", HARMLESS),
        ("name: str", "name: bytes", "parameter `name` was `str`, is now `bytes`", BREAKING),
        (
            "size: int | None = None",
            "size: int | None = None, depth: int = 0",
            "new optional parameter `depth`",
            HARMLESS,
        ),
        (
            "size: int | None = None",
            "size: int | None = None, depth: int",
            "parameter `depth` is new and required",
            BREAKING,
        ),
        ("-> Thing", "-> Thing | None", "result can also be `None`", BREAKING),
    ],
)
def test_a_signature_is_judged_by_who_calls_it(compared, old, new, message, verdict):
    assert compared(replaced("api/things.py", old, new)) == [("things_api.api.things", "sync", message, verdict)]


@pytest.mark.parametrize(
    ("new", "message", "verdict"),
    [
        ("-> str", "type can no longer be `None`", HARMLESS),
        ("-> str | int | None", "type can also be `int`", BREAKING),
        ("-> Any", "type was `str | None`, is now `Any`", Verdict.ATTENTION),
        ("-> int | None", "type was `str | None`, is now `int | None`", BREAKING),
    ],
)
def test_the_type_of_what_is_read_may_get_narrower_only(compared, new, message, verdict):
    files = replaced("models/thing.py", "-> str | None", new)
    assert compared(files) == [("things_api.models.thing", "Thing.name", message, verdict)]


@pytest.mark.parametrize("nothing", ["None", "Response[None]"])
def test_a_function_that_gave_nothing_may_give_something(compared, nothing):
    empty = replaced("api/things.py", "-> Thing", f"-> {nothing}")
    found = compared(BASE, base=BASE | empty)
    assert found == [
        ("things_api.api.things", "sync", f"result was `{nothing}`, is now `Thing`", HARMLESS),
    ]


def test_known_words_beside_any_text_are_no_change_of_type(compared):
    files = replaced("models/thing.py", "-> str | None", "-> Literal['a', 'b'] | str | None")
    assert compared(files) == []


def test_words_of_a_literal_count_one_by_one(compared):
    files = replaced("models/thing.py", "name: str", "name: Literal['a', 'b']")
    [(_, _, message, verdict)] = compared(files)
    assert verdict is BREAKING
    assert message == "parameter `name` was `str`, is now `Literal['a'] | Literal['b']`"


def test_what_a_package_passes_on_is_told_once(compared):
    files = {
        "models/__init__.py": """
            from typing import TYPE_CHECKING

            if TYPE_CHECKING:
                from .other import Other

            __all__ = ["Other"]
            """,
        "models/thing.py": None,
        "models/other.py": "class Other: ...",
        "api/things.py": "",
    }
    found = [change for change in compared(files) if change[0] != "things_api.api.things"]
    assert found == [
        ("things_api.models", "Thing", "removed", BREAKING),
        ("things_api.models", "Other", "new", HARMLESS),
    ]


def test_private_names_are_nobodys_business(compared):
    assert compared(replaced("api/things.py", "_call_of(name: str)", "_call_for()")) == []


def test_a_folder_without_a_package_is_an_error_that_names_it(tmp_path):
    (tmp_path / "things_api").mkdir()
    with pytest.raises(ValueError, match="nowhere"):
        package_changes(tmp_path / "nowhere", tmp_path / "things_api")
