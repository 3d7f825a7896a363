"""What the business says of itself, for whoever shows prices and days."""

from __future__ import annotations

import strawberry

from schema.context import Info
from schema.faces import Face
from schema.permissions import Rule, query


@strawberry.type(description="What the business says of itself: set by who runs the server.")
class BusinessSettings:
    currency: str = strawberry.field(description="What all prices are in: a code of ISO 4217.")
    time_zone: str = strawberry.field(
        description="Where the business has its days, by its IANA name; figures go by it unless "
        "told otherwise."
    )


@strawberry.type
class BusinessQueries:
    @query(Rule.VIEWER, "The business's currency and time zone.", kept=True)
    async def settings(self, info: Info) -> BusinessSettings:
        settings = info.context.services.settings
        return BusinessSettings(currency=settings.currency, time_zone=settings.time_zone)


FACE = Face(queries=BusinessQueries)
