"""Whether a document is an older revision than the one that is there: documents carry no date, so signs decide."""

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
    """The day of a revision: from the name of its file, or from when a server says that it was changed."""
    try:
        if found := _DATE.search(PurePath(source).name):
            return date(*map(int, found.groups()))
        return parsedate_to_datetime(last_modified).date() if last_modified else None
    except ValueError:
        return None


def signs_of_age(old: Document, new: Document, old_day: date | None, new_day: date | None) -> Iterator[str]:
    """Say why a document looks older than the one that is there."""
    if old_day and new_day and new_day < old_day:
        yield f"it is of {new_day}, the current one of {old_day}"
    for name, before, after in (
        ("OpenAPI", old.root.get("openapi"), new.root.get("openapi")),
        ("info.version", as_node(old.root.get("info")).get("version"), as_node(new.root.get("info")).get("version")),
    ):
        if _numbers(after) < _numbers(before):
            yield f"its {name} is {after}, that of the current one {before}"
    yield from _losses(old, new)


def _numbers(version: object) -> tuple[int, ...]:
    return tuple(map(int, _NUMBERS.findall(str(version).partition("-")[0])))


def _losses(old: Document, new: Document) -> Iterator[str]:
    before, after = facts_of(old.root).keys(), facts_of(new.root).keys()
    gone = {one.key: one.title for one in old.operations() if one.key not in {two.key for two in new.operations()}}
    came = {one.key for one in new.operations()} - {one.key for one in old.operations()}
    if gone and not came and len(after - before) < len(before - after):
        yield f"it lacks {', '.join(gone.values())} and has no operation that is new"
    elif before > after:
        yield f"everything in it is in the current one, which has {len(before - after)} facts more"
