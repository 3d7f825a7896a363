"""Roles and the viewer: who is asking, and what that lets them do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from graphql_api.delivery.audience import ROLE_BITS

RANKS = ("VIEWER", "USER", "ADMIN")


class Role(Enum):
    """VIEWER reads; USER also moves stock and handles alerts; ADMIN does everything."""

    ADMIN = "ADMIN"
    USER = "USER"
    VIEWER = "VIEWER"

    def __init__(self, name: str) -> None:
        """bit: in an audience; rank: the higher one includes the lower."""
        # Told with each request: Python's own way from a member to its value takes two calls.
        self.bit = ROLE_BITS[name]
        self.rank = RANKS.index(name)

    def includes(self, other: Role) -> bool:
        """Whether this role may do what `other` may."""
        return self.rank >= other.rank


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
