"""Where the sandbox deviates from the API's document, because the API does; docs/sandbox-deviations.md tells each."""

from __future__ import annotations

MISSING_OUTPUT = "has no `output`"
MISSING_WEB = "has no `urls.web`"
HIDDEN = "the version `hidden` fits both halves of a oneOf"
NULL = "is null in a training that has not got so far"
STATUS = "a status that the document does not have"
QUERY = "Prism knows no method QUERY, and lets it pass unchecked"

PREDICTION = "a prediction"
TRAINING = "a training"

WHY = {
    MISSING_OUTPUT: "real answers leave it out until there is one: 382 of 429",
    MISSING_WEB: "real answers leave it out: 429 of 429; so do they `source`",
    HIDDEN: "the document's own fault: it offers the word twice, in a oneOf",
    NULL: "real trainings have null there; the document says string and object",
    STATUS: "errors are told in the API's public pages, but the document has none of them",
    QUERY: "a limit of the checker, not of the API",
}

IF_DOCUMENTED = {HIDDEN, NULL, STATUS, QUERY}
"""What is left with `Sandbox(documented=True)`, which gives every field that the document requires."""


def kind_of(violation):
    """Which deviation one violation that Prism reports is; None: one that is not known."""
    where, code = violation["location"], violation.get("code")
    field = where[-1] if where else ""
    said = violation["message"]
    if where == ["request"] and said == "Selected route not found":
        return QUERY
    if "status code" in said:
        return STATUS
    if code == "required" and said.endswith("required property 'output'"):
        return MISSING_OUTPUT
    if code == "required" and field == "urls" and said.endswith("required property 'web'"):
        return MISSING_WEB
    if code == "oneOf" and field == "version":
        return HIDDEN
    if code == "type" and field in ("completed_at", "logs", "output", "started_at"):
        return NULL
    return None
