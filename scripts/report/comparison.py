"""Merge the changes of the document and of the package into one report, with both names."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from pipeline.errors import GenerationFailed
from pipeline.generation import Unusable, correct
from report.python_names import PythonNames
from report.rendering import Report, merge, with_names
from report.usage import uses

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.document import Document
    from pipeline.project import Project
    from report.change import Change

__all__ = ["make_report"]


def make_report(
    pair: tuple[Document, Document],
    document: tuple[Change, ...],
    package: tuple[Change, ...] | None,
    project: Project,
    code: Path | None = None,
) -> Report:
    """Make a report on an old and a new document; `package` is None if the packages were not compared."""
    old, new = pair
    changes = merge(with_names(document, _names(old, project), _names(new, project)), package)
    found = uses(changes, code) if code is not None else None
    return Report(old.label, new.label, changes, package is not None, found)


def _names(document: Document, project: Project) -> PythonNames:
    try:
        return PythonNames(correct(copy.deepcopy(document.root), project.corrections)[0])
    except (GenerationFailed, OSError, Unusable):
        return PythonNames(document.root)  # no package can be generated, but the documents can be compared
