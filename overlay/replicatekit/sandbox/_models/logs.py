"""Captures what a model prints as its logs: standard output and error are split by thread."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

_threads = threading.local()
_lock = threading.Lock()
_running = 0
# CPython's `print` holds no reference to the stream that it writes to: a stream that another thread removes from `sys`
# meanwhile must stay alive, or the process crashes. One for each stream that was ever installed.
_streams: list[ThreadedStream] = []


class Lines:
    """Buffers text for the logs until a line ends. A carriage return, as in progress bars, ends a line."""

    def __init__(self, log: Callable[[str], None]) -> None:
        self._log = log
        self._pending = ""
        self._fresh = True

    def write(self, text: str) -> None:
        """Add text, and pass on complete lines."""
        if self._fresh and not self._pending:
            text = text.removeprefix("\r")  # the first carriage return of a progress bar ends no line
        self._pending += text.replace("\r\n", "\n").replace("\r", "\n")
        whole, newline, rest = self._pending.rpartition("\n")
        if newline:
            self._emit(whole + newline)
            self._pending = rest

    def flush(self) -> None:
        """Pass on the incomplete line."""
        if self._pending:
            self._emit(self._pending)
            self._pending = ""

    def _emit(self, text: str) -> None:
        self._fresh = text.endswith("\n")
        self._log(text)


def _lines() -> Lines | None:
    return cast("Lines | None", getattr(_threads, "lines", None))


class ThreadedStream:
    """A stream that writes to the logs in the thread of a run, and to the original stream in all others."""

    def __init__(self, original: TextIO) -> None:
        self.original = original

    def write(self, text: str) -> int:
        """Write to the logs of this thread's run, a line at a time."""
        lines = _lines()
        if lines is None:
            return self.original.write(text)
        lines.write(text)
        return len(text)

    def flush(self) -> None:
        """Pass on an unfinished line."""
        lines = _lines()
        if lines is None:
            self.original.flush()
        else:
            lines.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.original, name)


@contextmanager
def captured(log: Callable[[str], None]) -> Generator[None]:
    """Context manager: pass what this thread prints to `log`."""
    _install()
    lines = _threads.lines = Lines(log)
    try:
        yield
    finally:
        lines.flush()
        _threads.lines = None
        _uninstall()


def _install() -> None:
    global _running  # noqa: PLW0603 - the standard streams are the process's, and so is their count
    with _lock:
        _running += 1
        for name in ("stdout", "stderr"):
            original = getattr(sys, name)
            if not isinstance(original, ThreadedStream):
                setattr(sys, name, _stream_over(original))


def _stream_over(original: TextIO) -> ThreadedStream:
    for stream in _streams:
        if stream.original is original:
            return stream
    _streams.append(ThreadedStream(original))
    return _streams[-1]


def _uninstall() -> None:
    global _running  # noqa: PLW0603 - as above
    with _lock:
        _running -= 1
        if _running:
            return
        for name in ("stdout", "stderr"):
            stream = getattr(sys, name)
            # Keep a stream that other code has installed meanwhile.
            if isinstance(stream, ThreadedStream):
                setattr(sys, name, stream.original)
