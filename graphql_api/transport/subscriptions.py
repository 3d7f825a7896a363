"""A socket's subscriptions: opened, served by a group or with states, and judged again.

The layer above operations.py.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from typing import Any

from graphql_api.accounts.roles import Role, Viewer
from graphql_api.errors import EpochChanged, Unauthenticated, Unavailable
from graphql_api.events.log import ANOTHER_LOG
from graphql_api.transport import protocol as wire
from graphql_api.transport.again import StillAway, again
from graphql_api.transport.entry import Backend
from graphql_api.transport.lanes import Member
from graphql_api.transport.operations import Operations, Running
from graphql_api.transport.outbox import Outbox
from graphql_api.transport.protocol import CloseCode
from graphql_api.transport.states import Watcher

logger = logging.getLogger(__name__)


class Subscriptions(Operations):
    """Those of one socket."""

    __slots__ = ("_judgements", "_unjudged")

    def __init__(self, backend: Backend, address: str, outbox: Outbox, device: str = "") -> None:
        super().__init__(backend, address, outbox, device)
        self._judgements = 0  # how many are under way: see detach
        self._unjudged: list[tuple[Running, int]] = []

    async def _subscribe(self, operation: Running, plan: Any) -> None:
        await again(partial(self._backend.reads.at_least, operation.at_least))
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
        dispatched = self._backend.sockets.groups.dispatched
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
        hub, after = self._backend.hub, subscribed.after
        if check_after and after is not None and after.epoch != hub.head.epoch:
            hub.hint()
            raise Unavailable("The log was replaced; try again.")
        return viewer, subscribed

    async def _open(
        self,
        plan: Any,
        viewer: Viewer | None,
        check_after: bool = True,
        fault: Unauthenticated | None = None,
    ) -> Any:
        backend = self._backend  # the group keeps this context's maker: it must not keep the socket

        def new_context() -> Any:
            return backend.new_context(viewer, fault, None)

        def opening_context() -> Any:
            return backend.new_context(viewer, fault, None, client=self.address, device=self.device)

        return await backend.execution.subscribe(
            plan, viewer, new_context, check_after, opening_context
        )

    def _resume_later(self, operation: Running, work: Any) -> None:
        async def resume(_: Running, __: Any) -> None:
            await work

        self._backend.sockets.spawn(self._run(operation, resume, None))

    def log_replaced(self) -> None:
        """The log is another one: every subscription to it ends, and its client is told why."""
        for operation in tuple(self._running.values()):
            if operation.member is not None:
                self._fail(operation, self._errors_of(EpochChanged(ANOTHER_LOG)))

    def _prepare(self, operation: Running, subscribed: Any, cost: int) -> None:
        """Make what serves the operation: from the log, or with states. cost: of an event."""
        head = wire.next_head(operation.id)
        caller, backend = self._caller, self._backend

        def fail(error: Exception) -> None:
            if isinstance(error, StillAway):
                self._send_away()
            else:
                self._fail(operation, self._errors_of(error))

        if subscribed.is_state:
            operation.watcher = Watcher(self.outbox, head, fail)
        else:
            operation.member = Member(
                self.outbox, head, fail, cost, lambda work: backend.pace(caller, work)
            )

    def _enter(self, operation: Running, subscribed: Any, viewer: Viewer, position: int) -> None:
        """Serve the operation as this viewer; position: after which, in the log."""
        sockets, role_bit = self._backend.sockets, viewer.role.bit
        if operation.watcher is not None:
            sockets.states.enter(operation.watcher, subscribed, role_bit)
        elif operation.member is not None:
            sockets.groups.enter(operation.member, subscribed, role_bit, viewer.user_id, position)

    async def _goes_on(self) -> tuple[Viewer | None, Unauthenticated | None]:
        """Who has a subscription already: it lasts as the socket does. Raises Unauthenticated."""
        return await self._viewer_now(), None

    def _is_as_judged(self, viewer: Viewer) -> bool:
        """Whether `viewer` may be served live: no judgement is due, and its role still counts."""
        return not self._judgements and self.viewer is not None and self.viewer.role is viewer.role

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

    def _freed(self) -> None:
        """The outbox was written empty after a wait: those who fell behind go on."""
        try:
            self._go_on_all()
        except Exception:
            logger.exception("a socket's subscriptions could not go on; it is closed")
            self.close(CloseCode.TRY_AGAIN_LATER, "Something went wrong: resume by your cursor")

    def _go_on_all(self) -> None:
        groups = self._backend.sockets.groups
        for operation in tuple(self._running.values()):
            member = operation.member
            if operation.watcher is not None:
                self._backend.sockets.states.catch_up(operation.watcher)
            if (
                member is not None
                and member.group is not None
                and member.follower is None
                and not member.is_live
                and member not in member.group.joining
            ):
                groups.follow(member)

    def detach(self) -> None:
        """Take all subscriptions out of their groups, at this very place in the log: what
        follows waits until `reattach` says under which role."""
        self._judgements += 1
        groups = self._backend.sockets.groups
        for operation in self._running.values():
            member = operation.member
            if member is not None and member.group is not None:
                groups.exit(member)
                self._unjudged.append((operation, member.position))
            elif operation.watcher is not None and operation.watcher.group is not None:
                self._backend.sockets.states.exit(operation.watcher)
                self._unjudged.append((operation, 0))  # states have no position

    def reattach(self, role: Role) -> None:
        """Go on under the role that the session has now."""
        self._judgements -= 1
        viewer = self.viewer
        if viewer is not None and viewer.role is not role:
            self._go_on_as(replace(viewer, role=role), viewer)
        self._reopen_judged()

    def _reopen_judged(self) -> None:
        if self._judgements:
            return
        unjudged, self._unjudged = self._unjudged, []
        for operation, position in unjudged:
            if self._running.get(operation.id) is operation and operation.reopen is not None:
                operation.reopen(position)
