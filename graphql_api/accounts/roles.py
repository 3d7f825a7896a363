"""Roles and the viewer: who is asking, and what that lets them do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from graphql_api.delivery.audience import ROLE_BITS


class Role(Enum):
    """VIEWER reads; USER also moves stock and handles alerts; ADMIN does everything."""

    ADMIN = "ADMIN"
    USER = "USER"
    VIEWER = "VIEWER"

    @property
    def bit(self) -> int:
        """Its bit in an audience."""
        return ROLE_BITS[self.value]

    def includes(self, other: Role) -> bool:
        """Whether this role may do what `other` may."""
        return _RANK[self] >= _RANK[other]


_RANK = {Role.VIEWER: 0, Role.USER: 1, Role.ADMIN: 2}


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in user, as of one moment. expires_at_us: of the access token."""

    user_id: int
    session_id: int
    role: Role
    expires_at_us: int

    @property
    def sees_admins(self) -> bool:
        """Whether what is visible to ADMINS exists for this viewer."""
        return self.role is Role.ADMIN
