"""Loaders: what many objects of one operation need is fetched in one statement.

They live as long as one operation, or one event of a subscription: never longer, since they
remember.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from strawberry.dataloader import DataLoader

from graphql_api.accounts.users import User
from graphql_api.alerts.lifecycle import Alert
from graphql_api.inventory.items import Item
from graphql_api.inventory.locations import Location
from graphql_api.inventory.stock import Movement

if TYPE_CHECKING:
    from schema.context import Services

V = TypeVar("V")

# A page of something that belongs to an item: item id, limit, before which id (None: newest).
PageKey = tuple[int, int, int | None]


class Loaders:
    """All loaders of one operation. None for what is not there, or not for this viewer."""

    def __init__(self, services: Services, sees_admins: bool) -> None:
        self._services = services
        self._sees_admins = sees_admins
        self.item: DataLoader[int, Item | None] = DataLoader(self._items)
        self.levels: DataLoader[int, dict[int, int]] = DataLoader(self._levels)
        self.location: DataLoader[int, Location | None] = DataLoader(self._locations)
        self.user: DataLoader[int, User | None] = DataLoader(self._users)
        self.movements: DataLoader[PageKey, list[Movement]] = DataLoader(self._movements)
        self.alerts: DataLoader[PageKey, list[Alert]] = DataLoader(self._alerts)

    async def _items(self, ids: list[int]) -> Sequence[Item | None]:
        found = await self._services.catalogue.by_ids(ids, self._sees_admins)
        return [found.get(item_id) for item_id in ids]

    async def _levels(self, ids: list[int]) -> Sequence[dict[int, int]]:
        found = await self._services.catalogue.levels(ids)
        return [found[item_id] for item_id in ids]

    async def _locations(self, ids: list[int]) -> Sequence[Location | None]:
        found = await self._services.locations.by_ids(ids)
        return [found.get(location_id) for location_id in ids]

    async def _users(self, ids: list[int]) -> Sequence[User | None]:
        found = await self._services.users.by_ids(ids)
        return [found.get(user_id) for user_id in ids]

    async def _movements(self, keys: list[PageKey]) -> Sequence[list[Movement]]:
        pages: dict[PageKey, list[Movement]] = {}
        for limit, before in dict.fromkeys((key[1], key[2]) for key in keys):
            ids = [key[0] for key in keys if key[1:] == (limit, before)]
            found = await self._services.history.pages(ids, limit, before)
            pages.update(((item_id, limit, before), page) for item_id, page in found.items())
        return [pages[key] for key in keys]

    async def _alerts(self, keys: list[PageKey]) -> Sequence[list[Alert]]:
        pages: dict[PageKey, list[Alert]] = {}
        for limit, before in dict.fromkeys((key[1], key[2]) for key in keys):
            ids = [key[0] for key in keys if key[1:] == (limit, before)]
            found = await self._services.alert_listing.pages(ids, limit, before)
            pages.update(((item_id, limit, before), page) for item_id, page in found.items())
        return [pages[key] for key in keys]
