"""Names in Python for what a schema names as it likes."""

from __future__ import annotations

import keyword
import re
import unicodedata
from typing import TYPE_CHECKING

from replicatekit._base.signatures import resolvable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

__all__ = ["class_name", "identifier", "parameter_names"]

# `__debug__` is no keyword, and cannot be a parameter either. Linters refuse names that look like digits, and the
# body of a generated function needs its exception.
_FORBIDDEN = frozenset({*keyword.kwlist, "__debug__", "l", "O", "I", "NotImplementedError"})


def parameter_names(names: Iterable[str]) -> dict[str, str]:
    """A parameter for each input: the name itself where Python allows it, else one that resembles it.

    `from` becomes `from_`, `num-steps` becomes `num_steps`, `3d` becomes `input_3d`; names that become the same are
    numbered. The result depends on nothing but the names and their order.

    Returns:
        The names of the inputs by the names of their parameters.
    """
    given = list(names)
    # Names that need no change keep theirs, whatever the others become.
    found = {name: name for name in given if _is_parameter(name)}
    for name in given:
        if name not in found.values():
            found[identifier(name, "input", found)] = name
    order = {name: index for index, name in enumerate(given)}
    return dict(sorted(found.items(), key=lambda pair: order[pair[1]]))


def identifier(text: str, prefix: str, taken: Collection[str] = ()) -> str:
    """An identifier that resembles a text and is not taken; `prefix` goes before what cannot begin with itself."""
    plain = unicodedata.normalize("NFKC", text)
    plain = re.sub(r"\W+", "_", plain).strip("_") if not plain.isidentifier() else plain
    plain = unicodedata.normalize("NFKC", plain)
    if not plain or not plain.isidentifier():
        plain = f"{prefix}_{plain}".rstrip("_")
    if not plain.isidentifier():  # `\w` has characters that identifiers have not
        plain = re.sub(r"[^0-9A-Za-z_]+", "_", plain).strip("_")
        plain = plain if plain.isidentifier() else f"{prefix}_{plain}".rstrip("_")
    if plain in _FORBIDDEN:
        plain += "_"
    name, number = plain, 2
    while name in taken:
        name, number = f"{plain}_{number}", number + 1
    return name


def class_name(text: str, taken: Collection[str] = ()) -> str:
    """The name of a class that resembles a text and is not taken."""
    words = re.findall(r"[0-9A-Za-z]+", text)
    return identifier("".join(word[0].upper() + word[1:] for word in words), "Type", taken)


def _is_parameter(name: str) -> bool:
    # Python reads identifiers in their NFKC form, so only those are what they look like.
    return name.isidentifier() and name not in _FORBIDDEN and unicodedata.normalize("NFKC", name) == name


resolvable(__name__)
