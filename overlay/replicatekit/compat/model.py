"""Models."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NoReturn, NotRequired, TypedDict, Unpack, overload

from replicatekit._runtime import run_sync
from replicatekit.compat._impl import creating as _creating
from replicatekit.compat._impl.creating import created, model_path
from replicatekit.compat._impl.following import become
from replicatekit.compat._impl.pages import cursor_of, page_of
from replicatekit.compat._impl.records import attached, one
from replicatekit.compat._impl.session import awaiting, blocking, path
from replicatekit.compat.exceptions import ReplicateException
from replicatekit.compat.prediction import Prediction
from replicatekit.compat.resource import Namespace, Resource
from replicatekit.compat.version import Version, Versions

if TYPE_CHECKING:
    from types import EllipsisType

    from replicatekit.compat._impl.creating import CreatePredictionParams
    from replicatekit.compat._impl.records import Readers
    from replicatekit.compat._impl.session import CompatSession
    from replicatekit.compat.pagination import Page

__all__ = ["Model", "Models", "ModelsPredictions"]


class Model(Resource):
    """A model."""

    _readers: ClassVar[Readers] = {"default_example": one(Prediction), "latest_version": one(Version)}

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
        """What models could in the beginning.

        Raises:
            ReplicateException: They can no more.
        """
        del args, kwargs
        raise ReplicateException(
            "model.predict() is gone: what it ran changed with each new version of the model. Use run() instead"
        )

    @property
    def versions(self) -> Versions:
        """Its versions."""
        return Versions(client=self._client, model=self)

    def reload(self) -> None:
        """See what it is now."""
        become(self, self._client.models.get(f"{self.owner}/{self.name}"))


class CreateModelParams(TypedDict):
    """What is said of a new model."""

    hardware: str
    """The SKU of what it runs on; see `hardware.list`."""
    visibility: Literal["public", "private"]
    description: NotRequired[str]
    github_url: NotRequired[str]
    paper_url: NotRequired[str]
    license_url: NotRequired[str]
    cover_image_url: NotRequired[str]


class Models(Namespace):
    """Models."""

    CreateModelParams = CreateModelParams
    model = Model

    @property
    def predictions(self) -> ModelsPredictions:
        """Predictions of official models."""
        return ModelsPredictions(client=self._client)

    def list(self, cursor: str | EllipsisType | None = ...) -> Page[Model]:
        """A page of the public models.

        Args:
            cursor: A page's `next` or `previous`.

        Raises:
            ValueError: The cursor is None.
        """
        return run_sync(page_of(blocking(self._client), Model, cursor_of(cursor, "/v1/models")))

    async def async_list(self, cursor: str | EllipsisType | None = ...) -> Page[Model]:
        """As `list`."""
        return await page_of(awaiting(self._client), Model, cursor_of(cursor, "/v1/models"))

    def search(self, query: str) -> Page[Model]:
        """The public models that fit a text."""
        return run_sync(_search(blocking(self._client), query))

    async def async_search(self, query: str) -> Page[Model]:
        """As `search`."""
        return await _search(awaiting(self._client), query)

    @overload
    def get(self, key: str) -> Model: ...
    @overload
    def get(self, owner: str, name: str) -> Model: ...
    def get(self, *args: Any, **kwargs: Any) -> Model:
        """A model by `owner/name`, or by both.

        Raises:
            ValueError: It cannot be told which.
        """
        return run_sync(_get(blocking(self._client), _path(args, kwargs)))

    @overload
    async def async_get(self, key: str) -> Model: ...
    @overload
    async def async_get(self, owner: str, name: str) -> Model: ...
    async def async_get(self, *args: Any, **kwargs: Any) -> Model:
        """As `get`."""
        return await _get(awaiting(self._client), _path(args, kwargs))

    @overload
    def delete(self, key: str) -> bool: ...
    @overload
    def delete(self, owner: str, name: str) -> bool: ...
    def delete(self, *args: Any, **kwargs: Any) -> bool:
        """Delete a private model of yours that has no versions.

        Raises:
            ValueError: It cannot be told which.
        """
        return run_sync(_delete(blocking(self._client), _path(args, kwargs)))

    @overload
    async def async_delete(self, key: str) -> bool: ...
    @overload
    async def async_delete(self, owner: str, name: str) -> bool: ...
    async def async_delete(self, *args: Any, **kwargs: Any) -> bool:
        """As `delete`."""
        return await _delete(awaiting(self._client), _path(args, kwargs))

    def create(self, owner: str, name: str, **params: Unpack[CreateModelParams]) -> Model:
        """Make a model, still without a version."""
        return run_sync(_create(blocking(self._client), owner, name, **params))

    async def async_create(self, owner: str, name: str, **params: Unpack[CreateModelParams]) -> Model:
        """As `create`."""
        return await _create(awaiting(self._client), owner, name, **params)


class ModelsPredictions(Namespace):
    """Predictions of official models."""

    CreatePredictionParams = _creating.CreatePredictionParams

    def create(
        self, model: str | tuple[str, str] | Model, input: dict[str, Any], **params: Unpack[CreatePredictionParams]
    ) -> Prediction:
        """Run an official model, by its name.

        Raises:
            ValueError: It is no name of a model.
        """
        return run_sync(created(blocking(self._client), model_path(model), input, params))

    async def async_create(
        self, model: str | tuple[str, str] | Model, input: dict[str, Any], **params: Unpack[CreatePredictionParams]
    ) -> Prediction:
        """As `create`."""
        return await created(awaiting(self._client), model_path(model), input, params)


def _path(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """Where a model is.

    Raises:
        ValueError: It cannot be told which it is.
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
    return attached(Model(**await api.json("GET", address)), api.client)


async def _search(api: CompatSession, query: str) -> Page[Model]:
    headers = {"Content-Type": "text/plain"}
    return await page_of(api, Model, "/v1/models", "QUERY", content=query, headers=headers)


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
    given = {
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
    body = {field: value for field, value in given.items() if value is not None}
    return attached(Model(**await api.json("POST", "/v1/models", json=body, held=True)), api.client)
