"""Parses a model's input from the command line: `name=value`, `name=@file`, `name=-`, `name:=JSON`."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from replicatekit.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from replicatekit._domain.input_schema import InputField

INPUT_TABLE = (
    "inputs",
    (
        (
            "name=value",
            "text, a number, true or false, JSON for lists and objects, a URL for a file; repeat the name for a list",
        ),
        ("name=@file", "upload the file; for other inputs, read the value from it (JSON for lists and objects)"),
        ("name=-", "read it from stdin; a URL is passed through, without download or upload"),
        ("name:=JSON", "any JSON value, such as null"),
    ),
)
"""The help page's table on how to write inputs."""

_WORD = re.compile(r"(?P<name>[^=:@]+)(?P<kind>:?=)(?P<value>.*)", re.DOTALL)
_URL = re.compile(r"(https?://|data:)\S+")
_TRUE = {"true", "yes", "on", "1"}
_FALSE = {"false", "no", "off", "0"}


def read_input(words: Sequence[str], whole: str | None, fields: Mapping[str, InputField]) -> dict[str, Any]:
    """Read an input from the arguments of a command line.

    Args:
        words: The arguments, such as `name=value`; a repeated name adds an item to a list.
        whole: The value of `--input`: JSON, `@file` or `-`; `words` override it.
        fields: The model's inputs; empty without a schema.

    Raises:
        InvalidInput: An argument cannot be read.
    """
    by_name: dict[str, list[Any]] = {}
    stdin = [word for word in [*words, whole or ""] if word == "-" or word.endswith("=-")]
    if len(stdin) > 1:
        raise InvalidInput("only one input can be read from stdin (-)")
    for word in words:
        match = _WORD.fullmatch(word)
        if match is None:
            raise InvalidInput(f"invalid input {_short(word)}: use name=value, name=@file, name=- or name:=JSON")
        name, kind, text = match.group("name", "kind", "value")
        value = _json(text, f"input.{name}") if kind == ":=" else _value(name, text, fields.get(name))
        by_name.setdefault(name, []).append(value)
    values = {name: _joined(name, each, fields.get(name)) for name, each in by_name.items()}
    return {**(read_json_argument(whole) if whole is not None else {}), **values}


def read_json_argument(text: str) -> dict[str, Any]:
    """Read an object from JSON, `@file` or `-` for stdin.

    Raises:
        InvalidInput: It is not a JSON object.
    """
    content = _content(text, "--input").decode("utf-8", "replace") if text == "-" or text.startswith("@") else text
    value = _json(content, "--input")
    if not isinstance(value, dict):
        raise InvalidInput(f"--input must be a JSON object with the model's inputs, not {_short(content)}")
    return cast("dict[str, Any]", value)


def _joined(name: str, values: list[Any], field: InputField | None) -> Any:
    is_list = field is not None and "array" in field.types
    if len(values) == 1:
        value: Any = values[0]
        is_item = is_list and value is not None and not isinstance(value, list)
        return [values[0]] if is_item else values[0]
    if field is not None and field.types and not is_list:
        raise InvalidInput(f"{name} is given {len(values)} times, but is not a list", path=f"input.{name}")
    return [part for value in values for part in (cast("list[Any]", value) if isinstance(value, list) else [value])]


def _value(name: str, text: str, field: InputField | None) -> Any:
    if text != "-" and not text.startswith("@"):
        if field is not None and field.is_file and os.path.isfile(text):  # noqa: PTH113 (any text, however long)
            raise InvalidInput(f"{name} is a file: write {name}=@{text} to send it", path=f"input.{name}")
        return _typed(name, text, field)
    if field is None or field.is_file:
        return _file(name, text, field)
    content = _content(text, name)
    try:
        value = content.decode()
    except UnicodeDecodeError:
        raise InvalidInput(
            f"{name} is not a file input, and {_named(text)} is not text", path=f"input.{name}"
        ) from None
    return _typed(name, value if "string" in field.types else value.strip(), field)


def _file(name: str, text: str, field: InputField | None) -> Any:
    if text.startswith("@"):
        path = Path(text[1:]).expanduser()
        if not path.is_file():
            raise InvalidInput(f"{name}: there is no file {text[1:]!r}", path=f"input.{name}")
        return path
    content = _content(text, name)
    lines = content[:1_000_000].decode("utf-8", "replace").split()
    if not lines:
        raise InvalidInput(f"{name}: there is nothing on stdin", path=f"input.{name}")
    if not all(map(_URL.fullmatch, lines)):
        return content
    if len(lines) > 1 and (field is None or "array" not in field.types):
        raise InvalidInput(f"{name} takes one file, and there are {len(lines)} URLs on stdin", path=f"input.{name}")
    return lines[0] if len(lines) == 1 else lines


def _content(text: str, name: str) -> bytes:
    if text == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(text[1:]).expanduser().read_bytes()
    except OSError as error:
        raise InvalidInput(f"{name}: {text[1:]!r} cannot be read: {error.strerror}", path=f"input.{name}") from None


def _named(text: str) -> str:
    return "stdin" if text == "-" else repr(text[1:])


def _typed(name: str, text: str, field: InputField | None) -> Any:
    """Convert a text to one of the input's types. Text that fits none is returned unchanged."""
    types = field.types if field is not None else ()
    if not types and (field is None or not field.enum):
        return _guessed(text)
    for kind in ("boolean", "integer", "number", "array", "object"):
        if kind in types and (value := _READERS[kind](text)) is not None:
            return value
    if "array" in types:
        assert field is not None  # noqa: S101 (it has types)
        kinds = {str(node.get("type")) for node in field.items}
        matches = [
            value for kind in ("boolean", "integer", "number") if kind in kinds and (value := _READERS[kind](text))
        ]
        return matches[0] if matches else text
    if "object" in types and "string" not in types:
        raise InvalidInput(f"{name} must be a JSON object, not {_short(text)}", path=f"input.{name}")
    return text


def _guessed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _boolean(text: str) -> bool | None:
    word = text.strip().lower()
    return True if word in _TRUE else False if word in _FALSE else None


def _integer(text: str) -> int | None:
    return int(text) if re.fullmatch(r"\s*[+-]?[0-9]{1,4000}\s*", text) else None


def _number(text: str) -> int | float | None:
    integer = _integer(text)
    if integer is not None:
        return integer
    try:
        value = float(text)
    except ValueError:
        return None
    return value if value - value == 0 else None  # JSON has no infinity or NaN


def _of_json(kind: type) -> Any:
    def read(text: str) -> Any:
        try:
            value: Any = json.loads(text)
        except ValueError:
            return None
        return value if isinstance(value, kind) else None

    return read


_READERS: dict[str, Any] = {
    "boolean": _boolean,
    "integer": _integer,
    "number": _number,
    "array": _of_json(list),
    "object": _of_json(dict),
}


def _json(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise InvalidInput(f"{name} is not JSON: {error}") from None
    except RecursionError:
        raise InvalidInput(f"{name} is nested too deeply") from None


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}…")
