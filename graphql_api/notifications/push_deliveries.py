"""From alerts in the log to push services. One task in each server; `work` does what is due.

The promise is **at least once**, and once unless a process dies: a phone that buzzes twice is
better than a sold-out shelf that nobody hears of. How:

1. *Claim.* `push_position` says up to where the log's alerts were handed over. A process reads on
   from there and, in one transaction, moves the position by compare-and-set and stores a delivery
   for each subscription. So of several processes exactly one hands over each alert.
2. *Lease.* A delivery is taken by moving `due_at` into the future, sent, and deleted. When the
   process dies in between, it is due again after LEASE_S: that is the one way to send twice, and
   the browser shows a message of the same tag once only.
3. *Retry.* 429, 5xx and a service that cannot be reached: again after 15 s, 1, 4 and 15 minutes,
   or when the service says, then no more. 404 and 410: the subscription is dead and is removed.

Who may see what is judged right before sending: role, session and the alert as they are then. An
alert that is over, acknowledged or snoozed by then is not sent. Many alerts at once become one
message, and the next ones wait a little, so a replayed year does not make phones buzz all night.

Delivery to sockets never waits for any of this: the hub only says that there is something to do.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from graphql_api.accounts.roles import Role
from graphql_api.alerts import lifecycle
from graphql_api.alerts.facts import ALERT_TOLD, AlertTold
from graphql_api.alerts.lifecycle import COLUMNS, Alert, alert_in, alert_of
from graphql_api.alerts.rules import AlertStatus, Severity
from graphql_api.clock import SECOND_US, Clock
from graphql_api.database.connection import Connection
from graphql_api.database.writer import single
from graphql_api.delivery.hub import Hub
from graphql_api.events.log import Event, Log, LogWriter
from graphql_api.kernel.codec import Damaged
from graphql_api.kernel.tasks import ended
from graphql_api.notifications import choices
from graphql_api.notifications.push import Push
from graphql_api.notifications.push_messages import TTL_S, Fate, Outcome, PushMessage
from graphql_api.notifications.push_payloads import payload_of
from graphql_api.notifications.push_queue import (
    Claim,
    Delivery,
    Settled,
    claim_one,
    lease_some,
    settle_some,
)
from graphql_api.texts.languages import Language, language_of

if TYPE_CHECKING:
    from graphql_api.notifications.push_service import WebPush

logger = logging.getLogger(__name__)

GATHER_S = 0.3  # after an alert, so that those of one change come together
QUIET_S = 30.0  # after many at once
LOOK_AGAIN_S = 20.0  # for what another process left behind
CLOSE_S = 3.0  # for messages under way when the server stops
EVENTS_PER_CLAIM = 5_000
ONE_BY_ONE_MAX = 1  # alerts of one claim for one subscription; more become one message
ALERTS_PER_MESSAGE_MAX = 500  # counted in one; its row stays below 10 KB
AT_ONCE_MAX = 16
BACK_OFF_S = (15, 60, 240, 900)  # after the first, second … failure; then it is given up


@dataclass(frozen=True, slots=True)
class _Subscriber:
    id: int
    min_severity: int
    role: Role


class PushDeliveries:
    """`start` it in a server, `close` it before the writer. scanning: it reads the log from end
    to end if it must, which nobody who asks the API should wait for."""

    def __init__(
        self, push: Push, scanning: Connection, writer: LogWriter, log: Log, hub: Hub, clock: Clock
    ) -> None:
        self._push = push
        self._scanning = scanning
        self._writer = writer
        self._log = log
        self._hub = hub
        self._clock = clock
        self._claim = single(claim_one)
        self._lease = single(lease_some)
        self._settle = single(settle_some)
        self._scanned = 0  # no alert lies between push_position and this position
        self._awake = asyncio.Event()
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stop_listening: Callable[[], None] = lambda: None
        self._sender: WebPush | None = None
        self._outdated: list[WebPush] = []  # of the log before; to be closed

    def start(self) -> None:
        """Begin, where push is available at all."""
        if self._push.is_available:
            self._stop_listening = self._hub.listen(
                self._heed, failed=self._awake.set, replaced=self._begin_anew
            )
            self._task = asyncio.create_task(self._run(), name="push deliveries")

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        """What it lives by, while it runs."""
        return [] if self._task is None else [self._task]

    async def close(self) -> None:
        """Stop. Messages under way get CLOSE_S; the others are sent by whoever runs next."""
        self._stop_listening()
        self._closing.set()
        self._awake.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=CLOSE_S)
            await ended([self._task])
            self._task = None
        self._drop_sender()
        await self._close_outdated()

    async def work(self) -> bool:
        """Hand over new alerts and send what is due; whether many alerts came at once."""
        were_many = await self._hand_over()
        while not self._closing.is_set() and (deliveries := await self._leased()):
            await self._send_all(deliveries)
        return were_many

    def _heed(self, events: Sequence[Event]) -> None:
        if any(e.topic == lifecycle.TOPIC and e.kind == lifecycle.RAISED for e in events):
            self._awake.set()

    def _begin_anew(self) -> None:
        """The log is another one: alerts may lie where there were none, under another key."""
        self._scanned = 0
        self._drop_sender()
        self._awake.set()

    async def _run(self) -> None:
        pause_s = 0.0
        while not await _happens(self._closing, pause_s):
            self._awake.clear()
            try:
                pause_s = QUIET_S if await self.work() else GATHER_S
                wait_s = await self._until_due_s()
            except Exception as error:  # the database is away, or the server is closing
                logger.warning("cannot send pushes now: %s", error)
                wait_s = LOOK_AGAIN_S
            await _happens(self._awake, wait_s)

    async def _until_due_s(self) -> float:
        row = await self._scanning.row("SELECT min(due_at) FROM push_delivery")
        if row is None or row[0] is None:
            return LOOK_AGAIN_S
        due_s: float = (row[0] - self._clock.now_us()) / SECOND_US
        return min(max(due_s, GATHER_S), LOOK_AGAIN_S)

    # 1. Claim

    async def _hand_over(self) -> bool:
        subscribers = await self._subscribers()
        if not subscribers:
            return False
        epoch = self._hub.head.epoch
        head = (await self._log.head()).position
        were_many = False
        while not self._closing.is_set():
            row = await self._scanning.row("SELECT position FROM push_position WHERE id = 1")
            position = row[0] if row is not None else head
            first = max(position, self._scanned)
            if first >= head:
                break
            last = min(first + EVENTS_PER_CLAIM, head)
            raised = await self._raised(first, last)
            if raised:
                deliveries = tuple(_deliveries_of(raised, subscribers))
                claim = Claim(position, last, deliveries)
                if not await self._writer.submit(self._claim, claim, 1 + len(deliveries) // 10):
                    continue  # another process was faster
                were_many = were_many or len(raised) > ONE_BY_ONE_MAX
            if self._hub.head.epoch != epoch:
                break  # the log is another one now
            self._scanned = last
        return were_many

    async def _subscribers(self) -> list[_Subscriber]:
        rows = await self._scanning.rows(choices.SUBSCRIBERS)
        return [_Subscriber(row[0], row[1], Role(row[2])) for row in rows]

    async def _raised(self, after: int, up_to: int) -> list[Alert]:
        """The alerts that were raised there, each as it stood last; not those of long ago."""
        rows = await self._scanning.rows(
            "SELECT payload FROM event WHERE position > ? AND position <= ? AND topic = ? "
            "AND kind = ? AND subject IS NOT NULL AND recorded_at >= ? ORDER BY position",
            after,
            up_to,
            lifecycle.TOPIC,
            lifecycle.RAISED,
            self._clock.now_us() - TTL_S * SECOND_US,
        )
        alerts = [alert_in(told) for row in rows if (told := _told(row[0])) is not None]
        return list({alert.id: alert for alert in alerts}.values())

    # 2. Lease and send

    async def _leased(self) -> list[Delivery]:
        row = await self._scanning.row(
            "SELECT id FROM push_delivery WHERE due_at <= ? LIMIT 1", self._clock.now_us()
        )
        if row is None:
            return []
        leased: list[Delivery] = await self._writer.submit(self._lease, None)
        return leased

    async def _send_all(self, deliveries: Sequence[Delivery]) -> None:
        await self._close_outdated()
        if self._sender is None:
            self._sender = await self._push.sender()
        sender, gate = self._sender, asyncio.Semaphore(AT_ONCE_MAX)

        async def send(delivery: Delivery) -> Outcome:
            async with gate:
                message = await self._message(delivery)
                return message if isinstance(message, Outcome) else await sender.send(message)

        outcomes = await asyncio.gather(*(send(delivery) for delivery in deliveries))
        await self._writer.submit(self._settle, self._settled(deliveries, outcomes))

    def _drop_sender(self) -> None:
        if self._sender is not None:
            self._outdated.append(self._sender)
            self._sender = None

    async def _close_outdated(self) -> None:
        while self._outdated:
            await self._outdated.pop().close()

    async def _message(self, delivery: Delivery) -> PushMessage | Outcome:
        """The message as it must be now, or why there is none."""
        now_us = self._clock.now_us()
        row = await self._scanning.row(
            "SELECT p.endpoint, p.p256dh, p.auth, s.ended_at, s.expires_at, u.active, u.role, "
            "coalesce(u.language, p.language) AS language, "
            f"c.pushed, {choices.LEAST_PUSHED} AS least FROM push_subscription p "
            "JOIN session s ON s.id = p.session_id JOIN user_account u ON u.id = p.user_id "
            f"{choices.OF_ALERTS} WHERE p.id = ?",
            delivery.subscription_id,
        )
        too_late = delivery.created_at < now_us - TTL_S * SECOND_US
        if row is None or row["pushed"] == 0 or too_late:
            return Outcome(Fate.REFUSED, detail="not wanted any more")
        if row["ended_at"] is not None or row["expires_at"] <= now_us or not row["active"]:
            return Outcome(Fate.GONE, detail="its session has ended")
        found = await self._scanning.rows(
            f"SELECT {COLUMNS} FROM alert WHERE status = ? AND severity >= ? AND "
            + self._scanning.dialect.one_of("id", "bigint")
            + " ORDER BY severity DESC, id DESC",
            AlertStatus.OPEN.value,
            row["least"],
            self._scanning.dialect.array(delivery.alert_ids),
        )
        alerts = [alert for alert in map(alert_of, found) if alert.roles & Role(row["role"]).bit]
        if not alerts:
            return Outcome(Fate.REFUSED, detail="its alerts are over, or not for this role")
        payload = payload_of(alerts, language_of(row["language"]) or Language.EN)
        return PushMessage(
            row["endpoint"], row["p256dh"], row["auth"], orjson.dumps(payload), payload["tag"],
            payload["severity"] == Severity.CRITICAL.name,
        )  # fmt: skip

    # 3. Settle

    def _settled(self, deliveries: Sequence[Delivery], outcomes: Sequence[Outcome]) -> Settled:
        done, dead = [], []
        later: list[tuple[int, int]] = []
        for delivery, outcome in zip(deliveries, outcomes, strict=True):
            if outcome.fate is Fate.LATER and delivery.attempts <= len(BACK_OFF_S):
                wait_s = BACK_OFF_S[delivery.attempts - 1]
                wait_s = wait_s if outcome.after_s is None else max(outcome.after_s, 1)
                later.append((delivery.id, self._clock.now_us() + wait_s * SECOND_US))
                continue
            done.append(delivery.id)
            if outcome.fate is Fate.GONE:
                dead.append(delivery.subscription_id)
            if outcome.fate is Fate.LATER:
                logger.warning("gave up a push after %d tries: %s", delivery.attempts, outcome)
            elif outcome.fate is not Fate.SENT:
                logger.info("a push was not sent: %s", outcome.detail)
        return Settled(tuple(done), tuple(later), tuple(dead))


async def _happens(event: asyncio.Event, within_s: float) -> bool:
    """Wait for `event`, at most so long; whether it is set."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            await event.wait()
    return event.is_set()


def _deliveries_of(
    raised: Sequence[Alert], subscribers: Iterable[_Subscriber]
) -> Iterable[tuple[int, tuple[int, ...]]]:
    """For each subscriber: one delivery an alert, or one for all of them if they are many."""
    for subscriber in subscribers:
        ids = tuple(
            alert.id
            for alert in raised
            if alert.severity >= subscriber.min_severity and alert.roles & subscriber.role.bit
        )
        if len(ids) > ONE_BY_ONE_MAX:
            yield subscriber.id, ids[-ALERTS_PER_MESSAGE_MAX:]
        else:
            for alert_id in ids:
                yield subscriber.id, (alert_id,)


def _told(text: str) -> AlertTold | None:
    """What an event of alerts says; None: nobody can read it. Raises WrittenByNewer: then it is
    left to the servers of that version."""
    try:
        return ALERT_TOLD.decode(text)
    except Damaged as error:
        logger.error("an alert's event cannot be read, and is not pushed: %s", error)
        return None
