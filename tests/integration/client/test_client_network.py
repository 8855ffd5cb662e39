"""Proxies and certificates."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from contextlib import contextmanager, suppress

import httpx
import httpx2
import pytest
import trustme
from support.models import add_models

from replicatekit import errors
from replicatekit._http.senders import httpcore_transport as certificates
from replicatekit._http.senders.proxies import Proxies
from replicatekit._http.urls import split

EACH_SENDER = True

TOKEN = "r8_" + "k" * 37


@contextmanager
def serving(handle):
    """A TCP server that hands each connection to a thread."""
    listener = socket.create_server(("127.0.0.1", 0))
    lines: list[socket.socket] = []

    def accept():
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            lines.append(line)
            threading.Thread(target=handle, args=(line,), daemon=True).start()

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        for line in lines:
            line.close()


def pump(source, target):
    with suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)


@contextmanager
def proxy(refusing=False, to=None):
    """A proxy for both kinds of target (or for one port of this machine), and the heads of what it was asked for."""
    heads: list[bytes] = []

    def handle(line):
        with suppress(OSError), line:
            head = line.recv(65536)
            heads.append(head)
            method, target, _ = head.split(b"\r\n")[0].split(b" ")
            if refusing:
                line.sendall(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")
                return
            tunnel = method == b"CONNECT"
            host, _, port = (target if tunnel else target.split(b"/")[2]).partition(b":")
            with socket.create_connection(("127.0.0.1", to) if to else (host.decode(), int(port))) as far:
                if tunnel:
                    line.sendall(b"HTTP/1.1 200 Go on\r\n\r\n")
                else:
                    # It reads the first head of a connection only, so that each connection is for one request.
                    single = head.replace(b"Connection: keep-alive\r\n", b"")
                    single = single.replace(b"\r\nHost:", b"\r\nConnection: close\r\nHost:", 1)
                    far.sendall(single.replace(target, b"/" + target.split(b"/", 3)[3], 1))
                back = threading.Thread(target=pump, args=(far, line))
                back.start()
                pump(line, far)
                back.join()

    with serving(handle) as port:
        yield f"http://127.0.0.1:{port}", heads


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


def answering(context, connections):
    """Answers every request on a TLS connection."""

    def handle(line):
        connections.append(1)
        body = b'{"username": "secure"}'
        with suppress(OSError), context.wrap_socket(line, server_side=True) as tls:
            while tls.recv(65536):
                tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    return handle


@pytest.fixture
def secure(authority):
    """An API over TLS whose certificate is of an authority of its own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    connections = []
    with serving(answering(context, connections)) as port:
        yield f"https://127.0.0.1:{port}/v1", connections


@pytest.fixture
def no_proxies(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_requests_go_through_a_proxy(way, sandbox, no_proxies):
    add_models(sandbox)
    with proxy() as (url, heads):
        client = way.client(sandbox, proxy=url)
        assert client.run("acme/official", {"text": "a"}) == "A"
        client.close()
    assert heads[0].startswith(b"POST " + sandbox.base_url.encode() + b"/models/acme/official/predictions")


@pytest.fixture
def remote(authority):
    """An API over TLS under a name that is not this machine's: only a proxy leads there."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("api.example").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with serving(answering(context, [])) as port:
        yield port, trusting


def test_requests_go_through_the_environments_proxy_unless_told_otherwise(way, remote, no_proxies):
    if way.sender is not None:
        pytest.skip("a client of the caller's has read the environment itself")
    port, trusting = remote
    settings = {"token": TOKEN, "base_url": "https://api.example/v1", "verify": trusting, "max_retries": 0}
    with proxy(to=port) as (url, heads):
        no_proxies.setenv("HTTPS_PROXY", url)
        with way.client(**settings) as client:
            assert client.account.get().username == "secure"
        assert len(heads) == 1
        assert heads[0].startswith(b"CONNECT api.example:443 ")
        with way.client(**settings, trust_env=False) as client, pytest.raises(errors.APIConnectionError):
            client.account.get()
        for exceptions in ("api.example", ".example", "*", "other, API.example:443", "https://api.example"):
            no_proxies.setenv("NO_PROXY", exceptions)
            with way.client(**settings) as client, pytest.raises(errors.APIConnectionError):
                client.account.get()
        for exceptions in ("", "pi.example", "api.example:80", "[::1]", "10.0.0.0/8", "example.api"):
            no_proxies.setenv("NO_PROXY", exceptions)
            with way.client(**settings) as client:
                assert client.account.get().username == "secure"
    assert len(heads) == 7


def test_a_loopback_base_url_never_goes_through_the_environments_proxy(way, sandbox, no_proxies):
    with proxy() as (url, heads):
        no_proxies.setenv("HTTP_PROXY", url)
        no_proxies.setenv("ALL_PROXY", url)
        no_proxies.setenv("NO_PROXY", "[::1]")
        hook = {"event_hooks": {"request": []}}
        for options in ({}, hook) if way.sender is None else ():
            with way.client(sandbox, **options) as client:
                assert client.account.get().username
        assert not heads


@pytest.mark.parametrize(
    ("entry", "url", "is_direct"),
    [
        ("10.0.0.0/8", "https://10.1.2.3/v1", True),
        ("10.0.0.0/8", "https://11.1.2.3/v1", False),
        ("fd00::/8", "https://[fd00::1]/v1", True),
        ("[fd00::1]", "https://[fd00::1]/v1", True),
        ("[fd00::1]:443", "https://[fd00::1]/v1", True),
        ("[fd00::1]:80", "https://[fd00::1]/v1", False),
        ("fd00::1", "https://[fd00::2]/v1", False),
        ("10.1.2.3", "https://10.1.2.3/v1", True),
        ("nonsense/99", "https://10.1.2.3/v1", False),
    ],
)
def test_addresses_and_networks_can_be_excepted_from_the_proxy(no_proxies, entry, url, is_direct):
    no_proxies.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    no_proxies.setenv("NO_PROXY", entry)
    assert (Proxies().for_url(split(url)) is None) == is_direct


def test_a_proxy_of_the_environment_that_cannot_be_one_is_said_to_be_so(way, no_proxies):
    if way.sender is not None:
        pytest.skip("a client of the caller's has read the environment itself")
    no_proxies.setenv("HTTPS_PROXY", "foo://user:secret@nowhere:1")
    client = way.client(token=TOKEN, base_url="https://api.example/v1")
    with pytest.raises(errors.InvalidArgument, match="the environment's https proxy must be a URL") as caught:
        client.account.get()
    assert "secret" not in str(caught.value)


def test_a_proxy_that_is_not_there_lets_nothing_run(way, sandbox, no_proxies):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    client = way.client(sandbox, proxy=f"http://127.0.0.1:{port}", max_retries=0)
    with pytest.raises(errors.APIConnectionError) as caught:
        client.run("acme/official", {"text": "a"})
    assert not isinstance(caught.value, errors.OutcomeUnknownError)
    if way.sender is None:
        assert f"through the proxy http://127.0.0.1:{port}" in str(caught.value)


def test_a_tunnel_sees_nothing_of_the_token(way, authority, secure, no_proxies):
    url, _ = secure
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with proxy() as (proxy_url, heads):
        client = way.client(token=TOKEN, base_url=url, proxy=proxy_url, verify=context)
        assert client.account.get().username == "secure"
        client.close()
    assert heads[0].startswith(b"CONNECT 127.0.0.1:")
    assert TOKEN.encode() not in b"".join(heads)


def test_a_tunnel_that_is_refused_lets_nothing_run(way, secure, no_proxies):
    url, connections = secure
    with proxy(refusing=True) as (proxy_url, _):
        client = way.client(token=TOKEN, base_url=url, proxy=proxy_url, max_retries=0)
        with pytest.raises(errors.APIConnectionError, match="407") as caught:
            client.run("acme/official", {"text": "a"})
        client.close()
    assert not isinstance(caught.value, errors.OutcomeUnknownError)
    assert not connections


def test_a_certificate_of_an_authority_of_ones_own_is_trusted_where_it_is_named(
    way, authority, secure, no_proxies, tmp_path
):
    url, _ = secure
    context = ssl.create_default_context()
    authority.configure_trust(context)
    assert way.client(token=TOKEN, base_url=url, verify=context).account.get().username == "secure"
    assert way.client(token=TOKEN, base_url=url, verify=False).account.get().username == "secure"
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    no_proxies.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    assert way.client(token=TOKEN, base_url=url).account.get().username == "secure"


def test_a_certificate_that_is_not_trusted_is_not_tried_again(way, secure, no_proxies):
    url, connections = secure
    client = way.client(token=TOKEN, base_url=url)
    with pytest.raises(errors.APIConnectionError, match="CERTIFICATE_VERIFY_FAILED") as caught:
        client.run("acme/official", {"text": "a"})
    assert not isinstance(caught.value, errors.OutcomeUnknownError)
    assert len(connections) == 1


def test_certificates_are_read_once_for_all_clients(way, secure, authority, tmp_path, no_proxies):
    url, _ = secure
    authority.cert_pem.write_to_path(str(tmp_path / "trusted.pem"))
    no_proxies.setenv("SSL_CERT_FILE", str(tmp_path / "trusted.pem"))
    read = []
    contexts = ssl.create_default_context
    no_proxies.setattr(ssl, "create_default_context", lambda **options: read.append(options) or contexts(**options))
    for _ in range(3) if way.sender is None else ():
        with way.client(token="made-up", base_url=url) as client:
            assert client.account.get().username == "secure"
    assert len(read) == (way.sender is None)


def test_a_client_for_this_machine_reads_no_certificates(way, sandbox, no_proxies):
    no_proxies.setattr(certificates, "ssl_context", lambda *_, **__: pytest.fail("they were read"))
    with way.client(sandbox) as client:
        assert client.account.get().username


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_certificates_are_those_that_the_environment_names(way, secure, authority, no_proxies, tmp_path, variable):
    if way.sender is not None:
        pytest.skip("a client of the caller's has read the environment itself")
    url, connections = secure
    missing = str(tmp_path / "gone")
    no_proxies.setenv(variable, missing)
    with pytest.raises(errors.InvalidArgument) as caught:
        way.client(token=TOKEN, base_url=url).run("acme/official", {"text": "a"})
    assert variable in str(caught.value)
    assert missing in str(caught.value)
    assert not connections
    with pytest.raises(errors.APIConnectionError, match="CERTIFICATE_VERIFY_FAILED"):
        way.client(token=TOKEN, base_url=url, trust_env=False).account.get()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    (tmp_path / f"{subject_hash(tmp_path / 'authority.pem')}.0").symlink_to(tmp_path / "authority.pem")
    no_proxies.setenv(variable, str(tmp_path / "authority.pem" if variable == "SSL_CERT_FILE" else tmp_path))
    assert way.client(token=TOKEN, base_url=url).account.get().username == "secure"


def subject_hash(path):
    done = subprocess.run(["openssl", "x509", "-hash", "-noout", "-in", path], capture_output=True, text=True)
    return done.stdout.strip()


@pytest.mark.parametrize("mounts", [{"all://": 5}, {"all://": httpx2.MockTransport(print)}, {5: None}, 7])
def test_mounts_that_cannot_be_used_are_said_to_be_so(way, mounts):
    if way.sender is not None:
        pytest.skip("a client of the caller's is given its own")
    client = way.client(token=TOKEN, base_url="http://127.0.0.1:1/v1", mounts=mounts)
    with pytest.raises(errors.InvalidArgument):
        client.account.get()


@pytest.mark.parametrize("verify", ["\0", "/gone.pem", "", 5, None])
def test_a_verify_that_cannot_be_used_is_said_to_be_so(way, no_proxies, verify):
    if way.sender is not None:
        pytest.skip("a client of the caller's is given its own")
    client = way.client(token=TOKEN, base_url="https://127.0.0.1:1/v1", verify=verify, max_retries=0)
    with pytest.raises(errors.APIConnectionError if verify is None else errors.InvalidArgument) as caught:
        client.run("acme/official", {"text": "a"})
    assert verify is None or "verify" in str(caught.value)


def test_a_proxy_that_hangs_up_before_the_tunnel_is_there_lets_nothing_run(way, remote, no_proxies):
    if way.sender is not None:
        pytest.skip("httpx does not tell whether the request or the tunnel was asked for")
    asked = []

    def hang_up(line):
        asked.append(line.recv(65536))
        line.close()

    with serving(hang_up) as port:
        address = f"http://user:secret@127.0.0.1:{port}"
        client = way.client(token=TOKEN, base_url="https://api.example/v1", proxy=address, max_retries=1)
        with pytest.raises(errors.APIConnectionError, match=f"through the proxy http://127.0.0.1:{port}") as caught:
            client.run("acme/official", {"text": "a"})
    assert not isinstance(caught.value, errors.OutcomeUnknownError)
    assert "secret" not in str(caught.value)
    assert len(asked) == 2  # it was retried, for nothing had been sent
    assert TOKEN.encode() not in b"".join(asked)


def test_a_create_that_finds_no_free_connection_was_not_sent(way, sandbox, no_proxies):
    if way.portal is not None:
        pytest.skip("one way is enough to hold a connection with a thread")
    models = add_models(sandbox)
    limits = httpx.Limits(max_connections=1)
    timeout = httpx.Timeout(30, pool=0.1)
    client = way.client(models, limits=limits, timeout=timeout, max_retries=0)
    models.fail_next(method="GET", path="/account", delay=2)
    holding = threading.Thread(target=client.account.get)
    holding.start()
    while not models.requests:
        pass
    with pytest.raises(errors.APITimeoutError, match="no free connection") as caught:
        client.run("acme/official", {"text": "a"})
    holding.join()
    assert not isinstance(caught.value, errors.OutcomeUnknownError)
    assert models.creates == 0
