"""The door to Argon2: how many logins may be at work and wait, in all and from one address.

A password's check takes a quarter of a second of nobody's patience and 64 MiB. So few wait: who
comes when the queue is full is told at once when to come again, instead of after half a minute.
One address holds at most a quarter of the places, so a storm from one leaves room for the others.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from graphql_api.errors import RateLimited
from graphql_api.said import said

AT_WORK_MAX = 4  # as many as hash at once (passwords.py)
AT_WORK_PER_ADDRESS_MAX = 1  # one keeps four cores busy, and takes 64 MiB
WAITING_MAX = 32
WAITING_PER_ADDRESS_MAX = 2
RETRY_AFTER_S = 2  # a full queue is through by then


@dataclass(slots=True, eq=False)
class _Guest:
    """Somebody at the door. guess: the account and address; guesses at one take turns."""

    address: str
    guess: tuple[str, str]
    turn: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Door:
    """Lets logins in, first come first served among those who may."""

    def __init__(self) -> None:
        self._at_work: list[_Guest] = []
        self._waiting: deque[_Guest] = deque()

    @asynccontextmanager
    async def entered(self, address: str, account: str) -> AsyncIterator[None]:
        """Hold a place for the length of the context. Raises RateLimited at once when too many
        wait, in all or from this address. An empty address is like any other."""
        guest = _Guest(address, (account, address))
        if self._may_work(guest) and not self._waiting_before(guest):
            self._at_work.append(guest)
        else:
            self._refuse_crowd(address)
            self._waiting.append(guest)
            await self._turn(guest)
        try:
            yield
        finally:
            self._leave(guest)

    async def _turn(self, guest: _Guest) -> None:
        try:
            await guest.turn
        except asyncio.CancelledError:
            if guest in self._at_work:
                self._leave(guest)
            elif guest in self._waiting:  # else it was passed over in the moment it gave up
                self._waiting.remove(guest)
            raise

    def _leave(self, guest: _Guest) -> None:
        self._at_work.remove(guest)
        for waiting in list(self._waiting):
            if self._may_work(waiting):
                self._waiting.remove(waiting)
                if not waiting.turn.done():
                    self._at_work.append(waiting)
                    waiting.turn.set_result(None)

    def _may_work(self, guest: _Guest) -> bool:
        addresses = Counter(other.address for other in self._at_work)
        return (
            len(self._at_work) < AT_WORK_MAX
            and addresses[guest.address] < AT_WORK_PER_ADDRESS_MAX
            and all(other.guess != guest.guess for other in self._at_work)
        )

    def _waiting_before(self, guest: _Guest) -> bool:
        """Whether somebody of the same guess waits already: they take turns."""
        return any(other.guess == guest.guess for other in self._waiting)

    def _refuse_crowd(self, address: str) -> None:
        mine = sum(other.address == address for other in self._waiting)
        if mine >= WAITING_PER_ADDRESS_MAX or len(self._waiting) >= WAITING_MAX:
            raise RateLimited(
                said(
                    "Too many sign-ins are waiting. Try again in {retry_after_s} s.",
                    retry_after_s=RETRY_AFTER_S,
                ),
                retryAfterSeconds=RETRY_AFTER_S,
            )
