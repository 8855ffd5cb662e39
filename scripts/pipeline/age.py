"""Find signs that a document is an older revision than the current one; documents carry no date."""

from __future__ import annotations

import re
from datetime import date
from email.utils import parsedate_to_datetime
from pathlib import PurePath
from typing import TYPE_CHECKING

from pipeline.document import as_node
from pipeline.facts import facts_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.document import Document

__all__ = ["date_of", "signs_of_age"]

_DATE = re.compile(r"(20\d\d)-(\d\d)-(\d\d)")
_NUMBERS = re.compile(r"\d+")


def date_of(source: str, last_modified: str = "") -> date | None:
    """Return the date of a revision: from its file name, or from the `Last-Modified` header."""
    try:
        if found := _DATE.search(PurePath(source).name):
            return date(*map(int, found.groups()))
        return parsedate_to_datetime(last_modified).date() if last_modified else None
    except ValueError:
        return None


def signs_of_age(old: Document, new: Document, old_day: date | None, new_day: date | None) -> Iterator[str]:
    """Yield the reasons why a document looks older than the current one."""
    if old_day and new_day and new_day < old_day:
        yield f"it is from {new_day}, the current one from {old_day}"
    for name, before, after in (
        ("OpenAPI", old.root.get("openapi"), new.root.get("openapi")),
        ("info.version", as_node(old.root.get("info")).get("version"), as_node(new.root.get("info")).get("version")),
    ):
        if _numbers(after) < _numbers(before):
            yield f"its {name} is {after}, the current one has {before}"
    yield from _losses(old, new)


def _numbers(version: object) -> tuple[int, ...]:
    return tuple(map(int, _NUMBERS.findall(str(version).partition("-")[0])))


def _losses(old: Document, new: Document) -> Iterator[str]:
    before, after = facts_of(old.root).keys(), facts_of(new.root).keys()
    gone = {one.key: one.title for one in old.operations() if one.key not in {two.key for two in new.operations()}}
    added = {one.key for one in new.operations()} - {one.key for one in old.operations()}
    if gone and not added and len(after - before) < len(before - after):
        yield f"it lacks {', '.join(gone.values())} and has no new operation"
    elif before > after:
        yield f"the current one contains all of it, and {len(before - after)} facts more"
