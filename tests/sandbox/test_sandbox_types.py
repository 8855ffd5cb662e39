"""What editors and tools see of the sandbox: hints that resolve, docstrings, options that are one list."""

from __future__ import annotations

import inspect
import typing

import attrs
import pytest

import replicatekit.sandbox as module
from replicatekit.sandbox import Fault, FaultOptions, Sandbox, Settings, SettingsOptions, TestSandbox


def functions():
    for name in module.__all__:
        if name == "Path":
            continue
        value = getattr(module, name)
        yield name, value
        if inspect.isclass(value):
            for inner, member in vars(value).items():
                function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
                if inspect.isfunction(function) and (not inner.startswith("_") or inner == "__init__"):
                    yield f"{name}.{inner}", function


@pytest.mark.parametrize(("name", "function"), list(functions()))
def test_the_hints_of_a_public_name_resolve_and_it_has_a_docstring(name, function):
    typing.get_type_hints(function)
    if not name.endswith("__init__"):
        assert function.__doc__


@pytest.mark.parametrize(("options", "kind"), [(SettingsOptions, Settings), (FaultOptions, Fault)])
def test_the_keywords_are_the_fields(options, kind):
    hints = typing.get_type_hints(kind)
    assert typing.get_type_hints(options) == {field.name: hints[field.name] for field in attrs.fields(kind)}


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda box: box.fail_next(stauts=429), TypeError, "unknown fault option 'stauts': did you mean 'status'?"),
        (lambda box: box.fail_next(cut="both"), ValueError, "cut must be 'request' or 'response', not 'both'"),
        (lambda box: box.fail_next(status=1000), ValueError, "status must be a whole number from 200 to 599, not 1000"),
        (lambda _: Sandbox(spead=2), TypeError, "a sandbox has no setting 'spead': did you mean 'speed'?"),
        (lambda _: Sandbox(speed=0), ValueError, "speed must be a number above 0, not 0"),
        (lambda _: Sandbox(port=80000), ValueError, "port must be a number from 0 to 65535, not 80000"),
        (lambda box: box.model("shout")(lambda: 1), ValueError, "a model's name must be owner/name, not 'shout'"),
        (
            lambda box: box.model("acme/x", oficial=True)(lambda: 1),
            TypeError,
            "a model has no option 'oficial': did you mean 'official'?",
        ),
        (lambda box: box.version("acme/none"), LookupError, "the sandbox has no model acme/none with a version"),
    ],
)
def test_a_wrong_option_is_explained(call, error, message):
    with pytest.raises(error) as caught:
        call(Sandbox())
    assert message in str(caught.value)


def test_the_class_of_the_fixture_is_public(replicate_sandbox: TestSandbox):
    assert type(replicate_sandbox) is TestSandbox
    assert typing.get_type_hints(TestSandbox.client.fget)["return"].__name__ == "Client"
