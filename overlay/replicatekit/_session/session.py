"""What a client is made of, shared by its namespaces, its flows and the objects that they give."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from replicatekit._base.locks import fork_safe_lock
from replicatekit._files.settings import FileSettings
from replicatekit._predictions.run_times import RunTimes
from replicatekit._session.default import default_session
from replicatekit._session.pending_creates import Unanswered
from replicatekit._session.schema_cache import SchemaCache

if TYPE_CHECKING:
    from collections.abc import Callable

    from replicatekit._base.cancellation import CancelToken
    from replicatekit._base.deadline import Deadline
    from replicatekit._http.api_client import ApiClient
    from replicatekit._runtime import IO
    from replicatekit_api.models import Prediction, Training

__all__ = ["Session", "VersionCache"]


class VersionCache:
    """The latest versions of the models that run by version only, as a client has met them. Safe across threads."""

    __slots__ = ("_lock", "_versions")

    _MOST = 10_000

    def __init__(self) -> None:
        self._lock = fork_safe_lock()
        self._versions: dict[str, str] = {}

    def get(self, model: str) -> str | None:
        """The version of `owner/name`, if it was met."""
        return self._versions.get(model)

    def put(self, model: str, version: str) -> None:
        """Remember it."""
        with self._lock:
            if len(self._versions) >= self._MOST:
                self._versions.clear()
            self._versions[model] = version

    def forget(self, model: str) -> None:
        """It does not run any more."""
        with self._lock:
            self._versions.pop(model, None)


class Session(NamedTuple):
    """The inside of a client."""

    io: IO
    api: ApiClient
    bind_view: Callable[[Session, Prediction | Training], Any]
    """Makes a prediction or a training of an answer that can wait, reload and cancel itself."""
    output_file: Callable[[Session, str], Any]
    """Makes a file of a URL that can be read and saved."""
    files: FileSettings
    known: VersionCache
    run_times: RunTimes
    schemas: SchemaCache
    unanswered: Unanswered

    @classmethod
    def new(
        cls,
        io: IO,
        api: ApiClient,
        bind_view: Callable[[Session, Prediction | Training], Any],
        output_file: Callable[[Session, str], Any],
        files: FileSettings | None = None,
    ) -> Session:
        """The inside of a client that has met nothing yet."""
        files = FileSettings() if files is None else files
        return cls(io, api, bind_view, output_file, files, VersionCache(), RunTimes(), SchemaCache(), Unanswered())

    def with_deadline(self, deadline: Deadline) -> Session:
        """The same, with all its requests over by then."""
        return self._replace(api=self.api.with_deadline(deadline))

    def with_retry_budget(self, seconds: float) -> Session:
        """The same, which repeats what failed for so many seconds, or until its deadline."""
        return self._replace(api=self.api.with_retry_budget(seconds))

    def with_cancel_token(self, token: CancelToken | None) -> Session:
        """The same, whose waits between attempts end when the token is set."""
        return self._replace(api=self.api.with_cancel_token(token))

    def with_prediction_id(self, prediction_id: str) -> Session:
        """The same, with the prediction's id in every error."""
        return self._replace(api=self.api.with_prediction_id(prediction_id))

    def __deepcopy__(self, memo: dict[int, Any]) -> Session:
        return self  # a copy of an object is bound to the same client

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(default_session, is_async=self.io.is_async), ()  # no token, and no connections

    def bind(self, view: Prediction | Training) -> Any:
        """A prediction or training as this client's callers know it."""
        return self.bind_view(self, view)
