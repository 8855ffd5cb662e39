"""The class `Sandbox`: a server in a separate thread, and the methods that control it."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypeVar, Unpack

import attrs

from replicatekit.sandbox._models.declaration import Declaration
from replicatekit.sandbox._models.functions import FunctionRunner
from replicatekit.sandbox._models.job import Runner
from replicatekit.sandbox._models.options import CogOptions, ModelOptions
from replicatekit.sandbox._models.registry import Options
from replicatekit.sandbox._network.faults import Fault, FaultOptions, Rule
from replicatekit.sandbox._network.recorder import RecordedRequest
from replicatekit.sandbox._requirements import load_listener
from replicatekit.sandbox._runs.webhooks import Delivery
from replicatekit.sandbox._state import State, generate_token
from replicatekit.sandbox._storage.blobs import API, DELIVERY
from replicatekit.sandbox._storage.records import example_of
from replicatekit.sandbox._storage.settings import Settings, SettingsOptions

F = TypeVar("F", bound=Callable[..., Any])
LOOPBACK = "127.0.0.1"


class Sandbox:
    """Replicate's API on loopback.

    A context manager: it runs inside `with`, on a free port. Models can be added before and while it runs. Its
    state survives `stop`, and it can be started again.

    Args:
        port: The API's port; 0 for a free one.
        token: The token that it accepts; by default a generated one.
        path: A file that keeps its state over a restart; without one, the state is gone at the end.
        builtin: Include the models `sandbox/hello`, `sandbox/story` and `sandbox/painter`.
        demo: Include the models that the README names, such as `meta/meta-llama-3-8b-instruct`.
        **settings: The initial values of `settings`; see `Settings`.

    Raises:
        ValueError: The port, or a setting, is out of its range.
        TypeError: A setting is unknown.
        OSError: The file at `path` cannot be opened.

    Attributes:
        settings: Can be changed at any time.
        token: The token that it accepts.
    """

    settings: Settings
    token: str

    def __init__(
        self,
        *,
        port: int = 0,
        token: str | None = None,
        path: str | Path | None = None,
        builtin: bool = True,
        demo: bool = False,
        **settings: Unpack[SettingsOptions],
    ) -> None:
        if not 0 <= port <= 65535:
            raise ValueError(f"port must be a number from 0 to 65535, not {port!r}; 0 chooses a free one")
        self.settings = _make_settings(settings)
        """The settings that it was made with."""
        self.token = token or generate_token()
        """The API token that it accepts."""
        self.state = State(self.settings, self.token, path)
        """What it stores: predictions, models, files. Its own; use the methods of this class."""
        weakref.finalize(self, self.state.store.close)
        self._ports = (port, 0)
        self._listener: Any = None
        if builtin:
            from replicatekit.sandbox._models.builtin import BUILTIN

            self._add_declared(BUILTIN, "built-in", "The models of every sandbox")
        if demo:
            from replicatekit.sandbox._models.demo import DEMO

            self._add_declared(DEMO, "demo", "The models that the documentation names")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.base_url if self._listener else 'not started'}>"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Start the server, and return when it accepts connections.

        Raises:
            OSError: The port is in use, or not allowed.
            ImportError: The extra `sandbox` is not installed.
        """
        if self._listener is None:
            self._listener = load_listener()(self.state, LOOPBACK, self._ports)
            self._listener.start()
        return self

    def stop(self) -> None:
        """Stop the server, open streams included; `start` starts it again, at the same ports."""
        if self._listener is not None:
            self._ports = self._listener.ports
            self._listener.stop()
            self._listener = None
        self.state.registry.stop()

    def close(self) -> None:
        """Stop the server and release its state; it cannot be started again. The file at `path` stays."""
        self.stop()
        self.state.store.close()

    @property
    def base_url(self) -> str:
        """The base URL for clients: the value of `REPLICATE_BASE_URL`."""
        return f"{self._origin(API)}/v1"

    @property
    def url(self) -> str:
        """The same as `base_url`, under the name that other test servers use."""
        return self.base_url

    @property
    def delivery_url(self) -> str:
        """The origin of output files and streams. It differs from the API's, so that tests notice a leaked token."""
        return self._origin(DELIVERY)

    def _origin(self, host: str) -> str:
        if self._listener is None:
            raise RuntimeError("the sandbox is not running: use it in a `with` statement, or call start()")
        return self.state.blobs.origins[host]

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point clients to this sandbox: `REPLICATE_API_TOKEN` and `REPLICATE_BASE_URL`."""
        return {"REPLICATE_API_TOKEN": self.token, "REPLICATE_BASE_URL": self.base_url}

    def model(self, name: str, **options: Unpack[ModelOptions]) -> Callable[[F], F]:
        """Make a Python function the newest version of a model; for use as a decorator.

        Args:
            name: `owner/name`.
            **options: See `ModelOptions`. The first line of the function's docstring is the default description.
        """

        def decorate(function: F) -> F:
            summary = (function.__doc__ or "").strip().partition("\n")[0]
            with_description: ModelOptions = {"description": summary or None, **options}
            self.add_model(name, FunctionRunner(function), **with_description)
            return function

        return decorate

    def add_model(self, name: str, runner: Runner, **options: Unpack[ModelOptions]) -> str:
        """Add a version that this runner runs, as the newest of the model, and return its id.

        Args:
            name: `owner/name`.
            runner: Runs the predictions.
            **options: See `ModelOptions`.

        Raises:
            ValueError: The name is not `owner/name`.
            TypeError: An option is unknown.
        """
        owner, _, bare = name.partition("/")
        if not owner or not bare or "/" in bare or ":" in bare:
            raise ValueError(f"a model's name must be owner/name, not {name!r}")
        return self.state.registry.add(name, runner, Options.of(options))

    def _add_declared(self, models: Sequence[Declaration], slug: str, description: str) -> None:
        def save(content: bytes, name: str) -> str:
            return self.state.blobs.save(content, name, expires=False)

        for model in models:
            self.model(model.name, official=model.official, readme=model.readme)(model.function)
            if not self.state.store.values("example", parent=model.name):
                self.example(model.name, model.example_input, model.example_output(save))
        self.collection(slug, [model.name for model in models], description=description)

    def cog(self, folder: str | Path, name: str | None = None, **options: Unpack[CogOptions]) -> str:
        """Make a folder with a Cog model the newest version of a model: Cog's own server runs its predictor.

        It needs the extra `cog`, or another environment that has Cog, and no Docker. Cog's server starts at once,
        and stops with the sandbox.

        Args:
            folder: The folder with cog.yaml.
            name: `owner/name`; by default `cog/` and the folder's name.
            **options: See `CogOptions`.

        Returns:
            The version's id.

        Raises:
            CogError: Cog is not installed, or cannot run what is in the folder.
        """
        from replicatekit.sandbox._cog.runner import add_cog

        return add_cog(self.add_model, folder, name, **options)

    def trainer(self, name: str) -> Callable[[F], F]:
        """Decorator: let a Python function train a model. What it returns, such as a file, is the weights."""

        def decorate(function: F) -> F:
            self.state.registry.add_trainer(name, FunctionRunner(function))
            return function

        return decorate

    def version(self, name: str) -> str:
        """Return the id of the newest version of a model.

        Raises:
            LookupError: The sandbox has no such model, or it has no version.
        """
        latest = self.state.registry.latest(name)
        if latest is None:
            models = ", ".join(sorted(self.models)) or "none"
            raise LookupError(f"the sandbox has no model {name} with a version; its models: {models}")
        result: str = latest["record"]["id"]
        return result

    def collection(self, slug: str, models: list[str], *, name: str | None = None, description: str = "") -> None:
        """Add a collection of models, or replace it."""
        self.state.add_collection(slug, name or slug.replace("-", " ").title(), description, models)

    def example(self, name: str, input: Mapping[str, Any], output: Any) -> None:
        """Add an example to a model: a prediction that succeeded. The newest example is the model's default one."""
        self.state.registry.add_example(name, example_of(name, self.version(name), dict(input), output))

    @property
    def creates(self) -> int:
        """The number of predictions and trainings created: what an account would be billed for."""
        return self.state.runs.creates

    def count_creates(self, model: str | None = None) -> dict[str, int]:
        """Count the creates of each input: a count above 1 is an input that was billed more than once.

        Args:
            model: Count only this model's.

        Returns:
            Counts by fingerprint: the JSON text of `{"input": ..., "model": "owner/name"}` with sorted keys. A file
            stands in it as `md5:` and its checksum, however it was sent: uploaded, or as a `data:` URL.
        """
        return self.state.runs.count_creates(model)

    @property
    def requests(self) -> list[RecordedRequest]:
        """The requests received, the oldest first (the last ten thousand)."""
        return self.state.recorder.all()

    def on_request(self, callback: Callable[[RecordedRequest], object]) -> None:
        """Call a function after each request was answered, in the server's thread."""
        self.state.recorder.on_response = callback

    @property
    def models(self) -> list[str]:
        """The names of the models, the newest first."""
        return self.state.registry.names()

    @property
    def deliveries(self) -> list[Delivery]:
        """The attempts to deliver webhooks, the oldest first."""
        return list(self.state.webhooks.deliveries)

    @property
    def webhook_secret(self) -> str:
        """The secret that signs webhooks."""
        return self.state.webhooks.secret

    def fail_next(
        self,
        *,
        method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "QUERY", "HEAD"] | None = None,
        path: str | None = None,
        times: int | None = 1,
        skip: int = 0,
        **fault: Unpack[FaultOptions],
    ) -> Rule:
        """Make the next requests fail.

        Args:
            method: Only requests with this method.
            path: Only requests with this path, without `/v1`: `/predictions`, `/predictions/*`, `/streams/*`
                (streams), `/pbxt/*` (output files).
            times: How many requests; None for all from now on.
            skip: How many matching requests pass first.
            **fault: What goes wrong; see `Fault`.

        Raises:
            TypeError: An option is unknown.
            ValueError: A value is not possible.
        """
        return self.state.faults.add(Rule(fault=Fault.of(fault), method=method, path=path, times=times, skip=skip))

    def clear_faults(self, rule: Rule | None = None) -> None:
        """Remove a rule of `fail_next`, or all of them."""
        if rule is None:
            self.state.faults.clear()
        else:
            self.state.faults.remove(rule)

    @contextmanager
    def refuse_connections(self) -> Generator[None]:
        """Context manager: refuse new connections, and reset open ones.

        Raises:
            RuntimeError: The sandbox is not running.
        """
        listener = self._listener
        if listener is None:
            raise RuntimeError("the sandbox is not running, so it refuses every connection already")
        listener.stop_listening()
        try:
            yield
        finally:
            listener.listen()

    def reset_connections(self) -> None:
        """Reset every open connection, as a restart of the machine would."""
        if self._listener is not None:
            self._listener.call(self.state.connections.abort)

    def drain(self, timeout: float = 5.0) -> None:
        """Wait until no prediction runs and every webhook was delivered or given up.

        Raises:
            TimeoutError: That took more than `timeout` seconds.
        """
        if self._listener is not None:
            self._listener.run(self.state.drain(), timeout)

    def reset(self) -> None:
        """Drop predictions, files, deployments, recorded requests and faults; models added by code stay."""
        if self._listener is not None:
            self._listener.call(self.state.reset)
        else:
            self.state.reset()


def _make_settings(settings: SettingsOptions) -> Settings:
    names = [field.name for field in attrs.fields(Settings)]
    for name in settings:
        if name not in names:
            close = get_close_matches(name, names, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"the settings are {', '.join(names)}"
            raise TypeError(f"a sandbox has no setting {name!r}: {hint}")
    return Settings(**settings)
