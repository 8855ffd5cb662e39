"""Where the token may go: a table of URLs that want it and must not have it."""

from __future__ import annotations

import random
from urllib.parse import urlsplit

import httpx
import pytest

from replicatekit._http.token_policy import Origin, TokenPolicy, UrlAccess, origin_of
from replicatekit.errors import ForbiddenURLError, InvalidArgument

API = "https://api.replicate.com/v1"
LOCAL = "http://127.0.0.1:8093/v1"
TOKEN, PLAIN, FORBIDDEN = UrlAccess.TOKEN, UrlAccess.PLAIN, UrlAccess.FORBIDDEN

GOOD = [
    ("https://api.replicate.com/v1/predictions/abc", "the API"),
    ("https://api.replicate.com/v1/predictions?cursor=cD0yMDI0%3D%3D", "a cursor"),
    ("https://api.replicate.com:443/v1/files/abc", "the default port, named"),
    ("HTTPS://API.Replicate.COM/v1/files/abc", "names ignore case"),
    ("https://api.replicate.com", "no path"),
    ("https://api.replicate.com?x=1", "a query without a path"),
    ("https://api.replicate.com/v1/../v2", "another path of the same origin"),
    ("https://api.replicate.com//evil.com/", "the same: a path that looks like a host"),
    ("https://api.replicate.com/@evil.com/", "the same: an at sign after the slash"),
    ("https://api.replicate.com/?u=https://evil.com", "a URL in the query goes nowhere"),
    ("https://api.replicate.com/#@evil.com", "a fragment is not sent"),
    ("https://api.replicate.com?@evil.com/", "an at sign in the query"),
    ("https://stream.replicate.com/v1/streams/abc", "a streaming host"),
    ("https://streaming.api.replicate.com/v1/predictions/abc", "a streaming host"),
    ("https://streaming-api.svc.us.c.replicate.net/v1/streams/abc", "a streaming host of a region"),
    ("https://streaming-api.svc.rno2.c.replicate.net/v1/streams/abc", "of another region"),
]

# Well-formed, and leading elsewhere: they may be fetched, and never with the token.
ELSEWHERE = [
    ("https://replicate.delivery/pbxt/a/out.png", "output files need no token"),
    ("https://tjzk.replicate.delivery/a.png", "nor do those on subdomains"),
    ("https://replicate.com/acme/a", "the web site is not the API"),
    ("https://www.replicate.com/", "nor is this"),
    ("https://evil.com/", "another host"),
    ("https://evil.com/api.replicate.com/v1", "the name in the path"),
    ("https://evil.com/?api.replicate.com", "the name in the query"),
    ("https://evil.com/#api.replicate.com", "the name in the fragment"),
    ("https://evil.com/@api.replicate.com", "the name after an at sign in the path"),
    ("https://evil.com?@api.replicate.com/", "the name after an at sign in the query"),
    ("https://evil.com#@api.replicate.com/", "the name after an at sign in the fragment"),
    ("https://evil.com//api.replicate.com/v1", "the name after two slashes"),
    ("https://evil.com/https://api.replicate.com/v1", "a URL in the path"),
    ("http://api.replicate.com/v1/predictions", "http instead of https"),
    ("http://api.replicate.com:443/v1", "http on the port of https"),
    ("https://api.replicate.com:80/v1", "https on the port of http"),
    ("https://api.replicate.com:8443/v1", "another port"),
    ("https://api.replicate.com:4430/v1", "a port that begins like the right one"),
    ("https://api.replicate.com:44/v1", "a port that is the beginning of it"),
    ("https://api.replicate.com.evil.com/v1", "the name as a beginning"),
    ("https://api.replicate.com.evil.com:443/v1", "the same with a port"),
    ("https://api.replicate.community/v1", "a longer top-level domain"),
    ("https://api.replicate.co/v1", "a shorter one"),
    ("https://api.replicate.net/v1", "another one"),
    ("https://api.replicate.com-evil.com/v1", "a dash in place of a dot"),
    ("https://evil-api.replicate.com/v1", "a dash before it"),
    ("https://evilapi.replicate.com/v1", "letters before it"),
    ("https://evil.api.replicate.com/v1", "a subdomain of the API's host"),
    ("https://a.replicate.com/v1", "a sibling"),
    ("https://apireplicate.com/v1", "a missing dot"),
    ("https://api-replicate.com/v1", "a dash for a dot"),
    ("https://api.replicate-com.evil.com/v1", "a dash for the other"),
    ("https://api.rep1icate.com/v1", "a digit one for an l"),
    ("https://api.repIicate.com/v1", "a capital i for an l"),
    ("https://api.replicat.com/v1", "a letter less"),
    ("https://api.replicatee.com/v1", "a letter more"),
    ("https://api.repilcate.com/v1", "two letters swapped"),
    ("https://xn--pi-6kc.replicate.com/v1", "a Cyrillic a, in punycode"),
    ("https://api.xn--replcate-wkb.com/v1", "a dotless i, in punycode"),
    ("https://api_replicate.com/v1", "an underscore"),
    ("https://api.replicate.com_/v1", "an underscore after it"),
    ("https://com.replicate.api/v1", "the labels turned round"),
    ("https://replicate.net/v1", "the domain of the streaming hosts alone"),
    ("https://replicate.net.evil/v1/streams/a", "that domain as a beginning"),
    ("https://c.replicate.net/v1/streams/a", "a part of a streaming host"),
    ("https://svc.us.c.replicate.net/v1/streams/a", "another part"),
    ("https://streaming-api.svc.c.replicate.net/v1/streams/a", "no region"),
    ("https://streaming-api.svc.a.b.c.replicate.net/v1/streams/a", "two regions"),
    ("https://streaming-api.svc.us.c.replicate.net.evil.com/v1", "a streaming host as a beginning"),
    ("https://evil-streaming-api.svc.us.c.replicate.net/v1", "letters before it"),
    ("https://evil.streaming-api.svc.us.c.replicate.net/v1", "a label before it"),
    ("https://streaming-api.svc.us.c.replicate.com/v1", "its other top-level domain"),
    ("https://streaming-api-svc.us.c.replicate.net/v1", "a dash for a dot"),
    ("https://streaming-apixsvc.us.c.replicate.net/v1", "a letter for a dot"),
    ("https://other-api.svc.us.c.replicate.net/v1", "another service of that domain"),
    ("https://streaming-api.svc.us_x.c.replicate.net/v1", "a region that is none"),
    ("http://streaming-api.svc.us.c.replicate.net/v1/streams/a", "a streaming host over http"),
    ("https://streaming-api.svc.us.c.replicate.net:8443/v1", "on another port"),
    ("http://stream.replicate.com/v1", "the other streaming host over http"),
    ("https://stream.replicate.com.evil.com/v1", "as a beginning"),
    ("https://stream.replicate.com:444/v1", "on another port"),
    ("https://streamxreplicate.com/v1", "a letter for a dot"),
    ("https://evilstream.replicate.com/v1", "letters before it"),
    ("https://replicate.delivery.evil.com/x", "a lookalike of the file host"),
    ("https://localhost/v1", "this machine is not the API"),
    ("http://localhost:8093/v1", "nor is a server on it"),
    ("http://127.0.0.1/v1", "nor this"),
    ("http://[::1]/v1", "nor this"),
    ("https://10.0.0.1/v1", "an address"),
    ("http://169.254.169.254/latest/meta-data", "the address of a cloud's metadata"),
    ("https://[2606:4700::1]/v1", "an address of six"),
    ("https://[::ffff:7f00:1]/v1", "four in six"),
]

# Read one way by one parser and another way by the next, or no address of the web at all.
FOUL = [
    ("https://evil.com@api.replicate.com/v1", "user info, even before the right host"),
    ("https://api.replicate.com@evil.com/v1", "user info that looks like the host"),
    ("https://api.replicate.com:443@evil.com/v1", "user info that looks like host and port"),
    ("https://api.replicate.com%40evil.com/v1", "an encoded at sign"),
    ("https://user:secret@api.replicate.com/v1", "a name and a password"),
    ("https://@api.replicate.com/v1", "an empty name"),
    ("https://:@api.replicate.com/v1", "an empty name and password"),
    ("https://a@b@api.replicate.com/v1", "two at signs"),
    ("https://api.replicate.com\\@evil.com/v1", "a backslash before the at sign"),
    ("https://evil.com\\@api.replicate.com/v1", "the same the other way round"),
    ("https://evil.com\\.api.replicate.com/v1", "a backslash in the host"),
    ("https:\\\\api.replicate.com/v1", "backslashes for slashes"),
    ("https:/\\api.replicate.com/v1", "one of each"),
    ("https://api.replicate.com\\v1", "a backslash for the path's slash"),
    ("https://api.replicate.com/v1\\..\\x", "a backslash in the path"),
    ("https://api.replicate.com;evil.com/v1", "a semicolon in the host"),
    ("https://api.replicate.com,evil.com/v1", "a comma in the host"),
    ("https://api.replicate.com&evil.com/v1", "an ampersand in the host"),
    ("https://api.replicate.com!evil.com/v1", "an exclamation mark"),
    ("https://api.replicate.com$evil.com/v1", "a dollar sign"),
    ("https://api.replicate.com*evil.com/v1", "an asterisk"),
    ("https://*.replicate.com/v1", "a wildcard"),
    ("https://api.replicate.com|evil.com/v1", "a bar"),
    ("https://api.replicate.com^evil.com/v1", "a caret"),
    ("https://api.replicate.com`evil.com/v1", "a backtick"),
    ("https://api.replicate.com{evil.com/v1", "a brace"),
    ("https://api.replicate.com<evil.com/v1", "an angle"),
    ('https://api.replicate.com"evil.com/v1', "a quotation mark"),
    ("https://api.replicate.com'evil.com/v1", "an apostrophe"),
    ("https://api.replicate.com(evil.com)/v1", "brackets"),
    ("https://api.replicate.com=evil.com/v1", "an equals sign"),
    ("https://api.replicate.com~evil.com/v1", "a tilde"),
    ("https://api.replicate.com+evil.com/v1", "a plus sign"),
    ("https://api.replicate.com evil.com/v1", "a space in the host"),
    (" https://api.replicate.com/v1", "a space before it"),
    ("https://api.replicate.com/v1 ", "a space after it"),
    ("\u00a0https://api.replicate.com/v1", "a no-break space before it"),
    ("https://api.replicate.com/v1\u2003", "an em space after it"),
    ("https ://api.replicate.com/v1", "a space in the scheme"),
    ("https: //api.replicate.com/v1", "a space after the colon"),
    ("https:// api.replicate.com/v1", "a space before the host"),
    ("https://api.replicate.com /v1", "a space after the host"),
    ("https://api.replicate.com\t/v1", "a tab that some parsers drop"),
    ("https://api.repli\ncate.com/v1", "a line end that some parsers drop"),
    ("https://api.replicate.com\r\n.evil.com/v1", "both of them"),
    ("ht\ntps://api.replicate.com/v1", "in the scheme"),
    ("https://api.replicate.com/v1\r\nX-Evil: 1", "a header after the path"),
    ("https://api.replicate.com/v1\n", "a line end after the path"),
    ("https://api.replicate.com\x00.evil.com/v1", "a NUL in the host"),
    ("https://api.replicate.com/v1\x00", "a NUL in the path"),
    ("https://api.replicate.com/\x7f", "a delete character"),
    ("https://api.replicate.com/\x85", "a control character above ASCII"),
    ("https://\u0430pi.replicate.com/v1", "a Cyrillic a"),
    ("https://api.repl\u0456cate.com/v1", "a Ukrainian i"),
    ("https://api.replicat\u0435.com/v1", "a Cyrillic e"),
    ("https://api.repl\u0131cate.com/v1", "a dotless i"),
    ("https://ap\u0130.replicate.com/v1", "a dotted capital i"),
    ("https://api\u3002replicate.com/v1", "an ideographic full stop for a dot"),
    ("https://api\uff0ereplicate.com/v1", "a fullwidth full stop"),
    ("https://api\uff61replicate\uff61com/v1", "halfwidth full stops"),
    ("https://\uff41pi.replicate.com/v1", "a fullwidth a"),
    ("https://\u24d0pi.replicate.com/v1", "a circled a"),
    ("https://api.replicate.c\u00f6m/v1", "an umlaut"),
    ("https://api.replicate.com\u2044evil.com/v1", "a fraction slash"),
    ("https://api.replicate.com\u2215evil.com/v1", "a division slash"),
    ("https://evil.com\u2100.api.replicate.com/v1", "a sign that unfolds to a/c"),
    ("https://evil.com\uff03.api.replicate.com/v1", "a fullwidth number sign"),
    ("https://evil.com\uff0f.api.replicate.com/v1", "a fullwidth slash"),
    ("https://evil.com\uff20api.replicate.com/v1", "a fullwidth at sign"),
    ("https://api.repl\u00adicate.com/v1", "a soft hyphen that IDNA drops"),
    ("https://api.repl\u200bicate.com/v1", "a zero-width space"),
    ("https://api.repl\u200dicate.com/v1", "a zero-width joiner"),
    ("https://\u202emoc.etacilper.ipa/v1", "text turned round"),
    ("https://b\u00fccher.example/a.png", "a name outside ASCII: IDNA 2003 and 2008 disagree"),
    ("https://api.replicate.com./v1", "a dot after the name"),
    ("https://api.replicate.com.:443/v1", "the same with a port"),
    ("https://.api.replicate.com/v1", "a dot before it"),
    ("https://api..replicate.com/v1", "two dots"),
    ("https://-api.replicate.com/v1", "a label that begins with a dash"),
    ("https://api-.replicate.com/v1", "a label that ends with one"),
    ("https://" + "a" * 64 + ".com/v1", "a label that is too long"),
    ("https://" + "a." * 130 + "com/v1", "a name that is too long"),
    ("https://%61pi.replicate.com/v1", "a letter encoded"),
    ("https://api%2ereplicate.com/v1", "a dot encoded"),
    ("https://api.replicate.com%2eevil.com/v1", "a dot encoded after it"),
    ("https://api.replicate.com%2fevil.com/v1", "a slash encoded"),
    ("https://api.replicate.com%23evil.com/v1", "a number sign encoded"),
    ("https://api.replicate.com%00.evil.com/v1", "a NUL encoded"),
    ("https://api.replicate.com%09/v1", "a tab encoded"),
    ("https://api.replicate.com%5cevil.com/v1", "a backslash encoded"),
    ("https://%5b::1%5d/v1", "square brackets encoded"),
    ("https://api.replicate.com:/v1", "a colon without a port"),
    ("https://api.replicate.com:0/v1", "port 0"),
    ("https://api.replicate.com:0443/v1", "a port in octal to some"),
    ("https://api.replicate.com:00000443/v1", "a port with many zeros"),
    ("https://api.replicate.com:+443/v1", "a port with a sign"),
    ("https://api.replicate.com:-443/v1", "with another"),
    ("https://api.replicate.com: 443/v1", "a space before the port"),
    ("https://api.replicate.com:443:443/v1", "two ports"),
    ("https://api.replicate.com:443evil.com/v1", "letters after the port"),
    ("https://api.replicate.com:65536/v1", "a port that is too large"),
    ("https://api.replicate.com:65979/v1", "a port that wraps round to 443"),
    ("https://api.replicate.com:4294967739/v1", "the same in 32 bits"),
    ("https://api.replicate.com:\u0664\u0664\u0663/v1", "a port in other digits"),
    ("https://api.replicate.com:\uff14\uff14\uff13/v1", "a port in fullwidth digits"),
    ("https://api.replicate.com:0x1bb/v1", "a port in hexadecimal"),
    ("https://api.replicate.com:https/v1", "a port by name"),
    ("https://127.1/v1", "an address cut short"),
    ("https://2130706433/v1", "an address as one number"),
    ("https://0x7f000001/v1", "the same in hexadecimal"),
    ("https://0x7f.0.0.1/v1", "a part in hexadecimal"),
    ("https://0177.0.0.1/v1", "a part in octal"),
    ("https://127.0.0.01/v1", "a zero before it"),
    ("https://127.0.0.1./v1", "a dot after it"),
    ("https://256.0.0.1/v1", "a part that is too large"),
    ("https://1.2.3.4.5/v1", "five parts"),
    ("https://api.replicate.com.1/v1", "a name that ends in a number"),
    ("https://api.replicate.com.0x1/v1", "in a hexadecimal one"),
    ("https://127.0.0.1%00/v1", "a NUL after an address"),
    ("https://[api.replicate.com]/v1", "a name in square brackets"),
    ("https://[::1/v1", "a bracket that is not closed"),
    ("https://::1/v1", "no brackets"),
    ("https://[::1]evil.com/v1", "letters after the bracket"),
    ("https://[::1]:/v1", "no port after the bracket"),
    ("https://[::1%25eth0]/v1", "a zone"),
    ("https://[::1%eth0]/v1", "a zone, not encoded"),
    ("https://[v1.fe80::a]/v1", "an address of the future"),
    ("https://[::127.1]/v1", "an address cut short in brackets"),
    ("https://[]/v1", "empty brackets"),
    ("https://[:::1]/v1", "a colon too many"),
    ("https://api.replicate.com[::1]/v1", "brackets after a name"),
    ("https:///v1", "no host"),
    ("https://", "nothing after the slashes"),
    ("https:///api.replicate.com/v1", "three slashes"),
    ("https:////api.replicate.com/v1", "four slashes"),
    ("https:/api.replicate.com/v1", "one slash"),
    ("https:api.replicate.com/v1", "none"),
    ("https//api.replicate.com/v1", "no colon"),
    ("https:?//api.replicate.com/v1", "a question mark before the slashes"),
    ("https://?api.replicate.com/v1", "no host before the query"),
    ("https://#api.replicate.com/v1", "no host before the fragment"),
    ("//api.replicate.com/v1", "no scheme"),
    ("api.replicate.com/v1", "not even slashes"),
    ("/v1/predictions", "a path alone"),
    ("v1/predictions", "a relative path"),
    ("?cursor=1", "a query alone"),
    ("", "nothing"),
    ("ws://api.replicate.com/v1", "web sockets"),
    ("wss://api.replicate.com/v1", "web sockets over TLS"),
    ("ftp://api.replicate.com/v1", "ftp"),
    ("file:///etc/passwd", "a file"),
    ("file://api.replicate.com/etc/passwd", "a file on a host"),
    ("data:text/plain,https://api.replicate.com/", "data"),
    ("javascript://api.replicate.com/%0aalert(1)", "a script"),
    ("blob:https://api.replicate.com/x", "a blob"),
    ("view-source:https://api.replicate.com/", "a scheme around it"),
    ("url:https://api.replicate.com/v1", "another one"),
    ("httpss://api.replicate.com/v1", "a scheme that begins like it"),
    ("xhttps://api.replicate.com/v1", "one that ends like it"),
    ("http+unix://api.replicate.com/v1", "a scheme of some clients"),
    ("gopher://api.replicate.com:443/_GET", "gopher"),
    ("mailto:a@api.replicate.com", "mail"),
    ("\u017fttps://api.replicate.com/v1", "a long s"),
    ("http\u017f://api.replicate.com/v1", "a long s that folds to an s"),
    ("https://stream.replicate.com\u212a/v1", "a Kelvin sign, which folds to a k"),
    ("https\uff1a//api.replicate.com/v1", "a fullwidth colon"),
    ("https:\uff0f\uff0fapi.replicate.com/v1", "fullwidth slashes"),
    ("https://api.replicate.com/" + "a" * 70_000, "longer than any server takes"),
    (None, "no text"),
    (7, "a number"),
    (b"https://api.replicate.com/v1", "bytes"),
    (["https://api.replicate.com/v1"], "a list"),
]

LOCAL_ELSEWHERE = [
    ("http://127.0.0.1:8094/v1", "another port"),
    ("http://127.0.0.1:80/v1", "the default port"),
    ("http://127.0.0.1/v1", "no port"),
    ("https://127.0.0.1:8093/v1", "another scheme"),
    ("http://localhost:8093/v1", "a name for it"),
    ("http://127.0.0.2:8093/v1", "another loopback address"),
    ("http://[::1]:8093/v1", "that of six"),
    ("http://[::ffff:127.0.0.1]:8093/v1", "the same address in six"),
    ("http://0.0.0.0:8093/v1", "every address"),
    ("http://127.0.0.1.evil.com:8093/v1", "a beginning"),
    ("https://api.replicate.com/v1", "the real API: the token is not its"),
    ("https://stream.replicate.com/v1", "its streaming host"),
    ("https://streaming-api.svc.us.c.replicate.net/v1/streams/a", "the other one"),
]
LOCAL_FOUL = [
    ("http://127.0.0.1:8093@evil.com/v1", "user info"),
    ("http://evil.com@127.0.0.1:8093/v1", "user info before the right host"),
    ("http://127.1:8093/v1", "an address cut short"),
    ("http://0177.0.0.1:8093/v1", "in octal"),
    ("http://2130706433:8093/v1", "as a number"),
    ("http://127.0.0.1:08093/v1", "a zero before the port"),
    ("http://127.0.0.1:8093\\.evil.com/v1", "a backslash"),
    ("ws://127.0.0.1:8093/v1", "web sockets"),
]


def by_url(rows):
    return [pytest.param(url, id=why) for url, why in rows]


def test_the_table_is_long_enough():
    hostile = ELSEWHERE + FOUL + LOCAL_ELSEWHERE + LOCAL_FOUL
    assert len({repr(url) for url, _ in hostile}) >= 230


@pytest.mark.parametrize("url", by_url(GOOD))
def test_the_api_and_its_streaming_hosts_get_the_token(url):
    assert TokenPolicy(API).classify(url) is TOKEN
    assert TokenPolicy(API).allows_token(url)


@pytest.mark.parametrize("url", by_url(ELSEWHERE))
def test_other_origins_are_asked_without_the_token(url):
    assert TokenPolicy(API).classify(url) is PLAIN
    assert not TokenPolicy(API).allows_token(url)
    assert not TokenPolicy(API).is_same_origin(url)


@pytest.mark.parametrize("url", by_url(FOUL))
def test_what_can_be_read_in_two_ways_is_not_requested_at_all(url):
    for base in (API, LOCAL):
        gate = TokenPolicy(base)
        assert gate.classify(url) is FORBIDDEN
        assert not gate.is_same_origin(url)
        with pytest.raises(ForbiddenURLError, match="refused to send a request to"):
            gate.allows_token(url)


@pytest.mark.parametrize("url", by_url(LOCAL_ELSEWHERE))
def test_a_server_on_this_machine_shares_its_token_with_no_other(url):
    assert TokenPolicy(LOCAL).classify(url) is PLAIN


@pytest.mark.parametrize("url", by_url(LOCAL_FOUL))
def test_foul_urls_for_a_server_on_this_machine_are_not_requested(url):
    assert TokenPolicy(LOCAL).classify(url) is FORBIDDEN


def test_a_server_on_this_machine_gets_the_token_at_its_own_origin():
    for url in (LOCAL, "http://127.0.0.1:8093", "http://127.0.0.1:8093/v1/files/x?y#z"):
        assert TokenPolicy(LOCAL).classify(url) is TOKEN
        assert TokenPolicy(LOCAL).is_same_origin(url)
    assert TokenPolicy("http://[::1]:9/v1").classify("http://[::1]:9/v1/x") is TOKEN
    assert TokenPolicy("http://localhost/v1").classify("http://localhost:80/v1/x") is TOKEN


def test_another_https_host_gets_its_own_token_and_the_real_api_does_not():
    gate = TokenPolicy("https://gateway.example.com/replicate/v1/")
    assert gate.classify("https://gateway.example.com/replicate/v1/predictions") is TOKEN
    assert gate.classify("https://api.replicate.com/v1/predictions") is PLAIN
    assert gate.classify("https://stream.replicate.com/v1/x") is PLAIN
    assert TokenPolicy("https://api.replicate.com:8443/v1").classify("https://stream.replicate.com/v1/x") is PLAIN


@pytest.mark.parametrize(
    "base",
    [
        "http://api.replicate.com/v1",
        "http://10.0.0.1/v1",
        "http://0.0.0.0:80/v1",
        "http://localhost.evil.com/v1",
        "https://user:secret@api.replicate.com/v1",
        "https://api.replicate.com/v1?x=1",
        "https://api.replicate.com/v1#x",
        "api.replicate.com/v1",
        "https://api.replicate.com\\v1",
        "",
        None,
    ],
)
def test_a_base_url_that_the_token_is_not_safe_with_is_refused(base):
    with pytest.raises(InvalidArgument) as caught:
        TokenPolicy(base)
    assert "secret" not in str(caught.value)


def test_the_error_shows_no_password_and_not_the_whole_of_a_long_url():
    with pytest.raises(ForbiddenURLError) as caught:
        TokenPolicy(API).allows_token("https://user:secret@evil.com/v1")
    assert "secret" not in str(caught.value)
    with pytest.raises(ForbiddenURLError) as caught:
        TokenPolicy(API).allows_token("data:image/png;base64," + "A" * 10_000_000)
    assert len(str(caught.value)) < 500
    assert len(caught.value.url) < 20_000


def test_a_next_page_is_followed_on_the_apis_own_origin_only():
    gate = TokenPolicy(API)
    assert gate.is_same_origin("https://api.replicate.com/v1/predictions?cursor=abc")
    assert gate.is_same_origin("https://api.replicate.com:443/v1/predictions?cursor=abc")
    assert not gate.is_same_origin("https://stream.replicate.com/v1/predictions?cursor=abc")


@pytest.mark.parametrize(
    ("source", "location", "verdict", "target"),
    [
        ("https://api.replicate.com/v1/a", "/v1/b", TOKEN, "https://api.replicate.com/v1/b"),
        ("https://api.replicate.com/v1/a", "b?c=1", TOKEN, "https://api.replicate.com/v1/b?c=1"),
        ("https://api.replicate.com/v1/a", "https://api.replicate.com:443/b", TOKEN, None),
        ("https://api.replicate.com/v1/a", "https://evil.com/", PLAIN, "https://evil.com/"),
        ("https://api.replicate.com/v1/a", "//evil.com/x", PLAIN, "https://evil.com/x"),
        ("https://api.replicate.com/v1/a", "https://stream.replicate.com/v1/x", PLAIN, None),
        ("https://stream.replicate.com/v1/x", "https://api.replicate.com/v1/a", PLAIN, None),
        ("https://api.replicate.com/v1/a", "https://replicate.delivery/x", PLAIN, None),
        ("https://api.replicate.com/v1/a", "https://api.replicate.com:8443/x", PLAIN, None),
        ("https://replicate.delivery/x", "https://api.replicate.com/v1/account", PLAIN, None),
        ("https://evil.com/x", "https://api.replicate.com/v1/account", PLAIN, None),
        ("https://evil.com/x", "/y", PLAIN, "https://evil.com/y"),
        ("http://evil.com/x", "https://evil.com/x", PLAIN, None),
        ("https://api.replicate.com/v1/a", "http://api.replicate.com/v1/a", FORBIDDEN, None),
        ("https://replicate.delivery/x", "http://replicate.delivery/x", FORBIDDEN, None),
        ("https://api.replicate.com/v1/a", "/\\evil.com", FORBIDDEN, None),
        ("https://api.replicate.com/v1/a", "\\\\evil.com", FORBIDDEN, None),
        ("https://api.replicate.com/v1/a", "https://api.replicate.com@evil.com/", FORBIDDEN, None),
        ("https://api.replicate.com/v1/a", "//user@api.replicate.com/", FORBIDDEN, None),
        ("https://api.replicate.com/v1/a", "javascript:alert(1)", FORBIDDEN, None),
        ("https://api.replicate.com/v1/a", "file:///etc/passwd", FORBIDDEN, None),
        ("https://api.replicate.com/v1/a", "data:,x", FORBIDDEN, None),
        ("https://api.replicate.com/v1/a", "/x\r\nX: y", FORBIDDEN, None),
        ("https://api.replicate.com/v1/a", "https://[::1/", FORBIDDEN, None),
        ("https://api.replicate.com/v1/a", "", FORBIDDEN, None),
        ("https://api.replicate.com/v1/a", None, FORBIDDEN, None),
    ],
)
def test_a_redirect_keeps_the_token_within_one_origin(source, location, verdict, target):
    decided, url = TokenPolicy(API).redirect(source, location)
    assert decided is verdict
    if target is not None:
        assert url == target


def test_a_redirect_from_this_machine_does_not_carry_the_token_away():
    for location in ("http://127.0.0.1:8094/", "http://localhost:8093/v1", "https://api.replicate.com/v1"):
        assert TokenPolicy(LOCAL).redirect(LOCAL, location)[0] is PLAIN
    assert TokenPolicy(LOCAL).redirect(LOCAL, "/v1/x")[0] is TOKEN


ALLOWED = {"api.replicate.com", "stream.replicate.com", "streaming.api.replicate.com"}
ALLOWED |= {"streaming-api.svc.us.c.replicate.net"}
SPICE = [
    *"@:/\\?#[].%;&,_- \t\n\r\x00é0。",
    "%2e",
    "%40",
    "//",
    "evil.com",
    "@evil.com",
    ":443",
    ":80",
    "www.",
    "u:p@",
]


@pytest.mark.parametrize("seed", range(20))
def test_no_change_to_a_good_url_leads_the_token_to_a_host_that_any_parser_reads_differently(seed):
    rng = random.Random(seed)
    gate = TokenPolicy(API)
    for _ in range(300):
        url = rng.choice([url for url, _ in GOOD[:14]])
        for _ in range(rng.randrange(1, 4)):
            at = rng.randrange(len(url) + 1)
            url = url[:at] + rng.choice(SPICE) + url[at + rng.randrange(3) :]
        if gate.classify(url) is TOKEN:
            read = httpx.URL(url)
            assert (read.scheme, read.port or 443, read.userinfo) == ("https", 443, b"")
            assert read.raw_host.decode() in ALLOWED
            assert urlsplit(url).hostname in ALLOWED


def test_an_origin_is_scheme_host_and_port():
    assert origin_of("HTTPS://API.replicate.com/v1") == Origin("https", "api.replicate.com", 443)
    assert origin_of("http://[::1]:80/") == Origin("http", "[::1]", 80)
