"""The GraphQL schema: code first, one file for each noun.

`build_schema` makes it for a set of limits; `export_sdl` prints what stands in schema.graphql.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionResult

from graphql_api.settings import Settings
from schema.accounts import AccountMutations, AccountQueries
from schema.alerts import AlertMutations, AlertQueries
from schema.executor import PlainFieldExecutor
from schema.items import ItemMutations, ItemQueries
from schema.notifications import NotificationMutations, NotificationQueries
from schema.preparation import Documents, Preparation
from schema.realtime import RealtimeMutations, RealtimeQueries, Subscription
from schema.scalars import SCALARS
from schema.stock import StockMutations, StockQueries


@strawberry.type(description="What can be read. Lists are Relay connections with keyset cursors.")
class Query(
    RealtimeQueries, AccountQueries, ItemQueries, StockQueries, AlertQueries, NotificationQueries
):
    """The queries of all nouns."""


@strawberry.type(
    description="What can be changed. Expected failures are `userErrors` on a null result."
)
class Mutation(
    AccountMutations,
    ItemMutations,
    StockMutations,
    AlertMutations,
    NotificationMutations,
    RealtimeMutations,
):
    """The mutations of all nouns."""


class InventorySchema(strawberry.Schema):
    """The schema, with the documents that it has prepared."""

    def __init__(self, limits: Settings) -> None:
        documents = Documents(limits)
        super().__init__(
            query=Query,
            mutation=Mutation,
            subscription=Subscription,
            extensions=[lambda: Preparation(documents)],
            execution_context_class=PlainFieldExecutor,
            config=StrawberryConfig(scalar_map=SCALARS),
        )
        self.documents = documents

    async def execute(self, *args: Any, **kwargs: Any) -> ExecutionResult:
        """As Strawberry does it. Its errors are as clients may see them, wherever they arose:
        in a field, in an extension, or in Strawberry itself."""
        result = await super().execute(*args, **kwargs)
        if result.errors:
            result.errors = self.documents.told(result.errors)
        return result

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        """Nothing: schema/errors.py logs what has to be logged, once."""


def build_schema(limits: Settings) -> InventorySchema:
    """The schema under these limits."""
    return InventorySchema(limits)


def export_sdl() -> str:
    """The schema as text, as it stands in schema.graphql."""
    return build_schema(Settings()).as_str().rstrip() + "\n"


__all__: Sequence[str] = ("InventorySchema", "build_schema", "export_sdl")
