"""What every resolver can reach: the use cases, the viewer, the loaders of this operation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from strawberry.types import Info as StrawberryInfo

from graphql_api.accounts.credentials import Caller
from graphql_api.accounts.failures import Failures
from graphql_api.accounts.roles import Viewer
from graphql_api.accounts.sessions import Sessions, SignedIn
from graphql_api.accounts.users import Users
from graphql_api.alerts.lifecycle import Alerts
from graphql_api.alerts.listing import AlertListing
from graphql_api.clock import Clock
from graphql_api.database.database import Database
from graphql_api.delivery.hub import Hub
from graphql_api.delivery.registry import Registry
from graphql_api.errors import LimitExceeded, Unauthenticated
from graphql_api.events.cursor import Cursor
from graphql_api.events.log import Log, LogWriter
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.figures import Figures
from graphql_api.inventory.history import History
from graphql_api.inventory.items import Items
from graphql_api.inventory.locations import Locations
from graphql_api.inventory.stock import StockLedger
from graphql_api.notifications.notifications import Notifications
from graphql_api.notifications.push import Push
from graphql_api.operations.broadcast import Broadcasts
from graphql_api.operations.disk import Disk
from graphql_api.operations.supervision import Supervision
from graphql_api.presence.live import LivePresence
from graphql_api.settings import Settings
from schema.loaders import Loaders


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases of one process, put together in graphql_api/app.py."""

    settings: Settings
    clock: Clock
    database: Database
    disk: Disk
    log: Log
    writer: LogWriter
    hub: Hub
    registry: Registry
    failures: Failures
    items: Items
    catalogue: Catalogue
    history: History
    figures: Figures
    locations: Locations
    stock: StockLedger
    alerts: Alerts
    alert_listing: AlertListing
    users: Users
    sessions: Sessions
    notifications: Notifications
    push: Push
    broadcasts: Broadcasts
    presence: LivePresence
    supervision: Supervision
    started_s: float  # of the clock's monotonic_s, when this process began to serve


async def _no_socket(_: SignedIn) -> None:
    """A refresh over HTTP has no socket's session to renew."""


@dataclass(slots=True)
class Context:
    """One operation's context; a subscription gets a new one for each event.

    viewer: None without a valid token, and then `fault` says why. connection: the number of the
    socket that asks; None over HTTP. renewed: called when a
    session was refreshed, so that a socket can go on with the new one. client: the peer's address.
    """

    services: Services
    viewer: Viewer | None
    fault: Unauthenticated | None = None
    client: str = ""
    connection: int | None = None
    renewed: Callable[[SignedIn], Awaitable[None]] = _no_socket
    sync_cursor: Cursor | None = None
    proved: int | None = None  # the user who signed in or refreshed in this very operation
    has_hashed: bool = False
    loaders: Loaders = field(init=False)

    def __post_init__(self) -> None:
        self.loaders = Loaders(self.services, self.sees_admins)

    @property
    def sees_admins(self) -> bool:
        """Whether what is visible to ADMINS exists for this viewer."""
        return self.viewer is not None and self.viewer.sees_admins

    @property
    def caller(self) -> Caller:
        """Who asks, for what is counted by address."""
        if self.viewer is None:
            return Caller(self.client)
        return Caller(self.client, self.viewer.user_id, self.viewer.session_id)

    def hash_once(self) -> None:
        """Called before a password is hashed or checked: one an operation, since each costs 64
        MiB and tens of milliseconds. Raises LimitExceeded."""
        if self.has_hashed:
            raise LimitExceeded("One password an operation: send the others by themselves.")
        self.has_hashed = True

    @property
    def signed_in(self) -> Viewer:
        """The viewer. Raises Unauthenticated when nobody is signed in."""
        if self.viewer is None:
            raise self.fault or Unauthenticated("Sign in: this needs an access token.")
        return self.viewer


Info = StrawberryInfo[Context, None]
