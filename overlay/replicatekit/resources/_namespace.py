"""The base classes of a client's namespaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replicatekit._base.signatures import Resolvable
from replicatekit.errors import MissingTokenError

if TYPE_CHECKING:
    from replicatekit._domain.reference import Reference
    from replicatekit._session.default import HasSession
    from replicatekit._session.session import Session


class Namespace(Resolvable):
    """The operations on one kind of resource, such as `client.predictions`."""

    _session: Session

    def __init__(self, owner: HasSession) -> None:
        self._owner = owner

    def __getattr__(self, name: str) -> Session:
        # Looked up at each access: the module's namespaces have no session until there is a token. A property would
        # be read by `inspect.getmembers`.
        if name == "_session":
            return self._owner._session  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] (the protocol's own name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __repr__(self) -> str:
        try:
            return f"<{type(self).__name__} of {self._session.api.base_url}>"
        except MissingTokenError:
            return f"<{type(self).__name__}, without a token yet>"


class NamespaceOf(Namespace):
    """The operations on the parts of one model or deployment, such as `model.versions`."""

    def __init__(self, owner: HasSession, reference: Reference) -> None:
        super().__init__(owner)
        self._reference = reference

    @property
    def _model(self) -> str:
        return self._reference.model or ""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._model}>"
