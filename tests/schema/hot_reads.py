"""Changes of items and places at random, queries whose answers are kept, and what is true."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from graphql_api.accounts.roles import Role, Viewer
from graphql_api.errors import Refusal
from graphql_api.events.cursor import Cursor
from graphql_api.holds.commands import Until, WantedUnits
from graphql_api.holds.holds import Holds, PlaceHold
from graphql_api.inventory.item import ItemRef, Visibility
from graphql_api.inventory.items import Items
from graphql_api.inventory.location_changes import LocationChange, LocationMove, NewLocation
from graphql_api.inventory.locations import Locations
from graphql_api.inventory.minimums import LocationMinimum, Minimums
from graphql_api.inventory.stock import StockLedger
from graphql_api.services import Services
from tests.builders import (
    MAIN,
    USER_ID,
    adjust,
    archival,
    change,
    make_item,
    new_key,
    removal,
    restoration,
    transfer,
)
from tests.schema.api import SESSIONS, USER_IDS, Api

ITEM = """id sku name category barcode price cost stock held available minStock status version
  visibility displayUnit attributes deletedAt archivedAt updatedAt"""
LEVELS = "levels { quantity held available minStock location { id code path { code } } }"
PAGE = f"""query Page($where: ItemFilter, $search: String, $by: ItemOrder, $first: Int,
    $after: String, $last: Int, $before: String) {{
  items(where: $where, search: $search, orderBy: $by, first: $first, after: $after, last: $last,
      before: $before) {{
    nodes {{ {ITEM} }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
  }}
}}"""
SUMS = """query Sums($where: ItemFilter, $search: String) {
  items(where: $where, search: $search, first: 1) {
    totalCount totals { items units unitsExact value } suggestions
  }
}"""
ONE = f"query One($ref: ItemRef!) {{ item(ref: $ref) {{ {ITEM} {LEVELS} }} }}"
PLACES = """{ settings { currency } locations(includeArchived: true) {
  id code name archivedAt parent { code } children { code } path { code } } }"""
CATEGORIES = "{ categories(first: 5) { totalCount nodes { name items } edges { cursor } } }"

POOL = 8  # queries that are asked again and again

SORTS = ("SKU", "NAME", "STOCK", "PRICE", "UPDATED_AT")
SKUS = [f"{letter}-{number}" for letter in "abé" for number in (1, 2, 10, 11)]
NAMES = ["hammer", "Hammer 16", "ähre", "apfel", "bolt", "Bolt M4", "zange"]
CATEGORY_NAMES = ["Tools", "tools", "Parts", None]


class Changes:
    """Makes changes, of which some are refused. chance: what is chosen."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.ids: list[int] = []
        self.places = [MAIN]
        self._made = 0

    async def one(self, services: Services) -> Cursor | None:
        """One change by this process; its place in the log; None: it was refused."""
        kinds: list[Callable[[Services], Awaitable[Any]]] = [
            self._move, self._move, self._move, self._change, self._change, self._create,
            self._retire, self._restore, self._transfer, self._hold, self._place, self._minimum,
        ]  # fmt: skip
        try:
            result = await self.chance.choice(kinds if self.ids else [self._create])(services)
        except Refusal:
            return None
        cursor: Cursor | None = getattr(result, "cursor", None)
        return cursor or services.hub.seen().cursor

    def _item(self) -> int:
        return self.chance.choice(self.ids)

    def _fields(self) -> dict[str, Any]:
        pick = self.chance
        return {
            "name": pick.choice(NAMES),
            "category": pick.choice(CATEGORY_NAMES),
            "minStock": pick.choice([0, 5, 20]),
            "visibility": pick.choice([Visibility.EVERYONE] * 2 + [Visibility.ADMINS]),
        }

    async def _create(self, services: Services) -> None:
        self._made += 1
        sku = f"{self.chance.choice(SKUS)}{self.chance.choice(['', f'-{self._made}'])}"
        made = await make_item(
            services, sku, initial_stock=self.chance.randint(0, 9),
            category=self.chance.choice(CATEGORY_NAMES), price=self.chance.randint(0, 4) * 10_000,
        )  # fmt: skip
        self.ids.append(made.id)

    async def _move(self, services: Services) -> Any:
        quantity = self.chance.choice([-4, -1, 1, 7])
        return await services.of(StockLedger).carry_out(adjust(self._item(), quantity))

    async def _change(self, services: Services) -> Any:
        given = self._fields()
        if self.chance.random() < 0.3:
            given["sku"] = self.chance.choice(SKUS)
        if self.chance.random() < 0.3:
            given["barcode"] = self.chance.choice(["4006381333931", "X-1", None])
        names = self.chance.sample(sorted(given), 2)
        chosen = {name: given[name] for name in names}
        return await services.of(Items).change(change(self._item(), **chosen))

    async def _retire(self, services: Services) -> Any:
        if self.chance.random() < 0.5:
            return await services.of(Items).archive(archival(self._item()))
        return await services.of(Items).remove(removal(self._item()))

    async def _restore(self, services: Services) -> Any:
        return await services.of(Items).restore(restoration(self._item()))

    async def _transfer(self, services: Services) -> Any:
        to = self.chance.choice(self.places)
        return await services.of(StockLedger).carry_out(transfer(self._item(), 1, MAIN, to))

    async def _hold(self, services: Services) -> Any:
        wanted = (WantedUnits(ItemRef("id", str(self._item())), 1),)
        until = Until(None, 86_400)
        hold = PlaceHold(new_key(), wanted, until, None, None, USER_ID, True)
        return await services.of(Holds).carry_out(hold)

    async def _minimum(self, services: Services) -> Any:
        named = ItemRef("id", str(self._item()))
        place = self.chance.choice(self.places)
        command = LocationMinimum(named, place, self.chance.choice([None, 3]), USER_ID, True)
        return await services.of(Minimums).set(command)

    async def _place(self, services: Services) -> None:
        locations, place = services.of(Locations), self.chance.choice(self.places)
        if len(self.places) < 6:
            made = await locations.create(NewLocation(f"P{len(self.places)}", "A place", place))
            self.places.append(made.id)
        elif self.chance.random() < 0.5:
            await locations.change(LocationChange(place, {"name": self.chance.choice(NAMES)}))
        else:
            await locations.archive(LocationMove(place))


Asked = tuple[str, dict[str, Any]]


def some_query(changes: Changes, asked: list[Asked]) -> Asked:
    """A query that may be kept: mostly one of those that were `asked` last, where it is added."""
    if len(asked) < POOL or changes.chance.random() < 0.1:
        asked[:] = [*asked[-POOL + 1 :], _new_query(changes)]
    return changes.chance.choice(asked)


def _new_query(changes: Changes) -> Asked:
    chance = changes.chance
    kind = chance.random()
    if kind < 0.1:
        return PLACES, {}
    if kind < 0.2:
        return CATEGORIES, {}
    if kind < 0.4:
        by, value = chance.choice(
            [("id", str(changes._item() if changes.ids else 1)), ("sku", chance.choice(SKUS)),
             ("barcode", chance.choice(["4006381333931", "X-1"]))]
        )  # fmt: skip
        return ONE, {"ref": {by: value}}
    where: dict[str, Any] = chance.choice(
        [{}, {}, {}, {"categories": ["TOOLS"]}, {"statuses": ["LOW_STOCK", "OUT_OF_STOCK"]},
         {"includeDeleted": True}, {"includeArchived": True, "categories": ["parts"]},
         {"locationIds": [str(place) for place in changes.places[-2:]]}, {"skus": SKUS[:3]}]
    )  # fmt: skip
    search = chance.choice([None, None, None, "hammer", "bolt m4"])
    if kind < 0.5:
        return SUMS, {"where": where, "search": search}
    size = chance.choice([1, 3, 50])
    sort = {"by": chance.choice(SORTS), "direction": chance.choice(["ASC", "DESC"])}
    end = chance.choice([{"first": size}, {"last": size}])
    order = None if search and chance.random() < 0.5 else sort
    return PAGE, {"where": where, "search": search, "by": order, **end}


async def truth(api: Api, role: Role, query: str, variables: dict[str, Any]) -> dict[str, Any]:
    """What the query answers when it is carried out now, past all that is kept."""
    backend = api.app.backend
    assert backend is not None
    user_id = USER_IDS[role]
    viewer = Viewer(user_id, user_id + SESSIONS, role, 2**62)
    plan = backend.execution.plan(query, None, variables)
    answer = await backend.execution.answer(plan, backend.new_context(viewer, None, None))
    told: dict[str, Any] = orjson.loads(orjson.dumps(answer))  # parts of it are text already
    return told
