"""Loaders: what many objects of one operation need is fetched in one statement.

They live as long as one operation, or one event of a subscription: never longer, since they
remember.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from strawberry.dataloader import DataLoader

from graphql_api.accounts.users import User, Users
from graphql_api.alerts.lifecycle import Alert
from graphql_api.alerts.listing import AlertListing
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.history import History
from graphql_api.inventory.items import Item
from graphql_api.inventory.locations import Location, Locations
from graphql_api.inventory.stock import Movement

if TYPE_CHECKING:
    from graphql_api.services import Services

# A page of something that belongs to an item: item id, limit, before which id (None: newest),
# until which id (None: oldest), and whether it is read from the far end.
PageKey = tuple[int, int, int | None, int | None, bool]


class Loaders:
    """All loaders of one operation. None for what is not there, or not for this viewer."""

    def __init__(self, services: Services, sees_admins: bool) -> None:
        self._services = services
        self._sees_admins = sees_admins

    # Made when first asked for: most operations, and most events, need none of them.

    @cached_property
    def item(self) -> DataLoader[int, Item | None]:
        return DataLoader(self._items)

    @cached_property
    def levels(self) -> DataLoader[int, dict[int, int]]:
        return DataLoader(self._levels)

    @cached_property
    def location(self) -> DataLoader[int, Location | None]:
        return DataLoader(self._locations)

    @cached_property
    def user(self) -> DataLoader[int, User | None]:
        return DataLoader(self._users)

    @cached_property
    def movements(self) -> DataLoader[PageKey, list[Movement]]:
        return DataLoader(self._movements)

    @cached_property
    def alerts(self) -> DataLoader[PageKey, list[Alert]]:
        return DataLoader(self._alerts)

    @cached_property
    def movement_count(self) -> DataLoader[int, int]:
        return DataLoader(self._movement_counts)

    @cached_property
    def alert_count(self) -> DataLoader[int, int]:
        return DataLoader(self._alert_counts)

    async def _movement_counts(self, ids: list[int]) -> Sequence[int]:
        found = await self._services.of(History).counts(ids)
        return [found[item_id] for item_id in ids]

    async def _alert_counts(self, ids: list[int]) -> Sequence[int]:
        found = await self._services.of(AlertListing).counts(ids)
        return [found[item_id] for item_id in ids]

    async def _items(self, ids: list[int]) -> Sequence[Item | None]:
        found = await self._services.of(Catalogue).by_ids(ids, self._sees_admins)
        return [found.get(item_id) for item_id in ids]

    async def _levels(self, ids: list[int]) -> Sequence[dict[int, int]]:
        found = await self._services.of(Catalogue).levels(ids)
        return [found[item_id] for item_id in ids]

    async def _locations(self, ids: list[int]) -> Sequence[Location | None]:
        found = await self._services.of(Locations).by_ids(ids)
        return [found.get(location_id) for location_id in ids]

    async def _users(self, ids: list[int]) -> Sequence[User | None]:
        found = await self._services.of(Users).by_ids(ids)
        return [found.get(user_id) for user_id in ids]

    async def _movements(self, keys: list[PageKey]) -> Sequence[list[Movement]]:
        pages: dict[PageKey, list[Movement]] = {}
        for limit, before, until, backwards in dict.fromkeys(key[1:] for key in keys):
            asked = (limit, before, until, backwards)
            ids = [key[0] for key in keys if key[1:] == asked]
            found = await self._services.of(History).pages(
                ids, limit, before, until=until, backwards=backwards
            )
            pages.update(((item_id, *asked), page) for item_id, page in found.items())
        return [pages[key] for key in keys]

    async def _alerts(self, keys: list[PageKey]) -> Sequence[list[Alert]]:
        pages: dict[PageKey, list[Alert]] = {}
        for limit, before, until, backwards in dict.fromkeys(key[1:] for key in keys):
            asked = (limit, before, until, backwards)
            ids = [key[0] for key in keys if key[1:] == asked]
            found = await self._services.of(AlertListing).pages(
                ids, limit, before, until=until, backwards=backwards
            )
            pages.update(((item_id, *asked), page) for item_id, page in found.items())
        return [pages[key] for key in keys]
