"""Reading imports, newest first, by keyset pages, with what a list of them tells beside."""

from __future__ import annotations

from collections.abc import Sequence

from graphql_api.database.connection import Connection
from graphql_api.database.keyset import in_order, keyset
from graphql_api.imports.file_imports import COLUMNS, FileImport, FileImports
from graphql_api.imports.undo_blocks import UndoBlocker, undo_blocker

_LISTED = "status <> 'UPLOADING'"  # what is coming in is no import yet


class ImportListing:
    """Reads imports. Ids rise as imports begin, so an id is the whole page key."""

    def __init__(self, imports: FileImports, reading: Connection, scanning: Connection) -> None:
        self._imports = imports
        self._reading = reading
        self._scanning = scanning

    async def page(
        self,
        limit: int,
        before: int | None,
        *,
        until: int | None = None,
        backwards: bool = False,
    ) -> list[FileImport]:
        """At most `limit` imports older than the id `before`.

        until: newer than this id; backwards: the oldest of them (keyset.py).
        """
        places = keyset("id", True, before, until, backwards)
        rows = await self._reading.rows(
            f"SELECT {COLUMNS} FROM file_import WHERE {_LISTED} AND {places.condition} "
            f"ORDER BY id {places.direction} LIMIT ?",
            *places.parameters,
            limit,
        )
        return in_order([self._imports.seen(row) for row in rows], backwards)

    async def count(self) -> int:
        row = await self._scanning.row(f"SELECT count(*) FROM file_import WHERE {_LISTED}")
        assert row is not None, "counts always come"
        return int(row[0])

    async def with_file(self, ids: Sequence[int]) -> set[int]:
        """Those of `ids` whose file is kept."""
        return await self._with("file_chunk", "AND c.number = 0", ids)

    async def with_rejects(self, ids: Sequence[int]) -> set[int]:
        """Those of `ids` of which rows that were left out are kept."""
        return await self._with("file_reject", "", ids)

    async def undo_blocker(self, found: FileImport) -> UndoBlocker | None:
        """What keeps it from being undone, as far as a list may find that out; None: nothing."""
        return await undo_blocker(self._scanning, found)

    async def _with(self, table: str, which: str, ids: Sequence[int]) -> set[int]:
        dialect = self._reading.dialect
        rows = await self._reading.rows(
            f"SELECT id FROM file_import WHERE {dialect.one_of('id', 'bigint')} AND EXISTS "
            f"(SELECT 1 FROM {table} c WHERE c.import_id = file_import.id {which})",
            dialect.array(ids),
        )
        return {row[0] for row in rows}
