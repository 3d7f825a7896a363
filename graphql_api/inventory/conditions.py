"""Conditions on rows of `item`, put together with their parameters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql_api.database.dialect import Dialect
from graphql_api.inventory.kept_at import Condition
from graphql_api.inventory.matching import Query
from graphql_api.texts.terms import TERM_MAX, WHOLE_SKU

SPELT_MAX = 100  # items whose SKUs differ in punctuation alone


@dataclass(frozen=True, slots=True)
class IdList:
    """A statement: ids, as `id`, which an index has in their order. behind: columns that stand
    before `id` in that index and are always NULL: PostgreSQL sorts anew unless they are named."""

    sql: str
    parameters: Sequence[Any]
    behind: Sequence[str] = ()


@dataclass(slots=True)
class Where:
    """all_kept: of many items that are kept at some locations, see kept_at.Kept. within: lists in
    each of which all of these items stand, see abreast.py."""

    conditions: list[str] = field(default_factory=list)
    parameters: list[Any] = field(default_factory=list)
    all_kept: Condition | None = None
    within: Sequence[IdList] = ()

    def add(self, condition: str, *parameters: Any) -> None:
        self.conditions.append(condition)
        self.parameters += parameters

    def copy(self) -> Where:
        return Where(list(self.conditions), list(self.parameters), self.all_kept, self.within)

    def add_ids(self, dialect: Dialect, ids: Iterable[int]) -> None:
        """Only items with one of these ids."""
        self.add(dialect.one_of("item.id", "bigint"), dialect.array(ids))

    @property
    def sql(self) -> str:
        return " AND ".join(self.conditions) or "1 = 1"


def listed_by_category(key: str) -> IdList:
    """Its items that are not deleted, and that everybody may see: as their index has them."""
    return IdList(
        "SELECT id, deleted_at FROM item WHERE category_key = ? AND admins_only = 0 "
        "AND deleted_at IS NULL",
        (key,),
        behind=["deleted_at"],
    )


def listed_by_word(word: str) -> IdList:
    """The items that have it as a whole term."""
    return IdList("SELECT item_id AS id FROM item_term WHERE term = ?", (word,))


def any_of(conditions: Sequence[str]) -> str:
    return f"({' OR '.join(conditions)})" if conditions else "1 = 0"


def exact_ids(query: Query) -> Condition:
    """A statement: the ids of items whose SKU or barcode is the whole query. A deleted item has
    given its barcodes free."""
    found = "SELECT id FROM item WHERE sku_key = ?"
    if query.barcode_keys:
        marks = ", ".join("?" * len(query.barcode_keys))
        found += f" UNION ALL SELECT item_id FROM item_barcode WHERE key IN ({marks})"
    return found, [query.sku_key, *query.barcode_keys]


def spelt_ids(query: Query) -> Condition:
    """A statement: the ids of items whose SKU is the whole query without its punctuation, for a
    query that has some: AB-CD finds ABCD."""
    found = "SELECT item_id FROM item_term WHERE term = ? ORDER BY item_id LIMIT ?"
    return f"SELECT * FROM ({found}) spelt", [f"{WHOLE_SKU}{query.spelt}"[:TERM_MAX], SPELT_MAX]


def add_words(where: Where, dialect: Dialect, query: Query, but_for: Sequence[int] = ()) -> None:
    """Only items with a term for each word, or of these ids."""
    by_id = ["item.id = ?"] * len(but_for)
    if not query.words:
        where.add(any_of(by_id), *but_for)
        return
    has = dialect.has("search_text")
    words = " AND ".join(any_of([has] * len(query.places_of(word))) for word in query.words)
    begins = [f" {begin}" for word in query.words for begin in query.places_of(word)]
    where.add(any_of([f"({words})", *by_id]), *begins, *but_for)


def add_intersection(where: Where, query: Query, but_for: Sequence[int] = ()) -> None:
    """The same as `add_words`, by the words' own lists: reads all of each."""
    lists, ends = [], []
    for word in query.words:
        ranges = query.ranges(word)
        terms = any_of(["term >= ? AND term < ?"] * len(ranges))
        lists.append(f"SELECT item_id FROM item_term WHERE {terms}")
        ends += [end for span in ranges for end in span]
    found = [f"item.id IN ({' INTERSECT '.join(lists)})"] if lists else []
    where.add(any_of([*found, *["item.id = ?"] * len(but_for)]), *ends, *but_for)


def add_all_begin(where: Where, dialect: Dialect, query: Query) -> None:
    """Only items that have each word outside of their description."""
    where.add(*all_have(dialect, [f" {word}" for word in query.words]))


def all_have(dialect: Dialect, parts: Sequence[str]) -> tuple[str, ...]:
    """A condition with its parameters: all of these stand in the text of an item's terms."""
    has = [dialect.has("search_text")] * len(parts)
    return " AND ".join(has) or "1 = 1", *parts


def add_not_sku(where: Where, dialect: Dialect, query: Query) -> None:
    if query.code:
        where.add(f"NOT ({dialect.has('search_text')})", f" {WHOLE_SKU}{query.code}")


def add_not_named(where: Where, query: Query) -> None:
    where.add("name_key <> ?", query.name_key)
