"""What the transport needs of the rest, which app.py hands over: it imports no schema.

Who makes contexts is a structural protocol, so the schema knows nothing of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

from graphql_api.accounts.credentials import Caller
from graphql_api.accounts.failures import NOBODY, Failure, Failures
from graphql_api.accounts.roles import Viewer
from graphql_api.accounts.sessions import Sessions, SignedIn
from graphql_api.accounts.tokens import TokenRefused
from graphql_api.clock import Clock
from graphql_api.delivery.counters import Counters
from graphql_api.delivery.hub import Hub
from graphql_api.engine.execution import Execution, Plan
from graphql_api.errors import RequestFault, Unauthenticated
from graphql_api.events.log import Log
from graphql_api.operations.rate import LiveCosts, RateLimiter
from graphql_api.settings import Settings
from graphql_api.transport.kept_reads import KeptReads
from graphql_api.transport.seam import ServerSeam
from graphql_api.transport.slots import Slots
from graphql_api.transport.sockets import Sockets
from graphql_api.transport.turns import Turns

AUTHORIZATION_MAX = 4_096  # characters; ours have about 400

ADDRESS_MAX = 64  # characters; an IPv6 address with its zone has fewer
DEVICE_MAX = 200  # characters of a User-Agent: browsers' own have fewer

Renewed = Callable[[SignedIn], Awaitable[None]]


class NewContext(Protocol):
    """Makes an operation's context."""

    def __call__(
        self,
        viewer: Viewer | None,
        fault: Unauthenticated | None,
        renewed: Renewed | None,
        connection: int | None = None,
        client: str = "",
        device: str = "",
    ) -> Any: ...


@dataclass(frozen=True, slots=True)
class Backend:
    """The parts that serve a request, once the process is up."""

    settings: Settings
    clock: Clock
    execution: Execution
    sessions: Sessions
    hub: Hub
    log: Log
    counters: Counters
    rates: RateLimiter
    live_costs: LiveCosts
    requests: Turns
    documents: Turns
    slots: Slots
    sockets: Sockets
    seam: ServerSeam
    new_context: NewContext  # connection: the socket's number, None over HTTP; client: address
    left: Callable[[int], None]  # told the number of a socket that has ended
    masked: Callable[[BaseException], dict[str, Any]]  # an unknown fault, as clients may see it
    failures: Failures
    reads: KeptReads

    def take(self, caller: Caller) -> None:
        """Count one operation. Raises RateLimited."""
        self._limited(caller, self.rates.take, caller.key, _shared(caller))

    def charge(self, caller: Caller, work: int) -> None:
        """Count an operation's work, see operations/rate.py. Raises RateLimited."""
        self._limited(caller, self.rates.charge, caller.key, work, _shared(caller))

    def pace(self, caller: Caller, work: int) -> float:
        """Count a replay's work; in how many seconds it may go on."""
        return self.rates.pace(caller.key, work, _shared(caller))

    def hold(self, caller: Caller, cost: int) -> None:
        """Count a live subscription. Raises LimitExceeded."""
        self._limited(caller, self.live_costs.hold, caller.key, cost)

    def slot(self, caller: Caller, plan: Plan) -> AbstractAsyncContextManager[None]:
        """What holds a slot for a query; nothing for a mutation. Subscriptions need none either:
        those that come back together are read for together. Entering it raises RateLimited."""
        return self.slots.entered(caller.key) if plan.is_query else nullcontext()

    def _limited(self, caller: Caller, count: Callable[..., None], *counted: object) -> None:
        """Count it; a limit that refuses is told to whoever runs the server, too."""
        try:
            count(*counted)
        except RequestFault as fault:
            self.refused(caller, Failure.LIMIT, fault.message)
            raise

    def refused(self, caller: Caller, kind: Failure, what: str) -> None:
        """Something was refused: a line in the log, and a count."""
        who = NOBODY if caller.user_id is None else caller.user_id
        self.failures.note(kind, caller.address, who, what)


def _shared(caller: Caller) -> str | None:
    """The address whose users have one budget together; None: nobody is signed in."""
    return None if caller.user_id is None else caller.address


def address_of(scope: Mapping[str, Any]) -> str:
    """The peer's address; empty if it has none. A proxy may tell any text as one
    (X-Forwarded-For), and it is kept in budgets and logs: no more of it than an address has."""
    client = scope.get("client")
    return str(client[0])[:ADDRESS_MAX] if client else ""


def device_of(told: str | None) -> str:
    """What the peer says that it is. told: its first User-Agent header: any text, which people read
    in the list of sessions."""
    if not told:
        return ""
    printable = told if told.isprintable() else "".join(filter(str.isprintable, told))
    return printable.strip()[:DEVICE_MAX]


def bearer_token(authorization: object) -> str | None:
    """The token of an `Authorization: Bearer …` value; None when it is none."""
    if not isinstance(authorization, str) or len(authorization) > AUTHORIZATION_MAX:
        return None
    scheme, _, token = authorization.strip().partition(" ")
    token = token.strip()
    return token if scheme.lower() == "bearer" and token else None


def authorization_of(payload: Mapping[str, Any], handshake: str | None) -> object:
    """What connection_init's payload gives as authorization, at its top or in its `headers`, as
    Apollo, urql and others put it; else the handshake's header. None: there is none."""
    for place in (payload, payload.get("headers")):
        if isinstance(place, Mapping):
            for name, value in place.items():
                if name.lower() == "authorization" and value not in (None, ""):
                    return value
    return handshake or None


def hint_of(payload: Mapping[str, Any]) -> str | None:
    """What to tell somebody whose payload has keys, but not the one that counts; None: nothing."""
    if not payload:
        return None
    names = ", ".join(name[:40] for name in list(payload)[:5])
    return (
        f"Nobody is signed in: connection_init's payload has {names}, but no `authorization` "
        "(`Bearer <access token>`)."
    )


async def identify(
    backend: Backend, authorization: object, address: str
) -> tuple[Viewer | None, Unauthenticated | None]:
    """The viewer behind an authorization, or why there is none; both None when none was given."""
    if authorization is None or authorization == "":
        return None, None
    token = bearer_token(authorization)
    try:
        if token is None:
            raise TokenRefused("authorization must be `Bearer <access token>`.")
        return await backend.sessions.viewer_of(token), None
    except Unauthenticated as fault:
        user_id = fault.user_id if isinstance(fault, TokenRefused) else None
        backend.refused(Caller(address, user_id), Failure.TOKEN_REFUSED, fault.message)
        return None, fault
