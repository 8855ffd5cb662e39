"""Collections and search results, whose models are bound to the client."""

from __future__ import annotations

from replicatekit.resources._live import BoundObject
from replicatekit.resources.model import AsyncModel, Model
from replicatekit_api import models

__all__ = ["AsyncCollection", "AsyncFoundModel", "AsyncSearchResult", "Collection", "FoundModel", "SearchResult"]


class Collection(BoundObject, models.Collection):
    """A collection of models."""

    __slots__ = ("_bound_session",)

    @property
    def models(self) -> list[Model]:  # type: ignore[override] # pyright: ignore[reportIncompatibleMethodOverride] (read-only)
        """The models of the collection."""
        return [Model.bind(self._session_or_none, model) for model in super().models]


class AsyncCollection(BoundObject, models.Collection):
    """A collection of models."""

    __slots__ = ("_bound_session",)
    _is_async = True

    @property
    def models(self) -> list[AsyncModel]:  # type: ignore[override] # pyright: ignore[reportIncompatibleMethodOverride] (read-only)
        """The models of the collection."""
        return [AsyncModel.bind(self._session_or_none, model) for model in super().models]


class FoundModel(BoundObject, models.FoundModel):
    """A model that matches a search, with search metadata (score, tags, generated description)."""

    __slots__ = ("_bound_session",)

    @property
    def model(self) -> Model | None:
        """The model."""
        model = super().model
        return None if model is None else Model.bind(self._session_or_none, model)


class AsyncFoundModel(BoundObject, models.FoundModel):
    """A model that matches a search, with search metadata (score, tags, generated description)."""

    __slots__ = ("_bound_session",)
    _is_async = True

    @property
    def model(self) -> AsyncModel | None:
        """The model."""
        model = super().model
        return None if model is None else AsyncModel.bind(self._session_or_none, model)


class SearchResult(BoundObject, models.SearchResult):
    """The results of a search: models, collections and pages of the website."""

    __slots__ = ("_bound_session",)

    @property
    def models(self) -> list[FoundModel]:  # type: ignore[override] # pyright: ignore[reportIncompatibleMethodOverride] (read-only)
        """The models that match the query, the best match first."""
        return [FoundModel.bind(self._session_or_none, matches) for matches in super().models]


class AsyncSearchResult(BoundObject, models.SearchResult):
    """The results of a search: models, collections and pages of the website."""

    __slots__ = ("_bound_session",)
    _is_async = True

    @property
    def models(self) -> list[AsyncFoundModel]:  # type: ignore[override] # pyright: ignore[reportIncompatibleMethodOverride] (read-only)
        """The models that match the query, the best match first."""
        return [AsyncFoundModel.bind(self._session_or_none, matches) for matches in super().models]
