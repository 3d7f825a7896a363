"""How a file is taken over, as it is asked: the inputs of imports.py."""

from __future__ import annotations

import strawberry

from graphql_api.errors import BadRequest
from graphql_api.imports import starting
from graphql_api.imports.stock_tables import StockMode
from graphql_api.said import said
from schema.faces import enum_of
from schema.node import id_of
from schema.stock_inputs import KEY, trimmed

MAPPED_MAX = 100  # columns of one mapping

enum_of(
    StockMode,
    "StockMode",
    "What the quantities of a file of stock are.",
    {
        "COUNT": "What is there: booked as COUNT, by compare-and-set.",
        "ADD": "What came in: booked as RECEIPT.",
    },
)
enum_of(
    starting.ImportKind,
    "ImportKind",
    "What a file is taken over as.",
    {
        "ITEMS": "Items, created and changed.",
        "STOCK": "Counts, or goods that came in, of items that are there.",
    },
)
enum_of(
    starting.DecimalSign,
    "DecimalSign",
    "What stands before the decimals of a file's numbers.",
    {"COMMA": "As in 1.234,50.", "POINT": "As in 1,234.50."},
)


@strawberry.input(description="Which column a field has.")
class ImportMapping:
    field: str = strawberry.field(description="The field, as `ImportColumn.field` names them.")
    column: str = strawberry.field(description='The column; "" leaves the field out.')


@strawberry.input(description="How a file is read and taken over.")
class ImportOptions:
    kind: starting.ImportKind | None = strawberry.field(
        description="Needed to start; in a preview by the columns if absent.", default=None
    )
    stock_mode: StockMode | None = strawberry.field(
        description="Needed to start an import of STOCK: it is not guessed.", default=None
    )
    mapping: list[ImportMapping] | None = strawberry.field(
        description=f"Fields whose columns have other names; at most {MAPPED_MAX}.", default=None
    )
    encoding: str | None = strawberry.field(
        description="Like latin-1 or utf-16; null: it is found.", default=None
    )
    location: strawberry.ID | None = strawberry.field(
        description="STOCK: of rows that name none.", default=None
    )
    wide: bool = strawberry.field(
        description="STOCK: a column for each location, headed by its code.", default=False
    )
    reference: str | None = strawberry.field(
        description="STOCK: of the movements; the file's name if absent.", default=None
    )
    strict: bool = strawberry.field(description="Write nothing if any row is bad.", default=False)
    dry_run: bool = strawberry.field(description="Write nothing at all.", default=False)
    create_locations: bool = strawberry.field(
        description="ITEMS: add the locations that stock is booked at, if need be.", default=False
    )
    ignore_stock: bool = strawberry.field(
        description="ITEMS: take rows of items that exist without their initialStock.",
        default=False,
    )
    decimal: starting.DecimalSign | None = strawberry.field(
        description="Null: found by all cells; where those do not tell, it is needed.", default=None
    )
    sheet: str | None = strawberry.field(
        description="Of a workbook, by name or number; null: the first that has the columns.",
        default=None,
    )
    generate_sku: bool = strawberry.field(
        description="ITEMS: rows without a SKU get one: their barcode, else one made of the name.",
        default=False,
    )
    lenient: bool = strawberry.field(
        description="ITEMS: take rows without the cells that are bad, but for sku and name.",
        default=False,
    )

    def to_domain(self) -> starting.Wanted:
        mapping = self.mapping or []
        if len(mapping) > MAPPED_MAX:
            raise BadRequest(
                said(
                    "mapping has {count} entries; at most {most} may be.",
                    count=len(mapping),
                    most=MAPPED_MAX,
                )
            )
        return starting.Wanted(
            None if self.kind is None else self.kind.value, self.stock_mode,
            {one.field: one.column.strip() for one in mapping}, trimmed(self.encoding),
            id_of(self.location), self.wide, trimmed(self.reference), self.strict, self.dry_run,
            self.create_locations, self.ignore_stock, self.decimal, trimmed(self.sheet),
            self.generate_sku, self.lenient,
        )  # fmt: skip


@strawberry.input(description="Takes an uploaded file over.")
class StartImportInput:
    idempotency_key: str = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description="The import.")
    options: ImportOptions = strawberry.field(description="How.")
