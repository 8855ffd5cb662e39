"""The operations on models, their versions, examples and readmes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict, TypeVar

from replicatekit._base.validation import check_choice, check_line, check_text, check_url
from replicatekit._operations.keyword_options import changed, given
from replicatekit._operations.pagination import Listing
from replicatekit.errors import InvalidReference

if TYPE_CHECKING:
    from collections.abc import Callable

    from replicatekit._domain.reference import Reference
    from replicatekit._http.api_client import Wire
    from replicatekit._session.session import Core
    from replicatekit_api import models

__all__ = [
    "ModelChanges",
    "ModelTexts",
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


class ModelTexts(TypedDict, total=False):
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


class ModelChanges(TypedDict, total=False):
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
    core: Core,
    dress: Callable[[models.Model], T],
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

    async def call(api: Wire, cursor: str | None) -> models.ModelPage:
        return await core.io.call(endpoint, client=api, cursor=cursor, sort_by=sort_by, sort_direction=sort_direction)

    return Listing(core, call, dress)


def search(core: Core, dress: Callable[[models.Model], T], query: str) -> Listing[T]:
    """The public models that a text finds. They come on one page; should there be more, its URL is that of a list."""
    check_text(query, "a query")
    from replicatekit_api.api.models import list as more
    from replicatekit_api.api.models import search as endpoint

    async def call(api: Wire, cursor: str | None) -> models.ModelPage:
        if cursor is None:
            return await core.io.call(endpoint, client=api, body=query)
        return await core.io.call(more, client=api, cursor=cursor)

    return Listing(core, call, dress)


def examples(core: Core, dress: Callable[[models.Prediction], T], model: Reference) -> Listing[T]:
    """The predictions that show what a model does."""
    from replicatekit_api.api.models_examples import list as endpoint

    async def call(api: Wire, cursor: str | None) -> models.PredictionPage:
        return await core.io.call(endpoint, *_path(model), client=api, cursor=cursor)

    return Listing(core, call, dress)


async def get(core: Core, model: Reference) -> models.Model:
    """A model by its name."""
    from replicatekit_api.api.models import get as endpoint

    return await core.io.call(endpoint, *_path(model), client=core.api)


async def readme(core: Core, model: Reference) -> str:
    """Its long description."""
    from replicatekit_api.api.models_readme import get as endpoint

    return await core.io.call(endpoint, *_path(model), client=core.api)


async def create(core: Core, model: Reference, hardware: str, visibility: str, texts: ModelTexts) -> models.Model:
    """Create a model without a version."""
    from replicatekit_api.api.models import create as endpoint

    check_line(hardware, "hardware")
    check_choice(visibility, "visibility", ["public", "private"])
    about = _texts(given(texts, ModelTexts, "a new model"))
    owner, name = _path(model)
    body = {"owner": owner, "name": name, "hardware": hardware, "visibility": visibility, **about}
    return await core.io.call(endpoint, client=core.api, body=body)


async def update(core: Core, model: Reference, changes: ModelChanges) -> models.Model:
    """Change what is said about a model."""
    from replicatekit_api.api.models import update as endpoint

    body = _texts(changed(changes, ModelChanges, "a model"))
    return await core.io.call(endpoint, *_path(model), client=core.api, body=body)


async def delete(core: Core, model: Reference) -> None:
    """Delete a model."""
    from replicatekit_api.api.models import delete as endpoint

    await core.io.call(endpoint, *_path(model), client=core.api)


async def with_version(core: Core, reference: Reference) -> Reference:
    """The same with a version: the model's latest one where none was named.

    Raises:
        InvalidReference: The model has none to show.
    """
    if reference.version:
        return reference
    latest = reference.latest
    if latest is None:
        version = (await get(core, reference)).latest_version
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
