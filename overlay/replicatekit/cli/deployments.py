"""`replicatekit deployments`: list, create, change and delete deployments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from replicatekit.cli._frame.command import Argument, Command, Context, argument
from replicatekit.cli._frame.exit_codes import ExitCode
from replicatekit.cli._frame.lists import LIMIT, YES, show_list

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["COMMANDS"]

_NAME = argument("name", metavar="OWNER/NAME", help="the deployment")
_CHANGES = ("version", "hardware", "min_instances", "max_instances")


def _field(*path: str) -> Callable[[Any], object]:
    """Read a field of the current release, if there is one."""

    def read(deployment: Any) -> object:
        value = deployment.current_release
        for name in path:
            value = getattr(value, name, None)
        return value

    return read


_COLUMNS: dict[str, Callable[[Any], object]] = {
    "deployment": lambda deployment: f"{deployment.owner}/{deployment.name}",
    "model": _field("model"),
    "hardware": _field("configuration", "hardware"),
    "min": _field("configuration", "min_instances"),
    "max": _field("configuration", "max_instances"),
}


def list_all(context: Context) -> None:
    """List deployments."""
    show_list(context, context.client.deployments.list(), _COLUMNS)


def get(context: Context) -> None:
    """Show a deployment."""
    _show(context, context.client.deployments.get(context.options.name))


def _show(context: Context, deployment: Any) -> None:
    shown = {name: read(deployment) for name, read in _COLUMNS.items()}
    more = {"version": _field("version"), "release": _field("number"), "created": _field("created_at")}
    context.output.record(deployment, {**shown, **{name: read(deployment) for name, read in more.items()}})


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
    if not context.confirm(f"delete the deployment {name}"):
        context.output.note("nothing was deleted")
        return ExitCode.CANCELED
    context.client.deployments.delete(name)
    context.output.note(f"deleted the deployment {name}")
    return None


def _settings(*, required: bool) -> list[Argument]:
    more = {"required": True} if required else {}
    return [
        argument("--version", metavar="ID", help="the version that runs"),
        argument("--hardware", metavar="SKU", help="what it runs on; see `replicatekit hardware`", **more),
        argument(
            "--min-instances", metavar="COUNT", type=int, help="how many always run, and are billed while idle", **more
        ),
        argument("--max-instances", metavar="COUNT", type=int, help="how many run at most", **more),
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
