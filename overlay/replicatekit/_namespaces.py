"""The namespaces of both clients: one for each kind of resource of the API."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from replicatekit._base.signatures import Resolvable
from replicatekit._runtime import run_sync

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping

    import httpx

    from replicatekit._session.session import Session
    from replicatekit.pages import AsyncPage, AsyncPages, Page
    from replicatekit.resources.account import (
        AccountResource,
        AsyncAccountResource,
        AsyncHardwareResource,
        HardwareResource,
    )
    from replicatekit.resources.collection import AsyncSearchResult, SearchResult
    from replicatekit.resources.collections import AsyncCollections, Collections
    from replicatekit.resources.deployments import AsyncDeployments, Deployments
    from replicatekit.resources.files import AsyncFiles, Files
    from replicatekit.resources.models import AsyncModels, Models
    from replicatekit.resources.predictions import AsyncPredictions, Predictions
    from replicatekit.resources.trainings import AsyncTrainings, Trainings
    from replicatekit.resources.webhooks import AsyncWebhooks, Webhooks
    from replicatekit.typed.function import AsyncModelFunction, ModelFunction
    from replicatekit_api.models import Deployment, Model, Version

P = ParamSpec("P")
T = TypeVar("T")


class Namespaces(Resolvable):
    """The namespaces of a client, and what is done across them."""

    _session: Session

    @cached_property
    def predictions(self) -> Predictions:
        """Run models, and create, get, list and cancel predictions."""
        from replicatekit.resources.predictions import Predictions

        return Predictions(self)

    @cached_property
    def models(self) -> Models:
        """Get, list, search, create, update and delete models, and their versions, examples and readmes."""
        from replicatekit.resources.models import Models

        return Models(self)

    @cached_property
    def trainings(self) -> Trainings:
        """Create, get, list and cancel trainings."""
        from replicatekit.resources.trainings import Trainings

        return Trainings(self)

    @cached_property
    def deployments(self) -> Deployments:
        """Get, list, create, update and delete deployments; also `predictions`."""
        from replicatekit.resources.deployments import Deployments

        return Deployments(self)

    @cached_property
    def files(self) -> Files:
        """Upload, get, list and delete files."""
        from replicatekit.resources.files import Files

        return Files(self)

    @cached_property
    def collections(self) -> Collections:
        """List and get collections of models."""
        from replicatekit.resources.collections import Collections

        return Collections(self)

    @cached_property
    def hardware(self) -> HardwareResource:
        """List the hardware that models can run on."""
        from replicatekit.resources.account import HardwareResource

        return HardwareResource(self)

    @cached_property
    def account(self) -> AccountResource:
        """Get the account that the token belongs to."""
        from replicatekit.resources.account import AccountResource

        return AccountResource(self)

    @cached_property
    def webhooks(self) -> Webhooks:
        """Get the secret that webhooks are signed with."""
        from replicatekit.resources.webhooks import Webhooks

        return Webhooks(self)

    def use(
        self,
        ref: str | Model | Version | Deployment | None = None,
        *,
        deployment: str | Deployment | None = None,
        refresh: bool = False,
    ) -> ModelFunction:
        """Return a model as a Python function. Inputs are validated against its schema before anything is sent.

            flux = client.use("black-forest-labs/flux-schnell")
            flux(prompt="a llama in the snow", num_outputs=2)

        `flux.stream`, `flux.iterate`, `flux.create` and `flux.map` stream, iterate, create without waiting, and run
        many inputs; `flux.with_options(timeout=60)` sets options. The schema is fetched once and cached on disk. A
        community model is pinned to its current version; `refresh=True` looks up the latest one.

        Args:
            ref: `owner/name`, `owner/name:version`, a version id, a `Model`, a `Version` or a `Deployment`.
            deployment: `owner/name` of a deployment, instead of `ref`.
            refresh: Look up the latest version, even if the cached one is less than an hour old.

        Raises:
            NotFoundError: There is no such model or version.
            InvalidReference, InvalidArgument: `ref` cannot be read.
        """
        from replicatekit.typed.description import describe_model
        from replicatekit.typed.function import ModelFunction

        found = run_sync(describe_model(self._session, ref, deployment, refresh=refresh))
        return ModelFunction(self._session, found)

    def search(self, query: str, *, limit: int | None = None) -> SearchResult:
        """Search models, collections and pages of the website at once.

        Args:
            query: The text to search for.
            limit: The largest number of models to return, from 1 to 50. 20 by default.
        """
        from replicatekit._operations import collections
        from replicatekit.resources.collection import SearchResult

        return SearchResult.bind(self._session, run_sync(collections.search(self._session, query, limit)))

    def paginate(self, method: Callable[P, Page[T]], *args: P.args, **kwargs: P.kwargs) -> Iterator[Page[T]]:
        """Iterate over the pages of a list. Each is requested when the iteration reaches it.

            for page in client.paginate(client.predictions.list, created_after="yesterday"):
                print(page.results)

        Args:
            method: A `list` or `search` method.
            *args: The method's arguments.
            **kwargs: The method's keyword arguments.
        """
        from replicatekit import pages

        return pages.paginate(method, *args, **kwargs)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        content: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> httpx.Response:
        """Send a request to an endpoint that has no method here, with the same retries, limits and errors.

        POST requests are not retried if they may have been executed. Redirects are not followed.

        Args:
            method: `GET`, `POST`, `PATCH`, `DELETE`, ...
            path: A path below `base_url`, such as `/predictions`; or a whole URL. Only requests to the API carry the
                token and the client's headers.
            params: The query parameters. `None` values are left out.
            json: The body, sent as JSON.
            content: The body, sent as it is.
            headers: Headers to add to the client's.
            timeout: Seconds for all attempts together. By default each attempt has the client's timeout.

        Returns:
            The response: `.json()`, `.text`, `.content`, `.status_code`, `.headers`.

        Raises:
            APIStatusError: The API answered with an error status; see `replicatekit.errors` for the class of each.
            OutcomeUnknownError: The request may have created something; it was not sent again.
            ForbiddenURLError: Requests to this URL are not allowed.
            InvalidArgument: An argument cannot be used. Nothing was sent.
        """
        from replicatekit._operations.raw_request import request

        return run_sync(request(self._session, method, path, params, json, content, headers, timeout))


class AsyncNamespaces(Resolvable):
    """The namespaces of a client, and what is done across them."""

    _session: Session

    @cached_property
    def predictions(self) -> AsyncPredictions:
        """Run models, and create, get, list and cancel predictions."""
        from replicatekit.resources.predictions import AsyncPredictions

        return AsyncPredictions(self)

    @cached_property
    def models(self) -> AsyncModels:
        """Get, list, search, create, update and delete models, and their versions, examples and readmes."""
        from replicatekit.resources.models import AsyncModels

        return AsyncModels(self)

    @cached_property
    def trainings(self) -> AsyncTrainings:
        """Create, get, list and cancel trainings."""
        from replicatekit.resources.trainings import AsyncTrainings

        return AsyncTrainings(self)

    @cached_property
    def deployments(self) -> AsyncDeployments:
        """Get, list, create, update and delete deployments; also `predictions`."""
        from replicatekit.resources.deployments import AsyncDeployments

        return AsyncDeployments(self)

    @cached_property
    def files(self) -> AsyncFiles:
        """Upload, get, list and delete files."""
        from replicatekit.resources.files import AsyncFiles

        return AsyncFiles(self)

    @cached_property
    def collections(self) -> AsyncCollections:
        """List and get collections of models."""
        from replicatekit.resources.collections import AsyncCollections

        return AsyncCollections(self)

    @cached_property
    def hardware(self) -> AsyncHardwareResource:
        """List the hardware that models can run on."""
        from replicatekit.resources.account import AsyncHardwareResource

        return AsyncHardwareResource(self)

    @cached_property
    def account(self) -> AsyncAccountResource:
        """Get the account that the token belongs to."""
        from replicatekit.resources.account import AsyncAccountResource

        return AsyncAccountResource(self)

    @cached_property
    def webhooks(self) -> AsyncWebhooks:
        """Get the secret that webhooks are signed with."""
        from replicatekit.resources.webhooks import AsyncWebhooks

        return AsyncWebhooks(self)

    async def use(
        self,
        ref: str | Model | Version | Deployment | None = None,
        *,
        deployment: str | Deployment | None = None,
        refresh: bool = False,
    ) -> AsyncModelFunction:
        """Return a model as a Python function. Inputs are validated against its schema before anything is sent.

            flux = await client.use("black-forest-labs/flux-schnell")
            await flux(prompt="a llama in the snow", num_outputs=2)

        `flux.stream`, `flux.iterate`, `flux.create` and `flux.map` stream, iterate, create without waiting, and run
        many inputs; `flux.with_options(timeout=60)` sets options. The schema is fetched once and cached on disk. A
        community model is pinned to its current version; `refresh=True` looks up the latest one.

        Args:
            ref: `owner/name`, `owner/name:version`, a version id, a `Model`, a `Version` or a `Deployment`.
            deployment: `owner/name` of a deployment, instead of `ref`.
            refresh: Look up the latest version, even if the cached one is less than an hour old.

        Raises:
            NotFoundError: There is no such model or version.
            InvalidReference, InvalidArgument: `ref` cannot be read.
        """
        from replicatekit.typed.description import describe_model
        from replicatekit.typed.function import AsyncModelFunction

        found = await describe_model(self._session, ref, deployment, refresh=refresh)
        return AsyncModelFunction(self._session, found)

    async def search(self, query: str, *, limit: int | None = None) -> AsyncSearchResult:
        """Search models, collections and pages of the website at once.

        Args:
            query: The text to search for.
            limit: The largest number of models to return, from 1 to 50. 20 by default.
        """
        from replicatekit._operations import collections
        from replicatekit.resources.collection import AsyncSearchResult

        return AsyncSearchResult.bind(self._session, await collections.search(self._session, query, limit))

    def paginate(
        self, method: Callable[P, AsyncPages[T]], *args: P.args, **kwargs: P.kwargs
    ) -> AsyncIterator[AsyncPage[T]]:
        """Iterate over the pages of a list. Each is requested when the iteration reaches it.

            async for page in client.paginate(client.predictions.list, created_after="yesterday"):
                print(page.results)

        Args:
            method: A `list` or `search` method.
            *args: The method's arguments.
            **kwargs: The method's keyword arguments.
        """
        from replicatekit import pages

        return pages.paginate(method, *args, **kwargs)

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        content: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 (a deadline over all attempts)
    ) -> httpx.Response:
        """Send a request to an endpoint that has no method here, with the same retries, limits and errors.

        POST requests are not retried if they may have been executed. Redirects are not followed.

        Args:
            method: `GET`, `POST`, `PATCH`, `DELETE`, ...
            path: A path below `base_url`, such as `/predictions`; or a whole URL. Only requests to the API carry the
                token and the client's headers.
            params: The query parameters. `None` values are left out.
            json: The body, sent as JSON.
            content: The body, sent as it is.
            headers: Headers to add to the client's.
            timeout: Seconds for all attempts together. By default each attempt has the client's timeout.

        Returns:
            The response: `.json()`, `.text`, `.content`, `.status_code`, `.headers`.

        Raises:
            APIStatusError: The API answered with an error status; see `replicatekit.errors` for the class of each.
            OutcomeUnknownError: The request may have created something; it was not sent again.
            ForbiddenURLError: Requests to this URL are not allowed.
            InvalidArgument: An argument cannot be used. Nothing was sent.
        """
        from replicatekit._operations.raw_request import request

        return await request(self._session, method, path, params, json, content, headers, timeout)
