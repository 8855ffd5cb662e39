"""Pagination: cursors, and the absolute URLs that contain them."""

from __future__ import annotations

import base64
import binascii
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from replicatekit.sandbox._api.responses import Refusal, invalid, json_response, state_of
from replicatekit.sandbox._storage.blobs import API
from replicatekit.sandbox._storage.store import dumps

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from replicatekit.sandbox._storage.store import Row


_LAST = 2**63  # SQLite's largest integer


def page_of_values(request: Request, values: Sequence[Any]) -> Response:
    """Return a page of a list in memory."""
    size = state_of(request).settings.page_size
    start = _read_cursor(request, "o") or 0
    return _page(
        request,
        [dumps(value) for value in values[start : start + size]],
        following=f"o={start + size}" if start + size < len(values) else None,
        previous=f"o={max(0, start - size)}" if start > 0 else None,
    )


def page_of_rows(request: Request, kind: str, body: Callable[[Row], str], *, unexpired: bool = False) -> Response:
    """Return a page of records, the newest first; a cursor keeps its position while new records are created."""
    state = state_of(request)
    size = state.settings.page_size
    before, after = _read_cursor(request, "b"), _read_cursor(request, "a")
    where, values = _times(request)
    if unexpired:
        where, values = [*where, "expires >= ?"], [*values, time.time()]
    if after is not None:
        where, values = [*where, "seq > ?"], [*values, after]
    elif before is not None:
        where, values = [*where, "seq < ?"], [*values, before]
    rows = state.store.rows(kind, where=tuple(where), values=tuple(values), descending=after is None, limit=size + 1)
    more, rows = len(rows) > size, rows[:size]
    if after is not None:
        rows = rows[::-1]
    has_next = bool(rows) and (more or after is not None)
    has_previous = bool(rows) and (before is not None or (after is not None and more))
    return _page(
        request,
        [body(row) for row in rows],
        following=f"b={rows[-1].seq}" if has_next else None,
        previous=f"a={rows[0].seq}" if has_previous else None,
    )


def _times(request: Request) -> tuple[list[str], list[float]]:
    where: list[str] = []
    values: list[float] = []
    for name, condition in (("created_after", "created >= ?"), ("created_before", "created < ?")):
        text = request.query_params.get(name)
        if text is None:
            continue
        try:
            values.append(datetime.fromisoformat(text).timestamp())
        except (ValueError, OverflowError, OSError):
            raise invalid([("format", name, f"{text[:50]!r} is not a date and time")]) from None
        where.append(condition)
    return where, values


def _page(request: Request, results: list[str], *, following: str | None, previous: str | None) -> Response:
    next_url, previous_url = _url(request, following), _url(request, previous)
    return json_response(
        request,
        f'{{"next":{dumps(next_url)},"previous":{dumps(previous_url)},"results":[{",".join(results)}]}}',
    )


def _url(request: Request, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    query = [(name, value) for name, value in parse_qsl(request.url.query) if name != "cursor"]
    text = base64.urlsafe_b64encode(cursor.encode()).decode().rstrip("=")
    return f"{API}{request.url.path}?{urlencode([('cursor', text), *query])}"


def _read_cursor(request: Request, kind: str) -> int | None:
    text = request.query_params.get("cursor")
    if text is None:
        return None
    name, value = "", -1
    try:
        name, _, number = base64.urlsafe_b64decode(text + "==").decode().partition("=")
        value = int(number)
    except (binascii.Error, ValueError):
        pass
    if not 0 <= value < _LAST:
        raise Refusal(400, f"{text[:50]!r} is not a cursor of this list", title="Invalid cursor")
    return value if name == kind else None
