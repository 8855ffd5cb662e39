"""The base class of both clients: settings, and copies with other settings."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, Unpack

from replicatekit._base.signatures import Resolvable
from replicatekit._files.settings import FileSettings
from replicatekit._http.settings import (
    change_settings,
    check_http_options,
    check_transport,
    make_api_client,
    use_http_client,
)
from replicatekit._predictions.options import Options
from replicatekit._session.session import Session
from replicatekit.errors import InvalidArgument
from replicatekit.options import HttpOptions, takes_options

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Mapping

    import httpx
    import httpx2

    from replicatekit._domain.reference import Reference
    from replicatekit._files.settings import FileStrategy, SchemaUse
    from replicatekit._http.api_client import ApiClient
    from replicatekit._http.contract import Sender
    from replicatekit._predictions.map import MapResult
    from replicatekit.options import MapOptions

Transport = TypeVar("Transport")
HttpClient = TypeVar("HttpClient")


class ClientBase(Resolvable, Generic[Transport, HttpClient]):
    """The settings of both clients, and everything that needs no request."""

    _io: Sender
    _bind: Callable[[Session, Any], Any]
    _output_file: Callable[[Session, str], Any]

    @takes_options(HttpOptions)
    def __init__(
        self,
        token: str | None = None,
        *,
        base_url: str | None = None,
        timeout: float | httpx.Timeout | httpx2.Timeout | None = None,
        headers: Mapping[str, str] | None = None,
        user_agent: str | None = None,
        max_retries: int | None = None,
        file_strategy: FileStrategy = "auto",
        schema: SchemaUse = "auto",
        guess_files: bool = True,
        transport: Transport | None = None,
        http_client: HttpClient | None = None,
        **http_options: Unpack[HttpOptions],
    ) -> None:
        api = make_api_client(
            token,
            base_url,
            timeout=timeout,
            headers=headers,
            user_agent=user_agent,
            max_retries=max_retries,
            http_options={"transport": check_transport(transport, self._io), **check_http_options(http_options)},
        )
        if http_client is not None:
            api = use_http_client(api, http_client, self._io)
        files = FileSettings().replace(file_strategy, schema, guess=guess_files)
        self._session = Session.new(self._io, api, self._bind, self._output_file, files)
        # Kept for copies. The session has the other settings, and the token.
        self._settings: dict[str, Any] = {
            "timeout": timeout,
            "headers": headers,
            "user_agent": user_agent,
            "max_retries": max_retries,
            "transport": transport,
            "http_client": http_client,
            **http_options,
        }

    @cached_property
    def api(self) -> ApiClient:
        """The low-level client, to call functions of `replicatekit_api` with the same retries, limits and errors.

        from replicatekit_api.api.hardware import list
        list.sync(client=client.api)
        """
        return self._session.api

    @property
    def base_url(self) -> str:
        """The URL of the API."""
        return self._session.api.base_url

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.base_url!r})"

    def with_options(
        self,
        *,
        token: str | None = None,
        timeout: float | httpx.Timeout | httpx2.Timeout | None = None,
        headers: Mapping[str, str] | None = None,
        user_agent: str | None = None,
        max_retries: int | None = None,
        file_strategy: FileStrategy | None = None,
        schema: SchemaUse | None = None,
        guess_files: bool | None = None,
    ) -> Self:
        """Return a copy with other settings, which shares the connections and limits. `None` keeps the current value.

        Args:
            token: Another token.
            timeout: Seconds for each attempt of a request, or an `httpx.Timeout`. To disable it: `httpx.Timeout(None)`.
            headers: Headers to send with every request, in addition to the present ones.
            user_agent: The `User-Agent` header.
            max_retries: Retries after the first attempt.
            file_strategy: How the files of inputs are sent: `auto`, `inline` or `upload`.
            schema: When to fetch a model's schema to convert its output: `auto`, `known` or `fetch`.
            guess_files: Whether URLs on the API's file hosts become `FileOutput` when no schema is available.

        Raises:
            InvalidArgument: A setting cannot be used.
        """
        api = change_settings(
            self._session.api,
            token=token,
            timeout=timeout,
            headers=headers,
            user_agent=user_agent,
            max_retries=max_retries,
        )
        copy = object.__new__(type(self))
        files = self._session.files.replace(file_strategy, schema, guess=guess_files)
        copy._session = self._session._replace(api=api, files=files)
        new = {"timeout": timeout, "user_agent": user_agent, "max_retries": max_retries}
        copy._settings = {**self._settings, **{name: value for name, value in new.items() if value is not None}}
        if headers is not None:
            copy._settings["headers"] = {**(self._settings["headers"] or {}), **dict(headers or {})}
        return copy

    def _map(
        self,
        reference: Reference,
        inputs: Iterable[Mapping[str, Any]],
        concurrency: int,
        ordered: bool,  # noqa: FBT001 (private)
        options: MapOptions[Any],
    ) -> AsyncGenerator[MapResult, None]:
        from replicatekit._predictions.map import map_runs

        progress = options.pop("progress", None)
        return map_runs(
            self._session,
            reference,
            inputs,
            Options.of(options),
            concurrency=concurrency,
            ordered=ordered,
            progress=progress,
        )

    def __copy__(self) -> Self:
        return type(self)(self._session.api.token, **self._arguments())

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.__copy__()

    def __reduce__(self) -> tuple[Any, ...]:
        arguments = self._arguments()
        own = [name for name in ("transport", "http_client") if arguments[name] is not None]
        if own:
            raise InvalidArgument(
                f"a client with its own {own[0]} cannot be pickled: create the client in the other process"
            )
        return _unpickled, (type(self), arguments)

    def _arguments(self) -> dict[str, Any]:
        """The arguments of a new client with these settings, except the token."""
        files = self._session.files
        own = {"file_strategy": files.strategy, "schema": files.schema, "guess_files": files.guess}
        return {"base_url": self.base_url, **own, **self._settings}


def _unpickled(cls: type[ClientBase[Any, Any]], arguments: Mapping[str, Any]) -> ClientBase[Any, Any]:
    return cls(**arguments)
