"""`replicatekit api`: send any request, with the client's token, retries and errors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from replicatekit.cli._frame.command import Command, Context, argument
from replicatekit.cli._frame.local_files import read_file
from replicatekit.errors import APIError, DecodingError, InvalidArgument

if TYPE_CHECKING:
    import httpx

__all__ = ["COMMANDS"]


def api(context: Context) -> None:
    """Send a request and print the response's body."""
    options = context.options
    method, path = options.method, options.path
    body = _body(options.data) if options.data is not None else None
    if options.paginate and method.upper() != "GET":
        raise InvalidArgument(f"--paginate follows GET requests, not {method.upper()}")
    fields = dict(_pair(each, "=") for each in options.field)
    headers = dict(_pair(each, ":") for each in options.header)
    if body is not None and "content-type" not in {name.lower() for name in headers}:
        headers["Content-Type"] = "application/json"
    while path:
        response = context.client.request(
            method, path, params=fields or None, content=body, headers=headers, timeout=options.timeout
        )
        path, fields = _show(context, response, pages=options.paginate), {}


def _body(text: str) -> bytes:
    if text == "-" or text.startswith("@"):
        return read_file(text.removeprefix("@"))
    return text.encode("utf-8", "surrogateescape")


def _pair(text: str, sign: str) -> tuple[str, str]:
    name, separator, value = text.partition(sign)
    if not separator or not name.strip():
        raise InvalidArgument(f"{name!r} must be written as name{sign}value")
    return name.strip(), value.strip() if sign == ":" else value


def _show(context: Context, response: httpx.Response, *, pages: bool) -> str | None:
    """Write a response. With `--paginate`, return the URL of the next page."""
    content = response.content
    if "json" not in response.headers.get("content-type", ""):
        if pages:
            raise DecodingError("a page is not JSON, so no page can follow it", url=str(response.url))
        context.output.data(content)
        return None
    try:
        value: Any = response.json()
    except ValueError as error:
        raise DecodingError(f"the response is not JSON: {error}", url=str(response.url), body=content[:500]) from None
    if not pages:
        context.output.json(value)
        return None
    if not isinstance(value, dict) or "results" not in value:
        raise APIError("the response has no pages: leave out --paginate", method="GET", url=str(response.url))
    page = cast("dict[str, Any]", value)
    for each in page["results"]:
        context.output.text(json.dumps(each, ensure_ascii=False) + "\n")
    return page.get("next")


COMMANDS = (
    Command(
        "api",
        "Send any request to the API and print the response. The token goes to the API's own host only.",
        api,
        argument("method", metavar="METHOD", help="GET, POST, PATCH, DELETE or QUERY"),
        argument("path", metavar="PATH", help="a path such as /predictions, or a URL of the API"),
        argument("-d", "--data", metavar="TEXT", help="the body; @file, or - for stdin. JSON unless -H says otherwise"),
        argument("-f", "--field", metavar="NAME=VALUE", action="append", default=[], help="a query parameter"),
        argument("-H", "--header", metavar="NAME:VALUE", action="append", default=[], help="a header"),
        argument("--paginate", action="store_true", help="follow all pages, and print one item a line"),
        argument("--timeout", metavar="SECONDS", type=float, help="for the request with its retries"),
        examples="""\
example:
  replicatekit api POST /predictions -d '{"version": "...", "input": {"prompt": "a lighthouse"}}'""",
    ),
)
