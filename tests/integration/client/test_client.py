"""How a client is made, changed and closed, and what its requests carry."""

from __future__ import annotations

import httpx
import pytest
from support.models import add_models, requests_to

from replicatekit import AsyncClient, Client, __version__, errors

TOKEN = "r8_" + "k" * 37
ANSWER = {"id": "abc", "status": "succeeded", "output": "A", "username": "me"}


@pytest.fixture
def models(sandbox):
    return add_models(sandbox)


@pytest.fixture
def environment(monkeypatch):
    for name in ("REPLICATE_API_TOKEN", "REPLICATE_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def answering(requests, status=200, **answer):
    """A transport that keeps the requests and answers all of them alike."""

    def handle(request):
        requests.append(request)
        return httpx.Response(status, **(answer or {"json": ANSWER}))

    return httpx.MockTransport(handle)


def http_of(way, **options):
    return (httpx.Client if way.portal is None else httpx.AsyncClient)(**options)


def bare(client):
    return getattr(client, "thing", client)


# Token and base URL


def test_token_and_base_url_come_from_the_environment(way, models, environment):
    for name, value in models.environment.items():
        environment.setenv(name, value)
    client = way.client()
    assert client.base_url == models.base_url
    assert client.run("acme/official", {"text": "a"}) == "A"
    assert models.requests[0].headers["authorization"] == f"Bearer {models.token}"


def test_without_a_token_it_is_said_where_one_is_to_be_had(way, environment):
    with pytest.raises(errors.MissingTokenError, match="REPLICATE_API_TOKEN"):
        way.client()
    environment.setenv("REPLICATE_API_TOKEN", "  ")
    with pytest.raises(errors.MissingTokenError):
        way.client()


def test_without_a_base_url_it_is_the_apis(way, environment):
    assert way.client(token=TOKEN).base_url == "https://api.replicate.com/v1"


def test_a_token_that_was_copied_with_its_line_end_is_a_token(way, models):
    requests = []
    client = way.client(models, token=f" {TOKEN}\n", transport=answering(requests))
    client.account.get()
    assert requests[0].headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("token", ["r8_a b", "r8_a\nb", "r8_ä", 5, b"r8_x"])
def test_a_token_that_cannot_be_one_is_refused_and_not_shown(way, token):
    with pytest.raises(errors.InvalidArgument) as caught:
        way.client(token=token)
    assert "r8_" not in str(caught.value)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(
            ("base_url", value)
            for value in ("api.replicate.com", "ftp://a/v1", 5, "https://u:p@a/v1", "https://a/v1?b=c")
        ),
        *(("timeout", value) for value in (0, -1, "5", True, float("nan"), (1, 2), [])),
        *(
            ("headers", value)
            for value in (5, {"a b": "c"}, {"a": "b\nc"}, {"a": 5}, {"Authorization": "x"}, {"ä": "b"})
        ),
        *(("user_agent", value) for value in (5, "a\nb", b"a")),
        *(("max_retries", value) for value in (-1, 1.5, "1", True)),
        *(("transport", value) for value in (5, object(), httpx.Client)),
        *(("http_client", value) for value in (5, object(), httpx.Client)),
        *(("proxies", {}), ("follow_redirects", True), ("auth", ("a", "b"))),
    ],
)
def test_a_setting_that_cannot_be_is_refused_when_the_client_is_made(way, option, value):
    with pytest.raises(
        errors.InvalidArgument, match="URL" if option == "base_url" else "(?i)" + option.split("_")[0].rstrip("s")
    ):
        way.client(**{"token": TOKEN, option: value})


@pytest.mark.parametrize("wrong", [{"proxy": "nonsense"}, {"limits": 5}, {"mounts": {"a": 5}}, {"event_hooks": 5}])
def test_what_httpx_cannot_use_is_refused_at_the_first_request(way, models, wrong):
    client = way.client(models, **wrong)
    with pytest.raises(errors.InvalidArgument, match=r"these options|proxy must be a URL|mounts\['a'\] must be"):
        client.account.get()


def test_the_password_of_a_proxy_is_not_shown(way, models):
    client = way.client(models, proxy="ftp://me:secret@127.0.0.1:9")
    with pytest.raises(errors.InvalidArgument) as caught:
        client.account.get()
    assert "secret" not in str(caught.value)


# Requests


def test_each_request_says_who_asks_and_carries_the_callers_headers(way, models):
    way.client(models, headers={"X-Team": "blue"}).account.get()
    way.client(models, user_agent="mine/1.0").account.get()
    way.client(models, headers={"user-agent": "mine/2.0"}).account.get()
    first, second, third = (each.headers for each in models.requests)
    assert first["user-agent"].startswith(f"replicatekit/{__version__} (python/3.")
    assert first["x-team"] == "blue"
    assert (second["user-agent"], third["user-agent"]) == ("mine/1.0", "mine/2.0")


@pytest.mark.parametrize("timeout", [0.15, httpx.Timeout(5.0, read=0.15)])
def test_a_request_that_takes_longer_than_its_timeout_is_broken_off(way, models, timeout):
    client = way.client(models, timeout=timeout, max_retries=0)
    models.fail_next(method="GET", times=None, delay=0.6)
    with pytest.raises(errors.APITimeoutError, match="ReadTimeout") as caught:
        client.account.get()
    assert (caught.value.method, caught.value.path) == ("GET", "/v1/account")


def test_a_held_request_gets_the_time_that_it_is_held(way, models):
    models.settings.held_status = "succeeded"
    try:
        prediction = way.client(models, timeout=0.3).predictions.run("acme/slow", {"seconds": 0.8})
    finally:
        models.settings.held_status = "processing"
    assert prediction.status == "succeeded"
    # The 404 for an official model, the look for its version, and the create: no look after it.
    assert len(models.requests) == 3


def test_an_endless_timeout_is_none(way, models):
    assert way.client(models, timeout=float("inf")).account.get().username
    assert way.client(models, timeout=1e12).account.get().username


# Transports and HTTP clients of the caller's


def test_a_transport_for_tests_answers_in_place_of_a_server(way):
    requests = []
    client = way.client(token=TOKEN, transport=answering(requests))
    assert client.run("acme/official", {"text": "a"}) == "A"
    assert str(requests[0].url) == "https://api.replicate.com/v1/models/acme/official/predictions"


def test_an_http_client_that_was_given_is_used_and_not_closed(way, models):
    requests = []
    http = http_of(way, transport=answering(requests), headers={"x-own": "1"})
    with way.client(models, http_client=http) as client:
        assert client.account.get().username == "me"
        assert client.with_options(timeout=5).account.get().username == "me"
    assert requests[0].headers["x-own"] == "1"
    assert requests[0].headers["authorization"] == f"Bearer {models.token}"
    assert not http.is_closed
    way.call(http.close if way.portal is None else http.aclose)
    with pytest.raises(errors.InvalidArgument, match="closed"):
        client.account.get()


def test_an_http_client_of_the_other_kind_is_refused(way, models):
    other = httpx.AsyncClient() if way.portal is None else httpx.Client()
    with pytest.raises(errors.InvalidArgument, match=r"must be an httpx\.(Async)?Client here"):
        way.client(models, http_client=other)
    if way.portal is not None:
        other.close()


def test_a_client_of_the_callers_that_follows_redirects_does_not_do_so_here(way, models):
    client = way.client(models, http_client=http_of(way, follow_redirects=True), max_retries=0)
    models.fail_next(times=None, redirect=models.base_url)
    with pytest.raises(errors.APIStatusError, match="redirects are not followed"):
        client.run("acme/official", {"text": "a"})
    assert len(models.requests) == 1
    given = bare(client).api.context.connections.user_client
    way.call(given.close if way.portal is None else given.aclose)


def test_what_the_callers_own_transport_raises_is_raised(way):
    def fail(_):
        raise KeyError("mine")

    client = way.client(token=TOKEN, transport=httpx.MockTransport(fail))
    with pytest.raises(KeyError, match="mine"):
        client.account.get()


# Copies


def test_a_changed_copy_shares_the_connections_the_limits_and_what_was_learned(way, models):
    client = way.client(models, headers={"x-a": "1"}, user_agent="mine/1.0")
    copy = client.with_options(token=TOKEN, timeout=7, headers={"X-A": "2", "x-b": "3"}, max_retries=1)
    first, second = bare(client)._session, bare(copy)._session
    assert first.api.rules.limiter is second.api.rules.limiter
    assert (first.versions, first.schemas) == (second.versions, second.schemas)
    assert (second.api.timeout, second.api.rules.policy.max_retries) == (7, 1)
    client.account.get()
    models.fail_next(status=200, body={"username": "other"})
    assert copy.account.get().username == "other"
    before, after = (each.headers for each in models.requests)
    assert (before["x-a"], after["x-a"], after["x-b"]) == ("1", "2", "3")
    assert (before["user-agent"], after["user-agent"]) == ("mine/1.0", "mine/1.0")
    assert after["authorization"] == f"Bearer {TOKEN}"

    async def pools():
        return first.api.get_async_httpx_client() is second.api.get_async_httpx_client()

    assert way.call(pools) if way.portal else first.api.get_httpx_client() is second.api.get_httpx_client()


def test_a_changed_copy_refuses_what_the_client_would_refuse(way, models):
    client = way.client(models)
    for option in (
        {"timeout": 0},
        {"headers": {"a": "\n"}},
        {"max_retries": -1},
        {"token": "a b"},
        {"user_agent": "\n"},
    ):
        with pytest.raises(errors.InvalidArgument):
            client.with_options(**option)


# Closing


def test_a_client_can_be_used_again_after_it_was_closed(way, models):
    client = way.client(models)
    for _ in range(2):
        assert client.run("acme/official", {"text": "a"}) == "A"
        client.close()
        client.close()


def test_a_context_manager_closes_its_connections(way, models):
    with way.client(models) as client:
        client.account.get()
        api = bare(client).api

        async def opened():
            return api.get_async_httpx_client()

        http = way.call(opened) if way.portal else api.get_httpx_client()
        assert not http.is_closed
    assert http.is_closed
    assert requests_to(models) == [("GET", "/account")]


def test_its_repr_says_where_it_asks_and_not_with_what(way, models):
    client = way.client(models)
    assert repr(client) == f"{'Client' if way.portal is None else 'AsyncClient'}(base_url='{models.base_url}')"
    assert models.token not in repr(bare(client).api) + repr(bare(client)._session)


def test_the_low_level_client_has_the_same_retries_and_errors(way, models):
    from replicatekit_api.api.account import get

    client = way.client(models)
    models.fail_next(method="GET", times=1, status=503)
    call = get.sync if way.portal is None else get.asyncio
    assert way.call(call, client=bare(client).api).username == "sandbox"
    models.fail_next(method="GET", status=401)
    with pytest.raises(errors.AuthenticationError):
        way.call(call, client=bare(client).api)


def test_both_kinds_have_the_same_settings():
    import inspect

    assert str(inspect.signature(Client.__init__)) == str(inspect.signature(AsyncClient.__init__))
