"""What `stream` and `iterate` take, and the flows that they begin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from attrs import fields_dict

from replicatekit._base.validation import check_flags
from replicatekit._predictions.event_stream import EventFlow, Manner, Order
from replicatekit._predictions.item_stream import ItemFlow
from replicatekit._predictions.lifecycle import WaitSettings
from replicatekit._predictions.output_items import ItemWrapping
from replicatekit._predictions.run import Options
from replicatekit.errors import InvalidArgument
from replicatekit.options import PredictionStreamOptions, RunOptions, StreamOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replicatekit._domain.reference import Reference
    from replicatekit._session.session import Session
    from replicatekit_api.models import Prediction

__all__ = ["STREAM_ONLY", "events_of", "items_of", "new_events", "new_items"]

STREAM_ONLY = frozenset(fields_dict(Manner))
"""The options of a stream that a run does not have."""


def new_events(
    session: Session, reference: Reference, given: Mapping[str, Any] | None, options: StreamOptions[Any]
) -> EventFlow:
    """The events of a prediction that is created when the first of them is asked for.

    Raises:
        InvalidArgument: An option cannot be.
    """
    return EventFlow(session, _manner(options), Order(reference, given, _checked(session, options)))


def new_items(
    session: Session, reference: Reference, given: Mapping[str, Any] | None, options: StreamOptions[Any]
) -> ItemFlow:
    """The items of a prediction that is created when the first of them is asked for. Raises as `new_events`."""
    checked = _checked(session, options)
    events = EventFlow(session, _manner(options), Order(reference, given, checked))
    return ItemFlow(events, ItemWrapping(None if checked.raw else checked.files(session), reference))


def events_of(session: Session, run: Prediction, live: Any, options: PredictionStreamOptions[Any]) -> EventFlow:
    """The events of a prediction that exists.

    Args:
        session: Its client's inside.
        run: What it was last.
        live: The same, as the caller knows it.
        options: What the caller wants.

    Raises:
        InvalidArgument: An option cannot be.
        StreamError: It has no stream, and has to have one.
    """
    return EventFlow(session, _manner(options), following=_following(_rest(options)), live=live, run=run)


def items_of(session: Session, run: Prediction, live: Any, options: PredictionStreamOptions[Any]) -> ItemFlow:
    """The items of a prediction that exists; see `events_of`."""
    return ItemFlow(events_of(session, run, live, options), ItemWrapping(session.files))


def _following(rest: dict[str, Any]) -> WaitSettings:
    unknown = sorted(set(rest) - set(PredictionStreamOptions.__annotations__))
    if unknown:
        known = ", ".join(PredictionStreamOptions.__annotations__)
        raise InvalidArgument(f"there is no option {unknown[0]!r}; the options of a stream: {known}")
    return WaitSettings.of(**rest)


def _checked(session: Session, given: StreamOptions[Any]) -> Options:
    # Held, the prediction would be known when there is nothing left to stream.
    options = Options.of(cast("RunOptions[Any]", {"wait": False, **_rest(given)}))
    options.files(session)
    return options


def _manner(options: Mapping[str, Any]) -> Manner:
    wanted = {name: value for name, value in options.items() if name in STREAM_ONLY}
    check_flags(**wanted)
    return Manner(**wanted)


def _rest(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name not in STREAM_ONLY}
