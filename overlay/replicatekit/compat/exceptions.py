"""What is raised: the older client's errors by their names. They stand under `replicatekit.ReplicateError` too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from replicatekit import errors

if TYPE_CHECKING:
    import httpx

    from replicatekit.compat.prediction import Prediction

__all__ = ["ModelError", "ReplicateError", "ReplicateException", "WaitTimeout"]

_FIELDS = ("type", "title", "status", "detail", "instance")


class ReplicateException(errors.ReplicateError):
    """The base of them."""

    def __init__(self, *args: object) -> None:
        super().__init__(str(args[0]) if args else "")
        self.args = args

    def __str__(self) -> str:
        return Exception.__str__(self)


class ModelError(ReplicateException):
    """The model failed, or its prediction was aborted before it started."""

    prediction: Prediction

    def __init__(self, prediction: Prediction) -> None:
        super().__init__(prediction.error)
        self.prediction = prediction
        self.prediction_id = prediction.id


class WaitTimeout(ReplicateException):
    """A prediction has not ended within `client.wait_timeout`. It goes on, and costs."""

    prediction: Prediction

    def __init__(self, prediction: Prediction) -> None:
        super().__init__(f"prediction {prediction.id} is still {prediction.status}; it was waited for long enough")
        self.prediction = prediction
        self.prediction_id = prediction.id


class ReplicateError(ReplicateException):
    """The API said no, in the words of a problem document (RFC 7807)."""

    type: str | None
    """A URI for errors of this kind."""
    title: str | None
    """What kind of error it is, in a few words."""
    status: int | None
    """The HTTP status."""
    detail: str | None
    """What was wrong this time."""
    instance: str | None
    """A URI for this one error."""

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
        """The error that an answer tells of."""
        try:
            data: Any = response.json()
        except ValueError:
            data = {}
        said = cast("dict[str, Any]", data) if isinstance(data, dict) else {}
        known: dict[str, Any] = {name: said.get(name) for name in _FIELDS}
        known["status"] = response.status_code
        return cls(**known)

    def to_dict(self) -> dict[str, Any]:
        """What is known of it, by name."""
        known = {name: getattr(self, name) for name in _FIELDS}
        return {name: value for name, value in known.items() if value is not None}

    def __str__(self) -> str:
        lines = [f"{name}: {value}" for name, value in self.to_dict().items()]
        return "ReplicateError Details:\n" + "\n".join(lines)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in _FIELDS)})"
