"""What the engine asks of an operation's context; the schema's own knows the use cases too."""

from __future__ import annotations

from typing import Protocol, Self

from graphql_api.delivery.hub import Hub
from graphql_api.events.log import Log


class Role(Protocol):
    """A role, as delivery knows it."""

    @property
    def bit(self) -> int: ...


class Viewer(Protocol):
    """Who looks, as of one moment."""

    @property
    def role(self) -> Role: ...

    @property
    def user_id(self) -> int: ...


class OperationContext(Protocol):
    """One operation's context, or that of one event of a subscription."""

    @property
    def log(self) -> Log: ...

    @property
    def hub(self) -> Hub: ...

    @property
    def signed_in(self) -> Viewer:
        """Who looks. Raises Unauthenticated when nobody is signed in."""
        ...

    async def role_now(self) -> Role:
        """The viewer's role at this moment. Raises Unauthenticated once the session has ended."""
        ...

    async def read_head(self) -> None:
        """Remember the log's head, before anything else of the operation is read."""
        ...

    def for_everyone(self) -> Self:
        """This context for a rendering that all of a role share: it has the role and no user, so
        whoever asks it for the user fails."""
        ...
