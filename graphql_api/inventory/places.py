"""What a location is, and how locations lie in one another. Called by whoever books or reads there.

`PlaceMemory` is what a process remembers of them. A location may change in another process, so
what a command relies on is remembered only while the hub has heard every event up to the log's
head; else it is read in the command's own transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from graphql_api.database.connection import Connection, Row
from graphql_api.errors import FieldPath, InvalidTransition, NotFound
from graphql_api.events.log import Event, Facts, Head, LogTransaction
from graphql_api.kernel.codec import Fact, Kind, State
from graphql_api.said import said

TOPIC = "locations"
DEFAULT_ID = 1  # comes with the database, and is never archived
DEPTH_MAX = 8  # places in one another: site, hall, aisle, rack, shelf, bin and two to spare
NOTHING = (-1, -1)  # no position
NO_SUCH = "There is no location with this id."
COLUMNS = "id, code, name, parent_id, archived_at"


class PlaceChange(Enum):
    CREATED = "CREATED"
    UPDATED = "UPDATED"
    ARCHIVED = "ARCHIVED"
    RESTORED = "RESTORED"


class LocationState(State):
    """A location right after a change; see Location."""

    id: int
    code: str
    name: str
    parent_id: int | None
    archived_at: int | None


class LocationTold(Fact):
    """Something happened to a location. user_id: who did it, None: nobody who is known."""

    location: LocationState
    user_id: int | None = None


LOCATION_TOLD = Kind("event locations", LocationTold)
FACTS: Facts = {(TOPIC, change.value): LOCATION_TOLD for change in PlaceChange}


@dataclass(frozen=True, slots=True)
class Location:
    """A place with levels of its own. parent_id: the place that it is in, None: in none;
    archived_at: since when it takes nothing in, microseconds since 1970, None: it does."""

    id: int
    code: str
    name: str
    parent_id: int | None = None
    archived_at: int | None = None

    def check_open(self, field: FieldPath) -> None:
        """Raises InvalidTransition when it is archived: nothing comes in."""
        if self.archived_at is not None:
            raise InvalidTransition(
                said(
                    "Location {code} is archived and takes nothing in. Restore it, or name "
                    "another location.",
                    code=self.code,
                ),
                field,
            )

    def state(self) -> LocationState:
        """As events keep it."""
        return LocationState(self.id, self.code, self.name, self.parent_id, self.archived_at)


def location_of(row: Row | LocationState) -> Location:
    """A location out of a row of COLUMNS, or of an event."""
    if isinstance(row, LocationState):
        return Location(row.id, row.code, row.name, row.parent_id, row.archived_at)
    return Location(*row)


class Places:
    """Locations that a run of commands names, with all that they are in."""

    def __init__(self, known: Mapping[int, Location]) -> None:
        self._known = known

    def loaded(self, location_id: int | None, field: FieldPath) -> Location:
        """The location, the default one for None. Raises NotFound."""
        location = self._known.get(DEFAULT_ID if location_id is None else location_id)
        if location is None:
            raise NotFound(NO_SUCH, field)
        return location

    def code(self, location_id: int) -> str | None:
        """The location's code; None when it was not loaded."""
        location = self._known.get(location_id)
        return None if location is None else location.code

    def path(self, location_id: int) -> list[Location]:
        """The location and what it is in, the outermost first; empty when it was not loaded."""
        path: list[Location] = []
        location = self._known.get(location_id)
        while location is not None and len(path) <= DEPTH_MAX:  # beyond: a circle, made by hand
            path.append(location)
            location = self._known.get(location.parent_id or 0)
        return path[::-1]

    def around(self, location_ids: Iterable[int]) -> tuple[int, ...]:
        """The places that these are in, themselves left out."""
        inner = set(location_ids)
        outer = {place.id for one in inner for place in self.path(one)}
        return tuple(sorted(outer - inner))


class PlaceMemory:
    """What one process knows of locations; `heard` is a listener of the hub."""

    def __init__(self) -> None:
        self.known: dict[int, Location] = {}
        self.forgotten = 0  # how often: what was being read meanwhile may be older
        self._heard = NOTHING  # position and recorded_at_us of the newest event that was heard
        self._changing: Head | None = None  # where a transaction began that changes locations

    def heard(self, events: Sequence[Event]) -> None:
        """New events of the log: a location that changed is read again when it is asked for."""
        if any(event.topic == TOPIC for event in events):
            self.forget()
        self._heard = (events[-1].position, events[-1].recorded_at_us)

    def forget(self) -> None:
        """Know nothing, and rely on nothing until events were heard again."""
        self.known = {}
        self.forgotten += 1
        self._heard = NOTHING

    def change_in(self, transaction: LogTransaction) -> None:
        """A command of this transaction changes a location, which may still be undone."""
        self._changing = transaction.entry.head

    def is_current(self, transaction: LogTransaction) -> bool:
        """Whether no location has changed that is not known here: by another process, or in this
        very transaction."""
        head = transaction.entry.head
        is_heard = self._heard == (head.position, head.witness_us)
        return is_heard and self._changing is not head

    async def places(self, transaction: LogTransaction, ids: Iterable[int | None]) -> Places:
        """The locations of `ids` that exist and the default one, as they are in the transaction:
        no statement when they are remembered, else one."""
        wanted = {DEFAULT_ID, *(one for one in ids if one is not None)}
        if not self.is_current(transaction):
            return Places(await with_outer(transaction.connection, wanted))
        if missing := wanted - self.known.keys():
            self.known |= await with_outer(transaction.connection, missing)
        return Places(self.known)

    async def read(self, reading: Connection, ids: Iterable[int]) -> Mapping[int, Location]:
        """The locations of `ids` and what they are in, for those who look at them."""
        missing = set(ids) - self.known.keys()
        if not missing:
            return self.known
        forgotten = self.forgotten
        found = await with_outer(reading, missing)
        if forgotten == self.forgotten:
            self.known |= found
            return self.known
        return {**self.known, **found}


async def with_outer(connection: Connection, ids: Iterable[int]) -> dict[int, Location]:
    """The locations of `ids` that exist, and all that they are in: id → location."""
    rows = await connection.rows(
        f"WITH RECURSIVE up({COLUMNS}) AS (SELECT {COLUMNS} FROM location WHERE "
        + connection.dialect.one_of("id", "bigint")
        + " UNION SELECT l.id, l.code, l.name, l.parent_id, l.archived_at "
        f"FROM location l JOIN up ON l.id = up.parent_id) SELECT {COLUMNS} FROM up",
        connection.dialect.array(ids),
    )
    return {row[0]: location_of(row) for row in rows}


# The places in `ids`, themselves included, with how deep below them each is.
_DOWN = (
    "WITH RECURSIVE down(id, depth) AS (SELECT id, 0 FROM location WHERE {ids} UNION "
    f"SELECT l.id, down.depth + 1 FROM location l JOIN down ON l.parent_id = down.id "
    f"WHERE down.depth < {DEPTH_MAX}) "
)


async def nested_ids(connection: Connection, ids: Iterable[int]) -> tuple[int, ...]:
    """The locations of `ids` that exist, and all that lie in them: one statement."""
    down = _DOWN.format(ids=connection.dialect.one_of("id", "bigint"))
    rows = await connection.rows(
        f"{down} SELECT DISTINCT id FROM down ORDER BY id", connection.dialect.array(ids)
    )
    return tuple(row[0] for row in rows)


async def depth_below(connection: Connection, location_id: int) -> int:
    """How many places lie in one another below it; 0 when none is in it."""
    down = _DOWN.format(ids="id = ?")
    row = await connection.row(f"{down} SELECT max(depth) FROM down", location_id)
    return int(row[0] or 0) if row else 0
