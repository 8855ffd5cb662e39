"""Which proxy a request goes through."""

from __future__ import annotations

import importlib.util

import pytest

from replicatekit._http.senders.proxies import Proxies
from replicatekit._http.urls import UrlParts
from replicatekit.errors import InvalidArgument

URL = UrlParts("https", "api.replicate.com", None, "/v1/account")


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize(
    ("given", "url", "auth"),
    [
        ("http://proxy:3128", "http://proxy:3128", None),
        ("http://proxy", "http://proxy", None),
        ("https://user:p%40ss@proxy:3128/", "https://proxy:3128", ("user", "p@ss")),
        ("http://[::1]:3128", "http://[::1]:3128", None),
    ],
)
def test_a_proxy_of_the_callers_is_for_all_requests(given, url, auth):
    proxy = Proxies(given).for_url(URL)
    assert (proxy.url, proxy.auth) == (url, auth)
    assert repr(proxy) == f"ProxyAddress({url})"


@pytest.mark.parametrize(
    "given",
    ["me:s3cret@proxy", "ftp://me:s3cret@proxy", "http://me:s3cret@", "http://s3cret[::1", "http://s3cret:many"],
)
def test_what_is_no_proxy_is_refused_without_being_shown(given):
    with pytest.raises(InvalidArgument, match="proxy must be a URL such as") as caught:
        Proxies(given)
    assert "s3cret" not in str(caught.value)


@pytest.mark.skipif(importlib.util.find_spec("socksio") is not None, reason="socksio is installed")
def test_a_socks_proxy_without_its_package_is_refused_by_name():
    with pytest.raises(InvalidArgument, match="needs the package socksio"):
        Proxies("socks5://proxy:1080")


def test_the_environment_counts_unless_it_is_not_trusted(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "proxy:3128")
    assert Proxies().for_url(URL).url == "http://proxy:3128"
    assert Proxies(trust_env=False).for_url(URL) is None
    assert Proxies("http://own:1").for_url(URL).url == "http://own:1"


@pytest.mark.parametrize(
    ("exceptions", "is_excepted"),
    [
        ("replicate.com", True),
        (".replicate.com, other", True),
        ("*.replicate.com", True),
        ("*", True),
        ("eplicate.com", False),
        ("10.0.0.0/8", False),
        ("", False),
    ],
)
def test_hosts_that_no_proxy_names_are_reached_directly(monkeypatch, exceptions, is_excepted):
    monkeypatch.setenv("ALL_PROXY", "http://proxy:3128")
    monkeypatch.setenv("NO_PROXY", exceptions)
    assert (Proxies().for_url(URL) is None) == is_excepted
