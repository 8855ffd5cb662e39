"""The OpenAPI Overlay standard (1.1), action by action."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from pipeline.openapi_overlay import OverlayError, Unmatched, apply

DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Tides", "version": "1"},
    "tags": [{"name": "low"}, {"name": "high"}, {"name": "slack"}],
    "paths": {
        "/tides": {
            "get": {"summary": "List", "parameters": [{"name": "page"}, {"name": "at"}], "deprecated": False},
            "post": {"summary": "Make", "parameters": []},
        },
        "/tides/{id}": {"get": {"summary": "Show", "x-limits": {"rate": [1, 2]}}},
    },
}


def after(*actions: dict[str, Any], document: dict[str, Any] | None = None) -> dict[str, Any]:
    """The document after actions that all find their target."""
    result, unmatched = apply(document or DOCUMENT, {"overlay": "1.1.0", "actions": [*actions]})
    assert unmatched == []
    return result


def changed(value: Any, update: Any) -> Any:
    return after({"target": "$.x", "update": update}, document={"x": value})["x"]


def test_the_document_itself_is_left_alone() -> None:
    before = copy.deepcopy(DOCUMENT)
    after(
        {"target": "$.info", "update": {"title": "Other", "contact": {"name": "Wren"}}},
        {"target": "$.tags[*]", "remove": True},
        {"target": "$.paths.*", "update": {"x": []}},
    )
    assert before == DOCUMENT


def test_objects_are_merged_field_by_field_at_every_depth() -> None:
    assert changed({"a": {"b": 1, "c": {"d": 2}}, "e": 3}, {"a": {"c": {"f": 4}}, "e": 5}) == {
        "a": {"b": 1, "c": {"d": 2, "f": 4}},
        "e": 5,
    }


def test_lists_within_an_object_are_joined() -> None:
    assert changed({"a": [1, {"b": 2}]}, {"a": [{"b": 3}, 4]}) == {"a": [1, {"b": 2}, {"b": 3}, 4]}


@pytest.mark.parametrize(("update", "result"), [(9, [1, 9]), ({"a": 1}, [1, {"a": 1}]), ([2, 3], [1, 2, 3]), ([], [1])])
def test_an_entry_is_appended_to_a_list_and_a_list_is_joined_to_it(update: Any, result: list[Any]) -> None:
    assert changed([1], update) == result


@pytest.mark.parametrize(
    ("value", "update"), [("a", "b"), (1, 2.5), (True, None), (None, "a"), ("a", ""), (0, False), ("a", None)]
)
def test_a_simple_value_is_replaced(value: Any, update: Any) -> None:
    assert changed(value, update) is update


@pytest.mark.parametrize(
    ("value", "update"),
    [
        ({"a": 1}, [1]),
        ({"a": 1}, 1),
        ({"a": 1}, None),
        (1, {"a": 1}),
        (1, [1]),
        ({"a": {"b": 1}}, {"a": 1}),
        ({"a": [1]}, {"a": {"b": 1}}),
        ({"a": [1]}, {"a": 1}),
        ({"a": 1}, {"a": [1]}),
    ],
)
def test_what_cannot_be_merged_is_an_error_that_names_the_action(value: Any, update: Any) -> None:
    with pytest.raises(OverlayError, match=r"action 1 \(why\): the target.* remove it first"):
        after({"target": "$.x", "update": update, "description": "why"}, document={"x": value})


def test_every_target_of_a_path_is_updated_with_a_copy_of_its_own() -> None:
    result = after({"target": "$.paths.*.get", "update": {"x": {"list": []}}})
    first, second = result["paths"]["/tides"]["get"]["x"], result["paths"]["/tides/{id}"]["get"]["x"]
    assert first == second == {"list": []}
    first["list"].append(1)
    assert second == {"list": []}


def test_a_target_that_a_path_names_twice_is_one_target() -> None:
    assert after({"target": "$['tags','tags']", "update": {"name": "spring"}})["tags"][3:] == [{"name": "spring"}]
    assert [each["name"] for each in after({"target": "$.tags[0,0,-3]", "remove": True})["tags"]] == ["high", "slack"]


def test_the_root_can_be_a_target() -> None:
    result = after({"target": "$", "update": {"servers": [{"url": "https://tides.example"}], "info": {"version": "2"}}})
    assert result["servers"] == [{"url": "https://tides.example"}]
    assert result["info"] == {"title": "Tides", "version": "2"}
    assert list(result)[:4] == list(DOCUMENT)


@pytest.mark.parametrize("action", [{"remove": True}, {"update": 7}, {"update": []}, {"copy": "$.tags"}])
def test_the_root_cannot_become_something_else(action: dict[str, Any]) -> None:
    with pytest.raises(OverlayError, match="action 1"):
        after({"target": "$", **action})


def test_fields_and_items_are_removed() -> None:
    result = after(
        {"target": "$.info.version", "remove": True},
        {"target": "$.tags[1]", "remove": True},
        {"target": "$.paths['/tides'].get.parameters[?@.name=='page']", "remove": True},
        {"target": "$.paths['/tides/{id}']", "remove": True},
    )
    assert result["info"] == {"title": "Tides"}
    assert [each["name"] for each in result["tags"]] == ["low", "slack"]
    assert result["paths"]["/tides"]["get"]["parameters"] == [{"name": "at"}]
    assert list(result["paths"]) == ["/tides"]


def test_several_items_of_a_list_are_removed_whichever_order_they_are_found_in() -> None:
    many = {"x": list(range(25))}
    assert after({"target": "$.x[*]", "remove": True}, document=many)["x"] == []
    assert after({"target": "$.x[9,10,2,11,1,20]", "remove": True}, document=many)["x"] == [
        each for each in range(25) if each not in {9, 10, 2, 11, 1, 20}
    ]
    assert after({"target": "$.x[?@ > 3]", "remove": True}, document=many)["x"] == [0, 1, 2, 3]


def test_a_part_and_the_whole_that_it_is_in_are_removed_together() -> None:
    assert after({"target": "$..x", "remove": True}, document={"a": {"x": {"x": [{"x": 1}]}}, "x": 2}) == {"a": {}}


def test_remove_false_does_nothing() -> None:
    assert after({"target": "$.info", "remove": False}) == DOCUMENT


def test_one_thing_is_copied_to_every_target_and_merged_there() -> None:
    result = after({"target": "$.paths['/tides/{id}'].*", "copy": "$.paths['/tides'].get"})
    copied = result["paths"]["/tides/{id}"]["get"]
    assert copied == {
        "summary": "List",
        "parameters": [{"name": "page"}, {"name": "at"}],
        "deprecated": False,
        "x-limits": {"rate": [1, 2]},
    }
    copied["parameters"].clear()
    assert len(result["paths"]["/tides"]["get"]["parameters"]) == 2


def test_a_thing_may_be_copied_into_a_part_of_itself() -> None:
    result = after({"target": "$.a.b", "copy": "$.a"}, document={"a": {"b": {}, "c": 1}})
    assert result == {"a": {"b": {"b": {}, "c": 1}, "c": 1}}


def test_copying_several_things_at_once_is_an_error() -> None:
    with pytest.raises(OverlayError, match=r"action 1 .*one value, but 2 match"):
        after({"target": "$.info", "copy": "$.paths.*.get"})


def test_actions_are_carried_out_in_their_order_each_on_what_the_last_one_left() -> None:
    result = after(
        {"target": "$", "update": {"components": {}}},
        {"target": "$.components", "update": {"schemas": {"Tide": {"type": "object"}}}},
        {"target": "$.components.schemas", "update": {"Copy": {}}},
        {"target": "$.components.schemas.Copy", "copy": "$.components.schemas.Tide"},
        {"target": "$.components.schemas.Tide.type", "update": "string"},
        {"target": "$.components.schemas.Tide", "update": {"title": "Tide"}},
    )
    assert result["components"]["schemas"] == {"Tide": {"type": "string", "title": "Tide"}, "Copy": {"type": "object"}}


def test_an_action_whose_target_or_source_is_not_there_is_told_and_the_rest_goes_on() -> None:
    result, unmatched = apply(
        DOCUMENT,
        {
            "overlay": "1.1.0",
            "actions": [
                {"target": "$.nothing", "update": {}, "description": "It was there once. \n"},
                {"target": "$.info", "update": {"title": "Other"}},
                {"target": "$.info", "copy": "$.nowhere"},
                {"target": "$.tags[7]", "remove": True},
            ],
        },
    )
    assert result["info"]["title"] == "Other"
    assert unmatched == [
        Unmatched(1, "$.nothing", "It was there once."),
        Unmatched(3, "$.nowhere", "no reason given"),
        Unmatched(4, "$.tags[7]", "no reason given"),
    ]
    assert str(unmatched[0]) == "action 1 (It was there once.): nothing at $.nothing"


@pytest.mark.parametrize(
    "action",
    [
        {"target": "$.info"},
        {"update": {}},
        {"target": "$.info", "update": {}, "remove": True},
        {"target": "$.info", "update": {}, "copy": "$.tags"},
        {"target": "$.info[", "update": {}},
        {"target": "info", "update": {}},
        {"target": "$.info", "copy": "$.["},
    ],
)
def test_an_action_that_makes_no_sense_is_an_error_that_names_it(action: dict[str, Any]) -> None:
    with pytest.raises(OverlayError, match="action 2"):
        after({"target": "$.info", "update": {}}, action)


@pytest.mark.parametrize(
    "overlay", [{}, None, [], {"overlay": "2.0.0", "actions": []}, {"overlay": "1.1.0"}, {"actions": []}]
)
def test_what_is_no_overlay_is_an_error(overlay: dict[str, Any]) -> None:
    with pytest.raises(OverlayError, match="not an OpenAPI Overlay"):
        apply(DOCUMENT, overlay)
