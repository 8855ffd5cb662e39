"""The one place that decides where the token may go.

URLs come from responses, outputs, cursors and redirects: others wrote them. Two parsers must agree on where a URL
leads, the strict one here and the one that makes the request; a URL that could be read in two ways is not requested.
"""

from __future__ import annotations

import ipaddress
import re
from enum import Enum
from typing import NamedTuple

from replicatekit._http.urls import is_loopback, split_plain
from replicatekit.errors import ForbiddenURLError, InvalidArgument

_LONGEST = 16_384
_DEFAULT_PORTS = {"http": 80, "https": 443}
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(?P<port>[1-9][0-9]{0,4}))?(?:[/?#].*)?",
    # ASCII: else a long s would be an s.
    re.ASCII | re.IGNORECASE | re.DOTALL,
)
# Dropped by some parsers, kept by others; a backslash is a slash to some.
_AMBIGUOUS = re.compile(r"[\x00-\x1f\x7f-\x9f\\]")
_NAME = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
# A name that ends like this is an IPv4 address to web parsers, in octal and hexadecimal too.
_NUMERIC_END = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")

_API_HOST = "api.replicate.com"
_PUBLISHED = f"https://{_API_HOST}/v1/"
# As seen in `urls.stream` of real predictions (`us` or `rno2` after `svc`), and in published documentation.
_STREAM_HOSTS = (
    r"stream\.replicate\.com|streaming\.api\.replicate\.com|streaming-api\.svc\.[a-z0-9-]+\.c\.replicate\.net"
)


class UrlAccess(Enum):
    """How a URL may be requested."""

    TOKEN = "token"  # noqa: S105 (a member's name)
    """A request with the token."""
    PLAIN = "plain"
    """A request without the token, and without anything else that only the API may see."""
    FORBIDDEN = "forbidden"
    """No request."""


class Origin(NamedTuple):
    """Scheme, host and port, in lower case; the port is always a number."""

    scheme: str
    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether the host is this machine."""
        return is_loopback(self.host.strip("[]"))


def origin_of(url: object) -> Origin:
    """Where a request for `url` would go.

    Raises:
        ForbiddenURLError: It is not an absolute http(s) URL that can be read in one way only.
    """
    if not isinstance(url, str):
        raise _forbidden(url, "it is not a string")
    if len(url) > _LONGEST:
        raise _forbidden(url, f"it has {len(url)} characters, more than any server takes")
    if _AMBIGUOUS.search(url) or url != url.strip():
        raise _forbidden(url, "it has control characters, backslashes or whitespace around it")
    match = _URL.fullmatch(url)
    if match is None:
        raise _forbidden(url, "it is not an absolute http(s) URL with a plain host and without a user name")
    scheme, host = match["scheme"].lower(), match["host"].lower()
    port = int(match["port"] or _DEFAULT_PORTS[scheme])
    origin = Origin(scheme, host, port)
    if port > 65535:
        raise _forbidden(url, "its port is above 65535")
    if not _is_canonical(host):
        raise _forbidden(url, "its host can be read in more than one way")
    if origin != _as_sent(url):
        raise _forbidden(url, "it can be read in more than one way")
    return origin


class TokenPolicy:
    """Decides whether a URL may be requested, and whether with the token.

    Args:
        base_url: The API's. Its origin gets the token; the API's streaming hosts get it only if `base_url` is the
            published API's.

    Raises:
        InvalidArgument: The token would not be safe on the way to `base_url`.
    """

    def __init__(self, base_url: str) -> None:
        try:
            self.origin = origin_of(base_url)
        except ForbiddenURLError as error:
            raise InvalidArgument(f"{_format_url(base_url)}: {error.message.rpartition(': ')[2].rstrip('.')}") from None
        if "?" in base_url or "#" in base_url:
            raise InvalidArgument(f"{_format_url(base_url)} has a query or a fragment")
        if re.search(r"[\s\"'<>{}|^`]", base_url):
            raise InvalidArgument(f"{_format_url(base_url)} has a blank, a quotation mark or a bracket")
        if self.origin.scheme != "https" and not self.origin.is_loopback:
            raise InvalidArgument(
                f"base_url must use https (http only for loopback addresses), not {_format_url(base_url)}: "
                "the token would be sent unencrypted"
            )
        self._base_url = base_url.rstrip("/")
        self._is_real_api = self.origin == Origin("https", _API_HOST, 443)

    def at_base_url(self, url: str) -> str:
        """A URL of the published API at this client's base URL, with path and query kept; any other URL as it is.

        A gateway passes responses on as they are, with `next` and `urls` that name the published API.
        """
        if self._is_real_api or not url.startswith(_PUBLISHED):
            return url
        return f"{self._base_url}/{url.removeprefix(_PUBLISHED)}"

    def classify(self, url: object) -> UrlAccess:
        """How `url` may be requested."""
        try:
            origin = origin_of(url)
        except ForbiddenURLError:
            return UrlAccess.FORBIDDEN
        return self._access_to(origin)

    def allows_token(self, url: object) -> bool:
        """Whether a request for `url` may carry the token.

        Raises:
            ForbiddenURLError: No request may be made.
        """
        return self._access_to(origin_of(url)) is UrlAccess.TOKEN

    def is_same_origin(self, url: object) -> bool:
        """Whether `url` has the API's scheme, host and port, as the next page of a list must."""
        try:
            return origin_of(url) == self.origin
        except ForbiddenURLError:
            return False

    def redirect(self, from_url: str, location: object) -> tuple[UrlAccess, str]:
        """How a redirect may be followed, and the URL that it leads to.

        The token never follows a redirect to another origin, not even between hosts of the API. A redirect from https
        to http is not followed.

        Args:
            from_url: The URL that was requested.
            location: The Location header, absolute or relative.
        """
        if not isinstance(location, str) or not location or _AMBIGUOUS.search(location):
            return UrlAccess.FORBIDDEN, ""
        url = _join(from_url, location)
        try:
            origin, target = origin_of(from_url), origin_of(url)
        except ForbiddenURLError:
            return UrlAccess.FORBIDDEN, url
        if origin.scheme == "https" and target.scheme != "https":
            return UrlAccess.FORBIDDEN, url
        if target != origin:
            return UrlAccess.PLAIN, url
        return self._access_to(target), url

    def _access_to(self, origin: Origin) -> UrlAccess:
        if origin == self.origin:
            return UrlAccess.TOKEN
        streams = origin.scheme == "https" and origin.port == 443 and re.fullmatch(_STREAM_HOSTS, origin.host)
        return UrlAccess.TOKEN if self._is_real_api and streams else UrlAccess.PLAIN


def _is_canonical(host: str) -> bool:
    if host.startswith("["):
        return _is_address(host[1:-1], ipaddress.IPv6Address)
    if _NUMERIC_END.fullmatch(host):
        return _is_address(host, ipaddress.IPv4Address)
    return len(host) <= 253 and _NAME.fullmatch(host) is not None


def _is_address(text: str, kind: type[ipaddress.IPv4Address | ipaddress.IPv6Address]) -> bool:
    try:
        kind(text)
    except ValueError:
        return False
    return True


def _as_sent(url: str) -> Origin | None:
    """Where the request would go, according to the parser of httpx, which sends it."""
    plain = split_plain(url)
    if plain is not None:
        return Origin(plain.scheme, plain.host, plain.port or _DEFAULT_PORTS[plain.scheme])
    import httpx

    try:
        parsed = httpx.URL(url)
        host = parsed.raw_host.decode("ascii")
        scheme, port = parsed.scheme, parsed.port
        _ = parsed.host  # raises for a name in another alphabet that cannot be decoded
    except (httpx.InvalidURL, ValueError):
        return None
    if parsed.userinfo or scheme not in _DEFAULT_PORTS:
        return None
    return Origin(scheme, f"[{host}]" if ":" in host else host, port or _DEFAULT_PORTS[scheme])


def _join(from_url: str, location: str) -> str:
    import httpx

    try:
        return str(httpx.URL(from_url).join(location))
    except (httpx.InvalidURL, ValueError):
        return ""


def _forbidden(url: object, why: str) -> ForbiddenURLError:
    return ForbiddenURLError(f"refused to send a request to {_format_url(url)}: {why}", url=str(url)[:_LONGEST])


def _format_url(url: object) -> str:
    # A name and password in a URL are secrets, whoever put them there.
    text = str(url)[:_LONGEST]
    shown = re.sub(r"//[^/?#]*@", "//…@", text)
    return repr(shown) if len(shown) <= 200 else f"{shown[:200]!r}…"
