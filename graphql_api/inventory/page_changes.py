"""What in the log can change a list of items that was read: for answers that are kept.

A page changes with the items on it, and with an item that comes onto it. An item that is not on it
comes onto it only if it now passes the filter and sorts in between: the event tells both. What an
event does not tell (which words a search finds, what lies in which place) may pass.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from graphql_api import values
from graphql_api.events.log import Event
from graphql_api.inventory.catalogue import ItemFilter, ItemSort
from graphql_api.inventory.categories import category_key
from graphql_api.inventory.facts import ItemState, ItemTold
from graphql_api.inventory.item import CATEGORY_MAX, SKU_MAX, UpdateType, status_of
from graphql_api.texts.sorting import sort_key

ALL_KINDS = frozenset(kind.value for kind in UpdateType)
# Stock and what follows from it: such an event says nothing new of anything else.
WITHOUT_STOCK = ALL_KINDS - {UpdateType.STOCK_UPDATED.value}
# Of one list in a filter: what is kept remembers them. Longer ones let everything pass.
KEYS_MAX, KEYS_CHARACTERS_MAX = 5, 100

Place = tuple[Any, int]  # an item's key in a sort, and its id

_KEYS: dict[ItemSort, Callable[[ItemState], Any]] = {
    ItemSort.SKU: lambda state: sort_key(state.sku),
    ItemSort.NAME: lambda state: sort_key(state.name),
    ItemSort.STOCK: lambda state: state.stock,
    ItemSort.PRICE: lambda state: state.price,
    ItemSort.UPDATED_AT: lambda state: state.updated_at,
}
_SORTS_BY_STOCK = (ItemSort.STOCK, ItemSort.UPDATED_AT)


def kinds_that_count(wanted: ItemFilter, sort: ItemSort | None = None) -> frozenset[str]:
    """The kinds of events that can bring an item into the list, take it out, or move it in it."""
    by_stock = wanted.statuses is not None or wanted.location_ids is not None
    return ALL_KINDS if by_stock or sort in _SORTS_BY_STOCK else WITHOUT_STOCK


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a sort, from one place to another; None: to its end."""

    sort: ItemSort
    low: Place | None
    high: Place | None

    @classmethod
    def of_page(
        cls,
        sort: ItemSort,
        descending: bool,
        ends: tuple[Place | None, Place | None],
        rows: Sequence[Place],
        limit: int,
        backwards: bool,
    ) -> Stretch:
        """What was read: between `ends`, from one of them, until there were `limit` rows."""
        begin, end = ends
        if len(rows) >= limit:
            begin, end = (rows[0], end) if backwards else (begin, rows[-1])
        return cls(sort, end, begin) if descending else cls(sort, begin, end)

    def holds(self, state: ItemState) -> bool:
        """Whether an item in this state sorts into it, its ends included."""
        place = (_KEYS[self.sort](state), state.id)
        return (self.low is None or place >= self.low) and (self.high is None or place <= self.high)


def may_come(wanted: ItemFilter, stretch: Stretch | None) -> Callable[[Event], bool]:
    """Whether the item of an event may belong to the list, now. stretch: where in its order; None:
    wherever."""
    may_pass = _filter(wanted)

    def accepts(event: Event) -> bool:
        told: ItemTold = event.payload
        return may_pass(told.item) and (stretch is None or stretch.holds(told.item))

    return accepts


def has_sku(key: str) -> Callable[[Event], bool]:
    """Whether the item of an event has the SKU with this key, now."""

    def accepts(event: Event) -> bool:
        told: ItemTold = event.payload
        return values.folded(told.item.sku) == key

    return accepts


def _filter(wanted: ItemFilter) -> Callable[[ItemState], bool]:
    """The filter as the database applies it (catalogue.py), as far as a state tells. It holds on
    to nothing of `wanted` but what it asks: an answer that is kept keeps it too."""
    deleted, archived = wanted.include_deleted, wanted.include_archived
    sees_admins = wanted.sees_admins
    categories = _keys(wanted.categories, CATEGORY_MAX)
    skus = _keys(wanted.skus, SKU_MAX)
    statuses = None if wanted.statuses is None else set(wanted.statuses)

    def may_pass(state: ItemState) -> bool:
        return (
            (deleted or state.deleted_at is None)
            and (archived or state.archived_at is None)
            and (sees_admins or not state.admins_only)
            and (categories is None or category_key(state.category) in categories)
            and (skus is None or values.folded(state.sku) in skus)
            and (statuses is None or status_of(state.stock, state.min_stock) in statuses)
        )

    return may_pass


def _keys(texts: Sequence[str] | None, characters_max: int) -> set[str | None] | None:
    """None: whatever there is may pass."""
    if texts is None or len(texts) > KEYS_MAX or sum(map(len, texts)) > KEYS_CHARACTERS_MAX:
        return None
    return {values.lookup_key(text, characters_max) for text in texts}
