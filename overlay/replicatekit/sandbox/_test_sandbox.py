"""The sandbox of one test, with a client at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from replicatekit.sandbox._sandbox import Sandbox

if TYPE_CHECKING:
    from replicatekit import Client


class TestSandbox(Sandbox):
    """A sandbox with a `replicatekit.Client` for it, made when it is first asked for."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._client: Client | None = None

    @property
    def client(self) -> Client:
        """A client that talks to this sandbox; it is closed with it."""
        # The one place where the sandbox touches the client: it is the user's, not the API's.
        from replicatekit import Client

        if self._client is None:
            self._client = Client(token=self.token, base_url=self.base_url)
        return self._client

    def stop(self) -> None:
        """Closes the client, and stops."""
        if self._client is not None:
            self._client.close()
            self._client = None
        super().stop()
