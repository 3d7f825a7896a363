"""Passwords: Argon2id by pwdlib's defaults, off the event loop, at most four at once."""

from __future__ import annotations

import asyncio

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError

from graphql_api.errors import FieldPath, InvalidInput

PASSWORD_MIN = 8  # characters; NIST SP 800-63B 5.1.1.2
PASSWORD_MAX = 256
HASHES_AT_ONCE_MAX = 4  # each takes 64 MiB and tens of milliseconds of a core


class Passwords:
    """Hashes and verifies. One for each process: it holds the limit on work at once."""

    def __init__(self) -> None:
        self._hasher = PasswordHash.recommended()
        self._places = asyncio.Semaphore(HASHES_AT_ONCE_MAX)
        self._decoy: str | None = None

    async def hash(self, password: str) -> str:
        """The hash to keep."""
        async with self._places:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Whether `password` fits. None, for an unknown account: False, after as long a time."""
        if password_hash is None:
            if self._decoy is None:
                self._decoy = await self.hash("nobody has this password")
            await self._fits(password, self._decoy)
            return False
        return await self._fits(password, password_hash)

    async def _fits(self, password: str, password_hash: str) -> bool:
        async with self._places:
            try:
                return await asyncio.to_thread(self._hasher.verify, password, password_hash)
            except UnknownHashError:
                return False


def check_password(password: str, field: FieldPath) -> str:
    """`password` if it may be one. Raises InvalidInput."""
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise InvalidInput(f"A password has {PASSWORD_MIN} to {PASSWORD_MAX} characters.", field)
    return password
