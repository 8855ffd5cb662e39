"""Every operation of the document, each way to call it, as it goes over the wire and comes back."""

from __future__ import annotations

import inspect
import json
from email import message_from_bytes
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from calling import TOKEN, call, each_way
from described import DOCUMENT, OPERATIONS, Described
from own_samples import sample
from recording_server import Answer

import replicatekit_api
from replicatekit_api.types import Response

if TYPE_CHECKING:
    from recording_server import Recorder, Sent

    from replicatekit_api import AuthenticatedClient

each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=str)


def answer_of(operation: Described, status: int) -> Answer:
    value = sample(operation.returns)
    if operation.returns == "None":
        return Answer(status)
    if operation.returns == "str":
        return Answer(status, value.encode(), {"Content-Type": "text/plain; charset=utf-8"})
    return Answer(status, value) if operation.returns == "bytes" else Answer.json(value, status)


def as_came(value: Any) -> Any:
    if isinstance(value, list):
        return [as_came(each) for each in value]
    return value.to_dict() if hasattr(value, "to_dict") else value


def expected_path(operation: Described) -> str:
    path = "/v1" + operation.path
    for name, value in operation.given("path").items():
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    return path


def expected_query(operation: Described) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, value in operation.given("query").items()]


def check_body(operation: Described, sent: Sent) -> None:
    if operation.body is None:
        assert sent.body == b""
        return
    (media_type, _), *_ = operation.body.items()
    given = sent.headers["content-type"]
    if media_type == "multipart/form-data":
        assert given.startswith("multipart/form-data; boundary=")
        parts = {part.get_param("name", header="content-disposition"): part for part in parts_of(sent)}
        assert parts["content"].get_payload(decode=True) == b"\x00 sand"
        assert parts["content"].get_filename() == "sand.bin"
        assert parts["content"].get_content_type() == "application/x-sand"
        assert parts["metadata"].get_content_type() == "application/json"
        assert json.loads(parts["metadata"].get_payload(decode=True)) == operation.content()["metadata"]
        assert set(parts) == set(operation.content())
        return
    assert given == media_type
    is_json = media_type == "application/json"
    assert (json.loads(sent.body) if is_json else sent.body.decode()) == operation.content()


def parts_of(sent: Sent) -> list[Any]:
    head = f"Content-Type: {sent.headers['content-type']}\r\n\r\n".encode()
    return message_from_bytes(head + sent.body).get_payload()  # type: ignore[return-value]


@each_way
@each_operation
def test_it_sends_what_the_document_says_and_reads_what_it_promises(
    recorder: Recorder, client: AuthenticatedClient, operation: Described, way: str
) -> None:
    for status in operation.statuses:
        recorder.sent.clear()
        recorder.answer = answer_of(operation, status)
        result = call(way, operation.module, client, **operation.arguments())
        sent = recorder.only
        assert (sent.method, sent.path) == (operation.method, expected_path(operation))
        assert sent.query == expected_query(operation)
        assert sent.headers["authorization"] == f"Bearer {TOKEN}"
        for name, value in operation.given("header").items():
            assert sent.headers[name.lower()] == value
        check_body(operation, sent)
        if way.endswith("detailed"):
            assert isinstance(result, Response)
            assert result.status_code == status
            result = result.parsed
        assert as_came(result) == sample(operation.returns)


@each_operation
def test_what_is_not_given_is_not_sent(recorder: Recorder, client: AuthenticatedClient, operation: Described) -> None:
    recorder.answer = answer_of(operation, 200)
    needed = {each["name"].lower().replace("-", "_") for each in operation.parameters if each.get("required")}
    arguments = operation.arguments()
    operation.module.sync(
        **{name: value for name, value in arguments.items() if name in needed or name == "body"}, client=client
    )
    optional = [each["name"].lower() for each in operation.parameters if not each.get("required")]
    names = [name for name, _ in recorder.only.query] + list(recorder.only.headers)
    assert not set(optional) & set(names)


@each_operation
def test_none_for_an_optional_argument_is_as_if_it_was_not_given(
    recorder: Recorder, client: AuthenticatedClient, operation: Described
) -> None:
    recorder.answer = answer_of(operation, 200)
    arguments = operation.arguments()
    for each in operation.parameters:
        if not each.get("required"):
            arguments[each["name"].lower().replace("-", "_")] = None
    operation.module.sync(**arguments, client=client)
    optional = {each["name"].lower() for each in operation.parameters if not each.get("required")}
    names = {name for name, _ in recorder.only.query} | set(recorder.only.headers)
    assert not optional & names


def test_every_operation_has_its_module_and_every_module_its_operation() -> None:
    folder = Path(replicatekit_api.__file__).parent / "api"
    modules = {path for path in folder.glob("*/*.py") if path.name != "__init__.py"}
    assert {Path(operation.module.__file__ or "") for operation in OPERATIONS} == modules
    assert len(OPERATIONS) == len(modules) == sum(map(len, DOCUMENT["paths"].values()))


@each_operation
def test_it_has_its_own_docstring_with_its_method_and_path(operation: Described) -> None:
    module = operation.module
    assert f"`{operation.method} {operation.path}`" in module.__doc__
    assert module.__all__ == ["asyncio", "asyncio_detailed", "sync", "sync_detailed"]
    for function in map(module.__dict__.get, module.__all__):
        for name in (*operation.arguments(), "client"):
            assert f"\n    {name}: " in inspect.getdoc(function)


def test_the_lists_take_a_cursor() -> None:
    paged = {str(operation) for operation in OPERATIONS if operation.returns.endswith("Page")} - {"models.search"}
    assert len(paged) == 8
    for operation in OPERATIONS:
        assert ("cursor" in operation.module.sync.__annotations__) == (str(operation) in paged), operation
