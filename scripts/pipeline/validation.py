"""Whether a document is one that the package can be generated from: valid OpenAPI, in one file.

Two liberties of the published document are not held against it, because neither changes what it describes:

- it may use words of a later version than the one it names (QUERY of 3.2 in a 3.1, `type: "null"` of 3.1 in a
  3.0), so it is measured by the later versions too, and by the one that it fits best;
- it may come without the descriptions of answers, which the standard demands but which are prose.

`nullable`, a keyword of 3.0, is allowed in 3.1 as any keyword is that JSON Schema does not know.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Protocol, cast

from pipeline.document import DocumentError, as_items, as_node, pointed_at
from pipeline.reading import VERSIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SHOWN, _LONGEST = 3, 200

# Below these keys stand values, in which `$ref` means nothing, and names, among which it is one like others.
_VALUES = frozenset({"const", "default", "enum", "example", "examples"})
_NAMES = frozenset(
    {"$defs", "headers", "parameters", "paths", "patternProperties", "properties", "responses", "schemas"}
)


class Complaint(Protocol):
    """What the validator says of one place, in the part of its words that is used here."""

    @property
    def message(self) -> str:
        """What is wrong."""
        ...

    @property
    def absolute_path(self) -> Sequence[str | int]:
        """Where it is."""
        ...

    @property
    def context(self) -> Sequence[Complaint] | None:
        """Why each of several possible readings fails."""
        ...


def check(root: dict[str, Any]) -> None:
    """Validate an OpenAPI document.

    Raises:
        DocumentError: It is not valid; the message names the first few places and what is wrong there.
    """
    if not root.get("paths", {}) and not root.get("webhooks"):
        raise DocumentError("an OpenAPI document without paths: there is nothing to generate")
    for reference in sorted(set(_references(root))):
        pointed_at(root, reference)
    errors = _fewest_errors(_with_descriptions(root))
    if errors:
        more = f" (and {len(errors) - _SHOWN} more)" if len(errors) > _SHOWN else ""
        raise DocumentError(f"not a valid OpenAPI document: {'; '.join(errors[:_SHOWN])}{more}")


def _references(value: object, *, named: bool = False) -> Iterator[str]:
    for item in as_items(value):
        yield from _references(item)
    for key, item in as_node(value).items():
        if key == "$ref" and isinstance(item, str) and not named:
            yield item
        elif key not in _VALUES or named:
            yield from _references(item, named=key in _NAMES and not named)


def _with_descriptions(root: dict[str, Any]) -> dict[str, Any]:
    result = copy.deepcopy(root)
    holders = [as_node(result.get("components"))]
    holders += [as_node(item) for path in as_node(result["paths"]).values() for item in as_node(path).values()]
    for answer in (answer for holder in holders for answer in as_node(holder.get("responses")).values()):
        if isinstance(answer, dict) and "$ref" not in answer:
            cast(dict[str, Any], answer).setdefault("description", "")
    return result


def _fewest_errors(root: dict[str, Any]) -> list[str]:
    version = str(root["openapi"])
    found: list[list[str]] = []
    for later in (one for one in VERSIONS if one >= version[:3]):
        found.append(_errors({**root, "openapi": f"{later}.0"}, later))
        if not found[-1]:
            break
    # Of two that fit alike, the later one knows the words that the other stumbles over.
    return min(reversed(found), key=len)


def _errors(root: dict[str, Any], version: str) -> list[str]:
    # Half a second's import, needed here only.
    import openapi_spec_validator as validators

    by_version = {
        "3.0": validators.OpenAPIV30SpecValidator,
        "3.1": validators.OpenAPIV31SpecValidator,
        "3.2": validators.OpenAPIV32SpecValidator,
    }
    found: list[str] = []
    try:
        found.extend(_told(cast(Complaint, error)) for error in by_version[version](root).iter_errors())
    except (AssertionError, AttributeError, LookupError, TypeError, ValueError) as error:
        # The validator goes on after an error and stumbles over it; only if it named none is that worth telling.
        found = found or [f"so broken that it can't be validated ({type(error).__name__}: {error})"]
    return found


def _told(error: Complaint) -> str:
    """Say where a document is wrong and why, by that error within the error that lies deepest."""
    while error.context:
        error = max(error.context, key=lambda inner: len(inner.absolute_path))
    place = " > ".join(map(str, error.absolute_path))
    message = error.message if len(error.message) <= _LONGEST else f"{error.message[:_LONGEST]}…"
    return f"{place}: {message}" if place else message
