"""The account: who it is, what its models can run on, and what its webhooks are signed with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from replicatekit._session.session import Core
    from replicatekit_api import models

__all__ = ["get", "hardware", "webhook_secret"]


async def get(core: Core) -> models.Account:
    """The account that the token belongs to."""
    from replicatekit_api.api.account import get as endpoint

    return await core.io.call(endpoint, client=core.api)


async def hardware(core: Core) -> list[models.Hardware]:
    """What models can run on."""
    from replicatekit_api.api.hardware import list as endpoint

    return await core.io.call(endpoint, client=core.api)


async def webhook_secret(core: Core) -> str:
    """What deliveries are signed with."""
    from replicatekit_api.api.webhooks_default_secret import get as endpoint

    return (await core.io.call(endpoint, client=core.api)).key
