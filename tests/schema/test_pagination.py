"""Lists are walked by pages: all of it, once, in order, also while rows come and go."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from graphql_api.accounts.roles import Role
from graphql_api.clock import HeldClock
from graphql_api.inventory.items import Items
from graphql_api.notifications.notifications import Message, Notifications, NotificationType
from graphql_api.services import Services
from graphql_api.texts.sorting import sort_key
from tests.builders import change, item_now, make_item, move
from tests.conftest import KINDS
from tests.schema.api import Api, Caller

on_both = pytest.mark.parametrize("maker", KINDS, indirect=True)

INFO = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
PAGE = f"nodes {{ id }} edges {{ cursor node {{ id }} }} {INFO}"
LISTS = {
    "items": "items(%s)",
    "stockMovements": "stockMovements(%s)",
    "alerts": "alerts(%s)",
    "notifications": "notifications(%s)",
    "users": "users(%s)",
}
SORTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "SKU": lambda item: sort_key(item["sku"]),
    "NAME": lambda item: sort_key(item["name"]),
    "STOCK": lambda item: item["stock"],
    "PRICE": lambda item: float(item["price"]),
    "UPDATED_AT": lambda item: item["updatedAt"],
}
NAMES = ["pin", "Pin", "PIN 2", "pin-2", "pin2", "Ärmel", "zoo", "2 pins", "é", "\U0001f600" * 200]


async def walk(caller: Caller, part: str, first: int) -> list[str]:
    """The ids of all pages, each page checked as it comes. part: the list's call, with %s."""
    ids: list[str] = []
    after: str | None = None
    while True:
        argument = f"first: {first}" + (f', after: "{after}"' if after else "")
        data = await caller.query(f"{{ page: {part % argument} {{ {PAGE} }} }}")
        page, info = data["page"], data["page"]["pageInfo"]
        assert page["nodes"] == [edge["node"] for edge in page["edges"]]
        assert info["hasPreviousPage"] is (after is not None)
        assert len(page["nodes"]) == first or not info["hasNextPage"]
        if page["edges"]:
            assert info["startCursor"] == page["edges"][0]["cursor"]
            assert info["endCursor"] == page["edges"][-1]["cursor"]
        ids += [node["id"] for node in page["nodes"]]
        if not info["hasNextPage"]:
            return ids
        after = info["endCursor"]


async def add_items(services: Services, clock: HeldClock) -> None:
    """Items with equal sort keys among them; changed in another order than they were made."""
    items = []
    for number, name in enumerate(NAMES):
        clock.advance(number % 3)
        items.append(
            await make_item(
                services,
                f"{'sS'[number % 2]}ku-{number % 4}-{number}",
                name=name,
                price=(number % 3) * 5_000,
                initial_stock=number % 4,
            )
        )
    for item in items[::3]:
        clock.advance(1)
        await services.of(Items).change(change(item, description="changed"))


@on_both
async def test_every_sort_is_walked_whole_in_both_directions(api: Api, clock: HeldClock) -> None:
    await add_items(api.services, clock)
    data = await api.user.query(
        "{ items(first: 99) { nodes { id sku name stock price updatedAt } } }"
    )
    items = data["items"]["nodes"]
    assert len(items) == len(NAMES)
    for sort, key in SORTS.items():
        ascending = [i["id"] for i in sorted(items, key=lambda i: (key(i), int(i["id"])))]
        for direction, expected in (("ASC", ascending), ("DESC", ascending[::-1])):
            part = f"items(%s, orderBy: {{ by: {sort}, direction: {direction} }})"
            for first in (1, 3, 10, 100):
                assert await walk(api.user, part, first) == expected, (sort, direction, first)


async def add_rows(api: Api) -> None:
    """A few of everything that is listed."""
    for number in range(5):
        item = await make_item(api.services, f"SKU-{number}", min_stock=50)
        await move(api.services, item, 1)
        await api.services.of(Notifications).send(Message(NotificationType.INFO, "t", "m"))


@pytest.mark.parametrize("name", LISTS)
async def test_every_list_is_walked_whole(api: Api, name: str) -> None:
    await add_rows(api)
    whole = await walk(api.admin, LISTS[name], 100)
    ids = [int(id_) for id_ in whole]
    is_oldest_first = name in ("items", "users")
    assert ids == sorted(ids, reverse=not is_oldest_first)
    assert len(ids) >= 3
    for first in (1, 2, 3):
        assert await walk(api.admin, LISTS[name], first) == whole
    counted = await api.admin.query(f"{{ page: {LISTS[name] % 'first: 1'} {{ totalCount }} }}")
    assert counted["page"]["totalCount"] == len(whole)


@pytest.mark.parametrize("nested", ["movements", "alerts"])
async def test_an_items_own_lists_are_walked_whole(api: Api, nested: str) -> None:
    item = await make_item(api.services, min_stock=50)
    other = await make_item(api.services, "OTHER", min_stock=50)
    for quantity in (60, -60, 70, -70):
        await move(api.services, item, quantity)
        await move(api.services, other, quantity)
    document = (
        "query($ref: ItemRef!, $after: String) { item(ref: $ref) { page: NESTED(first: 2, "
        "after: $after) { totalCount nodes { id item { id } } PAGE_INFO } } }"
    )
    document = document.replace("NESTED", nested).replace("PAGE_INFO", INFO)
    ids: list[str] = []
    after = None
    for _ in range(20):
        data = await api.user.query(document, ref={"id": str(item.id)}, after=after)
        page = data["item"]["page"]
        assert all(node["item"]["id"] == str(item.id) for node in page["nodes"])
        ids += [node["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert len(ids) == page["totalCount"] >= 3
    assert ids == sorted(ids, key=int, reverse=True)


async def test_an_empty_page_has_no_cursors(api: Api) -> None:
    data = await api.user.query(f"{{ items {{ totalCount {PAGE} }} }}")
    assert data["items"] == {
        "totalCount": 0,
        "nodes": [],
        "edges": [],
        "pageInfo": {
            "hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None,
        },
    }  # fmt: skip


async def test_a_page_has_25_entries_unless_told_otherwise(api: Api) -> None:
    for number in range(27):
        await make_item(api.services, f"SKU-{number:02}")
    for arguments in ("", "(first: null)", "(first: 25)"):
        data = await api.user.query(f"{{ items{arguments} {{ nodes {{ id }} }} }}")
        assert len(data["items"]["nodes"]) == 25


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_rows_that_come_and_go_while_pages_are_turned_move_no_other(
    api: Api, sort: str, direction: str
) -> None:
    """With offsets a row before the page would shift the next page by one."""
    for number in range(12):
        await make_item(
            api.services, f"M-{number:02}", name=f"m{number}", price=number, initial_stock=number
        )
    old = set(await walk(api.user, "items(%s)", 100))
    document = (
        "query($after: String, $order: ItemOrder!) { items(first: 3, after: $after, "
        f"orderBy: $order) {{ nodes {{ id }} {INFO} }} }}"
    )
    order = {"by": sort, "direction": direction}
    seen: list[str] = []
    after = None
    for turn in range(50):
        data = await api.user.query(document, after=after, order=order)
        seen += [node["id"] for node in data["items"]["nodes"]]
        after = data["items"]["pageInfo"]["endCursor"]
        if not data["items"]["pageInfo"]["hasNextPage"]:
            break
        # One that sorts before everything, one after it, and the very row of the cursor goes.
        await make_item(api.services, f"A-{turn:02}", name=f"a{turn}", price=0, initial_stock=0)
        await make_item(api.services, f"Z-{turn:02}", name=f"z{turn}", price=99, initial_stock=99)
        gone = (await item_now(api.services, int(seen[-1]))).id
        await api.admin.mutate("deleteItem", input={"id": str(gone)})
    assert len(seen) == len(set(seen)), "no row twice"
    assert old <= set(seen), "none left out"


async def test_a_cursor_of_another_list_or_order_is_refused(api: Api) -> None:
    await add_rows(api)
    lists = dict(LISTS)
    for sort in SORTS:
        for direction in ("ASC", "DESC"):
            lists[f"{sort} {direction}"] = (
                f"items(%s, orderBy: {{ by: {sort}, direction: {direction} }})"
            )
    del lists["items"]  # the same as SKU ASC
    cursors = {}
    for name, part in lists.items():
        data = await api.admin.query(
            f"{{ page: {part % 'first: 2'} {{ pageInfo {{ endCursor }} }} }}"
        )
        cursors[name] = data["page"]["pageInfo"]["endCursor"]
    for name, part in lists.items():
        for owner, cursor in cursors.items():
            argument = f'after: "{cursor}"'
            codes = await api.admin.codes(f"{{ page: {part % argument} {{ nodes {{ id }} }} }}")
            assert codes == ([] if owner == name else ["CURSOR_INVALID"]), (name, owner)


def forged(*place: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(list(place))).decode().rstrip("=")


FORGED = [
    "", " ", "x", "null", "%", "AAAA", "é", "\0", "A" * 5_000, "=" * 8, "W10", forged(), forged(1),
    forged("movement"), forged("movement", None), forged("movement", "1"), forged("movement", 1.5),
    forged("movement", True), forged("movement", 2**63), forged("movement", 1, 2),
    forged("user", []), forged("item SKU by numbers ASC"), forged("item SKU by numbers ASC", "a"),
    forged("item SKU by numbers ASC", 1, 1), forged("item SKU by numbers ASC", "a\0b", 1),
    forged("item SKU by numbers ASC", "a", "1"), forged("item STOCK ASC", 1, 1),
]  # fmt: skip


@pytest.mark.parametrize("name", [*LISTS, "movements of an item", "alerts of an item"])
async def test_a_broken_cursor_and_a_wrong_size_are_refused_by_code(api: Api, name: str) -> None:
    item = await make_item(api.services)
    if name in LISTS:
        document = (
            f"query($first: Int, $after: String) {{ page: {LISTS[name]} {{ nodes {{ id }} }} }}"
        )
    else:
        document = (
            f'query($first: Int, $after: String) {{ item(ref: {{ id: "{item.id}" }}) {{ page: '
            f"{name.split()[0]}(%s) {{ nodes {{ id }} }} }} }}"
        )
    document %= "first: $first, after: $after"
    for after in FORGED:
        codes = await api.admin.codes(document, after=after)
        assert codes == ["CURSOR_INVALID"], after
    for first in (0, -1, 101, 2**31 - 1, -(2**31), 2**31):
        codes = await api.admin.codes(document, first=first)
        assert codes in (["INVALID_INPUT"], ["LIMIT_EXCEEDED"]), first
    wrongs: list[Any] = [-(2**31) - 1, 1.5, "1", True, []]
    for wrong in wrongs:
        codes = await api.admin.codes(document, first=wrong)
        assert codes == ["BAD_USER_INPUT"], wrong


@on_both
async def test_a_forged_cursor_beyond_a_columns_range_is_refused(api: Api) -> None:
    """A stock has 32 bits in the database: PostgreSQL would not even compare."""
    document = (
        "query($after: String, $by: ItemSort!) "
        "{ items(orderBy: { by: $by }, after: $after) { nodes { id } } }"
    )
    for sort in SORTS:
        for key in (2**31, -(2**31) - 1, 2**62, -(2**63), "\0", "x" * 300):
            after = forged(f"item {sort} ASC", key, 2**62)
            codes = await api.admin.codes(document, after=after, by=sort)
            assert "INTERNAL_SERVER_ERROR" not in codes, (sort, key)


async def test_a_subscriptions_cursor_is_no_page_cursor_and_the_other_way_round(api: Api) -> None:
    await make_item(api.services)
    cursor = (await api.admin.query("{ syncCursor }"))["syncCursor"]
    document = "query($after: String) { items(after: $after) { nodes { id } } }"
    assert await api.admin.codes(document, after=cursor) == ["CURSOR_INVALID"]
    page = await api.admin.query("{ items { pageInfo { endCursor } } }")
    socket = await api.socket(Role.ADMIN)
    stream = "subscription($after: Cursor) { inventoryUpdated(after: $after) { cursor } }"
    await socket.subscribe(stream, after=page["items"]["pageInfo"]["endCursor"])
    assert await socket.refusal() == ["CURSOR_INVALID"]
