"""Which roles may see the items where somebody is: as the log has told, or the database.

An item's version decides which of two answers is newer, so it does not matter which comes first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from graphql_api.events.log import Event
from graphql_api.inventory import items as inventory
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.items import Item, item_of

UNKNOWN = (0, 0)  # version and roles of an item that is yet to be looked up: nobody may see it


class Audiences:
    """Of the items that were learnt and not forgotten."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._known: dict[int, tuple[int, int]] = {}
        self._learning: Counter[int] = Counter()

    def roles(self, item_id: int) -> int:
        """The mask of those who may see the item; 0 while that is not known, or it is deleted."""
        return self._known.get(item_id, UNKNOWN)[1]

    def is_known(self, item_id: int) -> bool:
        return item_id in self._known and not self._learning[item_id]

    async def learn(self, item_ids: Sequence[int]) -> dict[int, Item]:
        """Look items up, and heed what happens to them from now on: those that there are."""
        for item_id in item_ids:
            self._known.setdefault(item_id, UNKNOWN)  # events during the reading count too
            self._learning[item_id] += 1
        try:
            found = await self._catalogue.by_ids(item_ids, sees_admins=True)
        finally:
            for item_id in item_ids:
                self._learning[item_id] -= 1
                if not self._learning[item_id]:
                    del self._learning[item_id]
        for item in found.values():
            self._take(item)
        return found

    def heed(self, event: Event) -> int | None:
        """What an event of the log says: its item's id, if that may be seen by others now."""
        if event.topic != inventory.TOPIC or event.subject not in self._known:
            return None
        before = self.roles(event.subject)
        self._take(item_of(event.payload.item))
        return event.subject if self.roles(event.subject) != before else None

    def forget_all_but(self, item_ids: Sequence[int]) -> None:
        """Only these are still of interest."""
        for item_id in self._known.keys() - set(item_ids) - self._learning.keys():
            del self._known[item_id]

    def __len__(self) -> int:
        return len(self._known)

    def _take(self, item: Item) -> None:
        version, _ = self._known.get(item.id, UNKNOWN)
        if item.version >= version:
            roles = 0 if item.deleted_at is not None else item.roles
            self._known[item.id] = (item.version, roles)
