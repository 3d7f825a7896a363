"""A socket's operations: how each runs, fails and ends, whatever it is.

The lowest layer of a socket. subscriptions.py adds how subscriptions are opened and judged again,
socket.py the conversation. Layers of one object and no objects of their own, since there are
thousands of sockets, and each object of each is paid for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson

from graphql_api.accounts.credentials import Caller
from graphql_api.accounts.roles import Viewer
from graphql_api.accounts.sessions import SignedIn
from graphql_api.delivery.kept_answers import Kept
from graphql_api.errors import ApplicationError, OperationRefusal, Unauthenticated
from graphql_api.transport import protocol as wire
from graphql_api.transport.again import StillAway
from graphql_api.transport.entry import Backend
from graphql_api.transport.lanes import Member
from graphql_api.transport.outbox import Outbox
from graphql_api.transport.protocol import CloseCode, Protocol, tail_of
from graphql_api.transport.states import Watcher


class Running:
    """An operation in progress: a task for a query or mutation, a member for a subscription to
    the log, a watcher for one to states.

    is_opening: it will be a subscription, and has been served nothing yet.
    """

    __slots__ = (
        "at_least",
        "cost_held",
        "id",
        "is_opening",
        "member",
        "reopen",
        "task",
        "watcher",
    )

    def __init__(self, operation_id: str) -> None:
        self.id = operation_id
        self.at_least: object = None  # of its extensions
        self.is_opening = False
        self.cost_held: tuple[str, int] | None = None  # by whom, how much: see LiveCosts
        self.task: asyncio.Task[None] | None = None
        self.member: Member | None = None
        self.watcher: Watcher | None = None
        self.reopen: Callable[[int], None] | None = None


class Operations:
    """The operations of one socket. viewer: who is signed in; None: nobody (yet)."""

    __slots__ = (
        "__weakref__",
        "_backend",
        "_fault",
        "_protocol",
        "_running",
        "address",
        "busy_s",
        "close_code",
        "device",
        "number",
        "outbox",
        "ping_due_s",
        "viewer",
    )

    def __init__(self, backend: Backend, address: str, outbox: Outbox, device: str = "") -> None:
        self._backend = backend
        self._fault: Unauthenticated | None = None  # why nobody is signed in, if there is a word
        self._protocol = Protocol(backend.settings.body_bytes_max)
        self._running: dict[str, Running] = {}
        self.address = address
        self.device = device
        self.busy_s = backend.clock.monotonic_s()
        self.close_code: int | None = None
        self.number = next(backend.sockets.numbers)
        self.outbox = outbox
        self.ping_due_s = 0.0  # 0: not acknowledged yet
        self.viewer: Viewer | None = None

    def close(self, code: CloseCode, reason: str) -> None:
        """Close the socket from our side."""
        raise NotImplementedError

    async def _run(self, operation: Running, work: Any, plan: Any) -> None:
        try:
            await work(operation, plan)
        except OperationRefusal as refused:
            self._fail(operation, refused.errors)
        except StillAway:
            self._send_away()
        except ApplicationError as fault:
            self._fail(operation, fault_errors(fault))
        except TimeoutError:
            self._fail(operation, [error_of("The operation took too long.", "UNAVAILABLE")])
        except Exception as error:
            self._fail(operation, [self._backend.masked(error)])

    async def _execute(self, operation: Running, plan: Any) -> None:
        viewer, fault = await self._asker()
        context = self._backend.new_context(
            viewer, fault, self._renewed, self.number, self.address, self.device
        )
        backend, caller = self._backend, self._caller
        async with asyncio.timeout(backend.settings.operation_timeout_seconds):
            await backend.reads.at_least(operation.at_least)
            answer = await backend.reads.answer(
                plan, context, viewer, lambda: backend.slot(caller, plan)
            )
        text = text_of(answer)
        await self.outbox.room()
        if self._running.get(operation.id) is operation:
            self.outbox.put_parts(wire.next_head(operation.id), tail_of(text), anyway=True)
            self._finish(operation, wire.complete_text(operation.id))

    def _send_away(self) -> None:
        """The database was away for too long: the client comes back, here or elsewhere."""
        self.close(CloseCode.TRY_AGAIN_LATER, "The log cannot be read now: resume by your cursor")

    def _exit(self, operation: Running) -> None:
        """Serve the operation no more."""
        held, operation.cost_held = operation.cost_held, None
        if held is not None:
            self._backend.live_costs.let_go(*held)
        if operation.member is not None:
            self._backend.sockets.groups.exit(operation.member)
        if operation.watcher is not None:
            self._backend.sockets.states.exit(operation.watcher)

    async def _asker(self) -> tuple[Viewer | None, Unauthenticated | None]:
        """Who begins an operation, as over HTTP: nobody once the token has expired, so that it
        can be renewed and do nothing else. Raises Unauthenticated."""
        viewer = await self._viewer_now()
        if viewer is not None and viewer.expires_at_us <= self._backend.clock.now_us():
            return None, Unauthenticated("The access token has expired; refresh the session.")
        return viewer, self._fault

    async def _viewer_now(self) -> Viewer | None:
        """The socket's viewer with the role that counts now. Raises Unauthenticated."""
        viewer = self.viewer
        if viewer is None:
            return None
        role = await self._backend.sockets.role_now(viewer)
        if role is None:
            raise Unauthenticated("The session has ended; sign in again.")
        return viewer if role is viewer.role else replace(viewer, role=role)

    async def _renewed(self, signed_in: SignedIn) -> None:
        """A session was refreshed over this socket: if it is this user's, the socket goes on."""
        viewer = self.viewer
        if viewer is not None and viewer.user_id == signed_in.user.id:
            now = replace(
                viewer, session_id=signed_in.session_id, expires_at_us=signed_in.expires_at_us
            )
            self._go_on_as(now, viewer)

    def _go_on_as(self, now: Viewer, before: Viewer) -> None:
        self.viewer = now
        if self.ping_due_s:
            self._backend.sockets.renewed(before, now)

    def _stop(self, operation_id: str) -> None:
        self.busy_s = self._backend.clock.monotonic_s()
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
        self.busy_s = self._backend.clock.monotonic_s()
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
            return fault_errors(error)
        return [self._backend.masked(error)]

    @property
    def _caller(self) -> Caller:
        return Caller(self.address, self.viewer.user_id if self.viewer else None)

    @property
    def is_idle(self) -> bool:
        return not self._running


def text_of(answer: Kept | dict[str, Any]) -> str:
    """An answer as JSON text. Raises OperationRefusal for an operation that did not run."""
    if isinstance(answer, Kept):
        return answer.body.decode()
    errors = answer.get("errors", ())
    if answer.get("data") is None and errors and not any(one.get("path") for one in errors):
        raise OperationRefusal(errors)
    return orjson.dumps(answer).decode()


def fault_errors(fault: ApplicationError) -> list[Any]:
    return [error_of(fault.message, fault.code, fault.told)]


def error_of(message: str, code: str, extensions: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"message": message, "extensions": {"code": code, **(extensions or {})}}
