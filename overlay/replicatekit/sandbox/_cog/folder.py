"""A folder with a Cog model, and the environment that runs it."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

JSON = dict[str, Any]
HERE = pathlib.Path(__file__).parent
_SHOWN_LINES = 30
# The model must not get the API token, nor this process's import path.
_NOT_FOR_MODELS = ("REPLICATE_API_TOKEN", "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV")


class CogError(RuntimeError):
    """Cog cannot run the model in a folder; the message says why."""


@attrs.frozen
class CogFolder:
    """A folder with a predictor, and the environment that runs it.

    Attributes:
        path: The folder with cog.yaml.
        python: The Python that has Cog and whatever the predictor imports.
        version: Cog's version.
        predictor: The predictor, such as `predict.py:Predictor`.
        concurrency: How many predictions it runs at once.
        variables: Environment variables for the predictor.
    """

    path: pathlib.Path
    python: str
    version: str
    predictor: str
    concurrency: int
    variables: dict[str, str]

    @classmethod
    def look(
        cls, folder: str | pathlib.Path, python: str | pathlib.Path | None, variables: Mapping[str, str]
    ) -> CogFolder:
        """Inspect a folder.

        Raises:
            CogError: There is no cog.yaml, it names no predictor, or Cog is not installed.
        """
        path = pathlib.Path(folder).resolve()
        if not (path / "cog.yaml").is_file():
            raise CogError(f"there is no cog.yaml in {path}; give the folder of a Cog model")
        # Not resolved: Python finds an environment's packages through the link in its bin.
        command = os.path.abspath(python or sys.executable)  # noqa: PTH100
        settings = probe("look", command, path, _environment(command, variables))
        if settings.get("error") == "missing":
            raise CogError(
                f"cog is not installed for {command}: pip install 'replicatekit[cog]', or name the Python that has it"
            )
        if "error" in settings:
            raise CogError(f"{path}: {settings['error']}")
        return cls(path, command, settings["version"], settings["predictor"], settings["concurrency"], dict(variables))

    def environment(self, **extra: str) -> dict[str, str]:
        """Return the environment variables of the model's processes, for both generations of Cog."""
        return {
            **_environment(self.python, self.variables),
            "COG_PREDICT_TYPE_STUB": self.predictor,
            "COG_MAX_CONCURRENCY": str(self.concurrency),
            "COG_THROTTLE_RESPONSE_INTERVAL": "0",
            **extra,
        }


def _environment(python: str, variables: Mapping[str, str]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in _NOT_FOR_MODELS}
    folder = os.path.dirname(python)  # noqa: PTH120 - not resolved, as above
    return {
        **inherited,
        "PATH": os.pathsep.join([folder, inherited.get("PATH", os.defpath)]),
        "PYTHONUNBUFFERED": "1",  # as in the images that Cog builds: logs are not buffered
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        **variables,
    }


def probe(subcommand: str, python: str, folder: pathlib.Path, environment: Mapping[str, str]) -> JSON:
    """Run `probe.py` with the model's Python, and return its result."""
    command = [python, str(HERE / "probe.py"), subcommand]
    try:
        process = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - the user's own Python
    except OSError as error:
        raise CogError(f"{python} cannot be started: {error}") from error
    if process.returncode:
        raise CogError(f"Cog cannot read the model in {folder}:\n{end_of(process.stderr.splitlines())}")
    result: JSON = json.loads(process.stdout)
    return result


def end_of(lines: Iterable[str]) -> str:
    """Return the predictor's last lines, without the JSON lines of Cog's server except those of its setup."""
    texts = [text for line in lines if (text := _text_of(line.rstrip())) is not None]
    return "\n".join(texts[-_SHOWN_LINES:]) or "(it printed nothing)"


def _text_of(line: str) -> str | None:
    if not line.startswith('{"'):
        return line
    try:
        record: JSON = json.loads(line)
    except ValueError:
        return line
    return record["fields"]["message"] if record.get("target") == "coglet::setup" else None
