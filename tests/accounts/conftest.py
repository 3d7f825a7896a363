"""Accounts: an administrator, and further people with the same password."""

from __future__ import annotations

import pytest

from graphql_api.accounts.roles import Role
from graphql_api.accounts.users import NewUser, User, Users
from graphql_api.services import Services

PASSWORD = "correct horse"


@pytest.fixture
async def admin(services: Services) -> User:
    """The first account: an ADMIN with PASSWORD."""
    return await services.of(Users).create(NewUser("Ada@Example.com", "Ada", PASSWORD, Role.ADMIN))


async def make_user(services: Services, name: str, role: Role = Role.USER) -> User:
    """An account NAME@example.com with PASSWORD."""
    return await services.of(Users).create(NewUser(f"{name}@example.com", name, PASSWORD, role))
