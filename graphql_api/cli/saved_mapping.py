"""What `--mapping NAME` says: how a file is read, as somebody has saved it; and `--save-mapping
NAME`, which saves it. Called by imports.py and stock.py."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated, BinaryIO

import typer

from graphql_api.cli.opening import existing_services
from graphql_api.cli.outcome import WRONG_USAGE, CommandFailed, note
from graphql_api.imports.mappings import ImportMappings, KeepMapping, SavedMapping
from graphql_api.imports.preview import Previews
from graphql_api.imports.starting import DecimalSign, ImportKind, Wanted
from graphql_api.inventory.locations import Locations
from graphql_api.process import open_services
from graphql_api.services import Services
from graphql_api.settings import Settings

SavedName = Annotated[
    str | None,
    typer.Option(
        "--mapping",
        metavar="NAME",
        help="Read FILE as a saved mapping says; other options go before.",
    ),
]
SaveName = Annotated[
    str | None,
    typer.Option(
        "--save-mapping",
        metavar="NAME",
        help="Save how FILE is read, for --mapping and the console, once it could be read; what "
        "had that name is replaced.",
    ),
]


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read, as the options say it. columns: field → column; decimal: its sign;
    location: by its code."""

    columns: dict[str, str]
    encoding: str | None
    decimal: str | None
    sheet: str | None
    generate_sku: bool = False
    lenient: bool = False
    wide: bool = False
    location: str | None = None
    reference: str | None = None

    def over(self, settings: Settings, kind: ImportKind, name: str | None) -> Reading:
        """With what the mapping of that name says beside; as it is without a name. Raises
        CommandFailed."""
        if name is None:
            return self
        saved, place = asyncio.run(_saved(settings, kind, name))
        return Reading(
            {one.field: one.column for one in saved.columns} | self.columns,
            self.encoding or saved.encoding,
            self.decimal or (saved.decimal and saved.decimal.value),
            self.sheet or saved.sheet,
            self.generate_sku or saved.generate_sku,
            self.lenient or saved.lenient,
            self.wide or saved.wide,
            self.location or place,
            self.reference or saved.reference,
        )

    def wanted(self, kind: ImportKind) -> Wanted:
        """As a saved mapping has it, but for what is not said here alone: a stock file's mode, and
        the id of its location."""
        return Wanted(
            kind.value,
            mapping=self.columns,
            encoding=self.encoding,
            is_wide=self.wide,
            reference=self.reference,
            decimal=None if self.decimal is None else DecimalSign(self.decimal),
            sheet=self.sheet,
            generate_sku=self.generate_sku,
            lenient=self.lenient,
        )


def check_savable(name: str | None, dry_run: bool, has_header: bool = True) -> None:
    """Raises typer.BadParameter."""
    at = "--save-mapping"
    if name is not None and dry_run:
        raise typer.BadParameter("--dry-run writes nothing, no mapping either.", param_hint=at)
    if name is not None and not has_header:
        raise typer.BadParameter(
            "A mapping is of names of columns, and with --no-header there are none.", param_hint=at
        )


async def keep(services: Services, source: BinaryIO, name: str, wanted: Wanted) -> None:
    """Save how a file is read, and say so."""
    seen = await services.of(Previews).seen(source, Wanted())  # as the next one is first seen
    columns = [column.name for column in seen.columns]
    mappings = services.of(ImportMappings)
    saved = await mappings.keep(KeepMapping(columns, name, wanted, replaces=True, user_id=None))
    note(f"note: the mapping {saved.name!r} is saved")


def keep_of_items(settings: Settings, source: BinaryIO, name: str | None, read: Reading) -> None:
    """The same of a file of items, before anything else is opened; without a name, nothing."""
    if name is not None:
        asyncio.run(_keep_of_items(settings, source, name, read))


async def _keep_of_items(settings: Settings, source: BinaryIO, name: str, read: Reading) -> None:
    async with open_services(settings) as services:
        await keep(services, source, name, read.wanted(ImportKind.ITEMS))


async def _saved(
    settings: Settings, kind: ImportKind, name: str
) -> tuple[SavedMapping, str | None]:
    """The mapping, and the code of its location."""
    async with existing_services(settings) as services:
        mappings = services.of(ImportMappings)
        found = await mappings.named(kind, name)
        if found is not None:
            ids = [] if found.location_id is None else [found.location_id]
            places = await services.of(Locations).by_ids(ids)
            return found, next((place.code for place in places.values()), None)
        known = ", ".join(repr(one.name) for one in await mappings.all(kind)) or "none"
    raise CommandFailed(
        f"there is no saved mapping {name!r} for {kind.value.lower()}; there are: {known}",
        WRONG_USAGE,
    )
