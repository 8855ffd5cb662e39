"""One difference between two revisions of the API, and what it means for callers."""

from __future__ import annotations

from enum import Enum

import attrs


class Action(Enum):
    """What happened to the thing that changed."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class Side(Enum):
    """Who writes the data: the caller (a request) or the server (a response)."""

    REQUEST = "request"
    RESPONSE = "response"


class Verdict(Enum):
    """What a change means for code that was written against the old revision."""

    BREAKING = "breaking"
    ATTENTION = "attention"  # harmless by the contract, yet somebody should look
    HARMLESS = "harmless"
    UNJUDGED = "unjudged"  # changed, and no rule says what that means


class Kind(Enum):
    """The sort of thing that changed."""

    SERVER = "server"
    OPERATION = "operation"
    SECURITY = "security"
    PARAMETER = "parameter"
    BODY = "body"
    STATUS = "status"
    MEDIA_TYPE = "media type"
    HEADER = "header"
    SCHEMA = "schema"
    FIELD = "field"
    ENUM_VALUE = "enum value"
    REQUIRED = "required"
    TYPE = "type"
    FORMAT = "format"
    DEFAULT = "default"
    BOUND = "bound"
    DEPRECATION = "deprecation"
    PACKAGE_NAME = "package name"
    OTHER = "other"


@attrs.frozen
class Subject:
    """What a change belongs to: an operation, a schema, a module of the package, the whole document.

    `users` are the operations that reach a schema; they are empty for everything else.
    """

    kind: str
    name: str
    detail: str = ""
    users: tuple[str, ...] = ()


@attrs.frozen
class Change:
    """One difference, and where in its subject it is.

    `part` is such as `answer 200` or `query parameter`, `path` such as `results[].name` or a parameter's
    name; `why` gives the reason for the verdict.
    """

    kind: Kind
    action: Action
    verdict: Verdict
    subject: Subject
    part: str
    path: str
    message: str
    why: str = ""
    side: Side | None = None
    python: str = ""
    """What it is called in the generated package."""
    # JSON values can't be hashed, and the message tells them apart anyway.
    before: object = attrs.field(default=None, eq=False)
    after: object = attrs.field(default=None, eq=False)


def is_breaking(changes: tuple[Change, ...]) -> bool:
    """Tell whether any of the changes breaks callers."""
    return any(change.verdict is Verdict.BREAKING for change in changes)
