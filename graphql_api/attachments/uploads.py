"""Uploads: a file comes, is looked at, stored, and attached to an item.

It is streamed to a file of this machine that has no name, so that a killed process leaves nothing.
Whoever sends the same bytes again, for whatever item, has them neither looked at nor stored again.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import tempfile
from collections import Counter
from collections.abc import AsyncIterable, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import BinaryIO

from graphql_api.attachments.attachment import ThumbnailSize, file_name, thumbnail_name
from graphql_api.attachments.attachments import Attachments
from graphql_api.attachments.commands import AddAttachment, AttachmentResult, NewFile
from graphql_api.attachments.examination import FILE, Examination, Examined
from graphql_api.attachments.kinds import EXTENSIONS
from graphql_api.attachments.names import checked_name
from graphql_api.attachments.stored import StoreAway
from graphql_api.attachments.stores import Store
from graphql_api.database.idempotency import check_key
from graphql_api.errors import InvalidInput, RateLimited, Unavailable
from graphql_api.files.faults import FileTooLarge

logger = logging.getLogger(__name__)

UPLOADS_AT_ONCE = 16  # of one process: with ATTACHMENT_BYTES_MAX, what they take of its disk
UPLOADS_OF_ONE = 4  # user: slow ones, or those that are costly to look at, leave room for others
PUTS_AT_ONCE = 2  # a bucket takes a file whole, out of memory
RETRY_S = 5
BLOCK_BYTES = 262_144
SeesAdmins = Callable[[], Awaitable[bool]]
OFF = "Attachments are off: whoever runs the server names a place for them in ATTACHMENTS_STORE."


@dataclass(frozen=True, slots=True)
class Upload:
    """What is to be attached. key: the caller's, "" for none."""

    item_id: int
    name: str
    key: str
    user_id: int | None
    sees_admins: bool


class Uploads:
    """The use case. store: None, attachments are off. bytes_max: of one file."""

    def __init__(
        self,
        attachments: Attachments,
        examination: Examination,
        store: Store | None,
        bytes_max: int,
    ) -> None:
        self._attachments = attachments
        self._examination = examination
        self.store = store
        self.bytes_max = bytes_max
        self._under_way = Counter[int | None]()  # by user
        self._putting = asyncio.Semaphore(PUTS_AT_ONCE)

    async def take(
        self, upload: Upload, content: AsyncIterable[bytes], sees_admins: SeesAdmins
    ) -> AttachmentResult:
        """Attach what comes. Given up half way, nothing of it is kept.

        sees_admins: whether the caller may know of items of ADMINS, as of when it is called: a file
        may come for minutes, and whose session ends meanwhile attaches nothing. Raises what that
        does, FileTooLarge, InvalidInput, Unavailable, RateLimited, and what Attachments.add does.
        """
        if upload.key:
            check_key(upload.key)
        if self.store is None:
            raise Unavailable(OFF)
        with self._counted(upload.user_id):
            if not upload.key:  # one that is sent again is found by its key, and its bytes
                await self._attachments.check_room(upload.item_id, upload.sees_admins)
            with tempfile.TemporaryFile() as file:
                size, sent_sha256 = await self._received(content, file)
                upload = replace(upload, sees_admins=await sees_admins())
                name, file_id = await self._known(upload, file, size, sent_sha256)
                upload = replace(upload, sees_admins=await sees_admins())
                return await self._attachments.add(_command(upload, name, sent_sha256, file_id))

    @contextmanager
    def _counted(self, user_id: int | None) -> Iterator[None]:
        """As one that is on its way. Raises RateLimited."""
        under_way = self._under_way
        if under_way.total() >= UPLOADS_AT_ONCE or under_way[user_id] >= UPLOADS_OF_ONE:
            raise RateLimited("Too many files are on their way.", retryAfterSeconds=RETRY_S)
        under_way[user_id] += 1
        try:
            yield
        finally:
            under_way[user_id] -= 1
            if not under_way[user_id]:
                del under_way[user_id]

    async def _received(self, content: AsyncIterable[bytes], file: BinaryIO) -> tuple[int, str]:
        """How many bytes came, and their SHA-256."""
        size, digest, waiting = 0, hashlib.sha256(), bytearray()
        async for block in content:
            size += len(block)
            if size > self.bytes_max:
                raise FileTooLarge
            waiting += block
            if len(waiting) >= BLOCK_BYTES:
                await asyncio.to_thread(_append, file, digest, bytes(waiting))
                waiting.clear()
        await asyncio.to_thread(_append, file, digest, bytes(waiting))
        if not size:
            raise InvalidInput("The file is empty.", FILE)
        return size, digest.hexdigest()

    async def _known(
        self, upload: Upload, file: BinaryIO, size: int, sent_sha256: str
    ) -> tuple[str, int]:
        """What it is going to be called, and the id of its file, whose bytes are stored now."""
        known = await self._attachments.known_file(sent_sha256)
        if known is not None:
            file_id, media_type = known
            return _name(upload, media_type), file_id
        if upload.key:  # its bytes are new, or gone: only what can be attached is stored
            await self._attachments.check_room(upload.item_id, upload.sees_admins)
        async with self._examination.of(file, size) as examined:
            name = _name(upload, examined.media_type)
            return name, await self._stored(examined, sent_sha256)

    async def _stored(self, examined: Examined, sent_sha256: str) -> int:
        """The id of the file, whose bytes are stored now."""
        store, content = self.store, examined.content
        assert store is not None, "looked at by take"
        begin = content.tell()
        sha256 = await asyncio.to_thread(_digest, content)
        content.seek(begin)
        total = examined.size + sum(map(len, examined.thumbnails))
        new = NewFile(
            sent_sha256, sha256, examined.media_type, examined.size, total, examined.width,
            examined.height,
        )  # fmt: skip
        file_id = await self._attachments.make_room(new)
        try:
            async with self._putting:
                sizes = list(ThumbnailSize)[: len(examined.thumbnails)]
                for side, thumbnail in zip(sizes, examined.thumbnails, strict=True):
                    await store.put(thumbnail_name(sha256, file_id, side), thumbnail)
                await store.put(file_name(sha256, file_id), content)
        except StoreAway as fault:
            logger.error("attachments cannot be stored in %s: %s", fault.place, fault.fault)
            raise
        return file_id


def _name(upload: Upload, media_type: str) -> str:
    """What it is going to be called. Raises InvalidInput."""
    return checked_name(upload.name, EXTENSIONS[media_type], ("name",))


def _command(upload: Upload, name: str, sent_sha256: str, file_id: int) -> AddAttachment:
    return AddAttachment(
        upload.key, upload.item_id, name, sent_sha256, file_id, upload.user_id, upload.sees_admins
    )


def _append(file: BinaryIO, digest: hashlib._Hash, block: bytes) -> None:
    digest.update(block)
    file.write(block)


def _digest(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while block := file.read(BLOCK_BYTES):
        digest.update(block)
    return digest.hexdigest()
