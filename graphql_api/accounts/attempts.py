"""Wrong passwords: how long the next try has to wait.

Counted by account and address together, so that nobody locks an account out from elsewhere:
after FREE_ATTEMPTS each further wrong one doubles the wait. Guesses at one account from many
addresses are counted by account too, with a far higher bound; that one does not hold up who
signed in from this address before, or holds a session of the account. An IPv6 network of 64
bits is one address: whoever has one of its addresses has them all.

Kept in memory, bounded, by each process for itself: the least recently tried are forgotten.
"""

from __future__ import annotations

import ipaddress

from cachetools import LRUCache

from graphql_api.clock import SECOND_US, Clock
from graphql_api.errors import InvalidCredentials

FREE_ATTEMPTS = 5  # of an account from one address
FREE_ATTEMPTS_ANYWHERE = 100  # of an account, from all addresses together
DELAY_MAX_S = 300
REMEMBERED_MAX = 10_000  # of each kind


class _Failures:
    """Counts by key, and until when each key has to wait."""

    def __init__(self, clock: Clock, free: int) -> None:
        self._clock = clock
        self._free = free
        self._known: LRUCache[object, tuple[int, int]] = LRUCache(REMEMBERED_MAX)

    def wait_s(self, key: object) -> int:
        """Whole seconds that a try has to wait; 0: none."""
        _, not_before_us = self._known.get(key, (0, 0))
        return max(0, -(-(not_before_us - self._clock.now_us()) // SECOND_US))

    def failed(self, key: object) -> None:
        count = self._known.get(key, (0, 0))[0] + 1
        delay_s = 0
        if count > self._free:
            delay_s = min(2 ** min(count - self._free, 16), DELAY_MAX_S)
        self._known[key] = (count, self._clock.now_us() + delay_s * SECOND_US)

    def forget(self, key: object) -> None:
        self._known.pop(key, None)

    def __len__(self) -> int:
        return len(self._known)


class Attempts:
    """The wrong passwords that this process saw. account: the email as it compares."""

    def __init__(self, clock: Clock) -> None:
        self._here = _Failures(clock, FREE_ATTEMPTS)
        self._anywhere = _Failures(clock, FREE_ATTEMPTS_ANYWHERE)

    def refuse_early(self, account: str, address: str, is_known_here: bool) -> None:
        """Raises InvalidCredentials while a wait lasts. is_known_here: signed in from this
        address before, or with a session of the account in hand."""
        wait_s = self._here.wait_s((account, address))
        if not is_known_here:
            wait_s = max(wait_s, self._anywhere.wait_s(account))
        if wait_s:
            raise TooManyAttempts(f"Too many attempts for this account: try again in {wait_s} s.")

    def must_know(self, account: str) -> bool:
        """Whether it matters if the caller is known: the account waits, whoever asks."""
        return self._anywhere.wait_s(account) > 0

    def failed(self, account: str, address: str) -> None:
        """A wrong password was tried."""
        self._here.failed((account, address))
        self._anywhere.failed(account)

    def succeeded(self, account: str, address: str) -> None:
        """The right one: what was wrong from here is forgotten; elsewhere somebody may guess on."""
        self._here.forget((account, address))


class TooManyAttempts(InvalidCredentials):
    """The wait after wrong passwords is not over."""


def network_of(address: str) -> str:
    """What counts as one address: of IPv6 its network of 64 bits, IPv4 within IPv6 as itself."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address  # a socket file, a test's client: whatever the server calls it
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(ip) >> 64 << 64, 64)))
