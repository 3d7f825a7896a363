"""What an uploaded file is to be taken over as: the command startImport, and a preview's asking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from graphql_api import values
from graphql_api.errors import InvalidInput
from graphql_api.files.tables import READ_FIELDS, REQUIRED
from graphql_api.imports.facts import MappedColumn, StartInput
from graphql_api.imports.rows import RowRules
from graphql_api.imports.stock_tables import FIELDS, StockMode
from graphql_api.inventory.stock import REFERENCE_MAX
from graphql_api.said import said

ITEMS, STOCK = "ITEMS", "STOCK"
ENCODING_MAX = 40
SHEET_MAX = 100
COLUMN_MAX = 200


class ImportKind(Enum):
    """What a file is taken over as."""

    ITEMS = ITEMS
    STOCK = STOCK


class DecimalSign(Enum):
    """What stands before the decimals."""

    COMMA = ","
    POINT = "."


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a file is to be read, and what is to become of it. kind None: by its columns.

    mode: of stock, which must be said; mapping: field → column; encoding, decimal, sheet: None
    where it is to be found; generate_sku, lenient: as RowRules have it, of items; the rest as
    ImportOptions and StockOptions have it.
    """

    kind: str | None = None
    mode: StockMode | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None
    location_id: int | None = None
    is_wide: bool = False
    reference: str | None = None
    strict: bool = False
    dry_run: bool = False
    create_locations: bool = False
    ignore_stock: bool = False
    decimal: DecimalSign | None = None
    sheet: str | None = None
    generate_sku: bool = False
    lenient: bool = False

    @property
    def rules(self) -> RowRules:
        """How rows of items are taken."""
        return RowRules(self.lenient, self.generate_sku)

    @property
    def required(self) -> Sequence[str]:
        """The fields that a file of items must have."""
        return ("name",) if self.generate_sku else REQUIRED

    def check(self) -> None:
        """Raises InvalidInput, its field within `options`."""
        at = ("input", "options")
        known = FIELDS if self.kind == STOCK else READ_FIELDS
        for name, column in self.mapping.items():
            is_left = self.kind == STOCK and not column  # a column of a wide file
            if self.kind is not None and name not in known and not is_left:
                raise InvalidInput(
                    said(
                        "{name} is no field; they are {known}.",
                        name=values.excerpt(name),
                        known=", ".join(known),
                    ),
                    (*at, "mapping"),
                )
            values.optional_text(column, (*at, "mapping"), COLUMN_MAX)
        values.optional_text(self.encoding, (*at, "encoding"), ENCODING_MAX)
        values.optional_text(self.sheet, (*at, "sheet"), SHEET_MAX)
        values.optional_text(self.reference, (*at, "reference"), REFERENCE_MAX)


@dataclass(frozen=True, slots=True)
class StartImport:
    """A command: take over an uploaded file. runner: who is going to run it."""

    key: str
    import_id: int
    wanted: Wanted
    runner: str
    user_id: int | None

    @property
    def kind(self) -> str:
        assert self.wanted.kind is not None, "checked"
        return self.wanted.kind

    def check(self) -> None:
        """Raises InvalidInput."""
        at = ("input", "options")
        if self.wanted.kind not in (ITEMS, STOCK):
            raise InvalidInput("kind must be said: ITEMS or STOCK.", (*at, "kind"))
        if self.wanted.kind == STOCK and self.wanted.mode is None:
            raise InvalidInput(
                "stockMode must be said: whether quantities are counts or came in is not guessed.",
                (*at, "stockMode"),
            )
        self.wanted.check()

    def as_input(self) -> StartInput:
        one = self.wanted
        mapping = [MappedColumn(name, column) for name, column in sorted(one.mapping.items())]
        return StartInput(
            "startImport", self.import_id, self.kind, one.mode.value if one.mode else None,
            mapping, one.encoding or "", one.location_id, one.is_wide, one.reference, one.strict,
            one.dry_run, one.create_locations, one.ignore_stock,
            one.decimal.value if one.decimal else "", one.sheet or "", one.generate_sku,
            one.lenient,
        )  # fmt: skip
