"""The operations on the account, the hardware and the webhook secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from replicatekit._session.session import Session
    from replicatekit_api import models


async def get(session: Session) -> models.Account:
    """Get the account that the token belongs to."""
    from replicatekit_api.api.account import get as endpoint

    return await session.io.call(endpoint, client=session.api)


async def hardware(session: Session) -> list[models.Hardware]:
    """List the hardware that models can run on."""
    from replicatekit_api.api.hardware import list as endpoint

    return await session.io.call(endpoint, client=session.api)


async def webhook_secret(session: Session) -> str:
    """Get the secret that webhooks are signed with."""
    from replicatekit_api.api.webhooks_default_secret import get as endpoint

    return (await session.io.call(endpoint, client=session.api)).key
