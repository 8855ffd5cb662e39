"""`python -m replicatekit`: the command line; without arguments, a summary of the package and of this set-up."""

from __future__ import annotations

import os
import re
import sys
from importlib.util import find_spec

import replicatekit

_SUMMARY = """\
replicatekit {version}, the Python client for Replicate's HTTP API

In Python
  replicatekit.run(ref, input)        run a model and return its output
  replicatekit.stream(ref, input)     its events as they come; iterate(...): the items of its output
  replicatekit.<namespace>            {namespaces}
  replicatekit.Client, AsyncClient    the same with settings of your own; async functions: async_run, async_stream, ...
  replicatekit.<module>               {modules}
  help(replicatekit.run)              all options

Commands
{commands}

On this machine
  REPLICATE_API_TOKEN                 {token}
  REPLICATE_BASE_URL                  {base_url}
  extras installed                    {extras}
"""
_NAMESPACES = ("predictions", "models", "trainings", "deployments", "files", "collections", "hardware", "account")
_MODULES = ("errors", "options", "outputs", "pages", "streaming", "webhooks", "sandbox", "compat")
_COMMANDS = {
    "replicatekit COMMAND": "run models and manage resources; `--help` lists the commands",
    "replicatekit.sandbox": "run the API on this machine, without a token",
    "replicatekit.typed": "write typed functions for models into a project",
}
_EXTRAS = {"sandbox": "starlette", "fast": "msgspec", "cli": "rich"}


def main() -> int:
    """Run a command; without one, print the summary."""
    if sys.argv[1:]:
        from replicatekit.cli import main as run_command

        return run_command()
    commands = [f"  python -m {name:<26}{text}" for name, text in _COMMANDS.items() if find_spec(name.split()[0])]
    extras = [name for name, module in _EXTRAS.items() if find_spec(module)]
    summary = _SUMMARY.format(
        version=replicatekit.__version__,
        namespaces=", ".join(_NAMESPACES),
        modules=", ".join(_MODULES),
        commands="\n".join(commands),
        token="set" if os.environ.get("REPLICATE_API_TOKEN") else "not set: Client(token=...) is needed",
        base_url=re.sub(r"//[^/?#]*@", "//[hidden]@", os.environ.get("REPLICATE_BASE_URL", ""))
        or "not set: https://api.replicate.com/v1",
        extras=", ".join(extras) or "none",
    )
    sys.stdout.write(summary)
    return 0


if __name__ == "__main__":
    sys.exit(main())
