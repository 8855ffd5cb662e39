"""What cannot be meant is refused, with the value and what to do: whatever is given to whatever is public.

Everything that can be called is found by looking, so that what is new is attacked too: each of its parameters gets each
of the values below in its turn. What comes of it is an error of this package, or what was asked for where the value is
a good one for that parameter (`FITTING`): never an error from somewhere inside, and never something that is paid for.
"""

from __future__ import annotations

import inspect
import math
import re
from contextlib import _GeneratorContextManager
from itertools import islice
from typing import Any

import anyio
import pytest
from support.stub_api import SECRET, StubAPI

import replicatekit
from replicatekit import AsyncClient, AsyncFileOutput, CancelToken, Client, FileOutput, errors, options, webhooks
from replicatekit.resources._namespace import Namespace
from replicatekit_api.models import Prediction


class Unshowable:
    def __repr__(self) -> str:
        raise RuntimeError("it cannot be shown")


BAD = {
    "None": None,
    "True": True,
    "zero": 0,
    "minus": -1,
    "nan": math.nan,
    "infinite": math.inf,
    "huge": 10**400,
    "unprintable": 10**5000,
    "fraction": 2.5,
    "empty": "",
    "blank": " ",
    "lines": "acme/a\nb",
    "half": "acme/\ud800",
    "NUL": "acme/\x00",
    "long": "a/" + "x" * 10_000,
    "upwards": "../../x",
    "bytes": b"acme/x",
    "object": object(),
    "unshowable": Unshowable(),
    "list": [],
    "objects": [object()],
    "dict": {},
    "odd dict": {1: object()},
    "class": int,
}

NUMBERS = {"zero", "minus", "nan", "infinite", "huge", "unprintable", "fraction"}
TEXTS = {"empty", "blank", "lines", "half", "NUL", "long", "upwards"}
ANYTHING = set(BAD)
COUNT = {"zero"}
FOR_EVER = {"infinite", "huge", "unprintable", "fraction"}
FLAG = {"True"}
FALSE = {"zero", "empty", "list", "dict"}
LATER = {"lines", "blank", "NUL", "long", "upwards"}
PROSE = {"empty", "blank", "lines", "NUL", "long", "upwards"}

# For a parameter of that name, or for that of one function alone: what is as good as any. None is where it is optional.
FITTING: dict[str, set[str]] = {
    "body": {*TEXTS, "bytes"},
    "cancel_on_close": FLAG,
    "check": FLAG,
    "cancel_on_interrupt": FLAG,
    "cancel_on_timeout": FLAG,
    "content": {*TEXTS, "bytes"},
    "content_type": {"long"},
    "cursor": LATER,
    "deployment": {"long"},
    "description": PROSE,
    "destination": {"long"},
    "guess_files": FLAG,
    "hardware": {"long", "upwards"},
    "headers": {"dict"},
    # Nothing at all is as good as None.
    **{f"{client}.{name}": FALSE for client in ("Client", "AsyncClient") for name in ("base_url", "headers")},
    **{f"{client}.user_agent": {*FALSE, "long", "upwards"} for client in ("Client", "AsyncClient")},
    "client.with_options.headers": FALSE,
    "client.with_options.user_agent": {"empty", "long", "upwards"},
    "id": {"upwards"},
    "input": {"dict"},
    "inputs": {"list", "objects"},
    "ordered": FLAG,
    "interval": {"fraction"},
    "json": {*TEXTS, *NUMBERS, "True", "list", "dict"},
    "max_instances": COUNT,
    "max_retries": COUNT,
    "metadata": {"dict"},
    "min_instances": COUNT,
    "model": {"long"},
    "on_progress": {"class"},
    "output": {*TEXTS, *NUMBERS, "None", "True", "list", "dict"},
    "overwrite": FLAG,
    "owner": {"long"},
    "params": {"dict", "odd dict", "list"},
    "path": {"long", "upwards"},
    "previous": ANYTHING,
    "file": {"bytes", "long"},
    "filename": LATER,
    "poll_interval": {"fraction"},
    "progress": FLAG,
    "query": {"lines", "NUL", "long", "upwards"},
    "raise_on_error": FLAG,
    "raw": FLAG,
    "readme": PROSE,
    "ref": {"long"},
    "refresh": FLAG,
    "require_stream": FLAG,
    "seconds": {*FOR_EVER, "zero", "minus"},
    "secret": {"long"},
    "status_only": FLAG,
    "stream": FLAG,
    "timeout": FOR_EVER,
    "timestamp": {"zero", "fraction"},
    "token": {"long", "upwards"},
    "tolerance": {"zero", "fraction"},
    "now": {"zero", "fraction"},
    "version": {"long"},
    "wait": {"True", "fraction", "None"},
    "github_url": {"empty"},
    "paper_url": {"empty"},
    "license_url": {"empty"},
    "weights_url": {"empty"},
    "cover_image_url": {"empty"},
    "user_agent": {"long", "upwards"},
    "webhook_events_filter": {"list"},
    "FileOutput.url": PROSE,
    "AsyncFileOutput.url": PROSE,
}

# In a folder of the test's own, these are the names of folders and files.
FITTING["folder"] = FITTING["target"] = {"blank", "lines", "long", "upwards"}

GOOD: dict[str, Any] = {
    "ref": "acme/official",
    "input": {"text": "a"},
    "inputs": [{"text": "a"}],
    "model": "acme/official",
    "owner": "acme",
    "name": "d",
    "prediction_id": "p1",
    "training_id": "t1",
    "file_id": "f1",
    "slug": "texts",
    "query": "llama",
    "hardware": "cpu",
    "visibility": "private",
    "min_instances": 0,
    "max_instances": 1,
    "deployment": "acme/d",
    "destination": "acme/official",
    "file": b"x",
    "method": "GET",
    "path": "/account",
    "folder": "a-folder",
    "target": "a-folder/a-file",
    "output": "a text",
    "body": b'{"id":"p1","status":"succeeded"}',
    "headers": webhooks.sign(b'{"id":"p1","status":"succeeded"}', SECRET),
    "secret": SECRET,
    "delivery": Prediction.from_dict({"id": "p1", "status": "succeeded"}),
    "previous": "",
    "url": "https://replicate.delivery/x.png",
}

# Beside what is required. `model` is one way to say what to run, and `ref` another.
RUN = {"ref": "acme/official", "input": {"text": "a"}}
BESIDE: dict[str, dict[str, Any]] = {
    **{f"client.{name}": RUN for name in ("run", "predictions.run", "stream", "iterate", "predictions.create")},
    "client.map": {"ref": "acme/official", "inputs": [{"text": "a"}]},
    "client.models.create": {"owner": "acme/official"},
    "client.trainings.create": {"model": "acme/official", "version": "a" * 64},
    "client.models.versions.get": {"version": "a" * 64},
    "client.models.versions.delete": {"version": "a" * 64},
    "Client": {"token": "made-up"},
    "AsyncClient": {"token": "made-up"},
}
INSTEAD = {"deployment": {"ref"}, "model": {"ref"}, "version": {"ref", "model"}}

# What takes a function, or a request of somebody else's, and has its errors.
NOT_ATTACKED = {"client.paginate", "token.watched", "webhooks.unwrap", "webhooks.async_unwrap"}
# What is a file's, and has the rules of Python's own files.
NOT_ATTACKED |= {f"output.{name}" for name in ("read", "readinto", "readline", "readlines", "seek")}
# What is handed on to httpx, which says what is wrong when the first request is made.
OF_HTTPX = frozenset(options.HttpOptions.__annotations__)
# What is shown whole where it is refused, as far as it can be shown.
SHOWN_WHOLE = {"base_url", "cursor", "headers", "timeout", "transport"}


def methods_of(thing: Any) -> list[str]:
    """The public methods that this package gives it, beside what is generated."""
    return [
        name
        for cls in reversed(type(thing).__mro__)
        if cls.__module__.startswith("replicatekit.")
        for name, member in vars(cls).items()
        if not name.startswith("_") and inspect.isfunction(member)
    ]


def add(found: dict[str, Any], path: str, thing: Any) -> None:
    for name in methods_of(thing):
        found[f"{path}.{name}"] = getattr(thing, name)
    for name in dir(type(thing)) if isinstance(thing, (Client, AsyncClient, Namespace)) else ():
        if not name.startswith("_") and isinstance(within := getattr(thing, name), Namespace) and name != "default":
            add(found, f"{path}.{name}", within)


def by_hand(client: Any, outputs: type[Any]) -> dict[str, Any]:
    """Things that a client gives, made without waiting for an answer."""
    from replicatekit.resources import deployment, model, prediction, training
    from replicatekit_api import models

    from_api = StubAPI().handle
    half = "Async" if isinstance(client, AsyncClient) else ""
    url = "https://api.replicate.com/v1"

    def record(path: str) -> dict[str, Any]:
        import httpx

        return from_api(httpx.Request("GET", url + path)).json()

    def of(module: Any, kind: str, path: str) -> Any:
        return getattr(module, half + kind).bind(client._session, getattr(models, kind).from_dict(record(path)))

    return {
        "prediction": of(prediction, "Prediction", "/predictions/p1"),
        "training": of(training, "Training", "/trainings/p1"),
        "model": of(model, "Model", "/models/acme/official"),
        "version": of(model, "Model", "/models/acme/official").latest_version,
        "deployment": of(deployment, "Deployment", "/deployments/acme/d"),
        "output": outputs(GOOD["url"], client),
        "client.predictions.list()": client.predictions.list(),
    }


def everything(api: StubAPI, half: str) -> dict[str, Any]:
    kind, outputs = (Client, FileOutput) if half == "sync" else (AsyncClient, AsyncFileOutput)
    client = kind("made-up", transport=api.transport, max_retries=0)
    found: dict[str, Any] = {}
    add(found, "client", client)
    for name, thing in by_hand(client, outputs).items():
        add(found, name, thing)
    found |= {kind.__name__: kind, outputs.__name__: outputs}
    if half == "sync":
        token = CancelToken()
        token.cancel()
        add(found, "token", token)
        found |= {f"webhooks.{name}": getattr(webhooks, name) for name in webhooks.__all__ if name[0].islower()}
        add(found, "deliveries", webhooks.DeliveryTracker())
        found |= {"webhooks.Deliveries": webhooks.DeliveryTracker, "save_outputs": replicatekit.save_outputs}
    api.requests.clear()
    return {name: call for name, call in found.items() if name not in NOT_ATTACKED and parameters_of(call)}


def parameters_of(call: Any) -> dict[str, inspect.Parameter]:
    """By name, those inside of `**options` too."""
    found: dict[str, inspect.Parameter] = {}
    for each in inspect.signature(call).parameters.values():
        if each.kind is each.VAR_KEYWORD:
            group = re.search(r"Unpack\[(?:\w+\.)?(\w+)\]", str(each.annotation))
            for name in getattr(options, group[1]).__annotations__ if group else ():
                found[name] = inspect.Parameter(name, each.KEYWORD_ONLY, default=None)
        elif each.kind is not each.VAR_POSITIONAL:
            found[each.name] = each
    return found


async def outcome(call: Any, arguments: dict[str, Any]) -> Exception | None:
    try:
        result = call(**arguments)
        if inspect.isawaitable(result):
            result = await result
        if hasattr(result, "__anext__"):
            async for _ in result:
                break
            await result.aclose()
        elif isinstance(result, _GeneratorContextManager):
            with result:
                pass
        elif hasattr(result, "__next__"):
            list(islice(result, 3))
    except Exception as error:
        return error
    return None


def fits(name: str, parameter: inspect.Parameter, label: str) -> bool:
    if parameter.name in OF_HTTPX or (label == "None" and parameter.default is not parameter.empty):
        return True
    return label in FITTING.get(f"{name}.{parameter.name}", FITTING.get(parameter.name, set()))


async def attack(api: StubAPI, name: str, call: Any) -> list[str]:
    """What is wrong with what came of it."""
    wrong: list[str] = []
    parameters = parameters_of(call)
    required = {each: GOOD[each] for each, of in parameters.items() if of.default is of.empty}
    for parameter in parameters.values():
        beside = {key: value for key, value in BESIDE.get(name, {}).items() if key in parameters}
        given = {**required, **beside}
        for other in INSTEAD.get(parameter.name, ()):
            if name in (
                "client.predictions.create",
                "client.run",
                "client.predictions.run",
                "client.stream",
                "client.iterate",
                "client.map",
            ):
                given.pop(other, None)
        for label, value in BAD.items():
            if label in ("unprintable", "unshowable") and parameter.name in SHOWN_WHOLE:
                continue
            api.requests.clear()
            error = await outcome(call, {**given, parameter.name: value})
            said = complaint(api, error, parameter.name, fitting=fits(name, parameter, label))
            if said:
                wrong.append(f"{name}({parameter.name}={label}): {said}")
    return wrong


def complaint(api: StubAPI, error: Exception | None, parameter: str, *, fitting: bool) -> str | None:
    if error is None:
        return None if fitting else f"it was taken, and asked for {api.requests}"
    if isinstance(error, OSError) and parameter in ("folder", "target") and fitting:
        return None  # the file system's own word
    if parameter == "on_progress" and fitting and not isinstance(error, errors.ReplicateError):
        return None  # the caller's own function
    if not isinstance(error, errors.ReplicateError):
        return f"{type(error).__name__}: {error}"
    if fitting:
        return None
    if not isinstance(error, (errors.InvalidArgument, errors.ForbiddenURLError, errors.WebhookError)):
        return f"{type(error).__name__} is no InvalidArgument: {error}"
    if api.requests:
        return f"it was refused after {api.requests}: {error}"
    if not 15 < len(str(error)) < (700 if parameter not in SHOWN_WHOLE else 20_000):
        return f"the error has {len(str(error))} characters"
    return None


def names(half: str) -> list[str]:
    return list(everything(StubAPI(), half))


@pytest.fixture
def a_folder(tmp_path, monkeypatch):
    """What is written by a relative path is written into the test's own folder."""
    inner = tmp_path / "a" / "b" / "c"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    return inner


@pytest.mark.usefixtures("a_folder")
@pytest.mark.parametrize("name", names("sync"))
def test_what_cannot_be_meant_is_refused_before_anything_is_sent(name):
    api = StubAPI()
    assert anyio.run(attack, api, name, everything(api, "sync")[name]) == []


@pytest.mark.usefixtures("a_folder")
@pytest.mark.parametrize("name", names("async"))
def test_and_so_it_is_by_the_async_half(name):
    api = StubAPI()

    async def attacked() -> list[str]:
        return await attack(api, name, everything(api, "async")[name])

    assert anyio.run(attacked) == []


@pytest.mark.parametrize("name", names("sync"))
def test_an_argument_that_there_is_not_is_refused_as_python_does_it_or_by_name(name):
    api = StubAPI()
    call = everything(api, "sync")[name]
    required = {each: GOOD[each] for each, of in parameters_of(call).items() if of.default is of.empty}
    with pytest.raises((TypeError, errors.InvalidArgument), match="no_such_thing"):
        anyio.run(raising, call, {**required, **BESIDE.get(name, {}), "no_such_thing": 1})
    assert api.requests == []


async def raising(call: Any, arguments: dict[str, Any]) -> None:
    error = await outcome(call, arguments)
    if error is not None:
        raise error


def test_there_is_something_to_attack():
    sync, other = names("sync"), names("async")
    assert len(sync) > 60
    assert {name for name in sync if name.startswith("client.")} == {n for n in other if n.startswith("client.")}
    assert {"client.run", "client.trainings.create", "prediction.wait", "model.update", "output.save"} <= set(sync)


# Values of any length


@pytest.mark.parametrize(
    "call",
    [
        lambda client, long: client.predictions.get(long),
        lambda client, long: client.predictions.cancel(long),
        lambda client, long: client.models.get(f"acme/{long}"),
        lambda client, long: client.collections.get(long),
        lambda client, long: client.request("GET", f"/{long}"),
        lambda client, long: client.request(long, "/account"),
        lambda client, long: client.request("GET", "/account", params={"a": long}),
        lambda client, long: client.request("GET", "/account", headers=long),
        lambda client, long: client.with_options(headers=long),
        lambda client, long: client.run(f"acme/{long}", {}),
    ],
)
def test_a_value_longer_than_any_url_is_refused_in_a_short_sentence(way, call):
    client = way.client(token="made-up", base_url="http://127.0.0.1:1/v1", max_retries=0)
    with pytest.raises((errors.InvalidArgument, errors.ForbiddenURLError)) as caught:
        call(client, "x" * 100_000)
    assert len(str(caught.value)) < 1500
