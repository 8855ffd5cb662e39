"""What a client shares with its namespaces, its flows and the objects that it returns."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from replicatekit._base.locks import fork_safe_lock
from replicatekit._files.settings import FileSettings
from replicatekit._session.default import default_session
from replicatekit._session.pending_creates import PendingCreates
from replicatekit._session.schema_cache import SchemaCache

if TYPE_CHECKING:
    from collections.abc import Callable

    from replicatekit._base.cancellation import CancelToken
    from replicatekit._base.deadline import Deadline
    from replicatekit._http.api_client import ApiClient
    from replicatekit._http.contract import Sender
    from replicatekit_api.models import Prediction, Training

__all__ = ["Session", "VersionCache"]


class VersionCache:
    """The latest versions of models that run by version only. Thread-safe."""

    __slots__ = ("_lock", "_versions")

    _CAPACITY = 10_000

    def __init__(self) -> None:
        self._lock = fork_safe_lock()
        self._versions: dict[str, str] = {}

    def get(self, model: str) -> str | None:
        """The version of `owner/name`; None if it is unknown."""
        return self._versions.get(model)

    def add(self, model: str, version: str) -> None:
        """Remember a version."""
        with self._lock:
            if len(self._versions) >= self._CAPACITY:
                self._versions.clear()
            self._versions[model] = version

    def remove(self, model: str) -> None:
        """Forget a version that cannot be run any more."""
        with self._lock:
            self._versions.pop(model, None)


class Session(NamedTuple):
    """The shared state of a client."""

    io: Sender
    api: ApiClient
    bind_view: Callable[[Session, Prediction | Training], Any]
    """Binds a prediction or training to the client, so that it can wait, reload and cancel."""
    output_file: Callable[[Session, str], Any]
    """Makes the file object for a URL in an output."""
    files: FileSettings
    versions: VersionCache
    schemas: SchemaCache
    pending_creates: PendingCreates

    @classmethod
    def new(
        cls,
        io: Sender,
        api: ApiClient,
        bind_view: Callable[[Session, Prediction | Training], Any],
        output_file: Callable[[Session, str], Any],
        files: FileSettings | None = None,
    ) -> Session:
        """Make the state of a new client."""
        files = FileSettings() if files is None else files
        return cls(io, api, bind_view, output_file, files, VersionCache(), SchemaCache(), PendingCreates())

    def with_deadline(self, deadline: Deadline) -> Session:
        """A copy whose requests end by the deadline."""
        return self._replace(api=self.api.with_deadline(deadline))

    def with_retry_budget(self, seconds: float) -> Session:
        """A copy that retries for so many seconds, or until its deadline."""
        return self._replace(api=self.api.with_retry_budget(seconds))

    def with_cancel_token(self, token: CancelToken | None) -> Session:
        """A copy whose waits between attempts end when the token is set."""
        return self._replace(api=self.api.with_cancel_token(token))

    def with_prediction_id(self, prediction_id: str) -> Session:
        """A copy whose errors carry the prediction's id."""
        return self._replace(api=self.api.with_prediction_id(prediction_id))

    def __deepcopy__(self, memo: dict[int, Any]) -> Session:
        return self  # a copy of an object is bound to the same client

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(default_session, is_async=self.io.is_async), ()  # no token, and no connections

    def bind(self, view: Prediction | Training) -> Any:
        """Bind a prediction or training to the client."""
        return self.bind_view(self, view)
