"""Files of shops over the preview: what they are taken for, and what is left out, in words."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator

import pytest

from graphql_api.files.tables import Table
from graphql_api.imports.preview import Preview, Previews
from graphql_api.imports.spool import Spool
from graphql_api.imports.starting import ITEMS, STOCK, Wanted
from graphql_api.services import Services
from tests.builders import make_item


async def previewed(services: Services, text: str) -> Preview:
    async def content() -> AsyncIterator[bytes]:
        yield text.encode()

    found = await services.of(Spool).take("file.csv", content(), None)
    return await services.of(Previews).of(found.id, Wanted())


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Product Title,SKU,Quantity\nThing,A,5\n", ITEMS),
        ("TITLE,DESCRIPTION,PRICE,QUANTITY,SKU\nMug,Blue,28.00,5,A\n", ITEMS),
        ('商品コード,商品名,商品単価,在庫数\nA,湯のみ,"1,320",25\n', ITEMS),
        ("sku,quantity\nA,5\n", STOCK),
        ("Artikelnummer;Gezählt\nA;5\n", STOCK),
        ("Артикул;Фактическое количество\nA;5\n", STOCK),
        ("商品コード,棚卸数\nA,5\n", STOCK),
    ],
)
async def test_a_file_with_names_is_of_items_and_one_of_quantities_alone_of_stock(
    services: Services, text: str, kind: str
) -> None:
    await make_item(services, "A", initial_stock=0)
    seen = await previewed(services, text)
    assert seen.kind == kind
    assert [row.outcome for row in seen.rows] in (["UPDATED"], ["BAD"], ["BOOKED"])
    if kind == STOCK:
        assert [(value.field, value.value) for value in seen.rows[0].values][2:] == [
            ("MAIN", "0 → 5")
        ]


async def test_a_place_at_which_goods_are_not_stocked_is_no_fault(services: Services) -> None:
    await make_item(services, "A", initial_stock=0)
    text = "SKU,Location,Counted\nA,MAIN,not stocked\nA,MAIN,3\nA,MAIN,-\n"
    seen = await previewed(services, text)
    assert [(row.outcome, row.problems) for row in seen.rows] == [
        ("UNCHANGED", []),
        ("BOOKED", []),
        ("BAD", ["quantity must not be empty: 0 says that there is none."]),
    ]


async def test_a_count_below_zero_and_a_price_that_varies_are_left_out_in_words(
    services: Services,
) -> None:
    text = "Item Name,SKU,Unit Price,Qty\nSocks,S,variable,-2\nCap,C,9.00,3-\nHat,H,n/a,1\n"
    seen = await previewed(services, text)
    assert [row.outcome for row in seen.rows] == ["CREATED"] * 3
    assert seen.rows[0].problems == [
        "price 'variable' is no number, and is left out.",
        "initialStock -2 is below 0, which no stock is here: it is left out.",
    ]
    own = await previewed(services, "sku,name,initialStock\nS,Socks,-2\n")
    assert own.rows[0].problems == ["initialStock must be at least 0, not -2."]


async def test_sums_below_the_table_and_the_header_once_more_are_told_and_left_out(
    services: Services,
) -> None:
    text = "SKU;Name;Qty\nA;Total recall;5\n\ufeffSKU;Name;Qty\nB;Two;7\n;Gesamt:;12\nSumme;;12\n"
    seen = await previewed(services, text)
    assert [row.line for row in seen.rows] == [2, 4]
    assert seen.notes[-3:] == [
        "line 3 is the header once more, and left out",
        "line 5 is a total, and left out",
        "line 6 is a total, and left out",
    ]


def test_a_weight_with_three_decimals_is_no_count_of_thousands() -> None:
    """A file with prices like 0.50 has told what its points are: 12.345 kg were read as 12345."""
    for text, read in (
        ("sku,name,price,qty\nA,One,0.50,12.345\n", "12.345"),
        ("sku;name;price;qty\nA;One;0,50;12.345\n", "12345"),
        ("sku,name,qty\nA,One,12.345\n", "12345"),
    ):
        [row] = Table(io.BytesIO(text.encode()), None, {}).rows()
        assert row.cells["initialStock"] == read
