"""The sandbox's dependencies: the error for a missing one names the extra that installs it."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from replicatekit.sandbox._api.listener import Listener

_PACKAGES = ("httpx", "jsonschema", "python_multipart", "starlette", "uvicorn")


def load_listener() -> type[Listener]:
    """Import the server.

    Raises:
        ModuleNotFoundError: The extra `sandbox` is not installed.
    """
    missing = [name for name in _PACKAGES if not _is_installed(name)]
    if missing:
        raise ModuleNotFoundError(
            f"the sandbox needs packages that are not installed ({', '.join(missing)}): "
            "pip install 'replicatekit[sandbox]'",
            name=missing[0],
        )
    from replicatekit.sandbox._api.listener import Listener

    return Listener


def _is_installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ValueError:  # the module is in `sys.modules` without a spec, or blocked there
        return False
