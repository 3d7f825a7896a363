"""What a kept answer depends on, as the faces tell it while they resolve. Called by resolvers of
fields that are declared `kept`, and by loaders; where nothing is kept, they tell nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from graphql_api.delivery.dependencies import Dependencies
from graphql_api.inventory import locations
from graphql_api.inventory.catalogue import ItemFilter
from graphql_api.inventory.item import TOPIC, ItemRef, parse_id
from graphql_api.inventory.page_changes import (
    WITHOUT_STOCK,
    Stretch,
    has_sku,
    kinds_that_count,
    may_come,
)


class Telling(Protocol):
    """Whoever is told: an operation's context, or its loaders. None: nothing is kept."""

    depends: Dependencies | None


def on_items(teller: Telling, ids: Iterable[int]) -> None:
    """Items, and all that is written only with an event of theirs: levels, minimums, movements."""
    if teller.depends is not None:
        teller.depends.on_subjects(TOPIC, ids)


def on_item_ref(teller: Telling, ref: ItemRef, found: int | None) -> None:
    """The item that a reference names. found: its id; None: there is none to be seen yet."""
    depends = teller.depends
    if depends is None:
        return
    if found is not None:
        depends.on_subjects(TOPIC, [found])
    elif ref.by == "id":
        depends.on_subjects(TOPIC, [parse_id(ref.value) or 0])
    elif ref.by == "sku":
        depends.on(TOPIC, WITHOUT_STOCK, has_sku(ref.key))
    else:
        depends.on(TOPIC, WITHOUT_STOCK)


def on_item_page(
    teller: Telling, wanted: ItemFilter, stretch: Stretch | None, ids: Iterable[int]
) -> None:
    """A page of items: those that were read for it, and those that may come onto it. stretch: of
    the sort that it is in the order of; None: a search's."""
    depends = teller.depends
    if depends is None:
        return
    depends.on_subjects(TOPIC, ids)
    kinds = kinds_that_count(wanted, None if stretch is None else stretch.sort)
    depends.on(TOPIC, kinds, may_come(wanted, stretch))
    if wanted.location_ids is not None:
        on_places(teller)


def on_item_list(teller: Telling, wanted: ItemFilter, *, sums: bool = False) -> None:
    """Which items a whole list has; sums: and what is on hand of them."""
    depends = teller.depends
    if depends is not None:
        depends.on(TOPIC, None if sums else kinds_that_count(wanted))


def on_item_texts(teller: Telling) -> None:
    """What all items together are called, and what they say that they are."""
    if teller.depends is not None:
        teller.depends.on(TOPIC, WITHOUT_STOCK)


def on_places(teller: Telling) -> None:
    """Locations, and how they lie in one another: all of them, since they seldom change."""
    if teller.depends is not None:
        teller.depends.on(locations.TOPIC)
