"""Turns: how many operations begin in one round of the event loop, callers in rotation.

Whoever waits for a database, a thread or a socket is gone on with in the loop's next round, and a
query takes some twenty of them. A round is as long as everything that is ready in it. So 250
requests that one caller sends at once made each round of everybody else's a tenth of a second long,
and a query of a millisecond took one and a half. So they take turns: few begin in a round, callers
in rotation, and in between the loop reads, writes and goes on with others.

Two kinds (entry.py): `requests`, whatever they are for; and `documents` that are new. Parsing and
checking one holds the loop for milliseconds, so one begins in a round, and before the next the loop
is left to others for as long: queries get through in between. Those who follow the log take turns
in the same way (groups.py).
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Hashable

# About two milliseconds: a user's request takes two turns, their address's and their own. Rounds
# are short, so nobody waits on an idle machine.
REQUESTS_A_ROUND = 16
REST_S_MAX = 0.05  # a round is longer only where others took the core


class Turns:
    """Hands out turns. One of each kind for each process."""

    def __init__(self, a_round: int, *, rests: bool = False) -> None:
        """a_round: how many there are in one. rests: after a round with turns there are none for
        as long as it took."""
        self._a_round = a_round
        self._rests = rests
        self._began_s = 0.0  # the round
        self._taken = 0  # in this round
        self._waiting: OrderedDict[Hashable, deque[asyncio.Future[None]]] = OrderedDict()

    async def take(self, caller: Hashable) -> None:
        """Wait for a turn of `caller`; at once while this round has one. A caller that is
        cancelled leaves its place."""
        loop = asyncio.get_running_loop()
        if self._taken < self._a_round and not self._waiting:
            if not self._taken:
                self._begun(loop)
            self._taken += 1
            return
        turn = loop.create_future()
        self._waiting.setdefault(caller, deque()).append(turn)
        await turn

    def _next_round(self) -> None:
        self._taken = 0
        while self._waiting and self._taken < self._a_round:
            caller, turns = self._waiting.popitem(last=False)
            turn = turns.popleft()
            if turns:
                self._waiting[caller] = turns  # behind all others
            if not turn.done():
                turn.set_result(None)
                self._taken += 1
        if self._taken:
            self._begun(asyncio.get_running_loop())

    def _begun(self, loop: asyncio.AbstractEventLoop) -> None:
        """A round has turns: see to it that it ends."""
        self._began_s = loop.time()
        loop.call_soon(self._rest if self._rests else self._next_round)

    def _rest(self) -> None:
        loop = asyncio.get_running_loop()
        took_s = loop.time() - self._began_s
        loop.call_later(min(took_s, REST_S_MAX), self._next_round)
