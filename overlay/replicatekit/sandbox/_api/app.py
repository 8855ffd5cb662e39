"""The ASGI applications: a route for each operation of the API's document, and the host of output files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Route

from replicatekit.sandbox._api import routes_account as _routes_account
from replicatekit.sandbox._api import routes_files as _routes_files
from replicatekit.sandbox._api import routes_models as _routes_models
from replicatekit.sandbox._api import routes_predictions as _routes_predictions
from replicatekit.sandbox._api.json_body import read_json
from replicatekit.sandbox._api.responses import Refusal
from replicatekit.sandbox._api.validation import check_body, check_query, document, operations

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from replicatekit.sandbox._api.validation import Operation
    from replicatekit.sandbox._state import State

    Handler = Callable[[Request, dict[str, Any]], Awaitable[Response]]

HANDLERS: dict[str, Handler] = {
    **_routes_account.HANDLERS,
    **_routes_files.HANDLERS,
    **_routes_models.HANDLERS,
    **_routes_predictions.HANDLERS,
}


def make_api(state: State) -> Starlette:
    """Return the API: a route for each operation of its document, with the handlers in `HANDLERS`."""
    ordered = sorted(operations(), key=_route_order)
    routes = [Route(f"/v1{each.path}", _endpoint(each), methods=[each.method], name=each.id) for each in ordered]
    return _application(state, [*routes, Route("/v1/openapi.json", _document)])


def make_delivery(state: State) -> Starlette:
    """Return the host of output files and streams, which need no token."""
    return _application(
        state,
        [
            Route("/pbxt/{key}/{name:path}", _routes_files.deliver),
            Route("/v1/streams/{stream_key}", _routes_predictions.stream),
        ],
    )


def _application(state: State, routes: list[Route]) -> Starlette:
    handlers: dict[Any, Any] = {Refusal: _refused, HTTPException: _not_served, Exception: _broken}
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.state.sandbox = state
    app.router.redirect_slashes = False
    return app


def _route_order(operation: Operation) -> tuple[bool, list[bool]]:
    """Routes are tried in order: polled ones first, and fixed segments before placeholders in their position."""
    return not operation.path.startswith("/predictions"), ["{" in segment for segment in operation.path.split("/")]


def _endpoint(operation: Operation) -> Callable[[Request], Awaitable[Response]]:
    handler = HANDLERS.get(operation.id)
    if handler is None:
        return _not_implemented

    async def endpoint(request: Request) -> Response:
        body: dict[str, Any] = {}
        if operation.media_type == "application/json":
            body = await _read_body(request)
            check_body(operation, body)
        if operation.query:
            check_query(operation, request.query_params)
        return await handler(request, body)

    return endpoint


async def _not_implemented(request: Request) -> Response:
    """Respond to an operation of the document that the sandbox has no handler for."""
    detail = f"The sandbox has no handler for {request.method} {request.url.path}, which the API's document describes."
    return Refusal(501, detail, title="Not implemented").response()


async def _read_body(request: Request) -> dict[str, Any]:
    raw = await request.body()
    try:
        return cast("dict[str, Any]", read_json(raw or b"{}"))
    except ValueError as error:
        raise Refusal(400, f"The body is not valid JSON: {error}", title="Bad request") from error


async def _document(_: Request) -> Response:
    return JSONResponse(document())


async def _refused(_: Request, error: Exception) -> Response:
    return cast("Refusal", error).response()


async def _broken(_: Request, error: Exception) -> Response:
    return Refusal(500, f"The sandbox itself failed: {error!r}", title="Internal server error").response()


async def _not_served(_: Request, error: Exception) -> Response:
    refusal = cast("HTTPException", error)
    return Refusal(refusal.status_code, refusal.detail, title=refusal.detail, headers=refusal.headers).response()
