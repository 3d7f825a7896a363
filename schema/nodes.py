"""Objects by their ids alone: `node` and `nodes`, as Relay fetches again what it has.

Ids are unique over all types (Writer's `new_id` gives them out for all tables), so each answers
with one type. What a viewer may not see is not there: the same as what never was.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import strawberry

from graphql_api.errors import BadRequest
from graphql_api.said import said
from schema.context import Context, Info
from schema.faces import Face, Nodes
from schema.node import Id, Node, required_id
from schema.pagination import IDS_MAX
from schema.permissions import Rule, query


async def find_nodes(
    readers: Sequence[Nodes], context: Context, ids: Sequence[int]
) -> dict[int, Any]:
    """The objects of `ids` that the viewer may see: one statement for each type, until all are
    found."""
    found: dict[int, Any] = {}
    for read in readers:
        missing = [node_id for node_id in dict.fromkeys(ids) if node_id not in found]
        if not missing:
            break
        found |= await read(context, missing)
    return found


def nodes_of(faces: Iterable[Face]) -> Face:
    """The face of all objects by their ids, as the other faces read them."""
    readers = [face.nodes for face in faces if face.nodes is not None]

    @strawberry.type
    class NodeQueries:
        @query(Rule.VIEWER, "The object with this id; null when there is none that you may see.")
        async def node(self, info: Info, id: Id) -> Node | None:
            node_id = required_id(id)
            return (await find_nodes(readers, info.context, [node_id])).get(node_id)

        @query(
            Rule.VIEWER, "The objects with these ids, in their order; null where you may see none."
        )
        async def nodes(
            self,
            info: Info,
            ids: Annotated[list[strawberry.ID], strawberry.argument(f"At most {IDS_MAX}.")],
        ) -> list[Node | None]:
            if len(ids) > IDS_MAX:
                raise BadRequest(
                    said(
                        "ids has {count} values; at most {most} may be.",
                        count=len(ids),
                        most=IDS_MAX,
                    )
                )
            wanted = [required_id(node_id) for node_id in ids]
            found = await find_nodes(readers, info.context, wanted)
            return [found.get(node_id) for node_id in wanted]

    return Face(queries=NodeQueries)
