"""Collections and what a search found: their models are alive."""

from __future__ import annotations

from replicatekit._base.docstrings import mirrors
from replicatekit.resources._live import BoundObject
from replicatekit.resources.model import AsyncModel, Model
from replicatekit_api import models

__all__ = ["AsyncCollection", "AsyncFoundModel", "AsyncSearchResult", "Collection", "FoundModel", "SearchResult"]


class Collection(BoundObject, models.Collection):
    """A collection with the models in it."""

    __slots__ = ("_bound_session",)

    @property
    def models(self) -> list[Model]:  # pyright: ignore[reportIncompatibleMethodOverride] (a list to be read)
        """The models that were gathered."""
        return [Model.bind(self._session_or_none, model) for model in super().models]


@mirrors(Collection)
class AsyncCollection(BoundObject, models.Collection):
    __slots__ = ("_bound_session",)

    @property
    def models(self) -> list[AsyncModel]:  # pyright: ignore[reportIncompatibleMethodOverride] (a list to be read)
        return [AsyncModel.bind(self._session_or_none, model) for model in super().models]


class FoundModel(BoundObject, models.FoundModel):
    """A model together with what the search knows about it."""

    __slots__ = ("_bound_session",)

    @property
    def model(self) -> Model | None:
        """The model itself."""
        model = super().model
        return None if model is None else Model.bind(self._session_or_none, model)


@mirrors(FoundModel)
class AsyncFoundModel(BoundObject, models.FoundModel):
    __slots__ = ("_bound_session",)

    @property
    def model(self) -> AsyncModel | None:
        model = super().model
        return None if model is None else AsyncModel.bind(self._session_or_none, model)


class SearchResult(BoundObject, models.SearchResult):
    """Everything a search found, sorted by kind."""

    __slots__ = ("_bound_session",)

    @property
    def models(self) -> list[FoundModel]:  # pyright: ignore[reportIncompatibleMethodOverride] (a list to be read)
        """The models that fit the query, the best first, with what the search knows about each."""
        return [FoundModel.bind(self._session_or_none, found) for found in super().models]


@mirrors(SearchResult)
class AsyncSearchResult(BoundObject, models.SearchResult):
    __slots__ = ("_bound_session",)

    @property
    def models(self) -> list[AsyncFoundModel]:  # pyright: ignore[reportIncompatibleMethodOverride] (a list to be read)
        return [AsyncFoundModel.bind(self._session_or_none, found) for found in super().models]
