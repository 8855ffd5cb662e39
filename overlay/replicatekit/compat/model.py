"""Models, and the namespace `client.models`."""

from __future__ import annotations

import warnings
from types import EllipsisType
from typing import Any, ClassVar, Literal, NoReturn, NotRequired, TypeAlias, TypedDict, Unpack, overload

from replicatekit._runtime import run_sync
from replicatekit.compat._impl import creating as _creating
from replicatekit.compat._impl.creating import create_prediction, model_path
from replicatekit.compat._impl.following import update
from replicatekit.compat._impl.pages import fetch_page, page_address
from replicatekit.compat._impl.records import Readers, attach, reader
from replicatekit.compat._impl.session import CompatSession, awaiting, blocking, path
from replicatekit.compat.exceptions import ReplicateException
from replicatekit.compat.helpers import async_encode_json, encode_json
from replicatekit.compat.identifier import ModelVersionIdentifier
from replicatekit.compat.pagination import Page
from replicatekit.compat.prediction import Prediction
from replicatekit.compat.resource import Namespace, Resource
from replicatekit.compat.version import Version, Versions

__all__ = [
    "Model",
    "ModelVersionIdentifier",
    "Models",
    "ModelsPredictions",
    "Page",
    "Prediction",
    "Version",
    "Versions",
    "async_encode_json",
    "encode_json",
]


class Model(Resource):
    """A model."""

    _readers: ClassVar[Readers] = {"default_example": reader(Prediction), "latest_version": reader(Version)}

    url: str
    owner: str
    name: str
    description: str | None
    visibility: Literal["public", "private"]
    github_url: str | None
    paper_url: str | None
    license_url: str | None
    run_count: int
    cover_image_url: str | None
    default_example: Prediction | None
    latest_version: Version | None

    @property
    def id(self) -> str:
        """`owner/name`."""
        return f"{self.owner}/{self.name}"

    @property
    def username(self) -> str:
        """The old name of `owner`."""
        warnings.warn("Model.username is the old name of Model.owner", DeprecationWarning, stacklevel=2)
        return self.owner

    @username.setter
    def username(self, value: str) -> None:
        warnings.warn("Model.username is the old name of Model.owner", DeprecationWarning, stacklevel=2)
        self.owner = value

    def predict(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise: models cannot be run this way any more.

        Raises:
            ReplicateException: Always; use `run`.
        """
        del args, kwargs
        raise ReplicateException(
            "model.predict() was removed: each new version of the model changed what it ran. Use run() instead"
        )

    @property
    def versions(self) -> Versions:
        """The versions of the model."""
        return Versions(client=self._client, model=self)

    def reload(self) -> None:
        """Fetch the current state of the model."""
        update(self, run_sync(_get(blocking(self._client), path("models", self.owner, self.name))))


class CreateModelParams(TypedDict):
    """The options of a new model."""

    hardware: str
    """The SKU of its hardware; see `hardware.list`."""
    visibility: Literal["public", "private"]
    description: NotRequired[str]
    github_url: NotRequired[str]
    paper_url: NotRequired[str]
    license_url: NotRequired[str]
    cover_image_url: NotRequired[str]


_CreateModelParams: TypeAlias = CreateModelParams  # an alias, as a class attribute hides the name


class Models(Namespace):
    """The namespace `client.models`."""

    CreateModelParams = CreateModelParams
    model = Model

    @property
    def predictions(self) -> ModelsPredictions:
        """Predictions of official models."""
        return ModelsPredictions(client=self._client)

    def list(self, cursor: str | EllipsisType | None = ...) -> Page[Model]:
        """Return a page of the public models.

        Args:
            cursor: A page's `next` or `previous`; without it, the first page.

        Raises:
            ValueError: The cursor is None.
        """
        return run_sync(fetch_page(blocking(self._client), Model, page_address(cursor, "/v1/models")))

    async def async_list(self, cursor: str | EllipsisType | None = ...) -> Page[Model]:
        """Return a page of the public models; see `list`."""
        return await fetch_page(awaiting(self._client), Model, page_address(cursor, "/v1/models"))

    def search(self, query: str) -> Page[Model]:
        """Return the public models that match a text."""
        return run_sync(_search(blocking(self._client), query))

    async def async_search(self, query: str) -> Page[Model]:
        """Return the public models that match a text."""
        return await _search(awaiting(self._client), query)

    @overload
    def get(self, key: str) -> Model: ...
    @overload
    def get(self, owner: str, name: str) -> Model: ...
    def get(self, *args: Any, **kwargs: Any) -> Model:
        """Return a model by `owner/name`, or by owner and name.

        Raises:
            ValueError: The arguments do not name one model.
        """
        return run_sync(_get(blocking(self._client), _path(args, kwargs)))

    @overload
    async def async_get(self, key: str) -> Model: ...
    @overload
    async def async_get(self, owner: str, name: str) -> Model: ...
    async def async_get(self, *args: Any, **kwargs: Any) -> Model:
        """Return a model; see `get`."""
        return await _get(awaiting(self._client), _path(args, kwargs))

    @overload
    def delete(self, key: str) -> bool: ...
    @overload
    def delete(self, owner: str, name: str) -> bool: ...
    def delete(self, *args: Any, **kwargs: Any) -> bool:
        """Delete your private model that has no versions.

        Raises:
            ValueError: The arguments do not name one model.
        """
        return run_sync(_delete(blocking(self._client), _path(args, kwargs)))

    @overload
    async def async_delete(self, key: str) -> bool: ...
    @overload
    async def async_delete(self, owner: str, name: str) -> bool: ...
    async def async_delete(self, *args: Any, **kwargs: Any) -> bool:
        """Delete a model; see `delete`."""
        return await _delete(awaiting(self._client), _path(args, kwargs))

    def create(self, owner: str, name: str, **params: Unpack[_CreateModelParams]) -> Model:
        """Create a model without a version."""
        return run_sync(_create(blocking(self._client), owner, name, **params))

    async def async_create(self, owner: str, name: str, **params: Unpack[_CreateModelParams]) -> Model:
        """Async version of `create`."""
        return await _create(awaiting(self._client), owner, name, **params)


class ModelsPredictions(Namespace):
    """Predictions of official models."""

    CreatePredictionParams = _creating.CreatePredictionParams

    def create(
        self,
        model: str | tuple[str, str] | Model,
        input: dict[str, Any],
        **params: Unpack[_creating.CreatePredictionParams],
    ) -> Prediction:
        """Run an official model, and return its prediction.

        Raises:
            ValueError: `model` does not name a model.
        """
        return run_sync(create_prediction(blocking(self._client), Prediction, model_path(model), input, params))

    async def async_create(
        self,
        model: str | tuple[str, str] | Model,
        input: dict[str, Any],
        **params: Unpack[_creating.CreatePredictionParams],
    ) -> Prediction:
        """Async version of `create`."""
        return await create_prediction(awaiting(self._client), Prediction, model_path(model), input, params)


def _path(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """Return the path of a model.

    Raises:
        ValueError: The arguments do not name one model.
    """
    if args and kwargs:
        raise ValueError("Cannot mix positional and keyword arguments")
    owner, name, key = (kwargs.get(word) for word in ("owner", "name", "key"))
    if key and (owner or name):
        raise ValueError("Must specify exactly one of 'owner' and 'name' or single 'key' in the format 'owner/name'")
    if len(args) > 2:
        raise ValueError("Invalid number of arguments")
    if len(args) == 2:
        owner, name = args
    elif args:
        key = args[0]
    if not key and not (owner and name):
        raise ValueError("Both 'owner' and 'name' must be provided if 'key' is not specified.")
    return path("models", *(str(key).split("/") if key else (owner, name)))


async def _get(api: CompatSession, address: str) -> Model:
    return attach(Model(**await api.json("GET", address)), api.client)


async def _search(api: CompatSession, query: str) -> Page[Model]:
    headers = {"Content-Type": "text/plain"}
    return await fetch_page(api, Model, "/v1/models", "QUERY", content=query, headers=headers)


async def _delete(api: CompatSession, address: str) -> bool:
    return (await api.request("DELETE", address)).status_code == 204


async def _create(
    api: CompatSession,
    owner: str,
    name: str,
    *,
    visibility: str,
    hardware: str,
    description: str | None = None,
    github_url: str | None = None,
    paper_url: str | None = None,
    license_url: str | None = None,
    cover_image_url: str | None = None,
) -> Model:
    fields = {
        "owner": owner,
        "name": name,
        "visibility": visibility,
        "hardware": hardware,
        "description": description,
        "github_url": github_url,
        "paper_url": paper_url,
        "license_url": license_url,
        "cover_image_url": cover_image_url,
    }
    body = {field: value for field, value in fields.items() if value is not None}
    return attach(Model(**await api.json("POST", "/v1/models", json=body, held=True)), api.client)
