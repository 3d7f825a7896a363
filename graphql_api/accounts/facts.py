"""What the log keeps of accounts and sessions, for the servers themselves.

The event's subject is the same id, and is what readers use: it is there though the rest may be
of a newer version. Servers of 0.1.0 read these.
"""

from __future__ import annotations

from graphql_api.kernel.codec import Fact, Kind


class UserChanged(Fact):
    """A user's role, activity or password changed."""

    user_id: int


class SessionEnded(Fact):
    """A session ended: logged out, reused, or ended by somebody."""

    session_id: int


USER_CHANGED_TOLD = Kind("event accounts USER_CHANGED", UserChanged)
SESSION_ENDED_TOLD = Kind("event accounts SESSION_ENDED", SessionEnded)
