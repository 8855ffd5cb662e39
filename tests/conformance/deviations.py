"""Where the sandbox deviates from the API's document as the API does; docs/sandbox-deviations.md describes each."""

from __future__ import annotations

MISSING_OUTPUT = "has no `output`"
MISSING_WEB = "has no `urls.web`"
HIDDEN = "the version `hidden` matches both schemas of a oneOf"
NULL = "is null in a training that is not finished"
STATUS = "a status that is not in the document"
QUERY = "Prism does not support the method QUERY, and does not check it"

PREDICTION = "a prediction"
TRAINING = "a training"

WHY = {
    MISSING_OUTPUT: "real responses omit it until there is one: 382 of 429",
    MISSING_WEB: "real responses omit it, and `source`: 429 of 429",
    HIDDEN: "an error of the document: both schemas of a oneOf allow it",
    NULL: "it is null in real trainings; the document says string and object",
    STATUS: "errors are described in the API's public documentation, but not in the document",
    QUERY: "a limit of the checker, not of the API",
}

IF_DOCUMENTED = {HIDDEN, NULL, STATUS, QUERY}
"""The deviations of `Sandbox(documented=True)`, which sends all fields that the document requires."""


def kind_of(violation):
    """Return the deviation for a violation that Prism reports, or None if it is unknown."""
    where, code = violation["location"], violation.get("code")
    field = where[-1] if where else ""
    message = violation["message"]
    if where == ["request"] and message == "Selected route not found":
        return QUERY
    if "status code" in message:
        return STATUS
    if code == "required" and message.endswith("required property 'output'"):
        return MISSING_OUTPUT
    if code == "required" and field == "urls" and message.endswith("required property 'web'"):
        return MISSING_WEB
    if code == "oneOf" and field == "version":
        return HIDDEN
    if code == "type" and field in ("completed_at", "logs", "output", "started_at"):
        return NULL
    return None
