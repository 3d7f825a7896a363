"""Which holds: the filter of their list, and of what becomes of them. Used by holds.py."""

from __future__ import annotations

import strawberry

from graphql_api.delivery.filters import EVERYTHING, Axis, Filter
from graphql_api.holds import lifecycle, listing
from schema.node import findable, required_id
from schema.streams import bounded


@strawberry.input(description="Which holds; what is absent or null does not filter.")
class HoldFilter:
    item_ids: list[strawberry.ID] | None = strawberry.field(
        description="With units of any of these items.", default=None
    )
    statuses: list[lifecycle.HoldStatus] | None = strawberry.field(
        description="Any of these.", default=None
    )
    reference: str | None = strawberry.field(description="With this one.", default=None)

    def to_domain(self) -> listing.HoldFilter:
        ids = self.item_ids
        return listing.HoldFilter(
            item_ids=None if ids is None else tuple(required_id(item_id) for item_id in ids),
            statuses=None if self.statuses is None else tuple(self.statuses),
            reference=None if self.reference is None else findable(self.reference.strip()),
        )


_REFERENCE = Axis("reference", lambda event: (event.payload.hold.reference,))
_ITEM = Axis("item", lambda event: {line.item_id for line in event.payload.hold.lines})
_STATUS = Axis(
    "status", lambda event: (lifecycle.HoldStatus(event.payload.hold.status),), is_key=False
)


def hold_filter(where: HoldFilter | None) -> Filter:
    """As a subscription has it; None: everything."""
    if where is None:
        return EVERYTHING
    bounded("itemIds", where.item_ids)
    wanted = where.to_domain()
    return Filter.of(
        (_REFERENCE, None if wanted.reference is None else (wanted.reference,)),
        (_ITEM, wanted.item_ids),
        (_STATUS, wanted.statuses),
    )
