"""Places live: they are changed, lie in one another, are archived and restored."""

from __future__ import annotations

import io

import pytest

from graphql_api.delivery import hub as hub_module
from graphql_api.errors import (
    AlreadyExists,
    InsufficientStock,
    InvalidInput,
    InvalidTransition,
    NotFound,
    Refusal,
)
from graphql_api.files.tables import Table
from graphql_api.imports.items import BadRow
from graphql_api.inventory import location_changes
from graphql_api.inventory.catalogue import Catalogue, ItemFilter, ItemSort
from graphql_api.inventory.items import Items
from graphql_api.inventory.locations import (
    Location,
    LocationChange,
    LocationMove,
    Locations,
    NewLocation,
    create_default,
)
from graphql_api.inventory.places import DEPTH_MAX
from graphql_api.inventory.stock import BulkPolicy, StockLedger
from graphql_api.process import imports_of
from graphql_api.services import Services
from tests.builders import (
    MAIN,
    adjust,
    batch,
    change,
    hide,
    line,
    make_item,
    make_location,
    move,
    new_item,
    removal,
    set_stock,
    transfer,
)
from tests.conftest import OpenServices
from tests.invariants import assert_sound, events_of
from tests.statements import counted
from tests.streams import eventually


async def inner(services: Services, code: str, parent: Location | int) -> Location:
    """A location that lies in another."""
    parent_id = parent if isinstance(parent, int) else parent.id
    return await services.of(Locations).create(NewLocation(code, code, parent_id))


async def changed(services: Services, location: Location, **changes: object) -> Location:
    return (await services.of(Locations).change(LocationChange(location.id, changes))).location


async def archive(services: Services, location: Location | int) -> Location:
    location_id = location if isinstance(location, int) else location.id
    return (await services.of(Locations).archive(LocationMove(location_id))).location


async def restore(services: Services, location: Location) -> Location:
    return (await services.of(Locations).restore(LocationMove(location.id))).location


async def refused(work: object) -> tuple[type[Refusal], tuple[str, ...] | None, str]:
    with pytest.raises(Refusal) as told:
        await work  # type: ignore[misc]  # a coroutine
    return type(told.value), told.value.field, told.value.message


async def test_a_location_changes_in_part_and_its_code_stays_unique(services: Services) -> None:
    shop, annex = await make_location(services), await make_location(services, "ANNEX")
    named = await changed(services, shop, name="The shop")
    assert (named.code, named.name) == ("SHOP", "The shop")
    assert (await changed(services, shop, code="shop")).code == "shop", "only its case"
    assert (await services.of(Locations).by_code(" SHOP ")) == await changed(
        services, shop, name="The shop"
    )
    for code in ("annex", "main", "\uff2dAIN"):
        kind, field, message = await refused(changed(services, shop, code=code))
        assert (kind, field) == (AlreadyExists, ("input", "code")), message
    for wrong in ({"code": None}, {"name": None}, {"code": " "}, {"name": "x" * 201}, {}):
        kind, field, _ = await refused(changed(services, annex, **wrong))
        assert (kind, field) == (InvalidInput, ("input", *list(wrong)))
    nowhere = services.of(Locations).change(LocationChange(4_711, {"name": "x"}))
    assert (await refused(nowhere))[:2] == (NotFound, ("input", "id"))


async def test_the_default_location_can_get_another_code_and_stays_the_default(
    services: Services,
) -> None:
    """Making the first rows anew used to fail when its first code had gone to another one."""
    main = (await services.of(Locations).by_ids([MAIN]))[MAIN]
    await changed(services, main, code="HQ")
    await make_location(services, "MAIN")
    await create_default(services.database.writing)
    assert [one.code for one in await services.of(Locations).all()] == ["HQ", "MAIN"]
    item = await make_item(services, initial_stock=3)
    assert (await services.of(Catalogue).levels([item.id]))[item.id] == {MAIN: 3}


async def test_locations_lie_in_one_another_without_circles_and_not_too_deep(
    services: Services,
) -> None:
    chain = [await make_location(services, "P-1")]
    for number in range(2, DEPTH_MAX + 1):
        chain.append(await inner(services, f"P-{number}", chain[-1]))
    kind, field, _ = await refused(inner(services, "P-9", chain[-1]))
    assert (kind, field) == (InvalidInput, ("input", "parentId"))
    for outer in (chain[0], chain[3], chain[-1]):
        kind, field, message = await refused(changed(services, chain[0], parentId=outer.id))
        assert (kind, field) == (InvalidInput, ("input", "parentId")), message
    other = await make_location(services, "OTHER")
    kind, _, message = await refused(changed(services, chain[0], parentId=other.id))
    assert kind is InvalidInput, "the deepest would be one too deep"
    assert str(DEPTH_MAX) in message
    kind, field, _ = await refused(changed(services, other, parentId=4_711))
    assert (kind, field) == (NotFound, ("input", "parentId"))
    await changed(services, chain[1], parentId=None)
    await changed(services, chain[0], parentId=chain[-2].id)
    paths = await services.of(Locations).paths([chain[0].id])
    assert [one.code for one in paths[chain[0].id]] == [*[f"P-{n}" for n in range(2, 8)], "P-1"]
    assert set(await services.of(Locations).nested([chain[4].id, 4_711])) == {
        chain[0].id, *(one.id for one in chain[4:])
    }  # fmt: skip
    children = await services.of(Locations).children([chain[-2].id, other.id])
    assert [one.code for one in children[chain[-2].id]] == ["P-1", "P-8"]
    assert children[other.id] == []


async def test_how_many_locations_there_are_is_bounded(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(location_changes, "CHILDREN_MAX", 2)
    monkeypatch.setattr(location_changes, "LOCATIONS_MAX", 5)
    bins = [await inner(services, f"BIN-{number}", MAIN) for number in (1, 2)]
    assert (await refused(inner(services, "BIN-3", MAIN)))[0] is InvalidInput
    shop = await make_location(services)
    assert (await refused(changed(services, shop, parentId=MAIN)))[0] is InvalidInput
    await inner(services, "BIN-3", bins[0])
    assert (await refused(make_location(services, "SIXTH")))[0] is InvalidInput


async def test_what_is_in_use_is_not_archived(services: Services) -> None:
    shop = await make_location(services)
    shelf = await inner(services, "SHELF", shop)
    item = await make_item(services, initial_stock=1, location_id=shelf.id)
    await services.of(Items).remove(
        removal(await make_item(services, "GONE", location_id=shelf.id))
    )
    for place, why in ((MAIN, "default"), (shop, "SHELF"), (shelf, "stock")):
        kind, field, message = await refused(archive(services, place))
        assert (kind, field) == (InvalidTransition, ("input", "id"))
        assert why in message
    assert (await refused(restore(services, shop)))[0] is InvalidTransition
    await services.of(StockLedger).carry_out(transfer(item, 1, shelf.id, MAIN))
    assert (await refused(archive(services, shelf)))[0] is InvalidTransition, "the deleted one's"


async def test_an_archived_location_takes_nothing_in_until_it_is_restored(
    services: Services,
) -> None:
    shop = await make_location(services)
    bin_ = await inner(services, "BIN", shop)
    item = await make_item(services)
    await archive(services, bin_)
    assert (await archive(services, shop)).archived_at is not None
    assert (await refused(archive(services, shop)))[0] is InvalidTransition
    before = len(await events_of(services))
    ledger = services.of(StockLedger)
    for work in (
        ledger.carry_out(adjust(item, 1, location_id=shop.id)),
        ledger.carry_out(transfer(item, 1, MAIN, shop.id)),
        ledger.carry_out(set_stock(item, 1, 0, location_id=shop.id)),
        services.of(Items).create(new_item("NEW", initial_stock=1, location_id=shop.id)),
        inner(services, "LATE", shop),
        restore(services, bin_),
        services.of(Locations).change(LocationChange(MAIN, {"parentId": shop.id})),
    ):
        kind, field, message = await refused(work)
        assert kind is InvalidTransition, message
        assert "SHOP" in message
        assert field
    lines = batch(
        line(item, 1), line(item, 1, location_id=shop.id), on_error=BulkPolicy.SKIP_FAILED
    )
    result = await ledger.carry_out(lines)
    assert [refusal.code for refusal in result.refusals] == ["INVALID_TRANSITION"]
    assert len(await events_of(services)) == before + 1
    await services.of(Items).create(new_item("EMPTY", initial_stock=0, location_id=shop.id))
    assert [one.code for one in await services.of(Locations).all(False)] == ["MAIN"]
    kind, _, message = await refused(make_location(services, "shop"))
    assert kind is AlreadyExists
    assert "archived" in message
    assert (await restore(services, shop)).archived_at is None
    await ledger.carry_out(adjust(item, 1, location_id=shop.id))
    await assert_sound(services)


async def test_an_import_books_nothing_into_an_archived_location(services: Services) -> None:
    await archive(services, await make_location(services))
    text = b"sku,name,initialStock,location\nA,A,5,shop\nB,B,5,\n"
    bad: list[BadRow] = []
    async for progress in imports_of(services).run(Table(io.BytesIO(text), "utf-8", {})):
        bad += progress.bad
    assert [row.line for row in bad] == [2]
    assert "archived" in bad[0].faults[0].message


async def test_other_processes_know_of_a_change_at_once_where_stock_moves(
    open_again: OpenServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each process remembers locations. This one has not heard of the change, and asks."""
    monkeypatch.setattr(hub_module, "WATCHDOG_S", 3_600)
    async with open_again() as here, open_again() as there:
        shop = await make_location(here)
        item = await make_item(here)
        for services in (here, there):
            await services.of(StockLedger).carry_out(adjust(item, 1, location_id=shop.id))
            await services.of(StockLedger).carry_out(adjust(item, -1, location_id=shop.id))
        await archive(there, shop)
        for services in (here, there):
            work = services.of(StockLedger).carry_out(adjust(item, 1, location_id=shop.id))
            assert (await refused(work))[0] is InvalidTransition
        await restore(here, shop)
        for services in (there, here):
            await services.of(StockLedger).carry_out(adjust(item, 1, location_id=shop.id))
        await assert_sound(here)


async def test_other_processes_show_a_change_when_they_hear_of_it(
    open_again: OpenServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "WATCHDOG_S", 0.01)
    async with open_again() as here, open_again() as there:
        shop = await make_location(here)
        assert (await there.of(Locations).by_ids([shop.id]))[shop.id] == shop
        renamed = await changed(here, shop, name="Another")
        await eventually(lambda: shop.id not in there.of(Locations).memory.known)
        assert (await there.of(Locations).by_ids([shop.id]))[shop.id] == renamed


async def test_moving_stock_reads_no_location_that_is_remembered(services: Services) -> None:
    shop = await make_location(services)
    item = await make_item(services)
    with counted(of_all=True) as sent:  # the writer is who asks
        for _ in range(4):
            await services.of(StockLedger).carry_out(adjust(item, 1, location_id=shop.id))
    assert sent.about("INSERT INTO movement") >= 4, "what the writer sends is seen"
    assert sent.about("FROM location") <= 1  # by the first


async def test_a_change_that_is_undone_is_not_remembered(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction with a location's change reads for itself, and keeps nothing of that."""
    shop = await make_location(services)
    item = await make_item(services)

    async def fails(*_: object) -> None:
        raise RuntimeError("after the handlers")

    locations = services.of(Locations)
    with monkeypatch.context() as patched:
        patched.setattr(services.writer, "_reactors", [fails])
        with pytest.raises(RuntimeError):
            await archive(services, shop)
    await move(services, item, 1)
    assert (await locations.by_ids([shop.id]))[shop.id].archived_at is None
    await services.of(StockLedger).carry_out(adjust(item, 1, location_id=shop.id))


async def test_too_little_stock_says_where_there_is_some(services: Services) -> None:
    codes = ("SHOP", "ANNEX", "C", "D")
    places = [await make_location(services, code) for code in codes]
    item = await make_item(services, initial_stock=0)
    ledger = services.of(StockLedger)
    kind, _, message = await refused(ledger.carry_out(adjust(item, -1)))
    assert (kind, message) == (InsufficientStock, "SKU-1 has 0 at MAIN; 1 are wanted.")
    for place, quantity in zip(places, (12, 3, 2, 1), strict=True):
        await ledger.carry_out(adjust(item, quantity, location_id=place.id))
    kind, _, message = await refused(ledger.carry_out(adjust(item, -5)))
    assert kind is InsufficientStock
    assert message == (
        "SKU-1 has 0 at MAIN; 5 are wanted. Elsewhere: SHOP (12), ANNEX (3), C (2), …."
    )
    plan = batch(line(item, -9, location_id=places[0].id), line(item, -5))
    with pytest.raises(Refusal) as told:
        await ledger.carry_out(plan)
    assert "Elsewhere: SHOP (3), ANNEX (3)" in str(told.value.refusals[0])  # type: ignore[attr-defined]  # BatchRefused


async def test_an_event_tells_where_stock_moved_and_what_that_lies_in(services: Services) -> None:
    shop = await make_location(services)
    shelf = await inner(services, "SHELF", shop)
    bin_ = await inner(services, "BIN", shelf)
    item = await make_item(services, initial_stock=4, location_id=bin_.id)
    await services.of(StockLedger).carry_out(transfer(item, 3, bin_.id, MAIN))
    await changed(services, shelf, parentId=None)
    await services.of(Items).change(change(item, name="Other"))
    told = [e["payload"] for e in await events_of(services) if e["topic"] == "inventory"]
    assert [payload["around"] for payload in told] == [
        [shop.id, shelf.id], [shop.id, shelf.id], [shelf.id],
    ]  # fmt: skip
    assert told[1]["details"][4:] == [MAIN, bin_.id]
    changes = [(e["kind"], e["payload"]["location"][1]) for e in await events_of(services)
               if e["topic"] == "locations"]  # fmt: skip
    assert changes == [
        ("CREATED", "SHOP"), ("CREATED", "SHELF"), ("CREATED", "BIN"), ("UPDATED", "SHELF"),
    ]  # fmt: skip


@pytest.mark.parametrize(("fetched_max", "walked_max"), [(100, 100), (1, 100), (1, 1)])
async def test_items_are_found_by_where_their_stock_is(
    services: Services, monkeypatch: pytest.MonkeyPatch, fetched_max: int, walked_max: int
) -> None:
    """Few of them are fetched by their ids; of many, a sort's index is walked, and all are read
    when that meets too few."""
    monkeypatch.setattr("graphql_api.inventory.kept_at.FETCHED_MAX", fetched_max)
    monkeypatch.setattr("graphql_api.inventory.catalogue.KEPT_WALKED_MAX", walked_max)
    shop = await make_location(services)
    bin_ = await inner(services, "BIN", shop)
    await make_item(services, "IN-MAIN")
    for sku in ("C", "A"):
        await make_item(services, sku, location_id=bin_.id, name="Hammer")
    both = await make_item(services, "B", location_id=shop.id)
    gone = await make_item(services, "GONE", location_id=shop.id)
    await move(services, both, 5)
    await services.of(StockLedger).carry_out(transfer(gone, 10, shop.id, MAIN))
    hidden = await make_item(services, "HIDDEN", location_id=bin_.id)
    await hide(services, hidden)

    async def found(ids: tuple[int, ...], **more: object) -> list[str]:
        wanted = ItemFilter(location_ids=ids, **more)  # type: ignore[arg-type]  # its fields
        rows = await services.of(Catalogue).page(wanted, ItemSort.SKU, False, 50, None)
        assert await services.of(Catalogue).count(wanted) == len(rows)
        return [item.sku for _, item in rows]

    within = await services.of(Locations).nested([shop.id])
    assert await found(within) == ["A", "B", "C"]
    assert await found(within, sees_admins=True) == ["A", "B", "C", "HIDDEN"]
    assert await found((shop.id,)) == ["B"]
    assert await found(within, search="hammer") == ["A", "C"]
    assert await found((MAIN,)) == ["B", "GONE", "IN-MAIN"]
    assert await found(()) == []
