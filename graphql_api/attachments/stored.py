"""What every store says of what lies in it, and of itself."""

from __future__ import annotations

from dataclasses import dataclass

from graphql_api.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Lying:
    """Something in a store. size: bytes; written_at: microseconds since 1970."""

    name: str
    size: int
    written_at: int


class StoreAway(Unavailable):
    """The place where attachments lie does not serve. `fault`: why, for whoever runs it."""

    def __init__(self, place: str, fault: str) -> None:
        super().__init__("Attachments cannot be reached now; try again.")
        self.place = place
        self.fault = fault
