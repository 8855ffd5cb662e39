"""The nouns of the API, as both clients have them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from replicatekit._base.docstrings import mirrors
from replicatekit._runtime import run_sync

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping

    import httpx

    from replicatekit._domain.reference import Runnable
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
    from replicatekit_api.models import Deployment

__all__ = ["AsyncNamespaces", "Namespaces"]

P = ParamSpec("P")
T = TypeVar("T")


class Namespaces:
    """What a client offers for each noun of the API."""

    _session: Session

    @cached_property
    def predictions(self) -> Predictions:
        """Create, get, list and cancel predictions."""
        from replicatekit.resources.predictions import Predictions

        return Predictions(self._session)

    @cached_property
    def models(self) -> Models:
        """Get, list, search, create, change and delete models; `versions`, `examples`, `readme`, `predictions`."""
        from replicatekit.resources.models import Models

        return Models(self._session)

    @cached_property
    def trainings(self) -> Trainings:
        """Create, get, list and cancel trainings."""
        from replicatekit.resources.trainings import Trainings

        return Trainings(self._session)

    @cached_property
    def deployments(self) -> Deployments:
        """Get, list, create, change and delete deployments; `predictions`."""
        from replicatekit.resources.deployments import Deployments

        return Deployments(self._session)

    @cached_property
    def files(self) -> Files:
        """Upload, get, list and delete files."""
        from replicatekit.resources.files import Files

        return Files(self._session)

    @cached_property
    def collections(self) -> Collections:
        """List and get collections of models."""
        from replicatekit.resources.collections import Collections

        return Collections(self._session)

    @cached_property
    def hardware(self) -> HardwareResource:
        """List what models can run on."""
        from replicatekit.resources.account import HardwareResource

        return HardwareResource(self._session)

    @cached_property
    def account(self) -> AccountResource:
        """Get the account that the token belongs to."""
        from replicatekit.resources.account import AccountResource

        return AccountResource(self._session)

    @cached_property
    def webhooks(self) -> Webhooks:
        """Get the secret that webhooks are signed with."""
        from replicatekit.resources.webhooks import Webhooks

        return Webhooks(self._session)

    def use(
        self, ref: Runnable | None = None, *, deployment: str | Deployment | None = None, refresh: bool = False
    ) -> ModelFunction:
        """A model as a function, whose inputs are checked by the model's schema before anything is sent.

            flux = client.use("black-forest-labs/flux-schnell")
            flux(prompt="a llama in the snow", num_outputs=2)

        `flux.stream`, `flux.iterate`, `flux.create` and `flux.map` run it in other ways, and
        `flux.with_options(timeout=60)` has options. The schema is fetched once and kept on disk. A model that runs by
        version stays on the version that it had; `refresh=True` gets the latest.

        Args:
            ref: `owner/name`, `owner/name:version`, a version id, a `Model`, a `Version` or a `Deployment`.
            deployment: `owner/name` of a deployment, in place of `ref`.
            refresh: Ask the API for the latest version, even if it was asked for less than an hour ago.

        Raises:
            NotFoundError: There is no such model or version.
            InvalidReference, InvalidArgument: It cannot be looked up.
        """
        from replicatekit.typed.description import describe_model
        from replicatekit.typed.function import ModelFunction

        found = run_sync(describe_model(self._session, ref, deployment, refresh=refresh))
        return ModelFunction(self._session, found)

    def search(self, query: str, *, limit: int | None = None) -> SearchResult:
        """Search models, collections and pages of the website at once.

        Args:
            query: The text to look for.
            limit: How many models to give at most, from 1 to 50; 20 without it.
        """
        from replicatekit._operations import collections
        from replicatekit.resources.collection import SearchResult

        return SearchResult.bind(self._session, run_sync(collections.search(self._session, query, limit)))

    def paginate(self, method: Callable[P, Page[T]], *args: P.args, **kwargs: P.kwargs) -> Iterator[Page[T]]:
        """The pages of a list, one after another, each fetched when it is asked for.

            for page in client.paginate(client.predictions.list, created_after="yesterday"):
                print(page.results)

        Args:
            method: A `list` or `search` that gives pages.
            *args: Its arguments.
            **kwargs: Its arguments.
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
        """Make a request that has no method of its own, by the same rules as all others: retries, limits, errors.

        A request that could create something is never sent twice. Redirects are not followed.

        Args:
            method: `GET`, `POST`, `PATCH`, `DELETE`, ...
            path: Below `base_url`, such as `/predictions`; or a whole URL. The token and the client's headers go to the
                API alone.
            params: The query; what is None in it is left out.
            json: The body, as JSON.
            content: The body, as it is.
            headers: Beside the client's.
            timeout: Seconds for all attempts together; without it, each has the client's timeout.

        Returns:
            The answer, whole: `.json()`, `.text`, `.content`, `.status_code`, `.headers`.

        Raises:
            APIStatusError: Its status is not a good one; see `replicatekit.errors` for the one of each.
            OutcomeUnknownError: It may have created something, or not; it was not sent again.
            ForbiddenURLError: No request is made to such a URL.
            InvalidArgument: It cannot be sent.
        """
        from replicatekit._operations.raw_request import request

        return run_sync(
            request(
                self._session,
                method,
                path,
                params=params,
                json=json,
                content=content,
                headers=headers,
                timeout=timeout,
            )
        )


@mirrors(Namespaces)
class AsyncNamespaces:
    _session: Session

    @cached_property
    def predictions(self) -> AsyncPredictions:
        from replicatekit.resources.predictions import AsyncPredictions

        return AsyncPredictions(self._session)

    @cached_property
    def models(self) -> AsyncModels:
        from replicatekit.resources.models import AsyncModels

        return AsyncModels(self._session)

    @cached_property
    def trainings(self) -> AsyncTrainings:
        from replicatekit.resources.trainings import AsyncTrainings

        return AsyncTrainings(self._session)

    @cached_property
    def deployments(self) -> AsyncDeployments:
        from replicatekit.resources.deployments import AsyncDeployments

        return AsyncDeployments(self._session)

    @cached_property
    def files(self) -> AsyncFiles:
        from replicatekit.resources.files import AsyncFiles

        return AsyncFiles(self._session)

    @cached_property
    def collections(self) -> AsyncCollections:
        from replicatekit.resources.collections import AsyncCollections

        return AsyncCollections(self._session)

    @cached_property
    def hardware(self) -> AsyncHardwareResource:
        from replicatekit.resources.account import AsyncHardwareResource

        return AsyncHardwareResource(self._session)

    @cached_property
    def account(self) -> AsyncAccountResource:
        from replicatekit.resources.account import AsyncAccountResource

        return AsyncAccountResource(self._session)

    @cached_property
    def webhooks(self) -> AsyncWebhooks:
        from replicatekit.resources.webhooks import AsyncWebhooks

        return AsyncWebhooks(self._session)

    async def use(
        self, ref: Runnable | None = None, *, deployment: str | Deployment | None = None, refresh: bool = False
    ) -> AsyncModelFunction:
        from replicatekit.typed.description import describe_model
        from replicatekit.typed.function import AsyncModelFunction

        found = await describe_model(self._session, ref, deployment, refresh=refresh)
        return AsyncModelFunction(self._session, found)

    async def search(self, query: str, *, limit: int | None = None) -> AsyncSearchResult:
        from replicatekit._operations import collections
        from replicatekit.resources.collection import AsyncSearchResult

        return AsyncSearchResult.bind(self._session, await collections.search(self._session, query, limit))

    def paginate(
        self, method: Callable[P, AsyncPages[T]], *args: P.args, **kwargs: P.kwargs
    ) -> AsyncIterator[AsyncPage[T]]:
        from replicatekit import pages

        return pages.async_paginate(method, *args, **kwargs)

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
        from replicatekit._operations.raw_request import request

        return await request(
            self._session,
            method,
            path,
            params=params,
            json=json,
            content=content,
            headers=headers,
            timeout=timeout,
        )
