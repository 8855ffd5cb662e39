"""Pages of lists, over real HTTP and in each way to call."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta, timezone

import pytest

from replicatekit import Client, errors
from replicatekit._operations import pagination as pages
from replicatekit.pages import AsyncPage, AsyncPages, Page, paginate


def number(value: int) -> int:
    return value


@pytest.fixture(scope="module", autouse=True)
def _model(running_sandbox):
    running_sandbox.model("acme/number", official=True)(number)


@pytest.fixture
def small(sandbox):
    """A sandbox with pages of four."""
    sandbox.settings.page_size = 4
    return sandbox


@pytest.fixture
def client(way, small):
    return way.client(small, max_retries=0, verify=False)


@pytest.fixture(autouse=True)
def _leisurely(monkeypatch):
    """As if each item took a while: sync code that hurries has no page fetched ahead."""
    monkeypatch.setattr(pages, "_SLOW_READER", 0.0)


def make(client, count):
    """Predictions 1 to `count`; the list has the newest first."""
    for value in range(1, count + 1):
        client.models.predictions.create("acme/number", {"value": value})


def values(items):
    return [each.input["value"] for each in items]


def lists(sandbox):
    """The requests for pages, by their cursors."""
    return [each.query.get("cursor") for each in sandbox.requests if str(each).startswith("GET /v1/predictions?")] + [
        None for each in sandbox.requests if str(each) == "GET /v1/predictions"
    ]


def until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.002)


def steps(way, page):
    """What gives the next item of a walk that outlives an error."""
    if way.portal is None:
        return iter(page).__next__
    items = page.thing.__aiter__()
    return lambda: way.portal.call(items.__anext__)


def fake(sandbox, next, results=({"id": "a", "input": {"value": 0}},), **options):
    """The next page that is asked for has this `next`."""
    body = {"next": next, "previous": None, "results": list(results)}
    sandbox.fail_next(path="/predictions", method="GET", status=200, body=body, **options)


# One page


def test_a_page_holds_its_items_and_knows_its_neighbours(client, small):
    make(client, 6)
    page = client.predictions.list()
    assert values(page.results) == [6, 5, 4, 3]
    assert len(page) == 4
    assert page[0].input == {"value": 6}
    assert values(page[1:3]) == [5, 4]
    assert (page.has_next, page.has_previous) == (True, False)
    assert (page.cursor, page.previous) == (None, None)
    assert page.next.startswith(f"{small.base_url}/predictions?cursor={page.next_cursor}")
    assert page.to_dict()["results"][0]["id"] == page[0].id


def test_its_items_are_alive(way, client):
    make(client, 1)
    item = way.wrap(client.predictions.list()[0])
    assert item.wait(timeout=10).output == 1


def test_pages_lead_forwards_and_back(client):
    make(client, 6)
    first = client.predictions.list()
    second = first.next_page()
    assert values(second.results) == [2, 1]
    assert (second.has_next, second.has_previous) == (False, True)
    assert second.cursor == first.next_cursor
    assert values(second.previous_page().results) == [6, 5, 4, 3]


def test_no_page_leads_beyond_the_ends(client):
    make(client, 1)
    page = client.predictions.list()
    with pytest.raises(errors.NoNextPage, match="last page"):
        page.next_page()
    with pytest.raises(errors.NoPreviousPage, match="first page"):
        page.previous_page()


def test_an_empty_list_is_one_empty_page(client):
    page = client.predictions.list()
    assert (list(page), len(page), page.has_next, bool(page)) == ([], 0, False, False)
    assert [len(each) for each in page.pages()] == [0]


def test_a_page_shows_how_much_there_is(client):
    make(client, 5)
    page = client.predictions.list()
    assert repr(page) in ("<Page of 4, and more>", "<AsyncPage of 4, and more>")
    assert repr(page.next_page()) in ("<Page of 1>", "<AsyncPage of 1>")


# All items


@pytest.mark.parametrize("count", [1, 4, 5, 8, 11])
def test_iterating_a_page_goes_over_all_items_of_all_pages(client, small, count):
    make(client, count)
    assert values(client.predictions.list()) == list(range(count, 0, -1))
    assert len(lists(small)) == (count + 3) // 4


def test_iterating_goes_on_from_the_page_it_is_called_on(client):
    make(client, 10)
    page = client.predictions.list().next_page()
    assert values(page) == [6, 5, 4, 3, 2, 1]
    assert values(page) == [6, 5, 4, 3, 2, 1]


def test_the_next_page_is_fetched_while_the_second_half_of_this_one_is_consumed(client, small):
    make(client, 12)
    items = iter(client.predictions.list())
    assert values([next(items), next(items)]) == [12, 11]
    client.account.get()
    assert len(lists(small)) == 1
    assert values([next(items)]) == [10]
    until(lambda: len(lists(small)) == 2)
    assert values([next(items) for _ in range(3)]) == [9, 8, 7]
    client.account.get()
    assert len(lists(small)) == 2
    assert values(items) == [6, 5, 4, 3, 2, 1]
    assert len(lists(small)) == 3


def test_sync_code_that_hurries_fetches_its_pages_itself(sandbox, monkeypatch):
    monkeypatch.setattr(pages, "_SLOW_READER", 10.0)
    sandbox.settings.page_size = 4
    with Client(token=sandbox.token, base_url=sandbox.base_url) as client:
        make(client, 8)
        items = iter(client.predictions.list())
        assert values([next(items) for _ in range(4)]) == [8, 7, 6, 5]
        client.account.get()
        assert len(lists(sandbox)) == 1
        assert values(items) == [4, 3, 2, 1]


def test_who_leaves_early_fetches_no_page_in_vain(client, small):
    make(client, 8)
    for item in client.predictions.list():
        if item.input == {"value": 7}:
            break
    client.account.get()
    assert len(lists(small)) == 1


def test_an_error_comes_where_the_items_would_and_the_next_step_tries_again(way, client, small):
    make(client, 6)
    step = steps(way, client.predictions.list())
    small.fail_next(path="/predictions", status=503, times=2)
    assert values([step() for _ in range(4)]) == [6, 5, 4, 3]
    with pytest.raises(errors.ServerError):
        step()
    assert values([step(), step()]) == [2, 1]
    with pytest.raises((StopIteration, StopAsyncIteration)):
        step()


def test_a_page_fetched_ahead_in_vain_is_fetched_again(client, small):
    make(client, 6)
    small.fail_next(path="/predictions", status=503, skip=1)
    assert values(client.predictions.list()) == [6, 5, 4, 3, 2, 1]
    assert len(lists(small)) == 3


def test_a_page_that_comes_after_its_client_was_closed_opens_no_connection(way, small):
    client = way.client(small, verify=False)
    make(client, 6)
    small.fail_next(path="/predictions", delay=0.1, skip=1)
    items = iter(client.predictions.list())
    assert values([next(items) for _ in range(3)]) == [6, 5, 4]
    client.close()
    small.drain()
    assert len(lists(small)) <= 2


def test_an_empty_page_in_the_middle_is_passed_over(client, small):
    make(client, 6)
    fake(small, client.predictions.list().next, results=[])
    assert values(client.predictions.list()) == [2, 1]


# Page by page


def test_pages_come_one_after_another_each_with_its_own_items(client, small):
    make(client, 10)
    found = iter(client.predictions.list().pages())
    assert values(next(found)) == [10, 9, 8, 7]
    assert len(lists(small)) == 1
    assert [values(page) for page in found] == [[6, 5, 4, 3], [2, 1]]


def test_pages_that_come_by_themselves_can_be_asked_for_their_neighbours_too(client):
    make(client, 10)
    last = list(client.predictions.list().pages())[-1]
    assert values(last.previous_page().results) == [6, 5, 4, 3]


def test_paginate_takes_any_list_and_its_arguments(way, small):
    client = way.client(small, verify=False)
    make(client, 6)
    bare = getattr(client, "thing", client)
    for walk in (bare.paginate, paginate):
        pages = way.wrap(walk(bare.predictions.list, created_after="2020-01-01"))
        assert [values(each.results) for each in pages] == [[6, 5, 4, 3], [2, 1]]
    assert all(each.query["created_after"] for each in small.requests if each.query)


# Where it begins


def test_a_list_can_be_resumed_from_a_cursor_or_from_a_whole_url(client):
    make(client, 10)
    page = client.predictions.list()
    for begin in (page.next_cursor, page.next):
        resumed = client.predictions.list(cursor=begin)
        assert values(resumed) == [6, 5, 4, 3, 2, 1]
        assert resumed.cursor == page.next_cursor
    assert values(client.predictions.list(page.next).results) == [6, 5, 4, 3]


@pytest.mark.parametrize("cursor", ["", 7, b"x"])
def test_what_is_no_cursor_is_refused_before_anything_is_sent(client, small, cursor):
    with pytest.raises(errors.InvalidArgument, match="next_cursor"):
        client.predictions.list(cursor)
    assert small.requests == []


def test_filters_hold_on_every_page(client, small):
    make(client, 6)
    page = client.predictions.list(created_after="2020-01-01T00:00:00Z")
    assert values(page) == [6, 5, 4, 3, 2, 1]
    asked = [each.query["created_after"] for each in small.requests if each.method == "GET"]
    assert asked == ["2020-01-01T00:00:00+00:00"] * 2


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (datetime(2026, 11, 1, 10, tzinfo=timezone(timedelta(hours=2))), "2026-11-01T08:00:00+00:00"),
        ("2026-11-01T10:00:00+02:00", "2026-11-01T08:00:00+00:00"),
        (date(2026, 11, 1), None),
        ("2026-11-01", None),
        ("3 days ago", None),
        ("yesterday", None),
    ],
)
def test_filters_take_moments_as_people_give_them(client, small, given, sent):
    client.predictions.list(created_after=given)
    client.predictions.list(created_before=given)
    moments = [value for request in small.requests for value in request.query.values()]
    assert [datetime.fromisoformat(each).utcoffset() for each in moments] == [timedelta(0)] * 2
    assert sent is None or moments == [sent] * 2


def test_filters_choose_what_was_made_then(client):
    make(client, 2)
    assert values(client.predictions.list(created_after="an hour ago")) == [2, 1]
    assert values(client.predictions.list(created_before="an hour ago")) == []


@pytest.mark.parametrize("given", ["soon", 3, ""])
def test_a_moment_that_cannot_be_read_is_refused_before_anything_is_sent(client, small, given):
    with pytest.raises(errors.InvalidArgument, match=r"created_after: .* is not a time"):
        client.predictions.list(created_after=given)
    assert small.requests == []


# What must not be followed


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/v1/predictions?cursor=a",
        "http://127.0.0.1:1/v1/predictions?cursor=a",
        "{scheme_changed}/predictions?cursor=a",
        "{with_user}/predictions?cursor=a",
        "{base}/trainings?cursor=a",
    ],
)
def test_a_cursor_of_another_place_is_refused_and_gets_no_token(client, small, url):
    base = small.base_url
    url = url.format(
        base=base,
        scheme_changed=base.replace("http:", "https:"),
        with_user=base.replace("http://", "http://me@"),
    )
    with pytest.raises(errors.ForbiddenURLError):
        client.predictions.list(url)
    assert small.requests == []
    fake(small, url, times=2)
    page = client.predictions.list()
    with pytest.raises(errors.ForbiddenURLError):
        page.next_page()
    items = iter(client.predictions.list())
    next(items)
    with pytest.raises(errors.ForbiddenURLError):
        next(items)
    assert len(small.requests) == 2


def test_a_page_that_leads_back_to_itself_ends_in_an_error(client, small):
    url = f"{small.base_url}/predictions?cursor=round"
    fake(small, url, times=None)
    items = iter(client.predictions.list())
    assert values([next(items), next(items)]) == [0, 0]
    with pytest.raises(errors.APIError, match="already listed"):
        next(items)
    assert len(small.requests) == 2


def test_a_longer_circle_ends_in_an_error_too(client, small):
    one, two = (f"{small.base_url}/predictions?cursor={name}" for name in ("one", "two"))
    for url in (one, two, one):
        fake(small, url)
    pages = iter(client.predictions.list().pages())
    for _ in range(3):
        next(pages)
    with pytest.raises(errors.APIError, match="already listed"):
        next(pages)


# What only the async half has


in_async_code = pytest.mark.parametrize("way", ["asyncio", "trio"], indirect=True)


@in_async_code
def test_an_async_list_is_awaited_for_its_page_or_iterated_for_its_items(way, client):
    make(client, 6)

    async def use():
        listing = client.thing.predictions.list()
        assert isinstance(listing, AsyncPages)
        assert "await it" in repr(listing)
        page = await listing
        assert isinstance(page, AsyncPage)
        directly = [each async for each in client.thing.predictions.list()]
        by_pages = [len(each) async for each in client.thing.predictions.list().pages()]
        return values(directly), values([each async for each in page]), by_pages

    assert way.portal.call(use) == ([6, 5, 4, 3, 2, 1], [6, 5, 4, 3, 2, 1], [4, 2])


@in_async_code
def test_an_async_list_asks_for_nothing_before_it_is_awaited(way, client, small):
    async def use():
        client.thing.predictions.list()

    way.portal.call(use)
    assert small.requests == []


@in_async_code
def test_an_async_page_is_not_iterated_by_a_plain_for(way, client):
    page = client.predictions.list().thing
    with pytest.raises(TypeError, match="not iterable"):
        iter(page)


@in_async_code
def test_a_walk_that_was_left_does_not_disturb_its_event_loop(way, client):
    make(client, 6)

    async def use():
        async for _ in client.thing.predictions.list():
            break

    way.portal.call(use)


def test_a_sync_page_is_a_page(small):
    from replicatekit import Client

    with Client(small.token, base_url=small.base_url) as client:
        assert isinstance(client.predictions.list(), Page)


# In a notebook


def test_a_page_is_shown_as_a_table(way, sandbox):
    client = way.client(sandbox)
    client.predictions.create("sandbox/hello", {"text": "<b>"}, wait=True)
    page = client.predictions.list()
    shown = getattr(page, "thing", page)._repr_html_()
    assert shown.count("<tr>") == 2
    assert "<th>id</th>" in shown
    assert "<th>status</th>" in shown
    assert "succeeded" in shown
    assert "<b>" not in shown
