"""Commands on places: create-location, update-location, archive-location, restore-location,
list-locations. Places are named by their codes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from graphql_api.cli.opening import existing_services, quiet_settings
from graphql_api.cli.outcome import WRONG_USAGE, CommandFailed
from graphql_api.inventory.locations import (
    Location,
    LocationChange,
    LocationMove,
    Locations,
    NewLocation,
)

commands = typer.Typer()

Code = Annotated[str, typer.Argument(help="The location's code, in any case.", show_default=False)]


def _with_locations(work: Callable[[Locations], Awaitable[str]]) -> None:
    """Do `work` on the locations of the database, and print the line that it answers with."""
    settings = quiet_settings()

    async def done() -> str:
        async with existing_services(settings) as services:
            return await work(services.of(Locations))

    typer.echo(asyncio.run(done()))


async def _named(locations: Locations, code: str) -> Location:
    location = await locations.by_code(code)
    if location is None:
        raise CommandFailed(f"there is no location with the code {code}")
    return location


@commands.command("create-location")
def create_location(
    code: Annotated[str, typer.Option(help="Short and unique, in any case.", show_default=False)],
    name: Annotated[str, typer.Option(help="For people.", show_default=False)],
    parent: Annotated[
        str | None, typer.Option(help="The code of the place it lies in.", show_default=False)
    ] = None,
) -> None:
    """Add a location."""

    async def create(locations: Locations) -> str:
        parent_id = None if parent is None else (await _named(locations, parent)).id
        location = await locations.create(NewLocation(code, name, parent_id))
        return f"Location {location.code} has the id {location.id}."

    _with_locations(create)


@commands.command("update-location")
def update_location(
    location: Code,
    code: Annotated[str | None, typer.Option(help="Its new code.", show_default=False)] = None,
    name: Annotated[str | None, typer.Option(help="Its new name.", show_default=False)] = None,
    parent: Annotated[
        str | None, typer.Option(help="The code of the place it lies in.", show_default=False)
    ] = None,
    no_parent: Annotated[bool, typer.Option("--no-parent", help="It lies in no other.")] = False,
) -> None:
    """Change a location; what is not given stays."""
    if no_parent and parent is not None:
        raise CommandFailed("give either --parent CODE or --no-parent", WRONG_USAGE)
    given = (("code", code), ("name", name))
    changes: dict[str, Any] = {key: value for key, value in given if value is not None}
    if not (changes or no_parent or parent is not None):
        raise CommandFailed("nothing to change: give --code, --name or --parent", WRONG_USAGE)

    async def change(locations: Locations) -> str:
        before = await _named(locations, location)
        if no_parent or parent is not None:
            outer = None if parent is None else await _named(locations, parent)
            changes["parentId"] = None if outer is None else outer.id
        now = (await locations.change(LocationChange(before.id, changes))).location
        return f"Location {now.code} is changed."

    _with_locations(change)


@commands.command("archive-location")
def archive_location(location: Code) -> None:
    """Take a location out of use: it takes nothing in, and is in no list.

    Not while it holds stock or has places in it, and never the default one.
    """

    async def archive(locations: Locations) -> str:
        found = await _named(locations, location)
        await locations.archive(LocationMove(found.id))
        return f"Location {found.code} is archived."

    _with_locations(archive)


@commands.command("restore-location")
def restore_location(location: Code) -> None:
    """Take an archived location into use again."""

    async def restore(locations: Locations) -> str:
        found = await _named(locations, location)
        await locations.restore(LocationMove(found.id))
        return f"Location {found.code} is in use."

    _with_locations(restore)


@commands.command("list-locations")
def list_locations(
    everything: Annotated[bool, typer.Option("--all", help="Archived ones too.")] = False,
) -> None:
    """Print every location: id, code, the code of the place it lies in, in use or not, name."""

    async def told(locations: Locations) -> str:
        found = await locations.all(include_archived=everything)
        codes = {location.id: location.code for location in found}
        lines = ["id\tcode\tin\tstate\tname"]
        for one in found:
            state = "in use" if one.archived_at is None else "archived"
            outer = "" if one.parent_id is None else codes.get(one.parent_id, "")
            lines.append(f"{one.id}\t{one.code}\t{outer}\t{state}\t{one.name}")
        return "\n".join(lines)

    _with_locations(told)
