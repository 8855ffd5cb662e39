"""`replicatekit doctor`: check the set-up, and say how to fix it."""

from __future__ import annotations

import os
import platform
import time
from email.utils import parsedate_to_datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from replicatekit.cli._frame.command import Command, Context
from replicatekit.cli._frame.exit_codes import ExitCode
from replicatekit.errors import APIConnectionError, AuthenticationError, ReplicateError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["COMMANDS"]

_PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy")
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_EXTRAS = {"cli": "rich", "fast": "msgspec", "sandbox": "starlette", "batch": "psycopg", "images (Pillow)": "PIL"}
_SKEW = 120


class Check(NamedTuple):
    """The result of one check."""

    name: str
    is_ok: bool
    text: str
    advice: str = ""
    is_warning: bool = False


def doctor(context: Context) -> int | None:
    """Run all checks, and print their results."""
    checks: list[Check] = []
    for check in _checks(context):
        checks.append(check)
        if not context.output.as_json:
            state = "FAIL" if not check.is_ok else "warn" if check.is_warning else "ok  "
            context.output.line(f"{state}  {check.name}: {check.text}")
            if check.advice:
                context.output.line(f"      {check.advice}")
    if context.output.as_json:
        context.output.json([check._asdict() for check in checks])
    return None if all(check.is_ok for check in checks) else ExitCode.FAILED


def _checks(context: Context) -> Iterator[Check]:
    yield _versions()
    token = _token(context)
    yield token
    yield from _base_url(context)
    yield _proxies()
    yield from _certificates()
    yield _cache()
    if token.is_ok:
        yield from _connection(context)


def _versions() -> Check:
    from importlib.metadata import PackageNotFoundError, version

    from replicatekit import __version__

    versions = [f"replicatekit {__version__}", f"Python {platform.python_version()}", platform.system()]
    for name in ("httpcore2", "httpx"):
        try:
            versions.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            return Check("versions", is_ok=False, text=f"{name} is missing", advice="pip install replicatekit")
    extras = [name for name, module in _EXTRAS.items() if find_spec(module)]
    return Check("versions", is_ok=True, text=f"{', '.join(versions)}; extras: {', '.join(extras) or 'none'}")


def _token(context: Context) -> Check:
    place = context.options.token_file or "REPLICATE_API_TOKEN"
    try:
        _ = context.client
    except ReplicateError as error:
        return Check("token", is_ok=False, text=str(error))
    token: str = context.client.api.token
    if not token.startswith("r8_"):
        text = f"from {place}; it does not begin with r8_, so it may not be a Replicate token"
        return Check("token", is_ok=True, text=text, is_warning=True)
    return Check("token", is_ok=True, text=f"from {place}")


def _base_url(context: Context) -> Iterator[Check]:
    base_url = context.options.base_url or os.environ.get("REPLICATE_BASE_URL")
    source = "--base-url" if context.options.base_url else "REPLICATE_BASE_URL" if base_url else "the default"
    url = base_url or "https://api.replicate.com/v1"
    yield Check("base URL", is_ok=True, text=f"{_without_password(url)} ({source})")


def _proxies() -> Check:
    proxies = [f"{name}={_without_password(os.environ[name])}" for name in _PROXIES if os.environ.get(name)]
    return Check("proxy", is_ok=True, text=", ".join(proxies) or "none")


def _without_password(url: str) -> str:
    try:
        place = urlsplit(url)
    except ValueError:
        return "(it cannot be read)"
    return url if "@" not in place.netloc else url.replace(place.netloc, f"...@{place.netloc.rpartition('@')[2]}")


def _certificates() -> Iterator[Check]:
    variables = {name: os.environ[name] for name in _CERTIFICATES if os.environ.get(name)}
    for name, path in variables.items():
        if not Path(path).exists():
            advice = f"unset {name}, or let it name your certificates"
            yield Check("certificates", is_ok=False, text=f"{name} names {path}, which does not exist", advice=advice)
            return
    text = ", ".join(f"{name}={path}" for name, path in variables.items()) or "those of the system"
    yield Check("certificates", is_ok=True, text=text)


def _cache() -> Check:
    from replicatekit._session.disk_cache import cache_folder

    folder = cache_folder()
    present = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    if os.access(present, os.W_OK):
        return Check("schema cache", is_ok=True, text=str(folder))
    advice = "set REPLICATEKIT_CACHE_DIR to a folder of yours; without it, schemas are requested each time"
    return Check("schema cache", is_ok=False, text=f"{folder} cannot be written", advice=advice)


def _connection(context: Context) -> Iterator[Check]:
    start = time.monotonic()
    try:
        response = context.client.with_options(max_retries=0).request("GET", "/account", timeout=20)
    except AuthenticationError as error:
        text = f"the API answered, and refuses the token: {error}"
        advice = "make a new token at https://replicate.com/account/api-tokens, and set REPLICATE_API_TOKEN"
        yield Check("connection", is_ok=False, text=text, advice=advice)
        return
    except APIConnectionError as error:
        yield Check("connection", is_ok=False, text=str(error), advice=_advice(str(error)))
        return
    except ReplicateError as error:
        advice = "check the base URL, and https://www.replicatestatus.com"
        yield Check("connection", is_ok=False, text=str(error), advice=advice)
        return
    seconds = time.monotonic() - start
    yield Check("connection", is_ok=True, text=f"{_account(response)} in {seconds:.2f} s")
    yield _clock(response.headers.get("date"))


def _account(response: Any) -> str:
    try:
        return f"signed in as {response.json()['username']}"
    except (ValueError, KeyError, TypeError):
        return "the API answered, but not with an account: check the base URL"


def _advice(error: str) -> str:
    lowered = error.lower()
    if "certificate" in lowered or "ssl" in lowered:
        return "a proxy may replace certificates: set SSL_CERT_FILE to the file with its certificate"
    if "name" in lowered and ("resol" in lowered or "known" in lowered):
        return "the host has no address: check the network, the DNS server and the base URL"
    return "check the network, the proxy and the base URL"


def _clock(date: str | None) -> Check:
    try:
        skew = time.time() - parsedate_to_datetime(date or "").timestamp()
    except (TypeError, ValueError):
        return Check("clock", is_ok=True, text="the API sent no time")
    if abs(skew) <= _SKEW:
        return Check("clock", is_ok=True, text="agrees with the API's")
    text = f"it is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the API's"
    return Check("clock", is_ok=False, text=text, advice="set it: certificates and webhook signatures depend on it")


COMMANDS = (
    Command(
        "doctor",
        "Check the token, base URL, proxy, certificates, versions, connection and clock, and say what to do.",
        doctor,
    ),
)
