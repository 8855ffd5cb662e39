"""Faults on demand: what goes wrong, with which requests, how often.

A fault is chosen when the head of a request arrives. Faults of bytes (`cut`, `byte_interval`, `length_error`) are
injected at the connection (`_network.connection`), those of the response (`status`, `truncate`, `events`, ...) in
`_api.middleware`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from threading import Lock
from typing import Any, Literal, TypeAlias, TypedDict, cast

import attrs

HEADER = "sandbox-fault"
"""A request with this header brings its own fault: `sandbox-fault: status=503; delay=0.2`."""
FaultBody: TypeAlias = Mapping[str, Any] | Sequence[Any] | str | bytes | None
"""The body of a faulty response: an object or a list becomes JSON, a str HTML; bytes are sent as they are."""


class FaultOptions(TypedDict, total=False):
    """A fault as keywords of `fail_next`; see `Fault` for what each means."""

    delay: float
    status: int | None
    body: FaultBody
    headers: Mapping[str, str]
    handled: bool
    cut: Literal["request", "response"] | None
    at: int
    ending: Literal["reset", "close", "clean"]
    truncate: int | None
    events: int | None
    into: int
    redirect: str | None
    byte_interval: float | None
    length_error: int


_CHOICES: dict[str, tuple[str, ...]] = {"cut": ("request", "response"), "ending": ("reset", "close", "clean")}
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FIELD_VALUE = re.compile(r"[^\0\r\n\u0100-\U0010ffff]*")
_MOST = 2**53


def _check_choice(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    choices = _CHOICES[attribute.name]
    if value not in choices and not (value is None and attribute.default is None):
        allowed = " or ".join(repr(choice) for choice in choices)
        raise ValueError(f"{attribute.name} must be {allowed}, not {value!r}")


def _check_status(_: object, __: object, value: object) -> None:
    if value is not None and not (isinstance(value, int) and 200 <= value <= 599):
        raise ValueError(f"status must be a whole number from 200 to 599, not {value!r}")


def _check_seconds(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if value is not None and not (isinstance(value, (int, float)) and 0 <= value < _MOST):
        raise ValueError(f"{attribute.name} must be a number of seconds, 0 or more, not {value!r}")


def _check_count(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if value is not None and not (isinstance(value, int) and 0 <= value < _MOST):
        raise ValueError(f"{attribute.name} must be a whole number, 0 or more, not {value!r}")


def _check_difference(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if not (isinstance(value, int) and abs(value) < _MOST):
        raise ValueError(f"{attribute.name} must be a whole number, not {value!r}")


def _check_headers(_: object, __: object, value: object) -> None:
    is_valid = isinstance(value, Mapping) and all(
        isinstance(name, str) and isinstance(text, str) and _FIELD_NAME.fullmatch(name) and _FIELD_VALUE.fullmatch(text)
        for name, text in cast("Mapping[object, object]", value).items()
    )
    if not is_valid:
        raise ValueError(f"headers must map header names to strings, not {value!r}")


def _check_url(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if value is not None and not (isinstance(value, str) and _FIELD_VALUE.fullmatch(value)):
        raise ValueError(f"{attribute.name} must be a URL, not {value!r}")


@attrs.frozen(kw_only=True)
class Fault:
    """What goes wrong with one request. The fields can be combined.

    Attributes:
        delay: Seconds between the moment when the response is ready (the work is done) and its first byte.
        status: Respond with this status; the request is not handled.
        body: The body of that response. By default the API's own for the status.
        headers: Further headers of that response.
        handled: Handle the request (a prediction is created and billed), but drop its response.
        cut: End the connection at byte `at` of the `request` or of the `response`, heads included.
        at: Cut after this many bytes. `cut="response", at=0`: handled, and never answered.
        ending: How a connection ends: `reset` (RST), `close` (FIN in the middle), or, for a stream, `clean` (a
            well-formed end, but without the event `done`).
        truncate: Send only the first bytes of the body, this many, with a matching Content-Length.
        events: End a stream after this many events.
        into: With `events`: cut after this many bytes of the following event.
        redirect: Respond with a redirect to this URL; the path is added to a bare origin.
        byte_interval: Seconds between one byte of the response and the next.
        length_error: Announce a Content-Length that is off by this many bytes, and close the connection after the body.
    """

    delay: float = attrs.field(default=0.0, validator=_check_seconds)
    status: int | None = attrs.field(default=None, validator=_check_status)  # type: ignore[assignment] # (its validator takes any object)
    body: FaultBody = None
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str], validator=_check_headers)
    handled: bool = False
    cut: Literal["request", "response"] | None = attrs.field(default=None, validator=_check_choice)
    at: int = attrs.field(default=0, validator=_check_count)
    ending: Literal["reset", "close", "clean"] = attrs.field(default="reset", validator=_check_choice)
    truncate: int | None = attrs.field(default=None, validator=_check_count)
    events: int | None = attrs.field(default=None, validator=_check_count)
    into: int = attrs.field(default=0, validator=_check_count)
    redirect: str | None = attrs.field(default=None, validator=_check_url)
    byte_interval: float | None = attrs.field(default=None, validator=_check_seconds)
    length_error: int = attrs.field(default=0, validator=_check_difference)

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Fault:
        """Make a fault of keywords.

        Raises:
            TypeError: A keyword is unknown.
            ValueError: A value is not possible.
        """
        names = [field.name for field in attrs.fields(cls)]
        for name in options:
            if name not in names:
                close = get_close_matches(name, names, 1)
                hint = f"did you mean {close[0]!r}?" if close else f"a fault has {', '.join(names)}"
                raise TypeError(f"unknown fault option {name!r}: {hint}")
        return cls(**options)

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Read a fault from a header: `name=value` separated by semicolons, values as JSON or plain text.

        Raises:
            TypeError: A name is unknown.
            ValueError: A value is not possible.
        """
        values: dict[str, Any] = {}
        for part in text.split(";"):
            name, _, value = part.strip().partition("=")
            if name:
                values[name.strip().replace("-", "_")] = _read(value.strip())
        return cls.of(values)

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes] | None:
        """Return the status, headers and body of the response that this fault gives by itself, or None."""
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
    except (ValueError, RecursionError):
        return value


def _content(status: int, body: Any) -> tuple[str, bytes]:
    if isinstance(body, bytes):
        return "application/octet-stream", body
    if isinstance(body, str):
        return "text/html; charset=utf-8", body.encode("utf-8", "replace")
    if body is not None:
        return "application/json", json.dumps(body).encode()
    if status == 429:
        return "application/json", json.dumps(throttled(30)).encode()
    problem = {"title": f"Status {status}", "detail": "This fault was requested from the sandbox", "status": status}
    return "application/problem+json", json.dumps(problem).encode()


def throttled(seconds: float) -> dict[str, Any]:
    """Return the API's response to a throttled request; clients read the seconds from its text."""
    return {"detail": f"Request was throttled. Your rate limit resets in ~{max(1, math.ceil(seconds))}s."}


@attrs.define(eq=False, kw_only=True)
class Rule:
    """A fault, and the requests that it applies to.

    Attributes:
        fault: What goes wrong.
        method: Only requests with this method.
        path: Only requests with this path, without `/v1`; `*` stands for anything.
        times: How many requests it applies to; None: all of them.
        skip: How many matching requests pass first.
        hits: How many requests it was applied to so far.
    """

    fault: Fault
    method: str | None = None
    path: str | None = None
    times: int | None = 1
    skip: int = 0
    hits: int = 0

    def matches(self, method: str, path: str) -> bool:
        """Return whether the rule matches such a request and is not used up."""
        return (
            (self.times is None or self.hits < self.times)
            and (self.method is None or self.method == method)
            and (self.path is None or fnmatchcase(path, self.path))
        )


class Faults:
    """The rules in order of creation; the first one that matches is applied."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._rules: list[Rule] = []

    def add(self, rule: Rule) -> Rule:
        """Add a rule, and return it."""
        with self._lock:
            self._rules.append(rule)
        return rule

    def remove(self, rule: Rule) -> None:
        """Remove a rule, if it exists."""
        with self._lock:
            self._rules = [each for each in self._rules if each is not rule]

    def clear(self) -> None:
        """Remove all rules."""
        with self._lock:
            self._rules = []

    def take(self, method: str, path: str, header: str | None = None) -> Fault | None:
        """Return the fault for a new request, or None."""
        if header is not None:
            try:
                return Fault.parse(header)
            except (TypeError, ValueError, OverflowError) as error:
                return Fault(status=400, body={"detail": f"The header {HEADER} cannot be read: {error}"})
        if not self._rules:
            return None
        bare = path.removeprefix("/v1").removeprefix("/v1")
        with self._lock:
            for rule in self._rules:
                if not rule.matches(method, bare):
                    continue
                if rule.skip > 0:
                    rule.skip -= 1
                    continue
                rule.hits += 1
                return rule.fault
        return None
