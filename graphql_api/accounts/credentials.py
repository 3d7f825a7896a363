"""Whether a password is an account's: behind the door, with the waits after wrong ones.

An account that does not exist, or is deactivated, answers as one with a wrong password does, in
the same words and after the same time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from graphql_api import values
from graphql_api.accounts.attempts import Attempts, TooManyAttempts, network_of
from graphql_api.accounts.door import Door
from graphql_api.accounts.failures import Failure, Failures
from graphql_api.accounts.passwords import PASSWORD_MAX, Passwords
from graphql_api.accounts.users import COLUMNS, EMAIL_MAX, User, user_from_row
from graphql_api.clock import Clock
from graphql_api.database.connection import Connection, Row
from graphql_api.errors import InvalidCredentials, RateLimited
from graphql_api.events.log import LogTransaction

WRONG = "Email or password is wrong."


@dataclass(frozen=True, slots=True)
class Proved:
    """An account whose password was given. password_hash: as it was then; who acts on it looks
    again in the transaction, since the account may have changed meanwhile."""

    user: User
    password_hash: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. address: of the peer; user_id, session_id: of the session in hand, if any; device:
    what the peer says it is."""

    address: str = ""
    user_id: int | None = None
    session_id: int | None = None
    device: str = ""

    @property
    def key(self) -> str:
        """Under which name what it does is counted."""
        return f"address {self.address}" if self.user_id is None else f"user {self.user_id}"


class Credentials:
    """Checks passwords. One for each process: it holds the door and the waits."""

    def __init__(
        self, reading: Connection, passwords: Passwords, clock: Clock, failures: Failures
    ) -> None:
        self._reading = reading
        self._passwords = passwords
        self._failures = failures
        self.door = Door()
        self.attempts = Attempts(clock)

    async def of_email(self, email: str, password: str, caller: Caller) -> Proved:
        """The account with this email and password. Raises InvalidCredentials, RateLimited."""
        account, place = account_key(email), network_of(caller.address)

        async def find() -> Row | None:
            return await self._reading.row(
                f"SELECT {COLUMNS}, password_hash FROM user_account WHERE email_key = ?", account
            )

        return await self._proved(account, place, email, password, caller, find)

    async def of_user(self, user: User, password: str, caller: Caller) -> Proved:
        """`user`, who is signed in, if this is the password. Raises as `of_email` does.

        Wrong ones are counted by session: whoever has it may come from anywhere.
        """
        place = f"session {caller.session_id}"

        async def find() -> Row | None:
            return await self._reading.row(
                f"SELECT {COLUMNS}, password_hash FROM user_account WHERE id = ?", user.id
            )

        account = account_key(user.email)
        return await self._proved(account, place, user.email, password, caller, find)

    async def _proved(
        self,
        account: str,
        place: str,
        email: str,
        password: str,
        caller: Caller,
        find: Callable[[], Awaitable[Row | None]],
    ) -> Proved:
        try:
            await self._refuse_early(account, place, caller)
            async with self.door.entered(network_of(caller.address), account):
                await self._refuse_early(account, place, caller)
                return await self._checked(account, place, password, await find())
        except RateLimited:
            self._failures.note(Failure.LIMIT, caller.address, email, "sign-ins waiting")
            raise
        except TooManyAttempts:
            self._failures.note(Failure.TOO_MANY_ATTEMPTS, caller.address, email)
            raise
        except InvalidCredentials:
            self._failures.note(Failure.WRONG_PASSWORD, caller.address, email)
            raise

    async def _refuse_early(self, account: str, place: str, caller: Caller) -> None:
        is_known = not self.attempts.must_know(account) or await self._is_known(
            account, place, caller
        )
        self.attempts.refuse_early(account, place, is_known)

    async def _is_known(self, account: str, place: str, caller: Caller) -> bool:
        """Whether the account's sessions tell of this address, or one of them is in hand."""
        row = await self._reading.row(
            "SELECT 1 FROM user_account u JOIN session s ON s.user_id = u.id "
            "WHERE u.email_key = ? AND (u.id = ? OR s.address = ?) LIMIT 1",
            account,
            caller.user_id or 0,
            place,
        )
        return row is not None

    async def _checked(self, account: str, place: str, password: str, row: Row | None) -> Proved:
        is_open = row is not None and bool(row["active"])
        known_hash = row["password_hash"] if row is not None and is_open else None
        if not await self._passwords.verify(password[: PASSWORD_MAX + 1], known_hash):
            self.attempts.failed(account, place)
            raise InvalidCredentials(WRONG)
        assert row is not None
        self.attempts.succeeded(account, place)
        return Proved(user_from_row(row), row["password_hash"])


def account_key(email: str) -> str:
    """The email as it compares; NO_KEY, so nobody's, for one longer than an email can be."""
    return values.lookup_key(email, EMAIL_MAX)


async def unchanged(transaction: LogTransaction, proved: Proved) -> User | None:
    """The user as of now, if what was proved still counts and the account is active."""
    row = await transaction.connection.row(
        f"SELECT {COLUMNS}, password_hash FROM user_account WHERE id = ?", proved.user.id
    )
    if row is None or row["password_hash"] != proved.password_hash:
        return None
    user = user_from_row(row)
    return user if user.active else None
