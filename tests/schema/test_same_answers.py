"""What clients ask and change is answered with the same bytes on SQLite and on PostgreSQL.

Each script runs on a fresh database of either kind, at one held clock. Nothing says here what is
right: that stands in the tests of each thing, of which many run on one database only.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from graphql_api.clock import HeldClock
from graphql_api.settings import Settings
from tests.conftest import settings_for
from tests.databases import Maker
from tests.schema.api import running
from tests.schema.telling import HELD, Telling

GTIN = "04006381333931"
RELEASE = f"mutation($id: ID!) {{ releaseHold(id: $id) {{ {HELD} }} }}"
ITEMS = """query($s: String, $where: ItemFilter, $by: ItemOrder, $first: Int, $after: String) {
  items(search: $s, where: $where, orderBy: $by, first: $first, after: $after) {
    nodes { sku name stock status } totalCount suggestions pageInfo { endCursor hasNextPage } } }"""
LEDGER = """query($where: MovementFilter, $first: Int, $after: String) {
  stockMovements(where: $where, first: $first, after: $after) {
    nodes { id actionType quantity oldStock newStock occurredAt recordedAt reason reference
      item { sku } location { code } reverses { id } reversedBy { id } }
    totalCount pageInfo { endCursor hasNextPage } } ledgerCheck { ok drifted movementsChecked } }"""
SCAN = """query($code: String!) { scan(code: $code) {
  item { sku } factor code lot expiresOn message sentences { message template values } } }"""


Script = Callable[[Telling], Awaitable[None]]
SCRIPTS: list[Script] = []


def script(what: Script) -> Script:
    SCRIPTS.append(what)
    return what


@script
async def codes_are_scanned(telling: Telling) -> None:
    codes = [
        {"code": "4006381333931"},
        {"code": "14006381333938", "factor": 12},
        {"code": "96385074"},
        {"code": "042100005264", "unit": "box"},
    ]
    await telling.item("PEN", barcodes=codes, units=[{"name": "box", "factor": 6}])
    await telling.item("BOOK", barcode="978-3-16-148410-0")
    await telling.item("AR-5381", barcode="ABC-1")
    await telling.item("GONE", barcode="5901234123457")
    gone = await telling.ask('{ item(ref: { sku: "gone" }) { id } }')
    await telling.do("archiveItem", id=gone["item"]["id"])
    for code in (
        "4006381333931", "04006381333931", "14006381333938", "4006381333932", "96385074",
        "00000096385074", "96385075", "042100005264", "0042100005264", "04252614", "123456789012",
        "9783161484100", "978-3-16-148410-0", "3-16-148410-X", "316148410X", "abc-1", "ar-5381",
        "]E04006381333931", "]C0ABC-1", f"]C101{GTIN}10AB-12\x1d17271231", "5901234123457",
        f"]d201{GTIN}10AB-12\x1d17271231", f"]Q301{GTIN}17271200", f"01{GTIN}1727123110ab\u00e9",
        f"\x1d01{GTIN}10A<GS>17271231", f"(01){GTIN}(17)270231", "]C10114006381333938",
        f"(01){GTIN}(10)A(10)B", f"]C100340123450000000000\x1d02{GTIN}3724", "]C1", "", "\x00",
        f"https://id.gs1.org/01/{GTIN}/10/AB-12?17=271231", "\u0664\u0660", "x" * 1_001, "%", "_",
        "\ufb01", "\U0001f600", "PEN ", "pen", "\u200ePEN\u200b", "4 006381 333931",
    ):  # fmt: skip
        await telling.ask(SCAN, code=code)
    await telling.ask(SCAN, telling.api.viewer, code="PEN")


@script
async def items_are_archived_restored_and_deleted(telling: Telling) -> None:
    kept = await telling.item("KEPT", barcode="4006381333931", minStock=20)
    lost = await telling.item("LOST", attributes={"b": "1", "a": "\u00e9", "B": "2"})
    basket = [{"item": {"sku": "kept"}, "quantity": 2}]
    held = await telling.keyed("placeHold", lines=basket, expiresInSeconds=60)
    await telling.do("archiveItem", id=kept)
    await telling.do("archiveItem", id=kept)
    await telling.do("deleteItem", id=lost, stock="WRITE_OFF", expectedVersion=99)
    await telling.do("deleteItem", id=lost, stock="WRITE_OFF")
    await telling.do("deleteItem", id=kept, stock="KEEP")
    await telling.ask(RELEASE, id=held["hold"]["id"])
    await telling.do("deleteItem", id=kept, stock="KEEP")
    taken = await telling.item("kept-2", barcode="4006381333931")
    await telling.do("updateItem", id=taken, sku="KEPT")
    await telling.do("restoreItem", id=kept)
    await telling.do("restoreItem", id=kept, sku="KEPT-1", barcode="96385074")
    await telling.do("restoreItem", id=lost)
    for where in ({"includeArchived": True}, {"includeDeleted": True}, {}):
        await telling.ask(ITEMS, where=where)
    await telling.ask(LEDGER)


@script
async def places_lie_in_one_another(telling: Telling) -> None:
    hall = await telling.place("HALL")
    shelf = await telling.place("H-10", hall)
    other = await telling.place("h-9", hall)
    bin_ = await telling.place("B\u00e9", shelf)
    await telling.do("createLocation", code="hall", name="Again")
    await telling.do("updateLocation", id=hall, parentId=bin_)
    await telling.item("SCREW", location=bin_, minStock=3)
    for place, least in ((shelf, 30), (bin_, 5), (other, 0)):
        await telling.do(
            "setLocationMinimum", item={"sku": "screw"}, location=place, minStock=least
        )
    moved = {"from": bin_, "to": other}
    await telling.keyed("transferStock", item={"sku": "SCREW"}, quantity=4, **moved)
    await telling.keyed("transferStock", item={"sku": "SCREW"}, quantity=40, **moved)
    await telling.do("archiveLocation", id=other)
    await telling.books("SCREW", -4, location=other)
    await telling.do("archiveLocation", id=other)
    await telling.do("archiveLocation", id=hall)
    await telling.do("restoreLocation", id=other)
    await telling.do("updateLocation", id=other, code="H-11", parentId=None)
    await telling.ask(
        "{ locations(includeArchived: true) { code path { code } children { code } } }"
    )
    for code in ("HALL", "h-10", "B\u00c9", "none"):
        await telling.ask(
            """query($code: String!) { locationContents(ref: { code: $code }) {
              nodes { item { sku } quantity } totalCount } }""",
            code=code,
        )
    await telling.ask(
        """{ alerts(orderBy: NEWEST) { nodes { type severity status title message currentStock
          minStock suggestedQuantity location { code } timestamp } totalCount } }"""
    )
    await telling.ask(ITEMS, where={"locationIds": [shelf], "statuses": ["LOW_STOCK"]})


@script
async def movements_are_reversed_and_dated_back(telling: Telling) -> None:
    item = await telling.item("SALT", units=[{"name": "bag", "factor": 25}], price="0.05")
    telling.clock.advance(40 * 86_400)
    sold = await telling.books(
        "SALT", -3, reason="Storm \u00c9t\u00e9 %_", reference="INV-2026-0815"
    )
    early = {"occurredAt": "2026-01-20T23:30:00-01:00", "reference": "inv_7"}
    got = await telling.books("SALT", 2, unit="BAG", **early)
    await telling.keyed(
        "adjustStock", item={"id": item}, actionType="SALE", amount="-0.3", unit="bag"
    )
    await telling.keyed("adjustStock", item={"id": item}, actionType="SALE", quantity=-500)
    far = "2027-01-01T00:00:00Z"
    await telling.keyed(
        "adjustStock", item={"id": item}, actionType="SALE", quantity=-1, occurredAt=far
    )
    await telling.keyed("setStock", item={"id": item}, expectedStock=1, stock=5)
    for movement in (sold, sold, got, "999999999999", "x"):
        await telling.keyed("reverseMovement", movementId=movement, reason="wrong")
    await telling.do("reverseMovement", idempotencyKey="key 1", movementId=sold)
    for where in (
        {}, {"reference": "0815"}, {"reference": "inv"}, {"reference": "inv_7"}, {"reason": "%"},
        {"reason": "ete"}, {"occurredTo": "2026-01-21T00:30:00Z"}, {"actionTypes": ["SALE"]},
    ):  # fmt: skip
        page = await telling.ask(LEDGER, where=where, first=2)
        after = page["stockMovements"]["pageInfo"]["endCursor"]
        await telling.ask(LEDGER, where=where, first=2, after=after)


@script
async def figures_are_told_in_any_time_zone(telling: Telling) -> None:
    telling.clock.advance(84 * 86_400)  # 26 March, before Europe's clocks are put on
    for sku in ("A", "B", "C"):
        await telling.item(sku, initialStock=1_000, price="1.99", leadTimeDays=3)
    for hours in range(0, 24 * 6, 7):
        await telling.books("ABC"[hours % 3], -1 - hours % 5)
        await telling.books("A", 1, occurredAt="2026-03-25T23:30:00Z")
        telling.clock.advance(7 * 3_600)
    for zone in ("UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Apia", "Mars/Base", "", None):
        for by in ("RECORDED", "OCCURRED"):
            await telling.ask(
                """query($zone: String, $by: CountedBy!) {
                  inventorySummary(timeZone: $zone) { items units unitsExact stockValue liveAlerts
                    byStatus { status items } today { start movements unitsIn unitsOut } }
                  movementSeries(days: 9, timeZone: $zone, by: $by) { start movements unitsIn
                    unitsOut unitsOpening unitsInExact }
                  fastestMovers(days: 9, timeZone: $zone, by: $by) { item { sku } unitsPerDay
                    daysOfCover unitsOut unitsOutExact } }""",
                zone=zone,
                by=by,
            )
    await telling.ask(
        """{ reorderList(leadTimeDays: 90) { nodes { item { sku } unitsPerDay daysOfCover stock
          unitsOut suggestedQuantity } totalCount } }"""
    )


@script
async def items_are_sorted_and_found(telling: Telling) -> None:
    names = (
        "item 2", "Item 10", "\u00c4pfel", "Apfel", "apfel", "zebra", "\u00d1and\u00fa",
        "\u65e5\u672c", "\u0645\u0631\u062d\u0628\u0627", "a_b", "a%b", "A-B", "hammer 12",
        "Hammer 12 mm", "hammer", "stra\u00dfe", "STRASSE", "\U0001f600 x",
    )  # fmt: skip
    for n, name in enumerate(names):
        category = f"Kat {n % 4}" if n % 5 else ("\u00c4" if n % 2 else None)
        price = f"{n % 3}.10"
        await telling.item(
            f"S{n * 7 % 19}-{n}", name=name, category=category, price=price, initialStock=n % 4
        )
    for by in ("SKU", "NAME", "STOCK", "PRICE", "UPDATED_AT"):
        for direction in ("ASC", "DESC"):
            after = None
            for _ in range(3):
                order = {"by": by, "direction": direction}
                page = await telling.ask(ITEMS, by=order, first=7, after=after)
                after = page["items"]["pageInfo"]["endCursor"]
    for text in (
        *names,
        "12 ham",
        "hamer",
        "%",
        "_",
        "s1",
        "strase",
        "\u00e4pf",
        "",
        "  ",
        "'",
        '"',
        "\\",
    ):
        await telling.ask(ITEMS, s=text)
    for prefix in (None, "kat", "\u00e4", "%", "_"):
        await telling.ask(
            """query($prefix: String) { categories(prefix: $prefix, first: 3) {
              nodes { name items } totalCount pageInfo { endCursor hasNextPage } } }""",
            prefix=prefix,
        )
    await telling.ask(ITEMS, where={"categories": ["KAT 1", "kat 2"], "statuses": ["OUT_OF_STOCK"]})


@script
async def units_and_fields_are_changed(telling: Telling) -> None:
    units = [{"name": "Box", "factor": 12}, {"name": "pallet", "factor": 480}]
    item = await telling.item("TIN", unit="tin", units=units, initialStock=0)
    least = {"amount": "1.5", "unit": "BOX"}
    for change in (
        {"displayUnit": "box"}, {"minQuantity": least}, {"unit": "Box"}, {"units": units[:1]},
        {"units": [*units, {"name": "BOX", "factor": 3}]}, {"category": " Caf\u00e9  Bar "},
        {"price": "12.345"}, {"price": "12.30", "cost": "7"}, {"name": ""}, {"sku": "t\u00efn"},
        {"attributes": {"z": "1", "a": "2", "10": "x", "9": "y"}}, {"attributes": None},
        {"barcodes": [{"code": "96385074", "unit": "box"}]}, {"barcode": None}, {"leadTimeDays": 5},
        {"visibility": "ADMINS"}, {"expectedVersion": 1, "name": "Late"}, {"cost": None},
    ):  # fmt: skip
        telling.clock.advance(1)
        await telling.do("updateItem", id=item, **change)
    for amount in ("1.5", "0.1", "1e3", "-1"):
        given = {"actionType": "RECEIPT", "amount": amount, "unit": "box"}
        await telling.keyed("adjustStock", item={"id": item}, **given)
    history = """query($id: ID!, $after: String) { item(ref: { id: $id }) {
      changes(first: 4, after: $after) { nodes { field at from to user { name } } totalCount
        pageInfo { endCursor hasNextPage } } } }"""
    after = None
    for _ in range(4):
        told = await telling.ask(history, id=item, after=after)
        after = told["item"]["changes"]["pageInfo"]["endCursor"]
    await telling.ask(history, telling.api.viewer, id=item)


@script
async def holds_are_placed_ended_and_run_out(telling: Telling) -> None:
    await telling.item("CUP")
    ids: list[str] = []
    for quantity in (3, 3, 3, 3, 1):
        lines = [{"item": {"sku": "cup"}, "quantity": quantity}]
        done = await telling.keyed("placeHold", lines=lines, expiresInSeconds=60)
        ids += [done["hold"]["id"]] if done["hold"] else []
    await telling.keyed("consumeHold", id=ids[0])
    await telling.ask(RELEASE, id=ids[1])
    await telling.ask(RELEASE, id=ids[1])
    await telling.do("extendHold", id=ids[2], expiresInSeconds=600)
    telling.clock.advance(60)
    await telling.keyed("consumeHold", id=ids[3])
    await telling.keyed("consumeHold", id=ids[2])
    await telling.keyed("consumeHold", id=ids[0])
    await telling.ask(
        """{ holds { nodes { id status endedAt lines { quantity item { sku held stock } } }
          totalCount } }"""
    )
    await telling.ask(LEDGER)


@script
async def notices_are_chosen(telling: Telling) -> None:
    read = "{ notificationPreferences { kind channels minSeverity } }"
    data = await telling.ask(read)
    kinds = [told["kind"] for told in data["notificationPreferences"]]
    for kind in kinds:
        for least in ("CRITICAL", None):
            choice = {"kind": kind, "channels": [], "minSeverity": least}
            await telling.do("updateNotificationPreferences", preferences=[choice])
    await telling.do("updateNotificationPreferences", preferences=[{"kind": kinds[0]}] * 2)
    await telling.item("LOW", initialStock=1, minStock=5)
    await telling.ask("{ notifications { nodes { title message } totalCount } }")
    await telling.ask(read, telling.api.viewer)


async def followed(what: Script, settings: Settings) -> list[bytes]:
    """What a script is answered on a database."""
    clock = HeldClock()
    async with running(settings.model_copy(update={"rate_limit": "off"}), clock) as api:
        telling = Telling(api, clock)
        await what(telling)
        return telling.answers


@pytest.mark.parametrize("what", SCRIPTS, ids=lambda what: what.__name__)
async def test_both_databases_answer_the_same(
    what: Script, sqlite_maker: Maker, postgres_maker: Maker
) -> None:
    answers = []
    for maker in (sqlite_maker, postgres_maker):
        url = maker.fresh()
        answers.append(await followed(what, settings_for(url)))
        maker.discard(url)
    for number, (sqlite, postgres) in enumerate(zip(*answers, strict=True)):
        assert postgres.decode() == sqlite.decode(), f"answer {number}"
