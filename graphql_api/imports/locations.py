"""The places that an import's rows name by their codes. Called by items.py; files of stock look
theirs up by the same names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from graphql_api import values
from graphql_api.errors import AlreadyExists
from graphql_api.imports.rows import NOWHERE, CheckedRow
from graphql_api.inventory.locations import CODE_MAX, Locations, NewLocation
from graphql_api.inventory.places import Location
from graphql_api.said import said

UNKNOWN = "There is no location with the code {code}."
ARCHIVED = "The location {code} is archived."


class ImportPlaces:
    """Location codes → ids; names do as well, of places that have their name alone.

    creates: unknown ones are no fault, and are made when stock is booked there. place: where the
    stock of rows is that name no place; where that is none, it is the default one.
    creates_first: as creates, where there is only the default place yet: a shop that begins has
    its places in its file, and one that has some knows them.
    """

    def __init__(
        self,
        locations: Locations,
        creates: bool,
        place: str | None = None,
        creates_first: bool = False,
    ) -> None:
        self._locations = locations
        self._creates = creates
        self._creates_first = creates_first
        is_code = place is not None and _key(place) != values.NO_KEY
        self._place = place if is_code else None
        self._ids: dict[str, int] = {}
        self._archived: set[int] = set()
        self._default = NOWHERE
        self._is_alone = False

    async def find(self, rows: Sequence[CheckedRow]) -> None:
        """Give each row its location's id; a fault to rows with a code that is none."""
        if self._default == NOWHERE:
            await self._load()
            self._creates = self._creates or (self._creates_first and self._is_alone)
        if self._place and (self._creates or _key(self._place) in self._ids):
            for row in rows:
                row.location_code = row.location_code or self._place
        named = [row for row in rows if row.location_code is not None]
        if any(_key(row.location_code or "") not in self._ids for row in named):
            await self._load()  # somebody may have added it meanwhile
        for row in rows:
            row.location_id = self._default
        for row in named:
            key = _key(row.location_code or "")
            row.location_id = self._ids.get(key, NOWHERE)
            if row.location_id == NOWHERE and (not self._creates or key == values.NO_KEY):
                self._refuse(row, said(UNKNOWN, code=_shown(row)))
            elif row.location_id in self._archived and row.initial_stock:
                self._refuse(row, said(ARCHIVED, code=_shown(row)))

    def _refuse(self, row: CheckedRow, words: str) -> None:
        row.complain("location", words)
        row.leave_out_stock()
        row.location_id = self._default

    def lacks(self, row: CheckedRow) -> bool:
        """Whether the row may book stock at a place that is still to be made."""
        return bool(row.initial_stock) and row.location_id == NOWHERE

    async def make(self, rows: Iterable[CheckedRow]) -> None:
        """Make the places that these rows, which book their stock, lack."""
        for row in rows:
            if self.lacks(row):
                assert row.location_code is not None
                key = _key(row.location_code)
                if key not in self._ids:
                    self._ids[key] = await self._create(row.location_code)
                row.location_id = self._ids[key]

    async def _create(self, code: str) -> int:
        try:
            return (await self._locations.create(NewLocation(code, code))).id
        except AlreadyExists:  # by somebody else, this moment
            await self._load()
            return self._ids[_key(code)]

    async def _load(self) -> None:
        everywhere = await self._locations.all()
        self._is_alone = len(everywhere) == 1
        self._ids |= {key: one.id for key, one in known_as(everywhere).items()}
        self._archived = {one.id for one in everywhere if one.archived_at is not None}
        self._default = min(location.id for location in everywhere)


def known_as(everywhere: Sequence[Location]) -> dict[str, Location]:
    """What a file may call each location, folded: its code, or a name that is its alone."""
    names = Counter(values.folded(one.name) for one in everywhere)
    by_name = {values.folded(one.name): one for one in everywhere}
    alone = {name: one for name, one in by_name.items() if names[name] == 1}
    return alone | {values.folded(one.code): one for one in everywhere}


def _shown(row: CheckedRow) -> str:
    return values.excerpt(row.location_code or "")


def _key(code: str) -> str:
    """A location's code as it is looked up."""
    return values.lookup_key(code, CODE_MAX)
