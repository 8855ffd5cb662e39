"""The exit codes of the command line."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit code of a command."""

    OK = 0
    """Success."""
    FAILED = 1
    """The model failed; or a check did: `doctor`, `models check`, `webhooks verify`, `batch run`."""
    USAGE = 2
    """An argument, an input or a file on this machine cannot be used. Nothing was sent."""
    API = 3
    """The API refused the request."""
    NETWORK = 4
    """The API could not be reached, or did not finish in time."""
    CANCELED = 130
    """Ctrl-C, or the prediction was canceled."""
