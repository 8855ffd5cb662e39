"""One run as a model sees it: its input, where its output and logs go, and whether somebody cancelled it."""

from __future__ import annotations

import ctypes
import io
import mimetypes
import pathlib
import shutil
import tempfile
import threading
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol, cast, runtime_checkable
from urllib.parse import unquote, urlsplit

from replicatekit.sandbox._models.structures import as_dict
from replicatekit.sandbox._storage.blobs import OCTETS, make_data_url
from replicatekit.sandbox._storage.store import dumps

if TYPE_CHECKING:
    from collections.abc import Callable

    from replicatekit.sandbox._storage.blobs import Blobs


class Canceled(BaseException):
    """Raised inside a model's function when its prediction was cancelled, or its deadline passed."""


class Failed(Exception):
    """Raised by a runner whose model has failed and has said why in the logs itself."""


class Runner(Protocol):
    """What runs the predictions of a version: a Python function, a server of Cog, or anything else."""

    @property
    def openapi_schema(self) -> dict[str, Any]:
        """What the version says of its inputs and its output, in Cog's form."""
        ...

    def run(self, job: Job) -> Any:
        """Runs one prediction, in a thread of its own, and returns its output.

        A model that streams calls `job.emit` for each piece and returns None. An exception fails the
        prediction: its text becomes `error`, its traceback goes to the logs. A runner that also has a method
        `prepare(job)` may wait there: the prediction is `starting` until it returns. One with a method `stop()` has
        it called when the sandbox stops.
        """
        ...


@runtime_checkable
class Stoppable(Protocol):
    """A runner that holds something, such as a process, which it gives up when the sandbox stops."""

    def stop(self) -> None:
        """Gives it up; the next run may take it up again."""
        ...


class Job:
    """One run. Its methods may be called from any thread.

    Attributes:
        id: the id of the prediction or training.
        input: its input as it was sent, without defaults.
        cancelled: set as soon as nobody waits for it any more.
    """

    def __init__(
        self,
        *,
        id: str,
        input: dict[str, Any],
        blobs: Blobs,
        report: Callable[[str, Any], None],
        inline_files: bool = False,
    ) -> None:
        self.id = id
        self.input = input
        self.cancelled = threading.Event()
        self._blobs = blobs
        self._report = report
        self._inline_files = inline_files
        self._lock = threading.Lock()
        self._thread: int | None = None
        self._on_cancel: Callable[[], object] | None = None
        self._folder: pathlib.Path | None = None

    @property
    def folder(self) -> pathlib.Path:
        """A folder of its own, made when it is first asked for, removed when the run is over."""
        with self._lock:
            if self._folder is None:
                self._folder = pathlib.Path(tempfile.mkdtemp(prefix="sandbox-run-"))
            return self._folder

    def emit(self, item: Any) -> None:
        """Gives the next piece of a streamed output."""
        value = self.publish(item)
        dumps(value)  # what is no JSON fails in the model that gave it
        self._report("output", value)

    def log(self, text: str) -> None:
        """Adds to the logs."""
        if text:
            self._report("logs", text)

    def metric(self, name: str, value: float) -> None:
        """Adds a figure to the prediction's metrics."""
        dumps(value)
        self._report("metric", (name, value))

    def save(self, content: bytes, name: str) -> str:
        """Keeps an output file and returns the URL under which it is served."""
        if self._inline_files:
            return make_data_url(content, mimetypes.guess_type(name)[0] or OCTETS)
        return self._blobs.save(content, name)

    def fetch(self, url: str) -> pathlib.Path:
        """Brings the file behind an input's URL into the folder of this run."""
        content = self._blobs.load(url)
        name = pathlib.PurePosixPath(unquote(urlsplit(url).path)).name
        if url.startswith("data:"):
            name = "file" + (mimetypes.guess_extension(url[5:].partition(",")[0].partition(";")[0]) or "")
        if content is None:
            content = _download(url)
        path = pathlib.Path(tempfile.mkdtemp(prefix="input-", dir=self.folder)) / (name or "file")
        path.write_bytes(content)
        return path

    def publish(self, value: Any) -> Any:
        """A model's value as JSON: files become URLs, objects with fields become objects."""
        if value is None or isinstance(value, (bool, int, float)):
            return value
        if isinstance(value, Enum):
            return self.publish(value.value)
        if isinstance(value, str):
            return str(value)
        if isinstance(value, pathlib.PurePath):
            return self.save(pathlib.Path(value).read_bytes(), value.name)
        if isinstance(value, (bytes, bytearray)):
            return self.save(bytes(value), "output.bin")
        if isinstance(value, io.IOBase):
            return self._publish_stream(value)
        if isinstance(value, (list, tuple, set)) and not hasattr(cast("Any", value), "_fields"):
            return [self.publish(one) for one in cast("list[Any]", value)]
        return self._publish_object(cast("Any", value))

    def _publish_object(self, value: Any) -> Any:
        fields = as_dict(value)
        if fields is not None:
            return {name: self.publish(one) for name, one in fields.items()}
        if hasattr(value, "tolist"):
            return self.publish(value.tolist())
        raise TypeError(f"a model cannot give a {type(value).__name__}: {value!r}")

    def _publish_stream(self, stream: Any) -> str:
        content = stream.read()
        name = pathlib.PurePath(str(getattr(stream, "name", "output.bin"))).name
        return self.save(content.encode() if isinstance(content, str) else content, name)

    def on_cancel(self, callback: Callable[[], object]) -> None:
        """Says how this run is cancelled, where an exception raised in its thread is not the way."""
        with self._lock:
            self._on_cancel = callback
        if self.cancelled.is_set():
            callback()

    def enter(self) -> None:
        """Called in the thread that runs it, before it does."""
        with self._lock:
            self._thread = threading.get_ident()

    def leave(self) -> None:
        """Called in the same thread afterwards: nothing is raised in it any more, and its folder is gone."""
        with self._lock:
            self._thread = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def cancel(self) -> None:
        """Ends the run: `Canceled` is raised in its thread at the next step of Python code."""
        self.cancelled.set()
        with self._lock:
            if self._on_cancel is not None:
                self._on_cancel()
            elif self._thread is not None:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread), ctypes.py_object(Canceled))


def _download(url: str) -> bytes:
    import httpx

    answer = httpx.get(url, follow_redirects=True, timeout=30)
    answer.raise_for_status()
    return answer.content
