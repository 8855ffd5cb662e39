"""The models of the sandbox: their records, their versions, and the runner of each version."""

from __future__ import annotations

import hashlib
import time
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal

import attrs

from replicatekit.sandbox._models.job import Stoppable
from replicatekit.sandbox._models.options import ModelOptions
from replicatekit.sandbox._models.schema import COG_VERSION, streams
from replicatekit.sandbox._storage.records import iso

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from replicatekit.sandbox._models.job import Runner
    from replicatekit.sandbox._storage.store import Store

JSON = dict[str, Any]
Kind = Literal["community", "official", "procedure"]
HARDWARE = {
    "cpu": "CPU",
    "gpu-t4": "Nvidia T4 GPU",
    "gpu-a40-small": "Nvidia A40 GPU",
    "gpu-a40-large": "Nvidia A40 (Large) GPU",
    "gpu-a100-large": "Nvidia A100 (80GB) GPU",
    "gpu-h100": "Nvidia H100 GPU",
}


_BEHAVIOR = ("boot", "inline_files", "official", "procedure")


@attrs.frozen(kw_only=True)
class Options:
    """The options of a model.

    Attributes:
        kind: Whether it needs a version, and shows its versions.
        boot: Seconds that a prediction stays `starting`; None: the sandbox's setting.
        inline_files: With `Prefer: wait`, files in the response are `data:` URLs.
        about: The fields of the model's record, such as its description.
    """

    kind: Kind = "community"
    boot: float | None = None
    inline_files: bool = False
    about: JSON = attrs.field(factory=dict[str, Any])

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Options:
        """Read the keyword options of a model.

        Raises:
            TypeError: An option is unknown.
        """
        known = ModelOptions.__annotations__
        for name in options:
            if name not in known:
                close = get_close_matches(name, known, 1)
                hint = f"did you mean {close[0]!r}?" if close else f"the options are {', '.join(known)}"
                raise TypeError(f"a model has no option {name!r}: {hint}")
        return cls(
            kind=_kind(options),
            boot=options.get("boot"),
            inline_files=options.get("inline_files", False),
            about={name: value for name, value in options.items() if name not in _BEHAVIOR},
        )


def _kind(options: Mapping[str, Any]) -> Kind:
    return "official" if options.get("official") else "procedure" if options.get("procedure") else "community"


class Registry:
    """Models and versions. Their runners are code, registered anew at each start."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._runners: dict[str, Runner] = {}
        self._trainers: dict[str, Runner] = {}
        self._options: dict[str, Options] = {}
        self._registered: dict[str, int] = {}

    def add(self, name: str, runner: Runner, options: Options) -> str:
        """Make a runner the newest version of a model, and return the version's id."""
        if self._store.row("model", name):
            self.update(name, options.about)
            self._store.put("model", name, {**self._store.get("model", name), "kind": options.kind})
        else:
            self.create(name, kind=options.kind, about=options.about)
        self._options[name] = options
        number = self._registered.get(name, 0)
        self._registered[name] = number + 1
        version = version_id(name, number, runner)
        self._runners[version] = runner
        made_with = getattr(runner, "cog_version", COG_VERSION)
        self.add_version(name, version, runner.openapi_schema, runs=version, cog_version=made_with)
        return version

    def add_trainer(self, name: str, runner: Runner) -> None:
        """Set the trainer of a model."""
        self._trainers[name] = runner

    def stop(self) -> None:
        """Stop the runners that hold resources."""
        for runner in self._runners.values():
            if isinstance(runner, Stoppable):
                runner.stop()

    def reset(self) -> None:
        """Delete other models than those added by code, trained versions, and deployments."""
        self._store.clear("deployment")
        for row in self._store.rows("version"):
            if row.id not in self._runners:
                self._store.delete("version", row.id)
        for name in self.names():
            if name not in self._options:
                self._store.delete("model", name)

    def create(self, name: str, *, kind: Kind = "community", about: JSON) -> JSON:
        """Create a model without a version."""
        owner, _, bare = name.partition("/")
        record: JSON = {
            "url": f"https://replicate.com/{name}",
            "owner": owner,
            "name": bare,
            "description": None,
            "visibility": "public",
            "github_url": None,
            "paper_url": None,
            "license_url": None,
            "cover_image_url": None,
            "weights_url": None,
            "readme": None,
            "created_at": iso(),
            **about,
        }
        self._store.put("model", name, {"kind": kind, "record": record})
        return self.model(name)

    def update(self, name: str, changes: JSON) -> JSON:
        """Update fields of a model's record."""
        stored = self._store.get("model", name)
        stored["record"] |= changes
        self._store.put("model", name, stored)
        return self.model(name)

    def kind(self, name: str) -> Kind | None:
        """Return the kind of a model; None if there is no such model."""
        stored = self._store.get("model", name)
        return stored["kind"] if stored else None

    def model(self, name: str) -> JSON:
        """Return a model in the form of a response; it must exist."""
        stored = self._store.get("model", name)
        record: JSON = dict(stored["record"])
        for private in ("readme", "hardware"):
            record.pop(private, None)
        latest = self.latest(name)
        examples = self._store.values("example", parent=name)
        return {
            **record,
            "is_official": stored["kind"] == "official",
            "run_count": self._store.count("prediction", name),
            "default_example": examples[0] if examples else None,
            "latest_version": latest["record"] if latest and stored["kind"] != "procedure" else None,
        }

    def names(self) -> list[str]:
        """Return the names of all models, the newest first."""
        return [row.id for row in self._store.rows("model")]

    def readme(self, name: str) -> str | None:
        """Return a model's readme."""
        result: str | None = self._store.get("model", name)["record"].get("readme")
        return result

    def options(self, name: str) -> Options:
        """Return the options of a model."""
        return self._options.get(name, Options())

    def add_version(self, name: str, key: str, schema: JSON, *, runs: str, cog_version: str = COG_VERSION) -> JSON:
        """Add a version that uses the runner of the version `runs`; an existing version is unchanged."""
        if not self._store.row("version", key):
            record = {"id": key, "created_at": iso(), "cog_version": cog_version, "openapi_schema": schema}
            stored = {"model": name, "runs": runs, "record": record}
            self._store.put("version", key, stored, parent=name)
        result: JSON = self._store.get("version", key)
        return result

    def version(self, key: str) -> JSON | None:
        """Return a version: its model, the version whose runner it uses, its record."""
        result: JSON | None = self._store.get("version", key)
        return result

    def versions(self, name: str) -> list[JSON]:
        """Return the records of a model's versions, the newest first."""
        return [stored["record"] for stored in self._store.values("version", parent=name)]

    def latest(self, name: str) -> JSON | None:
        """Return a model's newest version."""
        rows = self._store.rows("version", parent=name, limit=1)
        return self.version(rows[0].id) if rows else None

    def runner(self, version: JSON) -> Runner | None:
        """Return the runner of a version; None if its code is not loaded."""
        return self._runners.get(version["runs"])

    def trainer(self, name: str) -> Runner | None:
        """Return the trainer of a model; None if it has none."""
        return self._trainers.get(name)

    def add_example(self, name: str, prediction: JSON) -> None:
        """Add a prediction to a model's examples."""
        self._store.put("example", prediction["id"], prediction, parent=name)

    def search(self, text: str) -> list[JSON]:
        """Return the models whose name or description has all words of a text."""
        words = text.lower().replace('"', " ").split()  # the official JavaScript client sends the text in quotes
        models = [self.model(name) for name in self.names()]
        return [model for model in models if all(word in _words_of(model) for word in words)]

    def trained(self, base: JSON, destination: str, key: str) -> Callable[[Any], JSON]:
        """Return the function that creates a version of the destination from a training's output."""

        def finish(output: Any) -> JSON:
            version = hashlib.sha256(f"{destination} {key}".encode()).hexdigest()
            self.add_version(destination, version, base["record"]["openapi_schema"], runs=base["runs"])
            return {"version": f"{destination}:{version}", "weights": output}

        return finish


def _words_of(model: JSON) -> str:
    return f"{model['owner']}/{model['name']} {model['description'] or ''}".lower()


def version_id(name: str, number: int, runner: Runner) -> str:
    """Return the id of a version: the same one for the same model and document at each start."""
    text = f"{name} {number} {runner.openapi_schema['components']['schemas']}"
    return hashlib.sha256(text.encode()).hexdigest()


def has_stream(version: JSON) -> bool:
    """Return whether a version's predictions have a stream."""
    return streams(version["record"]["openapi_schema"])


def newest_first(models: list[JSON], *, by: str, descending: bool) -> list[JSON]:
    """Sort models by when they, or their newest versions, were created."""

    def moment(model: JSON) -> str:
        if by == "latest_version_created_at" and model["latest_version"]:
            result: str = model["latest_version"]["created_at"]
            return result
        return model["created_at"] if by == "model_created_at" else ""

    return sorted(models, key=moment, reverse=descending)


def release(
    *, number: int, model: str, version: str, created_by: JSON, hardware: str, instances: tuple[int, int]
) -> JSON:
    """Return a release of a deployment."""
    return {
        "number": number,
        "model": model,
        "version": version,
        "created_at": iso(time.time()),
        "created_by": created_by,
        "configuration": {"hardware": hardware, "min_instances": instances[0], "max_instances": instances[1]},
    }
