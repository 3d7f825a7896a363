"""Accounts: passwords that are hashed cheaply, since there are many of them here."""

from __future__ import annotations

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from graphql_api.accounts.roles import Role
from graphql_api.accounts.users import NewUser, User, Users
from graphql_api.services import Services

PASSWORD = "correct horse"
CHEAP = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PasswordHash, "recommended", lambda: CHEAP)


@pytest.fixture
async def admin(services: Services) -> User:
    """The first account: an ADMIN with PASSWORD."""
    return await services.of(Users).create(NewUser("Ada@Example.com", "Ada", PASSWORD, Role.ADMIN))


async def make_user(services: Services, name: str, role: Role = Role.USER) -> User:
    """An account NAME@example.com with PASSWORD."""
    return await services.of(Users).create(NewUser(f"{name}@example.com", name, PASSWORD, role))
