"""Work on chunks in a thread, while the caller goes on to the next chunk."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from queue import SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator


@contextmanager
def one_behind(work: Callable[[bytes], object]) -> Generator[Callable[[bytes], None]]:
    """Yield a function that passes each chunk to `work`, in a thread that is never more than one chunk behind.

    All calls have ended when the context ends. The first chunk is processed at once: a short file needs no thread.
    """
    waiting: SimpleQueue[bytes] = SimpleQueue()  # an empty chunk is the end
    done: SimpleQueue[None] = SimpleQueue()
    thread: threading.Thread | None = None
    is_first = True

    def work_on_all() -> None:
        while chunk := waiting.get():
            try:
                work(chunk)
            finally:
                done.put(None)

    def take(chunk: bytes) -> None:
        nonlocal thread, is_first
        if is_first:
            is_first = False
            work(chunk)
            return
        if thread is None:
            thread = threading.Thread(target=work_on_all, name="replicatekit", daemon=True)
            thread.start()
        else:
            done.get()
        waiting.put(chunk)

    try:
        yield take
    finally:
        if thread is not None:
            waiting.put(b"")
            thread.join()
