"""Builds a request from arguments: paths, parameters, headers, cookies and bodies, safe from injection."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from ._view import View, encoded, is_list, is_object
from .errors import InvalidArgument
from .types import File, Unset

# RFC 9110, 5.1 and 5.5, without the bytes beyond ASCII, which servers interpret differently; RFC 6265, 4.1.1.
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"(?:[!-~](?:[ \t!-~]*[!-~])?)?")
_COOKIE = re.compile(r"[!#-+\--:<-\[\]-~]*")

Styles = Mapping[str, tuple[str, bool]]
"""The style of a parameter, and whether it is exploded, if not the default."""
_NO_STYLES: Styles = {}
_SEPARATORS = {"form": ",", "simple": ",", "spaceDelimited": " ", "pipeDelimited": "|"}

Encoder = Callable[[Any, str], dict[str, Any]]


def path(template: str, values: Mapping[str, Any], styles: Styles = _NO_STYLES) -> str:
    """Fill in a path, each parameter as one segment of it.

    Raises:
        InvalidArgument: A parameter is empty or would lead elsewhere.
    """
    filled = template
    for name, value in values.items():
        style, explode = styles.get(name, ("simple", False))
        segment = _segment(name, _styled(name, encoded(value), styles), style, explode=explode)
        if segment in {"", ".", ".."}:
            raise InvalidArgument(f"{name} must not be empty, . or .., as {segment!r} is")
        filled = filled.replace("{" + name + "}", segment)
    if not {".", ".."}.isdisjoint(filled.split("/")):
        raise InvalidArgument(f"{template} cannot be filled with {dict(values)}: it would lead elsewhere")
    return filled


def _segment(name: str, value: Any, style: str, *, explode: bool) -> str:
    if style == "content":
        return quote(_json(name, value).decode(), safe="")
    texts = ["=".join(quote(_text(name, part), safe="") for part in pair) for pair in _flat(value, pairs=explode)]
    if style == "matrix":
        if explode:
            return "".join(f";{each}" if is_object(value) else f";{name}={each}" for each in texts)
        return f";{name}={','.join(texts)}"
    if style == "label":
        return "." + ("." if explode else ",").join(texts)
    return ",".join(texts)


def _flat(value: Any, *, pairs: bool) -> Iterator[tuple[Any, ...]]:
    """Yield the parts of a parameter: values, or keys with values if objects are written in pairs."""
    if is_object(value):
        for key, item in _given(value):
            if pairs:
                yield key, item
            else:
                yield (key,)
                yield (item,)
    elif is_list(value):
        for item in value:
            yield (item,)
    else:
        yield (value,)


def params(values: Mapping[str, Any], styles: Styles = _NO_STYLES) -> dict[str, str | list[str]]:
    """Return the query parameters that are set."""
    parameters: dict[str, str | list[str]] = {}
    for key, given_value in _given(encoded(values)):
        style, explode = styles.get(key, ("form", True))
        value = _styled(key, given_value, styles)
        if style == "content":
            parameters[key] = _json(key, value).decode()
        elif is_object(value) and style == "deepObject":
            parameters.update(_deep(key, value))
        elif is_object(value) and explode:
            parameters.update({name: _one_or_more(name, field) for name, field in _given(value)})
        elif (is_object(value) or is_list(value)) and not explode:
            parameters[key] = _joined(key, value, _SEPARATORS.get(style, ","))
        else:
            parameters[key] = _one_or_more(key, value)
    return parameters


def _one_or_more(name: str, value: Any) -> str | list[str]:
    return [_text(name, each) for each in value] if is_list(value) else _text(name, value)


def _styled(name: str, value: Any, styles: Styles) -> Any:
    """Return the value of a parameter. It may be an object only if the document describes one."""
    return _text(name, value) if is_object(value) and name not in styles else value


def _deep(name: str, value: Mapping[str, Any]) -> Iterator[tuple[str, str | list[str]]]:
    for key, item in _given(value):
        inner = f"{name}[{key}]"
        if is_object(item):
            yield from _deep(inner, item)
        else:
            yield inner, _one_or_more(inner, item)


def _joined(name: str, value: Any, separator: str) -> str:
    texts = [_text(name, part) for (part,) in _flat(value, pairs=False)]
    for each in texts:
        if separator in each:
            raise InvalidArgument(f"{name} cannot hold {each!r}: {separator!r} separates its items")
    return separator.join(texts)


def headers(values: Mapping[str, Any], styles: Styles = _NO_STYLES) -> dict[str, str]:
    """Return the headers that are set, and check that none can split into two."""
    texts = dict(_texts(values, styles))
    for name, value in texts.items():
        if not _VALUE.fullmatch(value):
            raise InvalidArgument(f"{name} holds a character that no header may have: {value!r}")
    return texts


def cookies(values: Mapping[str, Any], styles: Styles = _NO_STYLES) -> dict[str, str]:
    """Return the cookies that are set, and check that none can split into two."""
    texts = dict(_texts(values, styles))
    for name, value in texts.items():
        if not _COOKIE.fullmatch(value):
            raise InvalidArgument(f"{name} holds a character that no cookie may have: {value!r}")
    return texts


def _texts(values: Mapping[str, Any], styles: Styles) -> Iterator[tuple[str, str]]:
    for key, argument in values.items():
        if type(argument) is str and key not in styles:
            yield key, argument
            continue
        style, explode = styles.get(key, ("simple", False))
        value = None if isinstance(argument, Unset) else _styled(key, encoded(argument), styles)
        if value is None:
            continue
        if style == "content":
            yield key, _json(key, value).decode("ascii", "backslashreplace")
        else:
            pairs = _flat(value, pairs=explode)
            yield key, ",".join("=".join(_text(key, part) for part in pair) for pair in pairs)


def checked(*groups: Mapping[str, str]) -> dict[str, str]:
    """Check and merge the headers of a request; later ones override. Errors omit values: one may be a token.

    Raises:
        InvalidArgument: A name or a value has a character that headers cannot have, such as a line end.
    """
    merged: dict[str, tuple[str, str]] = {}
    for name, value in [pair for group in groups for pair in group.items()]:
        if not _NAME.fullmatch(name):
            raise InvalidArgument(f"{name!r} cannot be the name of a header")
        if not _VALUE.fullmatch(value):
            fault = "a character that no header may have, such as a trailing space or line end"
            raise InvalidArgument(f"the value of the header {name} holds {fault}")
        merged[name.lower()] = name, value
    return dict(merged.values())


def cookie_header(cookies: Mapping[str, str]) -> dict[str, str]:
    """Return the `Cookie` header of a request. Errors omit values.

    Raises:
        InvalidArgument: A cookie would become two.
    """
    for name, value in cookies.items():
        if not _NAME.fullmatch(name) or not _COOKIE.fullmatch(value):
            raise InvalidArgument(f"the cookie {name!r} holds a character that no cookie may have")
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())} if cookies else {}


def json_body(body: Any, media_type: str) -> dict[str, Any]:
    """Encode a body as JSON.

    Raises:
        InvalidArgument: The body has a value that JSON cannot represent.
    """
    return {} if isinstance(body, Unset) else _content(_json("the body", body), media_type)


def raw_body(body: Any, media_type: str) -> dict[str, Any]:
    """Encode a raw body: a string as UTF-8, bytes, or an open file, which is read in chunks while it is sent.

    Raises:
        InvalidArgument: The body is none of these.
    """
    if isinstance(body, Unset):
        return {}
    if isinstance(body, str):
        return _content(_bytes("the body", body), media_type)
    if isinstance(body, (bytes, bytearray)):
        return _content(bytes(body), media_type)
    from ._files import file_body

    return file_body(body, media_type)


def form_body(body: Any, media_type: str) -> dict[str, Any]:
    """Encode a body as form fields.

    Raises:
        InvalidArgument: The body has no fields, or one is not text.
    """
    if isinstance(body, Unset):
        return {}
    return {"data": params(_fields_of(body)), "headers": {"Content-Type": media_type}}


def multipart_body(body: Any, _media_type: str) -> dict[str, Any]:
    """Encode a body in parts: files as files, objects as JSON, the rest as text. httpx chooses a random boundary.

    Raises:
        InvalidArgument: The body has no fields, or one cannot be sent.
    """
    if isinstance(body, Unset):
        return {}
    parts: list[tuple[str, Any]] = []
    for name, value in _given(_fields_of(body)):
        several = value if is_list(value) else [value]
        parts.extend((name, _part(name, each)) for each in several)
    return {"files": parts}


def any_body(
    body: Any, media_type: str | Unset, encoders: Mapping[str, tuple[Encoder, tuple[type[View], ...]]]
) -> dict[str, Any]:
    """Encode a body that may have one of several media types.

    The default media type is that of the body's class; for a file or bytes it is the raw one, and for anything else
    the first.

    Raises:
        InvalidArgument: The operation does not accept the media type, or the body cannot be sent.
    """
    if isinstance(body, Unset):
        return {}
    if isinstance(media_type, Unset):
        media_type = _media_type_for(body, encoders)
    if media_type not in encoders:
        raise InvalidArgument(f"content_type must be one of {', '.join(encoders)}, not {media_type!r}")
    return encoders[media_type][0](body, media_type)


def _media_type_for(body: Any, encoders: Mapping[str, tuple[Encoder, tuple[type[View], ...]]]) -> str:
    is_raw = isinstance(body, (bytes, bytearray, File)) or hasattr(body, "read")
    for media_type, (encode, models) in encoders.items():
        if isinstance(body, models) or (is_raw and encode is raw_body):
            return media_type
    return next(iter(encoders))


def _fields_of(body: Any) -> dict[str, Any]:
    fields = encoded(body)
    if is_object(fields):
        return fields
    raise InvalidArgument(f"the body must be a model or a dict of its fields, not {type(body).__name__}")


def _given(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if value is not None:
            yield key, value


def _text(name: str, value: Any) -> str:
    """Convert a value to text that can be sent."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if not isinstance(value, str):
        raise InvalidArgument(f"{name} must be a text or a number, not {type(value).__name__}: {value!r}")
    _bytes(name, value)
    return value


def _bytes(name: str, value: str) -> bytes:
    try:
        return value.encode()
    except UnicodeEncodeError as error:
        raise InvalidArgument(f"{name} cannot be sent: {error.reason} (half a character)") from None


def _json(name: str, value: Any) -> bytes:
    try:
        try:
            return _dumps(value)
        except (TypeError, ValueError, RecursionError):  # a model, a date, or a value that JSON cannot represent
            return _dumps(encoded(value))
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidArgument(f"{name} cannot be sent as JSON: {error}") from None


def _dumps(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _content(content: bytes, media_type: str) -> dict[str, Any]:
    return {"content": content, "headers": {"Content-Type": media_type}}


def _part(name: str, value: Any) -> Any:
    if isinstance(value, (bytes, File)) or hasattr(value, "read"):
        from ._files import part_of_file

        return part_of_file(name, value if isinstance(value, File) else File(value), _VALUE)
    if isinstance(value, dict):
        return None, _json(name, value), "application/json"
    return None, _text(name, value).encode()
