"""A chat in the terminal: answers are printed as they are generated, and Ctrl-C stops an answer.

Offline (`pip install 'replicatekit[sandbox]'`), in two terminals:

    python -m replicatekit.sandbox            # paste its two export lines into the other terminal
    python examples/chat.py

With the real API: set REPLICATE_API_TOKEN to your token. An empty line or Ctrl-D ends the chat.
"""

from __future__ import annotations

import sys

from replicatekit import Client
from replicatekit.errors import ReplicateError

MODEL = "meta/meta-llama-3-8b-instruct"
TURNS = 10  # how many earlier turns are in the prompt: longer prompts cost more


def answer(client: Client, turns: list[tuple[str, str]], question: str) -> str:
    """Print an answer while it arrives, and return it. Leaving early cancels the prediction."""
    earlier = [f"User: {user}\nAssistant: {assistant}" for user, assistant in turns[-TURNS:]]
    prompt = "\n".join([*earlier, f"User: {question}\nAssistant:"])
    text = ""
    with client.stream(MODEL, {"prompt": prompt, "max_tokens": 500}, cancel_on_close=True) as stream:
        for chunk in stream.text_chunks():
            text += chunk
            print(chunk, end="", flush=True)
    print()
    return text


def main() -> int:
    turns: list[tuple[str, str]] = []
    with Client() as client:
        while True:
            try:
                question = input("> " if sys.stdin.isatty() else "")
            except (EOFError, KeyboardInterrupt):
                return 0
            if not question.strip():
                return 0
            try:
                turns.append((question, answer(client, turns, question)))
            except KeyboardInterrupt:
                print("\n(stopped; the prediction is canceled)", flush=True)
            except ReplicateError as error:  # the message contains the prediction's id
                print(f"\n{error}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
