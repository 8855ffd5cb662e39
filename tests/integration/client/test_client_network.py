"""Proxies and certificates, as httpx has them."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import contextmanager, suppress

import httpx
import pytest
import trustme
from support.models import add_models

from replicatekit import errors

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
def proxy(refusing=False):
    """A proxy for both kinds of target, and the heads of what it was asked for."""
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
            with socket.create_connection((host.decode(), int(port))) as far:
                if tunnel:
                    line.sendall(b"HTTP/1.1 200 Go on\r\n\r\n")
                else:
                    # It reads the first head of a connection only, so that each connection is for one request.
                    single = head.replace(b"Connection: keep-alive", b"Connection: close")
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


@pytest.fixture
def secure(authority):
    """An API over TLS whose certificate is of an authority of its own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    connections = []

    def handle(line):
        connections.append(1)
        body = b'{"username": "secure"}'
        with suppress(OSError), context.wrap_socket(line, server_side=True) as tls:
            while tls.recv(65536):
                tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    with serving(handle) as port:
        yield f"https://127.0.0.1:{port}/v1", connections


@pytest.fixture
def no_proxies(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


def test_requests_go_through_a_proxy(way, sandbox, no_proxies):
    add_models(sandbox)
    with proxy() as (url, heads):
        client = way.client(sandbox, proxy=url)
        assert client.run("acme/official", {"text": "a"}) == "A"
        client.close()
    assert heads[0].startswith(b"POST " + sandbox.base_url.encode() + b"/models/acme/official/predictions")


def test_requests_go_through_the_environments_proxy_unless_told_otherwise(way, sandbox, no_proxies):
    with proxy() as (url, heads):
        no_proxies.setenv("HTTP_PROXY", url)
        with way.client(sandbox) as client:
            assert client.account.get().username
        assert len(heads) == 1
        with way.client(sandbox, trust_env=False) as client:
            assert client.account.get().username
        no_proxies.setenv("NO_PROXY", "127.0.0.1")
        with way.client(sandbox) as client:
            assert client.account.get().username
        assert len(heads) == 1


def test_a_proxy_of_the_environment_that_cannot_be_one_is_said_to_be_so(way, sandbox, no_proxies):
    no_proxies.setenv("HTTP_PROXY", "foo://nowhere:1")
    client = way.client(sandbox)
    with pytest.raises(errors.InvalidArgument, match="proxies that the environment names"):
        client.account.get()


def test_a_proxy_that_is_not_there_lets_nothing_run(way, sandbox, no_proxies):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    client = way.client(sandbox, proxy=f"http://127.0.0.1:{port}", max_retries=0)
    with pytest.raises(errors.APIConnectionError) as caught:
        client.run("acme/official", {"text": "a"})
    assert not isinstance(caught.value, errors.OutcomeUnknownError)


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
    contexts = httpx.create_ssl_context
    no_proxies.setattr(httpx, "create_ssl_context", lambda **options: read.append(options) or contexts(**options))
    for _ in range(3):
        with way.client(token="made-up", base_url=url, engine="httpx") as client:
            assert client.account.get().username == "secure"
    assert read == [{"trust_env": True}]


def test_a_client_for_this_machine_reads_no_certificates(way, sandbox, no_proxies):
    no_proxies.setattr(httpx, "create_ssl_context", lambda **options: pytest.fail("they were read"))
    with way.client(sandbox, trust_env=False, engine="httpx") as client:
        assert client.account.get().username
