"""One report from what was compared: the document's changes and the package's, merged, under both names."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from pipeline.errors import GenerationFailed
from pipeline.generation import Unusable, corrected
from report.document_diff import document_changes
from report.python_names import PythonNames
from report.rendering import Report, merged, with_names
from report.usage import uses

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.document import Document
    from pipeline.project import Project
    from report.change import Change

__all__ = ["make_report"]


def make_report(
    old: Document, new: Document, package: tuple[Change, ...] | None, project: Project, code: Path | None = None
) -> Report:
    """Make a report; `package` is None where the packages were not compared.

    Raises:
        DocumentError: A reference in one of the documents leads nowhere.
    """
    named = with_names(document_changes(old, new), _names(old, project), _names(new, project))
    changes = merged(named, package)
    found = uses(changes, code) if code is not None else None
    return Report(old.label, new.label, changes, package is not None, found)


def _names(document: Document, project: Project) -> PythonNames:
    try:
        return PythonNames(corrected(copy.deepcopy(document.root), project.corrections)[0])
    except (GenerationFailed, OSError, Unusable):
        return PythonNames(document.root)  # it is not generated from, but may be compared
