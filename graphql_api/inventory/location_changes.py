"""The commands that add, change, archive and restore a location. Called by locations.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from graphql_api import values
from graphql_api.database.connection import Connection
from graphql_api.delivery import audience
from graphql_api.errors import (
    AlreadyExists,
    FieldPath,
    InvalidInput,
    InvalidTransition,
    NotFound,
    Refusal,
)
from graphql_api.events.cursor import Cursor
from graphql_api.events.log import Event, LogTransaction
from graphql_api.inventory.models import LocationRecord
from graphql_api.inventory.places import (
    DEFAULT_ID,
    DEPTH_MAX,
    NO_SUCH,
    TOPIC,
    Location,
    LocationTold,
    PlaceChange,
    depth_below,
    with_outer,
)
from graphql_api.said import said

CODE_MAX = 32
NAME_MAX = 200
LOCATIONS_MAX = 10_000  # of one business, bins included: `locations` is one list, about 1 MB
CHILDREN_MAX = 1_000  # right in one place: a list too

ID: FieldPath = ("input", "id")
CODE: FieldPath = ("input", "code")
PARENT: FieldPath = ("input", "parentId")


@dataclass(frozen=True, slots=True)
class NewLocation:
    """A command: add a location. parent_id: the place that it is in, None: in none."""

    code: str
    name: str
    parent_id: int | None = None
    user_id: int | None = None


@dataclass(frozen=True, slots=True)
class LocationChange:
    """A command: change fields of a location, by their contract names; an absent one stays. A
    parentId of None takes it out of the place that it is in."""

    id: int
    changes: Mapping[str, Any] = field(default_factory=dict)
    user_id: int | None = None


@dataclass(frozen=True, slots=True)
class LocationMove:
    """A command: archive a location, or restore it."""

    id: int
    user_id: int | None = None


@dataclass(frozen=True, slots=True)
class LocationResult:
    """The location right after a command, and its place in the log."""

    location: Location
    cursor: Cursor


def checked_change(command: LocationChange) -> LocationChange:
    """The command with its texts trimmed. Raises InvalidInput."""
    changes = dict(command.changes)
    if not changes:
        raise InvalidInput("There is nothing to change: give code, name or parentId.", ("input",))
    for name, check, most in (
        ("code", values.unique_text, CODE_MAX),
        ("name", values.required_text, NAME_MAX),
    ):
        if name in changes:
            if changes[name] is None:
                raise InvalidInput(said("{name} must not be null.", name=name), ("input", name))
            changes[name] = check(changes[name], ("input", name), most)
    return replace(command, changes=changes)


async def create_one(transaction: LogTransaction, command: NewLocation) -> LocationResult:
    """Add a location."""
    connection = transaction.connection
    key = values.folded(command.code)
    await _refuse_taken(connection, key)
    await _refuse_too_many(connection, command.parent_id)
    if command.parent_id is not None:
        path = await _path_to(connection, command.parent_id)
        _refuse_too_deep(len(path) + 1)
    location = Location(transaction.new_id(), command.code, command.name, command.parent_id)
    await connection.create(
        LocationRecord,
        id=location.id,
        code=location.code,
        code_key=key,
        name=location.name,
        parent_id=location.parent_id,
        created_at=transaction.entry.now_us,
    )
    return _told(transaction, PlaceChange.CREATED, location, command.user_id)


async def change_one(transaction: LogTransaction, command: LocationChange) -> LocationResult:
    """Change a location, archived ones too."""
    connection = transaction.connection
    before = await _existing(connection, command.id)
    columns = {"parentId": "parent_id"}
    location = replace(
        before, **{columns.get(name, name): value for name, value in command.changes.items()}
    )
    key = values.folded(location.code)
    if key != values.folded(before.code):
        await _refuse_taken(connection, key)
    if location.parent_id != before.parent_id:
        await _refuse_parent(connection, location)
    await connection.change(
        "UPDATE location SET code = ?, code_key = ?, name = ?, parent_id = ? WHERE id = ?",
        location.code,
        key,
        location.name,
        location.parent_id,
        location.id,
    )
    return _told(transaction, PlaceChange.UPDATED, location, command.user_id)


async def archive_one(transaction: LogTransaction, command: LocationMove) -> LocationResult:
    """From now on it takes nothing in, and is in no list."""
    connection = transaction.connection
    before = await _existing(connection, command.id)
    code = before.code
    if before.archived_at is not None:
        raise InvalidTransition(said("Location {code} is archived already.", code=code), ID)
    if before.id == DEFAULT_ID:
        raise InvalidTransition(
            said(
                "Location {code} is the default one and cannot be archived: what names no "
                "location is booked there.",
                code=code,
            ),
            ID,
        )
    inner = await connection.row(
        "SELECT code FROM location WHERE parent_id = ? AND archived_at IS NULL "
        "ORDER BY code_key LIMIT 1",
        before.id,
    )
    if inner is not None:
        raise InvalidTransition(
            said(
                "Location {inner} lies in {code} and is not archived: archive or move it first.",
                inner=inner[0],
                code=code,
            ),
            ID,
        )
    held = await connection.row(
        "SELECT 1 FROM level WHERE location_id = ? AND quantity > 0 LIMIT 1", before.id
    )
    if held is not None:
        raise InvalidTransition(
            said("Location {code} holds stock: transfer it or book it out first.", code=code), ID
        )
    location = replace(before, archived_at=transaction.entry.now_us)
    return await _store_archived(transaction, PlaceChange.ARCHIVED, location, command.user_id)


async def restore_one(transaction: LogTransaction, command: LocationMove) -> LocationResult:
    """It takes stock in again."""
    connection = transaction.connection
    before = await _existing(connection, command.id)
    if before.archived_at is None:
        raise InvalidTransition(said("Location {code} is not archived.", code=before.code), ID)
    if before.parent_id is not None:
        outer = (await with_outer(connection, [before.parent_id]))[before.parent_id]
        if outer.archived_at is not None:
            raise InvalidTransition(
                said(
                    "Location {code} lies in {code_2}, which is archived: restore that first, "
                    "or take it out of there.",
                    code=before.code,
                    code_2=outer.code,
                ),
                ID,
            )
    location = replace(before, archived_at=None)
    return await _store_archived(transaction, PlaceChange.RESTORED, location, command.user_id)


async def _store_archived(
    transaction: LogTransaction, change: PlaceChange, location: Location, user_id: int | None
) -> LocationResult:
    await transaction.connection.change(
        "UPDATE location SET archived_at = ? WHERE id = ?", location.archived_at, location.id
    )
    return _told(transaction, change, location, user_id)


def _told(
    transaction: LogTransaction, change: PlaceChange, location: Location, user_id: int | None
) -> LocationResult:
    told = LocationTold(location.state(), user_id)
    event = Event(TOPIC, change.value, location.id, audience.EVERYONE, None, told)
    return LocationResult(location, transaction.entry.cursor_of(transaction.entry.append(event)))


async def _existing(connection: Connection, location_id: int) -> Location:
    found = (await with_outer(connection, [location_id])).get(location_id)
    if found is None:
        raise NotFound(NO_SUCH, ID)
    return found


async def _refuse_taken(connection: Connection, key: str) -> None:
    row = await connection.row("SELECT code, archived_at FROM location WHERE code_key = ?", key)
    if row is None:
        return
    if row[1] is None:
        raise AlreadyExists(said("Location code {code} is taken.", code=repr(row[0])), CODE)
    raise AlreadyExists(
        said(
            "Location code {code} is taken by an archived location: restore it, or "
            "choose another code.",
            code=repr(row[0]),
        ),
        CODE,
    )


async def _refuse_too_many(connection: Connection, parent_id: int | None) -> None:
    row = await connection.row(
        "SELECT count(*), sum(CASE WHEN parent_id = ? THEN 1 ELSE 0 END) FROM location",
        parent_id or 0,
    )
    assert row is not None
    if row[0] >= LOCATIONS_MAX:
        raise InvalidInput(
            said(
                "There are {count} locations; at most {most} may be.",
                count=row[0],
                most=LOCATIONS_MAX,
            ),
            CODE,
        )
    if parent_id is not None:
        _refuse_full(int(row[1] or 0))


def _refuse_full(children: int) -> None:
    if children >= CHILDREN_MAX:
        raise InvalidInput(
            said(
                "{count} locations lie right in this one; at most {most} may. Put "
                "another in between.",
                count=children,
                most=CHILDREN_MAX,
            ),
            PARENT,
        )


async def _refuse_parent(connection: Connection, location: Location) -> None:
    """Raises a Refusal when the location cannot lie in its new parent."""
    if location.parent_id is None:
        return
    path = await _path_to(connection, location.parent_id, location)
    _refuse_too_deep(len(path) + 1 + await depth_below(connection, location.id))
    row = await connection.row(
        "SELECT count(*) FROM location WHERE parent_id = ?", location.parent_id
    )
    assert row is not None
    _refuse_full(row[0])


async def _path_to(
    connection: Connection, parent_id: int, moved: Location | None = None
) -> list[Location]:
    """A new parent and what it is in. Raises a Refusal: there is no such place, it is archived, or
    it is the `moved` one or lies in it."""
    found = await with_outer(connection, [parent_id])
    parent = found.get(parent_id)
    if parent is None:
        raise NotFound(NO_SUCH, PARENT)
    if moved is not None and moved.id in found:
        raise _circle(moved, parent)
    if parent.archived_at is not None and (moved is None or moved.archived_at is None):
        raise InvalidTransition(
            said("Location {code} is archived: restore it, or name another one.", code=parent.code),
            PARENT,
        )
    return list(found.values())


def _circle(moved: Location, parent: Location) -> Refusal:
    if moved.id == parent.id:
        return InvalidInput(said("{code} cannot lie in itself.", code=parent.code), PARENT)
    return InvalidInput(
        said(
            "{code} lies in {code_2}, which therefore cannot lie in it.",
            code=parent.code,
            code_2=moved.code,
        ),
        PARENT,
    )


def _refuse_too_deep(depth: int) -> None:
    if depth > DEPTH_MAX:
        raise InvalidInput(
            said(
                "Locations would lie {depth} deep in one another; at most {most} may.",
                depth=depth,
                most=DEPTH_MAX,
            ),
            PARENT,
        )
