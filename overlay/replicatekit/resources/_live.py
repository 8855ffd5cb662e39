"""What the API sent, with the client that it came by: it can ask for more and change itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from replicatekit.errors import InvalidArgument
from replicatekit_api import View

if TYPE_CHECKING:
    from replicatekit._session.session import Session

__all__ = ["BoundObject"]

_new = object.__new__


class BoundObject(View):
    """The base of all live objects. Each stands before the generated class that it adds a client to."""

    __slots__ = ()

    _bound_session: Session | None

    @classmethod
    def bind(cls, session: Session | None, view: View) -> Self:
        """What came, alive by a client; without one it can only be read."""
        live = _new(cls)
        live._data = view._data  # noqa: SLF001 (a view of the same data, by the class that defines it)
        live._made = None  # noqa: SLF001 (as above)
        live._bound_session = session  # noqa: SLF001 (as above)
        return live

    @property
    def _session_or_none(self) -> Session | None:
        """Its client's inside; None where it was unpickled, or made by hand."""
        return getattr(self, "_bound_session", None)

    @property
    def _session(self) -> Session:
        session = self._session_or_none
        if session is None:
            known: object = self._data.get("id")
            raise InvalidArgument(
                f"this {type(self).__name__} belongs to no client: get it from one",
                prediction_id=known if isinstance(known, str) else None,
            )
        return session

    def _replace_data(self, view: View) -> Self:
        self._data = view._data  # noqa: SLF001 (as above)
        self._made = None
        return self
