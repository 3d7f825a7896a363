"""Objects by their ids alone: `node` and `nodes`, as Relay fetches again what it has.

Ids are unique over all types (Writer's `new_id` gives them out for all tables), so each answers
with one type. What a viewer may not see is not there: the same as what never was.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import strawberry

from graphql_api.accounts.roles import Role
from graphql_api.accounts.sessions import Sessions
from graphql_api.accounts.users import Users
from graphql_api.alerts.lifecycle import Alert
from graphql_api.alerts.listing import AlertListing
from graphql_api.errors import BadRequest
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.history import History
from graphql_api.inventory.locations import Locations
from graphql_api.inventory.stock import Movement
from graphql_api.notifications.notifications import Notification, Notifications
from schema.context import Context, Info
from schema.faces import Face
from schema.node import Node, required_id
from schema.pagination import IDS_MAX
from schema.permissions import Rule, query


async def find_nodes(context: Context, ids: Sequence[int]) -> dict[int, Any]:
    """The objects of `ids` that the viewer may see: one statement for each type, until all are
    found. Users: oneself, or anybody for ADMIN; sessions likewise, while they live."""
    services, viewer = context.services, context.signed_in
    sees, is_admin = context.sees_admins, viewer.role is Role.ADMIN
    found: dict[int, Any] = {}

    async def users(wanted: list[int]) -> dict[int, Any]:
        mine = [user_id for user_id in wanted if is_admin or user_id == viewer.user_id]
        return dict(await services.of(Users).by_ids(mine)) if mine else {}

    async def locations(wanted: list[int]) -> dict[int, Any]:
        return dict(await services.of(Locations).by_ids(wanted))

    readers: tuple[Any, ...] = (
        lambda wanted: services.of(Catalogue).by_ids(wanted, sees),
        lambda wanted: services.of(History).by_ids(wanted, sees),
        lambda wanted: services.of(AlertListing).by_ids(wanted, sees),
        lambda wanted: services.of(Notifications).by_ids(viewer, wanted),
        locations,
        users,
        lambda wanted: services.of(Sessions).by_ids(wanted, None if is_admin else viewer.user_id),
    )
    for read in readers:
        missing = [node_id for node_id in dict.fromkeys(ids) if node_id not in found]
        if not missing:
            break
        found |= await read(missing)
    return found


Id = Annotated[strawberry.ID, strawberry.argument("As the object tells it.")]


@strawberry.type
class NodeQueries:
    @query(Rule.VIEWER, "The object with this id; null when there is none that you may see.")
    async def node(self, info: Info, id: Id) -> Node | None:
        node_id = required_id(id)
        return (await find_nodes(info.context, [node_id])).get(node_id)

    @query(Rule.VIEWER, "The objects with these ids, in their order; null where you may see none.")
    async def nodes(
        self,
        info: Info,
        ids: Annotated[list[strawberry.ID], strawberry.argument(f"At most {IDS_MAX}.")],
    ) -> list[Node | None]:
        if len(ids) > IDS_MAX:
            raise BadRequest(f"ids has {len(ids)} values; at most {IDS_MAX} may be.")
        wanted = [required_id(node_id) for node_id in ids]
        found = await find_nodes(info.context, wanted)
        return [found.get(node_id) for node_id in wanted]

    @query(Rule.VIEWER, "One alert; null when there is none that you may see.")
    async def alert(self, info: Info, id: Id) -> Alert | None:
        context, alert_id = info.context, required_id(id)
        found = await context.services.of(AlertListing).by_ids([alert_id], context.sees_admins)
        return found.get(alert_id)

    @query(Rule.VIEWER, "One notification of yours; null when there is none.")
    async def notification(self, info: Info, id: Id) -> Notification | None:
        context, notification_id = info.context, required_id(id)
        found = await context.services.of(Notifications).by_ids(
            context.signed_in, [notification_id]
        )
        return found.get(notification_id)

    @query(Rule.VIEWER, "One line of the ledger; null when there is none that you may see.")
    async def stock_movement(self, info: Info, id: Id) -> Movement | None:
        context, movement_id = info.context, required_id(id)
        found = await context.services.of(History).by_ids([movement_id], context.sees_admins)
        return found.get(movement_id)


FACE = Face(queries=NodeQueries)
