"""Answers: JSON with the right origins in it, and refusals in the form in which the API says no."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from replicatekit.sandbox._storage.blobs import API, DELIVERY
from replicatekit.sandbox._storage.store import dumps

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request

    from replicatekit.sandbox._state import State


def state_of(request: Request) -> State:
    """What the sandbox knows."""
    return request.app.state.sandbox


def render(request: Request, text: str) -> bytes:
    """Stored JSON as this client gets it: with the origin to which its request came."""
    host = request.headers.get("host", "")
    delivery = state_of(request).blobs.origins[DELIVERY]
    return text.replace(API, f"http://{host}").replace(DELIVERY, delivery).encode("utf-8", "replace")


def json_answer(request: Request, value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer; `value` is JSON text already, or anything that can be."""
    text = value if isinstance(value, str) else dumps(value)
    return Response(render(request, text), status, headers, "application/json")


class Refusal(Exception):
    """Raised where the API says no."""

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

    def answer(self) -> Response:
        """The answer in the form of a problem."""
        body: dict[str, Any] = {"title": self.title} if self.title else {}
        body |= {"detail": self.detail, "status": self.status}
        if self.invalid_fields:
            body["invalid_fields"] = self.invalid_fields
        return Response(dumps(body), self.status, self.headers, "application/problem+json")


def not_found(what: str) -> Refusal:
    """Refuses because there is no such thing."""
    return Refusal(404, f"There is no {what}, or it is not yours to see", title="Not Found")


def invalid(fields: Sequence[tuple[str, str, str]]) -> Refusal:
    """Refuses a request for its fields, each with a kind, its path and what is wrong."""
    listed = [{"type": kind, "field": field, "description": text} for kind, field, text in fields]
    detail = "".join(f"- {field}: {text}\n" for _, field, text in fields)
    return Refusal(422, detail, title="Input validation failed", invalid_fields=listed)
