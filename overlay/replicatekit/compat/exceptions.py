"""The official client's errors by their names; they derive from `replicatekit.ReplicateError` too."""

from __future__ import annotations

from typing import Any, cast

import httpx

from replicatekit import errors
from replicatekit.compat._impl.types import PredictionLike

__all__ = ["ModelError", "ReplicateError", "ReplicateException", "WaitTimeout"]

_FIELDS = ("type", "title", "status", "detail", "instance")


class ReplicateException(errors.ReplicateError):
    """The base class of these errors."""

    def __init__(self, *args: object) -> None:
        super().__init__(str(args[0]) if args else "")
        self.args = args

    def __str__(self) -> str:
        return Exception.__str__(self)


class ModelError(ReplicateException):
    """The model failed, or its prediction was aborted before it started."""

    prediction: PredictionLike

    def __init__(self, prediction: PredictionLike) -> None:
        super().__init__(prediction.error)
        self.prediction = prediction
        self.prediction_id = prediction.id


class WaitTimeout(ReplicateException):
    """A prediction did not end within `client.wait_timeout`. It keeps running, and is billed."""

    prediction: PredictionLike

    def __init__(self, prediction: PredictionLike) -> None:
        super().__init__(
            f"prediction {prediction.id} did not finish within wait_timeout, and is still {prediction.status}"
        )
        self.prediction = prediction
        self.prediction_id = prediction.id


class ReplicateError(ReplicateException):
    """The API returned an error, described by a problem document (RFC 7807)."""

    type: str | None
    """A URI that identifies the kind of error."""
    title: str | None
    """The kind of error in a few words."""
    status: int | None
    """The HTTP status."""
    detail: str | None
    """The reason for this error."""
    instance: str | None
    """A URI that identifies this one error."""

    def __init__(
        self,
        type: str | None = None,
        title: str | None = None,
        status: int | None = None,
        detail: str | None = None,
        instance: str | None = None,
    ) -> None:
        super().__init__(type, title, status, detail, instance)
        self.type = type
        self.title = title
        self.status = status
        self.detail = detail
        self.instance = instance

    @classmethod
    def from_response(cls, response: httpx.Response) -> ReplicateError:
        """Create the error from a response."""
        try:
            data: Any = response.json()
        except ValueError:
            data = {}
        problem = cast("dict[str, Any]", data) if isinstance(data, dict) else {}
        fields: dict[str, Any] = {name: problem.get(name) for name in _FIELDS}
        fields["status"] = response.status_code
        return cls(**fields)

    def to_dict(self) -> dict[str, Any]:
        """Return the known fields by name."""
        fields = {name: getattr(self, name) for name in _FIELDS}
        return {name: value for name, value in fields.items() if value is not None}

    def __str__(self) -> str:
        lines = [f"{name}: {value}" for name, value in self.to_dict().items()]
        return "ReplicateError Details:\n" + "\n".join(lines)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in _FIELDS)})"
