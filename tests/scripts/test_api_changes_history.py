"""The report on real older revisions of the document, where they are at hand."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from api_changes import report_on
from pipeline.generation import generate
from pipeline.project import PACKAGE, Project
from pipeline.reading import Source, read, read_file
from pipeline.revision import read_revision
from pipeline.validation import check
from report.change import Verdict
from report.comparison import make_report
from report.document_diff import document_changes
from report.package_diff import package_changes

ROOT = Path(__file__).resolve().parents[2]
PROJECT = Project(ROOT)
FOLDER = ROOT.parent / "shared" / "api" / "history"
DATES = ["2024-08-22", "2025-03-19", "2025-05-07", "2025-09-16", "2025-10-06"]

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the older revisions are not at hand")


def path_of(date: str) -> str:
    return str(PROJECT.document if date == "now" else FOLDER / f"{date}.json")


@pytest.fixture(params=list(pairwise([*DATES, "now"])), ids="_to_".join)
def pair(request):
    return request.param


@pytest.fixture(scope="module")
def package_of(tmp_path_factory):
    """The package of a revision, generated once."""
    folder = tmp_path_factory.mktemp("packages")

    @cache
    def package_of(date: str) -> Path:
        if date == "now":
            return PROJECT.generated / PACKAGE
        generate(read_file(Path(path_of(date))), PROJECT.spec, folder / date)
        return folder / date / PACKAGE

    return package_of


def changes_between(old: str, new: str) -> set[tuple[str, str, str, str]]:
    report = report_on(*(read_revision(path_of(date), PROJECT) for date in (old, new)), PROJECT, package=False)
    return {
        (change.verdict.value, change.subject.name, f"{change.part} {change.path}".strip(), change.message)
        for change in report.changes
    }


KNOWN = {
    ("2024-08-22", "2025-03-19"): {
        ("breaking", "predictions.create", "response 200", "removed"),
        ("attention", "predictions.create", "response 202", "new: `schemas_prediction_response`"),
        ("harmless", "predictions.create", "header parameter Prefer", "new optional parameter: string"),
        ("attention", "account.get", "response 200 username", "now required in every response"),
        (
            "harmless",
            "Operations",
            "GET /models/{model_owner}/{model_name}/readme",
            "added, named `models.readme.get`",
        ),
        (
            "harmless",
            "Schemas",
            "prediction_request",
            "removed; replaced by `schemas_prediction_request`",
        ),
    },
    ("2025-03-19", "2025-05-07"): {
        ("harmless", "Operations", "GET /files/{file_id}/download", "added, named `files.download`"),
        ("harmless", "trainings.get", "response 200", "body now documented: `schemas_training_response`"),
        ("harmless", "schemas_prediction_response", "created_at", "now of format `date-time`"),
        ("breaking", "schemas_prediction_response", "input.prompt", "field removed, was: string"),
    },
    ("2025-05-07", "2025-09-16"): {
        ("harmless", "Operations", "GET /search", "added, named `search`"),
        ("attention", "schemas_prediction_response", "urls.web", "new required field: string (uri)"),
        ("harmless", "schemas_model_response", "is_official", "new field: boolean"),
        ("breaking", "schemas_model_response", "description", "may now be null"),
        (
            "harmless",
            "files.create",
            "request body (`multipart/form-data`) filename",
            "is no longer required",
        ),
    },
    ("2025-09-16", "2025-10-06"): {
        (
            "harmless",
            "Operations",
            "PATCH /models/{model_owner}/{model_name}",
            "added, named `models.update`",
        ),
        ("harmless", "schemas_training_response", "metrics.total_time", "new field: number"),
        ("harmless", "schemas_prediction_response", "metrics.total_time", "new field: number"),
    },
    ("2025-10-06", "now"): {
        ("attention", "schemas_prediction_response", "status", "new value `aborted`"),
        ("attention", "schemas_training_response", "status", "new value `aborted`"),
        ("harmless", "predictions.create", "header parameter Cancel-After", "new optional parameter: string"),
        ("harmless", "schemas_prediction_response", "deadline", "new field: string (date-time)"),
        ("harmless", "Operations", "QUERY /models", "added, named `models.search`"),
        ("harmless", "search", "security", "now sufficient: no credentials"),
        ("breaking", "models.predictions.create", "response 200", "removed"),
    },
}


def test_what_is_known_to_have_changed_is_reported(pair):
    assert KNOWN[pair] <= changes_between(*pair)


def test_schemas_that_only_moved_are_not_told_as_changes():
    found = changes_between("2025-03-19", "2025-05-07")
    assert not [one for one in found if one[1].startswith("deployments.")]


def test_a_pair_without_a_breaking_change_says_so():
    assert not [one for one in changes_between("2025-09-16", "2025-10-06") if one[0] == "breaking"]


def test_backwards_what_was_harmless_to_add_breaks():
    assert ("breaking", "Operations", "QUERY /models", "removed, named `models.search`") in changes_between(
        "now", "2025-10-06"
    )


@pytest.mark.parametrize("date", [*DATES, "now"])
def test_every_revision_is_valid_and_unchanged_against_itself(date):
    check(read_file(Path(path_of(date))).root)
    assert changes_between(date, date) == set()


def test_the_packages_of_every_pair_can_be_compared(package_of):
    packages = [package_of(date) for date in (*DATES, "now")]
    compared = [
        {(change.verdict.value, change.subject.name, change.path, change.message) for change in found}
        for found in (package_changes(*two) for two in pairwise(packages))
    ]
    assert all(compared)
    assert {
        ("harmless", "replicatekit_api.models.prediction_status", "PredictionStatus.ABORTED", "new"),
        ("harmless", "replicatekit_api.models.prediction", "Prediction.deadline", "new"),
        ("harmless", "Modules", "replicatekit_api.api.models.search", "new"),
    } <= compared[-1]
    assert ("harmless", "Modules", "replicatekit_api.api.files", "new") in compared[1]


@pytest.mark.parametrize("date", [*DATES, "now"])
def test_a_revision_in_yaml_is_the_same_document(date):
    document = read_file(Path(path_of(date)))
    for flow_style in (False, None):
        text = yaml.safe_dump(document.root, allow_unicode=True, sort_keys=False, default_flow_style=flow_style)
        assert read(Source(text.encode(), f"{date}.yaml")).root == document.root


# What breaks callers of each revision, and nothing else is called so: on the wire or in Python, and what happened.
BREAKS = {
    ("2024-08-22", "2025-03-19"): {
        ("deployments_predictions.create", "removed"),
        ("predictions.create", "removed"),
    },
    ("2025-05-07", "2025-09-16"): {
        ("Model.description", "may now be null"),
        ("ModelsListResponse", "removed; probably now `ModelPage`"),
    },
    ("2025-09-16", "2025-10-06"): {
        ("Prediction.metrics", "type was `dict[str, Any] | None`, is now `PredictionMetrics | None`"),
    },
    ("2025-10-06", "now"): {("models_predictions.create", "removed")},
}


@pytest.mark.parametrize("dates", BREAKS, ids="_to_".join)
def test_nothing_else_is_called_a_break(package_of, dates):
    documents = tuple(read_revision(path_of(date), PROJECT) for date in dates)
    packages = package_changes(*map(package_of, dates))
    report = make_report(documents, document_changes(*documents), packages, PROJECT)
    found = {(change.python, change.message) for change in report.changes if change.verdict is Verdict.BREAKING}
    assert found == BREAKS[dates]
