"""An item's levels, as they go with it into events and results."""

from __future__ import annotations

from collections.abc import Iterable


class Levels(dict[int, int]):
    """Location id → quantity. held: location id → how many of them are set aside, where any are;
    more than the quantity when goods that were held are gone."""

    __slots__ = ("held",)

    def __init__(
        self,
        quantities: Iterable[tuple[int, int]] = (),
        held: Iterable[tuple[int, int]] = (),
    ) -> None:
        super().__init__(quantities)
        self.held: dict[int, int] = dict(held)

    def free(self, location_id: int) -> int:
        """What is there that nobody holds; negative when more is held than there is."""
        return self.get(location_id, 0) - self.held.get(location_id, 0)

    def put(self, location_id: int, quantity: int, held: int) -> None:
        """Take over a level as it is stored."""
        self[location_id] = quantity
        if held:
            self.held[location_id] = held

    def hold(self, location_id: int, quantity: int) -> None:
        """Set `quantity` more units aside there; negative: give them back."""
        held = self.held.get(location_id, 0) + quantity
        assert held >= 0, "more was given back than was held"
        if held:
            self.held[location_id] = held
        else:
            self.held.pop(location_id, None)
