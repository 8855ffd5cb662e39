"""Every operation of the API's document, by its natural name, over real HTTP and in each way to call."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from replicatekit import errors
from replicatekit.sandbox._api.validation import operations

OPERATIONS = {each.id: each for each in operations()}


def echo(text: str = "") -> str:
    return text


def shout(text: str = "") -> str:
    return text.upper()


@pytest.fixture(scope="module", autouse=True)
def _models(running_sandbox):
    running_sandbox.model("acme/echo", description="Echoes a text", readme="# Echo")(echo)
    running_sandbox.model("acme/shout", official=True)(shout)


@pytest.fixture
def full(sandbox):
    """A sandbox with models of both kinds."""
    return sandbox


@pytest.fixture
def client(way, full):
    return way.client(full, max_retries=0, verify=False)


class Ready:
    """What the calls are made with, made by plain HTTP when it is first asked for."""

    def __init__(self, sandbox: Any) -> None:
        self.sandbox = sandbox
        self.http = httpx.Client(
            base_url=f"{sandbox.base_url}/",
            headers={"authorization": f"Bearer {sandbox.token}"},
            trust_env=False,
            verify=False,
        )

    def made(self, path: str, **body: Any) -> Any:
        answer = self.http.post(path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    @property
    def me(self) -> str:
        return self.http.get("account").json()["username"]

    @property
    def version(self) -> str:
        return self.sandbox.version("acme/echo")

    @property
    def passing(self) -> tuple[str, str]:
        self.sandbox.model("acme/passing")(echo)
        return "acme/passing", self.sandbox.version("acme/passing")

    @property
    def prediction(self) -> str:
        return self.made("predictions", version=self.version, input={})["id"]

    def model(self, name: str = "mine") -> str:
        self.made("models", owner=self.me, name=name, hardware="cpu", visibility="private")
        return f"{self.me}/{name}"

    @property
    def training(self) -> str:
        path = f"models/acme/echo/versions/{self.version}/trainings"
        return self.made(path, destination=self.model(), input={})["id"]

    @property
    def deployment(self) -> str:
        body = {"name": "app", "model": "acme/echo", "version": self.version, "hardware": "cpu"}
        made = self.made("deployments", **body, min_instances=0, max_instances=1)
        return f"{made['owner']}/{made['name']}"

    @property
    def file(self) -> str:
        return self.http.post("files", files={"content": ("a.txt", b"abc", "text/plain")}).json()["id"]

    @property
    def signed(self) -> dict[str, Any]:
        key, owner, expiry = self.file, self.me, 4_000_000_000
        return {
            "file": key,
            "owner": owner,
            "expiry": expiry,
            "signature": self.sandbox.state.blobs.sign(key, owner, expiry),
        }


@pytest.fixture
def ready(full):
    ready = Ready(full)
    yield ready
    ready.http.close()


# For each operation: how it is called, and the class of what it gives (the async one's name begins with Async).
CALLS: dict[str, tuple[Any, str]] = {
    "account.get": (lambda c, _: c.account.get(), "Account"),
    "collections.get": (lambda c, _: c.collections.get("built-in"), "Collection"),
    "collections.list": (lambda c, _: c.collections.list(), "Page"),
    "deployments.create": (
        lambda c, r: c.deployments.create(
            "new", model="acme/echo", version=r.version, hardware="cpu", min_instances=0, max_instances=2
        ),
        "Deployment",
    ),
    "deployments.delete": (lambda c, r: c.deployments.delete(r.deployment), "NoneType"),
    "deployments.get": (lambda c, r: c.deployments.get(r.deployment), "Deployment"),
    "deployments.list": (lambda c, _: c.deployments.list(), "Page"),
    "deployments.predictions.create": (
        lambda c, r: c.deployments.predictions.create(r.deployment, {"text": "a"}),
        "Prediction",
    ),
    "deployments.update": (lambda c, r: c.deployments.update(r.deployment, max_instances=3), "Deployment"),
    "files.create": (lambda c, _: c.files.create(b"abc", filename="a.txt"), "File"),
    "files.download": (lambda c, r: c.files.download(**r.signed).read(), "bytes"),
    "files.delete": (lambda c, r: c.files.delete(r.file), "NoneType"),
    "files.get": (lambda c, r: c.files.get(r.file), "File"),
    "files.list": (lambda c, _: c.files.list(), "Page"),
    "hardware.list": (lambda c, _: c.hardware.list(), "list"),
    "models.create": (
        lambda c, r: c.models.create(r.me, "new", hardware="cpu", visibility="private", description="New"),
        "Model",
    ),
    "models.delete": (lambda c, r: c.models.delete(r.model()), "NoneType"),
    "models.examples.list": (lambda c, _: c.models.examples.list("acme/echo"), "Page"),
    "models.get": (lambda c, _: c.models.get("acme/echo"), "Model"),
    "models.list": (lambda c, _: c.models.list(sort_by="model_created_at", sort_direction="asc"), "Page"),
    "models.predictions.create": (lambda c, _: c.models.predictions.create("acme/shout", {"text": "a"}), "Prediction"),
    "models.readme.get": (lambda c, _: c.models.readme.get("acme/echo"), "str"),
    "models.search": (lambda c, _: c.models.search("echo"), "Page"),
    "models.update": (lambda c, r: c.models.update(r.model(), description="Changed"), "Model"),
    "models.versions.delete": (lambda c, r: c.models.versions.delete(*r.passing), "NoneType"),
    "models.versions.get": (lambda c, r: c.models.versions.get("acme/echo", r.version), "Version"),
    "models.versions.list": (lambda c, _: c.models.versions.list("acme/echo"), "Page"),
    "predictions.cancel": (lambda c, r: c.predictions.cancel(r.prediction), "Prediction"),
    "predictions.create": (lambda c, r: c.predictions.create(r.version, {"text": "a"}), "Prediction"),
    "predictions.get": (lambda c, r: c.predictions.get(r.prediction), "Prediction"),
    "predictions.list": (lambda c, _: c.predictions.list(source="web"), "Page"),
    "search": (lambda c, _: c.search("echo", limit=3), "SearchResult"),
    "trainings.cancel": (lambda c, r: c.trainings.cancel(r.training), "Training"),
    "trainings.create": (
        lambda c, r: c.trainings.create("acme/echo", r.version, destination=r.model(), input={"data": "a"}),
        "Training",
    ),
    "trainings.get": (lambda c, r: c.trainings.get(r.training), "Training"),
    "trainings.list": (lambda c, _: c.trainings.list(), "Page"),
    "webhooks.default.secret.get": (lambda c, _: c.webhooks.secret(), "str"),
}

_ONE_CLASS = {"Account", "File", "NoneType", "bytes", "list", "str"}


def test_what_is_called_here_is_an_operation_of_the_document():
    assert set(CALLS) <= set(OPERATIONS)


@pytest.mark.parametrize("operation", sorted(CALLS))
def test_the_operation_has_its_place_and_gives_what_is_promised(operation, way, client, full, ready):
    call, kind = CALLS[operation]
    result = call(client, ready)
    expected = kind if way.name == "sync" or kind in _ONE_CLASS else f"Async{kind}"
    assert type(getattr(result, "thing", result)).__name__ == expected
    document = OPERATIONS[operation]
    path = re.compile("/v1" + re.sub(r"\{\w+\}", "[^/]+", document.path))
    from_client = [each for each in full.requests if each.headers["user-agent"].startswith("replicatekit/")]
    assert [(each.method, bool(path.fullmatch(each.path))) for each in from_client] == [(document.method, True)]
    assert from_client[0].status in (200, 201, 202, 204)


# Predictions


@pytest.mark.parametrize(
    "arguments",
    [
        {"ref": "acme/echo"},
        {"model": "acme/echo"},
        {"version": "{version}"},
        {"version": "acme/echo:{version}"},
        {"model": "acme/echo", "version": "{version}"},
        {"ref": "acme/echo:{version}", "stream": True},
    ],
)
def test_what_a_prediction_is_made_with_can_be_said_in_each_of_these_ways(client, full, ready, arguments):
    said = {
        name: value.format(version=ready.version) if isinstance(value, str) else value
        for name, value in arguments.items()
    }
    prediction = client.predictions.create(**said, input={"text": "hello"})
    assert prediction.version == ready.version
    assert prediction.wait(timeout=10).output == "hello"


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"ref": "acme/echo", "model": "acme/echo"},
        {"ref": "acme/echo", "deployment": "acme/app"},
        {"model": "acme/echo", "deployment": "acme/app"},
        {"model": "acme/echo:" + "a" * 64, "version": "b" * 64},
        {"model": "acme/echo", "version": "acme/other:" + "a" * 64},
        {"ref": "acme/echo", "webhok": "https://example.com"},
    ],
)
def test_what_contradicts_itself_or_is_not_known_creates_nothing(client, full, arguments):
    with pytest.raises(errors.InvalidArgument):
        client.predictions.create(input={}, **arguments)
    assert full.requests == []


def test_the_official_endpoint_is_for_official_models(client, full):
    with pytest.raises(errors.NotFoundError):
        client.models.predictions.create("acme/echo", {"text": "a"})
    assert full.creates == 0
    assert client.models.predictions.create("acme/shout", {"text": "a"}, wait=10).output == "A"


def test_a_deployment_runs(way, client, ready):
    deployment = client.deployments.get(ready.deployment)
    assert deployment.id == f"{ready.me}/app"
    assert deployment.run({"text": "a"}) == "a"
    assert deployment.predict(text="b") == "b"
    made = way.wrap(deployment.predictions).create({"text": "c"}, wait=True)
    assert (made.deployment, made.output) == (deployment.id, "c")
    assert client.run(getattr(deployment, "thing", deployment), {"text": "d"}) == "d"


# Models and versions


def test_a_model_is_named_in_one_piece_or_in_two(client):
    assert client.models.get("acme", "echo").id == client.models.get("acme/echo").id == "acme/echo"


@pytest.mark.parametrize(
    "names", [("acme",), ("acme/echo", "echo"), ("acme/echo:" + "a" * 64,), ("acme", ""), ("", "x")]
)
def test_what_names_no_model_is_refused_before_anything_is_sent(client, full, names):
    with pytest.raises(errors.InvalidReference):
        client.models.get(*names)
    assert full.requests == []


def test_a_model_leads_to_its_versions_and_they_run(way, client, ready):
    model = client.models.get("acme/echo")
    latest = way.wrap(model.latest_version)
    assert (latest.id, latest.model) == (ready.version, "acme/echo")
    assert latest.predict(text="one") == "one"
    assert latest.run({"text": "two"}, wait=False) == "two"
    version = way.wrap(model.versions).get(ready.version)
    assert version.predict(text="three") == "three"
    assert [each.id for each in way.wrap(model.versions).list()] == [ready.version]


def test_a_version_runs_with_one_create_and_nothing_else(way, client, full):
    latest = way.wrap(client.models.get("acme/echo").latest_version)
    latest.run({"text": "a"}, wait=30)
    creates = [each for each in full.requests if each.method == "POST"]
    assert [each.path for each in creates] == ["/v1/predictions"]


def test_a_model_that_is_known_not_to_be_official_runs_with_one_create(client, full):
    model = client.models.get("acme/echo")
    assert model.run({"text": "a"}) == "a"
    assert model.predict(text="b") == "b"
    assert [each.path for each in full.requests if each.method == "POST"] == ["/v1/predictions"] * 2


def test_an_official_model_and_its_latest_version_run_by_its_name(way, client, full):
    model = client.models.get("acme/shout")
    assert model.run({"text": "a"}) == "A"
    assert way.wrap(model.latest_version).predict(text="b") == "B"
    assert way.wrap(model.predictions).create({"text": "c"}, wait=True).output == "C"
    paths = {each.path for each in full.requests if each.method == "POST"}
    assert paths == {"/v1/models/acme/shout/predictions"}


def test_a_model_tells_and_changes_what_is_said_about_it(client, ready):
    model = client.models.get(ready.model())
    same = model.update(description="Mine", github_url="https://github.com/alice/mine", readme="# Mine")
    assert getattr(same, "thing", same) is getattr(model, "thing", model)
    assert model.description == "Mine"
    assert model.readme() == "# Mine"
    assert list(model.examples()) == []
    assert model.reload().github_url == "https://github.com/alice/mine"
    model.delete()
    with pytest.raises(errors.NotFoundError):
        model.reload()


def test_only_what_is_given_is_sent(client, full, ready):
    model = ready.model()
    client.models.update(model, description="")
    client.deployments.update(ready.deployment, min_instances=0, version=ready.version)
    sent = [each.json() for each in full.requests if each.method == "PATCH"]
    assert sent == [{"description": ""}, {"min_instances": 0, "version": ready.version}]


@pytest.mark.parametrize("changes", [{}, {"description": None}, {"colour": "red"}])
def test_a_change_of_nothing_to_none_or_of_the_unknown_is_refused(client, full, changes):
    with pytest.raises(errors.InvalidArgument):
        client.models.update("acme/echo", **changes)
    with pytest.raises(errors.InvalidArgument):
        client.deployments.update("acme/app", **changes)
    assert full.requests == []


def test_a_version_is_deleted_by_its_model(way, client, full, ready):
    model, version = ready.passing
    way.wrap(client.models.get(model).versions).delete(version)
    with pytest.raises(errors.NotFoundError):
        client.models.versions.get(f"{model}:{version}")


def test_an_official_model_does_not_show_its_versions(client):
    with pytest.raises(errors.NotFoundError):
        client.models.versions.list("acme/shout")


def test_models_that_were_found_listed_or_collected_are_alive(way, client):
    found = client.models.search("echoes")
    assert [each.id for each in found] == ["acme/echo"]
    assert way.wrap(found[0]).run({"text": "a"}) == "a"
    searched = client.search("echoes")
    assert way.wrap(searched.models[0]).model.run({"text": "b"}) == "b"
    assert searched.query == "echoes"
    collected = client.collections.get("built-in")
    assert "sandbox/hello" in [each.id for each in collected.models]
    assert "acme/shout" in [each.id for each in client.models.list()]
    assert [each.slug for each in client.collections.list()] == ["built-in"]


# Deployments and trainings


def test_a_deployment_is_made_of_the_latest_version_where_none_is_said(client, ready):
    made = client.deployments.create("own", model="acme/echo", hardware="cpu", min_instances=0, max_instances=1)
    assert made.current_release.version == ready.version
    changed = made.update(max_instances=2)
    assert changed.current_release.configuration.max_instances == 2
    assert changed.reload().current_release.number == 2
    changed.delete()
    assert list(client.deployments.list()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        {"model": "acme/echo:{version}"},
        {"version": "acme/echo:{version}"},
        {"model": "acme/echo", "version": "{version}"},
        {"model": "acme/echo"},
    ],
)
def test_what_is_trained_can_be_said_in_each_of_these_ways(way, client, ready, arguments):
    said = {name: value.format(version=ready.version) for name, value in arguments.items()}
    training = client.trainings.create(**said, destination=ready.model(), input={"data": "https://example.com/a"})
    done = training.wait(timeout=10)
    assert (done.status, done.version) == ("succeeded", ready.version)
    assert done.output.version.startswith(f"{ready.me}/mine:")
    assert done.destination == f"{ready.me}/mine"
    assert client.run(done.output.version, {"text": "a"}) == "a"
    assert [each.id for each in client.trainings.list()] == [training.id]


def test_a_version_that_knows_its_model_is_enough_for_a_training(client, full, ready):
    version = client.models.versions.get("acme/echo", ready.version)
    destination = client.models.get(ready.model())
    training = client.trainings.create(
        version=getattr(version, "thing", version),
        destination=getattr(destination, "thing", destination),
        input={},
        webhook="https://example.com/hook",
        webhook_events_filter=["completed"],
    )
    assert training.model == "acme/echo"
    assert full.requests[-1].json() == {
        "destination": f"{ready.me}/mine",
        "input": {},
        "webhook": "https://example.com/hook",
        "webhook_events_filter": ["completed"],
    }


@pytest.mark.parametrize("arguments", [{}, {"version": "a" * 64}, {"model": "echo"}])
def test_a_training_of_who_knows_what_is_not_started(client, full, arguments):
    with pytest.raises(errors.InvalidReference):
        client.trainings.create(**arguments, destination="me/mine", input={})
    assert full.requests == []


def test_a_model_without_a_version_cannot_be_trained_or_deployed(client, full, ready):
    empty = ready.model("empty")
    with pytest.raises(errors.InvalidReference, match="has no public versions"):
        client.trainings.create(empty, destination=empty, input={})
    assert full.creates == 0


def test_a_training_whose_answer_is_lost_after_its_id_is_looked_up_and_not_started_again(client, full, ready):
    destination = ready.model()
    full.fail_next(path="/models/*/versions/*/trainings", cut="response", at=400)
    training = client.trainings.create("acme/echo", ready.version, destination=destination, input={})
    assert training.id
    assert full.creates == 1


def test_a_training_whose_answer_is_lost_before_its_id_raises_what_is_known(client, full, ready):
    destination = ready.model()
    full.fail_next(path="/models/*/versions/*/trainings", cut="response", at=0)
    with pytest.raises(errors.OutcomeUnknownError, match="may exist"):
        client.trainings.create("acme/echo", ready.version, destination=destination, input={})
    assert full.creates == 1


# The others


def test_the_hardware_is_a_plain_list(client):
    assert "cpu" in [each.sku for each in client.hardware.list()]


def test_the_webhook_secret_is_asked_for_once_and_again_if_wanted(client, full):
    secret = client.webhooks.secret()
    assert secret == client.webhooks.secret() == client.webhooks.default.secret() == full.webhook_secret
    assert len(full.requests) == 1
    assert client.webhooks.secret(refresh=True) == secret
    assert len(full.requests) == 2


def test_files_are_listed_read_and_deleted(client, ready):
    first, second = ready.file, ready.file
    assert [each.id for each in client.files.list()] == [second, first]
    assert client.files.get(first).size == 3
    client.files.delete(first)
    assert [each.id for each in client.files.list()] == [second]


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.predictions.get("../account"),
        lambda c: c.predictions.cancel(""),
        lambda c: c.trainings.get("a/b"),
        lambda c: c.files.get("a?b=c"),
        lambda c: c.collections.get(".."),
        lambda c: c.deployments.get("a/b:" + "c" * 64),
        lambda c: c.models.versions.get("acme/echo"),
        lambda c: c.models.versions.get("acme/echo", "../x"),
        lambda c: c.models.readme.get("acme/../x"),
    ],
)
def test_what_would_become_another_path_is_refused_before_anything_is_sent(client, full, call):
    with pytest.raises(errors.InvalidArgument):
        call(client)
    assert full.requests == []
