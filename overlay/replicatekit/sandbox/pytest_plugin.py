"""The pytest plugin: a fixture with the API in it, for tests of code that uses the client.

```python
from replicatekit.sandbox import TestSandbox


def test_my_code(replicate_sandbox: TestSandbox) -> None:
    @replicate_sandbox.model("acme/shout", official=True)
    def shout(text: str) -> str:
        return text.upper()

    assert my_code("hello") == "HELLO"
    assert replicate_sandbox.creates == 1
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

    from replicatekit.sandbox._test_sandbox import TestSandbox


@pytest.fixture
def replicate_sandbox(monkeypatch: pytest.MonkeyPatch) -> Generator[TestSandbox]:
    """A sandbox for this test only.

    `REPLICATE_BASE_URL` and `REPLICATE_API_TOKEN` point every client to it, that of `replicatekit.run` included.

    `url`, `token`, `client` (a `replicatekit.Client`), `requests`, `creates`, `fail_next(...)`, `model(...)`:
    see `replicatekit.sandbox.Sandbox`.
    """
    from contextlib import closing

    from replicatekit import _default_client
    from replicatekit.sandbox._test_sandbox import TestSandbox

    # The default clients were created for another environment, and those created here are for this one.
    clients: dict[type, Any] = {}
    monkeypatch.setattr(_default_client, "_clients", clients)
    with TestSandbox() as sandbox, closing(sandbox):
        for name, value in sandbox.environment.items():
            monkeypatch.setenv(name, value)
        yield sandbox
        for kind, client in clients.items():
            if not kind.__name__.startswith("Async"):
                client.close()
