"""The request of a run, for `--dry-run`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replicatekit.cli._frame.command import Context
    from replicatekit.cli._frame.model import CalledModel


def show_request(context: Context, model: CalledModel, values: Mapping[str, Any]) -> None:
    """Print the request that would create the prediction, as JSON, with files by name and not uploaded."""
    from replicatekit._domain.reference import parse, parse_deployment

    reference = parse_deployment(model.ref) if model.is_deployment else parse(model.target["ref"])
    body: dict[str, Any] = {"input": dict(values)}
    if model.is_deployment:
        path = f"/deployments/{model.ref}/predictions"
    elif reference.version is not None:
        path = "/predictions"
        body = {"version": reference.version, **body}
    else:
        path = f"/models/{reference.model}/predictions"
    request: dict[str, Any] = {"method": "POST", "url": f"{context.client.base_url.rstrip('/')}{path}", "body": body}
    context.output.json(_readable(request))
    context.output.note("the input is valid; nothing was sent" if model.function else "the schema is not known")


def _readable(value: Any) -> Any:
    from pathlib import Path

    if isinstance(value, dict):
        return {key: _readable(each) for key, each in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return [_readable(each) for each in value]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, bytes):
        return f"@- ({len(value)} bytes)"
    return f"@{value}" if isinstance(value, Path) else value
