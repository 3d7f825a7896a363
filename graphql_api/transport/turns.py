"""Turns: of operations that are dear to begin, one begins in each round of the event loop.

Parsing and checking a document that is new holds the loop for milliseconds. Whoever sends 250 of
them at once would have all of them done before anybody else is even heard. So they take turns: one
a round, callers in rotation, and in between the loop reads, writes and answers others.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque


class Turns:
    """Hands out turns. One for each process."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._is_taken = False  # in this round

    async def take(self, caller: str) -> None:
        """Wait for a turn of `caller`; at once if nobody had one in this round. A caller that is
        cancelled leaves its place."""
        loop = asyncio.get_running_loop()
        if not self._is_taken:
            self._is_taken = True
            loop.call_soon(self._next_round)
            return
        turn = loop.create_future()
        self._waiting.setdefault(caller, deque()).append(turn)
        await turn

    def _next_round(self) -> None:
        while self._waiting:
            caller, turns = self._waiting.popitem(last=False)
            turn = turns.popleft()
            if turns:
                self._waiting[caller] = turns  # behind all others
            if not turn.done():
                turn.set_result(None)
                asyncio.get_running_loop().call_soon(self._next_round)
                return
        self._is_taken = False
