"""What `help()`, `typing.get_type_hints` and type checkers see of every public name."""

from __future__ import annotations

import inspect
import shutil
import subprocess
import sys
import typing
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from described import OPERATIONS, Described

import replicatekit_api
from replicatekit_api import AuthenticatedClient, client, errors, models, types
from replicatekit_api.api.files import create as create_file
from replicatekit_api.api.models import list as list_models
from replicatekit_api.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(replicatekit_api.__file__).parent


def public_callables() -> Iterator[tuple[str, Any]]:
    owners = [getattr(replicatekit_api, name) for name in replicatekit_api.__all__]
    owners += [getattr(module, name) for module in (client, errors, models, types) for name in module.__all__]
    owners += [getattr(each.module, name) for each in OPERATIONS for name in each.module.__all__]
    for owner in owners:
        if inspect.ismodule(owner):
            continue
        yield f"{owner!r}", owner
        for name, member in vars(owner).items() if inspect.isclass(owner) else ():
            if not name.startswith("_") or name == "__init__":
                yield f"{owner.__name__}.{name}", member


def functions() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, member in public_callables():
        plain = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        if inspect.isfunction(plain):
            found[name] = plain
    return found


def test_every_annotation_resolves() -> None:
    known = functions()
    assert len(known) > 400
    for name, function in known.items():
        hints = typing.get_type_hints(function)
        assert "return" in hints, name
    for name in models.__all__:
        typing.get_type_hints(getattr(models, name))


def test_every_public_name_says_what_it_is() -> None:
    for name, member in public_callables():
        if not name.endswith("__init__") and (inspect.isclass(member) or inspect.isfunction(member)):
            assert member.__doc__, name


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_all_ways_to_call_have_one_signature(operation: Described) -> None:
    module = operation.module
    parameters = {name: inspect.signature(getattr(module, name)).parameters for name in module.__all__}
    assert len({str(list(each.values())) for each in parameters.values()}) == 1


def test_defaults_are_shown() -> None:
    parameters = inspect.signature(list_models.sync).parameters
    assert repr(parameters["sort_direction"].default) == "'desc'"
    assert isinstance(parameters["sort_direction"].default, types.Unset)


@pytest.mark.parametrize("body", ["x", 7, ["content"], None, b"x"], ids=repr)
def test_a_form_of_no_fields_is_refused(body: Any) -> None:
    with (
        AuthenticatedClient("http://127.0.0.1:9", token="t") as made,
        pytest.raises(InvalidArgument, match="the body must"),
    ):
        create_file.sync(client=made, body=body)


def test_names_of_openapi_python_client_are_there() -> None:
    assert errors.UnexpectedStatus is errors.StatusError
    made = AuthenticatedClient("https://api.example/v1", token="t", verify_ssl=False, raise_on_unexpected_status=True)
    assert made.verify is False
    with pytest.raises(InvalidArgument, match="StatusError"):
        AuthenticatedClient("https://api.example/v1", token="t", raise_on_unexpected_status=False)
    assert types.File(b"x", "n", "image/png").to_tuple() == ("n", b"x", "image/png")


def test_an_invalid_argument_is_a_value_error() -> None:
    assert issubclass(InvalidArgument, ValueError)


def test_every_module_of_it_can_be_imported_by_itself() -> None:
    names = [".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in PACKAGE.rglob("*.py")]
    for name in names:
        assert import_module(name.removesuffix(".__init__"))
