"""The commands: `python -m graphql_api --help`. Thin: each opens what it needs, calls one use
case, and tells the outcome.

Exit codes: 0 done, 1 failed, 2 wrong usage (settings included), 130 given up by Ctrl+C. What
went wrong is one line on standard error; a traceback is shown at LOG_LEVEL=DEBUG only.
"""

from __future__ import annotations

import asyncio
import gc
import os
import secrets
import shutil
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, BinaryIO, TextIO

import typer
import uvicorn
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from typer.exceptions import TyperException

from graphql_api import __version__
from graphql_api.accounts.roles import Role
from graphql_api.accounts.sessions import Sessions
from graphql_api.accounts.users import NewUser, User, UserChange, Users
from graphql_api.app import create_app, imports_of, migrate, open_services
from graphql_api.database.database import Database
from graphql_api.delivery.redis_url import check_redis_url
from graphql_api.errors import ApplicationError, ConfigurationError
from graphql_api.inventory.csv_files import (
    PRESETS,
    READ_FIELDS,
    MissingColumns,
    Preset,
    Table,
    WrongEncoding,
    read_lookup,
)
from graphql_api.inventory.exports import count_items, export_items
from graphql_api.inventory.file_kinds import encoding_advice
from graphql_api.inventory.imports import (
    BadRow,
    ImportCounts,
    ImportOptions,
    ImportStopped,
    Phase,
)
from graphql_api.inventory.ledger_check import LedgerCheck, check_ledger
from graphql_api.operations import logs
from graphql_api.operations.backup import BackupFailed, back_up
from graphql_api.operations.epoch import renew_epoch
from graphql_api.operations.in_use import used
from graphql_api.operations.restore import restore as restore_database
from graphql_api.services import Services
from graphql_api.settings import Settings, misspelt, read_settings
from graphql_api.transport.drain import DrainingServer
from graphql_api.transport.server import raise_file_limit, server_config
from schema import export_sdl

PROGRAM = "python -m graphql_api"
DONE, FAILED, WRONG_USAGE, GIVEN_UP = 0, 1, 2, 130
STREAM = "-"

COLLECTION_THRESHOLDS = (20_000, 50, 50)  # allocations, then runs of the younger generation
FAST_DRAIN_S = 1.0  # when a part has failed: there is no time for more
USERS_AT_ONCE = 500  # of a list

app = typer.Typer(
    help="A real-time inventory GraphQL API. Settings come from environment variables: "
    "see `serve --help`.",
    epilog="Exit codes: 0 done, 1 failed, 2 wrong usage.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


class CommandFailed(Exception):
    """Ends a command with a line on standard error."""

    def __init__(self, message: str, exit_code: int = FAILED) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def main() -> None:
    """Run the command line of this process, and end it."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command; its exit code. Every expected error ends here, in one line."""
    try:
        result = app(args=list(arguments or ["--help"]), prog_name=PROGRAM, standalone_mode=False)
        return WRONG_USAGE if not arguments else result if isinstance(result, int) else DONE
    except CommandFailed as error:
        return _complain(str(error), error.exit_code)
    except TyperException as error:
        told = error.format_message().replace("Value error, ", "")
        return _complain(f"{told} (--help tells more)", WRONG_USAGE)
    except (ApplicationError, BackupFailed, ConfigurationError, ImportStopped) as error:
        return _complain(str(error), FAILED)
    except (KeyboardInterrupt, typer.Abort):
        return GIVEN_UP
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else FAILED
    except Exception as error:
        if os.environ.get("LOG_LEVEL", "").upper() == "DEBUG":
            traceback.print_exc()
        return _complain(f"{type(error).__name__}: {error} (LOG_LEVEL=DEBUG shows where)", FAILED)


def _complain(message: str, exit_code: int) -> int:
    _note(f"error: {' '.join(message.split())}")
    return exit_code


def _note(line: str) -> None:
    """One line on standard error."""
    typer.echo(line, err=True)


# serve


def _settings_help() -> str:
    """Every setting in a line, as `serve --help` tells them."""
    lines = ["**Settings**, from the environment:\n"]
    for name, field in Settings.model_fields.items():
        default = field.default
        told = "" if default in (None, "", ()) else f" *({default})*"
        text = f": {field.description}" if field.description else ""
        lines.append(f"- **{name.upper()}**{told}{text}")
    return "\n".join(lines)


@app.command(epilog=_settings_help())
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0: any free one.")] = 8_000,
    access_log: Annotated[
        bool, typer.Option("--access-log", help="Log each request and each socket.")
    ] = False,
) -> None:
    """Serve the API until SIGTERM or Ctrl+C.

    On an empty machine it makes its SQLite file and its tables first. On SIGTERM it refuses new
    work, closes its sockets spread over DRAIN_SECONDS, finishes what runs, and exits with 0.
    """
    _warn_of_misspelt()
    settings = _settings()
    logs.configure(settings.log_level, settings.is_production, access_log)
    raise_file_limit()
    listening = _listen(host, port)
    with listening:
        _prepare(settings)
        application = create_app(settings)
        config = server_config(application, settings, access_log=access_log)
        server = AnnouncingServer(
            config, application.drain, _address(listening), _what_runs(settings)
        )
        # uvicorn raises SIGTERM again once it has shut down: that is the end of a good run.
        signal.signal(signal.SIGTERM, _end_well)
        supervision = application.supervision
        supervision.on_failure(lambda _: server.end_soon(lambda: application.drain(FAST_DRAIN_S)))
        server.run(sockets=[listening])
        if supervision.reason is not None:
            raise CommandFailed(f"a part of the server has ended: {supervision.reason}")
        if not server.started:
            raise CommandFailed("the server did not start")


class AnnouncingServer(DrainingServer):
    """Tells where it serves, once it does."""

    def __init__(
        self, config: uvicorn.Config, drain: Callable[[], Any], address: str, what: str
    ) -> None:
        super().__init__(config, drain)
        self._address = address
        self._what = what

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # What is there now stays: the collector need not look at it again, and thousands of
        # sockets are no reason to look at everything more often.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*COLLECTION_THRESHOLDS)
        typer.echo(
            f"Serving on {self._address} (GraphQL at /graphql; {self._what}). Ctrl+C stops it."
        )


def _what_runs(settings: Settings) -> str:
    """Version, environment and database, without its password."""
    database = Database(settings.database_url)
    return f"version {__version__}, {settings.environment}, {database.url_without_password}"


def _warn_of_misspelt() -> None:
    for name, known in misspelt(os.environ).items():
        _note(f"warning: {name} is no setting and changes nothing; did you mean {known}?")


def _end_well(*_: object) -> None:
    raise SystemExit(DONE)


def _listen(host: str, port: int) -> socket.socket:
    """A socket bound here, not by the server, which would tell a taken port in a log entry."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise CommandFailed(f"cannot listen on {host}: {error.strerror}") from None
    try:
        if os.name == "posix":  # elsewhere it would let two servers share the port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        listening.close()
        raise CommandFailed(f"cannot listen on {host}, port {port}: {error.strerror}") from None
    return listening


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _prepare(settings: Settings) -> None:
    """Open everything once before the server does, which would log what is wrong at length."""

    async def work() -> int:
        async with open_services(settings) as services:
            return await services.of(Users).count()

    if asyncio.run(work()) == 0:
        _note(f"There are no users yet: `{PROGRAM} create-user --help` tells how to add one.")


# database


@app.command("migrate")
def migrate_command() -> None:
    """Bring the database's tables up to date. Harmless when they are."""
    settings = _quiet_settings()

    async def work() -> list[str]:
        database = Database(settings.database_url)
        with used(database.file):
            await database.open()
            try:
                return await migrate(database)
            finally:
                await database.close()

    applied = asyncio.run(work())
    typer.echo(f"Applied: {', '.join(applied)}." if applied else "Up to date.")


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What to make.", show_default=False)],
    force: Annotated[bool, typer.Option("--force", help="Overwrite FILE.")] = False,
) -> None:
    """Copy an SQLite database to FILE, while servers use it or not.

    FILE appears whole or not at all. It is a log of its own: clients of the old server are told
    EPOCH_CHANGED by one that is started on it, and query afresh.
    """
    settings = _quiet_settings()
    database = Database(settings.database_url).file
    if database is None:
        raise CommandFailed("this is for SQLite; back up PostgreSQL with pg_dump")
    with _waiting("copying"):
        made = back_up(database, file, overwrite=force)
    typer.echo(f"{made.file}: {made.size} bytes, {made.position} events.")


@app.command()
def restore(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="What `backup` made.", show_default=False)
    ],
) -> None:
    """Put FILE in the place of the SQLite database, which nobody may be using: stop all servers.

    FILE is checked first, and stays. The old database is kept beside the new one; its name is
    told. Clients that come back are told EPOCH_CHANGED, and query afresh.
    """
    settings = _quiet_settings()
    database = Database(settings.database_url).file
    if database is None:
        raise CommandFailed(
            "this is for SQLite; restore PostgreSQL with pg_restore while all servers are "
            f"stopped, then run `{PROGRAM} new-epoch`",
            WRONG_USAGE,
        )
    with _waiting("restoring"):
        done = restore_database(database, file)
    typer.echo(f"{database}: restored from {file}, {done.position} events.")
    if done.aside is not None:
        _note(f"The old database is {done.aside}")


@app.command("new-epoch")
def new_epoch_command() -> None:
    """Tell clients that the database went back: run it after pg_restore, before the servers start.

    Clients that come back with cursors of the old log are told EPOCH_CHANGED, and query afresh,
    instead of going on at positions that mean something else now. `restore` does it itself.
    """
    settings = _quiet_settings()

    async def work() -> str:
        async with _migrated(settings) as database:
            return await renew_epoch(database)

    typer.echo(f"The log's epoch is {asyncio.run(work())} now.")


@app.command("check-ledger")
def check_ledger_command() -> None:
    """Recompute every balance from the movements; exit with 1 if one does not follow.

    Prints how much was checked, and the id of each item that has drifted.
    """
    settings = _quiet_settings()

    async def work() -> LedgerCheck:
        async with _migrated(settings) as database:
            return await check_ledger(database.scanning)

    with _waiting("checking"):
        found = asyncio.run(work())
    typer.echo(f"{found.items_checked} items, {found.movements_checked} movements.")
    for item_id in found.drifted:
        typer.echo(f"drifted: {item_id}")
    if not found.ok:
        raise CommandFailed(f"{len(found.drifted)} items do not follow from their movements")
    typer.echo("Every balance follows from its movements.")


# accounts


class RoleName(StrEnum):
    """The roles, as they are typed."""

    ADMIN = "ADMIN"
    USER = "USER"
    VIEWER = "VIEWER"


@app.command("create-user")
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
) -> None:
    """Add a user. The password is read from standard input: 12 to 256 characters in a line."""
    settings = _quiet_settings()
    password = _password()

    async def work() -> int:
        async with open_services(settings) as services:
            user = await services.of(Users).create(NewUser(email, name, password, Role(role.value)))
            return user.id

    user_id = asyncio.run(work())
    typer.echo(f"{role.value} {email.strip()} has the id {user_id}.")


@app.command("list-users")
def list_users() -> None:
    """Print every account: id, email, role, active or not, open sessions, name."""
    settings = _quiet_settings()

    async def work() -> list[str]:
        async with _on_existing(settings) as services:
            after, lines = None, []
            while page := await services.of(Users).page(USERS_AT_ONCE, after):
                for user in page:
                    sessions = await services.of(Sessions).count(user.id)
                    state = "active" if user.active else "deactivated"
                    told = (user.id, user.email, user.role.value, state, sessions, user.name)
                    lines.append("\t".join(str(column) for column in told))
                after = page[-1].id
            return lines

    lines = asyncio.run(work())
    for line in ["id\temail\trole\tstate\tsessions\tname", *lines]:
        typer.echo(line)


WhoseEmail = Annotated[str, typer.Option(help="Whose account it is.", show_default=False)]


@app.command("set-password")
def set_password(email: WhoseEmail) -> None:
    """Set a user's password, read from standard input in a line. All sessions of the user end."""
    settings = _quiet_settings()
    password = _password()

    async def change(services: Services, user: User) -> None:
        await services.of(Users).change(UserChange(user.id, password=password))

    user, ended = _with_account(settings, email, change)
    typer.echo(f"{user.email} has a new password; {_sessions(ended)} ended.")
    if not user.active:
        _note("note: the account is deactivated, and stays so")


@app.command("deactivate-user")
def deactivate_user(email: WhoseEmail) -> None:
    """Take an account's access. All sessions of the user end; what they did keeps their name.

    The last active ADMIN cannot be deactivated. updateUser of the API gives the access back.
    """
    settings = _quiet_settings()

    async def change(services: Services, user: User) -> None:
        await services.of(Users).change(UserChange(user.id, active=False))

    user, ended = _with_account(settings, email, change)
    typer.echo(f"{user.email} is deactivated; {_sessions(ended)} ended.")


@app.command("end-sessions")
def end_sessions(
    email: Annotated[str | None, typer.Option(help="Of this account.", show_default=False)] = None,
    everybody: Annotated[bool, typer.Option("--all", help="Of every account.")] = False,
) -> None:
    """End all sessions of one account, or of all: every token is worthless at once."""
    settings = _quiet_settings()
    if everybody == (email is not None):
        raise CommandFailed("give either --email EMAIL or --all", WRONG_USAGE)

    async def end_all() -> int:
        async with _on_existing(settings) as services:
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
        async with _on_existing(settings) as services:
            user = await services.of(Users).by_email(email)
            if user is None:
                raise CommandFailed(f"there is no account with the email {email}")
            before = await services.of(Sessions).count(user.id)
            await change(services, user)
            return user, before - await services.of(Sessions).count(user.id)

    return asyncio.run(work())


def _sessions(count: int) -> str:
    return f"{count} session{'' if count == 1 else 's'}"


@asynccontextmanager
async def _on_existing(settings: Settings) -> AsyncIterator[Services]:
    """All use cases, on a database that was there before."""
    file = Database(settings.database_url).file
    if file is not None and not file.exists():
        raise CommandFailed(f"there is no database {file}", WRONG_USAGE)
    async with open_services(settings) as services:
        yield services


def _password() -> str:
    if sys.stdin.isatty():
        answer: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return answer
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise CommandFailed("give the password on standard input", WRONG_USAGE)
    return password


# items


class PresetName(StrEnum):
    """The names of PRESETS."""

    NORTHWIND = "northwind"
    ADVENTUREWORKS = "adventureworks"


@app.command(
    "import-items",
    epilog="Blank cells: description, category, barcode and cost become empty; in other columns "
    "a new item gets the default and an old one keeps what it has.\n\n"
    f"Example: `{PROGRAM} import-items Product.csv --map sku=ProductNumber --map price=ListPrice`",
)
def import_items(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="CSV; - for standard input.", show_default=False)
    ],
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            "-m",
            metavar="FIELD=COLUMN",
            help="The column of a field that has another name in FILE; `FIELD=` leaves the field "
            "out. Can be given many times.",
        ),
    ] = None,
    preset: Annotated[
        PresetName | None, typer.Option(help="The columns of a well-known file of products.")
    ] = None,
    encoding: Annotated[str, typer.Option(help="Of FILE, like latin-1 or utf-16.")] = "utf-8",
    strict: Annotated[
        bool, typer.Option("--strict", help="Write nothing if any row is bad.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing at all.")] = False,
    create_locations: Annotated[
        bool,
        typer.Option(
            "--create-locations", help="Add the locations that stock is booked at, if need be."
        ),
    ] = False,
    ignore_stock: Annotated[
        bool,
        typer.Option(
            "--ignore-stock", help="Take rows of items that exist without their initialStock."
        ),
    ] = False,
) -> None:
    """Create and change items from a CSV file.

    Columns: **sku** is needed, and **name** for new items; description, category, barcode,
    unit, price, cost, minStock, initialStock, location, visibility (EVERYONE or ADMINS) and
    deletedAt may be there. Case, blanks and underscores in their names do not matter, nor does
    their order; the delimiter is a comma, a semicolon, a tab or a bar.

    A new SKU makes an item. A row that differs from its item changes it, in the columns that
    FILE has; an equal one does nothing, so the same file again changes nothing. initialStock
    is booked for new items only, at the location whose code is given, or at the default one; one
    that is not the stock of an item that exists makes the row bad: count it with setStock or
    adjustStockBatch, or give --ignore-stock. Rows with a deletedAt make no items.

    Each bad row is told with its line and left out, and the exit code is then 1.
    """
    settings = _quiet_settings()
    chosen = PRESETS[preset.value] if preset else None
    columns = {**(chosen.columns if chosen else {}), **_mapped(mapping or [])}
    with _source(file) as source:
        lookups = _lookups(chosen, columns, file)
        table = _table(source, encoding, columns)
        if table.header.unused and not preset:
            _note(f"note: columns that stand for nothing: {', '.join(table.header.unused)}")
        name = "standard input" if file == STREAM else Path(file).name
        options = ImportOptions(lookups, dry_run, strict, create_locations, ignore_stock, name=name)
        far = [ImportCounts()]
        try:
            asyncio.run(_import(settings, table, options, file, far))
        except KeyboardInterrupt:
            raise CommandFailed(_given_up(far[-1], options), GIVEN_UP) from None
    _tell_import(far[-1], options)


async def _import(
    settings: Settings, table: Table, options: ImportOptions, file: str, far: list[ImportCounts]
) -> None:
    """far: the counts so far are put into it, for whoever stops this."""
    async with open_services(settings) as services:
        imports = imports_of(services)
        with _Bar(table.size) as bar:
            async for progress in imports.run(table, options):
                far[:] = [counts := progress.counts]
                for row in progress.bad:
                    bar.tell(f"{file}:{row.line}: {_faults(row, table)}")
                verb = "checking" if progress.phase is Phase.CHECKING else "importing"
                bar.move(progress.bytes_done, f"{verb}: {counts.rows} rows")


def _given_up(counts: ImportCounts, options: ImportOptions) -> str:
    if options.dry_run or not counts.rows:
        return "given up, nothing was written"
    return (
        f"given up after at least {counts.rows} rows: {_summary(counts)} "
        "The same file again goes on from there."
    )


def _tell_import(counts: ImportCounts, options: ImportOptions) -> None:
    if options.strict and counts.bad:
        raise CommandFailed(f"nothing was written: {counts.bad} of {counts.rows} rows are bad")
    typer.echo(("Dry run, nothing was written: " if options.dry_run else "") + _summary(counts))
    if counts.bad:
        raise typer.Exit(FAILED)


def _summary(counts: ImportCounts) -> str:
    told = [
        f"{counts.created} created, {counts.updated} updated, "
        f"{counts.unchanged} unchanged, {counts.bad} bad."
    ]
    if counts.deleted:
        told.append(f"{counts.deleted} left out: they are deleted items.")
    if counts.stock_ignored:
        told.append(
            f"initialStock of {counts.stock_ignored} items that exist was ignored: their stock "
            "is what it was."
        )
    return " ".join(told)


def _faults(row: BadRow, table: Table) -> str:
    """What is wrong with a row; with the column's name where that is not the field's."""
    told = []
    for fault in row.faults:
        index = table.header.positions.get(fault.field or "")
        column = table.header.columns[index] if index is not None else fault.field
        told.append(fault.message if column == fault.field else f"{fault.message} [{column}]")
    return " ".join(told)


def _mapped(mapping: Sequence[str]) -> dict[str, str]:
    columns: dict[str, str] = {}
    for text in mapping:
        field, equals, column = text.partition("=")
        if not equals or field not in READ_FIELDS:
            raise typer.BadParameter(
                f"{text!r} is not FIELD=COLUMN with one of {', '.join(READ_FIELDS)}.",
                param_hint="--map",
            )
        if field in columns:
            raise typer.BadParameter(f"{field} is given twice.", param_hint="--map")
        columns[field] = column.strip()
    return columns


def _table(source: BinaryIO, encoding: str, columns: Mapping[str, str]) -> Table:
    try:
        return Table(source, encoding, columns)
    except MissingColumns as error:
        raise CommandFailed(
            f"{error.message} --map FIELD=COLUMN names the column that holds it."
        ) from None
    except WrongEncoding as error:
        raise CommandFailed(f"{error.message} {encoding_advice(source)}") from None


def _lookups(
    preset: Preset | None, columns: dict[str, str], file: str
) -> dict[str, Mapping[str, str]]:
    """The preset's lookups from the files beside FILE; a field whose file is not there is left
    out of `columns`: its bare keys would mean nothing."""
    found: dict[str, Mapping[str, str]] = {}
    for field, lookup in (preset.lookups if preset else {}).items():
        assert preset is not None
        if columns.get(field) != preset.columns[field]:
            continue  # mapped to another column by hand
        meanings = None if file == STREAM else read_lookup(lookup, Path(file).parent)
        if meanings is None:
            columns[field] = ""
            _note(f"note: {lookup.file} is not beside the file: items get no {field} from it")
        else:
            found[field] = meanings
    return found


@contextmanager
def _source(file: str) -> Iterator[BinaryIO]:
    """FILE, open and seekable: what comes from a pipe is kept in a temporary file first."""
    with _opened(file) as opened:
        if file != STREAM and opened.seekable():
            yield opened
            return
        with tempfile.TemporaryFile() as kept:
            shutil.copyfileobj(opened, kept)
            yield kept


def _opened(file: str) -> AbstractContextManager[BinaryIO]:
    if file == STREAM:
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise CommandFailed(f"cannot read {file}: {error.strerror}", WRONG_USAGE) from None


@app.command("export-items")
def export_items_command(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="What to make; - for standard output.")
    ] = STREAM,
    include_deleted: Annotated[
        bool, typer.Option("--include-deleted", help="Deleted items too, with deletedAt.")
    ] = False,
) -> None:
    """Write all items as CSV, with the columns that import-items takes.

    initialStock is the stock now, and location the code of where it is; blank for an item with
    stock at several locations. FILE is replaced only when all is written.
    """
    settings = _quiet_settings()
    with _target(file) as target:
        items, scattered = asyncio.run(_export(settings, target, include_deleted))
    if file != STREAM:
        typer.echo(f"{file}: {items} items.")
    if scattered:
        _note(f"note: {scattered} items have stock at several locations; their sum was written")


async def _export(settings: Settings, target: TextIO, include_deleted: bool) -> tuple[int, int]:
    items = scattered = 0
    async with _migrated(settings) as database:
        scanning = database.scanning
        total = await count_items(scanning, include_deleted=include_deleted)
        with _Bar(total, hidden=target.isatty()) as bar:
            async for page in export_items(scanning, include_deleted=include_deleted):
                target.write(page.text)
                items += page.items
                scattered += page.scattered
                bar.move(items, f"exporting: {items} items")
    return items, scattered


@contextmanager
def _target(file: str) -> Iterator[TextIO]:
    """Where an export goes: FILE once it is whole, or what is no plain file at once."""
    path = Path(file)
    if file == STREAM or (path.exists() and not path.is_file() and not path.is_dir()):
        number = sys.stdout.fileno() if file == STREAM else os.open(path, os.O_WRONLY)
        with open(number, "w", encoding="utf-8", newline="", closefd=file != STREAM) as stream:
            yield stream
        return
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as stream:
            yield stream
        part.replace(path)
    except OSError as error:
        raise CommandFailed(f"cannot write {file}: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)


# schema


@app.command("export-schema")
def export_schema() -> None:
    """Print the GraphQL schema, as it stands in schema.graphql."""
    typer.echo(export_sdl(), nl=False)


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


# what the commands share


def _settings() -> Settings:
    try:
        settings = read_settings()
        Database(settings.database_url)  # only looks at the URL
        if settings.redis_url:
            check_redis_url(settings.redis_url)
    except ConfigurationError as error:
        raise CommandFailed(str(error), WRONG_USAGE) from None
    return settings


def _quiet_settings() -> Settings:
    """Settings of a command that is not a server: it logs only what is out of order."""
    _warn_of_misspelt()
    settings = _settings()
    quiet = "WARNING" if settings.log_level == "INFO" else settings.log_level
    logs.configure(quiet, as_json=False)
    return settings


@asynccontextmanager
async def _migrated(settings: Settings) -> AsyncIterator[Database]:
    """An open database to read from, which was there before and has all its tables."""
    database = Database(settings.database_url)
    if database.file is not None and not database.file.exists():
        raise CommandFailed(f"there is no database {database.file}", WRONG_USAGE)
    with used(database.file):
        await database.open()
        try:
            if await database.pending_migrations():
                raise CommandFailed(f"the database lacks migrations: run `{PROGRAM} migrate`")
            yield database
        finally:
            await database.close()


@contextmanager
def _waiting(text: str) -> Iterator[None]:
    """A moving sign on a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(text):
        yield


class _Bar:
    """A progress bar, on a terminal only, and lines above it."""

    def __init__(self, total: int, hidden: bool = False) -> None:
        console = Console(stderr=True)
        self._progress = Progress(
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.description}", markup=False),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=hidden or not console.is_terminal,
        )
        self._task = self._progress.add_task("", total=total)

    def __enter__(self) -> _Bar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def move(self, done: int, text: str) -> None:
        self._progress.update(self._task, completed=done, description=text)

    def tell(self, line: str) -> None:
        if self._progress.disable:
            _note(line)
        else:
            self._progress.console.print(line, markup=False, highlight=False, soft_wrap=True)
