"""Reading never raises on what servers do, loses nothing, and names what did not fit."""

from __future__ import annotations

import copy
import json
import math
import pickle
from collections import OrderedDict
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any

import pytest
from own_samples import MODELS, sample
from typed_reading import (ADDED, DATES, DROPPED, REPLACEMENTS, annotations, any_json, any_text, check, locations, pruned, same, spoiled)

from replicatekit_api import models
from replicatekit_api.errors import InvalidArgument, InvalidValue

ONE_OF_EACH: list[Any] = [None, "a word of tomorrow", 10**400, 2.5, math.nan, True, [], [{}], {}, "2026-02-30"]
RECORDED = Path(__file__).parents[3] / "shared" / "recorded"
VIEWS = [name for name in models.__all__ if hasattr(getattr(models, name), "from_dict")]

each_model = pytest.mark.parametrize("name", MODELS)


def known_keys(model: Any, data: dict[str, Any]) -> None:
    missing = set(annotations(model)) - set(data)
    assert not missing, f"no sample of {model.__name__} has {missing}"


@each_model
def test_the_samples_have_every_field_of_the_document_and_fit(name: str) -> None:
    model = getattr(models, name)
    known_keys(model, sample(name))
    check(model, sample(name))
    assert model.from_dict(sample(name)).invalid_values == {}


def spoil_everywhere(model: Any, data: dict[str, Any], replacements: list[Any]) -> int:
    """Check every single-field change of an object; how many there were."""
    count = 0
    for path in locations(data, model.__name__):
        if not path:
            continue
        value = data
        for step in path:
            value = value[step]
        for by in [DROPPED, *([ADDED] if isinstance(value, dict) else []), *replacements]:
            changed = spoiled(data, path, by)
            try:
                check(model, changed)
            except Exception as error:
                error.add_note(f"{model.__name__} with {path} = {by!r:.80}")
                raise
            count += 1
    return count


@each_model
def test_any_field_may_be_dropped_null_unknown_more_or_of_another_type(name: str) -> None:
    assert spoil_everywhere(getattr(models, name), sample(name), REPLACEMENTS) > len(REPLACEMENTS)


def recorded() -> list[Any]:
    if not RECORDED.is_dir():
        return [pytest.param(None, marks=pytest.mark.skip(reason="the recorded answers are not here"))]
    return [pytest.param(path, id=path.stem) for path in sorted(RECORDED.glob("*.json"))]


def model_of(answer: dict[str, Any]) -> str:
    """Which model an answer is of, by what was asked."""
    if answer["status"] >= 400:
        return "Problem"
    if answer["method"] == "QUERY":
        return "ModelPage"
    parts = answer["url"].partition("/v1/")[2].split("/")
    known = {"files": "File", "hardware": "Hardware", "trainings": "Training", "predictions": "Prediction"}
    return known.get(parts[-1]) or known.get(parts[0]) or "Model"


@pytest.mark.parametrize("path", recorded())
def test_real_answers_are_read_however_they_are_spoiled(path: Path) -> None:
    answer = json.loads(path.read_text("utf-8"))
    name, body = model_of(answer), answer["response_body"]
    for data in body if isinstance(body, list) else [body]:
        check(getattr(models, name), data)
        assert getattr(models, name).from_dict(data).invalid_values == {}
        assert not getattr(models, name).from_dict(data).additional_properties
        # A page with one item, and the other items by themselves: the same fields, spoiled sooner.
        spoil_everywhere(getattr(models, name), pruned(shortened(data), name), ONE_OF_EACH)
        for item in data.get("results", [])[1:]:
            spoil_everywhere(models.Model, pruned(item, "Model"), ONE_OF_EACH)


def shortened(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "results": data["results"][:1]} if "results" in data else data


@pytest.mark.parametrize("name", VIEWS)
def test_any_json_object_can_be_read_as_any_model(name: str) -> None:
    model, random = getattr(models, name), Random(name)
    for _ in range(50):
        fields = [field for field in annotations(model) if random.random() < 0.7]
        others = [any_text(random) for _ in range(random.randrange(3))]
        check(model, {key: any_json(random) for key in [*fields, *others]})


@pytest.mark.parametrize("value", [None, [], [{}], "text", 7, 1.5, True, b"bytes", object(), [("a", 1)]])
@pytest.mark.parametrize("name", ["Prediction", "Account"])
def test_what_is_no_object_is_one_error(name: str, value: Any) -> None:
    with pytest.raises(InvalidValue, match=name):
        getattr(models, name).from_dict(value)


@pytest.mark.parametrize("text", DATES)
def test_a_date_reads_as_the_instant_that_it_is_or_as_none(text: str) -> None:
    read = models.Prediction.from_dict({"created_at": text}).created_at
    try:
        expected = datetime.fromisoformat(text)
    except ValueError:
        expected = None
    if expected is not None and expected.tzinfo is None:
        expected = expected.replace(tzinfo=UTC)
    assert read == expected


def test_an_unknown_word_of_an_enum_is_that_word() -> None:
    known = models.Prediction.from_dict({"status": "failed"}).status
    assert known is models.PredictionStatus.FAILED
    assert known == "failed"
    assert models.Prediction.from_dict({"status": "sleeping"}).status == "sleeping"
    assert models.Prediction.from_dict({"status": "sleeping"}).invalid_values == {}


def test_what_is_always_there_reads_as_the_empty_value_where_it_is_not() -> None:
    assert models.Prediction.from_dict({}).id == ""
    assert models.Prediction.from_dict({"id": 7}).id == ""
    assert models.Prediction.from_dict({"id": 7}).invalid_values == {"id": 7}
    assert models.ModelPage.from_dict({"results": {"0": {}}}).results == []
    assert models.ModelPage.from_dict({"results": {"0": {}}}).invalid_values == {"results": {"0": {}}}


def test_invalid_values_are_named_by_their_place_in_what_came() -> None:
    page = models.PredictionPage.from_dict(
        {"results": [1, {"id": "a"}, None, {"id": "b", "urls": {"get": 7}, "metrics": []}], "next": 5}
    )
    assert [each.id for each in page.results] == ["a", "b"]
    assert page.invalid_values == {
        "results[0]": 1,
        "results[2]": None,
        "results[3].urls.get": 7,
        "results[3].metrics": [],
        "next": 5,
    }


def test_the_same_objects_are_given_again() -> None:
    page = models.PredictionPage.from_dict(sample("PredictionPage"))
    assert page.results[0] is page.results[0]
    assert page.results[0].urls is page.results[0].urls


def test_a_model_cannot_be_written_to() -> None:
    view = models.Prediction.from_dict(sample("Prediction"))
    with pytest.raises(AttributeError):
        view.status = "failed"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        view.anything = 1  # type: ignore[attr-defined]


def test_a_copy_can_be_changed_without_changing_what_came() -> None:
    view = models.Prediction.from_dict(sample("Prediction"))
    view.to_dict()["input"]["words"].append("changed")
    copy.deepcopy(view).to_dict()["urls"].clear()
    assert view.to_dict() == sample("Prediction")


def test_fields_are_there_as_they_came_known_or_not() -> None:
    view = models.Prediction.from_dict(sample("Prediction"))
    assert view["a_field_of_tomorrow"] == {"kept": True}
    assert view.additional_properties == {"a_field_of_tomorrow": {"kept": True}}
    assert "webhook_completed" in view
    assert "nothing" not in view
    with pytest.raises(KeyError):
        view["nothing"]
    with pytest.raises(TypeError):
        iter(view)  # type: ignore[call-overload]


@each_model
def test_models_are_equal_copied_and_pickled_by_what_came(name: str) -> None:
    model = getattr(models, name)
    view = model.from_dict(sample(name))
    for again in (
        model.from_dict(sample(name)),
        copy.copy(view),
        copy.deepcopy(view),
        pickle.loads(pickle.dumps(view)),
    ):
        assert again == view
        assert type(again) is model
    assert view != model.from_dict({**sample(name), "more": 1})
    assert view != sample(name)
    with pytest.raises(TypeError):
        hash(view)


def deep(levels: int, make: Any) -> Any:
    value: Any = "the bottom"
    for _ in range(levels):
        value = make(value)
    return value


@pytest.mark.parametrize("make", [lambda value: [value], lambda value: {"id": value}, lambda value: [{"a": value}, 1]])
def test_depth_is_no_matter(make: Any) -> None:
    value = deep(20_000, make)
    view = models.Prediction.from_dict({"id": "a", "output": value, "input": {"x": value}, "urls": value})
    assert view.id == "a"
    assert view.output is value
    assert set(view.invalid_values) <= {"urls", "urls.get"}
    assert len(repr(view)) < 2000
    back = view.to_dict()["output"]
    levels = 0
    while not isinstance(back, str):
        back, value = (each[0] if isinstance(each, list) else next(iter(each.values())) for each in (back, value))
        levels += 1
        assert back is not value or isinstance(back, str)
    assert levels >= 20_000


def test_what_holds_itself_cannot_be_copied_and_says_so() -> None:
    data: dict[str, Any] = {"id": "a"}
    data["input"] = data
    view = models.Prediction.from_dict(data)
    assert view.input is data
    assert len(repr(view)) < 500
    with pytest.raises(InvalidArgument, match="itself"):
        view.to_dict()


class Text(str):
    __slots__ = ()


class Whole(int):
    pass


def test_python_values_beyond_json_are_kept_too() -> None:
    moment = datetime(2026, 2, 3, tzinfo=UTC)
    data = {1: "one", None: 2, ("a",): 3, "id": Text("x"), "created_at": moment, "output": {1, 2}}
    view = models.Prediction.from_dict(data)  # type: ignore[arg-type]
    assert view.id == "x"
    assert view.created_at is None
    assert view.to_dict() == data
    assert list(view.invalid_values) == ["created_at"]
    assert repr(view)
    assert models.Model.from_dict({"run_count": Whole(3)}).run_count == 3
    assert models.Model.from_dict({"run_count": True}).run_count is None
    assert models.FoundModelMetadata.from_dict({"score": True}).score is None


@pytest.mark.parametrize("kind", [OrderedDict, MappingProxyType, dict])
def test_any_mapping_is_an_object(kind: Any) -> None:
    view = models.Account.from_dict(kind(sample("Account")))
    assert view.username == "tidepool"
    assert view.to_dict() == sample("Account")


def test_a_model_made_from_values_is_as_one_that_came() -> None:
    moment = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    made = models.Prediction(
        id="a", status="succeeded", created_at=moment, urls=models.PredictionUrls(get="u"), output=None
    )
    assert made.to_dict() == {
        "id": "a",
        "status": "succeeded",
        "created_at": "2026-02-03T04:05:06+00:00",
        "output": None,
        "urls": {"get": "u"},
    }
    assert made.created_at == moment
    assert made == models.Prediction.from_dict(made.to_dict())


@pytest.mark.parametrize("number", [10**5000, math.nan, -math.inf], ids=["huge", "nan", "infinite"])
def test_a_number_of_any_size_shows_in_a_repr(number: float) -> None:
    assert len(repr(models.Model.from_dict({"run_count": number}))) < 150
    assert same(models.Model.from_dict({"run_count": number}).to_dict(), {"run_count": number})


def test_a_secret_is_in_no_repr() -> None:
    key = sample("WebhookSecret")["key"]
    secret = models.WebhookSecret.from_dict({"key": key})
    assert secret.key == key
    assert key not in f"{secret!r} {secret} {[secret]}"
