"""Execute the notebooks of docs/notebooks in the sandbox, and save their outputs: `make notebooks`."""

from __future__ import annotations

import os
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

from replicatekit.sandbox import Sandbox

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "docs" / "notebooks"


def execute(path: Path) -> Any:
    """Execute a notebook in its own sandbox and an empty folder; return it with the outputs."""
    nbformat, nbclient = import_module("nbformat"), import_module("nbclient")
    notebook = nbformat.read(path, as_version=4)
    with Sandbox(demo=True) as sandbox, tempfile.TemporaryDirectory() as folder:
        resources = {"metadata": {"path": folder}}
        client = nbclient.NotebookClient(
            notebook,
            timeout=60,
            kernel_name="python3",
            resources=resources,
            record_timing=False,
            extra_arguments=["--log-level=ERROR"],
        )
        client.execute(env={**os.environ, **sandbox.environment})
        text = nbformat.writes(notebook)
        for secret in (sandbox.token, folder, str(ROOT)):
            if secret in text:
                raise SystemExit(f"{path.name} contains a value of this machine: {secret}")
    notebook.metadata.language_info = {"name": "python"}
    return notebook


def main() -> int:
    """Execute the notebooks that are named on the command line, or all."""
    nbformat = import_module("nbformat")
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        if not sys.argv[1:] or path.stem in sys.argv[1:]:
            nbformat.write(execute(path), path)
            print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1000} KB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
