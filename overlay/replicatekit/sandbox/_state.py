"""The parts of a sandbox, bundled for the routes."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
from typing import TYPE_CHECKING, Any

from replicatekit.sandbox._models.registry import Registry
from replicatekit.sandbox._network.connection import Connections
from replicatekit.sandbox._network.faults import Faults
from replicatekit.sandbox._network.rate_limits import Limits
from replicatekit.sandbox._network.recorder import Recorder
from replicatekit.sandbox._runs.runs import Runs
from replicatekit.sandbox._runs.webhooks import Webhooks
from replicatekit.sandbox._storage.blobs import API, DELIVERY, Blobs
from replicatekit.sandbox._storage.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from replicatekit.sandbox._storage.settings import Settings

OWNER = "sandbox"
"""The account of the token."""


class State:
    """The parts of a sandbox, as the routes use them."""

    def __init__(self, settings: Settings, token: str, path: str | Path | None) -> None:
        self.settings = settings
        self.token = token
        self.account: dict[str, Any] = {
            "type": "organization",
            "username": OWNER,
            "name": "The sandbox",
            "github_url": f"https://github.com/{OWNER}",
            "avatar_url": f"https://github.com/{OWNER}.png",
        }
        self.store = Store(path)
        keys = self._keys()
        self.blobs = Blobs(self.store, settings, OWNER, keys["downloads"])
        self.webhooks = Webhooks(settings, keys["webhooks"], self.render)
        self.runs = Runs(self.store, settings, self.blobs, self.webhooks)
        self.registry = Registry(self.store)
        self.faults = Faults()
        self.connections = Connections(self.faults)
        self.recorder = Recorder()
        self.limits = Limits(settings)
        self.stopping = asyncio.Event()

    def _keys(self) -> dict[str, str]:
        """Return the keys that sign webhooks and download URLs; they are stored with the state."""
        keys = self.store.get("keys", "all")
        if keys is None:
            secret = base64.b64encode(secrets.token_bytes(24)).decode()
            keys = {"webhooks": f"whsec_{secret}", "downloads": secrets.token_hex()}
            self.store.put("keys", "all", keys)
        result: dict[str, str] = keys
        return result

    def render(self, text: str) -> bytes:
        """Return stored JSON with the sandbox's own origins in it."""
        return text.replace(API, self.blobs.origins[API]).replace(DELIVERY, self.blobs.origins[DELIVERY]).encode()

    def reset(self) -> None:
        """Drop everything except the models: runs, files, deployments, recorded requests and faults."""
        self.runs.reset()
        self.registry.reset()
        self.faults.clear()
        self.recorder.clear()
        self.webhooks.deliveries.clear()
        self.limits.clear()

    async def drain(self) -> None:
        """Wait until all runs and all deliveries have ended."""
        while self.runs.live:
            await asyncio.wait([asyncio.ensure_future(run.done.wait()) for run in self.runs.live.values()])
        await self.webhooks.drain()

    def collections(self) -> list[dict[str, Any]]:
        """Return the collections: each with its slug, its texts, and the names of its models."""
        return [json.loads(row.body) for row in self.store.rows("collection", descending=False)]

    def add_collection(self, slug: str, name: str, description: str, models: list[str]) -> None:
        """Add a collection, or replace it."""
        about = {"slug": slug, "name": name, "description": description, "full_description": None}
        self.store.put("collection", slug, {**about, "models": models})


def generate_token() -> str:
    """Return a token in the API's form that is valid nowhere else."""
    return f"r8_sandbox{secrets.token_hex(14)}"
