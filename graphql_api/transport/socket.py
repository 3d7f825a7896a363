"""One graphql-transport-ws socket: the protocol's machine, and what it takes to obey it.

Made by handshake.py for each socket that was accepted. The uppermost of three layers: below it
are its operations (operations.py) and its subscriptions (subscriptions.py). A socket at rest
costs its own objects and the server's; it has no task but the server's own and no timer:
heartbeats, expiry and slowness are looked after for all sockets at once (sockets.py).
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from starlette.types import Receive, Scope, Send

from graphql_api.accounts.credentials import Caller
from graphql_api.accounts.failures import Failure
from graphql_api.accounts.roles import Viewer
from graphql_api.clock import SECOND_US
from graphql_api.errors import ApplicationError, OperationRefusal, RequestFault, Unauthenticated
from graphql_api.transport import protocol as wire
from graphql_api.transport.entry import (
    Backend,
    address_of,
    authorization_of,
    device_of,
    hint_of,
    identify,
)
from graphql_api.transport.headers import values_of
from graphql_api.transport.kept_reads import AT_LEAST
from graphql_api.transport.operations import Running, fault_errors
from graphql_api.transport.outbox import Outbox
from graphql_api.transport.protocol import Close, CloseCode, Init, Reply, Start, Stop
from graphql_api.transport.subscriptions import Subscriptions

logger = logging.getLogger(__name__)

UNANSWERED_MAX = 2  # heartbeats: about a minute of silence by default
CLOSE_TIMEOUT_S = 5.0  # for the peer of a socket that we close to read that


class OperationsExceeded(RequestFault):
    """More operations than a socket may run."""

    code = "LIMIT_EXCEEDED"


class GraphQLSocket(Subscriptions):
    """From its acceptance to its end."""

    __slots__ = (
        "_authorization",
        "_heard",
        "_init_timer",
        "_receive",
        "_send",
        "unanswered",
    )

    def __init__(self, backend: Backend, scope: Scope, receive: Receive, send: Send) -> None:
        """send: the server's own, so that the seam can reach the connection behind it."""
        given = values_of(scope, b"authorization")
        self._authorization = given[0] if len(given) == 1 else None
        backend.seam.forget_handshake(send)
        line = backend.seam.line(send)
        outbox = Outbox(send, backend.settings.outbox_bytes_max, backend.clock, self._freed, line)
        device = device_of(next(iter(values_of(scope, b"user-agent")), None))
        super().__init__(backend, address_of(scope), outbox, device)
        self._receive = receive
        self._send = send
        self._heard = False  # since the last heartbeat
        self.unanswered = 0  # heartbeats since the peer last gave a sign of life
        self._init_timer: asyncio.TimerHandle | None = None

    async def serve(self) -> None:
        """Until it has ended."""
        sockets = self._backend.sockets
        loop = asyncio.get_running_loop()
        self._init_timer = loop.call_later(
            self._backend.settings.init_timeout_seconds, self._init_timed_out
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
            self._backend.left(self.number)

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
        caller = self._caller
        await self._backend.requests.take(caller.key)
        if self.viewer is None or self._backend.execution.is_new(action.query):
            await self._backend.documents.take(caller.key)

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
                self._backend.sockets.spawn(self._initialise(action.payload))
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
            viewer, fault = await self._backend.sockets.unless_judged(
                lambda: identify(self._backend, authorization, self.address)
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
        await self._enter_as(viewer, hint)

    async def _enter_as(self, viewer: Viewer | None, hint: str | None) -> None:
        """Count it in and acknowledge it, or close it. hint: for somebody who is nobody."""
        refusal = await self._backend.sockets.admit(self, viewer)
        if self._protocol.state is not wire.State.CHECKING:
            return
        if refusal is not None:
            code, words = refusal
            if code is not CloseCode.NORMAL:  # it is gone by itself
                caller = Caller(self.address, viewer.user_id if viewer else None)
                self._backend.refused(caller, Failure.LIMIT, words)
            self.close(code, words)
            return
        self._protocol.ready()
        settings = self._backend.settings
        self.ping_due_s = self._backend.clock.monotonic_s() + settings.heartbeat_seconds
        told = {
            "cursor": self._backend.hub.head.cursor.encode(),
            "heartbeatSeconds": settings.heartbeat_seconds,
            "polling": {"alertsMinutes": 10, "disconnectedAlertsMinutes": 5},
            **({"warning": hint} if hint else {}),
        }
        self.outbox.put_anyway(wire.ack_text(told))

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
        self._backend.sockets.spawn(self._send_close(action))

    async def _send_close(self, action: Close) -> None:
        message = {
            "type": "websocket.close",
            "code": action.code.value,
            "reason": action.reason,
        }
        self._backend.seam.unblock(self._send)  # a peer that does not read holds up any send
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._send(message)
        except Exception:  # the peer is gone already
            logger.debug("a socket was gone before its close", exc_info=True)
        self._backend.seam.abort_later(self._send, CLOSE_TIMEOUT_S)

    def _end_everything(self) -> None:
        running, self._running = self._running, {}
        for operation in running.values():
            self._cancel(operation)
        if self.close_code is not None:
            self.outbox.close()

    # Operations

    def _start(self, action: Start) -> None:
        self.busy_s = self._backend.clock.monotonic_s()
        settings = self._backend.settings
        operation, caller = Running(action.id), self._caller
        try:
            if len(self._running) >= settings.operations_per_socket_max:
                words = f"At most {settings.operations_per_socket_max} operations run on a socket."
                self._backend.refused(caller, Failure.LIMIT, words)
                raise OperationsExceeded(words)
            self._backend.take(caller)
            plan = self._backend.execution.plan(
                action.query,
                action.operation_name,
                action.variables,
                lambda work: self._backend.charge(caller, work),
            )
            if plan.is_subscription:
                self._backend.hold(caller, plan.cost)
                operation.cost_held = (caller.key, plan.cost)
        except RequestFault as fault:
            self._refuse(action.id, fault_errors(fault))
            return
        except OperationRefusal as refused:
            self._refuse(action.id, refused.errors)
            return
        self._running[action.id] = operation
        operation.at_least = (action.extensions or {}).get(AT_LEAST)
        operation.is_opening = plan.is_subscription
        work = self._subscribe if plan.is_subscription else self._execute
        operation.task = self._backend.sockets.spawn(self._run(operation, work, plan))

    # What sockets.py looks after

    @property
    def is_ready(self) -> bool:
        return self._protocol.state is wire.State.READY

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
            self._backend.seam.ping(self._send)

    def ask(self) -> None:
        """Ask the peer's library for a sign of life, now."""
        self._heard = False
        self._backend.seam.ping(self._send)

    def gives_signs_of_life(self) -> bool:
        """Whether it said anything since it was last asked, or answered."""
        return self._heard or self._backend.seam.is_answered(self._send)

    def abort(self) -> None:
        """Have done with a peer that is gone: nobody is there to be told."""
        if self.close_code is None:
            self.close_code = CloseCode.ABNORMAL.value
            self._protocol.close(CloseCode.ABNORMAL, "gone")
            self._end_everything()
            self._backend.seam.abort(self._send)

    def is_expired(self, now_us: int, grace_s: float) -> bool:
        """Whether its session's token, and the grace after it, are over."""
        return self.viewer is not None and now_us > self.viewer.expires_at_us + grace_s * SECOND_US
