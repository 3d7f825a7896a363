"""Settings of what to order, as settings.py takes them in."""

from __future__ import annotations

from pydantic import BaseModel, Field

REORDER_DAYS_MAX = 365  # of lead time, also of an item, and of cover


class ReorderSettings(BaseModel):
    """How long orders take, and how long what they bring shall last."""

    reorder_cover_days: int = Field(
        30, gt=0, le=REORDER_DAYS_MAX, description="for how many days a suggested order shall last"
    )
    reorder_lead_time_days: int = Field(
        7,
        ge=0,
        le=REORDER_DAYS_MAX,
        description="in how many days an order comes, of items that have no lead time of their own",
    )
