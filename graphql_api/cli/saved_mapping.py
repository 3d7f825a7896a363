"""What `--mapping NAME` says: how a file is read, as somebody has saved it. Called by imports.py
and stock.py."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated

import typer

from graphql_api.cli.opening import existing_services
from graphql_api.cli.outcome import WRONG_USAGE, CommandFailed
from graphql_api.imports.mappings import ImportMappings, SavedMapping
from graphql_api.imports.starting import ImportKind
from graphql_api.settings import Settings

SavedName = Annotated[
    str | None,
    typer.Option(
        "--mapping",
        metavar="NAME",
        help="Read FILE as a mapping that was saved in the console says; other options go before.",
    ),
]


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read, as the options say it. columns: field → column; decimal: its sign."""

    columns: dict[str, str]
    encoding: str | None
    decimal: str | None
    sheet: str | None
    generate_sku: bool = False
    lenient: bool = False
    wide: bool = False

    def over(self, settings: Settings, kind: ImportKind, name: str | None) -> Reading:
        """With what the mapping of that name says beside; as it is without a name. Raises
        CommandFailed."""
        if name is None:
            return self
        saved = asyncio.run(_saved(settings, kind, name))
        return Reading(
            {one.field: one.column for one in saved.columns} | self.columns,
            self.encoding or saved.encoding,
            self.decimal or (saved.decimal and saved.decimal.value),
            self.sheet or saved.sheet,
            self.generate_sku or saved.generate_sku,
            self.lenient or saved.lenient,
            self.wide or saved.wide,
        )


async def _saved(settings: Settings, kind: ImportKind, name: str) -> SavedMapping:
    async with existing_services(settings) as services:
        mappings = services.of(ImportMappings)
        found = await mappings.named(kind, name)
        if found is not None:
            return found
        known = ", ".join(repr(one.name) for one in await mappings.all(kind)) or "none"
    raise CommandFailed(
        f"there is no saved mapping {name!r} for {kind.value.lower()}; there are: {known}",
        WRONG_USAGE,
    )
