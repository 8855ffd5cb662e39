"""Convert a model's output from JSON for the caller: files as files, the pieces of a text as one text.

Only the model's schema distinguishes them. It is known if the caller passed a `Model` or a `Version`, or if the client
had to request the model to run it. Otherwise it is requested if the output is ambiguous, once for each model.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from replicatekit._base.deadline import NEVER, Deadline
from replicatekit._base.logs import log
from replicatekit._domain.status import raise_for_status
from replicatekit._predictions.model_schema import look_up_schema
from replicatekit._session.session import NO_SCHEMA, VersionSchema
from replicatekit.errors import FileGoneError, ReplicateError

if TYPE_CHECKING:
    from replicatekit._domain.output_schema import OutputShape
    from replicatekit._domain.reference import Reference
    from replicatekit._files.settings import FileSettings
    from replicatekit._session.session import Session
    from replicatekit_api.models import Prediction

_SCHEMA_SECONDS = 15.0  # a finished output does not wait longer for its schema
_DEEPEST = 20
_URL = r"(?i:https?://|data:)\S"
_URL_STARTS = {"data:", "http:", "https"}
_VERSION_ID = r"[0-9a-f]{64}"


async def result(session: Session, prediction: Prediction, settings: FileSettings | None = None) -> Any:
    """Return the output of a prediction as `run` does.

    Raises:
        ModelError, PredictionCanceled, PredictionAborted: It did not succeed.
        FileGoneError: The API has removed its data.
    """
    raise_for_status(prediction, prediction)
    output = prediction.output
    if output is None and prediction.data_removed:
        raise FileGoneError(
            "the API has removed the input, output and logs of this prediction, as it does an hour after the end",
            prediction_id=prediction.id,
        )
    return await convert_output(session, prediction, output, settings or session.files)


async def convert_output(
    session: Session,
    prediction: Prediction,
    output: Any,
    settings: FileSettings,
    reference: Reference | None = None,
    deadline: Deadline = NEVER,
) -> Any:
    """Convert an output of a prediction by its model's schema.

    Args:
        session: The client's session.
        prediction: The prediction.
        output: The output, all of it or as far as it is known.
        settings: How files are recognized.
        reference: The reference that was run; it may say more about the model than the prediction does.
        deadline: The deadline of a request for the schema.
    """
    if output is None:
        return None
    needs_no_schema = _is_plain(output)
    if needs_no_schema and settings.schema != "fetch":
        return output
    session = session.with_context(prediction_id=prediction.id)
    names = _names(prediction, reference)
    known = session.schemas.first(*names)
    if known is None and (
        settings.schema == "fetch" or (settings.schema == "auto" and _is_ambiguous(session, output, settings))
    ):
        known = await _request_schema(session, deadline, *names)
    if needs_no_schema:
        return output
    return _shape(session, known, settings).wrap(output, lambda url: session.output_file(session, url))


def expected_shape(
    session: Session, prediction: Prediction, settings: FileSettings, reference: Reference | None
) -> OutputShape:
    """The expected shape of an output, as far as it is known without a request."""
    return _shape(session, session.schemas.first(*_names(prediction, reference)), settings)


def _shape(session: Session, known: VersionSchema | None, settings: FileSettings) -> OutputShape:
    from replicatekit._domain.output_schema import OutputShape

    known = known or NO_SCHEMA
    return OutputShape.of(known.schema, known.cog_version, guess=settings.guess, api_url=session.api.base_url)


def _names(prediction: Prediction, reference: Reference | None) -> tuple[str | None, str | None]:
    """The version that ran, and the model. The model's latest version counts only if the version is unknown."""
    version, model = prediction.version, prediction.model
    if not version or not re.fullmatch(_VERSION_ID, version):
        version = reference and reference.version
    if not model and reference is not None and not reference.deployment:
        model = reference.model
    return version or None, model or None


def _is_ambiguous(session: Session, output: object, settings: FileSettings) -> bool:
    """Whether an output is ambiguous: strings may be pieces of one text, and a URL may be a file."""
    if _has_ambiguous_url(session, output, settings, 0):
        return True
    items = cast("list[object]", output) if isinstance(output, list) else []
    return bool(items) and all(
        isinstance(item, str) and not _is_certain_file(session, item, settings) for item in items
    )


def _has_ambiguous_url(session: Session, value: object, settings: FileSettings, depth: int) -> bool:
    if isinstance(value, str):
        return re.match(_URL, value) is not None and not _is_certain_file(session, value, settings)
    if depth > _DEEPEST:
        return False
    match value:
        case dict():
            parts = [*cast("dict[str, object]", value).values()]
        case list():
            parts = [*cast("list[object]", value)]
        case _:
            return False
    return any(_has_ambiguous_url(session, part, settings, depth + 1) for part in parts)


def _is_certain_file(session: Session, text: str, settings: FileSettings) -> bool:
    from replicatekit._domain.output_schema import looks_like_file

    return settings.guess and looks_like_file(text, session.api.base_url)


def _is_plain(output: object) -> bool:
    """Whether an output is one value that cannot be a file."""
    return not isinstance(output, (list, dict)) and str(output)[:5].lower() not in _URL_STARTS


async def _request_schema(
    session: Session, deadline: Deadline, version: str | None, model: str | None
) -> VersionSchema:
    """Request the schema. A failure is only logged, because the output exists without it."""
    if model is None or "/" not in model:
        return NO_SCHEMA  # the API has no way to request a version by its id alone
    if deadline.is_over:
        return NO_SCHEMA
    limited = session.with_context(deadline=Deadline.after(deadline.sooner(_SCHEMA_SECONDS)))
    try:
        known = await look_up_schema(limited, version, *model.split("/", 1))
    except ReplicateError as error:
        log.warning("the schema of %s could not be requested, so its output is converted without it: %s", model, error)
        return NO_SCHEMA
    session.schemas.add(known, version or model)
    return known
