"""No list costs more SQL statements when it has more rows: one for each level of nesting."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from graphql_api.accounts.roles import Role
from graphql_api.alerts.commands import Alerts
from graphql_api.alerts.listing import AlertFilter, AlertListing
from graphql_api.clock import HeldClock
from graphql_api.delivery import hub as hub_module
from graphql_api.inventory.locations import Locations
from graphql_api.inventory.stock import StockLedger
from graphql_api.notifications.notifications import Message, Notifications, NotificationType
from graphql_api.notifications.push_deliveries import PushDeliveries
from graphql_api.services import Services
from graphql_api.settings import Settings
from tests.builders import adjust, batch, line, make_item, make_location
from tests.conftest import KINDS
from tests.schema.api import USER_IDS, Api, running
from tests.statements import counted

on_both = pytest.mark.parametrize("maker", KINDS, indirect=True)
UNKEPT = {"rate_limit": "off", "kept_answers_bytes_max": 0}


@pytest.fixture
async def api(settings: Settings, clock: HeldClock) -> AsyncIterator[Api]:
    """Without kept answers, which cost none."""
    async with running(settings.model_copy(update=UNKEPT), clock) as opened:
        yield opened


FEW, MANY = 5, 50

_MOVEMENTS = "movements(first: 2) { nodes { id location { code } %s } edges { node { id } } }"
_LEVELS = "levels { quantity location { code } }"
# Document → how many statements it may take; the session's own is remembered.
LISTS = {
    "items": ("{ items(first: 50) { nodes { id sku } pageInfo { hasNextPage } } }", 1),
    "items, counted": ("{ items(first: 50) { totalCount nodes { id } } }", 2),
    "items, searched": ('{ items(first: 50, search: "item") { nodes { id } } }', 4),
    "items, all sorts": (
        "{ a: items(first: 50, orderBy: { by: NAME }) { nodes { id } } "
        "b: items(first: 50, orderBy: { by: STOCK, direction: DESC }) { nodes { id } } }",
        2,
    ),
    "items and levels": (f"{{ items(first: 50) {{ nodes {{ {_LEVELS} }} }} }}", 2),
    "items and minimums": ("{ items(first: 50) { nodes { levels { minStock quantity } } } }", 3),
    "items of a place": (
        '{ items(first: 50, where: { locationIds: ["1"] }) { nodes { id } } }', 3,
    ),
    "what is kept at a place": (
        '{ locationContents(ref: { code: "MAIN" }, first: 50) '
        "{ nodes { quantity item { sku } } } }",
        5,
    ),
    "items and movements": (
        f"{{ items(first: 50) {{ nodes {{ {_MOVEMENTS % f'item {{ sku {_LEVELS} }}'} }} }} }}",
        4,
    ),
    "items, movements, items, movements": (
        "{ items(first: 40) { nodes { movements(first: 2) { nodes { item { "
        "movements(first: 1) { nodes { item { sku } } } } } } } } }",
        4,
    ),
    "items and two pages of movements": (
        "{ items(first: 50) { nodes { a: movements(first: 1) { nodes { id } } "
        "b: movements(first: 2) { nodes { id } } } } }",
        3,
    ),
    "items and alerts": (
        "{ items(first: 50) { nodes { alerts(first: 2) { nodes { id acknowledgedBy { name } "
        "item { sku } } } } } }",
        4,
    ),
    "alerts": (f"{{ alerts(first: 50) {{ nodes {{ id item {{ sku {_LEVELS} }} }} }} }}", 3),
    "alerts and what to order": ("{ alerts(first: 50) { nodes { suggestedQuantity } } }", 4),
    "alerts, all levels": (
        "{ alerts(first: 50) { totalCount nodes { acknowledgedBy { email } item { "
        f"{_MOVEMENTS % 'item { sku }'} }} }} }} }}",
        5,
    ),
    "movements": (
        f"{{ stockMovements(first: 50) {{ nodes {{ location {{ id }} item {{ {_LEVELS} }} }} }} }}",
        3,
    ),
    "movements, people, reversals": (
        "{ stockMovements(first: 50) { nodes { id user { userId name } reversedBy { id } "
        "reverses { id } } } }",
        3,
    ),
    "movements, filtered": (
        '{ stockMovements(first: 50, where: { actionTypes: [RECEIPT, CORRECTION], locationIds: '
        '["1", "2"] }) { nodes { id } } }',
        2,  # one for what lies in the places
    ),
    "movements of an item": (
        '{ stockMovements(item: { sku: "SKU-0" }, first: 50) { nodes { item { sku } } } }',
        3,
    ),
    "locations": ("{ locations { id code name } }", 1),
    "locations and what they lie in": (
        "{ locations { parent { code } path { code } children { code } } }", 2,
    ),
    "users": ("{ users(first: 50) { totalCount nodes { id email role } } }", 2),
    "sessions": ("{ sessions(first: 50) { totalCount nodes { id user { email } } } }", 3),
    # Each beside what the viewer has chosen to be told.
    "notifications": ("{ notifications(first: 50) { totalCount nodes { id readAt } } }", 4),
    "unread notifications": ("{ notifications(first: 50, unreadOnly: true) { nodes { id } } }", 2),
    "everything of a page": (
        "{ syncCursor viewer { name } locations { id } items(first: 30) { nodes { id } } "
        "alerts(first: 30) { nodes { id } } notifications { nodes { id } } }",
        7,
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _no_watchdog(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub looks at the log every two seconds, and pushes are looked for after an alert: that
    would be counted now and then where the statements of all tasks are."""
    monkeypatch.setattr(hub_module, "WATCHDOG_S", 3_600)
    monkeypatch.setattr(PushDeliveries, "start", lambda _: None)


async def add_rows(services: Services, numbers: range) -> None:
    """For each number an item with two movements at two places and an acknowledged alert, a
    user and a notification."""
    if numbers.start == 0:
        await make_location(services)
    place = (await services.of(Locations).all())[-1]
    items = [
        await make_item(services, f"SKU-{number}", name="item", min_stock=50, initial_stock=3)
        for number in numbers
    ]
    await services.of(StockLedger).carry_out(
        batch(*(line(item, 2, location_id=place.id) for item in items))
    )
    for alert in await services.of(AlertListing).page(AlertFilter(), True, len(items), None):
        await services.of(Alerts).acknowledge(alert.id, USER_IDS[Role.USER], True)
    for number in numbers:
        await services.of(Notifications).send(Message(NotificationType.INFO, f"{number}", "m"))
    await services.database.writing.change_many(
        "INSERT INTO user_account (id, email, email_key, name, role, active, password_hash, "
        "created_at) VALUES (?, ?, ?, 'n', 'USER', ?, '', 0)",
        [(100 + number, f"{number}@b", f"{number}@b", True) for number in numbers],
    )


async def statements(api: Api, query: str) -> int:
    """How many statements the query takes, on all connections that reads go to."""
    with counted() as sent:
        await api.admin.query(query)
    return sent.over(api.services.reading, api.services.scanning)


@on_both
async def test_a_list_takes_as_many_statements_for_50_rows_as_for_5(api: Api) -> None:
    await add_rows(api.services, range(FEW))
    await api.admin.query("{ viewer { id } items { nodes { levels { location { id } } } } }")
    few = {name: await statements(api, query) for name, (query, _) in LISTS.items()}
    await add_rows(api.services, range(FEW, MANY))
    many = {name: await statements(api, query) for name, (query, _) in LISTS.items()}
    assert few == many == {name: allowed for name, (_, allowed) in LISTS.items()}


async def test_the_lists_above_have_many_rows_at_every_level(api: Api) -> None:
    """Otherwise they would prove nothing."""
    await add_rows(api.services, range(MANY))
    for name, (query, _) in LISTS.items():
        data = await api.admin.query(query)
        pages = [part for part in data.values() if isinstance(part, dict) and "nodes" in part]
        assert all(len(page["nodes"]) >= 2 for page in pages), name
        for page in pages:
            inner = [node for node in page["nodes"] if any(empty(v) for v in node.values())]
            assert inner == [], name


def empty(value: object) -> bool:
    return value in ([], {"nodes": []})


@pytest.mark.parametrize("nested", ["movements", "alerts"])
async def test_counts_within_a_list_take_one_statement_for_all(api: Api, nested: str) -> None:
    query = f"{{ items(first: 50) {{ nodes {{ {nested}(first: 1) {{ totalCount }} }} }} }}"
    await add_rows(api.services, range(FEW))
    await api.admin.query("{ viewer { id } }")  # its session is looked up once
    few = await statements(api, query)
    await add_rows(api.services, range(FEW, MANY))
    assert await statements(api, query) == few


async def test_a_known_viewer_costs_no_statement(api: Api) -> None:
    admin = api.admin
    await admin.query("{ viewer { id } }")
    with counted() as sent:
        await admin.query("{ __typename }")
    assert len(sent) == 0


async def test_an_operation_that_is_refused_costs_no_statement(api: Api) -> None:
    await api.admin.query("{ viewer { id } }")
    with counted() as sent:
        for query in (
            "{ items(first: 0) { totalCount } }",
            '{ alerts(after: "x") { totalCount } }',
        ):
            assert await api.admin.codes(query) != []
    assert len(sent) == 0


async def test_an_event_is_rendered_with_one_statement_for_each_level(api: Api) -> None:
    """Loaders are fresh for each event, and gather within one."""
    await add_rows(api.services, range(FEW))
    socket = await api.socket(Role.ADMIN)
    await socket.subscribe(
        "subscription { inventoryUpdated { item { sku levels { location { code } } "
        "movements(first: 2) { nodes { item { sku } location { code } } } } } }"
    )
    await api.subscribed(1)
    await api.admin.query("{ items { nodes { levels { location { id } } } } }")
    item = (await api.admin.query('{ item(ref: { sku: "SKU-0" }) { id } }'))["item"]
    with counted(of_all=True) as sent:  # the hub is who renders
        await api.services.of(StockLedger).carry_out(adjust(int(item["id"]), 1))
        event = await socket.event()
    assert len(event["item"]["movements"]["nodes"]) == 2
    assert sent.over(api.services.reading) == 2
