"""The GraphQL schema: code first, one file for each noun.

`build_schema` makes it for a set of limits; `export_sdl` prints what stands in schema.graphql.
"""

from __future__ import annotations

from collections.abc import Sequence

import strawberry

from graphql_api.engine.schema import PreparedSchema
from graphql_api.engine.vocabulary import Vocabulary
from graphql_api.settings import Settings
from schema.accounts import AccountMutations, AccountQueries
from schema.alerts import AlertMutations, AlertQueries, AlertSubscriptions
from schema.faces import check_faces
from schema.figures import FigureQueries
from schema.item_changes import ItemMutations
from schema.items import ItemQueries, ItemSubscriptions
from schema.locations import LocationMutations, LocationQueries
from schema.nodes import NodeQueries
from schema.notifications import (
    NotificationMutations,
    NotificationQueries,
    NotificationSubscriptions,
)
from schema.one_password import OnePassword
from schema.presence import PresenceMutations, PresenceQueries, PresenceSubscriptions
from schema.prices import PRICES
from schema.realtime import RealtimeMutations, RealtimeQueries
from schema.scalars import SCALARS
from schema.stock import StockMutations, StockQueries


@strawberry.type(description="What can be read. Lists are Relay connections with keyset cursors.")
class Query(
    RealtimeQueries,
    AccountQueries,
    ItemQueries,
    LocationQueries,
    StockQueries,
    FigureQueries,
    AlertQueries,
    NotificationQueries,
    PresenceQueries,
    NodeQueries,
):
    """The queries of all nouns."""


@strawberry.type(
    description="What can be changed. Expected failures are `userErrors` on a null result."
)
class Mutation(
    AccountMutations,
    ItemMutations,
    LocationMutations,
    StockMutations,
    AlertMutations,
    NotificationMutations,
    PresenceMutations,
    RealtimeMutations,
):
    """The mutations of all nouns."""


@strawberry.type(description="What can be followed live, without a hole across reconnects.")
class Subscription(
    ItemSubscriptions, AlertSubscriptions, NotificationSubscriptions, PresenceSubscriptions
):
    """The subscriptions of all nouns."""


check_faces()

VOCABULARY = Vocabulary(prices=PRICES, rules=(OnePassword,), head_field="syncCursor")


def build_schema(limits: Settings) -> PreparedSchema:
    """The schema under these limits."""
    return PreparedSchema(
        limits,
        VOCABULARY,
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        scalars=SCALARS,
    )


def export_sdl() -> str:
    """The schema as text, as it stands in schema.graphql."""
    return build_schema(Settings()).as_str().rstrip() + "\n"


__all__: Sequence[str] = ("VOCABULARY", "build_schema", "export_sdl")
