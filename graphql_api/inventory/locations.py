"""Locations: where stock is kept. One is the default, made with the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphql_api import values
from graphql_api.database.connection import Connection
from graphql_api.database.writer import single
from graphql_api.errors import AlreadyExists, FieldPath, NotFound
from graphql_api.events.log import LogTransaction, LogWriter
from graphql_api.inventory.models import LocationRecord

DEFAULT_CODE = "MAIN"
DEFAULT_NAME = "Main location"
CODE_MAX = 32
NAME_MAX = 200

NO_SUCH = "There is no location with this id."


@dataclass(frozen=True, slots=True)
class Location:
    """A place with levels of its own. Locations are added, never changed or removed."""

    id: int
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class NewLocation:
    """A command: add a location."""

    code: str
    name: str


class Locations:
    """Reads and adds locations; remembers them, since a location never changes."""

    def __init__(self, reading: Connection, writer: LogWriter) -> None:
        self._reading = reading
        self._writer = writer
        self._known: dict[int, Location] = {}
        self._default: Location | None = None
        self._create = single(self._create_one)

    async def create(self, command: NewLocation) -> Location:
        """Raises InvalidInput, AlreadyExists (codes compare without case)."""
        checked = NewLocation(
            values.unique_text(command.code, ("input", "code"), CODE_MAX),
            values.required_text(command.name, ("input", "name"), NAME_MAX),
        )
        location: Location = await self._writer.submit(self._create, checked)
        return location

    async def all(self) -> list[Location]:
        """Every location, by code."""
        found = await self._reading.models(LocationRecord, lambda all_: all_.order_by("code_key"))
        return [_location(record) for record in found]

    async def by_ids(self, ids: Sequence[int]) -> dict[int, Location]:
        """The locations of `ids` that exist."""
        await self._learn(self._reading, [i for i in ids if i not in self._known])
        return {i: self._known[i] for i in ids if i in self._known}

    async def resolve(
        self,
        connection: Connection,
        location_id: int | None,
        field: FieldPath = ("input", "location"),
    ) -> Location:
        """The location, the default one for None. Raises NotFound (-1: an id of no form)."""
        if location_id is None:
            return await self.default(connection)
        if location_id not in self._known:
            await self._learn(connection, [location_id])
        location = self._known.get(location_id)
        if location is None:
            raise NotFound(NO_SUCH, field)
        return location

    async def default(self, connection: Connection) -> Location:
        """The location that a movement without one happens at."""
        if self._default is None:
            first = await connection.models(
                LocationRecord, lambda all_: all_.order_by("id").first()
            )
            assert first is not None, "the database has no location: it was not migrated"
            self._default = _location(first)
            self._known[self._default.id] = self._default
        return self._default

    def loaded(self, location_id: int | None, field: FieldPath) -> Location:
        """As `resolve`, when `default` and `learn` were called before. Raises NotFound."""
        location = self._default if location_id is None else self._known.get(location_id)
        if location is None:
            raise NotFound(NO_SUCH, field)
        return location

    async def learn(self, connection: Connection, ids: Sequence[int]) -> None:
        """Load the locations of `ids`, so that `loaded` answers for them."""
        await self._learn(connection, [i for i in ids if i not in self._known])

    def forget(self) -> None:
        """The database went back: a location may be gone. The default came with the database."""
        default = self._default
        self._known = {} if default is None else {default.id: default}

    async def _learn(self, connection: Connection, ids: Sequence[int]) -> None:
        if ids:
            found = await connection.models(LocationRecord, lambda all_: all_.filter(id__in=ids))
            self._known.update((record.id, _location(record)) for record in found)

    async def _create_one(self, transaction: LogTransaction, command: NewLocation) -> Location:
        key = values.folded(command.code)
        taken = await transaction.connection.models(
            LocationRecord, lambda all_: all_.get_or_none(code_key=key)
        )
        if taken is not None:
            raise AlreadyExists(f"Location code {taken.code!r} is taken.", ("input", "code"))
        location = Location(transaction.new_id(), command.code, command.name)
        await transaction.connection.create(
            LocationRecord,
            id=location.id,
            code=location.code,
            code_key=key,
            name=location.name,
            created_at=transaction.entry.now_us,
        )
        return location


def _location(record: LocationRecord) -> Location:
    return Location(record.id, record.code, record.name)


async def create_default(connection: Connection) -> None:
    """Give an empty database its default location, under the id 1."""
    await connection.change(
        "INSERT INTO location (id, code, code_key, name, created_at) VALUES (1, ?, ?, ?, 0) "
        "ON CONFLICT (id) DO NOTHING",
        DEFAULT_CODE,
        values.folded(DEFAULT_CODE),
        DEFAULT_NAME,
    )
