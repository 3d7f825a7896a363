"""Accounts with an open session each: what notifications and pushes are for."""

from __future__ import annotations

from graphql_api.accounts.roles import Role, Viewer
from graphql_api.clock import DAY_US
from graphql_api.services import Services

SESSION_DAYS = 30
ADA, BOB, VERA = (
    Viewer(user_id, user_id + 10, role, 0)
    for user_id, role in ((11, Role.ADMIN), (12, Role.USER), (13, Role.VIEWER))
)


async def add_people(services: Services) -> None:
    """Rows for the three viewers; nobody can sign in with a password."""
    now_us = services.clock.now_us()
    for viewer in (ADA, BOB, VERA):
        email = f"{viewer.user_id}@example.com"
        await services.database.writing.change(
            "INSERT INTO user_account (id, email, email_key, name, role, active, password_hash, "
            "created_at) VALUES (?, ?, ?, 'x', ?, ?, 'x', 0)",
            viewer.user_id,
            email,
            email,
            viewer.role.value,
            True,
        )
        await add_session(services, viewer, viewer.session_id, now_us)


async def add_session(services: Services, viewer: Viewer, session_id: int, now_us: int) -> None:
    """A further sign-in of the viewer's."""
    await services.database.writing.change(
        "INSERT INTO session (id, user_id, created_at, expires_at) VALUES (?, ?, ?, ?)",
        session_id,
        viewer.user_id,
        now_us,
        now_us + SESSION_DAYS * DAY_US,
    )
