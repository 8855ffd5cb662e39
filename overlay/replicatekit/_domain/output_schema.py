"""Which parts of a model's output are files, and whether it comes in pieces.

What a version's schema says is all that counts: text with `format: uri` is a file, and a text that begins with
`https:` stays a text. Where there is no schema, a text is taken for a file only if its URL is one that the API
gives its files.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import unquote, urlsplit

from replicatekit._domain.openapi_nodes import Node, SchemaDocument, is_uri, types_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["API_URL", "OutputShape", "looks_like_file"]

T = TypeVar("T")

API_URL = "https://api.replicate.com/v1"
_DELIVERY_HOST = "replicate.delivery"
_FIRST_WITH_MARKS = (0, 3, 9)  # the version of Cog; before it, an array was an iterator
_DEEPEST = 100
_BASE64_URL = re.compile(r"data:[^,\s]*;base64,", re.IGNORECASE)
_ABSOLUTE_URL = re.compile(r"https?://\S+", re.IGNORECASE)


class OutputShape:
    """What is known of a model's output before it comes.

    Args:
        document: The schema.
        branches: All that it says of the output; None without a schema.
        guesses: Whether, without a schema, URLs of the API's own files are taken for files.
        api_url: Where the API is, for that guess.
        is_iterator: Whether it comes item by item.
        is_text_stream: Whether its items are pieces of one text.
    """

    def __init__(
        self,
        document: SchemaDocument,
        branches: list[Node] | None,
        *,
        guesses: bool,
        api_url: str,
        is_iterator: bool = False,
        is_text_stream: bool = False,
    ) -> None:
        self.document = document
        self.branches = branches
        self.guesses = guesses
        self.api_url = api_url
        self.is_iterator = is_iterator
        self.is_text_stream = is_text_stream
        # Whether there are files in a value of these nodes: asked for each list, answered once.
        self._reaching: dict[tuple[int, ...], bool] = {}

    @classmethod
    def of(
        cls, schema: object, cog_version: str | None = None, *, guess: bool = True, api_url: str = API_URL
    ) -> OutputShape:
        """Read a version's schema; nothing in it can make this fail.

        Args:
            schema: The version's `openapi_schema`, or None where it is not known.
            cog_version: The version of Cog that it was built with; old ones do not mark iterators.
            guess: Without a schema, take URLs of the API's own files for files.
            api_url: Where the API is, for that guess.
        """
        document = SchemaDocument(schema)
        output = document.component("Output")
        if output is None:
            return cls(document, None, guesses=guess, api_url=api_url)
        branches = document.branches([output])
        is_array = any("array" in types_of(node) for node in branches)
        is_marked = any(node.get("x-cog-array-type") == "iterator" for node in branches)
        is_joined = any(node.get("x-cog-array-display") == "concatenate" for node in branches)
        items = document.branches(document.items(branches, 0))
        return cls(
            document,
            branches,
            guesses=guess,
            api_url=api_url,
            is_iterator=is_marked or (is_array and _is_before_marks(cog_version)),
            is_text_stream=is_joined and all(_is_text(node) for node in items),
        )

    @property
    def has_files(self) -> bool:
        """Whether the output can have files in it; True where there is only a guess."""
        return self.guesses if self.branches is None else self.document.reaches_file(self.branches)

    def wrap(self, value: Any, make_file: Callable[[str], T]) -> Any:
        """The output with its files made by `make_file`, and with pieces of one text put together.

        What has no files in it is given back as it is; nothing is changed in place.
        """
        if self.is_text_stream and isinstance(value, list):
            pieces = cast("list[object]", value)
            texts = [piece for piece in pieces if isinstance(piece, str)]
            return "".join(texts) if len(texts) == len(pieces) else pieces
        return self._files(value, self.branches, make_file)

    def wrap_item(self, value: Any, make_file: Callable[[str], T], index: int = 0) -> Any:
        """The same for one item of an output that comes item by item."""
        nodes = None
        if self.branches is not None:
            nodes = self.document.branches(self.document.items(self.branches, index))
        return self._files(value, nodes, make_file)

    def _files(self, value: Any, branches: list[Node] | None, make: Callable[[str], T]) -> Any:
        if branches is not None:
            return self._described(value, branches, make, 0)
        return self._guessed(value, make, 0) if self.guesses else value

    def _described(self, value: Any, branches: list[Node], make: Callable[[str], T], depth: int) -> Any:
        document = self.document

        def inner(part: Any, nodes: list[object]) -> Any:
            return self._described(part, document.branches(nodes), make, depth + 1)

        match value:
            case str():
                return make(value) if any(map(is_uri, branches)) and _is_url(value) else value
            case list() | dict() if depth > _DEEPEST or not self._reaches(branches):
                return cast("Any", value)  # long lists of numbers are not walked for nothing
            case list():
                parts = enumerate(cast("list[Any]", value))
                return [inner(part, document.items(branches, index)) for index, part in parts]
            case dict():
                fields = cast("dict[str, Any]", value).items()
                return {name: inner(part, document.properties(branches, name)) for name, part in fields}
            case _:
                return value

    def _reaches(self, branches: list[Node]) -> bool:
        key = tuple(map(id, branches))
        if key not in self._reaching:
            self._reaching[key] = self.document.reaches_file(branches)
        return self._reaching[key]

    def _guessed(self, value: Any, make: Callable[[str], T], depth: int) -> Any:
        if isinstance(value, str):
            return make(value) if looks_like_file(value, self.api_url) else value
        if depth > _DEEPEST:
            return value
        if isinstance(value, list):
            return [self._guessed(part, make, depth + 1) for part in cast("list[Any]", value)]
        if isinstance(value, dict):
            fields = cast("dict[str, Any]", value)
            return {name: self._guessed(part, make, depth + 1) for name, part in fields.items()}
        return value


def looks_like_file(text: str, api_url: str = API_URL) -> bool:
    """Whether a text is a URL that the API gives its files, and hardly anything else.

    That is: `https:` on replicate.delivery and its subdomains, `/files/` below the API's own URL, and `data:` with
    base64.
    """
    if _BASE64_URL.match(text):
        return True
    if not _ABSOLUTE_URL.fullmatch(text) or "\\" in text:
        return False
    try:
        url, api = urlsplit(text), urlsplit(api_url)
        host, port = url.hostname or "", url.port
    except ValueError:
        return False
    if "@" in url.netloc or ".." in unquote(url.path).split("/"):
        return False
    if (url.scheme, url.netloc.lower()) == (api.scheme, api.netloc.lower()):
        below = api.path.rstrip("/") + "/files/"
        return url.path.startswith(below) and len(url.path) > len(below)
    is_delivery = host == _DELIVERY_HOST or host.endswith(f".{_DELIVERY_HOST}")
    return url.scheme == "https" and is_delivery and port in {None, 443} and len(url.path) > 1


def _is_url(text: str) -> bool:
    """A URL that can be fetched or decoded: what `format: uri` should be, and what old models do not always give."""
    return text[:5].lower() == "data:" or _ABSOLUTE_URL.fullmatch(text) is not None


def _is_text(node: Node) -> bool:
    return not is_uri(node) and "string" in (types_of(node) or ["string"])


def _is_before_marks(cog_version: object) -> bool:
    found = re.match(r"v?(\d{1,6})\.(\d{1,6})\.(\d{1,6})", cog_version) if isinstance(cog_version, str) else None
    return found is not None and tuple(map(int, found.groups())) < _FIRST_WITH_MARKS
