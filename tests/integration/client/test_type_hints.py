"""Annotations resolve at run time, and signatures list each option: for pydantic, typer, IPython and `help`."""

from __future__ import annotations

import inspect
import pkgutil
import pydoc
import subprocess
import sys
import typing
from functools import cached_property
from importlib import import_module
from typing import Any, Literal, Unpack

import pytest

import replicatekit
from replicatekit import options
from replicatekit._predictions.options import Options

PACKAGE = "replicatekit."
# Modules that run something when they are imported, and those of the command line, which is a program.
NOT_IMPORTED = ("__main__", "cli", "probe", "process_guard")


def modules_of(package: str) -> list[Any]:
    root = import_module(package)
    found = [root]
    for module in pkgutil.walk_packages(root.__path__, f"{package}."):
        path = module.name.split(".")
        if not any(part.startswith("_") or part in NOT_IMPORTED for part in path):
            found.append(import_module(module.name))
    return found


def functions_of(module: Any) -> dict[str, Any]:
    """The public functions of a module and the methods of its public classes, also those of private bases."""
    found: dict[str, Any] = {}
    for name, value in vars(module).items():
        if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
            continue
        if inspect.isfunction(value):
            found[f"{module.__name__}.{name}"] = value
        if inspect.isclass(value):
            for member in dir(value):
                function = function_of(inspect.getattr_static(value, member))
                is_ours = str(getattr(function, "__module__", "")).startswith(PACKAGE)
                if inspect.isfunction(function) and is_ours and (not member.startswith("_") or member == "__init__"):
                    found[f"{module.__name__}.{name}.{member}"] = function
    return found


def function_of(member: Any) -> Any:
    if isinstance(member, property):
        return member.fget
    if isinstance(member, cached_property):
        return member.func
    return getattr(member, "__func__", member)


def test_the_annotations_of_every_public_function_resolve():
    failed: dict[str, str] = {}
    functions = {name: each for module in modules_of("replicatekit") for name, each in functions_of(module).items()}
    assert len(functions) > 200
    for name, function in functions.items():
        try:
            typing.get_type_hints(function)
        except Exception as error:
            failed[name] = repr(error)
    assert failed == {}


def test_annotations_resolve_without_the_packages_that_are_optional():
    code = (
        "import sys, typing\n"
        "sys.modules['httpx2'] = None\n"
        "import replicatekit\n"
        "from replicatekit.options import HttpOptions\n"
        "hints = typing.get_type_hints(replicatekit.Client.__init__)\n"
        "assert hints['verify'] == typing.get_type_hints(HttpOptions)['verify']\n"
        "print(hints['limits'])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert "httpx.Limits" in done.stdout, done.stderr


RUNNING = [
    (replicatekit.run, options.RunOptions),
    (replicatekit.async_run, options.RunOptions),
    (replicatekit.stream, options.StreamOptions),
    (replicatekit.async_iterate, options.StreamOptions),
    (replicatekit.Client.run, options.RunOptions),
    (replicatekit.AsyncClient.iterate, options.StreamOptions),
    (replicatekit.Client.map, options.MapOptions),
    (replicatekit.predictions.run, options.RunOptions),
    (replicatekit.predictions.create, options.CreateOptions),
    (replicatekit.models.update, options.ModelUpdate),
    (replicatekit.models.create, options.ModelMetadata),
    (replicatekit.deployments.update, options.DeploymentUpdate),
    (replicatekit.Model.run, options.RunOptions),
    (replicatekit.Deployment.update, options.DeploymentUpdate),
    (replicatekit.Prediction.stream, options.PredictionStreamOptions),
]


@pytest.mark.parametrize(("function", "known"), RUNNING, ids=lambda each: getattr(each, "__qualname__", None))
def test_each_option_is_in_the_signature_the_hints_and_the_help(function, known):
    signature = inspect.signature(function)
    shown = pydoc.plain(pydoc.render_doc(function))
    hints = typing.get_type_hints(function)
    for name in known.__annotations__:
        parameter = signature.parameters[name]
        assert parameter.kind is inspect.Parameter.KEYWORD_ONLY
        assert parameter.default is not inspect.Parameter.empty
        assert name in hints
        assert f"\n        {name}: " in shown or f"\n    {name}: " in shown, name
    assert not [each for each in signature.parameters.values() if each.kind is inspect.Parameter.VAR_KEYWORD]


@pytest.mark.parametrize("client", [replicatekit.Client, replicatekit.AsyncClient])
def test_the_options_of_httpx_are_in_the_signature_and_the_help_of_a_client(client):
    parameters = inspect.signature(client).parameters
    shown = pydoc.plain(pydoc.render_doc(client))
    for name in options.HttpOptions.__annotations__:
        assert parameters[name].kind is inspect.Parameter.KEYWORD_ONLY
        assert name in shown


@pytest.mark.parametrize("function", [replicatekit.run, replicatekit.AsyncClient.map, replicatekit.predictions.create])
def test_signatures_spell_out_choices_and_what_can_be_run(function):
    shown = str(inspect.signature(function))
    assert "Literal['auto', 'inline', 'upload']" in shown
    assert "ref: 'str | Model | Version | Deployment | None'" in shown
    assert not any(alias in shown for alias in ("Runnable", "FileStrategy", "SchemaUse", "WebhookEvent"))


def test_examples_of_async_functions_are_async():
    assert "async for result in client.map(" in (replicatekit.AsyncClient.map.__doc__ or "")
    assert "async for page in client.paginate(" in (replicatekit.AsyncClient.paginate.__doc__ or "")
    assert "await replicatekit.async_use(" in (replicatekit.async_use.__doc__ or "")


@pytest.mark.parametrize("method", ["run", "stream", "iterate", "map"])
@pytest.mark.parametrize(
    ("client", "prediction"), [(replicatekit.Client, "Prediction"), (replicatekit.AsyncClient, "AsyncPrediction")]
)
def test_the_callback_of_progress_is_called_with_a_prediction(client, prediction, method):
    shown = inspect.signature(getattr(client, method)).parameters["on_progress"].annotation
    assert shown == f"Callable[[{prediction}], object] | None"


def test_the_callback_of_progress_is_called_with_anything_where_the_options_do_not_say():
    function = options.takes_options(options.RunOptions)(_passes_on)
    assert inspect.signature(function).parameters["on_progress"].annotation == "Callable[[Any], object] | None"


def _passes_on(**given: Unpack[options.RunOptions]) -> None: ...


def test_the_defaults_in_a_signature_are_those_that_are_used():
    parameters = inspect.signature(replicatekit.run).parameters
    for name, default in Options()._asdict().items():
        assert parameters[name].default == default, name


def test_the_defaults_in_a_signature_can_be_passed(sandbox):
    given = {
        name: each.default
        for name, each in inspect.signature(replicatekit.run).parameters.items()
        if each.kind is inspect.Parameter.KEYWORD_ONLY
    }
    with replicatekit.Client(token=sandbox.token, base_url=sandbox.base_url) as client:
        assert client.run("sandbox/hello", {"text": "a"}, **given) == client.run("sandbox/hello", {"text": "a"})


def test_pydantic_validates_calls_by_the_annotations():
    pydantic = pytest.importorskip("pydantic")
    config = pydantic.ConfigDict(arbitrary_types_allowed=True)
    checked = pydantic.validate_call(replicatekit.predictions.list, config=config)
    with pytest.raises(pydantic.ValidationError, match="source"):
        checked(source="nowhere")
    pydantic.validate_call(replicatekit.run, config=config)
    pydantic.validate_call(replicatekit.async_run, config=config)


def test_typer_makes_a_command_of_a_function():
    typer = pytest.importorskip("typer")
    from typer.testing import CliRunner

    app = typer.Typer()
    app.command()(replicatekit.search)
    result = CliRunner().invoke(app, ["--help"])
    assert result.exit_code == 0, result.output
    assert "limit" in result.output


def test_ipython_completes_options():
    pytest.importorskip("IPython")
    code = (
        "from IPython.core.interactiveshell import InteractiveShell as Shell\n"
        "from IPython.core.completer import provisionalcompleter\n"
        "shell = Shell.instance()\n"
        "shell.run_cell('import replicatekit')\n"
        "text = 'replicatekit.run(cancel_on_'\n"
        "with provisionalcompleter():\n"
        "    print([each.text for each in shell.Completer.completions(text, len(text))])\n"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=60)
    assert "cancel_on_timeout=" in done.stdout, done.stderr


def test_hints_are_the_classes_themselves():
    hints = typing.get_type_hints(replicatekit.AsyncClient.stream)
    assert hints["return"].__name__ == "AsyncEventStream"
    assert hints["cancel"] == replicatekit.CancelToken | None
    listing = typing.get_type_hints(replicatekit.predictions.list)
    assert listing["source"] == Literal["web"] | None
