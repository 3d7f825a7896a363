"""Loaders: what many objects of one operation need is fetched in one statement.

They live as long as one operation, or one event of a subscription: never longer, since they
remember. What several faces need is here by name; a face brings its own reads to `of`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar

from strawberry.dataloader import DataLoader

from graphql_api.accounts.users import User, Users
from graphql_api.delivery.dependencies import Dependencies
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.items import Item
from graphql_api.inventory.locations import Location, Locations
from graphql_api.services import Services
from schema import kept

K = TypeVar("K")
V = TypeVar("V")

# A page of something that belongs to an item: item id, limit, before which id (None: newest),
# until which id (None: oldest), and whether it is read from the far end.
PageKey = tuple[int, int, int | None, int | None, bool]

Read = Callable[[Services, list[K]], Awaitable[Mapping[K, V]]]
ReadPage = Callable[..., Awaitable[Mapping[int, list[V]]]]


class Loader(DataLoader[K, V]):
    """Fields that ask for the same wait for one answer. One that is given up, since a field beside
    it failed, gives up for itself alone."""

    def load(self, key: K) -> Awaitable[V]:
        return asyncio.shield(super().load(key))


class Loaders:
    """All loaders of one operation. None for what is not there, or not for this viewer."""

    def __init__(self, services: Services, sees_admins: bool) -> None:
        self._services = services
        self._sees_admins = sees_admins
        self._others: dict[Any, Loader[Any, Any]] = {}
        self.depends: Dependencies | None = None  # see schema/kept.py

    # Made when first asked for: most operations, and most events, need none of them.

    @cached_property
    def item(self) -> Loader[int, Item | None]:
        return Loader(self._items)

    @cached_property
    def location(self) -> Loader[int, Location | None]:
        return Loader(self._locations)

    @cached_property
    def user(self) -> Loader[int, User | None]:
        return Loader(self._users)

    def of(self, read: Read[K, V]) -> Loader[K, V]:
        """The loader that reads by `read`, a function of a module. It answers for every key. What
        it depends on is told by who asks it."""

        async def read_all(keys: list[K]) -> Sequence[V]:
            found = await read(self._services, keys)
            return [found[key] for key in keys]

        loader = self._others.get(read)
        if loader is None:
            loader = self._others[read] = Loader(read_all)
        return loader

    async def _items(self, ids: list[int]) -> Sequence[Item | None]:
        kept.on_items(self, ids)
        found = await self._services.of(Catalogue).by_ids(ids, self._sees_admins)
        return [found.get(item_id) for item_id in ids]

    async def _locations(self, ids: list[int]) -> Sequence[Location | None]:
        kept.on_places(self)
        found = await self._services.of(Locations).by_ids(ids)
        return [found.get(location_id) for location_id in ids]

    async def _users(self, ids: list[int]) -> Sequence[User | None]:
        found = await self._services.of(Users).by_ids(ids)
        return [found.get(user_id) for user_id in ids]


async def pages(read: ReadPage[V], keys: list[PageKey]) -> dict[PageKey, list[V]]:
    """Pages of what belongs to items, one statement for each kind of page.

    read: pages by item, given the items' ids, limit, before, until and backwards.
    """
    found: dict[PageKey, list[V]] = {}
    for limit, before, until, backwards in dict.fromkeys(key[1:] for key in keys):
        asked = (limit, before, until, backwards)
        ids = [key[0] for key in keys if key[1:] == asked]
        by_item = await read(ids, limit, before, until=until, backwards=backwards)
        found.update(((item_id, *asked), page) for item_id, page in by_item.items())
    return found
