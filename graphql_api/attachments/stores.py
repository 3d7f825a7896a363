"""Where the bytes of attachments lie: a folder of this machine, or an S3-compatible bucket.

A store knows names and bytes, nothing else. A name is written once and never changes what it
stands for (attachment.file_name), so a copy may be kept for as long as anybody likes.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from graphql_api.attachment_settings import S3
from graphql_api.attachments.s3 import S3Store
from graphql_api.attachments.stored import Lying, StoreAway
from graphql_api.operations.backup import sync
from graphql_api.operations.private_files import PRIVATE
from graphql_api.settings import Settings

BLOCK_BYTES = 65_536
PART = ".part"  # being written
FOLDER_PRIVATE = 0o700


class Store(Protocol):
    """Keeps bytes under names. Each method raises StoreAway when the store does not serve."""

    @property
    def place(self) -> str:
        """Where it is, for people."""
        ...

    async def put(self, name: str, content: BinaryIO | bytes) -> None:
        """Keep it, whole or not at all; it survives a power cut once this has returned."""
        ...

    def path(self, name: str) -> Path | None:
        """Where it lies as a file of this machine; None: not as one."""
        ...

    async def open(self, name: str) -> AsyncIterator[bytes] | None:
        """The bytes; None: there are none under this name."""
        ...

    async def size(self, name: str) -> int | None:
        """How many bytes there are, without reading them; None: there are none under this name."""
        ...

    async def delete(self, names: Iterable[str]) -> None:
        """Take these away, whole or half written. What is not there is no fault."""
        ...

    def listing(self) -> AsyncIterator[Lying]:
        """All that lies there."""
        ...


class FolderStore:
    """A folder, for its owner alone. It is made when the first file comes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def place(self) -> str:
        return str(self.folder)

    async def put(self, name: str, content: BinaryIO | bytes) -> None:
        try:
            await asyncio.to_thread(self._write, self.folder / name, content)
        except OSError as error:
            raise StoreAway(self.place, error.strerror or str(error)) from error

    def _write(self, target: Path, content: BinaryIO | bytes) -> None:
        make_private(self.folder, target.parent)
        part = target.with_name(target.name + PART)
        number = os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, PRIVATE)
        with open(number, "wb") as file:
            if isinstance(content, bytes):
                file.write(content)
            else:
                shutil.copyfileobj(content, file, BLOCK_BYTES)
            file.flush()
            os.fsync(number)
        part.replace(target)
        if os.name == "posix":  # elsewhere a folder cannot be opened
            for folder in (target.parent, self.folder):
                sync(folder)

    def path(self, name: str) -> Path | None:
        return self.folder / name

    async def open(self, name: str) -> AsyncIterator[bytes] | None:
        path = self.folder / name
        try:
            is_there = await asyncio.to_thread(self._can_be_read, path)
        except OSError as error:
            raise StoreAway(self.place, error.strerror or str(error)) from error
        return _blocks(path) if is_there else None

    async def size(self, name: str) -> int | None:
        path = self.folder / name
        try:
            is_there = await asyncio.to_thread(self._can_be_read, path)
            return path.stat().st_size if is_there else None
        except OSError as error:
            raise StoreAway(self.place, error.strerror or str(error)) from error

    def _can_be_read(self, path: Path) -> bool:
        """Raises OSError, also when the whole folder is not there: a disk that is not mounted has
        lost no file."""
        try:
            path.open("rb").close()
        except FileNotFoundError:
            self.folder.stat()
            return False
        return True

    async def delete(self, names: Iterable[str]) -> None:
        try:
            await asyncio.to_thread(self._unlink, list(names))
        except OSError as error:
            raise StoreAway(self.place, error.strerror or str(error)) from error

    def _unlink(self, names: list[str]) -> None:
        for name in names:
            for path in (self.folder / name, self.folder / (name + PART)):
                path.unlink(missing_ok=True)

    async def listing(self) -> AsyncIterator[Lying]:
        for lying in await asyncio.to_thread(lambda: list(self._lying())):
            yield lying

    def _lying(self) -> Iterator[Lying]:
        for path in sorted(self.folder.glob("*/*")):
            try:
                told = path.stat()
            except FileNotFoundError:
                continue  # it went meanwhile
            name = path.relative_to(self.folder).as_posix()
            yield Lying(name, told.st_size, told.st_mtime_ns // 1_000)


async def _blocks(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while block := await asyncio.to_thread(file.read, BLOCK_BYTES):
            yield block


def make_private(folder: Path, inner: Path) -> None:
    """Make a store's folder, and one in it, for their owner alone."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    for one in (folder, inner):
        one.mkdir(mode=FOLDER_PRIVATE, exist_ok=True)


def folder_beside(database: Path) -> Path:
    """Where attachments lie when nobody said where: beside an SQLite database."""
    return database.with_name(f"{database.name}.attachments")


def store_of(settings: Settings, database: Path | None) -> Store | None:
    """The store that the settings name; None: none. database: SQLite's file. Raises
    ConfigurationError when a bucket cannot be asked."""
    named = settings.attachments_store
    if named.startswith(S3):
        return S3Store(named)
    if named:
        return FolderStore(Path(named))
    return None if database is None else FolderStore(folder_beside(database))
