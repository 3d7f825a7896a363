"""The options of `import-items`, and what they come to. Called by imports.py."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer

from graphql_api.files.tables import READ_FIELDS


class PresetName(StrEnum):
    """The names of files.presets.PRESETS."""

    NORTHWIND = "northwind"
    ADVENTUREWORKS = "adventureworks"
    SHOPIFY_INVENTORY = "shopify-inventory"
    SHOPIFY = "shopify"
    WOOCOMMERCE = "woocommerce"
    SQUARE = "square"
    LOYVERSE = "loyverse"
    VEND = "vend"
    ZOHO = "zoho"
    ODOO = "odoo"
    AMAZON = "amazon"
    MAGENTO = "magento"
    PRESTASHOP = "prestashop"
    OPENBOXES = "openboxes"
    SNIPE_IT = "snipe-it"
    INVENTREE = "inventree"


class MatchBy(StrEnum):
    """What says which item a row means."""

    SKU = "sku"
    BARCODE = "barcode"


class DecimalSign(StrEnum):
    """What stands before the decimals."""

    COMMA = ","
    POINT = "."


File = Annotated[
    str,
    typer.Argument(metavar="FILE", help="CSV or XLSX; - for standard input.", show_default=False),
]
Map = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        "-m",
        metavar="FIELD=COLUMN",
        help="The column of a field that has another name in FILE, or its number with "
        "--no-header; `FIELD=` leaves the field out. Can be given many times.",
    ),
]
PresetOption = Annotated[
    PresetName | None,
    typer.Option(help="The system that FILE comes from. Found by the header if not given."),
]
Encoding = Annotated[
    str | None, typer.Option(help="Of FILE, like latin-1 or utf-16. Found if not given.")
]
Decimal = Annotated[
    DecimalSign | None,
    typer.Option(help="What stands before the decimals. Found by all cells if not given."),
]
Sheet = Annotated[
    str | None, typer.Option(help="Of a workbook, by name or number. The first if not given.")
]
NoHeader = Annotated[
    bool, typer.Option("--no-header", help="FILE has no header: --map sku=1 names columns.")
]
Strict = Annotated[bool, typer.Option("--strict", help="Write nothing if any row is bad.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Write nothing at all.")]
CreateLocations = Annotated[
    bool,
    typer.Option(
        "--create-locations", help="Add the locations that stock is booked at, if need be."
    ),
]
IgnoreStock = Annotated[
    bool,
    typer.Option(
        "--ignore-stock", help="Take rows of items that exist without their initialStock."
    ),
]
Lenient = Annotated[
    bool,
    typer.Option(
        "--lenient", help="Take rows without the cells that are bad, but for sku and name."
    ),
]
Rejects = Annotated[
    str | None,
    typer.Option(
        metavar="CSV", help="Write the bad rows as they stand into this file, with the reason."
    ),
]
GenerateSku = Annotated[
    bool,
    typer.Option(
        "--generate-sku",
        help="Rows without a SKU get one: their barcode, else one made of the name.",
    ),
]
Match = Annotated[
    MatchBy, typer.Option(help="What says which item a row means: its SKU, or its barcode.")
]
Attributes = Annotated[
    bool, typer.Option("--attributes", help="Columns that stand for no field become attributes.")
]

HELP = """Create and change items from a CSV file or an XLSX workbook.

Fields: **sku** is needed, and **name** for new items; description, category, barcode, unit,
price, cost, minStock, initialStock, location, visibility (EVERYONE or ADMINS), barcodes, units,
displayUnit, attributes, leadTimeDays, deletedAt and archivedAt may be there. Their columns are
found by these names, by what they are called in twelve languages, and by the presets. Encoding,
delimiter, header and how numbers are written (1.234,50) are found too; what was found is told.

A new SKU makes an item. A row that differs from its item changes it, in the columns that
FILE has; an equal one does nothing, so the same file again changes nothing. initialStock
is booked for new items only, at the location whose code or name is given, or at the default one;
one that is not the stock of an item that exists makes the row bad: count it with setStock or
adjustStockBatch, or give --ignore-stock. deletedAt makes no item; archived items stay so.

Bad rows are left out and told, the first five of each kind with their lines, and the exit
code is then 1.
"""


def mapped(
    mapping: Sequence[str], fields: Sequence[str] = READ_FIELDS, leaves_others: bool = False
) -> dict[str, str]:
    """Field → column, of what was given with --map. leaves_others: `COLUMN=` leaves out one that
    is of no field."""
    columns: dict[str, str] = {}
    for text in mapping:
        field, equals, column = text.partition("=")
        is_left = leaves_others and not column.strip()
        if not equals or not field or (field not in fields and not is_left):
            raise typer.BadParameter(
                f"{text!r} is not FIELD=COLUMN with one of {', '.join(fields)}.",
                param_hint="--map",
            )
        if field in columns:
            raise typer.BadParameter(f"{field} is given twice.", param_hint="--map")
        columns[field] = column.strip()
    return columns
