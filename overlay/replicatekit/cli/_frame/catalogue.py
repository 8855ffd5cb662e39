"""The verbs, with their modules and their lines on the first help page. A verb's module loads when it is called."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from replicatekit.cli._frame.command import Command

VERBS = {
    "run": "run a model: stream its text, save its files, show its images",
    "stream": "run a model and print the text of its output, nothing else",
    "predictions": "list, watch, cancel and save predictions",
    "models": "find, read and manage models; write typed modules for them",
    "trainings": "create, list, watch and cancel trainings",
    "deployments": "list, create, change and delete deployments",
    "files": "upload, list, download and delete files",
    "batch": "run a model over thousands of inputs; can be resumed after a crash",
    "collections": "list collections of models",
    "hardware": "list the hardware that models run on",
    "account": "show the account that the token belongs to",
    "search": "search models, collections and documentation pages",
    "webhooks": "receive, verify and replay webhooks",
    "scaffold": "write a Python program that runs a prediction again",
    "api": "send any request to the API",
    "sandbox": "run a local mock server of the API; no token needed",
    "doctor": "check the token, the connection and the installation",
    "completion": "print a completion script for a shell",
}
"""The verbs and groups in the order of the help page."""


def commands_of(verb: str) -> tuple[Command, ...]:
    """The commands of a verb: itself, or those of a group."""
    commands: tuple[Command, ...] = import_module(f"replicatekit.cli.{verb}").COMMANDS
    return commands
