"""The base class of the API's objects that are bound to a client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from replicatekit._base.signatures import Resolvable
from replicatekit._session.default import default_session
from replicatekit_api import View

if TYPE_CHECKING:
    from replicatekit._session.session import Session

_new = object.__new__


class BoundObject(Resolvable, View):
    """An object of the API with a client for requests. Each subclass extends a class of `replicatekit_api.models`.

    A copy keeps the client. A pickle does not contain it: an unpickled object uses the default client.
    """

    __slots__ = ()

    _is_async: ClassVar[bool] = False
    _bound_session: Session | None

    @classmethod
    def bind(cls, session: Session | None, view: View) -> Self:
        """Internal: attach an API object to a client."""
        instance = _new(cls)
        instance._data = view._data  # noqa: SLF001 (the same data, by the class that defines it)
        instance._made = None  # noqa: SLF001 (as above)
        instance._bound_session = session  # type: ignore[misc] # noqa: SLF001 (a slot of the subclasses)
        return instance

    @property
    def _session_or_none(self) -> Session | None:
        """The client's session; None for an unpickled object, or one created without a client."""
        return getattr(self, "_bound_session", None)

    @property
    def _session(self) -> Session:
        return self._session_or_none or default_session(is_async=self._is_async, prediction_id=self._run_id)

    @property
    def _run_id(self) -> str | None:
        """The id of a prediction or training, for errors."""
        return None

    def _replace_data(self, view: View) -> Self:
        self._data = view._data  # noqa: SLF001 (as above)
        self._made = None
        return self

    def __copy__(self) -> Self:
        return self._like(super().__copy__())

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self._like(super().__deepcopy__(memo))

    def __reduce__(self) -> tuple[Any, ...]:
        attributes = {name: value for name, value in self._attributes().items() if name != "_bound_session"}
        return _unpickled, (type(self), self._data, attributes)

    def _like(self, copy: Self) -> Self:
        for name, value in self._attributes().items():
            setattr(copy, name, value)
        return copy

    def _attributes(self) -> dict[str, Any]:
        """The attributes outside the JSON data: the client's session, and a version's model."""
        names = {name for cls in type(self).__mro__ for name in cls.__dict__.get("__slots__", ())} - {"_data", "_made"}
        return {name: getattr(self, name) for name in names if hasattr(self, name)}


def _unpickled(cls: type[BoundObject], data: dict[str, Any], attributes: dict[str, Any]) -> BoundObject:
    instance = cls.bind(None, View.from_dict(data))
    for name, value in attributes.items():
        setattr(instance, name, value)
    return instance
