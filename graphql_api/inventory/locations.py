"""Locations: where stock is kept, read and changed. One is the default, made with the database.

What a location is stands in places.py, the commands in location_changes.py.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from graphql_api import values
from graphql_api.database.connection import Connection
from graphql_api.database.writer import single
from graphql_api.events.log import Event, LogTransaction, LogWriter
from graphql_api.inventory.item import TOPIC as ITEMS_TOPIC
from graphql_api.inventory.location_changes import (
    CODE_MAX,
    NAME_MAX,
    LocationChange,
    LocationMove,
    LocationResult,
    NewLocation,
    archive_one,
    change_one,
    checked_change,
    create_one,
    restore_one,
)
from graphql_api.inventory.places import (
    COLUMNS,
    DEFAULT_ID,
    FACTS,
    NO_SUCH,
    TOPIC,
    Location,
    PlaceChange,
    PlaceMemory,
    Places,
    location_of,
    nested_ids,
)

Change = Callable[[LogTransaction, Any], Awaitable[LocationResult]]

DEFAULT_CODE = "MAIN"
DEFAULT_NAME = "Main location"


class Locations:
    """The use cases of locations."""

    def __init__(self, reading: Connection, writer: LogWriter) -> None:
        self._reading = reading
        self._writer = writer
        self.memory = PlaceMemory()
        self._create = single(self._noted(create_one))
        self._change = single(self._noted(change_one))
        self._archive = single(self._noted(archive_one))
        self._restore = single(self._noted(restore_one))

    async def create(self, command: NewLocation) -> Location:
        """Raises InvalidInput, AlreadyExists (codes compare without case), NotFound,
        InvalidTransition (the parent is archived)."""
        checked = NewLocation(
            values.unique_text(command.code, ("input", "code"), CODE_MAX),
            values.required_text(command.name, ("input", "name"), NAME_MAX),
            command.parent_id,
            command.user_id,
        )
        return (await self._submit(self._create, checked)).location

    async def change(self, command: LocationChange) -> LocationResult:
        """Raises NotFound, InvalidInput (nothing to change, a circle, too deep), AlreadyExists,
        InvalidTransition (the parent is archived)."""
        return await self._submit(self._change, checked_change(command))

    async def archive(self, command: LocationMove) -> LocationResult:
        """Raises NotFound, InvalidTransition: it holds stock, is the default one, has places in it
        that are not archived, or is archived already."""
        return await self._submit(self._archive, command)

    async def restore(self, command: LocationMove) -> LocationResult:
        """Raises NotFound, InvalidTransition: it is not archived, or what it is in is."""
        return await self._submit(self._restore, command)

    async def _submit(self, handler: Any, command: object) -> LocationResult:
        result: LocationResult = await self._writer.submit(handler, command)
        self.memory.forget()  # the hub may not have told yet
        return result

    def _noted(self, change: Change) -> Change:
        """A command that changes locations, which whoever runs after it must not remember."""

        async def noted(transaction: LogTransaction, command: Any) -> LocationResult:
            self.memory.change_in(transaction)
            return await change(transaction, command)

        return noted

    async def all(self, include_archived: bool = True) -> list[Location]:
        """Every location, by code."""
        condition = "1 = 1" if include_archived else "archived_at IS NULL"
        rows = await self._reading.rows(
            f"SELECT {COLUMNS} FROM location WHERE {condition} ORDER BY code_key"
        )
        return [location_of(row) for row in rows]

    async def by_code(self, code: str) -> Location | None:
        """The location with this code, in any case."""
        row = await self._reading.row(
            f"SELECT {COLUMNS} FROM location WHERE code_key = ?", values.lookup_key(code, CODE_MAX)
        )
        return None if row is None else location_of(row)

    async def by_ids(self, ids: Sequence[int]) -> dict[int, Location]:
        """The locations of `ids` that exist."""
        known = await self.memory.read(self._reading, ids)
        return {one: known[one] for one in ids if one in known}

    async def paths(self, ids: Sequence[int]) -> dict[int, list[Location]]:
        """Each location with what it is in, the outermost first."""
        places = Places(await self.memory.read(self._reading, ids))
        return {one: places.path(one) for one in ids}

    async def children(self, ids: Sequence[int]) -> dict[int, list[Location]]:
        """What lies right in each location, by code: id → locations, archived ones too."""
        rows = await self._reading.rows(
            f"SELECT {COLUMNS} FROM location WHERE "
            + self._reading.dialect.one_of("parent_id", "bigint")
            + " ORDER BY parent_id, code_key",
            self._reading.dialect.array(ids),
        )
        found: dict[int, list[Location]] = {one: [] for one in ids}
        for row in rows:
            found[row["parent_id"]].append(location_of(row))
        return found

    async def nested(self, ids: Iterable[int]) -> tuple[int, ...]:
        """The locations of `ids` that exist, and all that lie in them, archived ones too: what a
        filter by locations means."""
        return await nested_ids(self._reading, ids)

    async def places(self, transaction: LogTransaction, ids: Iterable[int | None]) -> Places:
        """See PlaceMemory.places."""
        return await self.memory.places(transaction, ids)

    async def opening(
        self, transaction: LogTransaction, location_id: int | None, quantity: int
    ) -> Location:
        """Where an item's first stock of `quantity` is booked. Raises NotFound, InvalidTransition
        when that is something and the location is archived."""
        at = ("input", "location")
        location = (await self.places(transaction, [location_id])).loaded(location_id, at)
        if quantity:
            location.check_open(at)
        return location

    async def note_nesting(self, transaction: LogTransaction, events: Sequence[Event]) -> None:
        """A reactor: tells with each event of an item what its places are in, so that a filter
        by an outer place needs nothing but the event."""
        told = [e for e in events if e.topic == ITEMS_TOPIC and e.subject is not None]
        if not told:
            return
        named = [frozenset(event.payload.places) for event in told]
        distinct = set(named)  # of thousands of events mostly one
        places = await self.memory.places(transaction, frozenset().union(*distinct))
        around = {ids: places.around(ids) for ids in distinct}
        for event, ids in zip(told, named, strict=True):
            event.payload.around = around[ids]


async def create_default(connection: Connection) -> None:
    """Give a database without locations its default one."""
    if await connection.row("SELECT 1 FROM location LIMIT 1") is None:
        await connection.change(
            "INSERT INTO location (id, code, code_key, name, created_at) VALUES (?, ?, ?, ?, 0) "
            "ON CONFLICT (id) DO NOTHING",
            DEFAULT_ID,
            DEFAULT_CODE,
            values.folded(DEFAULT_CODE),
            DEFAULT_NAME,
        )


__all__ = [
    "CODE_MAX",
    "FACTS",
    "NAME_MAX",
    "NO_SUCH",
    "TOPIC",
    "Location",
    "LocationChange",
    "LocationMove",
    "LocationResult",
    "Locations",
    "NewLocation",
    "PlaceChange",
    "Places",
    "create_default",
    "location_of",
]
