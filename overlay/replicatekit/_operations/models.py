"""The operations on models, their versions, examples and readmes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast, get_args

from replicatekit._base.validation import check_choice, check_line, check_text, check_url
from replicatekit._operations.keyword_options import options_to_send
from replicatekit._operations.pagination import ListRequest
from replicatekit.errors import InvalidReference
from replicatekit.options import ModelMetadata, ModelUpdate

if TYPE_CHECKING:
    from collections.abc import Callable

    from replicatekit._domain.reference import Reference
    from replicatekit._session.session import Session
    from replicatekit_api import models

T = TypeVar("T")
SortBy = Literal["model_created_at", "latest_version_created_at"]
SortDirection = Literal["asc", "desc"]


def listing(
    session: Session,
    bind: Callable[[Session, models.Model], T],
    sort_by: SortBy | None,
    sort_direction: SortDirection | None,
) -> ListRequest[T]:
    """List all public models."""
    if sort_by is not None:
        check_choice(sort_by, "sort_by", get_args(SortBy))
    if sort_direction is not None:
        check_choice(sort_direction, "sort_direction", get_args(SortDirection))
    return ListRequest(session, partial(_page, sort_by=sort_by, sort_direction=sort_direction), bind)


async def _page(
    session: Session,
    cursor: str | None,
    *,
    sort_by: SortBy | None = None,
    sort_direction: SortDirection | None = None,
) -> models.ModelPage:
    from replicatekit_api.api.models import list as endpoint

    return await session.io.call(
        endpoint, client=session.api, cursor=cursor, sort_by=sort_by, sort_direction=sort_direction
    )


def search(session: Session, bind: Callable[[Session, models.Model], T], query: str) -> ListRequest[T]:
    """Search the public models. The API returns one page; if there were more, its URL would be that of a list."""
    check_text(query, "query")
    return ListRequest(session, partial(_search_page, query=query), bind)


async def _search_page(session: Session, cursor: str | None, *, query: str) -> models.ModelPage:
    from replicatekit_api.api.models import search as endpoint

    if cursor is not None:
        return await _page(session, cursor)
    return await session.io.call(endpoint, client=session.api, body=query)


def examples(session: Session, bind: Callable[[Session, models.Prediction], T], model: Reference) -> ListRequest[T]:
    """List the example predictions of a model."""
    return ListRequest(session, partial(_examples, model=model), bind)


async def _examples(session: Session, cursor: str | None, *, model: Reference) -> models.PredictionPage:
    from replicatekit_api.api.models_examples import list as endpoint

    return await session.io.call(endpoint, *model.path, client=session.api, cursor=cursor)


async def get(session: Session, model: Reference) -> models.Model:
    """Get a model."""
    from replicatekit_api.api.models import get as endpoint

    return await session.io.call(endpoint, *model.path, client=session.api)


async def readme(session: Session, model: Reference) -> str:
    """Get a model's readme."""
    from replicatekit_api.api.models_readme import get as endpoint

    return await session.io.call(endpoint, *model.path, client=session.api)


async def create(
    session: Session, model: Reference, hardware: str, visibility: str, texts: ModelMetadata
) -> models.Model:
    """Create a model without a version."""
    from replicatekit_api.api.models import create as endpoint

    check_line(hardware, "hardware")
    check_choice(visibility, "visibility", ["public", "private"])
    about = _check_texts(options_to_send(texts, ModelMetadata))
    owner, name = model.path
    body = {"owner": owner, "name": name, "hardware": hardware, "visibility": visibility, **about}
    return await session.io.call(endpoint, client=session.api, body=cast("models.ModelCreateRequestDict", body))


async def update(session: Session, model: Reference, changes: ModelUpdate) -> models.Model:
    """Change a model."""
    from replicatekit_api.api.models import update as endpoint

    body = _check_texts(options_to_send(changes, ModelUpdate, update_of="a model"))
    return await session.io.call(
        endpoint, *model.path, client=session.api, body=cast("models.ModelUpdateRequestDict", body)
    )


async def delete(session: Session, model: Reference) -> None:
    """Delete a model."""
    from replicatekit_api.api.models import delete as endpoint

    await session.io.call(endpoint, *model.path, client=session.api)


async def with_version(session: Session, reference: Reference) -> Reference:
    """Return a reference with a version, by default the model's latest one.

    Raises:
        InvalidReference: The model lists no version.
    """
    if reference.version:
        return reference
    latest = reference.latest
    if latest is None:
        version = (await get(session, reference)).latest_version
        latest = version.id if version else None
    if not latest or latest == "hidden":
        raise InvalidReference(f"{reference} has no public versions: pass 'owner/name:version'")
    return reference._replace(version=latest)


def _check_texts(values: dict[str, Any]) -> dict[str, Any]:
    for name, value in values.items():
        if name.endswith("_url") and value != "":
            check_url(value, name)
        else:
            check_text(value, name, blank=True)  # blank deletes the text
    return values
