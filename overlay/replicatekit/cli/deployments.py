"""`replicatekit deployments`: list, create, change and delete deployments."""

from __future__ import annotations

from typing import Any

from replicatekit.cli._frame.command import Argument, Command, Context, argument
from replicatekit.cli._frame.lists import LIMIT, YES, delete_all, show_list

__all__ = ["COMMANDS"]

_NAME = argument("name", metavar="OWNER/NAME", help="the deployment")
_CHANGES = ("version", "hardware", "min_instances", "max_instances")


_COLUMNS = {
    "deployment": "id",
    "model": "current_release.model",
    "hardware": "current_release.configuration.hardware",
    "min": "current_release.configuration.min_instances",
    "max": "current_release.configuration.max_instances",
}
_MORE = {
    "version": "current_release.version",
    "release": "current_release.number",
    "created": "current_release.created_at",
}


def list_all(context: Context) -> None:
    """List deployments."""
    show_list(context, context.client.deployments.list(), _COLUMNS)


def get(context: Context) -> None:
    """Show a deployment."""
    _show(context, context.client.deployments.get(context.options.name))


def _show(context: Context, deployment: Any) -> None:
    context.output.record(deployment, {**_COLUMNS, **_MORE})


def create(context: Context) -> None:
    """Create a deployment."""
    options = context.options
    deployment = context.client.deployments.create(
        options.name,
        model=options.model,
        version=options.version,
        hardware=options.hardware,
        min_instances=options.min_instances,
        max_instances=options.max_instances,
    )
    _show(context, deployment)


def update(context: Context) -> None:
    """Change a deployment."""
    changes: dict[str, Any] = {
        name: value for name in _CHANGES if (value := getattr(context.options, name)) is not None
    }
    _show(context, context.client.deployments.update(context.options.name, **changes))


def delete(context: Context) -> int | None:
    """Delete a deployment."""
    name = context.options.name
    return delete_all(context, {f"the deployment {name}": lambda: context.client.deployments.delete(name)})


def _settings(*, required: bool) -> list[Argument]:
    settings = {"required": True} if required else {}
    return [
        argument("--version", metavar="ID", help="the version that runs"),
        argument("--hardware", metavar="SKU", help="what it runs on; see `replicatekit hardware`", **settings),
        argument(
            "--min-instances",
            metavar="COUNT",
            type=int,
            help="how many always run, and are billed while idle",
            **settings,
        ),
        argument("--max-instances", metavar="COUNT", type=int, help="how many run at most", **settings),
    ]


COMMANDS = (
    Command("list", "List deployments.", list_all, LIMIT),
    Command("get", "Show a deployment.", get, _NAME),
    Command(
        "create",
        "Create a deployment.",
        create,
        argument("name", metavar="NAME", help="its name; its owner is the token's account"),
        argument("--model", metavar="OWNER/NAME", required=True, help="the model that it runs"),
        *_settings(required=True),
    ),
    Command("update", "Change a deployment.", update, _NAME, *_settings(required=False)),
    Command("delete", "Delete a deployment.", delete, _NAME, YES),
)
