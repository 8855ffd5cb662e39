"""The folders of the project that the scripts read and write."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["PACKAGE", "Project"]

PACKAGE = "replicatekit_api"


@attrs.frozen
class Project:
    """A project, or a copy of one."""

    root: Path

    @property
    def spec(self) -> Path:
        """The folder with the document, its corrections, and the generator's configuration and templates."""
        return self.root / "spec"

    @property
    def document(self) -> Path:
        """The document as it is published."""
        return self.spec / "openapi.json"

    @property
    def corrections(self) -> Path:
        """Our corrections of the document."""
        return self.spec / "corrections.yaml"

    @property
    def source_page(self) -> Path:
        """The page about the source and the revision of the document."""
        return self.spec / "SOURCE.md"

    @property
    def generated(self) -> Path:
        """The folder with the generated package."""
        return self.root / "generated"

    @property
    def overlay(self) -> Path:
        """The folder with the handwritten package."""
        return self.root / "overlay"

    def start(self, *command: str, **environment: str) -> subprocess.Popen[str]:
        """Start a Python program in the project, with pipes for its output."""
        return subprocess.Popen(
            [sys.executable, *command],
            cwd=self.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment or None,
        )
