"""Attachments of items: pictures and other files. The use cases, but for uploading (uploads.py).

Each command runs in the writer and appends one event with all attachments of its item, so that
open clients know them without asking. Whoever may change an item may change its attachments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from graphql_api.attachments import files
from graphql_api.attachments.attachment import (
    COLUMNS,
    SOURCE,
    Attachment,
    AttachmentChange,
    attachment_from_row,
    attachment_of,
    in_order,
    moved,
)
from graphql_api.attachments.commands import (
    AddAttachment,
    AttachmentResult,
    DeleteAttachment,
    MoveAttachment,
    NewFile,
    RenameAttachment,
)
from graphql_api.attachments.facts import ADDED, TOPIC, Added, AttachmentsTold
from graphql_api.attachments.kinds import EXTENSIONS
from graphql_api.attachments.names import checked_name
from graphql_api.database.connection import Connection
from graphql_api.database.idempotency import Key, Keys, check_key
from graphql_api.database.writer import single
from graphql_api.delivery import audience
from graphql_api.errors import AlreadyExists, FieldPath, InvalidTransition, NotFound, Unavailable
from graphql_api.events.log import Event, LogTransaction, LogWriter
from graphql_api.inventory.item import Item
from graphql_api.inventory.item_guards import known_item, living_item
from graphql_api.said import said

NAME: FieldPath = ("input", "name")
NO_SUCH = "There is no such attachment."


class Attachments:
    """The use cases. per_item_max: attachments of one item; bytes_max: of all together."""

    def __init__(
        self, reading: Connection, writer: LogWriter, per_item_max: int, bytes_max: int
    ) -> None:
        self._reading = reading
        self._writer = writer
        self._per_item_max = per_item_max
        self._bytes_max = bytes_max
        self._make_room = single(self._room_for_one)
        self._add = single(self._add_one)
        self._rename = single(self._rename_one)
        self._move = single(self._move_one)
        self._delete = single(self._delete_one)

    # Reading

    async def of_items(self, item_ids: Sequence[int]) -> dict[int, list[Attachment]]:
        """The attachments of each of these items, in their order: one statement."""
        dialect = self._reading.dialect
        rows = await self._reading.rows(
            f"SELECT {COLUMNS} FROM {SOURCE} WHERE {dialect.one_of('a.item_id', 'bigint')} "
            "ORDER BY a.item_id, a.position, a.id",
            dialect.array(item_ids),
        )
        found: dict[int, list[Attachment]] = {item_id: [] for item_id in item_ids}
        for row in rows:
            one = attachment_from_row(row)
            found[one.item_id].append(one)
        return found

    async def by_ids(self, ids: Sequence[int], sees_admins: bool) -> dict[int, Attachment]:
        """Those of these attachments whose item the viewer may know of."""
        dialect = self._reading.dialect
        hidden = "" if sees_admins else " AND i.admins_only = 0"
        rows = await self._reading.rows(
            f"SELECT {COLUMNS} FROM {SOURCE} JOIN item i ON i.id = a.item_id WHERE "
            f"{dialect.one_of('a.id', 'bigint')}{hidden}",
            dialect.array(ids),
        )
        return {row[0]: attachment_from_row(row) for row in rows}

    # Adding, in steps: see uploads.py

    async def check_room(self, item_id: int, sees_admins: bool) -> None:
        """Raises NotFound, InvalidTransition: what is not going to be taken need not be sent."""
        await living_item(self._reading, item_id, sees_admins)
        self._refuse_too_many(len((await self.of_items([item_id]))[item_id]))

    async def known_file(self, sent_sha256: str) -> tuple[int, str] | None:
        """The id and media type of a stored file of these bytes."""
        return await files.whole_file(self._reading, sent_sha256)

    async def make_room(self, new: NewFile) -> int:
        """The id of a file whose bytes come next. Raises InvalidTransition."""
        file_id: int = await self._writer.submit(self._make_room, new)
        return file_id

    async def add(self, command: AddAttachment) -> AttachmentResult:
        """Raises NotFound, InvalidTransition, AlreadyExists, IdempotencyKeyReused, Unavailable."""
        if command.key:
            check_key(command.key)
        result: AttachmentResult | None = await self._writer.submit(self._add, command)
        if result is None:
            raise Unavailable("It took too long to store the file; send it again.")
        return result

    # Changing

    async def rename(self, command: RenameAttachment) -> AttachmentResult:
        """Raises NotFound, InvalidInput."""
        result: AttachmentResult = await self._writer.submit(self._rename, command)
        return result

    async def move(self, command: MoveAttachment) -> AttachmentResult:
        """Raises NotFound."""
        result: AttachmentResult = await self._writer.submit(self._move, command)
        return result

    async def delete(self, command: DeleteAttachment) -> AttachmentResult:
        """Raises NotFound."""
        result: AttachmentResult = await self._writer.submit(self._delete, command)
        return result

    # In the writer

    async def _room_for_one(self, transaction: LogTransaction, new: NewFile) -> int:
        return await files.make_room(transaction, new, self._bytes_max)

    async def _add_one(
        self, transaction: LogTransaction, command: AddAttachment
    ) -> AttachmentResult | None:
        connection = transaction.connection
        keys = await Keys.load(connection, ADDED, [command] if command.key else [])
        key: Key | None = keys.of(command) if command.key else None
        if key is not None and key.is_known:
            first = attachment_of(keys.first(key).attachment)
            return await _again(connection, first, command.sees_admins)
        item = await living_item(connection, command.item_id, command.sees_admins)
        before = await _of_item(connection, item.id)
        self._refuse_too_many(len(before))
        file_id = await files.use(connection, command.sent_sha256, command.file_id)
        if file_id is None:
            return None
        same = next((one for one in before if one.file_id == file_id), None)
        if same is not None:
            raise AlreadyExists(
                said("The item has this file already, as {name}.", name=repr(same.name)), ("file",)
            )
        added = await _insert(transaction, command, file_id)
        now = in_order([*before, added])
        await _put_in_order(transaction.connection, now)
        result = _told(transaction, AttachmentChange.ADDED, item, added, now, command)
        if key is not None:
            keys.remember(key, Added(added.state()))
            await keys.store(transaction, transaction.entry.now_us)
        return result

    async def _rename_one(
        self, transaction: LogTransaction, command: RenameAttachment
    ) -> AttachmentResult:
        item, attachments, one = await _found(transaction.connection, command)
        name = checked_name(command.name, EXTENSIONS.get(one.media_type, ("",)), NAME)
        renamed = replace(one, name=name)
        await transaction.connection.change(
            "UPDATE attachment SET name = ? WHERE id = ?", name, one.id
        )
        now = [renamed if other.id == one.id else other for other in attachments]
        return _told(transaction, AttachmentChange.CHANGED, item, renamed, now, command)

    async def _move_one(
        self, transaction: LogTransaction, command: MoveAttachment
    ) -> AttachmentResult:
        item, attachments, one = await _found(transaction.connection, command)
        now = moved(attachments, one, max(command.position, 0))
        await _put_in_order(transaction.connection, now)
        return _told(transaction, AttachmentChange.CHANGED, item, one, now, command)

    async def _delete_one(
        self, transaction: LogTransaction, command: DeleteAttachment
    ) -> AttachmentResult:
        item, attachments, one = await _found(transaction.connection, command)
        await transaction.connection.change("DELETE FROM attachment WHERE id = ?", one.id)
        await files.let_go(transaction, one.file_id)
        now = [other for other in attachments if other.id != one.id]
        return _told(transaction, AttachmentChange.REMOVED, item, one, now, command)

    def _refuse_too_many(self, count: int) -> None:
        if count >= self._per_item_max:
            raise InvalidTransition(
                said(
                    "The item has {count} attachments; an item has at most {most}.",
                    count=count,
                    most=self._per_item_max,
                ),
                ("item",),
            )


async def _again(connection: Connection, first: Attachment, sees_admins: bool) -> AttachmentResult:
    """The first result of a key, as far as the caller may see it now. Raises NotFound, also when
    it was deleted since: its id leads nowhere."""
    await known_item(connection, first.item_id, sees_admins)
    if await connection.row("SELECT 1 FROM attachment WHERE id = ?", first.id) is None:
        raise NotFound(
            said(
                "{name} was attached with this key, and deleted since: give another key to attach "
                "it again.",
                name=repr(first.name),
            ),
            ("key",),
        )
    return AttachmentResult(first)


async def _of_item(connection: Connection, item_id: int) -> list[Attachment]:
    rows = await connection.rows(
        f"SELECT {COLUMNS} FROM {SOURCE} WHERE a.item_id = ? ORDER BY a.position, a.id", item_id
    )
    return [attachment_from_row(row) for row in rows]


async def _found(
    connection: Connection, command: RenameAttachment | MoveAttachment | DeleteAttachment
) -> tuple[Item, list[Attachment], Attachment]:
    """An attachment with its item, which lives, and all of the item. Raises NotFound."""
    row = await connection.row("SELECT item_id FROM attachment WHERE id = ?", command.id)
    if row is None:
        raise NotFound(NO_SUCH, ("input", "id"))
    try:
        item = await living_item(connection, row[0], command.sees_admins)
    except NotFound:
        raise NotFound(NO_SUCH, ("input", "id")) from None
    attachments = await _of_item(connection, item.id)
    return item, attachments, next(one for one in attachments if one.id == command.id)


async def _insert(transaction: LogTransaction, command: AddAttachment, file_id: int) -> Attachment:
    attachment_id = transaction.new_id()
    await transaction.connection.change(
        "INSERT INTO attachment (id, item_id, file_id, name, position, user_id, created_at) "
        "VALUES (?, ?, ?, ?, 0, ?, ?)",
        attachment_id, command.item_id, file_id, command.name, command.user_id,
        transaction.entry.now_us,
    )  # fmt: skip
    rows = await transaction.connection.rows(
        f"SELECT {COLUMNS} FROM {SOURCE} WHERE a.id = ?", attachment_id
    )
    return attachment_from_row(rows[0])


async def _put_in_order(connection: Connection, now: Sequence[Attachment]) -> None:
    await connection.change_many(
        "UPDATE attachment SET position = ? WHERE id = ?",
        [[position, other.id] for position, other in enumerate(now)],
    )


def _told(
    transaction: LogTransaction,
    change: AttachmentChange,
    item: Item,
    one: Attachment,
    now: Sequence[Attachment],
    command: AddAttachment | RenameAttachment | MoveAttachment | DeleteAttachment,
) -> AttachmentResult:
    """Tell of the change in an event whose subject is the item: so it is hidden with it."""
    told = AttachmentsTold(one.state(), [other.state() for other in now], command.user_id)
    roles = audience.ADMINS if item.admins_only else audience.EVERYONE
    event = Event(TOPIC, change.value, item.id, roles, None, told)
    transaction.entry.append(event)
    return AttachmentResult(one, now, transaction.entry.cursor_of(event))
