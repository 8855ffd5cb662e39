"""The lines of somebody's own code that use what breaks: each of fifty seeded breaks is found."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path

import pytest

from api_changes import report_on
from pipeline.document import Document
from pipeline.project import Project

ROOT = Path(__file__).resolve().parents[2]
PROJECT = Project(ROOT)
DOCUMENT = json.loads(PROJECT.document.read_text("utf-8"))

MODEL, MODELS = "/models/{model_owner}/{model_name}", "/models"
PREDICTION = ("components", "schemas", "schemas_prediction_response", "properties")


def at(document, *steps):
    for step in steps:
        document = document[step]
    return document


def without(*steps):
    return lambda document: at(document, *steps[:-1]).pop(steps[-1])


def renamed(path, method, name):
    return lambda document: at(document, "paths", path, method).update(operationId=name)


def parameter(path, method, name):
    def remove(document):
        found = at(document, "paths", path, method)
        found["parameters"] = [one for one in found["parameters"] if one.get("name") != name]

    return remove


def required(path, method, name):
    def require(document):
        next(one for one in at(document, "paths", path, method)["parameters"] if one.get("name") == name)[
            "required"
        ] = True

    return require


def value(*steps, word):
    return lambda document: at(document, *steps)["enum"].remove(word)


def changed(*steps, **facts):
    return lambda document: at(document, *steps).update(facts)


EVENTS = ("components", "schemas", "schemas_prediction_request", "properties", "webhook_events_filter", "items")
LISTED = ("paths", "/predictions", "get")
BODY = ("requestBody", "content", "application/json", "schema", "properties")

# What breaks, and code of which each line that ends in `#!` uses it; the other lines do not.
SEEDED = {
    "an operation, by its module": (
        without("paths", "/hardware"), "from replicatekit_api.api.hardware import list  #!\n"
    ),
    "an operation, by another name": (
        without("paths", "/hardware"),
        "from replicatekit_api.api.hardware import list as kinds  #!\nprint(kinds.sync(client=c))  #!\n",
    ),
    "an operation, by its function": (
        without("paths", "/hardware"),
        "from replicatekit_api.api.hardware.list import sync as fetch  #!\nfetch(client=c)  #!\n",
    ),
    "an operation, by its package": (
        without("paths", "/hardware"),
        "from replicatekit_api.api import hardware\nprint(hardware.list.sync(client=c))  #!\n",
    ),
    "an operation, by its whole name": (
        without("paths", "/hardware"),
        "import replicatekit_api.api.hardware.list  #!\nreplicatekit_api.api.hardware.list.sync(client=c)  #!\n",
    ),
    "an operation, on a client": (without("paths", "/hardware"), "print(client.hardware.list())  #!\nprint(list())\n"),
    "an operation, on the module": (
        without("paths", "/account"), "import replicatekit\nreplicatekit.account.get()  #!\nd.get()\n"
    ),
    "an operation, on an attribute": (
        without("paths", "/account"), "class A:\n    def f(self):\n        return self._api.account.get()  #!\n"
    ),
    "an operation, awaited": (without("paths", "/account"), "async def f():\n    await client.account.get()  #!\n"),
    "an operation, by a namespace with a name": (
        without("paths", "/account"), "account = client.account\nme = account.get()  #!\n"
    ),
    "an operation, as a value": (without("paths", "/account"), "run_later(client.account.get)  #!\n"),
    "an operation, as a value with a name": (
        without("paths", "/account"), "fetch = client.account.get  #!\nfetch()  #!\n"
    ),
    "an operation with a body": (without("paths", "/trainings/{training_id}/cancel"), "c.trainings.cancel(x)  #!\n"),
    "an operation of two nouns": (
        without("paths", f"{MODEL}/versions"), "client.models.versions.list('a/b')  #!\nclient.models.list()\n"
    ),
    "an operation of two nouns, by its module": (
        without("paths", f"{MODEL}/versions"), "from replicatekit_api.api.models_versions import list as of  #!\n"
    ),
    "a method of QUERY": (without("paths", MODELS, "query"), "client.models.search('a')  #!\n"),
    "an operation on the client itself": (
        without("paths", "/search"), "import re\nclient.search('a')  #!\nre.search('a', 'b')\n"
    ),
    "a renamed operation": (
        renamed("/predictions/{prediction_id}", "get", "predictions.retrieve"), "client.predictions.get('p')  #!\n"
    ),
    "a renamed noun": (
        renamed("/predictions", "get", "runs.list"),
        "for page in client.paginate(client.predictions.list):  #!\n    print(page)\n",
    ),
    "a parameter": (
        parameter("/predictions", "get", "source"),
        "client.predictions.list(source='web')  #!\nclient.predictions.list()\n",
    ),
    "a parameter, by its module": (
        parameter("/predictions", "get", "source"),
        """from replicatekit_api.api.predictions import list as listed
listed.sync(client=c, source='web')  #!
listed.sync(client=c)
""",
    ),
    "a parameter, over several lines": (
        parameter("/predictions", "get", "created_after"),
        "client.predictions.list(  #!\n    created_after='yesterday',\n)\n",
    ),
    "a parameter, given by a dict": (
        parameter("/predictions", "get", "source"), "client.predictions.list(**options)  #!\n"
    ),
    "a parameter of another operation": (
        parameter(MODELS, "get", "sort_by"),
        "client.models.list(sort_by='model_created_at')  #!\nclient.collections.list(sort_by=1)\n",
    ),
    "a required parameter": (
        required("/predictions", "get", "created_after"),
        "client.predictions.list()  #!\nclient.predictions.list(created_after='today')\n",
    ),
    "a parameter's type": (
        lambda document: next(
            one for one in at(document, *LISTED)["parameters"] if one.get("name") == "created_after"
        ).update(schema={"type": "integer"}),
        "client.predictions.list(created_after='today')  #!\nclient.predictions.list()\n",
    ),
    "a field": (without(*PREDICTION, "logs"), "print(prediction.logs)  #!\nprint(prediction.status)\n"),
    "a field, in a chain": (
        without(*PREDICTION, "metrics"), "x = client.predictions.get('p').metrics['predict_time']  #!\n"
    ),
    "a field, by its key": (without(*PREDICTION, "logs"), "print(prediction['logs'])  #!\n"),
    "a field, by getattr": (without(*PREDICTION, "logs"), "print(getattr(prediction, 'logs', ''))  #!\n"),
    "a field, by get": (without(*PREDICTION, "data_removed"), "print(prediction.to_dict().get('data_removed'))  #!\n"),
    "a field, in a pattern": (
        without(*PREDICTION, "logs"), "match p:\n    case Prediction(logs=text):  #!\n        print(text)\n"
    ),
    "a field, in a pattern of a mapping": (
        without(*PREDICTION, "logs"), "match p:\n    case {'logs': text}:  #!\n        print(text)\n"
    ),
    "a nested field": (without(*PREDICTION, "urls", "properties", "web"), "open_page(prediction.urls.web)  #!\n"),
    "a field that may be null": (
        changed(*PREDICTION, "id", nullable=True), "names = sorted(p.id for p in found)  #!\n"
    ),
    "a field's type": (
        changed(*PREDICTION, "data_removed", type="string"), "if prediction.data_removed is True:  #!\n    ...\n"
    ),
    "a field of a body": (
        without("paths", MODELS, "post", *BODY, "github_url"), "client.models.create('a', 'b', github_url=url)  #!\n"
    ),
    "a field of a body, as a key": (
        without("paths", MODELS, "post", *BODY, "github_url"), "body = {'github_url': url}  #!\n"
    ),
    "a field of a body, by a component": (
        without("components", "schemas", "schemas_training_request", "properties", "webhook"),
        "client.trainings.create('a/b', v, destination='a/c', webhook=url)  #!\n",
    ),
    "a word of an enum": (
        value(*EVENTS, word="completed"),
        "c.predictions.create('a/b', webhook_events_filter=['completed'])  #!\nx = 'complete'\n",
    ),
    "a word of an enum, by its member": (
        value(*EVENTS, word="completed"), "wanted = [WebhookEvent.START]\nwanted.append(WebhookEvent.COMPLETED)  #!\n"
    ),
    "a word of an enum, in a set": (
        value(*EVENTS, word="completed"), "EVENTS = {\n    'start',\n    'completed',  #!\n}\n"
    ),
    "a word of a parameter": (
        lambda document: next(
            one for one in at(document, "paths", MODELS, "get")["parameters"] if one.get("name") == "sort_by"
        )["schema"]["enum"].remove("latest_version_created_at"),
        "client.models.list(sort_by='latest_version_created_at')  #!\n",
    ),
    "a status": (
        without("paths", "/predictions", "post", "responses", "201"), "client.predictions.create('a/b', {})  #!\n"
    ),
    "an answer's body": (
        changed("paths", "/hardware", "get", "responses", "200", content={"text/plain": {"schema": {}}}),
        "for kind in client.hardware.list():  #!\n    print(kind)\n",
    ),
    "a server": (
        changed("servers", 0, url="https://api.example.test/v2"),
        "client = Client(base_url='https://api.replicate.com/v1')  #!\n",
    ),
    "a file that imports the package through another": (
        without(*PREDICTION, "logs"), "from helpers import client\n\nprint(client.predictions.get('p').logs)  #!\n"
    ),
    "a lambda": (without("paths", "/account"), "fetch = lambda: client.account.get()  #!\n"),
    "a decorator": (without("paths", "/account"), "@later(client.account.get())  #!\ndef f():\n    ...\n"),
    "a text with a field in it": (without(*PREDICTION, "logs"), "print(f'{prediction.logs}!')  #!\n"),
    "a comprehension": (without(*PREDICTION, "logs"), "texts = [one.logs for one in page.results]  #!\n"),
}  # fmt: skip


def found_in(folder, change):
    newer = deepcopy(DOCUMENT)
    change(newer)
    report = report_on(Document(DOCUMENT, "old"), Document(newer, "new"), PROJECT, package=False, code=folder)
    return {(use.file, use.line) for use in report.uses}


# Every fifth stands in the project's tests.
PLACES = [f"{'tests/test_it' if number % 5 == 0 else 'app'}.py:{name}" for number, name in enumerate(SEEDED)]


@pytest.mark.parametrize("place", PLACES)
def test_each_line_that_uses_what_breaks_is_found_and_no_other(tmp_path, place):
    file, _, name = place.partition(":")
    change, code = SEEDED[name]
    head = "" if "helpers" in code else "from replicatekit import Client, PredictionStatus\n"
    (tmp_path / "helpers.py").write_text("import replicatekit\n\nclient = replicatekit.Client()\n")
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(head + code)
    (tmp_path / "unrelated.py").write_text("print(x.logs, x.metrics, x.github_url, 'completed')\n")
    lines = (head + code).splitlines()
    assert found_in(tmp_path, change) == {(file, number) for number, line in enumerate(lines, 1) if line.endswith("#!")}


def test_there_are_fifty():
    assert len(SEEDED) >= 50


def test_what_is_no_python_or_hidden_is_passed_over(tmp_path):
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "a.py").write_text("import replicatekit\nprint(p.logs)\n")
    (tmp_path / "broken.py").write_text("import replicatekit\nprint(p.logs\n")
    (tmp_path / "binary.py").write_bytes(b"\xff\xfe\x00")
    assert found_in(tmp_path, without(*PREDICTION, "logs")) == set()
