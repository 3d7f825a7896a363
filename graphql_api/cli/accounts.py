"""Commands on accounts: create-user, list-users, set-password, deactivate-user, end-sessions."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Annotated

import typer

from graphql_api.accounts.roles import Role
from graphql_api.accounts.sessions import Sessions
from graphql_api.accounts.users import NewUser, User, UserChange, Users
from graphql_api.cli.opening import existing_services, quiet_settings
from graphql_api.cli.outcome import WRONG_USAGE, CommandFailed, note
from graphql_api.process import open_services
from graphql_api.services import Services
from graphql_api.settings import Settings
from graphql_api.texts.languages import Language

USERS_AT_ONCE = 500  # of a list

commands = typer.Typer()


class RoleName(StrEnum):
    """The roles, as they are typed."""

    ADMIN = "ADMIN"
    USER = "USER"
    VIEWER = "VIEWER"


@commands.command("create-user")
def create_user(
    email: Annotated[str, typer.Option(help="What they sign in with.", show_default=False)],
    name: Annotated[str, typer.Option(help="What others see.", show_default=False)],
    role: Annotated[
        RoleName,
        typer.Option(
            case_sensitive=False,
            show_default=False,
            help="VIEWER reads; USER also moves stock and handles alerts; ADMIN does everything.",
        ),
    ],
    language: Annotated[
        Language | None,
        typer.Option(
            case_sensitive=False,
            help="Of the console and of pushes; without it, as each browser wishes.",
        ),
    ] = None,
) -> None:
    """Add a user. The password is read from standard input: 12 to 256 characters in a line."""
    settings = quiet_settings()
    wanted = NewUser(email, name, _password(), Role(role.value), language)

    async def work() -> int:
        async with open_services(settings) as services:
            user = await services.of(Users).create(wanted)
            return user.id

    user_id = asyncio.run(work())
    typer.echo(f"{role.value} {email.strip()} has the id {user_id}.")


@commands.command("list-users")
def list_users() -> None:
    """Print every account: id, email, role, active or not, open sessions, name."""
    settings = quiet_settings()

    async def work() -> list[str]:
        async with existing_services(settings) as services:
            after, lines = None, []
            while page := await services.of(Users).page(USERS_AT_ONCE, after):
                for user in page:
                    sessions = await services.of(Sessions).count(user.id)
                    state = "active" if user.active else "deactivated"
                    columns = (user.id, user.email, user.role.value, state, sessions, user.name)
                    lines.append("\t".join(str(column) for column in columns))
                after = page[-1].id
            return lines

    lines = asyncio.run(work())
    for line in ["id\temail\trole\tstate\tsessions\tname", *lines]:
        typer.echo(line)


WhoseEmail = Annotated[str, typer.Option(help="Whose account it is.", show_default=False)]


@commands.command("set-password")
def set_password(email: WhoseEmail) -> None:
    """Set a user's password, read from standard input in a line. All sessions of the user end."""
    settings = quiet_settings()
    password = _password()

    async def change(services: Services, user: User) -> None:
        await services.of(Users).change(UserChange(user.id, password=password))

    user, ended = _with_account(settings, email, change)
    typer.echo(f"{user.email} has a new password; {_sessions(ended)} ended.")
    if not user.active:
        note("note: the account is deactivated, and stays so")


@commands.command("deactivate-user")
def deactivate_user(email: WhoseEmail) -> None:
    """Take an account's access. All sessions of the user end; what they did keeps their name.

    The last active ADMIN cannot be deactivated. updateUser of the API gives the access back.
    """
    settings = quiet_settings()

    async def change(services: Services, user: User) -> None:
        await services.of(Users).change(UserChange(user.id, active=False))

    user, ended = _with_account(settings, email, change)
    typer.echo(f"{user.email} is deactivated; {_sessions(ended)} ended.")


@commands.command("end-sessions")
def end_sessions(
    email: Annotated[str | None, typer.Option(help="Of this account.", show_default=False)] = None,
    everybody: Annotated[bool, typer.Option("--all", help="Of every account.")] = False,
) -> None:
    """End all sessions of one account, or of all: every token is worthless at once."""
    settings = quiet_settings()
    if everybody == (email is not None):
        raise CommandFailed("give either --email EMAIL or --all", WRONG_USAGE)

    async def end_all() -> int:
        async with existing_services(settings) as services:
            after, ended = None, 0
            while page := await services.of(Users).page(USERS_AT_ONCE, after):
                ended += sum([await services.of(Users).end_sessions(user.id) for user in page])
                after = page[-1].id
            return ended

    async def end(services: Services, user: User) -> None:
        await services.of(Users).end_sessions(user.id)

    if email is None:
        typer.echo(f"{_sessions(asyncio.run(end_all()))} ended.")
    else:
        user, ended = _with_account(settings, email, end)
        typer.echo(f"{user.email}: {_sessions(ended)} ended.")


def _with_account(
    settings: Settings, email: str, change: Callable[[Services, User], Awaitable[None]]
) -> tuple[User, int]:
    """Do `change` to the account of `email`: the user before it, and how many sessions ended."""

    async def work() -> tuple[User, int]:
        async with existing_services(settings) as services:
            user = await services.of(Users).by_email(email)
            if user is None:
                raise CommandFailed(f"there is no account with the email {email}")
            before = await services.of(Sessions).count(user.id)
            await change(services, user)
            return user, before - await services.of(Sessions).count(user.id)

    return asyncio.run(work())


def _sessions(count: int) -> str:
    return f"{count} session{'' if count == 1 else 's'}"


def _password() -> str:
    if sys.stdin.isatty():
        answer: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return answer
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise CommandFailed("give the password on standard input", WRONG_USAGE)
    return password
