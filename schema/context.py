"""What every resolver can reach: the use cases, the viewer, the loaders of this operation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from strawberry.types import Info as StrawberryInfo

from graphql_api.accounts.credentials import Caller
from graphql_api.accounts.roles import Role, Viewer
from graphql_api.accounts.sessions import Sessions, SignedIn
from graphql_api.delivery.dependencies import Dependencies
from graphql_api.delivery.hub import Hub
from graphql_api.errors import LimitExceeded, Unauthenticated
from graphql_api.events.cursor import Cursor
from graphql_api.events.log import Log
from graphql_api.services import Services
from schema.loaders import Loaders


async def _no_socket(_: SignedIn) -> None:
    """A refresh over HTTP has no socket's session to renew."""


class SharedRendering(RuntimeError):
    """A field that asked for the person who looks, in a rendering that all of a role share: it
    has to be declared personal (schema/node.py, `computed`)."""


@dataclass(slots=True)
class Context:
    """One operation's context; a subscription gets a new one for each event.

    person: None without a valid token, and then `fault` says why. connection: the number of the
    socket that asks; None over HTTP. renewed: called when a session was refreshed, so that a
    socket can go on with the new one. client: the peer's address; device: what it
    says that it is. is_shared: for a rendering that
    all of the person's role share; then only the role may be asked for.
    depends: who is told what the answer depends on; None: it is not kept.
    """

    services: Services
    person: Viewer | None
    fault: Unauthenticated | None = None
    client: str = ""
    connection: int | None = None
    renewed: Callable[[SignedIn], Awaitable[None]] = _no_socket
    sync_cursor: Cursor | None = None
    proved: int | None = None  # the user who signed in or refreshed in this very operation
    has_hashed: bool = False
    is_shared: bool = False
    device: str = ""
    depends: Dependencies | None = None
    loaders: Loaders = field(init=False)

    def __post_init__(self) -> None:
        self.loaders = Loaders(self.services, self.sees_admins)

    def keep(self, depends: Dependencies) -> None:
        """The answer is to be kept: have all who read for it tell `depends` what it depends on."""
        self.depends = self.loaders.depends = depends

    @property
    def viewer(self) -> Viewer | None:
        """Who looks; None when nobody is signed in. Raises SharedRendering."""
        if self.is_shared:
            raise SharedRendering("who looks was asked: declare the field personal")
        return self.person

    @property
    def role(self) -> Role | None:
        """The viewer's role; None when nobody is signed in."""
        return None if self.person is None else self.person.role

    @property
    def sees_admins(self) -> bool:
        """Whether what is visible to ADMINS exists for this viewer."""
        return self.person is not None and self.person.sees_admins

    @property
    def caller(self) -> Caller:
        """Who asks, for what is counted by address."""
        viewer = self.viewer
        if viewer is None:
            return Caller(self.client, device=self.device)
        return Caller(self.client, viewer.user_id, viewer.session_id, self.device)

    @property
    def signed_in(self) -> Viewer:
        """The viewer. Raises Unauthenticated when nobody is signed in."""
        viewer = self.viewer
        if viewer is None:
            raise self.fault or Unauthenticated("Sign in: this needs an access token.")
        return viewer

    @property
    def log(self) -> Log:
        """The log of events, for the engine."""
        return self.services.log

    @property
    def hub(self) -> Hub:
        """Where new events meet the subscriptions, for the engine."""
        return self.services.hub

    def for_everyone(self) -> Context:
        """See graphql_api/engine/context.py."""
        self.is_shared = True
        return self

    async def role_now(self) -> Role:
        """The viewer's role as it is at this moment. Raises Unauthenticated."""
        role = await self.services.of(Sessions).role_now(self.signed_in.session_id)
        if role is None:
            raise Unauthenticated("The session has ended; sign in again.")
        return role

    async def read_head(self) -> None:
        """What syncCursor answers with, read before the rest of the operation."""
        head = await self.services.log.head()
        self.sync_cursor = head.cursor

    def hash_once(self) -> None:
        """Called before a password is hashed or checked: one an operation, since each costs 64
        MiB and tens of milliseconds. Raises LimitExceeded."""
        if self.has_hashed:
            raise LimitExceeded("One password an operation: send the others by themselves.")
        self.has_hashed = True


Info = StrawberryInfo[Context, None]
