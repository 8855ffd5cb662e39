"""The expected result of reading a model, derived independently from annotations; and mutations of JSON."""

from __future__ import annotations

import math
import pickle
from datetime import datetime
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any

import replicatekit_api.models as models
from replicatekit_api import View

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

Path = tuple[str | int, ...]

DROPPED = object()
ADDED = object()

WORDS = ["", " ", "a word of tomorrow 🐚", "\ud800", "\x00", "null", "NaN", "0", "{}", "a" * 5000]
DATES = [
    "2026-02-03T04:05:06Z",
    "2026-02-03T04:05:06.123456789Z",
    "2026-02-03 04:05:06+0100",
    "20260203T040506Z",
    "2026-W05-2",
    "2026-02-03",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59.999999-23:59",
    "0000-00-00",
    "2026-02-30T00:00:00Z",
    "2026-02-03T24:00:00Z",
    "2026-02-03T23:59:60Z",
    "99999-01-01T00:00:00Z",
    "-2026-02-03T04:05:06Z",
    "\u0662\u0660\u0662\u0666-\u0660\u0662-\u0660\u0663T04:05:06Z",
    "2026-02-03T04:05:06+99:99",
    "2026-02-03T04:05:06 Europe/Paris",
    "yesterday",
    "1770091506",
]
NUMBERS = [0, 1, -1, 7, 10**400, -(10**5000), 2.5, 5.0, -0.0, 1e308, math.inf, -math.inf, math.nan]
OTHERS = [None, True, False, [], [None], [1, "a", [], {}], {}, {"id": None}, {"unknown": 1, "": 2}, [{}], [[[[]]]]]
REPLACEMENTS = [*WORDS, *DATES, *NUMBERS, *OTHERS]


def any_text(random: Random) -> str:
    return "".join(chr(random.choice((random.randrange(128), random.randrange(0x110000)))) for _ in range(random.randrange(9)))


def any_json(random: Random, depth: int = 3) -> Any:
    """Return a random JSON value of limited depth; the odd values of `REPLACEMENTS` are more frequent."""
    kind = random.randrange(8) if depth else random.randrange(6)
    if kind < 3:
        return random.choice(REPLACEMENTS)
    if kind < 6:
        return random.choice([any_text(random), random.randint(-(2**65), 2**65), random.uniform(-1e9, 1e9)])
    items = [any_json(random, depth - 1) for _ in range(random.randrange(5))]
    return items if kind == 6 else {any_text(random): item for item in items}


def locations(value: Any, annotation: str, path: Path = ()) -> Iterator[Path]:
    """Yield all typed locations of a value, and the first level of untyped parts."""
    yield path
    kind = annotation.removesuffix(" | None")
    if isinstance(value, list):
        item = kind.removeprefix("list[").removesuffix("]") if kind.startswith("list[") else "open"
        for place, each in enumerate(value) if annotation != "open" else ():
            yield from locations(each, item, (*path, place))
    elif isinstance(value, dict):
        fields = annotations(getattr(models, kind)) if hasattr(models, kind) else {}
        for key, each in value.items() if annotation != "open" else ():
            yield from locations(each, fields.get(key, "open"), (*path, key))


def pruned(value: Any, annotation: str) -> Any:
    """Return a value with untyped parts shortened."""
    kind = annotation.removesuffix(" | None")
    if isinstance(value, list) and annotation != "open":
        item = kind.removeprefix("list[").removesuffix("]") if kind.startswith("list[") else "open"
        return [pruned(each, item) for each in value]
    if isinstance(value, dict) and annotation != "open":
        fields = annotations(getattr(models, kind)) if hasattr(models, kind) else {}
        return {key: pruned(each, fields.get(key, "open")) for key, each in value.items()}
    return "..." if isinstance(value, (dict, list)) else value


def copied(value: Any) -> Any:
    """Return a deep copy; pickle is faster than `copy.deepcopy`."""
    return pickle.loads(pickle.dumps(value))


def spoiled(value: Any, path: Path, by: Any) -> Any:
    """Return a copy in which one location is removed, extended or replaced."""
    if not path:
        return by
    result = copied(value)
    holder = result
    for step in path[:-1]:
        holder = holder[step]
    if by is DROPPED:
        del holder[path[-1]]
    elif by is ADDED:
        holder[path[-1]]["a_field_of_tomorrow"] = {"x": [1, None]}
    else:
        holder[path[-1]] = by
    return result


@cache
def annotations(model: type[View]) -> dict[str, str]:
    """Return the key and the type of each field."""
    found = {key: vars(model)[name].fget.__annotations__["return"] for name, key in model._keys.items()}
    return {key: annotation.replace("_models.", "") for key, annotation in found.items()}


def invalid_values(raw: Any, annotation: str, path: str = "") -> list[str]:
    """Return the paths at which a JSON value does not have the annotated type."""
    kind = annotation.removesuffix(" | None")
    if kind == "Any" or (raw is None and path and not path.endswith("]")):
        return []
    if kind.startswith("list["):
        if not isinstance(raw, list):
            return [path]
        item = kind.removeprefix("list[").removesuffix("]")
        return [each for place, value in enumerate(raw) for each in invalid_values(value, item, f"{path}[{place}]")]
    model = getattr(models, kind, None)
    if model is None:
        return [] if _fits(raw, kind) else [path]
    if not isinstance(raw, dict):
        return [path]
    lead = f"{path}." if path else ""
    return [
        each
        for key, of in annotations(model).items()
        if key in raw
        for each in invalid_values(raw[key], of, f"{lead}{key}")
    ]


def _fits(raw: Any, kind: str) -> bool:
    if kind == "datetime":
        try:
            return isinstance(raw, str) and bool(datetime.fromisoformat(raw))
        except ValueError:
            return False
    is_number = isinstance(raw, (int, float)) and not isinstance(raw, bool)
    if kind == "int":
        return is_number and (isinstance(raw, int) or raw.is_integer())
    if kind == "float":
        return is_number and (isinstance(raw, float) or abs(raw) < 2**1024)
    if kind == "bool":
        return isinstance(raw, bool)
    return isinstance(raw, dict if kind.startswith("dict[") else str)


def read_all(value: Any, annotation: str) -> None:
    """Read all fields, and check that they have the annotated types."""
    if annotation.endswith(" | None") and value is None:
        return
    kind = annotation.removesuffix(" | None")
    if kind == "Any":
        return
    if kind.startswith("list["):
        assert isinstance(value, list)
        for each in value:
            read_all(each, kind.removeprefix("list[").removesuffix("]"))
        return
    word, _, other = kind.partition(" | ")
    if other:
        assert isinstance(value, str)
        assert not isinstance(value, Enum) or isinstance(value, getattr(models, word))
        return
    plain = {"str": str, "int": int, "float": float, "bool": bool, "datetime": datetime, "dict[str, Any]": dict}
    assert isinstance(value, plain.get(kind) or getattr(models, kind)), (value, annotation)
    if isinstance(value, datetime):
        assert value.utcoffset() is not None
    if isinstance(value, View):
        for name, key in value._keys.items():
            read_all(getattr(value, name), annotations(type(value))[key])


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal including types: 1, True and 1.0 differ, NaN equals NaN."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other or (one != one and other != other)


def check(model: type[View], data: dict[str, Any]) -> None:
    """Check all invariants of reading an object as a model."""
    before = copied(data)
    view = model.from_dict(data)
    read_all(view, model.__name__)
    assert same(view.to_dict(), before)
    assert same(data, before), "reading changed the data"
    assert sorted(view.invalid_values) == sorted(invalid_values(data, model.__name__))
    assert len(repr(view)) < 150 * (len(data) + 1) + sum(map(len, map(repr, data)))
