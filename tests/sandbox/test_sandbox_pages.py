"""Lists in pages: absolute cursors, both ways, while new records come in."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest


def make(http, number):
    body = {"version": "sandbox/story", "input": {"sentences": 1}}
    return [http.post("/predictions", json=body).json() for _ in range(number)]


def ids(page):
    return [one["id"] for one in page["results"]]


def test_pages_lead_forth_and_back_by_absolute_urls(sandbox, http):
    sandbox.settings.page_size = 3
    made = [one["id"] for one in make(http, 8)][::-1]
    first = http.get("/predictions").json()
    assert first["next"].startswith(f"{sandbox.base_url}/predictions?cursor=")
    assert first["previous"] is None
    second = http.get(first["next"]).json()
    third = http.get(second["next"]).json()
    assert [ids(first), ids(second), ids(third)] == [made[:3], made[3:6], made[6:]]
    assert third["next"] is None
    assert ids(http.get(third["previous"]).json()) == made[3:6]
    back = http.get(second["previous"]).json()
    assert ids(back) == made[:3]
    assert back["previous"] is None
    assert ids(http.get(back["next"]).json()) == made[3:6]


def test_a_cursor_stays_where_it_is_while_new_ones_are_made(sandbox, http):
    sandbox.settings.page_size = 2
    old = [one["id"] for one in make(http, 4)][::-1]
    first = http.get("/predictions").json()
    make(http, 3)
    assert ids(http.get(first["next"]).json()) == old[2:]


def test_a_page_has_a_hundred(http):
    make(http, 101)
    page = http.get("/predictions").json()
    assert len(page["results"]) == 100
    assert len(http.get(page["next"]).json()["results"]) == 1


def test_predictions_are_listed_by_their_time(sandbox, http):
    sandbox.settings.page_size = 1
    before = make(http, 2)
    moment = datetime.now(UTC).isoformat()
    after = make(http, 2)
    page = http.get("/predictions", params={"created_after": moment}).json()
    assert ids(page) == [after[1]["id"]]
    assert ids(http.get(page["next"]).json()) == [after[0]["id"]]
    assert http.get(page["next"]).json()["next"] is None
    assert ids(http.get("/predictions", params={"created_before": moment}).json()) == [before[1]["id"]]


def test_nothing_was_made_on_the_web(http):
    make(http, 1)
    assert http.get("/predictions", params={"source": "web"}).json()["results"] == []


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"source": "api"}, 422),
        ({"created_after": "yesterday"}, 422),
        ({"created_after": "0001-01-01T00:00:00"}, 422),
        ({"cursor": "x"}, 400),
        ({"cursor": "é"}, 400),
        ({"cursor": "Yj05OTk5OTk5OTk5OTk5OTk5OTk5OTk5"}, 400),
    ],
)
def test_a_query_that_cannot_be_read_is_refused(http, query, status):
    assert http.get("/predictions", params=query).status_code == status


def test_lists_that_are_at_hand_have_pages_too(sandbox, http):
    sandbox.settings.page_size = 2
    first = http.get("/models").json()
    second = http.get(first["next"]).json()
    assert [len(first["results"]), len(second["results"])] == [2, 1]
    assert second["next"] is None
    assert http.get(second["previous"]).json()["results"] == first["results"]


def test_the_urls_in_an_answer_have_the_origin_to_which_the_request_came(sandbox, http):
    sandbox.settings.page_size = 1
    make(http, 2)
    page = http.get("/predictions", headers={"host": "api.example:1234"}).json()
    assert page["next"].startswith("http://api.example:1234/v1/predictions?")
    assert page["results"][0]["urls"]["get"].startswith("http://api.example:1234/v1/")
