from __future__ import annotations

import keyword

import pytest
from support.schemas import ODD_NAMES

from replicatekit.typed.naming import class_name, identifier, parameter_names


@pytest.mark.parametrize(
    ("name", "parameter"),
    [
        ("prompt", "prompt"),
        ("from", "from_"),
        ("class", "class_"),
        ("3d", "input_3d"),
        ("num-steps", "num_steps"),
        ("with options", "with_options"),
        ("", "input"),
        ("-", "input"),
        ("__debug__", "__debug___"),
        ("l", "l_"),
        ("naïve", "naïve"),
        ("self", "self"),
        ("²", "input_2"),
    ],
)
def test_a_name_becomes_one_that_python_takes(name, parameter):
    assert parameter_names([name]) == {parameter: name}


def test_names_that_become_the_same_are_numbered_and_those_that_are_good_keep_theirs():
    names = ["num-steps", "num steps", "num_steps", "num_steps_2"]
    assert parameter_names(names) == {
        "num_steps_3": "num-steps",
        "num_steps_4": "num steps",
        "num_steps": "num_steps",
        "num_steps_2": "num_steps_2",
    }


def test_whatever_a_name_is_its_parameter_can_be_written_and_all_differ():
    found = parameter_names(ODD_NAMES)
    assert list(found.values()) == list(ODD_NAMES)
    for parameter in found:
        assert parameter.isidentifier()
        assert not keyword.iskeyword(parameter)
    code = f"def call({', '.join(found)}): return locals()"
    scope: dict[str, object] = {}
    exec(compile(code, "names", "exec"), scope)
    assert len(found) == len(ODD_NAMES)


def test_classes_are_named_in_their_own_style():
    assert class_name("num-steps output") == "NumStepsOutput"
    assert class_name("3d") == "Type_3d"
    assert class_name("list", {"List"}) == "List_2"
    assert identifier("a", "x", {"a", "a_2"}) == "a_3"
