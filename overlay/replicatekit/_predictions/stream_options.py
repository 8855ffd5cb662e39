"""Make the flows of `stream` and `iterate` from the caller's options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from attrs import fields_dict

from replicatekit._base.validation import check_flags, check_options
from replicatekit._predictions.event_stream import EventStreamFlow, PendingRun, StreamBehavior
from replicatekit._predictions.item_stream import ItemStreamFlow
from replicatekit._predictions.options import Options, WaitSettings
from replicatekit._predictions.output_items import ItemConverter
from replicatekit.options import PredictionStreamOptions, StreamOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replicatekit._domain.reference import Reference
    from replicatekit._session.session import Session
    from replicatekit.options import RunOptions

STREAM_ONLY = frozenset(fields_dict(StreamBehavior))
"""The options of a stream that a run does not have."""


def new_events(
    session: Session, reference: Reference, input: Mapping[str, Any] | None, options: StreamOptions[Any]
) -> EventStreamFlow:
    """The events of a prediction that is created when the first event is requested.

    Raises:
        InvalidArgument: An option is unknown, or has an invalid value.
    """
    return EventStreamFlow(session, _behavior(options), PendingRun(reference, input, _run_options(options)))


def new_items(
    session: Session, reference: Reference, input: Mapping[str, Any] | None, options: StreamOptions[Any]
) -> ItemStreamFlow:
    """The items of a prediction that is created when the first item is requested. Raises as `new_events`."""
    flow = new_events(session, reference, input, options)
    run_options = cast("PendingRun", flow.pending).options
    return ItemStreamFlow(flow, ItemConverter(None if run_options.raw else run_options.files(session), reference))


def events_of(session: Session, bound: Any, options: PredictionStreamOptions[Any]) -> EventStreamFlow:
    """The events of a prediction that exists.

    Args:
        session: The client's session.
        bound: The prediction that the caller holds.
        options: The caller's options.

    Raises:
        InvalidArgument: An option is unknown, or has an invalid value.
        StreamError: The prediction has no event stream, and one is required.
    """
    check_options(options, PredictionStreamOptions.__annotations__)
    flow = EventStreamFlow(session, _behavior(options), settings=WaitSettings.of(**_rest(options)))
    flow.follow(bound)
    return flow


def items_of(session: Session, bound: Any, options: PredictionStreamOptions[Any]) -> ItemStreamFlow:
    """The items of a prediction that exists; see `events_of`."""
    return ItemStreamFlow(events_of(session, bound, options), ItemConverter(session.files))


def _run_options(options: StreamOptions[Any]) -> Options:
    check_options(options, StreamOptions.__annotations__, takes_input=True)
    # A held create would respond when there is nothing left to stream.
    return Options.of(cast("RunOptions[Any]", {"wait": False, **_rest(options)}))


def _behavior(options: Mapping[str, Any]) -> StreamBehavior:
    behavior = {name: value for name, value in options.items() if name in STREAM_ONLY}
    check_flags(**behavior)
    return StreamBehavior(**behavior)


def _rest(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name not in STREAM_ONLY}
