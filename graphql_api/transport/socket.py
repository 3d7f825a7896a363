"""One graphql-transport-ws socket: the protocol's machine, and what it takes to obey it.

Mounted as Strawberry's `graphql_transport_ws_handler_class`. A socket at rest costs its own
objects and the server's; it has no task but the server's own and no timer: heartbeats, expiry
and slowness are looked after for all sockets at once (sockets.py).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
)

from graphql_api.accounts.credentials import Caller
from graphql_api.accounts.failures import Failure
from graphql_api.accounts.roles import Role, Viewer
from graphql_api.accounts.sessions import SignedIn
from graphql_api.clock import SECOND_US
from graphql_api.errors import (
    ApplicationError,
    EpochChanged,
    OperationRefusal,
    RequestFault,
    Unauthenticated,
    Unavailable,
)
from graphql_api.events.log import ANOTHER_LOG
from graphql_api.transport import protocol as wire
from graphql_api.transport.again import StillAway, again
from graphql_api.transport.entry import (
    Entry,
    address_of,
    authorization_of,
    hint_of,
    identify,
)
from graphql_api.transport.groups import Member, tail_of
from graphql_api.transport.outbox import Outbox
from graphql_api.transport.protocol import Close, CloseCode, Init, Protocol, Reply, Start, Stop
from graphql_api.transport.states import Watcher

logger = logging.getLogger(__name__)

RAW_SEND = "graphql_api.send"  # the key of the server's own send in a socket's scope


class Running:
    """An operation in progress: a task for a query or mutation, a member for a subscription to
    the log, a watcher for one to states.

    is_opening: it will be a subscription, and has been served nothing yet.
    """

    __slots__ = ("cost_held", "id", "is_opening", "member", "reopen", "task", "watcher")

    def __init__(self, operation_id: str) -> None:
        self.id = operation_id
        self.is_opening = False
        self.cost_held: tuple[str, int] | None = None  # by whom, how much: see LiveCosts
        self.task: asyncio.Task[None] | None = None
        self.member: Member | None = None
        self.watcher: Watcher | None = None
        self.reopen: Callable[[int], None] | None = None


class GraphQLSocket(BaseGraphQLTransportWSHandler[Any, None]):
    """From accept to close. Made by Strawberry's view, which calls `handle`."""

    __slots__ = (
        "_authorization",
        "_entry",
        "_fault",
        "_heard",
        "_init_timer",
        "_judgements",
        "_protocol",
        "_receive",
        "_running",
        "_send",
        "_unjudged",
        "address",
        "busy_s",
        "close_code",
        "number",
        "outbox",
        "ping_due_s",
        "unanswered",
        "viewer",
    )

    def __init__(self, view: Any, websocket: Any, **_: Any) -> None:
        # Strawberry's own state is not wanted: nothing of the parent class runs.
        self._entry: Entry = view.entry()
        scope = websocket.ws.scope
        self._receive = websocket.ws.receive
        self._send = scope.get(RAW_SEND) or websocket.ws.send
        self.address = address_of(scope)
        self._authorization: str | None = _header(scope, b"authorization")
        self._fault: Unauthenticated | None = None  # why nobody is signed in, if there is a word
        self._heard = False  # since the last heartbeat
        self.unanswered = 0  # heartbeats since the peer last gave a sign of life
        settings, clock = self._entry.settings, self._entry.clock
        self._entry.seam.forget_handshake(self._send)
        line = self._entry.seam.line(self._send)
        self.outbox = Outbox(self._send, settings.outbox_bytes_max, clock, self._freed, line)
        self._protocol = Protocol(settings.body_bytes_max)
        self._running: dict[str, Running] = {}
        self._judgements = 0  # how many are under way: see detach
        self._unjudged: list[tuple[Running, int]] = []
        self._init_timer: asyncio.TimerHandle | None = None
        self.viewer: Viewer | None = None
        self.close_code: int | None = None
        self.number = next(self._entry.sockets.numbers)
        self.busy_s = clock.monotonic_s()
        self.ping_due_s = 0.0  # 0: not acknowledged yet

    async def handle(self) -> None:
        sockets = self._entry.sockets
        loop = asyncio.get_running_loop()
        self._init_timer = loop.call_later(
            self._entry.settings.init_timeout_seconds, self._init_timed_out
        )
        sockets.add(self)
        try:
            if sockets.is_draining:
                self.close(CloseCode.RESTART, "The server is restarting")
            await self._listen()
        finally:
            self._init_timer.cancel()
            self._protocol.close(CloseCode.NORMAL, "gone")  # an init may still be being checked
            sockets.remove(self)
            self._end_everything()
            self._entry.left(self.number)

    async def _listen(self) -> None:
        while True:
            # Who does not read is not read: answers cannot pile up beyond the outbox's bound.
            if self.outbox.is_full:
                await self.outbox.room()
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                if self.close_code is None:
                    self.close_code = message.get("code", 1006)
                return
            self._heard = True
            text = message.get("text")
            action = (
                self._protocol.receive_binary() if text is None else self._protocol.receive(text)
            )
            if isinstance(action, Start):
                await self._take_turn(action)
            if action is not None and self.close_code is None:
                self._act(action)

    async def _take_turn(self, action: Start) -> None:
        """A thousand documents at once, on one socket or many: others come in between."""
        if self.viewer is None or self._entry.execution.is_new(action.query):
            await self._entry.turns.take(self._caller.key)
        else:
            await asyncio.sleep(0)

    def _act(self, action: wire.Action) -> None:
        match action:
            case Start():
                self._start(action)
            case Stop():
                self._stop(action.id)
            case Reply():
                self.outbox.put_anyway(action.text)
            case Init():
                assert self._init_timer is not None
                self._init_timer.cancel()
                self._entry.sockets.spawn(self._initialise(action.payload))
            case Close():
                self._close(action)

    # Opening and closing

    def _init_timed_out(self) -> None:
        action = self._protocol.init_timed_out()
        if action is not None:
            self._act(action)

    async def _initialise(self, payload: dict[str, Any]) -> None:
        authorization = authorization_of(payload, self._authorization)
        self._authorization = None
        hint = None if authorization else hint_of(payload)
        self._fault = Unauthenticated(hint) if hint else None
        try:
            viewer, fault = await self._entry.sockets.unless_judged(
                lambda: identify(self._entry, authorization, self.address)
            )
        except Exception as error:
            if not isinstance(error, ApplicationError):  # else the database is away: it was told
                logger.exception("a socket's token could not be checked")
            self.close(CloseCode.TRY_AGAIN_LATER, "The token could not be checked; try again")
            return
        if self._protocol.state is not wire.State.CHECKING:
            return  # closed meanwhile
        if fault is not None:
            self.close(CloseCode.FORBIDDEN, fault.message)
            return
        refusal = await self._entry.sockets.admit(self, viewer)
        if self._protocol.state is not wire.State.CHECKING:
            return
        if refusal is not None:
            code, words = refusal
            if code is not CloseCode.NORMAL:  # it is gone by itself
                caller = Caller(self.address, viewer.user_id if viewer else None)
                self._entry.refused(caller, Failure.LIMIT, words)
            self.close(code, words)
            return
        self._protocol.ready()
        settings = self._entry.settings
        self.ping_due_s = self._entry.clock.monotonic_s() + settings.heartbeat_seconds
        self.outbox.put_anyway(
            wire.ack_text(
                {
                    "cursor": self._entry.hub.head.cursor.encode(),
                    "heartbeatSeconds": settings.heartbeat_seconds,
                    "polling": {"alertsMinutes": 10, "disconnectedAlertsMinutes": 5},
                    **({"warning": hint} if hint else {}),
                }
            )
        )

    def close(self, code: CloseCode, reason: str) -> None:
        """Close from our side, once; the operations end now, not when the peer answers."""
        if self.close_code is None:
            self._close(self._protocol.close(code, reason))

    def _close(self, action: Close) -> None:
        if self.close_code is not None:
            return
        self.close_code = action.code.value
        self._end_everything()
        self.outbox.close()
        self._entry.sockets.spawn(self._send_close(action))

    async def _send_close(self, action: Close) -> None:
        message = {
            "type": "websocket.close",
            "code": action.code.value,
            "reason": action.reason,
        }
        self._entry.seam.unblock(self._send)  # a peer that does not read holds up any send
        try:
            await asyncio.wait_for(self._send(message), CLOSE_TIMEOUT_S)
        except Exception:  # the peer is gone already
            logger.debug("a socket was gone before its close", exc_info=True)
        self._entry.seam.abort_later(self._send, CLOSE_TIMEOUT_S)

    def _end_everything(self) -> None:
        running, self._running = self._running, {}
        for operation in running.values():
            self._cancel(operation)
        if self.close_code is not None:
            self.outbox.close()

    # Operations

    def _start(self, action: Start) -> None:
        self.busy_s = self._entry.clock.monotonic_s()
        settings = self._entry.settings
        operation, caller = Running(action.id), self._caller
        try:
            if len(self._running) >= settings.operations_per_socket_max:
                words = f"At most {settings.operations_per_socket_max} operations run on a socket."
                self._entry.refused(caller, Failure.LIMIT, words)
                raise OperationsExceeded(words)
            self._entry.take(caller)
            plan = self._entry.execution.plan(
                action.query,
                action.operation_name,
                action.variables,
                lambda work: self._entry.charge(caller, work),
            )
            if plan.is_subscription:
                self._entry.hold(caller, plan.cost)
                operation.cost_held = (caller.key, plan.cost)
        except RequestFault as fault:
            self._refuse(action.id, _fault_errors(fault))
            return
        except OperationRefusal as refused:
            self._refuse(action.id, refused.errors)
            return
        self._running[action.id] = operation
        operation.is_opening = plan.is_subscription
        work = self._subscribe if plan.is_subscription else self._execute
        operation.task = self._entry.sockets.spawn(self._run(operation, work, plan))

    async def _run(self, operation: Running, work: Any, plan: Any) -> None:
        try:
            await work(operation, plan)
        except OperationRefusal as refused:
            self._fail(operation, refused.errors)
        except StillAway:
            self._send_away()
        except ApplicationError as fault:
            self._fail(operation, _fault_errors(fault))
        except TimeoutError:
            self._fail(operation, [_error("The operation took too long.", "UNAVAILABLE")])
        except Exception as error:
            self._fail(operation, [self._entry.masked(error)])

    async def _execute(self, operation: Running, plan: Any) -> None:
        viewer, fault = await self._asker()
        context = self._entry.new_context(viewer, fault, self._renewed, self.number, self.address)
        async with asyncio.timeout(self._entry.settings.operation_timeout_seconds):
            text = await self._entry.execution.execute(plan, context)
        await self.outbox.room()
        if self._running.get(operation.id) is operation:
            self.outbox.put_parts(wire.next_head(operation.id), tail_of(text), anyway=True)
            self._finish(operation, wire.complete_text(operation.id))

    async def _subscribe(self, operation: Running, plan: Any) -> None:
        viewer, subscribed = await again(partial(self._opened, plan))
        if self._running.get(operation.id) is not operation:
            return  # completed, or the socket closed, before it had begun
        assert viewer is not None
        self._prepare(operation, subscribed, plan.cost)

        async def reopen(position: int) -> None:
            """Go on after `position` as the viewer that the socket has now."""
            now, reopened = await again(partial(self._opened, plan, check_after=False))
            if self._running.get(operation.id) is not operation or now is None:
                return
            if self._is_as_judged(now):
                self._enter(operation, reopened, now, position)
            else:
                self._unjudged.append((operation, position))

        operation.is_opening = False
        operation.task = None
        operation.reopen = lambda position: self._resume_later(operation, reopen(position))
        dispatched = self._entry.sockets.groups.dispatched
        after = subscribed.after.position if subscribed.after else dispatched
        if self._is_as_judged(viewer):
            self._enter(operation, subscribed, viewer, after)
        else:  # the role changed while it was being opened
            self._unjudged.append((operation, after))
            self._reopen_judged()

    async def _opened(self, plan: Any, check_after: bool = True) -> tuple[Viewer | None, Any]:
        """The subscription, opened for the viewer as it is now, in the log that the hub reads.

        Raises Unavailable while the hub has not seen that the log is another one.
        """
        asking = self._asker() if check_after else self._goes_on()
        viewer, fault = await asking
        subscribed = await self._open(plan, viewer, check_after, fault)
        hub, after = self._entry.hub, subscribed.after
        if check_after and after is not None and after.epoch != hub.head.epoch:
            hub.hint()
            raise Unavailable("The log was replaced; try again.")
        return viewer, subscribed

    def _send_away(self) -> None:
        """The database was away for too long: the client comes back, here or elsewhere."""
        self.close(CloseCode.TRY_AGAIN_LATER, "The log cannot be read now: resume by your cursor")

    def log_replaced(self) -> None:
        """The log is another one: every subscription to it ends, and its client is told why."""
        for operation in tuple(self._running.values()):
            if operation.member is not None:
                self._fail(operation, self._errors_of(EpochChanged(ANOTHER_LOG)))

    def _prepare(self, operation: Running, subscribed: Any, cost: int) -> None:
        """Make what serves the operation: from the log, or with states. cost: of an event."""
        head = wire.next_head(operation.id)
        caller, entry = self._caller, self._entry

        def fail(error: Exception) -> None:
            if isinstance(error, StillAway):
                self._send_away()
            else:
                self._fail(operation, self._errors_of(error))

        if subscribed.is_state:
            operation.watcher = Watcher(self.outbox, head, fail)
        else:
            operation.member = Member(
                self.outbox, head, fail, cost, lambda work: entry.pace(caller, work)
            )

    def _enter(self, operation: Running, subscribed: Any, viewer: Viewer, position: int) -> None:
        """Serve the operation as this viewer; position: after which, in the log."""
        sockets, role_bit = self._entry.sockets, viewer.role.bit
        if operation.watcher is not None:
            sockets.states.enter(operation.watcher, subscribed, role_bit)
        elif operation.member is not None:
            sockets.groups.enter(operation.member, subscribed, role_bit, viewer.user_id, position)

    def _exit(self, operation: Running) -> None:
        """Serve the operation no more."""
        held, operation.cost_held = operation.cost_held, None
        if held is not None:
            self._entry.live_costs.let_go(*held)
        if operation.member is not None:
            self._entry.sockets.groups.exit(operation.member)
        if operation.watcher is not None:
            self._entry.sockets.states.exit(operation.watcher)

    async def _asker(self) -> tuple[Viewer | None, Unauthenticated | None]:
        """Who begins an operation, as over HTTP: nobody once the token has expired, so that it
        can be renewed and do nothing else. Raises Unauthenticated."""
        viewer = await self._viewer_now()
        if viewer is not None and viewer.expires_at_us <= self._entry.clock.now_us():
            return None, Unauthenticated("The access token has expired; refresh the session.")
        return viewer, self._fault

    async def _goes_on(self) -> tuple[Viewer | None, Unauthenticated | None]:
        """Who has a subscription already: it lasts as the socket does. Raises Unauthenticated."""
        return await self._viewer_now(), None

    async def _viewer_now(self) -> Viewer | None:
        """The socket's viewer with the role that counts now. Raises Unauthenticated."""
        viewer = self.viewer
        if viewer is None:
            return None
        role = await self._entry.sockets.role_now(viewer)
        if role is None:
            raise Unauthenticated("The session has ended; sign in again.")
        return viewer if role is viewer.role else replace(viewer, role=role)

    def _is_as_judged(self, viewer: Viewer) -> bool:
        """Whether `viewer` may be served live: no judgement is due, and its role still counts."""
        return not self._judgements and self.viewer is not None and self.viewer.role is viewer.role

    def _resume_later(self, operation: Running, work: Any) -> None:
        async def resume(_: Running, __: Any) -> None:
            await work

        self._entry.sockets.spawn(self._run(operation, resume, None))

    async def _open(
        self,
        plan: Any,
        viewer: Viewer | None,
        check_after: bool = True,
        fault: Unauthenticated | None = None,
    ) -> Any:
        entry = self._entry  # the group keeps this context's maker: it must not keep this socket

        def new_context() -> Any:
            return entry.new_context(viewer, fault, None)

        return await entry.execution.subscribe(plan, viewer, new_context, check_after)

    def _stop(self, operation_id: str) -> None:
        self.busy_s = self._entry.clock.monotonic_s()
        operation = self._running.pop(operation_id, None)
        if operation is not None:
            self._cancel(operation)

    def _cancel(self, operation: Running) -> None:
        if operation.task is not None:
            operation.task.cancel()
        self._exit(operation)

    def _fail(self, operation: Running, errors: list[Any]) -> None:
        if self._running.get(operation.id) is operation:
            self._finish(operation, wire.error_text(operation.id, errors))

    def _finish(self, operation: Running, last: str) -> None:
        self.busy_s = self._entry.clock.monotonic_s()
        del self._running[operation.id]
        self._exit(operation)
        self._protocol.finished(operation.id)
        self.outbox.put_anyway(last)

    def _refuse(self, operation_id: str, errors: list[Any]) -> None:
        """An operation that never began."""
        self._protocol.finished(operation_id)
        self.outbox.put_anyway(wire.error_text(operation_id, errors))

    def _errors_of(self, error: Exception) -> list[Any]:
        if isinstance(error, OperationRefusal):
            return error.errors
        if isinstance(error, ApplicationError):
            return _fault_errors(error)
        return [self._entry.masked(error)]

    @property
    def _caller(self) -> Caller:
        return Caller(self.address, self.viewer.user_id if self.viewer else None)

    # What sockets.py looks after

    @property
    def is_idle(self) -> bool:
        return not self._running

    @property
    def is_ready(self) -> bool:
        return self._protocol.state is wire.State.READY

    @property
    def is_caught_up(self) -> bool:
        """Whether everything up to the hub's head was written to this socket."""
        if self.outbox.parked:
            return False
        return all(
            (operation.member is None and not operation.is_opening)
            or (
                operation.member is not None
                and operation.member.follower is None
                and operation.member.group is not None
                and operation.member.group.has_served(operation.member)
            )
            for operation in self._running.values()
        )

    def heartbeat(self, text: str) -> None:
        """Send a ping of ours, and ask the peer's library for a sign of life. Without one for
        two heartbeats it is gone: the connection is broken off. One that does not read is judged
        by what it takes instead (sockets.py)."""
        if self.outbox.parked:
            return
        self.unanswered = 0 if self.gives_signs_of_life() else self.unanswered + 1
        self._heard = False
        if self.unanswered >= UNANSWERED_MAX:
            self.abort()
        else:
            self.outbox.put_anyway(text)
            self._entry.seam.ping(self._send)

    def ask(self) -> None:
        """Ask the peer's library for a sign of life, now."""
        self._heard = False
        self._entry.seam.ping(self._send)

    def gives_signs_of_life(self) -> bool:
        """Whether it said anything since it was last asked, or answered."""
        return self._heard or self._entry.seam.is_answered(self._send)

    def abort(self) -> None:
        """Have done with a peer that is gone: nobody is there to be told."""
        if self.close_code is None:
            self.close_code = CloseCode.ABNORMAL.value
            self._protocol.close(CloseCode.ABNORMAL, "gone")
            self._end_everything()
            self._entry.seam.abort(self._send)

    def _freed(self) -> None:
        """The outbox was written empty after a wait: those who fell behind go on."""
        try:
            self._go_on_all()
        except Exception:
            logger.exception("a socket's subscriptions could not go on; it is closed")
            self.close(CloseCode.TRY_AGAIN_LATER, "Something went wrong: resume by your cursor")

    def _go_on_all(self) -> None:
        groups = self._entry.sockets.groups
        for operation in tuple(self._running.values()):
            member = operation.member
            if operation.watcher is not None:
                self._entry.sockets.states.catch_up(operation.watcher)
            if (
                member is not None
                and member.group is not None
                and member.follower is None
                and member not in member.group.live
                and member not in member.group.joining
            ):
                groups.follow(member)

    async def _renewed(self, signed_in: SignedIn) -> None:
        """A session was refreshed over this socket: if it is this user's, the socket goes on."""
        viewer = self.viewer
        if viewer is not None and viewer.user_id == signed_in.user.id:
            self.viewer = replace(
                viewer, session_id=signed_in.session_id, expires_at_us=signed_in.expires_at_us
            )
            self._entry.sockets.renewed(self, viewer)

    def detach(self) -> None:
        """Take all subscriptions out of their groups, at this very place in the log: what
        follows waits until `reattach` says under which role."""
        self._judgements += 1
        groups = self._entry.sockets.groups
        for operation in self._running.values():
            member = operation.member
            if member is not None and member.group is not None:
                groups.exit(member)
                self._unjudged.append((operation, member.position))
            elif operation.watcher is not None and operation.watcher.group is not None:
                self._entry.sockets.states.exit(operation.watcher)
                self._unjudged.append((operation, 0))  # states have no position

    def reattach(self, role: Role) -> None:
        """Go on under the role that the session has now."""
        self._judgements -= 1
        viewer = self.viewer
        if viewer is not None and viewer.role is not role:
            self.viewer = replace(viewer, role=role)
            self._entry.sockets.renewed(self, viewer)
        self._reopen_judged()

    def _reopen_judged(self) -> None:
        if self._judgements:
            return
        unjudged, self._unjudged = self._unjudged, []
        for operation, position in unjudged:
            if self._running.get(operation.id) is operation and operation.reopen is not None:
                operation.reopen(position)

    def is_expired(self, now_us: int, grace_s: float) -> bool:
        """Whether its session's token, and the grace after it, are over."""
        return self.viewer is not None and now_us > self.viewer.expires_at_us + grace_s * SECOND_US


UNANSWERED_MAX = 2  # heartbeats: about a minute of silence by default
CLOSE_TIMEOUT_S = 5.0  # for the peer of a socket that we close to read that


class OperationsExceeded(RequestFault):
    """More operations than a socket may run."""

    code = "LIMIT_EXCEEDED"


def _header(scope: Any, name: bytes) -> str | None:
    """A header of the handshake, once; None without it."""
    values = [value for key, value in scope.get("headers", ()) if key == name]
    return values[0].decode("latin-1") if len(values) == 1 else None


def _fault_errors(fault: ApplicationError) -> list[Any]:
    return [_error(fault.message, fault.code, fault.extensions)]


def _error(message: str, code: str, extensions: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"message": message, "extensions": {"code": code, **(extensions or {})}}
