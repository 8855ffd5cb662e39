"""`replicatekit scaffold`: a Python program that runs a prediction again."""

from __future__ import annotations

import json
from pprint import pformat
from typing import TYPE_CHECKING

from replicatekit.cli._frame.command import Command, Context, argument
from replicatekit.cli._frame.lists import FORCE
from replicatekit.cli._frame.local_files import write_file
from replicatekit.errors import InvalidArgument, ReplicateError

if TYPE_CHECKING:
    from replicatekit import Prediction

__all__ = ["COMMANDS", "program_of"]

_PROGRAM = '''\
"""Runs {title} again, as in prediction {id}."""

from typing import Any

from replicatekit import Client

INPUT: dict[str, Any] = {input}


def main() -> None:
    with Client() as client:
{body}


if __name__ == "__main__":
    main()
'''
_VERSION_LENGTH = 64
_VALUE = """\
        print(client.run({arguments}))"""
_FILES = """\
        prediction = client.predictions.run({arguments})
        for path in prediction.save("output"):
            print(path)"""


def scaffold(context: Context) -> None:
    """Write the program."""
    prediction = context.client.predictions.get(context.options.id)
    text, target = program_of(prediction), context.options.output
    if target == "-":
        context.output.text(text)
        return
    write_file(target, text, replaces=context.options.force)
    context.output.note(f"saved {target}")


def program_of(prediction: Prediction) -> str:
    """Create a program that runs a prediction again.

    Raises:
        InvalidArgument: The API has deleted the input.
    """
    if prediction.input is None:
        raise InvalidArgument(f"the API has deleted the input of prediction {prediction.id}, so it cannot run again")
    try:
        has_files = bool(prediction.files())
    except ReplicateError:
        has_files = False
    title = prediction.model or prediction.version or "a model"
    arguments = _arguments_of(prediction)
    body = (_FILES if has_files else _VALUE).format(arguments=arguments)
    literal = pformat(prediction.input, width=100, sort_dicts=False)
    return _PROGRAM.format(title=_in_docstring(title), id=_in_docstring(prediction.id), input=literal, body=body)


def _arguments_of(prediction: Prediction) -> str:
    model, version = prediction.model, prediction.version
    if prediction.deployment:
        return f"deployment={json.dumps(prediction.deployment)}, input=INPUT"
    if model and version and len(version) == _VERSION_LENGTH:  # official models run without a version
        return f"{json.dumps(f'{model}:{version}')}, INPUT"
    return f"{json.dumps(model or version)}, INPUT"


def _in_docstring(text: str) -> str:
    return text.replace("\\", "").replace('"', "")


COMMANDS = (
    Command(
        "scaffold",
        "Write a Python program that runs a prediction again, with its input.",
        scaffold,
        argument("id", metavar="PREDICTION", help="the prediction"),
        argument("-o", "--output", metavar="FILE", default="-", help="the program; stdout by default"),
        FORCE,
    ),
)
