"""Rate limits: token buckets for each user, or address without a session; and for all users of
one address together, so that many accounts in one hand are not as many budgets.

One counts operations. The other counts their work, in the units of extensions.cost: about 20 µs
each. It may be overdrawn by what was let in, and then waits until it is paid.
"""

from __future__ import annotations

import math
from collections import OrderedDict

from graphql_api.clock import Clock
from graphql_api.errors import LimitExceeded, RateLimited
from graphql_api.said import said
from graphql_api.workers.counts import Elsewhere, Nowhere

BURST_S = 5  # seconds' worth that may come at once
BUCKETS_MAX = 50_000  # callers remembered; the least recently seen start afresh


class LiveCosts:
    """What each user's live subscriptions cost an event, over all sockets of all workers."""

    def __init__(self, cost_max: int, elsewhere: Elsewhere | None = None) -> None:
        """elsewhere: the other workers; None: there are none."""
        self._cost_max = cost_max
        self._elsewhere = elsewhere or Nowhere()
        self._by_caller: dict[str, int] = {}

    def hold(self, caller: str, cost: int) -> None:
        """One more subscription. Raises LimitExceeded, and then holds nothing."""
        held = self._by_caller.get(caller, 0) + cost
        together = held + self._elsewhere.others(_costs_of(caller))
        if together > self._cost_max:
            raise LimitExceeded(
                said(
                    "Your live subscriptions cost {held} an event together; at most {most} may "
                    "be. End some, or ask for less.",
                    held=together,
                    most=self._cost_max,
                )
            )
        self._by_caller[caller] = held
        self._elsewhere.add(_costs_of(caller), cost)

    def let_go(self, caller: str, cost: int) -> None:
        """One that was held has ended."""
        self._elsewhere.add(_costs_of(caller), -cost)
        held = self._by_caller.get(caller, 0) - cost
        if held > 0:
            self._by_caller[caller] = held
        else:
            self._by_caller.pop(caller, None)


def _costs_of(caller: str) -> str:
    """What the costs of a caller are counted by, over all workers."""
    return f"costs {caller}"


class RateLimiter:
    """Refuses operations beyond `per_second`, and work beyond `work_per_second`, kept up. Of one
    process: what is limited is what a caller takes of its core.

    None: never refuses. users_per_address: so many users' budgets are what the users of one
    address have together. A caller without a session has no `address` beside its name.
    """

    def __init__(
        self,
        clock: Clock,
        per_second: int | None,
        work_per_second: int | None = None,
        users_per_address: int = 1,
    ) -> None:
        def buckets(limit: int | None, what: str, times: int = 1) -> _Buckets:
            return _Buckets(clock, None if limit is None else limit * times, what)

        together = " from your address"
        self._operations = buckets(per_second, "many operations")
        self._work = buckets(work_per_second, "much work")
        self._operations_of_address = buckets(
            per_second, f"many operations{together}", users_per_address
        )
        self._work_of_address = buckets(work_per_second, f"much work{together}", users_per_address)

    def take(self, caller: str, address: str | None = None) -> None:
        """Count one operation of `caller`. Raises RateLimited with retryAfterSeconds."""
        self._operations.spend(caller, 1, least=1)
        if address is not None:
            self._operations_of_address.spend(address, 1, least=1)

    def charge(self, caller: str, work: int, address: str | None = None) -> None:
        """Count work that is about to be done. Raises RateLimited while earlier work is unpaid."""
        if not work:
            return
        self._work.spend(caller, work, least=0)
        if address is not None:
            self._work_of_address.spend(address, work, least=0)

    def pace(self, caller: str, work: int, address: str | None = None) -> float:
        """Count work of a replay that was done; after how many seconds it may go on. It leaves
        half of the budget to what the caller asks for meanwhile."""
        wait_s = self._work.pace(caller, work)
        if address is not None:
            wait_s = max(wait_s, self._work_of_address.pace(address, work))
        return wait_s


class _Buckets:
    """One bucket a caller. per_second None: without a bottom."""

    def __init__(self, clock: Clock, per_second: int | None, what: str) -> None:
        self._clock = clock
        self._per_second = per_second
        self._what = what
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, as of

    def spend(self, caller: str, amount: int, least: int) -> None:
        """Take `amount` if at least `least` is there, and more than nothing. Raises RateLimited."""
        if self._per_second is None:
            return
        tokens = self._refilled(caller, self._per_second)
        allowed = tokens > 0 and tokens >= least
        self._keep(caller, tokens - amount if allowed else tokens)
        if not allowed:
            wait_s = max(1, math.ceil((least - tokens) / self._per_second))
            raise RateLimited(
                said(
                    "Too {what}: at most {per_second} a second. Try again in {wait_s} s.",
                    what=self._what,
                    per_second=self._per_second,
                    wait_s=wait_s,
                ),
                retryAfterSeconds=wait_s,
            )

    def pace(self, caller: str, amount: int) -> float:
        """Take `amount`, and tell in how many seconds half is there again; 0: it is now."""
        if self._per_second is None:
            return 0.0
        tokens = self._refilled(caller, self._per_second) - amount
        self._keep(caller, tokens)
        return max(0.0, (self._per_second * BURST_S / 2 - tokens) / self._per_second)

    def _refilled(self, caller: str, per_second: int) -> float:
        now_s = self._clock.monotonic_s()
        full = float(per_second * BURST_S)
        tokens, as_of_s = self._buckets.pop(caller, (full, now_s))
        return min(full, tokens + (now_s - as_of_s) * per_second)

    def _keep(self, caller: str, tokens: float) -> None:
        self._buckets[caller] = (tokens, self._clock.monotonic_s())
        if len(self._buckets) > BUCKETS_MAX:
            self._buckets.popitem(last=False)
