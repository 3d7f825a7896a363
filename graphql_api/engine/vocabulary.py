"""What the engine must be told of a schema: which of its names mean something to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import ValidationRule

Place = tuple[str, str]  # a type's name and a field's


@dataclass(frozen=True, slots=True)
class Prices:
    """What lists, counts and scans cost where the page size does not say it.

    list_sizes: entries of a list without pages. each_line: lists that have an entry for each line
    of a batch. batch_lines: as many as a batch may have; batch_lines_of: by root field, where
    `input.lines` does not say how many. sized_by: the argument that a list is as long as.
    scans: work beside the objects of the answer. by_ids: root fields with an object for each of
    `ids`; ids_max: as many as they may be. page: entries of a page that nobody sized.
    """

    list_sizes: Mapping[Place, int] = field(default_factory=dict)
    each_line: frozenset[Place] = frozenset()
    batch_lines: int = 1
    batch_lines_of: Mapping[str, int] = field(default_factory=dict)
    sized_by: Mapping[Place, str] = field(default_factory=dict)
    scans: Mapping[Place, int] = field(default_factory=dict)
    count: int = 0
    introspection: int = 0
    by_ids: frozenset[str] = frozenset()
    ids_max: int = 1
    page: int = 1

    def of(self, type_name: str, name: str) -> int:
        """What the field costs beside the objects that it answers."""
        if name == "__schema":
            return self.introspection
        return self.scans.get((type_name, name), 0)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """prices: see there. rules: validation rules beside GraphQL's own. head_field: the field that
    answers with the log's head, which is read before anything else; "": there is none. warming: a
    document to look at before anybody asks, with variables for each of its operations.
    """

    prices: Prices = field(default_factory=Prices)
    rules: tuple[type[ValidationRule], ...] = ()
    head_field: str = ""
    warming: str = ""
    warming_variables: Mapping[str, dict[str, Any]] = field(default_factory=dict)
