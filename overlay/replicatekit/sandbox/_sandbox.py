"""The sandbox itself: a server in a thread of its own, and everything that its owner may ask of it."""

from __future__ import annotations

import weakref
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from replicatekit.sandbox._models.functions import FunctionRunner
from replicatekit.sandbox._models.registry import Options
from replicatekit.sandbox._network.faults import Fault, Rule
from replicatekit.sandbox._state import State, made_up_token
from replicatekit.sandbox._storage.blobs import API, DELIVERY
from replicatekit.sandbox._storage.records import example_of
from replicatekit.sandbox._storage.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from replicatekit.sandbox._api.listener import Listener
    from replicatekit.sandbox._models.job import Runner
    from replicatekit.sandbox._network.recorder import RecordedRequest
    from replicatekit.sandbox._runs.webhooks import Delivery

F = TypeVar("F", bound="Callable[..., Any]")
LOOPBACK = "127.0.0.1"


class Sandbox:
    """Replicate's API on loopback.

    A context manager: it runs inside of `with`, on a free port; its models can be named before. What it knows
    stays when it stops, and it can be started again.

    Args:
        port: the API's port; 0: a free one.
        token: the token that opens it; a made-up one if none is given.
        path: a file that keeps its state over a restart; without one everything is gone at the end.
        builtin: whether `sandbox/hello`, `sandbox/story` and `sandbox/painter` are there.
        **settings: what else may be turned: the fields of `Settings`.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        token: str | None = None,
        path: str | Path | None = None,
        builtin: bool = True,
        **settings: Any,
    ) -> None:
        self.settings = Settings(**settings)
        self.token = token or made_up_token()
        self.state = State(self.settings, self.token, path)
        weakref.finalize(self, self.state.store.close)
        self._ports = (port, 0)
        self._listener: Listener | None = None
        if builtin:
            from replicatekit.sandbox._models.builtin import add_builtin

            add_builtin(self)

    def __repr__(self) -> str:
        return f"<Sandbox {self.base_url if self._listener else 'not started'}>"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Starts the server and returns when it answers."""
        from replicatekit.sandbox._api.listener import Listener

        if self._listener is None:
            self._listener = Listener(self.state, LOOPBACK, self._ports)
            self._listener.start()
        return self

    def stop(self) -> None:
        """Stops the server, open streams included; it can be started again, at the same ports."""
        if self._listener is not None:
            self._ports = self._listener.ports
            self._listener.stop()
            self._listener = None
        self.state.registry.stop()

    def close(self) -> None:
        """Stops the server for good and closes its state."""
        self.stop()
        self.state.store.close()

    @property
    def base_url(self) -> str:
        """What goes into `REPLICATE_BASE_URL`."""
        return f"{self._origin(API)}/v1"

    @property
    def url(self) -> str:
        """The same as `base_url`."""
        return self.base_url

    @property
    def delivery_url(self) -> str:
        """The origin of output files and streams: not the API's, and so one that must not see the token."""
        return self._origin(DELIVERY)

    def _origin(self, which: str) -> str:
        if self._listener is None:
            raise RuntimeError("the sandbox does not run: use it in a `with` statement, or call start()")
        return self.state.blobs.origins[which]

    @property
    def environment(self) -> dict[str, str]:
        """The two variables that lead clients here."""
        return {"REPLICATE_API_TOKEN": self.token, "REPLICATE_BASE_URL": self.base_url}

    def model(
        self,
        name: str,
        *,
        official: bool = False,
        procedure: bool = False,
        description: str | None = None,
        visibility: str = "public",
        readme: str | None = None,
        boot: float | None = None,
        inline_files: bool = False,
    ) -> Callable[[F], F]:
        """Makes a Python function the newest version of a model.

        Args:
            name: `owner/name`.
            official: it runs without a version, and its versions are nobody's business (404).
            procedure: it runs without a version, and has none.
            description: what the API says of it.
            visibility: `public` or `private`.
            readme: its readme.
            boot: seconds that its predictions stay `starting`.
            inline_files: a held create answers with `data:` URLs instead of links to files.
        """
        about = {"description": description, "visibility": visibility, "readme": readme}

        def decorate(function: F) -> F:
            if description is None and function.__doc__:
                about["description"] = function.__doc__.strip().partition("\n")[0]
            self.add_model(
                name,
                FunctionRunner(function),
                official=official,
                procedure=procedure,
                boot=boot,
                inline_files=inline_files,
                **about,
            )
            return function

        return decorate

    def add_model(
        self,
        name: str,
        runner: Runner,
        *,
        official: bool = False,
        procedure: bool = False,
        boot: float | None = None,
        inline_files: bool = False,
        **about: Any,
    ) -> str:
        """Puts any runner behind a model, as its newest version, and gives the version's id."""
        owner, _, bare = name.partition("/")
        if not owner or not bare or "/" in bare or ":" in bare:
            raise ValueError(f"a model is named owner/name: {name!r} is no such name")
        return self.state.registry.add(
            name,
            runner,
            kind="official" if official else "procedure" if procedure else "community",
            about=about,
            options=Options(boot=boot, inline_files=inline_files),
        )

    def cog(self, folder: str | Path, name: str | None = None, **options: Any) -> str:
        """Makes a folder with a Cog model the newest version of a model: Cog's own server runs its predictor.

        It needs the extra `cog`, or another environment that has Cog, and no Docker. The server starts at once,
        and stops with the sandbox.

        Args:
            folder: where cog.yaml is.
            name: `owner/name`; `cog/` and the folder's name if none is given.
            **options: `python` (of the environment with Cog and what the predictor imports), `variables` (of
                its environment), `setup_timeout`, `cancel_timeout` (seconds), and those of `model`.

        Returns:
            The version's id.

        Raises:
            CogError: Cog is not installed, or it cannot run what is in the folder.
        """
        from replicatekit.sandbox._cog.runner import add_cog

        return add_cog(self, folder, name, **options)

    def trainer(self, name: str) -> Callable[[F], F]:
        """Makes a Python function what trains a model; it gives the weights."""

        def decorate(function: F) -> F:
            self.state.registry.add_trainer(name, FunctionRunner(function))
            return function

        return decorate

    def version(self, name: str) -> str:
        """The id of the newest version of a model."""
        latest = self.state.registry.latest(name)
        if latest is None:
            raise LookupError(f"the sandbox has no model {name} with a version")
        return latest["record"]["id"]

    def collection(self, slug: str, models: list[str], *, name: str | None = None, description: str = "") -> None:
        """Makes a collection of models."""
        self.state.add_collection(slug, name or slug.replace("-", " ").title(), description, models)

    def example(self, name: str, input: dict[str, Any], output: Any) -> None:
        """Adds an example to a model: a prediction that has succeeded; the newest one is its default."""
        self.state.registry.add_example(name, example_of(name, self.version(name), input, output))

    @property
    def creates(self) -> int:
        """How many predictions and trainings were made: what an account would be billed for."""
        return self.state.runs.creates

    @property
    def requests(self) -> list[RecordedRequest]:
        """The requests that came, the oldest first (the last ten thousand)."""
        return self.state.recorder.all()

    def on_request(self, callback: Callable[[RecordedRequest], object]) -> None:
        """Calls back, in the server's thread, when a request was answered."""
        self.state.recorder.on_answer = callback

    @property
    def models(self) -> list[str]:
        """The names of its models, the newest first."""
        return self.state.registry.names()

    @property
    def deliveries(self) -> list[Delivery]:
        """The attempts to deliver webhooks, the oldest first."""
        return list(self.state.webhooks.deliveries)

    @property
    def webhook_secret(self) -> str:
        """What webhooks are signed with."""
        return self.state.webhooks.secret

    def fail_next(
        self,
        *,
        method: str | None = None,
        path: str | None = None,
        times: int | None = 1,
        skip: int = 0,
        **fault: Any,
    ) -> Rule:
        """Spoils the next requests.

        Args:
            method: only those with this method.
            path: only those with this path, without `/v1`: `/predictions`, `/predictions/*`, `/streams/*`
                (streams), `/pbxt/*` (output files).
            times: how many; None: all from now on.
            skip: how many pass first.
            **fault: what goes wrong: the fields of `Fault`.
        """
        return self.state.faults.add(Rule(fault=Fault(**fault), method=method, path=path, times=times, skip=skip))

    def forgive(self, rule: Rule | None = None) -> None:
        """Takes back a rule of `fail_next`, or all of them."""
        if rule is None:
            self.state.faults.clear()
        else:
            self.state.faults.remove(rule)

    @contextmanager
    def refusing(self) -> Generator[None]:
        """Within it nobody listens at the sandbox's ports, and no connection is left."""
        listener = self._listener
        if listener is None:
            raise RuntimeError("the sandbox does not run, so it refuses everybody already")
        listener.stop_listening()
        try:
            yield
        finally:
            listener.listen()

    def reset_connections(self) -> None:
        """Resets every open connection, as a restart of the machine would."""
        if self._listener is not None:
            self._listener.call(self.state.connections.abort)

    def drain(self, timeout: float = 5.0) -> None:
        """Waits until no prediction runs and every webhook was delivered or given up."""
        if self._listener is not None:
            self._listener.run(self.state.drain(), timeout)

    def reset(self) -> None:
        """Forgets predictions, files, deployments, requests and faults; models made by code stay."""
        if self._listener is not None:
            self._listener.call(self.state.reset)
        else:
            self.state.reset()
