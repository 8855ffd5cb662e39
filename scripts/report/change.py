"""A difference between two revisions of the API, and its effect on callers."""

from __future__ import annotations

from enum import Enum

import attrs


class Action(Enum):
    """What happened to the subject."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class Side(Enum):
    """Who writes the data: the caller (a request) or the server (a response)."""

    REQUEST = "request"
    RESPONSE = "response"


class Verdict(Enum):
    """The effect of a change on code that was written for the old revision."""

    BREAKING = "breaking"
    ATTENTION = "attention"  # harmless by the contract, but should be reviewed
    HARMLESS = "harmless"
    UNJUDGED = "unjudged"  # changed, and no rule determines the effect


class Kind(Enum):
    """What kind of thing changed."""

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

    `users` are the operations that use a schema; empty for all other subjects.
    """

    kind: str
    name: str
    detail: str = ""
    users: tuple[str, ...] = ()


@attrs.frozen
class Change:
    """A difference, and its location in the subject.

    `part` is for example `response 200` or `query parameter`, `path` is `results[].name` or a parameter's name, and
    `why` is the reason for the verdict.
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
    """Its name in the generated package."""
    # JSON values cannot be hashed, and the message distinguishes them anyway.
    before: object = attrs.field(default=None, eq=False)
    after: object = attrs.field(default=None, eq=False)


def is_breaking(changes: tuple[Change, ...]) -> bool:
    """Whether any of the changes breaks callers."""
    return any(change.verdict is Verdict.BREAKING for change in changes)
