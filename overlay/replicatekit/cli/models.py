"""`replicatekit models`: find, read and manage models; write typed modules for them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from replicatekit.cli._frame.command import Command, Context, argument
from replicatekit.cli._frame.exit_codes import ExitCode
from replicatekit.cli._frame.lists import LIMIT, RUN_COLUMNS, YES, delete_all, show_list
from replicatekit.cli._frame.local_files import read_text

if TYPE_CHECKING:
    from replicatekit.cli._frame.output import Columns

__all__ = ["COMMANDS", "MODEL_COLUMNS"]

MODEL_COLUMNS = {"model": "id", "runs": "run_count", "description": "description"}
_VERSION_COLUMNS = {"id": "id", "created": "created_at", "cog": "cog_version"}
_TEXTS = ("description", "github_url", "paper_url", "license_url")
_MODEL = argument("model", metavar="OWNER/NAME", help="the model")


def get(context: Context) -> None:
    """Show a model."""
    _show(context, context.client.models.get(context.options.model))


def _show(context: Context, model: Any) -> None:
    columns: Columns = {
        "model": "id",
        "description": "description",
        "visibility": "visibility",
        "official": lambda model: bool(model.is_official),
        "runs": "run_count",
        "version": "latest_version.id",
        "updated": "latest_version.created_at",
        "url": "url",
        "source": "github_url",
        "paper": "paper_url",
        "license": "license_url",
    }
    context.output.record(model, columns)


def search(context: Context) -> None:
    """Search models."""
    show_list(context, context.client.models.search(" ".join(context.options.query)), MODEL_COLUMNS)


def list_all(context: Context) -> None:
    """List public models."""
    show_list(context, context.client.models.list(), MODEL_COLUMNS)


def create(context: Context) -> None:
    """Create a model."""
    options = context.options
    texts = {name: value for name in _TEXTS if (value := getattr(options, name)) is not None}
    model = context.client.models.create(
        options.model, hardware=options.hardware, visibility="public" if options.public else "private", **texts
    )
    _show(context, model)


def update(context: Context) -> None:
    """Change the description and links of a model."""
    options = context.options
    changes: dict[str, Any] = {
        name: value for name in (*_TEXTS, "weights_url") if (value := getattr(options, name)) is not None
    }
    if options.readme is not None:
        changes["readme"] = read_text(options.readme)
    _show(context, context.client.models.update(options.model, **changes))


def delete(context: Context) -> int | None:
    """Delete a model, or one of its versions."""
    from replicatekit._domain.reference import parse_model

    reference = parse_model(context.options.model)
    name = reference.model or context.options.model
    if reference.version:
        description, delete_version = f"version {reference.version} of {name}", context.client.models.versions.delete
        return delete_all(context, {description: partial(delete_version, name, reference.version)})
    return delete_all(context, {f"the model {name}": partial(context.client.models.delete, name)})


def versions(context: Context) -> None:
    """List the versions of a model."""
    show_list(context, context.client.models.versions.list(context.options.model), _VERSION_COLUMNS)


def readme(context: Context) -> None:
    """Print the readme of a model."""
    text = context.client.models.get(context.options.model).readme()
    context.output.text(text if text.endswith("\n") else f"{text}\n")


def examples(context: Context) -> None:
    """List the examples of a model."""
    show_list(context, context.client.models.get(context.options.model).examples(), RUN_COLUMNS)


def schema(context: Context) -> None:
    """Print the schema of a model's latest version, or of a version."""
    from replicatekit.errors import InvalidArgument

    openapi_schema = context.client.use(context.options.model).openapi_schema
    if openapi_schema is None:
        raise InvalidArgument(f"the API publishes no schema for {context.options.model}")
    context.output.json(openapi_schema)


def add(context: Context) -> None:
    """Write typed modules for models."""
    from replicatekit.typed import add_stubs

    for stub in add_stubs(context.client, context.options.models, context.options.folder):
        context.output.line(f"{stub.path}\t{stub.model}\t{stub.version or ''}".rstrip())


def update_modules(context: Context) -> None:
    """Regenerate typed modules for the latest versions."""
    from replicatekit.typed import update_stubs

    for change in update_stubs(context.client, context.options.folder, context.options.names or None):
        _report(context, change)


def check(context: Context) -> int | None:
    """Show which typed modules have newer versions, and which arguments those break."""
    from replicatekit.typed import check_stubs

    changes = check_stubs(context.client, context.options.folder, context.options.names or None)
    for change in changes:
        _report(context, change)
    return ExitCode.FAILED if any(change.breaks for change in changes) else None


def _report(context: Context, change: Any) -> None:
    state = "up to date" if change.is_current else f"newer version {change.latest}"
    context.output.line(f"{change.stub.name}\t{change.stub.model}\t{state}")
    for line in change.breaks:
        context.output.line(f"\tbreaks\t{line}")


_FOLDER = argument(
    "--folder",
    metavar="FOLDER",
    default="replicate_models",
    help="where the modules are; `replicate_models` by default",
)
_NAMES = argument("names", metavar="OWNER/NAME", nargs="*", help="the models; all by default")


def _text_options(*names: str) -> list[Any]:
    return [
        argument(f"--{name.replace('_', '-')}", metavar="TEXT" if name == "description" else "URL", help=text)
        for name, text in {
            "description": "what the model does, in a sentence or two",
            "github_url": "the URL of its source code",
            "paper_url": "the URL of its paper",
            "license_url": "the URL of its license",
            "weights_url": "the URL of its weights",
        }.items()
        if name in (*_TEXTS, *names)
    ]


COMMANDS = (
    Command("get", "Show a model.", get, _MODEL),
    Command(
        "search", "Search models.", search, argument("query", metavar="WORD", nargs="+", help="what to look for"), LIMIT
    ),
    Command("list", "List public models.", list_all, LIMIT),
    Command(
        "create",
        "Create a model.",
        create,
        _MODEL,
        argument("--hardware", metavar="SKU", required=True, help="what it runs on; see `replicatekit hardware`"),
        argument("--public", action="store_true", help="make the model public; private by default"),
        *_text_options(),
    ),
    Command(
        "update",
        "Change the description and links of a model.",
        update,
        _MODEL,
        argument("--readme", metavar="FILE", help="a file with its long description, in Markdown"),
        *_text_options("weights_url"),
    ),
    Command(
        "delete",
        "Delete a private model without versions, or a version with all its predictions.",
        delete,
        argument("model", metavar="OWNER/NAME[:VERSION]", help="the model, or one version of it"),
        YES,
    ),
    Command("versions", "List the versions of a model.", versions, _MODEL, LIMIT),
    Command("readme", "Print the readme of a model, in Markdown.", readme, _MODEL),
    Command("examples", "List the examples that a model's owner has chosen.", examples, _MODEL, LIMIT),
    Command(
        "schema",
        "Print the OpenAPI schema of a model, as JSON.",
        schema,
        argument("model", metavar="OWNER/NAME[:VERSION]", help="the model, or one version of it"),
    ),
    Command(
        "add",
        "Write a typed Python module for each model into a project.",
        add,
        argument("models", metavar="OWNER/NAME[:VERSION]", nargs="+", help="the models"),
        _FOLDER,
    ),
    Command("update-modules", "Regenerate typed modules for the latest versions.", update_modules, _NAMES, _FOLDER),
    Command(
        "check",
        "Check typed modules for newer versions. Exits with 1 if a newer version breaks an argument.",
        check,
        _NAMES,
        _FOLDER,
    ),
)
