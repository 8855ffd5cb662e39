"""Try the overlay and the sandbox of a copy of the project: `make update-spec` runs this before it replaces anything.

    python scripts/smoke_test.py ROOT

Prints a JSON list of what failed: file, line, message. The line is the innermost one of the copy's overlay.
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

_CARRIERS = {"_http", "_runtime"}

Failure = tuple[str, int, str]


class SmokeTest:
    """Calls the client in all its namespaces, and remembers what fails."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.failures: list[Failure] = []

    def attempt(self, name: str, call: Callable[[], object]) -> Any:
        """Make a call; the result is None where it fails."""
        try:
            return call()
        except Exception as error:  # noqa: BLE001 (whatever it raises is what is to be told)
            self._note(name, error)
            return None

    def _note(self, name: str, error: BaseException) -> None:
        said = " ".join(str(error).replace(f"{self.root}/", "").split())
        failure = (*self._place(error), f"{name}: {type(error).__name__}: {said[:300]}")
        if failure not in self.failures:
            self.failures.append(failure)

    def _place(self, error: BaseException) -> tuple[str, int]:
        overlay = self.root / "overlay"
        frames = [(Path(one.filename), one.lineno or 0) for one in traceback.extract_tb(error.__traceback__)]
        ours = [(path, line) for path, line in frames if path.is_relative_to(overlay)]
        # What carries a request is not what a document leaves wrong.
        chosen = [one for one in ours if not _CARRIERS & set(one[0].parts)] or ours or [(overlay / "replicatekit", 0)]
        path, line = chosen[-1]
        return path.relative_to(self.root).as_posix(), line

    def run(self) -> None:
        """Import everything, then call the sandbox in both ways."""
        for package in ("replicatekit_api", "replicatekit"):
            found = self.attempt(f"import {package}", partial(importlib.import_module, package))
            if found is not None:
                self._import_all(found)
        if not self.failures:
            self.attempt("the sandbox", self._call_all)

    def _import_all(self, package: Any) -> None:
        home = Path(package.__file__)
        if not home.is_relative_to(self.root):
            self.failures.append((str(home), 0, f"{package.__name__} is not the copy's"))
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

            self.attempt("the asynchronous client", lambda: asyncio.run(run_async()))
        sandbox.close()

    def _note_orphans(self) -> None:
        """A handler of the sandbox whose operation the document does not have is never called."""
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
        # What is run rather than imported, and what needs an extra that is not always there.
        if not {"__main__", "pytest_plugin", "cli", "_cog"} & set(module.name.split(".")):
            yield module.name


def _calls(client: Any, sandbox: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    """A call in each namespace, with the name under which a failure is told."""
    version = sandbox.version("sandbox/hello")
    sandbox.model("smoke/test", readme="# Test")(lambda: "x")
    given: dict[str, tuple[Any, ...]] = {
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
    for name, arguments in given.items():
        yield name, partial(_call, client, name, arguments)


def _call(client: Any, name: str, arguments: tuple[Any, ...]) -> Any:
    return attrgetter(name)(client)(*arguments)


def main(arguments: list[str]) -> int:
    """Run the test and print what failed."""
    test = SmokeTest(Path(arguments[0]))
    test.run()
    print(json.dumps(test.failures))
    return int(bool(test.failures))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
