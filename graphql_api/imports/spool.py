"""Uploaded files: in and out of the database, never whole in memory.

They lie in the database, in pieces: every process that shares it can take one over, a restart
loses none, and nothing else has to be shared or cleaned. What they may take is bounded: bytes of
one (IMPORT_BYTES_MAX), how many wait (WAITING_MAX), and for how long (KEPT_US).
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from typing import BinaryIO

from graphql_api.database.connection import Connection
from graphql_api.files.faults import FileTooLarge
from graphql_api.imports.file_imports import FileImport, FileImports

PIECE_BYTES = 262_144  # a piece is one short transaction


class Spool:
    """Takes uploads in, and gives them out as files."""

    def __init__(self, imports: FileImports, scanning: Connection, bytes_max: int) -> None:
        self._imports = imports
        self._scanning = scanning
        self.bytes_max = bytes_max

    async def take(
        self, name: str, content: AsyncIterable[bytes], user_id: int | None
    ) -> FileImport:
        """Keep what comes; the import that it belongs to. Given up half way, nothing of it is
        kept. Raises FileTooLarge, Refusal."""
        import_id = await self._imports.begin(name, user_id)
        try:
            size = await self._keep(import_id, content)
        except BaseException:  # it is no upload, whatever ended it
            await self._imports.cancel(import_id)
            raise
        await self._imports.close(import_id, size)
        found = await self._imports.find(import_id)
        assert found is not None, "it was made just now"
        return found

    async def _keep(self, import_id: int, content: AsyncIterable[bytes]) -> int:
        """Write it down piece by piece; its bytes."""
        waiting, size, number = bytearray(), 0, 0
        async for block in content:
            size += len(block)
            if size > self.bytes_max:
                raise FileTooLarge
            waiting += block
            while len(waiting) >= PIECE_BYTES:
                await self._imports.put(import_id, number, bytes(waiting[:PIECE_BYTES]))
                del waiting[:PIECE_BYTES]
                number += 1
        if waiting or not number:
            await self._imports.put(import_id, number, bytes(waiting))
        return size

    @asynccontextmanager
    async def opened(self, import_id: int) -> AsyncIterator[BinaryIO | None]:
        """The file, seekable, as a temporary one of this machine; None when it is not kept."""
        with tempfile.TemporaryFile() as file:
            number = 0
            while True:
                row = await self._scanning.row(
                    "SELECT content FROM file_chunk WHERE import_id = ? AND number = ?",
                    import_id,
                    number,
                )
                if row is None:
                    break
                file.write(row[0])
                number += 1
            file.seek(0)
            yield file if number else None
