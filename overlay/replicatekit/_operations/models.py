"""The operations on models, their versions, examples and readmes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict, TypeVar, cast

from replicatekit._base.validation import check_choice, check_line, check_text, check_url
from replicatekit._operations.keyword_options import changed, given
from replicatekit._operations.pagination import Listing
from replicatekit.errors import InvalidReference

if TYPE_CHECKING:
    from collections.abc import Callable

    from replicatekit._domain.reference import Reference
    from replicatekit._http.api_client import ApiClient
    from replicatekit._session.session import Session
    from replicatekit_api import models

__all__ = [
    "ModelMetadata",
    "ModelUpdate",
    "create",
    "delete",
    "examples",
    "get",
    "listing",
    "readme",
    "search",
    "update",
    "with_version",
]

T = TypeVar("T")


class ModelMetadata(TypedDict, total=False):
    """What is said about a new model."""

    description: str
    """What it does, in a sentence or two."""
    github_url: str
    """Where its source code is."""
    paper_url: str
    """Where the paper behind it is."""
    license_url: str
    """Where its terms are."""
    cover_image_url: str
    """A picture for its page."""


class ModelUpdate(TypedDict, total=False):
    """What can be changed about a model. What is left out stays as it is; None is no value for any of it."""

    description: str
    """What it does, in a sentence or two."""
    readme: str
    """The long description, in Markdown."""
    github_url: str
    """Where its source code is."""
    paper_url: str
    """Where the paper behind it is."""
    weights_url: str
    """Where its weights are published."""
    license_url: str
    """Where its terms are."""


def listing(
    session: Session,
    bind: Callable[[models.Model], T],
    *,
    sort_by: Literal["model_created_at", "latest_version_created_at"] | None,
    sort_direction: Literal["asc", "desc"] | None,
) -> Listing[T]:
    """All public models."""
    if sort_by is not None:
        check_choice(sort_by, "sort_by", ["model_created_at", "latest_version_created_at"])
    if sort_direction is not None:
        check_choice(sort_direction, "sort_direction", ["asc", "desc"])
    from replicatekit_api.api.models import list as endpoint

    async def call(api: ApiClient, cursor: str | None) -> models.ModelPage:
        return await session.io.call(
            endpoint, client=api, cursor=cursor, sort_by=sort_by, sort_direction=sort_direction
        )

    return Listing(session, call, bind)


def search(session: Session, bind: Callable[[models.Model], T], query: str) -> Listing[T]:
    """The public models that a text finds. They come on one page; should there be more, its URL is that of a list."""
    check_text(query, "a query")
    from replicatekit_api.api.models import list as more
    from replicatekit_api.api.models import search as endpoint

    async def call(api: ApiClient, cursor: str | None) -> models.ModelPage:
        if cursor is None:
            return await session.io.call(endpoint, client=api, body=query)
        return await session.io.call(more, client=api, cursor=cursor)

    return Listing(session, call, bind)


def examples(session: Session, bind: Callable[[models.Prediction], T], model: Reference) -> Listing[T]:
    """The predictions that show what a model does."""
    from replicatekit_api.api.models_examples import list as endpoint

    async def call(api: ApiClient, cursor: str | None) -> models.PredictionPage:
        return await session.io.call(endpoint, *_path(model), client=api, cursor=cursor)

    return Listing(session, call, bind)


async def get(session: Session, model: Reference) -> models.Model:
    """A model by its name."""
    from replicatekit_api.api.models import get as endpoint

    return await session.io.call(endpoint, *_path(model), client=session.api)


async def readme(session: Session, model: Reference) -> str:
    """Its long description."""
    from replicatekit_api.api.models_readme import get as endpoint

    return await session.io.call(endpoint, *_path(model), client=session.api)


async def create(
    session: Session, model: Reference, hardware: str, visibility: str, texts: ModelMetadata
) -> models.Model:
    """Create a model without a version."""
    from replicatekit_api.api.models import create as endpoint

    check_line(hardware, "hardware")
    check_choice(visibility, "visibility", ["public", "private"])
    about = _texts(given(texts, ModelMetadata, "a new model"))
    owner, name = _path(model)
    body = {"owner": owner, "name": name, "hardware": hardware, "visibility": visibility, **about}
    return await session.io.call(endpoint, client=session.api, body=cast("models.ModelCreateRequestDict", body))


async def update(session: Session, model: Reference, changes: ModelUpdate) -> models.Model:
    """Change what is said about a model."""
    from replicatekit_api.api.models import update as endpoint

    body = _texts(changed(changes, ModelUpdate, "a model"))
    return await session.io.call(
        endpoint, *_path(model), client=session.api, body=cast("models.ModelUpdateRequestDict", body)
    )


async def delete(session: Session, model: Reference) -> None:
    """Delete a model."""
    from replicatekit_api.api.models import delete as endpoint

    await session.io.call(endpoint, *_path(model), client=session.api)


async def with_version(session: Session, reference: Reference) -> Reference:
    """The same with a version: the model's latest one where none was named.

    Raises:
        InvalidReference: The model has none to show.
    """
    if reference.version:
        return reference
    latest = reference.latest
    if latest is None:
        version = (await get(session, reference)).latest_version
        latest = version.id if version else None
    if not latest or latest == "hidden":
        raise InvalidReference(f"{reference} shows no version: say which, 'owner/name:version'")
    return reference._replace(version=latest)


def _texts(values: dict[str, Any]) -> dict[str, Any]:
    for name, value in values.items():
        if name.endswith("_url") and value != "":
            check_url(value, name)
        else:
            check_text(value, name, blank=True)  # which takes away what was said
    return values


def _path(model: Reference) -> tuple[str, str]:
    return model.owner or "", model.name or ""
