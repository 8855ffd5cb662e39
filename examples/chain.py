"""A chain of three models: draw a picture, enlarge it, describe it. It survives 429 responses and crashes.

Offline (`pip install 'replicatekit[sandbox]'`), in two terminals:

    python -m replicatekit.sandbox            # paste its two export lines into the other terminal
    python examples/chain.py 'a llama in the snow'

With the real API: set REPLICATE_API_TOKEN to your token.

The id of each prediction is written to `chain.json` as soon as it is created. If the program stops early, start it
again within an hour (the API then deletes outputs): it continues with the existing predictions. To start over, delete
the file.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from replicatekit import Client
from replicatekit.errors import OutcomeUnknownError, ReplicateError


class Chain:
    """Creates each step once: a step that is in the file is continued, not created again."""

    def __init__(self, client: Client, path: Path) -> None:
        self._client = client
        self._path = path
        self._ids: dict[str, str] = json.loads(path.read_text("utf-8")) if path.exists() else {}

    def run(self, step: str, model: str, input: dict[str, Any]) -> Any:
        """Return the output of a step. Files are passed on by URL, and not downloaded."""
        if step in self._ids:
            prediction = self._client.predictions.get(self._ids[step])
        else:
            prediction = self._client.predictions.create(model, input)  # retried after a 429: it did not run
            self._ids[step] = prediction.id
            self._path.write_text(json.dumps(self._ids, indent=2) + "\n", "utf-8")
        print(f"{step}: {prediction.id}", file=sys.stderr)
        prediction.wait(timeout=600)
        prediction.raise_for_status()
        return prediction.output


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prompt")
    parser.add_argument("--file", type=Path, default=Path("chain.json"), help="file for the ids of the predictions")
    options = parser.parse_args()
    try:
        with Client(max_retries=10) as client:  # waits as long as a 429 response says, up to ten times
            chain = Chain(client, options.file)
            [picture] = chain.run("draw", "black-forest-labs/flux-schnell", {"prompt": options.prompt})
            larger = chain.run("enlarge", "acme/upscale", {"image": picture, "factor": 2})
            print(chain.run("describe", "acme/caption", {"image": larger}))
    except OutcomeUnknownError as error:  # it may run and be billed: check before you start again
        print(f"{error}\nLook for it: replicatekit predictions list --since 10m", file=sys.stderr)
        return 1
    except ReplicateError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
