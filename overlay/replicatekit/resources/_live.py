"""What the API sent, with the client that it came by: it can ask for more and change itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from replicatekit.errors import InvalidArgument
from replicatekit_api import View

if TYPE_CHECKING:
    from replicatekit._session.session import Core

__all__ = ["Live"]

_new = object.__new__


class Live(View):
    """The base of all live objects. Each stands before the generated class that it brings to life, and has `_core`."""

    __slots__ = ()

    _core: Core | None

    @classmethod
    def of(cls, core: Core | None, view: View) -> Self:
        """What came, alive by a client; without one it can only be read."""
        live = _new(cls)
        live._data = view._data  # noqa: SLF001 (a view of the same data, by the class that defines it)
        live._made = None  # noqa: SLF001 (as above)
        live._core = core  # noqa: SLF001 (as above)
        return live

    @property
    def _held(self) -> Core | None:
        """Its client's inside; None where it was unpickled, or made by hand."""
        return getattr(self, "_core", None)

    @property
    def _here(self) -> Core:
        core = self._held
        if core is None:
            known: object = self._data.get("id")
            raise InvalidArgument(
                f"this {type(self).__name__} belongs to no client: get it from one",
                prediction_id=known if isinstance(known, str) else None,
            )
        return core

    def _become(self, view: View) -> Self:
        self._data = view._data  # noqa: SLF001 (as above)
        self._made = None
        return self
