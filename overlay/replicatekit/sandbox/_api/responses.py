"""Responses: JSON with the request's origins in its URLs, and errors in the API's form."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from replicatekit.sandbox._storage.blobs import API, DELIVERY
from replicatekit.sandbox._storage.store import dumps

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request

    from replicatekit.sandbox._state import State


_HOST = re.compile(r"[A-Za-z0-9.:\[\]_-]+")


def state_of(request: Request) -> State:
    """Return the state of the sandbox."""
    result: State = request.app.state.sandbox
    return result


def render(request: Request, text: str) -> bytes:
    """Return stored JSON with the origin that this request used in its URLs."""
    host = request.headers.get("host", "")
    origins = state_of(request).blobs.origins
    api = f"http://{host}" if _HOST.fullmatch(host) else origins[API]
    return text.replace(API, api).replace(DELIVERY, origins[DELIVERY]).encode("utf-8", "replace")


def json_response(
    request: Request, value: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a JSON response; `value` is JSON text, or anything that `json.dumps` accepts."""
    text = value if isinstance(value, str) else dumps(value)
    return Response(render(request, text), status, headers, "application/json")


class Refusal(Exception):
    """Raised to respond to a request with an error."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        title: str | None = None,
        invalid_fields: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.title = title
        self.invalid_fields = list(invalid_fields)
        self.headers = headers

    def response(self) -> Response:
        """Return the response, a problem document."""
        body: dict[str, Any] = {"title": self.title} if self.title else {}
        body |= {"detail": self.detail, "status": self.status}
        if self.invalid_fields:
            body["invalid_fields"] = self.invalid_fields
        return Response(dumps(body), self.status, self.headers, "application/problem+json")


def not_found(what: str) -> Refusal:
    """Return the error for something that does not exist."""
    return Refusal(404, f"The {what} does not exist, or you are not allowed to see it", title="Not Found")


def invalid(fields: Sequence[tuple[str, str, str]]) -> Refusal:
    """Return the error for invalid fields, each with its kind, path and message."""
    listed = [{"type": kind, "field": field, "description": text} for kind, field, text in fields]
    detail = "".join(f"- {field}: {text}\n" for _, field, text in fields)
    return Refusal(422, detail, title="Input validation failed", invalid_fields=listed)
