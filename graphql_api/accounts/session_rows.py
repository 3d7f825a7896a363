"""A session as lists of them show it, and the columns it is read from. For sessions.py."""

from __future__ import annotations

from dataclasses import dataclass

# By hand: its newest token by an index, for each row, where the models would group and count all.
COLUMNS_OF_SESSIONS = (
    "id, user_id, created_at, (SELECT max(issued_at) FROM refresh_token "
    "WHERE refresh_token.session_id = session.id), expires_at, address, device"
)


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in that has not ended. last_used_at_us: when its newest tokens were given out, so
    it was last used up to an access token's life later. address, device: where it was opened, and
    what with; None: not known."""

    id: int
    user_id: int
    created_at_us: int
    last_used_at_us: int | None
    expires_at_us: int
    address: str | None
    device: str | None
