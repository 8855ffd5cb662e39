"""The interface of a run for its model: input, output, logs and cancellation."""

from __future__ import annotations

import ctypes
import io
import mimetypes
import pathlib
import shutil
import tempfile
import threading
from collections.abc import Callable
from enum import Enum
from typing import Any, Protocol, cast, runtime_checkable
from urllib.parse import unquote, urlsplit

from replicatekit.sandbox._models.structures import as_dict
from replicatekit.sandbox._storage.blobs import OCTETS, Blobs, make_data_url
from replicatekit.sandbox._storage.store import dumps


class Canceled(BaseException):
    """Raised inside a model's function when its prediction was canceled, or its deadline passed."""


class Failed(Exception):
    """Raised by a runner whose model failed, with a reason that is in the logs already: no traceback is added."""


class Runner(Protocol):
    """Runs the predictions of a version: a Python function, a Cog server, or anything else."""

    @property
    def openapi_schema(self) -> dict[str, Any]:
        """The OpenAPI document of the version's inputs and output, in Cog's form."""
        ...

    def run(self, job: Job) -> Any:
        """Run one prediction, in a thread of its own, and return its output.

        A model that streams calls `job.emit` for each piece and returns None. An exception fails the prediction: its
        text becomes `error`, its traceback goes to the logs. A runner may also have a method `prepare(job)`: the
        prediction is `starting` until it returns; and a method `stop()`, which is called when the sandbox stops.
        """
        ...


@runtime_checkable
class Stoppable(Protocol):
    """A runner that holds resources, such as a process, and releases them when the sandbox stops."""

    def stop(self) -> None:
        """Release the resources; the next run may acquire them again."""
        ...


class Job:
    """One run. Its methods may be called from any thread.

    Attributes:
        id: The id of the prediction or training.
        input: Its input as it was sent, without defaults.
        canceled: Set as soon as the run was canceled, or its deadline passed.
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
        self.canceled = threading.Event()
        self._blobs = blobs
        self._report = report
        self._inline_files = inline_files
        self._lock = threading.Lock()
        self._thread: int | None = None
        self._on_cancel: Callable[[], object] | None = None
        self._folder: pathlib.Path | None = None

    @property
    def folder(self) -> pathlib.Path:
        """A temporary folder of this run, created on first use and removed when the run ends."""
        with self._lock:
            if self._folder is None:
                self._folder = pathlib.Path(tempfile.mkdtemp(prefix="sandbox-run-"))
            return self._folder

    def emit(self, item: Any) -> None:
        """Add the next piece of a streamed output."""
        value = self.publish(item)
        dumps(value)  # a value that is not JSON fails in the model's own code
        self._report("output", value)

    def log(self, text: str) -> None:
        """Add text to the logs."""
        if text:
            self._report("logs", text)

    def metric(self, name: str, value: float) -> None:
        """Add a number to the prediction's metrics."""
        dumps(value)
        self._report("metric", (name, value))

    def save(self, content: bytes, name: str) -> str:
        """Store an output file, and return its URL."""
        if self._inline_files:
            return make_data_url(content, mimetypes.guess_type(name)[0] or OCTETS)
        return self._blobs.save(content, name)

    def fetch(self, url: str) -> pathlib.Path:
        """Download the file behind an input's URL into the folder of this run.

        Raises:
            OSError: The file does not exist, has expired, or cannot be stored.
            httpx.HTTPError: another server did not deliver it.
        """
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
        """Convert a model's value to JSON: files become URLs, objects with fields become JSON objects."""
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
            return [self.publish(item) for item in cast("list[Any]", value)]
        return self._publish_object(cast("Any", value))

    def _publish_object(self, value: Any) -> Any:
        fields = as_dict(value)
        if fields is not None:
            return {name: self.publish(field) for name, field in fields.items()}
        if hasattr(value, "tolist"):
            return self.publish(value.tolist())
        raise TypeError(f"the output of a model cannot contain {type(value).__name__}: {value!r}")

    def _publish_stream(self, stream: Any) -> str:
        content = stream.read()
        name = pathlib.PurePath(str(getattr(stream, "name", "output.bin"))).name
        return self.save(content.encode() if isinstance(content, str) else content, name)

    def on_cancel(self, callback: Callable[[], object]) -> None:
        """Cancel this run by a callback, instead of an exception raised in its thread."""
        with self._lock:
            self._on_cancel = callback
        if self.canceled.is_set():
            callback()

    def enter(self) -> None:
        """Mark the current thread as the one that runs this job."""
        with self._lock:
            self._thread = threading.get_ident()

    def leave(self) -> None:
        """End the run in its thread: `Canceled` is no longer raised there, and the folder is removed."""
        with self._lock:
            self._thread = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def cancel(self) -> None:
        """Cancel the run: `Canceled` is raised in its thread at the next step of Python code."""
        self.canceled.set()
        with self._lock:
            if self._on_cancel is not None:
                self._on_cancel()
            elif self._thread is not None:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread), ctypes.py_object(Canceled))


def _download(url: str) -> bytes:
    import httpx

    response = httpx.get(url, follow_redirects=True, timeout=30)
    response.raise_for_status()
    return response.content
