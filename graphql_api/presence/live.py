"""Presence as a process lives it: the state machine, its timer, the other processes, the log.

The log tells what ends presence: sessions, rights, items. The database tells who may see what, and
who holds which lease; both are looked up beside, by a task of its own. All that has changed is told
once, at the end of a turn of the loop.
"""

from __future__ import annotations

import asyncio
import logging
import math
import secrets
from collections.abc import Callable, Iterable, Sequence

from graphql_api.accounts import users as accounts
from graphql_api.accounts.roles import Role, Viewer
from graphql_api.accounts.sessions import Sessions
from graphql_api.accounts.users import Users
from graphql_api.clock import Clock
from graphql_api.delivery.broker import Broker
from graphql_api.delivery.states import StateListener
from graphql_api.errors import Forbidden, NotFound, Unauthenticated
from graphql_api.events.log import Event, Unreadable
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.kernel.tasks import ended
from graphql_api.presence.audiences import Audiences
from graphql_api.presence.entries import Activity, Entry, Person
from graphql_api.presence.exchange import Exchange
from graphql_api.presence.leases import Lease, Leases
from graphql_api.presence.presence import Holder, ItemState, Presence
from graphql_api.said import said

logger = logging.getLogger(__name__)

FORGET_AT = 1_000  # audiences of items where nobody is any more are swept beyond so many
RETRY_S = 1.0  # after the database was away


class LivePresence:
    """The presence of all processes, as this one knows it. A StateSource for transport, and a
    Hearer of the exchange."""

    def __init__(
        self,
        clock: Clock,
        broker: Broker,
        catalogue: Catalogue,
        users: Users,
        sessions: Sessions,
        leases: Leases,
        entries_max: int,
    ) -> None:
        self._clock = clock
        self._users = users
        self._sessions = sessions
        self._leases = leases
        self._audiences = Audiences(catalogue)
        self._presence = Presence(clock, self._audiences.roles, entries_max)
        self._listeners: list[StateListener] = []
        self._exchange = Exchange(broker, self._presence, self)
        self._process = secrets.token_hex(4)
        self._to_learn: set[int] = set()
        self._leases_to_read: set[int] = set()
        self._to_judge: dict[int, None] = {}  # sessions
        self._unsettled = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []  # while it runs
        self._turn: asyncio.Handle | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._is_closed = False

    def open(self) -> None:
        """Begin to hear the other processes; before the broker is started."""
        self._exchange.open()
        self.tasks = [asyncio.create_task(self._settle_forever(), name="presence")]

    async def close(self) -> None:
        """Stop, after the sockets and before the broker: the others are told who left with them.

        What was said over HTTP stays: its session goes on at another process.
        """
        self._exchange.close()
        self._is_closed = True
        for handle in (self._turn, self._timer):
            if handle is not None:
                handle.cancel()
        await ended(self.tasks)

    # What people do

    async def set(
        self,
        viewer: Viewer,
        connection: int | None,
        item_id: int | None,
        activity: Activity,
        is_typing: bool,
    ) -> ItemState | None:
        """The viewer is at this item now; None: at none. Again as a heartbeat.

        connection: the socket that said so, with which presence ends; None: its session did.
        Returns the item's state. Raises NotFound, Forbidden, LimitExceeded, Unauthenticated.
        """
        key = self._key(viewer, connection)
        if item_id is None:
            self._report(self._presence.leave(key))
            return None
        if activity is Activity.EDITING and not viewer.role.includes(Role.USER):
            raise Forbidden("Your role does not edit: it needs USER.", ("input", "activity"))
        await self._audiences.learn([item_id])
        self._soon()  # what was learnt for nothing is swept up
        user = (await self._users.by_ids([viewer.user_id])).get(viewer.user_id)
        if user is None or await self._sessions.role_now(viewer.session_id) is None:
            raise Unauthenticated("The session has ended; sign in again.")
        if not self._audiences.roles(item_id) & viewer.role.bit:
            raise NotFound(
                said("There is no item with id {item_id}.", item_id=item_id), ("input", "itemId")
            )
        person = Person(viewer.user_id, user.name, viewer.session_id)
        self._report(self._presence.enter(key, person, item_id, activity, is_typing))
        return self._presence.state(item_id, viewer.role.bit)

    def left(self, connection: int) -> None:
        """The socket has closed: whoever was here over it leaves."""
        self._report(self._presence.leave(f"{self._process}.{connection}"))

    async def take_lease(self, viewer: Viewer, item_id: int) -> Lease:
        """Raises NotFound, LeaseHeld."""
        lease = await self._leases.take(item_id, viewer)
        self._lease_changed(item_id)
        return lease

    async def release_lease(self, viewer: Viewer, item_id: int, token: str) -> None:
        """Raises LeaseLost."""
        await self._leases.release(item_id, viewer.user_id, token)
        self._lease_changed(item_id)

    async def states(self, item_ids: Sequence[int], role_bit: int) -> list[ItemState]:
        """The state of each of these items that the role may see, also where nobody is."""
        await self._audiences.learn(item_ids)
        self._soon()
        return [
            self._presence.state(item_id, role_bit)
            for item_id in item_ids
            if self._audiences.roles(item_id) & role_bit
        ]

    # A StateSource

    def listen(self, listener: StateListener) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def subjects(self, role_bit: int) -> Iterable[int]:
        return [i for i in self._presence.items() if self._presence.roles_told(i) & role_bit]

    def state(self, subject: int, role_bit: int) -> ItemState:
        return self._presence.state(subject, role_bit)

    # What the log says

    def heed(self, events: Sequence[Event]) -> None:
        """End what these events of the log end. The hub calls it for every event."""
        for event in events:
            if event.topic == accounts.TOPIC:
                self._heed_account(event)
                continue
            if isinstance(event.payload, Unreadable):
                self._learn_again(event)
                continue
            item_id = self._audiences.heed(event)
            if item_id is not None:
                self._judge_item(item_id)

    def begin_anew(self) -> None:
        """The log is another one, or was not heard to its end: whatever it told is looked up."""
        here = self._presence.items()
        for item_id in here:
            for entry in self._presence.at(item_id):
                self._to_judge[entry.person.session_id] = None
        self._audiences.forget_all_but(())
        self._to_learn.update(here)
        self._leases_to_read.update(here)
        self._unsettled.set()
        self._soon()

    def _learn_again(self, event: Event) -> None:
        """Something of a newer version happened, perhaps to an item: the database knows it."""
        if event.subject is not None and self._audiences.is_known(event.subject):
            self._to_learn.add(event.subject)
            self._unsettled.set()

    def _heed_account(self, event: Event) -> None:
        if event.kind == accounts.SESSION_ENDED:
            session_id = event.subject
            assert session_id is not None
            self._presence.forget(self._presence.entries.of_session(session_id))
            self._read_leases_of(lambda holder: holder.session_id == session_id)
        elif event.kind == accounts.USER_CHANGED:
            user_id = event.subject
            assert user_id is not None
            for entry in self._presence.entries.of_user(user_id):
                self._to_judge[entry.person.session_id] = None
            self._read_leases_of(lambda holder: holder.user_id == user_id)
            self._unsettled.set()
        self._soon()

    def _judge_item(self, item_id: int) -> None:
        """Other roles may see the item now: whoever may not is not there any more."""
        if not self._audiences.roles(item_id):
            self._presence.forget(self._presence.at(item_id))
        else:
            for entry in self._presence.at(item_id):
                self._to_judge[entry.person.session_id] = None
            self._unsettled.set()
        self._presence.touch(item_id)
        self._soon()

    def _read_leases_of(self, concerns: Callable[[Holder], bool]) -> None:
        held = self._presence.holders.items()
        self._leases_to_read |= {item_id for item_id, holder in held if concerns(holder)}
        self._unsettled.set()

    # What the database has to say

    async def _settle_forever(self) -> None:
        """Look up what is not known yet: who may see an item, who may be there, who holds what."""
        try:
            await self._read_all_leases()
        except Exception as error:  # they are told when they are renewed
            logger.warning("cannot read the edit leases: %s", error)
        while True:
            await self._unsettled.wait()
            self._unsettled.clear()
            try:
                await self._settle()
            except Exception as error:
                logger.warning("cannot look up what presence needs: %s", error)
                await asyncio.sleep(RETRY_S)
                self._unsettled.set()

    async def _settle(self) -> None:
        while self._to_learn:
            some = sorted(self._to_learn)
            await self._audiences.learn(some)
            self._to_learn.difference_update(some)
            for item_id in some:
                self._judge_item(item_id)
        while self._to_judge:
            session_id = next(iter(self._to_judge))
            role = await self._sessions.role_now(session_id)
            del self._to_judge[session_id]
            self._judge(session_id, role)
        while self._leases_to_read:
            some = sorted(self._leases_to_read)
            self._leases_to_read.difference_update(some)
            try:
                await self._read_leases(some)
            except BaseException:
                self._leases_to_read.update(some)
                raise
        self._soon()

    def _judge(self, session_id: int, role: Role | None) -> None:
        """What this session may do now, or None, decides where it is."""
        for entry in self._presence.entries.of_session(session_id):
            roles = self._audiences.roles(entry.item_id)
            if role is None or (self._audiences.is_known(entry.item_id) and not roles & role.bit):
                self._presence.forget([entry])
            elif entry.activity is Activity.EDITING and not role.includes(Role.USER):
                self._presence.weaken(entry)

    async def _read_all_leases(self) -> None:
        held = await self._leases.live(self._clock.now_us())
        self._learn(held)
        for item_id, holder in held.items():
            self._presence.grant(item_id, holder)
        self._soon()

    async def _read_leases(self, item_ids: Sequence[int]) -> None:
        held = await self._leases.live(self._clock.now_us(), item_ids)
        self._learn(held)
        for item_id in item_ids:
            self._presence.grant(item_id, held.get(item_id))
        self._soon()

    def _lease_changed(self, item_id: int) -> None:
        """Tell it here and elsewhere. What cannot be read now is read later."""
        self._exchange.tell_lease(item_id)
        self.leases_changed([item_id])
        self._soon()

    def _learn(self, item_ids: Iterable[int]) -> None:
        new = {item_id for item_id in item_ids if not self._audiences.is_known(item_id)}
        if new:
            self._to_learn |= new
            self._unsettled.set()

    # A Hearer: what other processes say

    def heard(self, entries: Sequence[Entry]) -> None:
        self._learn({entry.item_id for entry in entries})
        # A session may have ended meanwhile, and this be an old report.
        self._to_judge.update((entry.person.session_id, None) for entry in entries)
        self._unsettled.set()
        self._soon()

    def leases_changed(self, item_ids: Iterable[int]) -> None:
        self._leases_to_read.update(item_ids)
        self._unsettled.set()

    # One turn: what has changed is told, once

    def _report(self, entries: Iterable[Entry]) -> None:
        self._exchange.tell(entries)
        self._soon()

    def _soon(self) -> None:
        """Look once at the end of this turn of the loop, however much happens in it."""
        if self._turn is None and not self._is_closed:
            self._turn = asyncio.get_running_loop().call_soon(self.look)

    def look(self) -> None:
        """Tell what has changed, here and elsewhere, and see when to look again."""
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None
        self._exchange.flush()
        for item_id, roles in self._presence.look():
            for listener in tuple(self._listeners):
                try:
                    listener(item_id, roles)
                except Exception:
                    logger.exception("a listener to presence failed")
        if len(self._audiences) > FORGET_AT + 2 * len(self._presence.items()):
            self._audiences.forget_all_but(self._presence.items())
        self._look_again_at(self._presence.due_s())

    def _look_again_at(self, due_s: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if due_s < math.inf:
            delay_s = max(0.0, due_s - self._clock.monotonic_s())
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._soon)

    def _key(self, viewer: Viewer, connection: int | None) -> str:
        """Of a connection: unique over all processes. Of a session: the same in all of them."""
        if connection is None:
            return f"session {viewer.session_id}"
        return f"{self._process}.{connection}"
