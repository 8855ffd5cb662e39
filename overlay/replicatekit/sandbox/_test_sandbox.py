"""The sandbox of one test, with a client for it."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Unpack

# The only place where the sandbox uses the client: tests get it, the API does not need it.
from replicatekit import Client
from replicatekit.sandbox._sandbox import Sandbox
from replicatekit.sandbox._storage.settings import SettingsOptions


class TestSandbox(Sandbox):
    """A sandbox with a `replicatekit.Client`: the class of the fixture `replicate_sandbox`."""

    __test__: ClassVar[bool] = False  # pytest would collect it as a class with tests

    def __init__(
        self,
        *,
        port: int = 0,
        token: str | None = None,
        path: str | Path | None = None,
        builtin: bool = True,
        demo: bool = False,
        **settings: Unpack[SettingsOptions],
    ) -> None:
        super().__init__(port=port, token=token, path=path, builtin=builtin, demo=demo, **settings)
        self._client: Client | None = None

    @property
    def client(self) -> Client:
        """A client of this sandbox, created on first use and closed by `stop`."""
        if self._client is None:
            self._client = Client(token=self.token, base_url=self.base_url)
        return self._client

    def stop(self) -> None:
        """Close the client, and stop the server."""
        if self._client is not None:
            self._client.close()
            self._client = None
        super().stop()
