"""Two spellings of one barcode that an item of an older database has become one."""

from __future__ import annotations

import logging
from types import SimpleNamespace

import orjson
import pytest

from graphql_api.database import merged_barcodes
from graphql_api.database.merged_barcodes import merge_barcodes
from graphql_api.inventory.barcode_check import check_barcodes
from graphql_api.inventory.barcodes import ItemBarcode
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.item import Item, ItemRef
from graphql_api.inventory.noun import NOUN
from graphql_api.services import Services
from tests.builders import make_item
from tests.databases import migrate_again

EAN, IN_GROUPS, IN_OTHERS = "4006381333931", "4 006381 333931", "4-006381-333931"
UPC, UPC_AS_EAN = "0-36000-29145-2", "0036000291452"


async def as_older_kept(services: Services, sku: str, *barcodes: list[object]) -> int:
    """An item with these codes, factors and units, of which it has a key for the first."""
    item = await make_item(services, sku, barcode=str(barcodes[0][0]))
    await services.database.writing.change(
        "UPDATE item SET codes = ? WHERE id = ?", orjson.dumps(barcodes).decode(), item.id
    )
    return item.id


async def found(services: Services, item_id: int) -> Item:
    item = await services.of(Catalogue).find(ItemRef("id", str(item_id)), sees_admins=True)
    assert item is not None
    return item


async def test_the_first_spelling_stays_and_what_stands_for_other_units_is_told(
    services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    """How the bug came about: migration 0185 joined the keys, and left the item with both."""
    pen = await as_older_kept(services, "PEN", [IN_GROUPS, 1, None], [EAN, 1], ["X", 12, "box"])
    soap = await as_older_kept(services, "SOAP", [UPC_AS_EAN, 6, "box"], [UPC, 6, "box"])
    ink = await as_older_kept(services, "INK", ["96385074", 1, None], ["9638 5074", 5, None])
    other = await as_older_kept(services, "OTHER", ["Y-1", 1, None], ["Y-2", 1, None])
    before = {item_id: await found(services, item_id) for item_id in (pen, soap, ink, other)}
    with caplog.at_level(logging.WARNING):
        await migrate_again(services.database, "0190_merged_barcodes")
    after = {item_id: await found(services, item_id) for item_id in before}
    assert after[pen].barcodes == (ItemBarcode(IN_GROUPS), ItemBarcode("X", 12, "box"))
    assert after[soap].barcodes == (ItemBarcode(UPC_AS_EAN, 6, "box"),)
    assert after[ink] == before[ink]
    assert after[other] == before[other]
    assert all(after[item_id].version == before[item_id].version for item_id in before)
    assert [f"item {item_id}:" in caplog.text for item_id in before] == [False, False, True, False]
    assert "'96385074' and '9638 5074' are one" in caplog.text
    check = await check_barcodes(services.database.scanning)
    assert [(one.sku, one.other.code) for one in check.of_one] == [("INK", "9638 5074")]
    rows = await services.reading.rows(
        "SELECT term FROM item_term WHERE item_id = ? AND term LIKE '%36000%'", soap
    )
    assert {row[0] for row in rows} == {UPC_AS_EAN, "36000291452~"}, "the other is found no more"


async def test_a_single_plain_barcode_is_told_by_one_column(services: Services) -> None:
    item_id = await as_older_kept(services, "PEN", [EAN, 1, None], [IN_GROUPS, 1, None])
    await migrate_again(services.database, "0190_merged_barcodes")
    row = await services.reading.row("SELECT barcode, codes FROM item WHERE id = ?", item_id)
    assert row is not None
    assert tuple(row) == (EAN, None)
    mend, _ = NOUN.tidying(services)
    assert await mend() == 0, "what the migration leaves is as it should be"


async def test_what_is_found_as_it_is_written_alone_stays(services: Services) -> None:
    """Another item has the digits: each of these finds its item by its own text alone."""
    await make_item(services, "HOLDER", barcode=EAN)
    item_id = await as_older_kept(services, "PEN", ["tmp", 1, None])
    write = services.database.writing.change
    await write("DELETE FROM item_barcode WHERE item_id = ?", item_id)
    for code in (IN_GROUPS, IN_OTHERS):
        await write("INSERT INTO item_barcode (key, item_id) VALUES (?, ?)", f" {code}", item_id)
    codes = orjson.dumps([[IN_GROUPS, 1, None], [IN_OTHERS, 1, None]]).decode()
    await write("UPDATE item SET barcode = ?, codes = ? WHERE id = ?", IN_GROUPS, codes, item_id)
    await migrate_again(services.database, "0190_merged_barcodes")
    assert [one.code for one in (await found(services, item_id)).barcodes] == [IN_GROUPS, IN_OTHERS]
    check = await check_barcodes(services.database.scanning)
    assert [(two.sku, two.code, two.other) for two in check.of_two] == [
        ("PEN", IN_GROUPS, "HOLDER"),
        ("PEN", IN_OTHERS, "HOLDER"),
    ]


async def test_very_many_are_merged_in_turns_and_told_by_their_number(
    services: Services, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(merged_barcodes, "BATCH", 2)
    monkeypatch.setattr(merged_barcodes, "NAMED_MAX", 3)
    ids = [
        await as_older_kept(
            services, f"S{n}", [f"00000{n}", 1, None], [EAN, 1, None], [IN_GROUPS, n, None]
        )
        for n in range(1, 6)
    ]
    editor = SimpleNamespace(client=services.database.writing.client, collect_sql=False)
    with caplog.at_level(logging.WARNING):
        await merge_barcodes(None, editor)
    barcodes = [len((await found(services, item_id)).barcodes) for item_id in ids]
    assert barcodes == [2, 3, 3, 3, 3]
    told = [f"item {item_id}:" in caplog.text for item_id in ids]
    assert told == [False, True, True, True, False]
    assert "4 barcodes are two of one item" in caplog.text
