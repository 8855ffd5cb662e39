"""Run three models and print their output: `make demo`.

Without `--model`, it starts the sandbox, a local mock server of the API, and needs no token. With `--model owner/name`
(`make demo MODEL=owner/name`), it runs that model on the real API, with the token in REPLICATE_API_TOKEN.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from replicatekit import Client, ReplicateError
from replicatekit_api.api.predictions import list as list_predictions

FOLDER = Path("demo-output")


def run_text(client: Client) -> None:
    print("\n1. Text output:")
    print("  ", client.run("sandbox/hello", {"text": "llama"}))


def stream_text(client: Client) -> None:
    print("\n2. Streamed text:")
    print("   ", end="", flush=True)
    for event in client.stream("sandbox/story", {"prompt": "a llama in a library", "sentences": 3}):
        print(event, end="", flush=True)
    print()


def draw_image(client: Client) -> None:
    print("\n3. An image:")
    image = client.run("sandbox/painter", {"prompt": "dunes at dusk", "width": 480, "height": 300})
    FOLDER.mkdir(exist_ok=True)
    print("  ", image.save(FOLDER / "dunes.png", overwrite=True).resolve())


def run_any(client: Client, model: str, prompt: str) -> None:
    print(f"\n{model}:")
    output = client.run(model, {"prompt": prompt})
    print("  ", output)


def show_predictions(client: Client) -> None:
    print("\nPredictions so far, listed with the low-level client:")
    page = list_predictions.sync(client=client.api)
    for prediction in page.results[:5]:
        print(f"   {prediction.id}  {prediction.status:<10}  {prediction.model}")


def run_in_sandbox() -> None:
    from replicatekit.sandbox import Sandbox

    with Sandbox() as sandbox, Client(token=sandbox.token, base_url=sandbox.base_url) as client:
        print(f"The sandbox is running at {sandbox.base_url}")
        run_text(client)
        stream_text(client)
        draw_image(client)
        show_predictions(client)
    print("\nThe sandbox has stopped.")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", metavar="OWNER/NAME", help="run this model on the real API")
    parser.add_argument("--prompt", default="a llama in a library", help="the prompt")
    options = parser.parse_args()
    try:
        if options.model is None:
            run_in_sandbox()
        else:
            with Client() as client:
                run_any(client, options.model, options.prompt)
                show_predictions(client)
    except ReplicateError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
