"""Collections and what a search found: their models are alive."""

from __future__ import annotations

from replicatekit._base.docstrings import mirrors
from replicatekit.resources._live import Live
from replicatekit.resources.model import AsyncModel, Model
from replicatekit_api import models

__all__ = ["AsyncCollection", "AsyncFoundModel", "AsyncSearchResult", "Collection", "FoundModel", "SearchResult"]


class Collection(Live, models.Collection):
    """A collection with the models in it."""

    __slots__ = ("_core",)

    @property
    def models(self) -> list[Model]:  # pyright: ignore[reportIncompatibleMethodOverride] (a list to be read)
        """The models that were gathered."""
        return [Model.of(self._held, model) for model in super().models]


@mirrors(Collection)
class AsyncCollection(Live, models.Collection):
    __slots__ = ("_core",)

    @property
    def models(self) -> list[AsyncModel]:  # pyright: ignore[reportIncompatibleMethodOverride] (a list to be read)
        return [AsyncModel.of(self._held, model) for model in super().models]


class FoundModel(Live, models.FoundModel):
    """A model together with what the search knows about it."""

    __slots__ = ("_core",)

    @property
    def model(self) -> Model | None:
        """The model itself."""
        model = super().model
        return None if model is None else Model.of(self._held, model)


@mirrors(FoundModel)
class AsyncFoundModel(Live, models.FoundModel):
    __slots__ = ("_core",)

    @property
    def model(self) -> AsyncModel | None:
        model = super().model
        return None if model is None else AsyncModel.of(self._held, model)


class SearchResult(Live, models.SearchResult):
    """Everything a search found, sorted by kind."""

    __slots__ = ("_core",)

    @property
    def models(self) -> list[FoundModel]:  # pyright: ignore[reportIncompatibleMethodOverride] (a list to be read)
        """The models that fit the query, the best first, with what the search knows about each."""
        return [FoundModel.of(self._held, found) for found in super().models]


@mirrors(SearchResult)
class AsyncSearchResult(Live, models.SearchResult):
    __slots__ = ("_core",)

    @property
    def models(self) -> list[AsyncFoundModel]:  # pyright: ignore[reportIncompatibleMethodOverride] (a list to be read)
        return [AsyncFoundModel.of(self._held, found) for found in super().models]
