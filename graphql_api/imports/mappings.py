"""How the files of somebody are read, kept under a name, so that whoever imports the next one need
not say it again. One is proposed by itself where a file has the very header that it was saved of.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from graphql_api import values
from graphql_api.database.connection import Connection, Row
from graphql_api.database.writer import single
from graphql_api.errors import AlreadyExists, FieldPath, InvalidInput, InvalidTransition, NotFound
from graphql_api.events.log import LogTransaction, LogWriter
from graphql_api.imports.facts import SAVED_READING, MappedColumn, SavedReading
from graphql_api.imports.file_imports import FileImports
from graphql_api.imports.preview import Previews
from graphql_api.imports.starting import DecimalSign, ImportKind, Wanted
from graphql_api.imports.stock_tables import StockMode
from graphql_api.inventory.locations import NO_SUCH, Locations
from graphql_api.said import said

NAME_MAX = 100
MAPPINGS_MAX = 100  # more than one finds a way in; a list of them is read whole
NAMED: FieldPath = ("input", "name")
COLUMNS = "id, kind, name, reading, user_id, saved_at"


@dataclass(frozen=True, slots=True)
class SavedMapping:
    """columns, stock_mode, encoding, decimal, sheet, generate_sku, lenient, wide, location_id,
    reference: as `Wanted` has them."""

    id: int
    name: str
    kind: ImportKind
    columns: list[MappedColumn]
    stock_mode: StockMode | None
    encoding: str | None
    decimal: DecimalSign | None
    sheet: str | None
    generate_sku: bool
    lenient: bool
    wide: bool
    location_id: int | None
    reference: str | None
    user_id: int | None
    saved_at: int


@dataclass(frozen=True, slots=True)
class SaveMapping:
    """A command: keep how the file of an import is read. replaces: also where the name is taken."""

    import_id: int
    name: str
    wanted: Wanted
    replaces: bool
    user_id: int | None


@dataclass(frozen=True, slots=True)
class KeepMapping:
    """A command: the same of a file whose header row, as it is first seen, has these `columns`."""

    columns: Sequence[str]
    name: str
    wanted: Wanted
    replaces: bool
    user_id: int | None


@dataclass(frozen=True, slots=True)
class RenameMapping:
    """A command."""

    mapping_id: int
    name: str


@dataclass(frozen=True, slots=True)
class _Checked:
    name: str
    kind: str
    reading: str
    header: str
    replaces: bool
    user_id: int | None


def header_digest(columns: Iterable[str]) -> str:
    """Of a header row: equal for equal names in the same order."""
    return hashlib.sha256(json.dumps(list(columns)).encode()).hexdigest()


class ImportMappings:
    """The use cases."""

    def __init__(
        self,
        reading: Connection,
        writer: LogWriter,
        locations: Locations,
        imports: FileImports,
        previews: Previews,
    ) -> None:
        self._reading = reading
        self._locations = locations
        self._writer = writer
        self._imports = imports
        self._previews = previews
        self._save = single(_save_one)
        self._rename = single(_rename_one)
        self._delete = single(_delete_one)

    async def all(self, kind: ImportKind | None) -> list[SavedMapping]:
        """By their names. kind None: of both kinds."""
        condition, known = ("kind = ?", [kind.value]) if kind is not None else ("1 = 1", [])
        rows = await self._reading.rows(
            f"SELECT {COLUMNS} FROM import_mapping WHERE {condition}", *known
        )
        return sorted(map(_mapping_of, rows), key=lambda one: (values.folded(one.name), one.id))

    async def by_ids(self, ids: Sequence[int]) -> dict[int, SavedMapping]:
        dialect = self._reading.dialect
        rows = await self._reading.rows(
            f"SELECT {COLUMNS} FROM import_mapping WHERE " + dialect.one_of("id", "bigint"),
            dialect.array(ids),
        )
        return {row[0]: _mapping_of(row) for row in rows}

    async def named(self, kind: ImportKind, name: str) -> SavedMapping | None:
        """By its name, in whatever case."""
        row = await self._reading.row(
            f"SELECT {COLUMNS} FROM import_mapping WHERE kind = ? AND name_key = ?",
            kind.value,
            values.folded(name.strip()),
        )
        return None if row is None else _mapping_of(row)

    async def of_header(self, columns: Sequence[str]) -> SavedMapping | None:
        """The one that was saved last of a file with this header row. None also without columns."""
        if not columns:
            return None
        row = await self._reading.row(
            f"SELECT {COLUMNS} FROM import_mapping WHERE header = ? "
            "ORDER BY saved_at DESC, id DESC LIMIT 1",
            header_digest(columns),
        )
        return None if row is None else _mapping_of(row)

    async def save(self, command: SaveMapping) -> SavedMapping:
        """Raises NotFound, InvalidInput, InvalidTransition, AlreadyExists."""
        name = await self._checked(command.name, command.wanted)
        if await self._imports.find(command.import_id) is None:
            raise NotFound("There is no such import.", ("input", "import"))
        seen = await self._previews.of(
            command.import_id, Wanted()
        )  # as the next file is first seen
        if not seen.columns:
            raise InvalidTransition(
                "The file of this import has no columns that could be read.", ("input", "import")
            )
        columns = [column.name for column in seen.columns]
        return await self._kept(
            KeepMapping(columns, name, command.wanted, command.replaces, command.user_id)
        )

    async def keep(self, command: KeepMapping) -> SavedMapping:
        """Raises NotFound, InvalidInput, InvalidTransition, AlreadyExists."""
        name = await self._checked(command.name, command.wanted)
        return await self._kept(replace(command, name=name))

    async def _checked(self, name: str, wanted: Wanted) -> str:
        """The name as it is kept."""
        name = values.unique_text(name, NAMED, NAME_MAX)
        if wanted.kind is None:
            raise InvalidInput("kind must be said: ITEMS or STOCK.", ("input", "options", "kind"))
        wanted.check()
        place = wanted.location_id
        if place is not None and not await self._locations.by_ids([place]):
            raise NotFound(NO_SUCH, ("input", "options", "location"))
        return name

    async def _kept(self, command: KeepMapping) -> SavedMapping:
        wanted = command.wanted
        assert wanted.kind is not None, "checked"
        checked = _Checked(
            command.name, wanted.kind, SAVED_READING.encode(_reading_of(wanted)),
            header_digest(command.columns), command.replaces, command.user_id,
        )  # fmt: skip
        saved: SavedMapping = await self._writer.submit(self._save, checked)
        return saved

    async def rename(self, command: RenameMapping) -> SavedMapping:
        """Raises NotFound, InvalidInput, AlreadyExists."""
        checked = RenameMapping(
            command.mapping_id, values.unique_text(command.name, NAMED, NAME_MAX)
        )
        renamed: SavedMapping = await self._writer.submit(self._rename, checked)
        return renamed

    async def delete(self, mapping_id: int) -> SavedMapping:
        """As it was. Raises NotFound."""
        deleted: SavedMapping = await self._writer.submit(self._delete, mapping_id)
        return deleted


async def _save_one(transaction: LogTransaction, command: _Checked) -> SavedMapping:
    connection, now_us = transaction.connection, transaction.entry.now_us
    taken = await _id_of(connection, command.kind, command.name)
    if taken is not None:
        if not command.replaces:
            raise _taken(command.name)
        await connection.change(
            "UPDATE import_mapping SET name = ?, reading = ?, header = ?, user_id = ?, "
            "saved_at = ? WHERE id = ?",
            command.name, command.reading, command.header, command.user_id, now_us, taken,
        )  # fmt: skip
        return await _existing(connection, taken)
    row = await connection.row("SELECT count(*) FROM import_mapping")
    assert row is not None, "counts always come"
    if row[0] >= MAPPINGS_MAX:
        raise InvalidTransition(
            said("There are {count} saved mappings: delete one first.", count=row[0]),
            NAMED,
        )
    mapping_id = transaction.new_id()
    await connection.change(
        "INSERT INTO import_mapping (id, kind, name, name_key, reading, header, user_id, saved_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        mapping_id, command.kind, command.name, values.folded(command.name), command.reading,
        command.header, command.user_id, now_us,
    )  # fmt: skip
    return await _existing(connection, mapping_id)


async def _rename_one(transaction: LogTransaction, command: RenameMapping) -> SavedMapping:
    connection = transaction.connection
    found = await _existing(connection, command.mapping_id, ("input", "id"))
    if await _id_of(connection, found.kind.value, command.name) not in (None, found.id):
        raise _taken(command.name)
    await connection.change(
        "UPDATE import_mapping SET name = ?, name_key = ? WHERE id = ?",
        command.name, values.folded(command.name), found.id,
    )  # fmt: skip
    return await _existing(connection, found.id)


async def _delete_one(transaction: LogTransaction, mapping_id: int) -> SavedMapping:
    found = await _existing(transaction.connection, mapping_id)
    await transaction.connection.change("DELETE FROM import_mapping WHERE id = ?", found.id)
    return found


async def _id_of(connection: Connection, kind: str, name: str) -> int | None:
    row = await connection.row(
        "SELECT id FROM import_mapping WHERE kind = ? AND name_key = ?", kind, values.folded(name)
    )
    return None if row is None else row[0]


async def _existing(
    connection: Connection, mapping_id: int, at: FieldPath = ("id",)
) -> SavedMapping:
    """Raises NotFound."""
    row = await connection.row(f"SELECT {COLUMNS} FROM import_mapping WHERE id = ?", mapping_id)
    if row is None:
        raise NotFound("There is no such saved mapping.", at)
    return _mapping_of(row)


def _taken(name: str) -> AlreadyExists:
    words = said("A saved mapping is called {name} already.", name=repr(name))
    return AlreadyExists(words, NAMED)


def _reading_of(wanted: Wanted) -> SavedReading:
    return SavedReading(
        [MappedColumn(name, column) for name, column in sorted(wanted.mapping.items())],
        wanted.mode.value if wanted.mode else "", wanted.encoding or "",
        wanted.decimal.value if wanted.decimal else "", wanted.sheet or "", wanted.generate_sku,
        wanted.lenient, wanted.is_wide, wanted.location_id, wanted.reference or "",
    )  # fmt: skip


def _mapping_of(row: Row) -> SavedMapping:
    mapping_id, kind, name, reading, user_id, saved_at = row
    one = SAVED_READING.decode(reading)
    return SavedMapping(
        mapping_id, name, ImportKind(kind), one.columns,
        StockMode(one.mode) if one.mode else None, one.encoding or None,
        DecimalSign(one.decimal) if one.decimal else None, one.sheet or None, one.generate_sku,
        one.lenient, one.is_wide, one.location_id, one.reference or None, user_id, saved_at,
    )  # fmt: skip
