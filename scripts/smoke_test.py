"""Run the overlay and the sandbox of a copy of the project: `make update-spec` does so before it replaces anything.

    python scripts/smoke_test.py ROOT

Prints the failures as a JSON list of file, line and message. The line is the innermost one of the copy's overlay.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import pkgutil
import sys
import traceback
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_TRANSPORT = {"_http", "_runtime"}

Failure = tuple[str, int, str]


class SmokeTest:
    """Calls the client in all of its namespaces, and collects failures."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.failures: list[Failure] = []

    def attempt(self, name: str, call: Callable[[], object]) -> Any:
        """Return the result of a call, or None if it fails."""
        try:
            return call()
        except Exception as error:  # noqa: BLE001 (every error is reported)
            self._note(name, error)
            return None

    def _note(self, name: str, error: BaseException) -> None:
        message = " ".join(str(error).replace(f"{self.root}/", "").split())
        failure = (*self._place(error), f"{name}: {type(error).__name__}: {message[:300]}")
        if failure not in self.failures:
            self.failures.append(failure)

    def _place(self, error: BaseException) -> tuple[str, int]:
        overlay = self.root / "overlay"
        frames = [(Path(one.filename), one.lineno or 0) for one in traceback.extract_tb(error.__traceback__)]
        ours = [(path, line) for path, line in frames if path.is_relative_to(overlay)]
        # The transport passes errors on; their cause is in another package.
        candidates = (
            [one for one in ours if not _TRANSPORT & set(one[0].parts)] or ours or [(overlay / "replicatekit", 0)]
        )
        path, line = candidates[-1]
        return path.relative_to(self.root).as_posix(), line

    def run(self) -> None:
        """Import all modules, then call the sandbox, sync and async."""
        for package in ("replicatekit_api", "replicatekit"):
            module = self.attempt(f"import {package}", partial(importlib.import_module, package))
            if module is not None:
                self._import_all(module)
        if not self.failures:
            self.attempt("the sandbox", self._call_all)

    def _import_all(self, package: Any) -> None:
        path = Path(package.__file__)
        if not path.is_relative_to(self.root):
            self.failures.append((str(path), 0, f"{package.__name__} was not imported from the copy"))
            return
        for name in _modules(package):
            self.attempt(f"import {name}", partial(importlib.import_module, name))

    def _call_all(self) -> None:
        from replicatekit import AsyncClient, Client
        from replicatekit.sandbox import Sandbox

        with Sandbox() as sandbox:
            self._note_orphans()
            options: dict[str, Any] = {"token": sandbox.token, "base_url": sandbox.base_url, "max_retries": 0}
            with Client(**options) as client:
                for name, call in _calls(client, sandbox):
                    self.attempt(name, call)

            async def run_async() -> None:
                async with AsyncClient(**options) as client:
                    for name, call in _calls(client, sandbox):
                        try:
                            await call()
                        except Exception as error:  # noqa: BLE001 (as above)
                            self._note(f"async {name}", error)

            self.attempt("the async client", lambda: asyncio.run(run_async()))
        sandbox.close()

    def _note_orphans(self) -> None:
        """Report handlers of the sandbox for operations that the document does not have."""
        from replicatekit.sandbox._api.app import HANDLERS
        from replicatekit.sandbox._api.validation import operations

        for operation in sorted(HANDLERS.keys() - {one.id for one in operations()}):
            for path in sorted((self.root / "overlay/replicatekit/sandbox/_api").glob("*.py")):
                for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
                    if f'"{operation}"' in line:
                        place = path.relative_to(self.root).as_posix()
                        self.failures.append((place, number, f"the document has no operation {operation}"))


def _modules(package: Any) -> Iterator[str]:
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.", onerror=lambda _: None):
        # Programs, and modules that need an optional dependency.
        if not {"__main__", "pytest_plugin", "cli", "_cog"} & set(module.name.split(".")):
            yield module.name


def _calls(client: Any, sandbox: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield a call in each namespace, and its name for failure messages."""
    version = sandbox.version("sandbox/hello")
    sandbox.model("smoke/test", readme="# Test")(lambda: "x")
    calls: dict[str, tuple[Any, ...]] = {
        "run": ("sandbox/hello", {"text": "llama"}),
        "predictions.create": (version, {"text": "llama"}),
        "predictions.list": (),
        "models.get": ("sandbox/hello",),
        "models.list": (),
        "models.search": ("hello",),
        "models.versions.list": ("sandbox/hello",),
        "models.versions.get": ("sandbox/hello", version),
        "models.examples.list": ("sandbox/hello",),
        "models.readme.get": ("smoke/test",),
        "collections.list": (),
        "collections.get": ("built-in",),
        "deployments.list": (),
        "trainings.list": (),
        "files.create": (b"abc",),
        "files.list": (),
        "hardware.list": (),
        "account.get": (),
        "webhooks.secret": (),
        "search": ("hello",),
    }
    for name, arguments in calls.items():
        yield name, partial(_call, client, name, arguments)


def _call(client: Any, name: str, arguments: tuple[Any, ...]) -> Any:
    return attrgetter(name)(client)(*arguments)


def main(arguments: list[str]) -> int:
    """Run the test and print the failures."""
    test = SmokeTest(Path(arguments[0]))
    test.run()
    print(json.dumps(test.failures))
    return int(bool(test.failures))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
