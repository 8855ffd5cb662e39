"""Models follow the protocol of attrs, as openapi-python-client's do, without being made by it; nothing is lost."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest
from own_samples import SAMPLES, sample

from replicatekit_api import View, models
from replicatekit_api.models import Prediction, PredictionRequest, PredictionStatus

MODELS = [name for name in models.__all__ if isinstance(getattr(models, name), type)]
MODELS = [name for name in MODELS if issubclass(getattr(models, name), View)]


def test_there_is_something_to_test() -> None:
    assert len(MODELS) > 40


@pytest.mark.parametrize("name", MODELS)
def test_every_model_has_fields(name: str) -> None:
    model = getattr(models, name)
    assert attrs.has(model)
    fields = [field.name for field in attrs.fields(model)]
    assert fields == [*model._keys, "additional_properties"]
    assert sorted(model.__match_args__) == sorted(model._keys)
    assert attrs.fields_dict(model)["additional_properties"].type == dict[str, Any]


def test_fields_have_the_types_of_the_properties() -> None:
    types = {field.name: field.type for field in attrs.fields(Prediction)}
    assert types["id"] is str
    assert types["status"] == PredictionStatus | str
    assert types["urls"] == models.PredictionUrls | None
    assert attrs.fields(Prediction).created_at.name == "created_at"


@pytest.mark.parametrize("name", [name for name in SAMPLES if hasattr(models, name)])
def test_evolving_nothing_changes_nothing(name: str) -> None:
    data = {**sample(name), "a_field_of_tomorrow": [1, {"x": None}]}
    view = getattr(models, name).from_dict(data)
    again = attrs.evolve(view)
    assert type(again) is type(view)
    assert again.to_dict() == data
    assert again == view


def test_evolving_keeps_what_is_absent_null_of_another_type_or_unknown() -> None:
    data = {"id": "a", "status": 7, "logs": None, "created_at": "yesterday", "new": {"x": 1}, "input": {"n": 1}}
    view = Prediction.from_dict(data)
    changed = attrs.evolve(view, status="failed", started_at=datetime(2026, 2, 3, tzinfo=UTC))
    assert changed.to_dict() == {**data, "status": "failed", "started_at": "2026-02-03T00:00:00+00:00"}
    assert view.to_dict() == data


def test_a_dict_of_it_has_every_field_and_the_unknown_ones() -> None:
    view = Prediction.from_dict({"id": "a", "status": "starting", "urls": {"get": "https://x.example"}, "new": 1})
    found = attrs.asdict(view)
    assert (found["id"], found["status"], found["logs"]) == ("a", PredictionStatus.STARTING, None)
    assert found["urls"]["get"] == "https://x.example"
    assert found["additional_properties"] == {"new": 1}
    assert "new" not in attrs.asdict(view, filter=lambda field, _: field.name != "additional_properties")


def test_unknown_fields_can_be_given() -> None:
    made = PredictionRequest(input={}, additional_properties={"priority": 1})
    assert made.to_dict() == {"input": {}, "priority": 1}


def test_it_matches_patterns() -> None:
    view = Prediction.from_dict({"id": "a", "status": "succeeded", "output": ["x"]})
    match view:
        case Prediction(status=PredictionStatus.SUCCEEDED, output=[first], id=known):
            assert (first, known) == ("x", "a")
        case _:
            pytest.fail("it does not match")
    match models.Account.from_dict({"type": "user", "username": "shell"}):
        case models.Account(kind, name):
            assert (str(kind), name) == ("user", "shell")
        case _:
            pytest.fail("it does not match by position")


def test_attrs_is_loaded_by_those_who_use_it_only() -> None:
    code = (
        "import sys; from replicatekit_api.models import Prediction\n"
        "p = Prediction.from_dict({'id': 'a', 'urls': {}}); p.urls, p.created_at, p.invalid_values, repr(p)\n"
        "assert not {'attr', 'attrs'} & set(sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
