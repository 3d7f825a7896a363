"""Passwords, by the real hasher."""

from __future__ import annotations

import asyncio
import threading

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from graphql_api.accounts.passwords import HASHES_AT_ONCE_MAX, Passwords, check_password
from graphql_api.errors import InvalidInput


@pytest.fixture(autouse=True)
def _cheap_passwords() -> None:
    """The real hasher here: overrides the cheap one of conftest.py."""


async def test_a_password_is_kept_as_argon2id_and_verified() -> None:
    passwords = Passwords()
    kept = await passwords.hash("correct horse")
    assert kept.startswith("$argon2id$")
    assert "correct" not in kept
    assert await passwords.verify("correct horse", kept)
    assert not await passwords.verify("correct Horse", kept)


async def test_an_unknown_account_takes_a_hash_as_well_and_never_fits() -> None:
    passwords = Passwords()
    assert not await passwords.verify("nobody has this password", None)


async def test_a_hash_of_an_unknown_kind_never_fits() -> None:
    assert not await Passwords().verify("password", "plain:password")


class CountingHasher(Argon2Hasher):
    """Counts how many hashes are at work, and on which threads."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=64, parallelism=1)
        self.at_work = self.most = 0
        self.threads: set[int] = set()
        self._lock = threading.Lock()

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        with self._lock:
            self.at_work += 1
            self.most = max(self.most, self.at_work)
            self.threads.add(threading.get_ident())
        try:
            return super().hash(password, salt=salt)
        finally:
            with self._lock:
                self.at_work -= 1


async def test_few_hashes_are_made_at_once_and_off_the_event_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hasher = CountingHasher()
    monkeypatch.setattr(PasswordHash, "recommended", lambda: PasswordHash((hasher,)))
    passwords = Passwords()
    kept = await asyncio.gather(*(passwords.hash(f"password {n}") for n in range(30)))
    assert len(set(kept)) == 30
    assert 1 <= hasher.most <= HASHES_AT_ONCE_MAX
    assert threading.get_ident() not in hasher.threads


@pytest.mark.parametrize("length", [0, 7, 257, 100_000])
def test_a_password_has_from_8_to_256_characters(length: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_password("x" * length, ("input", "password"))
    assert refused.value.field == ("input", "password")
    assert check_password("x" * 8, ("a",)) == "x" * 8
    assert check_password("ü" * 256, ("a",)) == "ü" * 256
