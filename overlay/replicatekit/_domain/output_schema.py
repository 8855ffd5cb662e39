"""Which values in a model's output are files, and whether the output is streamed.

A model's schema decides: a string with `format: uri` is a file, any other string that the schema describes is text.
Schemas are often incomplete or wrong. Where the schema does not describe a value, or describes another type, and where
there is no schema at all, a string is a file only if its URL is one that the API gives to files.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import unquote, urlsplit

from attrs import frozen

from replicatekit._domain.openapi_nodes import Node, SchemaDocument, is_text, is_uri, types_of

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

API_URL = "https://api.replicate.com/v1"
_DELIVERY_HOST = "replicate.delivery"
_FIRST_VERSION_WITH_MARKS = (0, 3, 9)  # of Cog; before it, every array was an iterator
_MAX_DEPTH = 100
_SCALARS = frozenset({bool, float, int, type(None)})
_BASE64_URL = re.compile(r"data:[^,\s]*;base64,", re.IGNORECASE)
_ABSOLUTE_URL = re.compile(r"https?://\S+", re.IGNORECASE)


@frozen(eq=False)
class OutputShape:
    """What a version's schema says about its output."""

    document: SchemaDocument
    """The schema."""
    branches: list[Node] | None
    """The schema nodes that describe the whole output; None if there is no schema."""
    guesses: bool
    """Whether undescribed strings that are URLs of the API's own files become files."""
    api_url: str
    """The API's base URL, used by that guess."""
    is_iterator: bool = False
    """Whether the output arrives item by item."""
    is_text_stream: bool = False
    """Whether its items are pieces of one text."""

    @classmethod
    def of(
        cls, schema: object, cog_version: str | None = None, *, guess: bool = True, api_url: str = API_URL
    ) -> OutputShape:
        """Read a version's schema. Never raises, whatever the schema holds.

        Args:
            schema: The version's `openapi_schema`, or None if it is not known.
            cog_version: The version of Cog that built it; old ones do not mark iterators.
            guess: Whether undescribed strings that are URLs of the API's own files become files.
            api_url: The API's base URL, used by that guess.
        """
        document = SchemaDocument(schema)
        output = document.component("Output")
        if output is None:
            return cls(document, None, guess, api_url)
        branches = document.branches([output])
        is_array = any("array" in types_of(node) for node in branches)
        is_marked = any(node.get("x-cog-array-type") == "iterator" for node in branches)
        is_joined = any(node.get("x-cog-array-display") == "concatenate" for node in branches)
        items = document.branches(document.items(branches, 0))
        return cls(
            document,
            branches,
            guess,
            api_url,
            is_iterator=is_marked or (is_array and _is_before_marks(cog_version)),
            is_text_stream=is_joined and all(not is_uri(node) and _may_be_text(node) for node in items),
        )

    def wrap(self, value: Any, make_file: Callable[[str], T]) -> Any:
        """The output with each file's URL replaced by `make_file(url)`, and the pieces of one text joined.

        The value itself is not changed; parts without files are returned as they are.
        """
        if self.is_text_stream and isinstance(value, str):
            return value
        converted = self._convert(value, self.branches or [], make_file, 0)
        if self.is_text_stream and isinstance(converted, list):
            pieces = cast("list[object]", converted)
            texts = [piece for piece in pieces if isinstance(piece, str)]
            return "".join(texts) if len(texts) == len(pieces) else pieces
        return converted

    def wrap_item(self, value: Any, make_file: Callable[[str], T], index: int = 0) -> Any:
        """As `wrap`, for one item of an output that arrives item by item."""
        nodes = self.document.branches(self.document.items(self.branches or [], index))
        return self._convert(value, nodes, make_file, 0)

    def _convert(self, value: Any, branches: list[Node], make: Callable[[str], T], depth: int) -> Any:
        document = self.document

        def inner(part: Any, nodes: list[object]) -> Any:
            return self._convert(part, document.branches(nodes) if nodes else [], make, depth + 1)

        match value:
            case str():
                return make(value) if self._is_file(value, branches) else value
            case list() | dict() if depth > _MAX_DEPTH:
                return cast("Any", value)
            case list():
                items = cast("list[Any]", value)
                if _SCALARS.issuperset(map(type, items)):  # embeddings: long lists of numbers
                    return items
                return _unless_same(
                    items, [inner(part, document.items(branches, index)) for index, part in enumerate(items)]
                )
            case dict():
                fields = cast("dict[str, Any]", value)
                found = {name: inner(part, document.properties(branches, name)) for name, part in fields.items()}
                return found if any(found[name] is not part for name, part in fields.items()) else fields
            case _:
                return value

    def _is_file(self, text: str, branches: list[Node]) -> bool:
        if any(map(is_uri, branches)) and _is_url(text):
            return True
        return self.guesses and not any(map(is_text, branches)) and looks_like_file(text, self.api_url)


def _unless_same(old: list[Any], new: list[Any]) -> list[Any]:
    return new if any(after is not before for before, after in zip(old, new, strict=True)) else old


def looks_like_file(text: str, api_url: str = API_URL) -> bool:
    """Whether a text is a URL of a form that the API uses for files, and hardly anything else does.

    These are `https:` URLs on replicate.delivery and its subdomains, URLs below `/files/` of the API, and `data:` URLs
    with base64.
    """
    if _BASE64_URL.match(text):
        return True
    if not _ABSOLUTE_URL.fullmatch(text) or "\\" in text:
        return False
    try:
        url = urlsplit(text)
        host, port = url.hostname or "", url.port
    except ValueError:
        return False
    if "@" in url.netloc or ".." in unquote(url.path).split("/"):
        return False
    for api in map(urlsplit, (api_url, API_URL)):  # behind a gateway, the API still names its own URLs
        below = api.path.rstrip("/") + "/files/"
        is_api = (url.scheme, url.netloc.lower()) == (api.scheme, api.netloc.lower())
        if is_api and url.path.startswith(below) and len(url.path) > len(below):
            return True
    is_delivery = host == _DELIVERY_HOST or host.endswith(f".{_DELIVERY_HOST}")
    return url.scheme == "https" and is_delivery and port in {None, 443} and len(url.path) > 1


def _is_url(text: str) -> bool:
    """Whether a text is a URL to fetch or decode. Old models may return something else, despite their schema."""
    return text[:5].lower() == "data:" or _ABSOLUTE_URL.fullmatch(text) is not None


def _may_be_text(node: Node) -> bool:
    return "string" in (types_of(node) or ["string"])


def _is_before_marks(cog_version: object) -> bool:
    match = re.match(r"v?(\d{1,6})\.(\d{1,6})\.(\d{1,6})", cog_version) if isinstance(cog_version, str) else None
    return match is not None and tuple(map(int, match.groups())) < _FIRST_VERSION_WITH_MARKS
