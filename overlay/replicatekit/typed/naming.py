"""Python identifiers for the names in a schema."""

from __future__ import annotations

import keyword
import re
import unicodedata
from typing import TYPE_CHECKING

from replicatekit._base.signatures import resolvable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

__all__ = ["class_name", "identifier", "parameter_names"]

# `__debug__` is not a keyword, but cannot be a parameter either. Linters refuse names that look like digits, and
# the body of a generated function uses its exception.
_FORBIDDEN = frozenset({*keyword.kwlist, "__debug__", "l", "O", "I", "NotImplementedError"})


def parameter_names(names: Iterable[str]) -> dict[str, str]:
    """Map each input to a parameter: the same name where Python allows it, else a similar one.

    `from` becomes `from_`, `num-steps` becomes `num_steps`, `3d` becomes `input_3d`; names that become the same are
    numbered. The result depends only on the names and their order.

    Returns:
        The names of the inputs by the names of their parameters.
    """
    originals = list(names)
    # Valid names are assigned first, so that a changed name cannot take one.
    parameters = {name: name for name in originals if _is_parameter(name)}
    for name in originals:
        if name not in parameters.values():
            parameters[identifier(name, "input", parameters)] = name
    order = {name: index for index, name in enumerate(originals)}
    return dict(sorted(parameters.items(), key=lambda pair: order[pair[1]]))


def identifier(text: str, prefix: str, taken: Collection[str] = ()) -> str:
    """An unused identifier that resembles a text; `prefix` is added if the text cannot begin an identifier."""
    plain = unicodedata.normalize("NFKC", text)
    plain = re.sub(r"\W+", "_", plain).strip("_") if not plain.isidentifier() else plain
    plain = unicodedata.normalize("NFKC", plain)
    if not plain or not plain.isidentifier():
        plain = f"{prefix}_{plain}".rstrip("_")
    if not plain.isidentifier():  # `\w` matches characters that identifiers cannot contain
        plain = re.sub(r"[^0-9A-Za-z_]+", "_", plain).strip("_")
        plain = plain if plain.isidentifier() else f"{prefix}_{plain}".rstrip("_")
    if plain in _FORBIDDEN:
        plain += "_"
    name, number = plain, 2
    while name in taken:
        name, number = f"{plain}_{number}", number + 1
    return name


def class_name(text: str, taken: Collection[str] = ()) -> str:
    """An unused class name that resembles a text."""
    words = re.findall(r"[0-9A-Za-z]+", text)
    return identifier("".join(word[0].upper() + word[1:] for word in words), "Type", taken)


def _is_parameter(name: str) -> bool:
    # Python normalizes identifiers to NFKC, so other forms would change.
    return name.isidentifier() and name not in _FORBIDDEN and unicodedata.normalize("NFKC", name) == name


resolvable(__name__)
