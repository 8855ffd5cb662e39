"""Secret inputs: read from the environment when a batch runs, and never journaled."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from replicatekit._base.signatures import resolvable
from replicatekit._base.validation import format_value
from replicatekit.errors import InvalidArgument, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replicatekit.batch._model import BatchModel

# Without a schema, secrets are recognized by name: `hf_token`, `openai_api_key`, but not `max_tokens`.
_SECRET = re.compile(
    r"(?:^|[_-])(?:token|secret|password|passphrase|(?:api|access|private|secret)[_-]?key)$", re.IGNORECASE
)


def refuse_secrets(model: BatchModel | None, values: Mapping[str, Any], where: str) -> None:
    """Refuse an input that contains a secret, as the journal would store it.

    Raises:
        InvalidInput: It contains one.
    """
    known = None if model is None or model.schema is None else model.secrets
    if known is None:
        names = [name for name in values if isinstance(values[name], str) and _SECRET.search(str(name))]
    else:
        names = known
    secret = next((name for name in names if values.get(name)), None)
    if secret is not None:
        why = "is a secret" if known else "looks like a secret, and the model's schema cannot be read"
        raise InvalidInput(
            f"{where}.{secret} {why}: a journal must not keep it. Leave it out of the inputs, and name the environment"
            f" variable that has it: run(secrets={{{secret!r}: 'VARIABLE'}})",
            path=f"{where}.{secret}",
        )


def read_secrets(names: Mapping[str, str] | None) -> dict[str, str]:
    """The values of the environment variables that hold secret inputs.

    Raises:
        InvalidArgument: A variable is not set.
    """
    values: dict[str, str] = {}
    for name, variable in (names or {}).items():
        value = os.environ.get(variable)
        if not value:
            raise InvalidArgument(
                f"secrets names the environment variable {format_value(variable)} for the input {name!r}, and it is"
                " not set"
            )
        values[name] = value
    return values


resolvable(__name__)
