"""Refresh tokens: each is traded once for its successor, all of a session are one family.

A token that is used a second time may be a thief's, so it ends its family. But two tabs that
refresh at once, or a client whose answer was lost, use one twice too. So for GRACE_S after its
first use, and until one of its successors was used, a token is traded again: for a further
successor beside the first. Both are good, the family stays whole.

It is kept in the database, so it holds across processes and restarts.
"""

from __future__ import annotations

from dataclasses import dataclass

from graphql_api.accounts.models import RefreshTokenRecord
from graphql_api.accounts.users import COLUMNS, User, user_from_row
from graphql_api.clock import SECOND_US
from graphql_api.database.connection import Row
from graphql_api.events.log import LogTransaction

GRACE_S = 30
SUCCESSORS_MAX = 20  # of one token: more than a browser's tabs


@dataclass(frozen=True, slots=True)
class Rotate:
    """A command: trade the token of old_hash for the one of new_hash."""

    old_hash: str
    new_hash: str


@dataclass(frozen=True, slots=True)
class Rotated:
    """user None: refused; was_reused: and the family must end. user_id: whose token it was."""

    user: User | None
    session_id: int = 0
    user_id: int | None = None
    was_reused: bool = False


async def rotate(transaction: LogTransaction, command: Rotate, lifetime_us: int) -> Rotated:
    """Carry the command out. lifetime_us: of the session, from now on."""
    now_us, connection = transaction.entry.now_us, transaction.connection
    row = await connection.row(
        "SELECT t.token_hash, t.session_id, t.used_at, s.ended_at, s.expires_at, s.user_id "
        "FROM refresh_token t JOIN session s ON s.id = t.session_id WHERE t.token_hash = ?",
        command.old_hash,
    )
    if row is None:
        return Rotated(None)
    session_id, user_id = row["session_id"], row["user_id"]
    if row["ended_at"] is not None or row["expires_at"] <= now_us:
        return Rotated(None, session_id, user_id)
    if row["used_at"] is not None and not await _is_in_grace(transaction, row):
        return Rotated(None, session_id, user_id, was_reused=True)
    found = await connection.row(f"SELECT {COLUMNS} FROM user_account WHERE id = ?", user_id)
    user = user_from_row(found) if found else None
    if user is None or not user.active:
        return Rotated(None, session_id, user_id)
    await connection.change(
        "UPDATE refresh_token SET used_at = ? WHERE token_hash = ? AND used_at IS NULL",
        now_us,
        command.old_hash,
    )
    await connection.change(
        "UPDATE session SET expires_at = ? WHERE id = ?", now_us + lifetime_us, session_id
    )
    await keep(transaction, command.new_hash, session_id, command.old_hash)
    return Rotated(user, session_id, user_id)


async def _is_in_grace(transaction: LogTransaction, row: Row) -> bool:
    """Whether a used token is the immediate predecessor of what its family uses now, and was
    first used a moment ago."""
    if transaction.entry.now_us - row["used_at"] >= GRACE_S * SECOND_US:
        return False
    counts = await transaction.connection.row(
        "SELECT count(*), count(used_at) FROM refresh_token "
        "WHERE session_id = ? AND parent_hash = ?",
        row["session_id"],
        row["token_hash"],
    )
    assert counts is not None
    return int(counts[1]) == 0 and int(counts[0]) < SUCCESSORS_MAX


async def keep(
    transaction: LogTransaction, token_hash: str, session_id: int, parent_hash: str | None
) -> None:
    """Keep a new refresh token. parent_hash: of the one that it was traded for, None: of none."""
    await transaction.connection.create(
        RefreshTokenRecord,
        token_hash=token_hash,
        session_id=session_id,
        issued_at=transaction.entry.now_us,
        parent_hash=parent_hash,
    )
