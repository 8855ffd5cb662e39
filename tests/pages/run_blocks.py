"""Run the Python blocks of one page: JSON in from stdin, JSON out to a file. One process and one sandbox for all.

Each block has its own namespace. It must have a visible effect: send a request to the sandbox, print, or log. Views and
tasks are called as by their server or worker.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import sys
import traceback
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

from replicatekit.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

IMAGE = "data:image/png;base64,iVBORw0KGgo="


def call_fastapi(app: Any) -> None:
    from fastapi.testclient import TestClient

    with TestClient(app) as browser:
        started = browser.post("/captions", params={"url": IMAGE}).raise_for_status().json()
        assert browser.get(f"/captions/{started['id']}").raise_for_status().json()["status"]
        assert "llamas" in browser.get("/stories", params={"prompt": "llamas"}).raise_for_status().text


def call_flask(app: Any) -> None:
    browser = app.test_client()
    started = browser.post("/captions", data={"url": IMAGE})
    assert started.status_code == 200, started.text
    assert browser.get(f"/captions/{started.json['id']}").json["status"]


def call_django(view: Any) -> None:
    import django
    from django.conf import settings
    from django.test import RequestFactory

    settings.configure(ALLOWED_HOSTS=["*"], DEFAULT_CHARSET="utf-8")
    django.setup()
    answer = asyncio.run(view(RequestFactory().post("/", {"url": IMAGE})))
    assert json.loads(answer.content)["id"]


def call_celery(app: Any, namespace: dict[str, Any]) -> None:
    tasks = [value for value in namespace.values() if getattr(value, "app", None) is app and hasattr(value, "apply")]
    assert tasks
    for task in tasks:
        first = task.apply(args=[IMAGE]).get()
        assert task.apply(args=[IMAGE]).get() == first


def drive(namespace: dict[str, Any]) -> None:
    """Call the views or tasks that a block defines."""
    app = namespace.get("app")
    kind = f"{type(app).__module__}.{type(app).__name__}"
    if kind == "fastapi.applications.FastAPI":
        call_fastapi(app)
    elif kind == "flask.app.Flask":
        call_flask(app)
    elif kind.startswith("celery."):
        call_celery(app, namespace)
    elif "HttpRequest" in namespace:
        call_django(namespace["start"])


@contextlib.contextmanager
def on_this_machine(code: str) -> Iterator[str]:
    """Replace the Dask cluster and the journal in the code by local ones."""
    if "dask" not in code:
        yield code
        return
    import dask
    from distributed import LocalCluster

    with (
        LocalCluster(n_workers=1, threads_per_worker=2, processes=False, dashboard_address=":0") as cluster,
        dask.config.set(scheduler="threads"),
    ):
        for named, here in (
            ("tcp://scheduler.example:8786", cluster.scheduler_address),
            ("postgresql://user@database.example/batches", str(Path("dask.db").resolve())),
            ("https://example.com/{number}.png", "data:text/plain,{number}"),
            ("range(10_000)", "range(3)"),
            ("npartitions=100", "npartitions=2"),
        ):
            code = code.replace(named, here)
        yield code


_shared = types.ModuleType("__main__")
"""The namespace of blocks that build on each other."""


def fault_of(block: dict[str, Any], sandbox: Sandbox) -> str | None:
    """Return the problem of a block, or None."""
    seen = len(sandbox.requests)
    output = io.StringIO()
    module = _shared if block["mark"] == "driven" else types.ModuleType("__main__")
    sys.modules["__main__"] = module
    ignored: list[str] = []
    # Blocks need not close their clients as programs exit, but this process goes on: ignore ResourceWarnings.
    sys.unraisablehook = lambda found: (
        None if isinstance(found.exc_value, ResourceWarning) else ignored.append(repr(found.exc_value))
    )
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            with on_this_machine(block["code"]) as code:
                exec(compile(code, block["name"], "exec"), module.__dict__)
            drive(module.__dict__)
    except BaseException:
        return traceback.format_exc()
    if ignored:
        return "\n".join(ignored)
    expects_none = block["mark"] == "no output"
    has_effect = len(sandbox.requests) > seen or bool(output.getvalue().strip())
    if has_effect == expects_none:
        return "it has no visible effect" if not has_effect else "it is marked as `no output`, but has some"
    return None


def main() -> None:
    blocks = json.load(sys.stdin)
    with Sandbox(demo=True) as sandbox:
        os.environ.update(sandbox.environment)
        faults = {block["name"]: fault_of(block, sandbox) for block in blocks}
    sandbox.close()
    Path(sys.argv[1]).write_text(json.dumps(faults), "utf-8")


if __name__ == "__main__":
    main()
