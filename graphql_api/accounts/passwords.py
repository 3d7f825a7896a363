"""Passwords: Argon2id by pwdlib's defaults, off the event loop, at most four at once."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from zxcvbn import zxcvbn

from graphql_api.errors import FieldPath, InvalidInput, RateLimited
from graphql_api.said import said

PASSWORD_MIN = 12  # characters; those of accounts made under an older rule stay good
PASSWORD_MAX = 256
HASHES_AT_ONCE_MAX = 4  # each takes 64 MiB and tens of milliseconds of a core
HASHES_WAITING_MAX = 64  # beyond those at work; logins have a door of their own before (door.py)

NICENESS = 10  # of threads that hash: the event loop's goes first where cores are few

# zxcvbn's scale: below 10^8 guesses is what a list of known passwords, a keyboard's rows, a
# sequence, a repetition or a date come to (NIST SP 800-63B 5.1.1.2).
SCORE_MIN = 3
JUDGED_CHARACTERS_MAX = 40  # zxcvbn is quadratic: more would cost tens of milliseconds
OUR_WORDS = ("inventory", "realtime-inventory", "stock", "graphql")

T = TypeVar("T")


class Passwords:
    """Hashes and verifies. One for each process: it holds the limit on work at once."""

    def __init__(self) -> None:
        self._hasher = PasswordHash.recommended()
        self._places = asyncio.Semaphore(HASHES_AT_ONCE_MAX)
        self._threads = ThreadPoolExecutor(HASHES_AT_ONCE_MAX, "passwords", _give_way)
        self._waiting = 0
        self._decoy: asyncio.Task[str] | None = None

    async def hash(self, password: str) -> str:
        """The hash to keep. Raises RateLimited when too many wait."""
        return await self._work(self._hasher.hash, password)

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Whether `password` fits. None, for an unknown account: False, after as long a time."""
        decoy = await self._decoy_hash()
        fits = await self._fits(password, decoy if password_hash is None else password_hash)
        return fits and password_hash is not None

    async def _decoy_hash(self) -> str:
        """A hash that no account has. The first to verify anything waits for it, whoever's
        account it is, so that it tells nobody whether the account exists."""
        if self._decoy is None or (self._decoy.done() and self._decoy.exception() is not None):
            self._decoy = asyncio.create_task(self.hash("nobody has this password"))
        return await asyncio.shield(self._decoy)

    async def _fits(self, password: str, password_hash: str) -> bool:
        try:
            return await self._work(self._hasher.verify, password, password_hash)
        except UnknownHashError:
            return False

    async def _work(self, work: Callable[..., T], *arguments: str) -> T:
        if self._places.locked() and self._waiting >= HASHES_WAITING_MAX:
            raise RateLimited("Too many passwords are being checked.", retryAfterSeconds=1)
        self._waiting += 1
        try:
            await self._places.acquire()
        finally:
            self._waiting -= 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, work, *arguments)
        finally:
            self._places.release()


def _give_way() -> None:
    """Lower the priority of this thread, and of those that Argon2 begins from it. Linux alone has
    a priority for each thread; elsewhere it would be the whole process's."""
    if sys.platform == "linux":
        mine = os.getpriority(os.PRIO_PROCESS, 0)
        os.setpriority(os.PRIO_PROCESS, 0, max(mine, NICENESS))


def check_password(password: str, field: FieldPath, about: Iterable[str] = ()) -> str:
    """`password` if it may be one. Raises InvalidInput.

    about: what anybody would try first: the account's email and name.
    """
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise InvalidInput(
            said(
                "A password has {least} to {most} characters.",
                least=PASSWORD_MIN,
                most=PASSWORD_MAX,
            ),
            field,
        )
    if is_well_known(password, about):
        raise InvalidInput(
            "This password is easily guessed: it is well known, follows a pattern, or is made of "
            "the account's name or email. A few words that do not belong together are better.",
            field,
        )
    return password


def is_well_known(password: str, about: Iterable[str] = ()) -> bool:
    """Whether it is among the first that anybody tries, in any case and with the usual signs for
    letters. Its first characters are judged, so it is about as quick for a long one."""
    judged = password[:JUDGED_CHARACTERS_MAX]
    words = [word for text in about for word in _words(text)]
    score: int = zxcvbn(judged, user_inputs=[*OUR_WORDS, *words])["score"]
    return score < SCORE_MIN


def _words(text: str) -> list[str]:
    """An email or a name whole and without its gaps, what is before the @, and its parts of three
    characters and more."""
    text = text[:PASSWORD_MAX]
    whole = [text, text.partition("@")[0], "".join(text.split())]
    parts = text.replace("@", " ").replace(".", " ").replace("-", " ").split()
    return [*whole, *(part for part in parts if len(part) >= 3)]
