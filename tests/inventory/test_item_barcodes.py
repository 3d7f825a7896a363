"""Barcodes of items in the database: who has which, by whatever way they are given and freed."""

from __future__ import annotations

from typing import Any

import pytest

from graphql_api.errors import AlreadyExists, InvalidInput, NotFound
from graphql_api.inventory import barcode_rows
from graphql_api.inventory.barcodes import ItemBarcode, WantedBarcode
from graphql_api.inventory.catalogue import Catalogue, ItemFilter, ItemSort
from graphql_api.inventory.items import Item, ItemRef, Items, item_of
from graphql_api.inventory.stock import StockLedger
from graphql_api.inventory.units import ItemUnit
from graphql_api.services import Services
from tests.builders import adjust, change, hide, item_now, make_item, removal
from tests.invariants import assert_sound, events_of, fact_of

EAN, CARTON = "4006381333931", "14006381333938"


async def found(services: Services, barcode: str, sees_admins: bool = True) -> int | None:
    item = await services.of(Catalogue).find(ItemRef("barcode", barcode), sees_admins)
    return None if item is None else item.id


async def changed(services: Services, item: Item, **fields: Any) -> Item:
    return (await services.of(Items).change(change(item, **fields))).item


async def keys_of(services: Services, item: Item) -> set[str]:
    rows = await services.reading.rows("SELECT key FROM item_barcode WHERE item_id = ?", item.id)
    return {row[0] for row in rows}


async def test_an_item_is_found_by_each_of_its_barcodes_in_any_form(services: Services) -> None:
    item = await make_item(services, "PEN", barcode="036000291452", units=[ItemUnit("carton", 12)])
    wanted = [WantedBarcode(EAN), WantedBarcode(CARTON, None, "Carton"), WantedBarcode("PEN-OLD")]
    item = await changed(services, item, barcodes=wanted)
    own = (ItemBarcode(EAN), ItemBarcode(CARTON, 12, "carton"), ItemBarcode("PEN-OLD"))
    assert item.barcode == EAN
    assert item.barcodes == own
    assert (await item_now(services, item)).barcodes == own
    for text in (EAN, f" 0{EAN} ", CARTON, "PEN-OLD"):
        assert await found(services, text) == item.id
        moved = await services.of(StockLedger).carry_out(adjust(ItemRef("barcode", text), 1))
        assert moved.movements[0].quantity == 1, "a reference names an item, and no number"
        assert moved.item is not None and moved.item.barcodes == own
    for text in ("036000291452", "PEN-old", "x" * 65, "", "\x00"):
        assert await found(services, text) is None
    for word in ("14006381333938", "old"):
        page = await services.of(Catalogue).page(
            ItemFilter(search=word), ItemSort.SKU, False, 10, None
        )
        assert [hit.id for _, hit in page] == [item.id]
    (*_, event) = await events_of(services)
    assert item_of(fact_of(event).item).barcodes == own
    await assert_sound(services)


async def test_a_barcode_is_of_one_living_item_in_any_form(services: Services) -> None:
    first = await make_item(services, "A", barcode=EAN)
    first = await changed(services, first, barcodes=[WantedBarcode(EAN), WantedBarcode("a2", 6)])
    other = await make_item(services, "B", barcode="b")
    for taken in (EAN, f"0{EAN}", "a2"):
        with pytest.raises(AlreadyExists, match=f"belongs to item {first.id}") as refused:
            await changed(services, other, barcode=taken)
        assert refused.value.field == ("input", "barcode")
        with pytest.raises(AlreadyExists) as refused:
            await changed(services, other, barcodes=[WantedBarcode("b"), WantedBarcode(taken)])
        assert refused.value.field == ("input", "barcodes")
        with pytest.raises(AlreadyExists):
            await make_item(services, "C", barcode=taken)
    assert (await item_now(services, other)).barcodes == (ItemBarcode("b"),)
    await hide(services, first)
    command = change(other, barcode=f"0{EAN}", sees_admins=False)
    with pytest.raises(AlreadyExists, match=r"^Barcode '0\d+' is taken\.$"):
        await services.of(Items).change(command)
    assert await found(services, "a2", sees_admins=False) is None
    hidden = adjust(ItemRef("barcode", "a2"), 1, sees_admins=False)
    with pytest.raises(NotFound):
        await services.of(StockLedger).carry_out(hidden)


async def test_a_deleted_item_gives_its_barcodes_free_and_takes_them_again(
    services: Services,
) -> None:
    old = await make_item(services, "OLD", barcode=EAN)
    old = await changed(services, old, barcodes=[WantedBarcode(EAN), WantedBarcode("old", 6)])
    deleted = (await services.of(Items).remove(removal(old))).item
    assert deleted.barcodes == old.barcodes, "they are told, so that it can have them again"
    assert await found(services, EAN) is None
    assert await keys_of(services, old) == set()
    new = await make_item(services, "NEW", barcode=f"0{EAN}")
    assert await found(services, EAN) == new.id
    with pytest.raises(AlreadyExists):
        await barcode_rows.take(services.database.writing, deleted, True, ("input", "id"))
    await changed(services, new, barcode=None)
    await barcode_rows.take(services.database.writing, deleted, True, ("input", "id"))
    assert await keys_of(services, old) == {f"0{EAN}", "old"}


async def test_what_is_given_up_is_free_and_what_stays_stays(services: Services) -> None:
    item = await make_item(services, "A", barcode=EAN)
    item = await changed(services, item, barcodes=[WantedBarcode(EAN), WantedBarcode("a2", 6)])
    item = await changed(services, item, barcode="new")
    assert item.barcodes == (ItemBarcode("new"), ItemBarcode("a2", 6))
    assert await keys_of(services, item) == {"new", "a2"}
    item = await changed(services, item, barcode="a2")
    assert item.barcodes == (ItemBarcode("a2", 6), ItemBarcode("new"))
    respelt = await changed(services, item, name="Other")
    assert respelt.barcodes == item.barcodes
    item = await changed(services, item, barcode=None)
    assert (item.barcode, item.barcodes, await keys_of(services, item)) == (None, (), set())
    await make_item(services, "B", barcode="a2")


async def test_a_barcode_in_groups_is_that_of_its_digits_and_shown_as_it_was_written(
    services: Services,
) -> None:
    written = "4 006381 333931"
    item = await make_item(services, "A", barcode=written)
    assert item.barcode == written
    for text in (EAN, f"0{EAN}", written, "4-006381-333931"):
        assert await found(services, text) == item.id, text
    for taken in (EAN, f"0{EAN}", "40 0638133393 1"):
        with pytest.raises(AlreadyExists):
            await make_item(services, "B", barcode=taken)
    for search in (EAN, written, "4-006381-333931"):
        page = await services.of(Catalogue).page(
            ItemFilter(search=search), ItemSort.SKU, False, 10, None
        )
        assert [hit.id for _, hit in page] == [item.id], search
    item = await changed(services, item, barcode=EAN)
    assert (item.barcode, await keys_of(services, item)) == (EAN, {f"0{EAN}"})
    await changed(services, item, barcode=None)
    other = await make_item(services, "B", barcode="12-3456-70")
    assert await found(services, "12345670") is None
    assert await found(services, "12-3456-70") == other.id
    await assert_sound(services)


async def test_an_item_whose_barcode_stands_beside_anothers_keeps_it(services: Services) -> None:
    """As migration 0076 leaves two items that had one barcode, written with and without zeros."""
    first = await make_item(services, "A", barcode="036000291452")
    second = await make_item(services, "B", barcode="tmp")
    connection = services.database.writing
    await connection.change(
        "UPDATE item_barcode SET key = ' 0036000291452' WHERE item_id = ?", second.id
    )
    await connection.change("UPDATE item SET barcode = '0036000291452' WHERE id = ?", second.id)
    assert await found(services, "036000291452") == first.id
    assert await found(services, "0036000291452") == second.id
    second = await changed(services, second, name="Other", barcode="0036000291452")
    second = await changed(
        services, second, barcodes=[WantedBarcode("0036000291452"), WantedBarcode("b2")]
    )
    assert await keys_of(services, second) == {" 0036000291452", "b2"}
    with pytest.raises(AlreadyExists):  # written as the other one's, it would not be found
        await changed(services, second, barcode="036000291452")
    await changed(services, first, barcode=None)  # from now on it may be had as it is written
    second = await changed(services, second, barcode="036000291452")
    assert await keys_of(services, second) == {"00036000291452", "b2"}
    await changed(services, second, barcodes=[WantedBarcode("b2")])
    assert await keys_of(services, second) == {"b2"}
    assert await found(services, "0036000291452") is None


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"barcode": "4.00638E+12"}, ("barcode",)),
        ({"barcodes": [WantedBarcode("4,00638E+12")]}, ("barcodes", "0", "code")),
        ({"barcode": "x", "barcodes": [WantedBarcode("y")]}, ("barcode",)),
        ({"barcode": "x", "barcodes": []}, ("barcode",)),
        ({"barcodes": [WantedBarcode("x", None, "box")]}, ("barcodes", "0", "unit")),
        ({"units": []}, ("units",)),  # a barcode is of its unit
        ({"unit": "carton"}, ("unit", "0")),  # so is called another unit of it
        ({"displayUnit": "box"}, ("displayUnit",)),
    ],
)
async def test_what_contradicts_itself_is_refused_and_changes_nothing(
    services: Services, fields: dict[str, Any], path: tuple[str, ...]
) -> None:
    item = await make_item(services, "A")
    item = await changed(
        services, item, units=[ItemUnit("carton", 12)], barcodes=[WantedBarcode("c", unit="carton")]
    )
    with pytest.raises(InvalidInput) as refused:
        await changed(services, item, **fields)
    assert refused.value.field == ("input", *path)
    assert await item_now(services, item) == item


async def test_a_rounded_barcode_is_refused_with_the_reason_where_it_names_an_item(
    services: Services,
) -> None:
    with pytest.raises(InvalidInput, match="spreadsheet") as refused:
        await services.of(StockLedger).carry_out(adjust(ItemRef("barcode", "4.0E+12"), 1))
    assert refused.value.field == ("input", "item", "barcode")
