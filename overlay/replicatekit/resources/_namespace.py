"""What all namespaces of a client are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from replicatekit._domain.reference import Reference
    from replicatekit._session.session import Session

__all__ = ["Namespace", "NamespaceOf"]


class Namespace:
    """A noun of the API, as a client has it."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._session.api.base_url}>"


class NamespaceOf(Namespace):
    """A noun of the API, as one model or deployment has it."""

    __slots__ = ("_reference",)

    def __init__(self, session: Session, reference: Reference) -> None:
        super().__init__(session)
        self._reference = reference

    @property
    def _model(self) -> str:
        return self._reference.model or ""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._model}>"
