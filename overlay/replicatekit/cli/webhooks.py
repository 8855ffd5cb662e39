"""`replicatekit webhooks`: receive, verify and replay webhooks."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from replicatekit.cli._frame.command import Command, Context, argument
from replicatekit.cli._frame.lists import show_run
from replicatekit.cli._frame.local_files import read_file
from replicatekit.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["COMMANDS"]

_VARIABLE = "REPLICATE_WEBHOOK_SECRET"


def secret_of(context: Context) -> str:
    """The signing secret: from `--secret-file`, the environment, or the token's account."""
    path: str | None = context.options.secret_file
    if path is not None:
        return read_file(path).decode("utf-8", "replace").strip()
    return os.environ.get(_VARIABLE) or context.client.webhooks.secret()


def show_secret(context: Context) -> None:
    """Print the account's signing secret."""
    context.output.line(context.client.webhooks.secret())


def verify(context: Context) -> None:
    """Verify a delivery."""
    from replicatekit import webhooks

    headers = dict(_header(each) for each in context.options.header)
    body = read_file(context.options.body)
    show_run(context, webhooks.verify(body, headers, secret_of(context), tolerance=context.options.tolerance))


def _header(text: str) -> tuple[str, str]:
    name, sign, value = text.partition(":")
    if not sign:
        raise InvalidArgument(f"the header {name!r} must be written as name:value")
    return name.strip(), value.strip()


def listen(context: Context) -> None:
    """Receive deliveries until Ctrl-C."""
    from replicatekit.cli._frame.webhook_listener import listen as serve

    options = context.options
    serve(context.output, options.port, secret_of(context), record=options.record, forward=options.forward)


def replay(context: Context) -> None:
    """Send recorded deliveries to a URL again, with new timestamps and signatures."""
    from replicatekit.cli._frame.webhook_listener import send

    secret = secret_of(context)
    for body in _recorded(context.options.file):
        status = send(context.options.to, body, secret)
        context.output.line(f"{status}\t{json.loads(body).get('id', '')}")


def _recorded(path: str) -> Iterable[bytes]:
    for number, line in enumerate(read_file(path).splitlines(), start=1):
        try:
            body: str = json.loads(line)["body"]
            yield body.encode()
        except (ValueError, KeyError, TypeError, AttributeError):
            raise InvalidArgument(f"{path}, line {number}: this is no recorded delivery") from None


_SECRET = argument(
    "--secret-file", metavar="FILE", help=f"the signing secret; else {_VARIABLE}, else that of the token's account"
)

COMMANDS = (
    Command(
        "listen",
        "Receive webhooks on 127.0.0.1, behind a tunnel: verify each, and print it. Ctrl-C ends it.",
        listen,
        argument("--port", metavar="PORT", type=int, default=8000, help="the port on 127.0.0.1; 8000 by default"),
        argument("--record", metavar="FILE", help="append what is received to a file, for `webhooks replay`"),
        argument("--forward", metavar="URL", help="send each verified delivery on to this URL"),
        _SECRET,
    ),
    Command(
        "replay",
        "Send recorded deliveries to a URL again, with new timestamps and signatures.",
        replay,
        argument("file", metavar="FILE", help="what `webhooks listen --record` wrote"),
        argument("--to", metavar="URL", required=True, help="your own endpoint"),
        _SECRET,
    ),
    Command(
        "verify",
        "Verify a delivery and show what it says. Exits with 1 if it must not be trusted.",
        verify,
        argument("body", metavar="FILE", help="the raw body; - for stdin"),
        argument(
            "-H",
            "--header",
            metavar="NAME:VALUE",
            action="append",
            default=[],
            help="a header: webhook-id, webhook-timestamp and webhook-signature are needed",
        ),
        argument(
            "--tolerance", metavar="SECONDS", type=float, default=300, help="maximum age in seconds; 300 by default"
        ),
        _SECRET,
    ),
    Command("secret", "Print the secret that the account's webhooks are signed with.", show_secret),
)
