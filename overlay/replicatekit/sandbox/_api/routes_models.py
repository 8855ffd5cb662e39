"""Routes for models, their versions, readmes and examples, for search and collections."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from starlette.responses import PlainTextResponse, Response

from replicatekit.sandbox._api.pagination import page_of_values
from replicatekit.sandbox._api.responses import Refusal, invalid, json_response, not_found, state_of
from replicatekit.sandbox._models.registry import HARDWARE, newest_first

if TYPE_CHECKING:
    from starlette.requests import Request

JSON = dict[str, Any]
_URL = re.compile(r"https?://[^\s/]+\S*\Z")


def name_of(request: Request) -> str:
    """Return the name of the model in a path; refuse one that does not exist."""
    name = f"{request.path_params['model_owner']}/{request.path_params['model_name']}"
    if state_of(request).registry.kind(name) is None:
        raise not_found(f"model {name}")
    return name


async def list_all(request: Request, _: JSON) -> Response:
    """List all public models in the requested order."""
    registry = state_of(request).registry
    models = [registry.model(name) for name in registry.names()]
    models = newest_first(
        [model for model in models if model["visibility"] == "public"],
        by=request.query_params.get("sort_by", "latest_version_created_at"),
        descending=request.query_params.get("sort_direction", "desc") == "desc",
    )
    return page_of_values(request, models)


async def search(request: Request, _: JSON) -> Response:
    """Search models by a plain text; the result is not paginated."""
    text = (await request.body()).decode("utf-8", "replace")
    results = state_of(request).registry.search(text)
    return json_response(request, {"next": None, "previous": None, "results": results})


def _fields(body: JSON) -> JSON:
    """Return the fields of a model; an empty URL becomes None, and an invalid one is refused."""
    urls = {name: value or None for name, value in body.items() if name.endswith("_url")}
    wrong = [name for name, url in urls.items() if url and not _URL.match(url)]
    if wrong:
        raise invalid([("format", name, f"{body[name][:200]!r} is not a URL") for name in wrong])
    return body | urls


async def create(request: Request, body: JSON) -> Response:
    """Create a model of the account, without a version."""
    state = state_of(request)
    about = _fields(body)
    name = f"{body['owner']}/{body['name']}"
    if body["owner"] != state.account["username"]:
        raise Refusal(403, f"This token is not allowed to create models for {body['owner']}", title="Permission denied")
    if body["hardware"] not in HARDWARE:
        raise invalid([("enum", "hardware", f"{body['hardware']!r} is not one of {', '.join(HARDWARE)}")])
    if state.registry.kind(name) is not None:
        raise Refusal(409, f"A model {name} exists already", title="Conflict")
    return json_response(request, state.registry.create(name, about=about), 201)


async def get(request: Request, _: JSON) -> Response:
    """Return a model with its newest version."""
    return json_response(request, state_of(request).registry.model(name_of(request)))


async def update(request: Request, body: JSON) -> Response:
    """Update a model."""
    return json_response(request, state_of(request).registry.update(name_of(request), _fields(body)))


async def delete(request: Request, _: JSON) -> Response:
    """Delete a private model of the account that has no versions."""
    state, name = state_of(request), name_of(request)
    model = state.registry.model(name)
    if model["owner"] != state.account["username"] or model["visibility"] != "private":
        raise Refusal(403, "Only private models of your own can be deleted", title="Permission denied")
    if state.registry.latest(name):
        raise Refusal(409, "A model with versions cannot be deleted: delete them first", title="Conflict")
    state.store.delete("model", name)
    return Response(status_code=204)


async def readme(request: Request, _: JSON) -> Response:
    """Return a model's readme."""
    text = state_of(request).registry.readme(name_of(request))
    if text is None:
        raise not_found("readme")
    return PlainTextResponse(text.encode("utf-8", "replace"))


async def examples(request: Request, _: JSON) -> Response:
    """List the example predictions of a model."""
    return page_of_values(request, state_of(request).store.values("example", parent=name_of(request)))


async def list_versions(request: Request, _: JSON) -> Response:
    """List a model's versions; an official model does not show them (404), a procedure has none."""
    registry, name = state_of(request).registry, name_of(request)
    kind = registry.kind(name)
    if kind == "official":
        raise not_found(f"list of versions of {name}")
    return page_of_values(request, [] if kind == "procedure" else registry.versions(name))


def version_of(request: Request) -> JSON:
    """Return the version in a path; refuse one that does not exist."""
    name, key = name_of(request), request.path_params["version_id"]
    version = state_of(request).registry.version(key)
    if version is None or version["model"] != name:
        raise not_found(f"version {key}")
    return version


async def get_version(request: Request, _: JSON) -> Response:
    """Return a version with its OpenAPI document."""
    return json_response(request, version_of(request)["record"])


async def delete_version(request: Request, _: JSON) -> Response:
    """Delete a version that no deployment uses; the API accepts it, and deletes it later."""
    state, version = state_of(request), version_of(request)
    key = version["record"]["id"]
    if any(each["current_release"]["version"] == key for each in state.store.values("deployment")):
        raise Refusal(409, "A deployment uses this version", title="Conflict")
    state.store.delete("version", key)
    return Response(status_code=202)


async def search_all(request: Request, _: JSON) -> Response:
    """Search models, collections and pages; needs no token."""
    state = state_of(request)
    text = request.query_params["query"]
    limit = int(request.query_params.get("limit", "20"))
    models: list[JSON] = [
        {
            "model": model,
            "metadata": {"generated_description": model["description"], "tags": [], "score": 1.0},
        }
        for model in state.registry.search(text)[:limit]
    ]
    collections = [
        {name: each[name] for name in ("name", "slug", "description", "models")}
        for each in state.collections()
        if text.lower() in f"{each['name']} {each['description']}".lower()
    ]
    return json_response(request, {"query": text, "models": models, "collections": collections, "pages": []})


async def list_collections(request: Request, _: JSON) -> Response:
    """List all collections."""
    fields = ("name", "slug", "description")
    return page_of_values(request, [{name: each[name] for name in fields} for each in state_of(request).collections()])


async def get_collection(request: Request, _: JSON) -> Response:
    """Return a collection with its models."""
    state, slug = state_of(request), request.path_params["collection_slug"]
    for collection in state.collections():
        if collection["slug"] == slug:
            models = [state.registry.model(name) for name in collection["models"] if state.registry.kind(name)]
            return json_response(request, {**collection, "models": models})
    raise not_found(f"collection {slug}")


HANDLERS = {
    "models.list": list_all,
    "models.search": search,
    "models.create": create,
    "models.get": get,
    "models.update": update,
    "models.delete": delete,
    "models.readme.get": readme,
    "models.examples.list": examples,
    "models.versions.list": list_versions,
    "models.versions.get": get_version,
    "models.versions.delete": delete_version,
    "search": search_all,
    "collections.list": list_collections,
    "collections.get": get_collection,
}
