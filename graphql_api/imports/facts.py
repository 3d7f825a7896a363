"""What is stored of imports in forms: the topic's events, counts, rejects, what a key remembers.

Fields are only appended, with defaults: kernel/codec.py says why, and what else can be done.
"""

from __future__ import annotations

from graphql_api.events.log import Facts
from graphql_api.kernel.codec import Fact, Kind, State

TOPIC = "imports"
TOLD = "TOLD"


class RowCounts(Fact):
    """Rows by outcome."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    booked: int = 0
    already: int = 0
    bad: int = 0


class ToldProblem(Fact):
    """A sentence that is wrong with an import, or with a row. template, values: of said.py."""

    message: str
    template: str = ""
    values: dict[str, str | int | float | bool] | None = None


class ToldNote(Fact):
    """What is odd in rows that were taken. note: the first of its kind, on a cell of `field`;
    count: rows that have one; lines: the first few of them."""

    field: str | None
    note: ToldProblem
    count: int
    lines: list[int]


class ImportTold(Fact):
    """How an import stands. done: bytes of the file that were read, of `size`. problem: in English;
    problems: the same, so that it can be told in any language."""

    name: str
    kind: str | None
    status: str
    counts: RowCounts
    done: int
    size: int
    problem: str | None = None
    problems: tuple[ToldProblem, ...] = ()


class MappedColumn(State):
    """A field and its column."""

    field: str
    column: str


class StartInput(State):
    """What startImport was asked for."""

    mutation: str
    import_id: int
    kind: str
    mode: str | None
    mapping: list[MappedColumn]
    encoding: str
    location_id: int | None
    is_wide: bool
    reference: str | None
    strict: bool
    dry_run: bool
    create_locations: bool
    ignore_stock: bool
    decimal: str = ""
    sheet: str = ""
    generate_sku: bool = False
    lenient: bool = False


class SavedReading(State):
    """How a file is read, as a saved mapping has it. mode, encoding, decimal, sheet, reference: ""
    where it is not said."""

    columns: list[MappedColumn]
    mode: str
    encoding: str
    decimal: str
    sheet: str
    generate_sku: bool
    lenient: bool
    is_wide: bool
    location_id: int | None = None
    reference: str = ""


class StartedImport(Fact):
    """What startImport's key remembers."""

    import_id: int


IMPORT_TOLD = Kind("event imports", ImportTold)
ROW_COUNTS = Kind("counts of an import", RowCounts)
ROW_NOTES = Kind("notes of an import", list[ToldNote])
TOLD_PROBLEMS = Kind("problems of an import", list[ToldProblem])
REJECTED_CELLS = Kind("cells of a rejected row", dict[str, str])
START_INPUT = Kind("input of startImport", StartInput)
SAVED_READING = Kind("reading of a saved mapping", SavedReading)
STARTED = Kind("result of startImport", StartedImport)
FACTS: Facts = {(TOPIC, TOLD): IMPORT_TOLD}
