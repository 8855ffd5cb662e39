"""Validate an OpenAPI document: it must follow the standard, and consist of one file.

Two deviations of the published document are tolerated, because neither changes what it describes:

- keywords of a later version than the declared one (QUERY of 3.2 in 3.1, `type: "null"` of 3.1 in 3.0): the document is
  validated against the declared version and all later ones, and the best match counts;
- missing descriptions of responses, which the standard requires but which are prose.

`nullable`, a keyword of 3.0, is allowed in 3.1, as any keyword that is unknown to JSON Schema.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Protocol, cast

from pipeline.document import DocumentError, as_items, as_node, lookup
from pipeline.reading import VERSIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MAX_LISTED, _MAX_LENGTH = 3, 200

# Below `_VALUES`, `$ref` has no meaning; below `_NAMES`, it is a name.
_VALUES = frozenset({"const", "default", "enum", "example", "examples"})
_NAMES = frozenset(
    {"$defs", "headers", "parameters", "paths", "patternProperties", "properties", "responses", "schemas"}
)


class ValidatorError(Protocol):
    """The attributes of the validator's errors that are used here."""

    @property
    def message(self) -> str:
        """The message."""
        ...

    @property
    def absolute_path(self) -> Sequence[str | int]:
        """The location in the document."""
        ...

    @property
    def context(self) -> Sequence[ValidatorError] | None:
        """The errors of each alternative, if there are several."""
        ...


def check(root: dict[str, Any]) -> None:
    """Validate an OpenAPI document.

    Raises:
        DocumentError: It is not valid; the message lists the first problems.
    """
    if not root.get("paths", {}) and not root.get("webhooks"):
        raise DocumentError("an OpenAPI document without paths: there is nothing to generate")
    for reference in sorted(set(_references(root))):
        lookup(root, reference)
    errors = _fewest_errors(_with_descriptions(root))
    if errors:
        more = f" (and {len(errors) - _MAX_LISTED} more)" if len(errors) > _MAX_LISTED else ""
        raise DocumentError(f"not a valid OpenAPI document: {'; '.join(errors[:_MAX_LISTED])}{more}")


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
    for response in (response for holder in holders for response in as_node(holder.get("responses")).values()):
        if isinstance(response, dict) and "$ref" not in response:
            cast(dict[str, Any], response).setdefault("description", "")
    return result


def _fewest_errors(root: dict[str, Any]) -> list[str]:
    version = str(root["openapi"])
    found: list[list[str]] = []
    for later in (one for one in VERSIONS if one >= version[:3]):
        found.append(_errors({**root, "openapi": f"{later}.0"}, later))
        if not found[-1]:
            break
    # Of two equally good matches, take the later version, which knows more keywords.
    return min(reversed(found), key=len)


def _errors(root: dict[str, Any], version: str) -> list[str]:
    # The import takes half a second.
    import openapi_spec_validator as validators

    by_version = {
        "3.0": validators.OpenAPIV30SpecValidator,
        "3.1": validators.OpenAPIV31SpecValidator,
        "3.2": validators.OpenAPIV32SpecValidator,
    }
    found: list[str] = []
    try:
        found.extend(_describe(cast(ValidatorError, error)) for error in by_version[version](root).iter_errors())
    except (AssertionError, AttributeError, LookupError, TypeError, ValueError) as error:
        # The validator itself fails after some errors; report that only if it found no other.
        found = found or [f"it cannot be validated ({type(error).__name__}: {error})"]
    return found


def _describe(error: ValidatorError) -> str:
    """Return the location and the message of the most deeply nested error."""
    while error.context:
        error = max(error.context, key=lambda inner: len(inner.absolute_path))
    place = " > ".join(map(str, error.absolute_path))
    message = error.message if len(error.message) <= _MAX_LENGTH else f"{error.message[:_MAX_LENGTH]}…"
    return f"{place}: {message}" if place else message
