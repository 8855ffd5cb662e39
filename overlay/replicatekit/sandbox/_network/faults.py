"""Faults on demand: what goes wrong, with which requests, how often.

A fault is matched when the head of a request arrives. What concerns bytes (`cut`, `drip`, `lie`) happens at
the connection (`_wire`), what concerns the answer (`status`, `truncate`, `events`, ...) where it is made
(`_gate`).
"""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

import attrs
from attrs import validators
from attrs.validators import optional

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADER = "sandbox-fault"
"""A request with this header brings its own fault: `sandbox-fault: status=503; delay=0.2`."""


_STATUS = optional([validators.ge(200), validators.le(599)])
_CUT = optional(validators.in_(("request", "response")))
_ENDING = validators.in_(("reset", "close", "clean"))


@attrs.frozen(kw_only=True)
class Fault:
    """What goes wrong with one request. Several of them go together.

    Attributes:
        delay: seconds between the answer being ready (the work is done) and its first byte.
        status: answers with this status; the request is not handled.
        body: what the answer says: an object or list is JSON, a text is HTML, bytes are bytes, `""` is
            nothing. Without it: the API's own words for the status.
        headers: further headers of that answer.
        handled: the request is handled all the same (a create is made and billed) and its answer lost.
        cut: ends the connection at byte `at` of the request or of the response, heads included.
        at: the number of bytes that still pass. `cut="response", at=0`: handled, and never answered.
        ending: how a connection ends: `reset` (RST), `close` (FIN in the middle), or, for a stream,
            `clean` (a well-formed end, but without `done`).
        truncate: only so many bytes of the body, in a well-formed answer.
        events: a stream ends after so many events.
        into: and so many bytes into the next one.
        redirect: answers with a redirect to this URL; the path is added to a bare origin.
        drip: seconds between one byte of the answer and the next.
        lie: is added to the true Content-Length, and the connection closed after the body.
    """

    delay: float = 0.0
    status: int | None = attrs.field(default=None, validator=_STATUS)
    body: Any = None
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])
    handled: bool = False
    cut: Literal["request", "response"] | None = attrs.field(default=None, validator=_CUT)
    at: int = 0
    ending: Literal["reset", "close", "clean"] = attrs.field(default="reset", validator=_ENDING)
    truncate: int | None = None
    events: int | None = None
    into: int = 0
    redirect: str | None = None
    drip: float | None = None
    lie: int = 0

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Reads a fault from a header: `name=value` parted by semicolons, values as JSON or plain text."""
        values: dict[str, Any] = {}
        for part in text.split(";"):
            name, _, value = part.strip().partition("=")
            if name:
                values[name.strip().replace("-", "_")] = _read(value.strip())
        return cls(**values)

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes] | None:
        """The status, headers and body of an answer that this fault gives by itself, or None."""
        if self.redirect is not None:
            target = self.redirect if self.redirect.count("/") > 2 else self.redirect + path
            return self.status or 307, {"location": target, **self.headers}, b""
        if self.status is None:
            return None
        kind, body = _content(self.status, self.body)
        return self.status, {"content-type": kind, **self.headers}, body


def _read(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def _content(status: int, body: Any) -> tuple[str, bytes]:
    if isinstance(body, bytes):
        return "application/octet-stream", body
    if isinstance(body, str):
        return "text/html; charset=utf-8", body.encode()
    if body is not None:
        return "application/json", json.dumps(body).encode()
    if status == 429:
        return "application/json", json.dumps(throttled(30)).encode()
    problem = {"title": f"Status {status}", "detail": "A fault that was asked for", "status": status}
    return "application/problem+json", json.dumps(problem).encode()


def throttled(seconds: float) -> dict[str, Any]:
    """What the API says to a request that comes too soon; clients read the seconds from it."""
    return {"detail": f"Request was throttled. Your rate limit resets in ~{max(1, round(seconds))}s."}


@attrs.define(eq=False, kw_only=True)
class Rule:
    """A fault and the requests that it is for.

    Attributes:
        fault: what goes wrong.
        method: only requests with this method.
        path: only requests with this path, without `/v1`; `*` stands for anything.
        times: how many requests it is for; None: all of them.
        skip: how many of them pass first.
        hits: how many it has hit.
    """

    fault: Fault
    method: str | None = None
    path: str | None = None
    times: int | None = 1
    skip: int = 0
    hits: int = 0

    def fits(self, method: str, path: str) -> bool:
        """Whether it is for such a request and not used up."""
        return (
            (self.times is None or self.hits < self.times)
            and (self.method is None or self.method == method)
            and (self.path is None or fnmatchcase(path, self.path))
        )


class Faults:
    """The rules in the order in which they were made; the first one that fits is taken."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._rules: list[Rule] = []

    def add(self, rule: Rule) -> Rule:
        """Adds a rule and gives it back."""
        with self._lock:
            self._rules.append(rule)
        return rule

    def remove(self, rule: Rule) -> None:
        """Takes a rule away, if it is there."""
        with self._lock:
            self._rules = [one for one in self._rules if one is not rule]

    def clear(self) -> None:
        """Takes all rules away."""
        with self._lock:
            self._rules = []

    def take(self, method: str, path: str, header: str | None = None) -> Fault | None:
        """The fault for a request that has just arrived, or None."""
        if header is not None:
            try:
                return Fault.parse(header)
            except (TypeError, ValueError) as error:
                return Fault(status=400, body={"detail": f"the header {HEADER} cannot be read: {error}"})
        if not self._rules:
            return None
        bare = path.removeprefix("/v1").removeprefix("/v1")
        with self._lock:
            for rule in self._rules:
                if not rule.fits(method, bare):
                    continue
                if rule.skip > 0:
                    rule.skip -= 1
                    continue
                rule.hits += 1
                return rule.fault
        return None
