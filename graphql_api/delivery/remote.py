"""A broker over a server that may go away: what PostgreSQL's and Redis's have in common.

One task owns the link. It sends what is waiting, in one go; it listens for its own probe to come
back, which finds a link that is half open in either direction; and when anything fails it makes
a new link, with growing pauses. So nobody waits for the broker, and what waits for it is bounded.
"""

from __future__ import annotations

import asyncio
import logging
import math
import random
import secrets
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from graphql_api.delivery.broker import LOG_CHANNEL, Channels, Hint, Receive, check_message
from graphql_api.kernel.tasks import ended

logger = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 5.0
SEND_TIMEOUT_S = 5.0
PROBE_INTERVAL_S = 5.0  # how long a link that says nothing is believed
PROBE_TIMEOUT_S = 5.0  # for a probe to come back
PAUSE_S, PAUSE_MAX_S = 0.1, 5.0  # before a new link; doubled each time
WAITING_MAX = 1_000  # messages, at most 7 MB: beyond it the oldest are lost
STEADY_S = 10.0  # a link that lasted so long was no flapping one: its end is told anew
CLOSE_TIMEOUT_S = 2.0
CANCEL_AGAIN_S = 0.1
BATCH_MAX = 100  # messages sent in one go

PROBE_CHANNEL = "probe"


class Link(Protocol):
    """One connection to the broker's server. Every method may raise anything; then it is over."""

    async def open(self, receive: Receive, lost: Hint) -> None:
        """Connect and listen; `lost` is called when the connection has ended."""
        ...

    async def send(self, texts: Sequence[str]) -> None:
        """Send to everybody who listens, this process too, in order."""
        ...

    async def close(self) -> None:
        """Give everything back, now, whatever state the connection is in."""
        ...


class RemoteBroker:
    """A Broker over links that `new_link` makes. A text on the wire: sender, channel, message."""

    def __init__(self, name: str, new_link: Callable[[], Link]) -> None:
        """name: of the server, for the log."""
        self._name = name
        self._new_link = new_link
        self._sender = secrets.token_hex(8)
        self._channels = Channels()
        self._hint: Hint | None = None
        self._task: asyncio.Task[None] | None = None
        self.on_log_replaced: Callable[[str], None] | None = None
        self._wake = asyncio.Event()
        self._announced = False
        self._waiting: deque[str] = deque(maxlen=WAITING_MAX)
        self._lost = False
        self._probe_due_s = 0.0  # when to send the next one; infinite while one is under way
        self._probe_lost_s = math.inf  # when to give up on the one under way
        self._connected_s = math.inf
        self.is_connected = False  # whether our own messages come back to us

    async def start(self, hint: Hint) -> None:
        self._hint = hint
        self._task = asyncio.create_task(self._keep_linked(), name=f"broker {self._name}")

    def announce(self) -> None:
        self._announced = True
        self._wake.set()

    def publish(self, channel: str, message: str) -> None:
        check_message(channel, message)
        if self.is_connected:
            self._waiting.append(self._text(channel, message))
            self._wake.set()

    def subscribe(self, channel: str, receive: Receive, connected: Hint) -> Callable[[], None]:
        return self._channels.subscribe(channel, receive, connected)

    def log_replaced(self, epoch: str) -> None:
        if self.on_log_replaced is not None:
            self.on_log_replaced(epoch)
            self._link_lost()  # the next one is made for the new epoch

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        """What it lives by, while it runs."""
        return [] if self._task is None else [self._task]

    async def close(self) -> None:
        task, self._task = self._task, None
        if task is None:
            return
        await self._say_goodbye()
        self._hint = None
        await ended([task], CANCEL_AGAIN_S)

    async def _say_goodbye(self) -> None:
        """Let the last messages out, if that is quick."""
        give_up_s = asyncio.get_running_loop().time() + 1.0
        while self.is_connected and (self._waiting or self._announced):
            if asyncio.get_running_loop().time() > give_up_s:
                return
            await asyncio.sleep(0.01)

    def _text(self, channel: str, message: str) -> str:
        return f"{self._sender} {channel} {message}"

    async def _keep_linked(self) -> None:
        pause_s = PAUSE_S
        is_logged = False
        while True:
            self._connected_s = math.inf
            try:
                await self._serve_a_link(is_logged)
            except Exception as error:  # whatever it is, a new link is made
                if self._now_s() - self._connected_s > STEADY_S:
                    is_logged, pause_s = False, PAUSE_S
                if not is_logged:
                    logger.warning(_AWAY, self._name, str(error) or type(error).__name__)
                is_logged = True
            # Spread, so that the processes do not all come back at the same moment.
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311  # no secret
            pause_s = min(2 * pause_s, PAUSE_MAX_S)

    async def _serve_a_link(self, was_away: bool) -> None:
        """Make a link and use it until it fails. Always raises."""
        link = self._new_link()
        self._lost = False
        self._probe_due_s, self._probe_lost_s = 0.0, math.inf
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await link.open(self._received, self._link_lost)
            while True:
                await self._one_round(link)
                if self.is_connected and was_away:
                    was_away = False
                    logger.info("the broker (%s) is back", self._name)
        finally:
            self.is_connected = False
            self._waiting.clear()
            with suppress(Exception):
                async with asyncio.timeout(CLOSE_TIMEOUT_S):
                    await link.close()

    async def _one_round(self, link: Link) -> None:
        """Send what waits, or wait for it. Raises when the link has failed."""
        if self._lost:
            raise ConnectionError("the connection has ended")
        now_s = self._now_s()
        if now_s > self._probe_lost_s:
            raise TimeoutError("it does not answer")
        self._wake.clear()
        texts = self._take(now_s)
        if texts:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await link.send(texts)
            return
        next_s = min(self._probe_due_s, self._probe_lost_s)
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.001, next_s - now_s)):
                await self._wake.wait()

    def _take(self, now_s: float) -> list[str]:
        """The texts to be sent now."""
        texts = []
        if now_s >= self._probe_due_s:
            texts.append(self._text(PROBE_CHANNEL, ""))
            self._probe_due_s, self._probe_lost_s = math.inf, now_s + PROBE_TIMEOUT_S
        if self._announced:
            self._announced = False
            texts.append(self._text(LOG_CHANNEL, ""))
        while self._waiting and len(texts) < BATCH_MAX:
            texts.append(self._waiting.popleft())
        return texts

    def _received(self, text: str) -> None:
        """Anything that somebody sent; what has not our form is nobody's message."""
        sender, _, rest = text.partition(" ")
        channel, blank, message = rest.partition(" ")
        if not blank:
            return
        try:
            if channel == PROBE_CHANNEL:
                self._probe_heard(sender)
            elif sender == self._sender:
                return
            elif channel == LOG_CHANNEL:
                self._hinted()
            else:
                self._channels.deliver(channel, message)
        except Exception:
            logger.exception("a broker's message could not be handled")

    def _probe_heard(self, sender: str) -> None:
        if sender != self._sender:
            return
        now_s = self._now_s()
        self._probe_due_s, self._probe_lost_s = now_s + PROBE_INTERVAL_S, math.inf
        self._wake.set()
        if not self.is_connected:
            self.is_connected = True
            self._connected_s = now_s
            self._hinted()  # others' announcements may have been missed
            self._channels.connected()

    def _hinted(self) -> None:
        if self._hint is not None:
            self._hint()

    def _link_lost(self) -> None:
        self._lost = True
        self._wake.set()

    @staticmethod
    def _now_s() -> float:
        return asyncio.get_running_loop().time()


_AWAY = "the broker (%s) is away, so events of other processes come a little later: %s"
