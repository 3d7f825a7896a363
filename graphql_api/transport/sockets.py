"""All sockets of a process: counted, looked after, judged again, and closed in the end.

One task looks at all of them every second: heartbeats, expired sessions, slow readers, idle
sockets. So a socket at rest needs neither a task nor a timer of its own.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from itertools import count
from typing import Any, TypeVar

from graphql_api.accounts.roles import Role, Viewer
from graphql_api.accounts.sessions import Sessions
from graphql_api.accounts.users import SESSION_ENDED, USER_CHANGED
from graphql_api.accounts.users import TOPIC as ACCOUNTS
from graphql_api.clock import Clock
from graphql_api.delivery.counters import Counters
from graphql_api.delivery.hub import Hub
from graphql_api.delivery.states import StateSource
from graphql_api.errors import log_fault
from graphql_api.events.log import Event
from graphql_api.settings import Settings
from graphql_api.transport.again import again
from graphql_api.transport.anonymous import Anonymous
from graphql_api.transport.groups import Groups
from graphql_api.transport.kept import KeptSocket
from graphql_api.transport.lanes import Member
from graphql_api.transport.protocol import CloseCode, ping_text
from graphql_api.transport.states import States
from graphql_api.transport.tasks import Tasks
from graphql_api.workers.counts import Elsewhere, Nowhere

logger = logging.getLogger(__name__)

T = TypeVar("T")

LOOK_INTERVAL_S = 1.0
SIGN_OF_LIFE_S = 3.0  # for the pong of a peer that is there, over the slowest of lines
ELSEWHERE_S = SIGN_OF_LIFE_S + 0.5  # for other workers to have asked theirs
NOBODY = "NONE"  # the role of a socket without a session, in counts


class Sockets:
    """`start` it with the hub; `drain` and `close` end it."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        hub: Hub,
        counters: Counters,
        sessions: Sessions,
        source: StateSource,
        elsewhere: Elsewhere | None = None,
    ) -> None:
        """elsewhere: the other workers, whose sockets count too; None: there are none."""
        self._settings = settings
        self._clock = clock
        self._hub = hub
        self._counters = counters
        self._sessions = sessions
        self._all: dict[KeptSocket, None] = {}
        self._by_user: dict[int, dict[KeptSocket, None]] = {}
        self._elsewhere = elsewhere or Nowhere()
        self._anonymous = Anonymous(settings, self._elsewhere)
        self._tasks = Tasks("a socket's task")
        self.spawn = self._tasks.spawn
        self.tasks: list[asyncio.Task[None]] = []  # what all of them live by, once started
        self._stop_listening: Any = None
        self.groups = Groups(hub, counters, clock, self._fell_behind)
        self.states = States(source, counters)
        self.numbers = count(1)  # by which sockets are known to others
        self.is_draining = False
        self.judgements = 0  # so far, of any session

    def start(self) -> None:
        self.groups.dispatched = self._hub.head.position
        self._stop_listening = self._hub.listen(
            self._heed, failed=self._catch_up, replaced=self._begin_anew
        )
        self.states.start()
        looking = self.spawn(self._look_forever())
        looking.set_name("sockets")
        self.tasks = [looking]

    async def close(self) -> None:
        """Stop looking after sockets; who is still there is closed at once."""
        if self._stop_listening is not None:
            self._stop_listening()
        self.states.close()
        for socket in tuple(self._all):
            socket.close(CloseCode.RESTART, "The server is restarting")
        await self.groups.close()
        await self._tasks.close()

    async def drain(self, seconds: float) -> None:
        """Close all sockets with 1012, spread over `seconds`; new ones are sent away at once."""
        self.is_draining = True
        waiting = list(self._all)
        began_s = self._clock.monotonic_s()
        for number, socket in enumerate(waiting):
            due_s = began_s + seconds * number / len(waiting)
            wait_s = due_s - self._clock.monotonic_s()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            socket.close(CloseCode.RESTART, "The server is restarting")
        for socket in tuple(self._all):
            socket.close(CloseCode.RESTART, "The server is restarting")

    # Coming and going

    def add(self, socket: KeptSocket) -> None:
        self._all[socket] = None

    def remove(self, socket: KeptSocket) -> None:
        self._all.pop(socket, None)
        self._anonymous.leave(socket)
        if socket.ping_due_s:
            self._counters.connections_by_role[_role(socket.viewer)] -= 1
        self._forget(socket, socket.viewer)
        if socket.close_code is not None:
            self._counters.closes_by_code[socket.close_code] += 1

    async def admit(
        self, socket: KeptSocket, viewer: Viewer | None
    ) -> tuple[CloseCode, str] | None:
        """Count an initialised socket in; or how it is refused."""
        if viewer is not None:
            if not await self._has_room(viewer.user_id):
                most = self._settings.sockets_per_user_max
                words = f"You have {most} sockets open already: close one first"
                return CloseCode.FORBIDDEN, words
            if socket.close_code is not None or socket not in self._all:
                return CloseCode.NORMAL, "gone"
            self._by_user.setdefault(viewer.user_id, {})[socket] = None
            self._elsewhere.add(_key(viewer.user_id), 1)
        elif (full := self._anonymous.enter(socket, self._clock.monotonic_s())) is not None:
            return CloseCode.TRY_AGAIN_LATER, full
        socket.viewer = viewer
        self._counters.connections_by_role[_role(viewer)] += 1
        return None

    async def _has_room(self, user_id: int) -> bool:
        """Whether a user may have one more socket. Those whose peer is gone give way, also those
        of other workers, which take their time to find out."""
        most = self._settings.sockets_per_user_max
        if self._open_of(user_id) < most:
            return True
        self._elsewhere.look_after(user_id)
        give_up_s = asyncio.get_running_loop().time() + ELSEWHERE_S
        await self.look_after(user_id)
        while self._open_of(user_id) >= most and self._elsewhere.others(_key(user_id)):
            if asyncio.get_running_loop().time() > give_up_s:
                break
            await asyncio.sleep(SIGN_OF_LIFE_S / 100)
        return self._open_of(user_id) < most

    def _open_of(self, user_id: int) -> int:
        """How many sockets a user has, of all workers."""
        return len(self._by_user.get(user_id, ())) + self._elsewhere.others(_key(user_id))

    async def look_after(self, user_id: int) -> None:
        """Close the sockets of a user whose peer is gone: each is asked for a sign of life, which
        whoever is there gives in milliseconds."""
        asked = list(self._by_user.get(user_id, ()))
        for socket in asked:
            socket.ask()
        loop = asyncio.get_running_loop()
        give_up_s = loop.time() + SIGN_OF_LIFE_S
        while not all(socket.gives_signs_of_life() for socket in asked):
            if loop.time() > give_up_s:
                break
            await asyncio.sleep(SIGN_OF_LIFE_S / 100)
        for socket in asked:
            if not socket.gives_signs_of_life():
                socket.abort()
                self._forget(socket, socket.viewer)

    def renewed(self, before: Viewer, now: Viewer) -> None:
        """An acknowledged socket's viewer changed: another role or session of the same user."""
        self._counters.connections_by_role[_role(before)] -= 1
        self._counters.connections_by_role[_role(now)] += 1

    def _forget(self, socket: KeptSocket, viewer: Viewer | None) -> None:
        if viewer is None:
            return
        mine = self._by_user.get(viewer.user_id)
        if mine is not None and socket in mine:
            del mine[socket]
            self._elsewhere.add(_key(viewer.user_id), -1)
            if not mine:
                del self._by_user[viewer.user_id]

    # Events

    def _heed(self, events: Sequence[Event]) -> None:
        """The hub's new events. What changes who may see is heeded at its place among them."""
        for event in events:
            if event.topic == ACCOUNTS:
                self._judge(event)
            self.groups.dispatch(event)

    def _judge(self, event: Event) -> None:
        self._judge_all(self._concerned(event))

    def _judge_all(self, sockets: Iterable[KeptSocket]) -> None:
        """Ask anew what their sessions may do; until that is known they are told nothing."""
        self.judgements += 1
        for socket in sockets:
            try:
                socket.detach()
            except Exception:  # it may not be told what it must not know any more
                logger.exception("a socket could not be judged again; it is closed")
                socket.close(CloseCode.TRY_AGAIN_LATER, "The session could not be checked")
                continue
            self.spawn(self._judge_again(socket))

    @property
    def _signed_in(self) -> list[KeptSocket]:
        return [s for s in self._all if s.viewer is not None and s.close_code is None]

    def _catch_up(self) -> None:
        """Events were not heeded here: what they say of sessions is asked, the rest is read."""
        self._judge_all(self._signed_in)
        self.groups.catch_up()

    def _begin_anew(self) -> None:
        """The log is another one: its readers are told, and sessions may be gone with the tail."""
        for socket in tuple(self._all):
            socket.log_replaced()
        self.groups.begin_anew()
        self._judge_all(self._signed_in)

    def _concerned(self, event: Event) -> list[KeptSocket]:
        if event.kind == USER_CHANGED:
            return list(self._by_user.get(event.subject or 0, ()))
        if event.kind == SESSION_ENDED:
            session_id = event.subject
            return [
                socket
                for socket in self._all
                if socket.viewer is not None and socket.viewer.session_id == session_id
            ]
        return []

    async def _judge_again(self, socket: KeptSocket) -> None:
        assert socket.viewer is not None
        try:
            role = await again(partial(self.role_now, socket.viewer))
        except Exception as error:
            log_fault(logger, error, "a session could not be judged; its socket is closed")
            socket.close(CloseCode.TRY_AGAIN_LATER, "The session could not be checked; try again")
            return
        if role is None:
            socket.close(CloseCode.FORBIDDEN, "The session has ended")
        else:
            socket.reattach(role)

    async def role_now(self, viewer: Viewer) -> Role | None:
        """The role of the viewer's session as the log has it here; None when it has ended."""
        return await self.unless_judged(lambda: self._sessions.role_now(viewer.session_id))

    async def unless_judged(self, look_up: Callable[[], Awaitable[T]]) -> T:
        """What is looked up of a session; again if one was judged meanwhile: it may be stale."""
        while True:
            judgements = self.judgements
            found = await look_up()
            if judgements == self.judgements:
                return found

    def _fell_behind(self, member: Member) -> None:
        """A live member's socket has no room: it goes on from the log once it has (see _freed)."""
        self._counters.slow_falls += 1

    # Looking after

    async def _look_forever(self) -> None:
        while True:
            await asyncio.sleep(LOOK_INTERVAL_S)
            try:
                self.look()
            except Exception:
                logger.exception("looking after the sockets failed; the next look comes")

    def look(self) -> None:
        """Do what is due now for every socket."""
        now_s, now_us = self._clock.monotonic_s(), self._clock.now_us()
        settings = self._settings
        caught_up = ping_text({"cursor": self._hub.head.cursor.encode()})
        slow = 0
        for socket in self._anonymous.overdue(now_s):
            socket.close(CloseCode.FORBIDDEN, "No session for too long: sign in first")
        for socket in tuple(self._all):
            if socket.close_code is not None:
                continue
            slow += socket.outbox.parked
            if (
                socket.outbox.parked
                and now_s - socket.outbox.progress_s > settings.slow_reader_seconds
            ):
                socket.close(CloseCode.TRY_AGAIN_LATER, "Too slow a reader: resume by your cursor")
            elif socket.is_expired(now_us, settings.session_grace_seconds):
                socket.close(CloseCode.FORBIDDEN, "The access token has expired")
            elif (
                socket.is_ready
                and socket.is_idle
                and now_s - socket.busy_s > settings.idle_disconnect_minutes * 60
            ):
                socket.close(CloseCode.NORMAL, "No operation for too long")
            elif socket.ping_due_s and now_s >= socket.ping_due_s:
                socket.ping_due_s = now_s + settings.heartbeat_seconds
                socket.heartbeat(caught_up if socket.is_caught_up else ping_text(None))
        self._counters.slow_sockets = slow


def _role(viewer: Viewer | None) -> str:
    return viewer.role.value if viewer else NOBODY


def _key(user_id: int) -> str:
    """What the sockets of a user are counted by, over all workers."""
    return f"user {user_id}"
