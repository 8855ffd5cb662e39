"""Errors on the command line: the exit code, and a message of one or two lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replicatekit import errors
from replicatekit.cli._frame.exit_codes import ExitCode
from replicatekit.cli._frame.parser import UsageError

if TYPE_CHECKING:
    from replicatekit.errors import ReplicateError

# The first match applies.
_CODES: tuple[tuple[type[ReplicateError], ExitCode], ...] = (
    (errors.PredictionCanceled, ExitCode.CANCELED),
    (errors.WaitTimeout, ExitCode.NETWORK),
    (errors.PredictionError, ExitCode.FAILED),
    (errors.WebhookError, ExitCode.FAILED),
    (errors.InvalidArgument, ExitCode.USAGE),
    (errors.ForbiddenURLError, ExitCode.USAGE),
    (errors.FileAlreadyExistsError, ExitCode.USAGE),
    (errors.LocalFileError, ExitCode.USAGE),
    (errors.JournalError, ExitCode.USAGE),
    (errors.FileGoneError, ExitCode.API),
    (errors.APIStatusError, ExitCode.API),
)
_HINTS: tuple[tuple[type[ReplicateError], str], ...] = (
    (errors.MissingTokenError, "in a shell: set REPLICATE_API_TOKEN, or use --token-file FILE"),
    (errors.AuthenticationError, "check the token: replicatekit doctor"),
    (errors.PaymentRequiredError, "see https://replicate.com/account/billing"),
    (errors.OutcomeUnknownError, "before you run it again, look at: replicatekit predictions list"),
    (errors.APIConnectionError, "check the connection: replicatekit doctor"),
)


def exit_code_of(error: ReplicateError) -> ExitCode:
    """The exit code for an error; `NETWORK` if the request or its response was lost."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), ExitCode.NETWORK)


def lines_of(error: ReplicateError) -> list[str]:
    """The error's message, and what to do."""
    lines = [f"error: {error}"]
    if isinstance(error, UsageError):
        lines.append(f"see: {error.command or 'replicatekit'} --help")
    elif isinstance(error, errors.WaitTimeout):
        lines.append(f"to follow it: replicatekit predictions watch {error.prediction_id}")
    elif isinstance(error, errors.FileError) and error.prediction_id:
        lines.append(f"to save its output: replicatekit predictions outputs {error.prediction_id} -o PATH")
    elif isinstance(error, errors.PredictionError):
        lines.append(f"its logs: replicatekit predictions logs {error.prediction_id}")
    else:
        lines += [hint for kind, hint in _HINTS if isinstance(error, kind)][:1]
    return lines
