"""The items of an output as the caller gets them: what `wrapping` does with a whole output, while it grows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from attrs import frozen

from replicatekit._predictions.output import expected_shape, wrapped
from replicatekit._streaming.remainder import item_to_data

if TYPE_CHECKING:
    from replicatekit._base.deadline import Deadline
    from replicatekit._domain.reference import Reference
    from replicatekit._files.settings import FileSettings
    from replicatekit._session.session import Session
    from replicatekit_api.models import Prediction

__all__ = ["ItemWrapping"]


@frozen
class ItemWrapping:
    """How the items of one prediction are given."""

    settings: FileSettings | None
    """How files are found; None gives the items as they come."""
    reference: Reference | None = None
    """What was run, which may say more of the model than the prediction does."""

    async def wrapped(self, session: Session, run: Prediction, item: Any, index: int, deadline: Deadline) -> Any:
        """An item, by its model's schema. The schema is asked for as for a whole output: where a URL leaves a doubt."""
        if self.settings is None or item is None:
            return item
        shape = expected_shape(session, run, self.settings, self.reference)
        if shape.branches is None and (self.settings.schema == "fetch" or _may_have_url(item)):
            await wrapped(session, _with_output(run, [item]), self.settings, self.reference, deadline)
            shape = expected_shape(session, run, self.settings, self.reference)

        def make_file(url: str) -> Any:
            return session.output_file(session, url)

        is_whole = run.output is not None and not isinstance(run.output, list)
        return shape.wrap(item, make_file) if is_whole else shape.wrap_item(item, make_file, index)


def _may_have_url(item: Any) -> bool:
    data = item_to_data(item)
    return "://" in data or "data:" in data


def _with_output(run: Prediction, output: list[Any]) -> Prediction:
    return cast("Any", type(run)).from_dict({**run.to_dict(), "output": output})
