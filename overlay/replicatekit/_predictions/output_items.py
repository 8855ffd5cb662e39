"""Convert the items of a growing output for the caller: files as files, the rest unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from replicatekit._predictions.output import convert_output, expected_shape
from replicatekit._streaming.remainder import item_to_data

if TYPE_CHECKING:
    from replicatekit._base.deadline import Deadline
    from replicatekit._domain.reference import Reference
    from replicatekit._files.settings import FileSettings
    from replicatekit._session.session import Session
    from replicatekit_api.models import Prediction


@frozen
class ItemConverter:
    """Converts the items of one prediction."""

    settings: FileSettings | None
    """How files are recognized; None returns items unchanged."""
    reference: Reference | None = None
    """The reference that was run; it may say more about the model than the prediction does."""

    async def convert(self, session: Session, run: Prediction, item: Any, index: int, deadline: Deadline) -> Any:
        """Convert one item by its model's schema, which is requested only if a URL is ambiguous."""
        if self.settings is None or item is None:
            return item
        shape = expected_shape(session, run, self.settings, self.reference)
        if shape.branches is None and (self.settings.schema == "fetch" or _may_have_url(item)):
            await convert_output(session, run, [item], self.settings, self.reference, deadline)
            shape = expected_shape(session, run, self.settings, self.reference)

        def make_file(url: str) -> Any:
            return session.output_file(session, url)

        is_whole = run.output is not None and not isinstance(run.output, list)
        return shape.wrap(item, make_file) if is_whole else shape.wrap_item(item, make_file, index)


def _may_have_url(item: Any) -> bool:
    data = item_to_data(item)
    return "://" in data or "data:" in data
