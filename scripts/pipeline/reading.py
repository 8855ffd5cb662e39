"""Read an OpenAPI document from bytes: detect the encoding, parse JSON or YAML, check the version."""

from __future__ import annotations

import codecs
import json
import math
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NoReturn, cast

import attrs

from pipeline.document import Document, DocumentError, as_node
from pipeline.yaml_values import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["VERSIONS", "Source", "read", "read_file"]

VERSIONS = ("3.0", "3.1", "3.2")

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, which begins with the same bytes
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@attrs.frozen
class Source:
    """The bytes of a document, and their metadata."""

    content: bytes
    label: str
    media_type: str = ""
    charset: str | None = None
    last_modified: str = ""


def read_file(path: Path) -> Document:
    """Read a document from a file.

    Raises:
        DocumentError: The file cannot be read, or is not an OpenAPI 3 document.
    """
    try:
        return read(Source(path.read_bytes(), str(path)))
    except OSError as error:
        raise DocumentError(f"{path} cannot be read: {error.strerror or error}") from error


def read(source: Source) -> Document:
    """Read a document.

    Raises:
        DocumentError: The bytes are not text, not JSON or YAML, or not an OpenAPI 3 document.
    """
    try:
        root = _parse(_decode(source), is_yaml=_is_yaml(source))
        _check_kind(root)
    except RecursionError as error:
        raise DocumentError(f"{source.label}: it is nested too deeply") from error
    except DocumentError as error:
        raise DocumentError(f"{source.label}: {error}") from error
    return Document(as_node(root), source.label)


def _decode(source: Source) -> str:
    content, charset = source.content, source.charset
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            content, charset = content.removeprefix(mark), encoding
            break
    charset = charset or json.detect_encoding(content)
    try:
        text = content.decode(charset)
        text.encode()
    except UnicodeEncodeError as error:
        raise DocumentError("it contains a lone surrogate") from error
    except UnicodeDecodeError as error:
        raise DocumentError(f"not text in {charset.upper()}: {error.reason} at byte {error.start}") from error
    except (LookupError, ValueError) as error:
        raise DocumentError(f"unknown encoding {charset!r}") from error
    return text


def _is_yaml(source: Source) -> bool:
    return "yaml" in source.media_type.lower() or PurePath(source.label).suffix.lower() in {".yaml", ".yml"}


def _parse(text: str, *, is_yaml: bool) -> object:
    if not text.strip():
        raise DocumentError("it is empty")
    if text.lstrip().startswith(("{", "[")):
        try:
            return _parse_json(text)
        except DocumentError:
            if not is_yaml:
                raise
    return parse_yaml(text)


def _parse_json(text: str) -> object:
    try:
        value: object = json.loads(
            text, object_pairs_hook=_object_of, parse_constant=_refuse_constant, parse_float=_finite
        )
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        near = error.object[max(0, error.start - 20) : error.end]
        raise DocumentError(f"it contains a lone surrogate: {near!r}") from error
    except DocumentError:
        raise
    except ValueError as error:
        raise DocumentError(f"not JSON ({error}); it begins with {text.lstrip()[:40]!r}") from error
    return value


def _object_of(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise DocumentError(f"not JSON: duplicate key {key!r} in one object")
        result[key] = value
    return result


def _refuse_constant(constant: str) -> NoReturn:
    raise DocumentError(f"not JSON: {constant} is not a JSON value")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise DocumentError(f"not JSON: the number {text} is too large")
    return value


_NOT_OBJECTS: dict[type, str] = {
    list: "a list",
    str: "a string",
    int: "a number",
    float: "a number",
    bool: "a boolean",
}


def _check_kind(root: object) -> None:
    if not isinstance(root, dict):
        raise DocumentError(f"not an OpenAPI 3 document: it is {_NOT_OBJECTS.get(type(root), 'null')}, not an object")
    known = as_node(cast("object", root))
    version = known.get("openapi")
    if version is None:
        raise DocumentError("not an OpenAPI 3 document: it has no `openapi` key")
    if not isinstance(version, str) or not f"{version}.".startswith(tuple(f"{each}." for each in VERSIONS)):
        raise DocumentError(f"openapi is {version!r}, but only {', '.join(VERSIONS)} are supported")
