"""People, as everybody who reads may know them: a name, and no more. Used by other faces."""

from __future__ import annotations

import strawberry

from schema.context import Info


@strawberry.type(description="Somebody who did something.")
class Person:
    user_id: strawberry.ID = strawberry.field(description="The user's id.")
    name: str = strawberry.field(description="The name as it is now.")


async def person(user_id: int | None, info: Info) -> Person | None:
    """Who that was; None for nobody, and for an account that is not there."""
    user = None if user_id is None else await info.context.loaders.user.load(user_id)
    return None if user is None else Person(user_id=strawberry.ID(str(user.id)), name=user.name)
