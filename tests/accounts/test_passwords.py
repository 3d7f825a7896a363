"""Passwords, by the real hasher."""

from __future__ import annotations

import asyncio
import os
import sys
import threading

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from graphql_api.accounts.passwords import (
    HASHES_AT_ONCE_MAX,
    HASHES_WAITING_MAX,
    NICENESS,
    Passwords,
    check_password,
)
from graphql_api.errors import InvalidInput, RateLimited


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


@pytest.mark.parametrize("length", [0, 11, 257, 100_000])
def test_a_password_has_from_12_to_256_characters(length: int) -> None:
    good = ("tangerine orbit Ü " * 6_000)[:length]
    with pytest.raises(InvalidInput, match="12 to 256") as refused:
        check_password(good, ("input", "password"))
    assert refused.value.field == ("input", "password")
    for right in ("x7#Rk9!pQz2w", ("tangerine orbit Ü " * 20)[:256]):
        assert check_password(right, ("a",)) == right


@pytest.mark.parametrize(
    "password",
    [
        "password1234", "P@ssw0rd1234", "123456789012", "qwertyuiop12", "1q2w3e4r5t6y",
        "iloveyou1234", "administrator", "ADMINISTRATOR", "aaaaaaaaaaaa", "abcdefghijkl",
        "passwordpassword", "trustno1trustno1", "changeme1234", "inventory1234", "x" * 256,
        "12" * 128,
    ],
)  # fmt: skip
def test_what_anybody_tries_first_is_no_password(password: str) -> None:
    with pytest.raises(InvalidInput, match="easily guessed"):
        check_password(password, ("input", "password"))


@pytest.mark.parametrize(
    "password",
    ["Annabelle1987", "annabelle.quist", "annabelle.quist@example.com", "QuistAnnabelle"],
)
def test_what_is_made_of_the_accounts_email_or_name_is_no_password(password: str) -> None:
    about = ("annabelle.quist@example.com", "Annabelle Quist")
    with pytest.raises(InvalidInput, match="easily guessed"):
        check_password(password, ("a",), about)


@pytest.mark.parametrize(
    "password", ["correct horse", "a good password", "demo-admin-password", "x7#Rk9!pQz2w"]
)
def test_a_phrase_or_a_random_text_is_one(password: str) -> None:
    assert check_password(password, ("a",), ("ann@example.com", "Ann")) == password


async def test_the_first_to_sign_in_waits_for_the_decoy_whoever_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """How the bug came about: only an unknown account made the decoy, so it took twice as long."""
    works: list[str] = []

    class Telling(CountingHasher):
        def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
            works.append("hash")
            return super().hash(password, salt=salt)

        def verify(self, password: str | bytes, hash: str | bytes) -> bool:
            works.append("verify")
            return super().verify(password, hash)

    hasher = Telling()
    monkeypatch.setattr(PasswordHash, "recommended", lambda: PasswordHash((hasher,)))
    kept = hasher.hash("correct horse")
    for known in (kept, None):
        passwords, works[:] = Passwords(), []
        await passwords.verify("x", known)
        await passwords.verify("x", known)
        assert works == ["hash", "verify", "verify"]


async def test_who_hashes_beyond_all_measure_is_refused_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(PasswordHash, "recommended", lambda: PasswordHash((CountingHasher(),)))
    passwords = Passwords()
    made = await asyncio.gather(
        *(passwords.hash(f"password {n}") for n in range(200)), return_exceptions=True
    )
    refused = [one for one in made if isinstance(one, RateLimited)]
    assert len(refused) == 200 - HASHES_WAITING_MAX - HASHES_AT_ONCE_MAX
    assert refused[0].extensions == {"retryAfterSeconds": 1}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a priority for each thread")
async def test_who_hashes_gives_way_to_the_event_loop() -> None:
    """How the bug came about: with few cores, wrong passwords left the loop a tenth of one."""
    before = os.getpriority(os.PRIO_PROCESS, 0)
    asked = await Passwords()._work(lambda: os.getpriority(os.PRIO_PROCESS, 0))
    assert asked == max(before, NICENESS)
    assert os.getpriority(os.PRIO_PROCESS, 0) == before
