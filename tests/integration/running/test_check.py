"""An input is validated by the model's schema before anything is sent: over real HTTP, in each way to call."""

from __future__ import annotations

import io
from operator import attrgetter

import pytest
from support.models import requests_to

from replicatekit import errors


@pytest.fixture
def models(sandbox):
    @sandbox.model("acme/render")
    def render(prompt: str, steps: int = 4, size: str = "small") -> str:
        return f"{prompt} {steps} {size}"

    return sandbox


@pytest.fixture
def client(way, models):
    return way.client(models)


def test_a_misspelled_input_is_refused_with_the_nearest_name(client, models):
    with pytest.raises(errors.InvalidInput, match=r"input\.promt: there is no such input; did you mean 'prompt'") as it:
        client.run("acme/render", {"promt": "a", "prompt": "a"}, check=True)
    assert it.value.path == "input.promt"
    assert models.creates == 0


def test_one_error_has_all_problems_each_with_its_path(client, models):
    with pytest.raises(errors.InvalidInput) as caught:
        client.run("acme/render", {"steps": "many", "size": 3, "colour": "red"}, check=True)
    assert sorted(path for path, _ in caught.value.problems) == [
        "input.colour",
        "input.prompt",
        "input.size",
        "input.steps",
    ]
    assert all(path in str(caught.value) for path, _ in caught.value.problems)
    assert models.creates == 0


def test_a_schema_that_is_known_without_a_request_is_used_unasked(client, models):
    assert client.run("acme/render", {"prompt": "a"}) == "a 4 small"
    before = len(models.requests)
    with pytest.raises(errors.InvalidInput, match="an integer is expected, not 'x'"):
        client.run("acme/render", {"prompt": "a", "steps": "x"})
    assert len(models.requests) == before


def test_a_model_that_was_fetched_brings_its_schema(client, models):
    model = client.models.get("acme/render")
    with pytest.raises(errors.InvalidInput, match="is required"):
        model.run({})
    assert models.creates == 0


def test_nothing_is_checked_where_that_is_not_wanted(client, models):
    client.run("acme/render", {"prompt": "a"})
    with pytest.raises(errors.UnprocessableError):
        client.run("acme/render", {"prompt": "a", "steps": "x"}, check=False)


def test_a_plain_run_of_an_unknown_model_makes_no_request_for_a_schema(client, models):
    with pytest.raises(errors.UnprocessableError):
        client.run(f"acme/render:{models.version('acme/render')}", {"prompt": 3})
    assert [method for method, _ in requests_to(models)] == ["POST"]


def test_a_deployment_is_checked_by_the_version_that_it_runs(client, models):
    version = models.version("acme/render")
    client.deployments.create(
        "mine", model="acme/render", version=version, hardware="cpu", min_instances=0, max_instances=1
    )
    owner = client.account.get().username
    with pytest.raises(errors.InvalidInput, match="is required"):
        client.run(deployment=f"{owner}/mine", input={}, check=True)


@pytest.mark.parametrize("call", ["run", "predictions.run", "stream", "iterate", "predictions.create"])
def test_every_way_to_run_checks(client, models, call):
    with pytest.raises(errors.InvalidInput, match="is required"):
        list(attrgetter(call)(client)("acme/render", {}, check=True))
    assert models.creates == 0


def test_a_file_is_checked_before_it_is_uploaded(client, models):
    with pytest.raises(errors.InvalidInput, match="steps"):
        client.run("acme/render", {"prompt": "a", "steps": io.BytesIO(b"x")}, check=True, file_strategy="upload")
    assert not [path for method, path in requests_to(models) if path == "/files"]


def test_a_check_that_has_no_schema_to_go_by_is_refused(client, models):
    version = models.version("acme/render")
    with pytest.raises(errors.InvalidArgument, match="needs the schema"):
        client.run(version, {"prompt": "a"}, check=True)
