"""Where the token goes with output files: to the API's own host, and nowhere else, whatever a URL says."""

from __future__ import annotations

import httpx
import pytest
from support.file_server import FileServer, Shape, without_delays

from replicatekit import AsyncFileOutput, FileOutput, errors

TOKEN = "r8_made_up_and_secret"


@pytest.fixture
def api(serve):
    return serve(Shape(b"of the API"))


@pytest.fixture
def other(serve):
    return serve(Shape(b"of somebody else"))


@pytest.fixture
def file_of(way, api):
    """Makes output files of a client of that API, whose caller sends more than the token with each request."""
    kind, http = (FileOutput, httpx.Client) if way.portal is None else (AsyncFileOutput, httpx.AsyncClient)
    secrets = {"headers": {"x-secret": TOKEN}, "cookies": {"session": TOKEN}}
    http_client = http(**secrets, params={"secret": TOKEN}, verify=False)
    client = way.client(
        token=TOKEN, base_url=f"{api.url}/v1", headers={"X-Team": TOKEN}, user_agent=TOKEN, http_client=http_client
    )
    bare = getattr(without_delays(client), "thing", client)

    def make(url, auth=None):
        http_client.auth = auth
        return way.wrap(kind(url, bare))

    yield make
    way.call(http_client.close if way.portal is None else http_client.aclose)


def redirecting(serve, *targets):
    return serve(*(Shape(status=302, headers={"location": target}) for target in targets))


def secrets_in(server: FileServer):
    return [each for each in server.requests if TOKEN in str(each)]


def test_the_api_is_asked_with_the_token(file_of, api):
    assert file_of(f"{api.url}/v1/files/abc/download?owner=me").read() == b"of the API"
    assert api.requests[0]["authorization"] == f"Bearer {TOKEN}"


def test_another_host_sees_nothing_of_ours(file_of, other):
    assert file_of(f"{other.url}/out.png", auth=("user", TOKEN)).read() == b"of somebody else"
    assert secrets_in(other) == []
    assert {"authorization", "cookie", "x-team", "x-secret"}.isdisjoint(other.requests[0])
    assert other.requests[0]["user-agent"].startswith("replicatekit/")


def test_a_redirect_of_the_api_takes_no_token_along(file_of, api, other):
    api.shapes[:] = [Shape(status=307, headers={"location": f"{other.url}/there"})]
    assert file_of(f"{api.url}/v1/files/abc/download").read() == b"of somebody else"
    assert secrets_in(other) == []


def test_a_redirect_within_the_api_keeps_it(file_of, api):
    api.shapes[:] = [Shape(status=302, headers={"location": "/elsewhere"}), Shape(b"there")]
    assert file_of(f"{api.url}/v1/files/abc/download").read() == b"there"
    assert api.requests[1]["authorization"] == f"Bearer {TOKEN}"


def test_who_sends_us_to_the_api_gets_nothing_by_our_token(file_of, api, serve):
    hostile = redirecting(serve, f"{api.url}/v1/account")
    api.shapes[:] = [Shape(status=302, headers={"location": "/v1/account/secrets"}), Shape(b"public")]
    assert file_of(f"{hostile.url}/out.png").read() == b"public"
    assert secrets_in(api) == []


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/a",
        "https://user:password@replicate.delivery/a",
        "https://api.replicate.com\\@127.0.0.1/",
        "http://127.0.0.1:1/\r\nX-Evil: 1",
        "//127.0.0.1/a",
        "not a url",
        "",
    ],
)
def test_what_is_no_plain_url_is_not_asked_for(file_of, url):
    with pytest.raises(errors.ForbiddenURLError):
        file_of(url).read()


@pytest.mark.parametrize("target", ["file:///etc/passwd", "https://user@127.0.0.1/", "gopher://127.0.0.1/"])
def test_neither_is_it_after_a_redirect(file_of, serve, target):
    hostile = redirecting(serve, target)
    with pytest.raises(errors.ForbiddenURLError, match="no request may be made"):
        file_of(f"{hostile.url}/a").read()


def test_redirects_without_end_are_an_error(file_of, serve):
    hostile = redirecting(serve, "/again")
    with pytest.raises(errors.APIConnectionError, match="more than 10 redirects"):
        file_of(f"{hostile.url}/a").read()
    assert len(hostile.requests) == 11


def test_the_rest_of_a_cut_file_is_asked_for_as_the_beginning_was(file_of, serve):
    server = serve(Shape(b"x" * 1000, cut=500), Shape(b"x" * 1000))
    assert file_of(f"{server.url}/a").read() == b"x" * 1000
    assert len(server.requests) == 2
    assert secrets_in(server) == []


def test_a_whole_run_shows_the_delivery_host_no_token(way, sandbox):
    client = way.client(sandbox, headers={"X-Team": "ours"})
    file = way.wrap(client.run("sandbox/painter", {"width": 32, "height": 32}))
    file.read()
    seen = [each for each in sandbox.requests if each.host == "delivery"]
    assert len(seen) == 1
    assert {"authorization", "x-team", "cookie"}.isdisjoint(seen[0].headers)


def test_files_on_the_apis_host_are_read_with_the_token(way, sandbox, monkeypatch):
    monkeypatch.setattr(sandbox.settings, "outputs_on", "api")
    file = way.wrap(way.client(sandbox).run("sandbox/painter", {"width": 32, "height": 32}))
    assert file.read().startswith(b"\x89PNG")
    assert "download" not in file.name
    assert [each.host for each in sandbox.requests if "/download" in each.path] == ["api"]
