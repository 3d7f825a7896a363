"""The commands: exit codes, what they say, and the real process where only that will do."""

from __future__ import annotations

import csv
import io
import json
import logging
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import pytest

from graphql_api import __version__, cli
from graphql_api.accounts.roles import Role
from graphql_api.cli import serve
from graphql_api.cli.accounts import RoleName
from graphql_api.cli.import_options import PresetName
from graphql_api.cli.outcome import CommandFailed
from graphql_api.files.presets import PRESETS
from graphql_api.imports.facts import ROW_COUNTS, RowCounts
from graphql_api.settings import Settings
from schema import export_sdl
from tests import forks
from tests.databases import migrated_file
from tests.labels.scanner import read

ROOT = Path(__file__).parents[1]
COMMANDS = (
    "serve",
    "migrate",
    "create-user",
    "set-password",
    "list-users",
    "deactivate-user",
    "end-sessions",
    "create-location",
    "update-location",
    "archive-location",
    "restore-location",
    "list-locations",
    "restore",
    "new-epoch",
    "import-items",
    "export-items",
    "print-labels",
    "import-stock",
    "export-stock",
    "list-imports",
    "undo-import",
    "check-ledger",
    "check-barcodes",
    "export-schema",
    "backup",
    "version",
)
PROCESS_TIMEOUT_S = 60
ITEMS = "sku,name,initialStock\nA,One,5\nB,Two,0\n"


@dataclass(frozen=True)
class Said:
    """What a command left behind."""

    code: int
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture
def logging_as_before() -> Iterator[None]:
    """Commands set up logging for their process; here that is the tests' own."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "inventory.sqlite3"


@pytest.fixture
def tables(database: Path) -> None:
    """The database has its tables: what is asked is not what a new one gets."""
    database.write_bytes(migrated_file())
    database.chmod(0o600)


@pytest.fixture
def run(
    database: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    logging_as_before: None,
) -> Run:
    """Runs a command in this process, in the database's folder; `given` is its input."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("DATABASE_URL", f"sqlite://{database}")
    monkeypatch.chdir(database.parent)

    def ran(*arguments: str, given: str | bytes = "") -> Said:
        content = given.encode() if isinstance(given, str) else given
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        code = cli.run(arguments)
        said = capfd.readouterr()
        return Said(code, said.out, said.err)

    return ran


def process(database: Path, *arguments: str) -> subprocess.Popen[str]:
    """The real command."""
    env = {name: value for name, value in os.environ.items() if name not in _SETTINGS}
    env |= {"DATABASE_URL": f"sqlite://{database}", "PYTHONPATH": str(ROOT)}
    return forks.started(
        [sys.executable, "-m", "graphql_api", *arguments],
        cwd=database.parent,
        env=env,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


_SETTINGS = {name.upper() for name in Settings.model_fields}


def finished(command: subprocess.Popen[str], given: str | None = None) -> Said:
    try:
        out, err = command.communicate(given, timeout=PROCESS_TIMEOUT_S)
    finally:
        command.kill()
    return Said(command.returncode, out, err)


def one_line(text: str) -> bool:
    return text.startswith("error: ") and text.count("\n") == 1 and text.endswith("\n")


# usage


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(run: Run, command: str) -> None:
    said = run(command, "--help")
    assert said.code == 0
    assert f"Usage: python -m graphql_api {command}" in said.out


def test_help_names_every_command_and_serve_names_every_setting(run: Run) -> None:
    said = run("--help")
    assert said.code == 0
    assert all(command in said.out for command in COMMANDS)
    told = run("serve", "--help").out
    assert all(name.upper() in told for name in Settings.model_fields)


def test_no_command_shows_help_and_is_wrong_usage(run: Run) -> None:
    said = run()
    assert said.code == 2
    assert "import-items" in said.out


@pytest.mark.parametrize(
    "arguments",
    [
        ["fly"],
        ["--fly"],
        ["serve", "--port", "many"],
        ["serve", "--port", "65536"],
        ["create-user"],
        ["create-user", "--email", "a@b.c", "--name", "A", "--role", "KING"],
        ["import-items"],
        ["import-items", "missing.csv"],
        ["import-items", "."],
        ["import-items", "items.csv", "--map", "colour=Colour"],
        ["import-items", "items.csv", "--map", "sku"],
        ["import-items", "items.csv", "--map", "sku=A", "--map", "sku=B"],
        ["import-items", "items.csv", "--preset", "southwind"],
        ["export-items", "one.csv", "two.csv"],
        ["import-stock", "items.csv"],
        ["import-stock", "items.csv", "--count", "--add"],
        ["import-stock", "missing.csv", "--add"],
        ["import-stock", "items.csv", "--add", "--map", "colour=Colour"],
        ["import-stock", "items.csv", "--add", "--reference", " "],
        ["export-stock"],
        ["undo-import"],
        ["undo-import", "x"],
        ["list-imports"],
        ["check-ledger"],  # no database yet
        ["check-barcodes"],
        ["export-items"],
        ["backup"],
        ["restore"],
        ["new-epoch"],
        ["set-password"],
        ["set-password", "--email", "a@b.c"],
        ["list-users"],
        ["deactivate-user"],
        ["deactivate-user", "--email", "a@b.c"],
        ["end-sessions"],
        ["end-sessions", "--all", "--email", "a@b.c"],
        ["end-sessions", "--all"],
    ],
)
def test_wrong_usage_is_told_in_one_line(run: Run, database: Path, arguments: list[str]) -> None:
    (database.parent / "items.csv").write_text(ITEMS)
    said = run(*arguments)
    assert said.code == 2
    assert said.out == ""
    assert one_line(said.err), said.err
    assert not database.exists()


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("LOG_LEVEL", "LOUD", "LOG_LEVEL"),
        ("ENVIRONMENT", "production", "JWT_SECRET"),
        ("COST_MAX", "0", "COST_MAX"),
        ("DATABASE_URL", "mysql://x", "DATABASE_URL must look like"),
        ("DATABASE_URL", "sqlite:///no/such/folder/x", "/no/such/folder"),
    ],
)
@pytest.mark.parametrize("command", [["serve"], ["migrate"], ["check-ledger"]])
def test_settings_that_cannot_work_are_wrong_usage(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str, command: list[str]
) -> None:
    monkeypatch.setenv(name, value)
    said = run(*command)
    assert said.code == 2
    assert one_line(said.err)
    assert told in said.err


@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["migrate"], ["check-ledger"]])
def test_a_database_that_is_out_of_reach_is_told_in_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://me:hush@127.0.0.1:1/inventory")
    said = run(*command)
    assert said.code == 1
    assert one_line(said.err), said.err
    assert "cannot open the database" in said.err
    assert "hush" not in said.err


def test_a_file_that_is_no_database_is_told_in_one_line(run: Run, database: Path) -> None:
    database.write_text("this is a shopping list, and not a short one, of more than 100 bytes " * 3)
    for command in (["migrate"], ["check-ledger"], ["backup", "copy"], ["export-items"]):
        said = run(*command)
        assert said.code == 1
        assert one_line(said.err), said.err


def test_a_fault_of_ours_is_told_in_one_line_and_whole_for_who_looks_for_it(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> str:
        raise RuntimeError("a\nfault")

    monkeypatch.setattr("graphql_api.cli.schema.export_sdl", broken)
    said = run("export-schema")
    assert said.code == 1
    assert said.err == "error: RuntimeError: a fault (LOG_LEVEL=DEBUG shows where)\n"
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    assert "in broken" in run("export-schema").err


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize(
    "arguments",
    [
        ["archive-item", "A\udcff"],
        ["archive-location", "A\udcff"],
        ["set-password", "--email", "\udcff@b.c"],
        ["import-stock", "-", "--add", "--mapping", "A\udcff"],
        ["print-labels", "a.pdf", "A\udcff"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_text_that_is_not_in_utf8_is_told_in_one_line(run: Run, arguments: list[str]) -> None:
    """It was called a fault of ours, with the name of Python's exception."""
    said = run(*arguments, given="correct horse\n")
    assert said == Said(2, "", "error: a text that was given is not in UTF-8: byte 0xFF\n")


def test_ctrl_c_ends_a_command_without_a_word(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("graphql_api.cli.schema.export_sdl", interrupted)
    assert run("export-schema") == Said(130, "", "")


# migrate, version, export-schema


def test_migrate_makes_the_tables_once(run: Run) -> None:
    assert run("migrate").out.startswith("Applied: 0001")
    assert run("migrate") == Said(0, "Up to date.\n", "")


def test_version_is_told(run: Run) -> None:
    assert run("version") == Said(0, f"{__version__}\n", "")


def test_export_schema_prints_the_schema(run: Run) -> None:
    assert run("export-schema") == Said(0, export_sdl(), "")


# create-user


@pytest.mark.usefixtures("tables")
def test_create_user_takes_the_password_from_standard_input(run: Run, database: Path) -> None:
    asked = ["create-user", "--email", "Admin@example.com", "--name", "Ada", "--role", "admin"]
    said = run(*asked, given="correct horse\n")
    assert said.code == 0
    assert said.err == ""
    assert "ADMIN Admin@example.com has the id" in said.out
    assert "horse" not in said.out
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT email, name, role FROM user_account").fetchall()
    assert rows == [("Admin@example.com", "Ada", "ADMIN")]
    again = run(*asked, given="correct horse\n")
    assert again.code == 1
    assert one_line(again.err)


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize(
    ("given", "code", "told"),
    [("", 2, "password on standard input"), ("\n", 2, "password"), ("short\n", 1, "12 to 256")],
)
def test_create_user_without_a_good_password_makes_nobody(
    run: Run, given: str, code: int, told: str
) -> None:
    said = run("create-user", "--email", "a@b.c", "--name", "A", "--role", "USER", given=given)
    assert said.code == code
    assert one_line(said.err)
    assert told in said.err


def test_the_names_that_are_typed_are_those_that_there_are() -> None:
    assert {role.value for role in RoleName} == {role.value for role in Role}
    assert {preset.value for preset in PresetName} == PRESETS.keys()


# import-items, export-items


@pytest.mark.usefixtures("tables")
def test_import_tells_counts_and_a_second_time_nothing_new(run: Run, database: Path) -> None:
    (database.parent / "items.csv").write_text(ITEMS)
    said = run("import-items", "items.csv")
    assert said == Said(0, "2 created, 0 updated, 0 unchanged, 0 bad.\n", "")
    said = run("import-items", "-", given=ITEMS)
    assert said == Said(0, "0 created, 0 updated, 2 unchanged, 0 bad.\n", "")


@pytest.mark.usefixtures("tables")
def test_import_tells_each_bad_row_with_its_line_and_column_and_fails(
    run: Run, database: Path
) -> None:
    (database.parent / "x.csv").write_text("Number,name,Cost\nA,One,1\nB,Two,x\n,Three,1\n")
    said = run("import-items", "x.csv", "-m", "sku=Number", "-m", "price=Cost", "-m", "cost=")
    assert said.code == 1
    assert said.out == "1 created, 0 updated, 0 unchanged, 2 bad.\n"
    assert said.err == (
        "x.csv:3: price 'x' is not a number like 12.50. [Cost]\n"
        "x.csv:4: sku must not be empty. [Number]\n"
        "note: rows without a SKU: 1; --generate-sku gives them one, --match barcode finds the "
        "items that have their barcodes\n"
    )


@pytest.mark.usefixtures("tables")
def test_import_strict_and_dry_run_write_nothing(run: Run) -> None:
    bad = "sku,name,price\nA,One,1\nB,Two,x\n"
    said = run("import-items", "-", "--strict", given=bad)
    assert said.code == 1
    assert said.out == ""
    assert said.err.endswith("error: nothing was written: 1 of 2 rows are bad\n")
    said = run("import-items", "-", "--dry-run", given=ITEMS)
    assert said.code == 0
    assert said.out.startswith("Dry run, nothing was written: 2 created")
    assert run("export-items").out.count("\n") == 1
    assert run("import-items", "-", "--strict", given=ITEMS).code == 0


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (b"", "The file is empty"),
        (
            b"id,title\n1,x\n",
            "no column for sku. Its columns are: id, title. Known are: name in 'title'. "
            "--map sku=COLUMN names the column that holds it. --generate-sku makes SKUs.",
        ),
        (
            b'sku,name,price\nA,One,"1,234"\n',
            "price '1,234' may be 1.234 or 1234: --decimal=, or --decimal=. says",
        ),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1x", "This is an XLS workbook (Excel), not a CSV or"),
    ],
)
def test_a_file_that_is_no_table_is_told_in_one_line(
    run: Run, database: Path, given: bytes, told: str
) -> None:
    said = run("import-items", "-", given=given)
    assert said.code == 1
    assert one_line(said.err)
    assert told in said.err
    assert not database.exists()


@pytest.mark.usefixtures("tables")
def test_import_in_another_encoding(run: Run) -> None:
    given = "sku,name,Colour\nA,Kühler,red\n".encode("latin-1")
    said = run("import-items", "-", "--encoding", "latin-1", given=given)
    assert said.code == 0
    assert said.err == "note: columns that stand for nothing: Colour\n"
    assert "A,Kühler,," in run("export-items").out
    said = run("import-items", "-", given=given)
    assert said.out.startswith("0 created, 0 updated, 1 unchanged")
    assert said.err.startswith("note: it is read as cp1252 text ('Kühler'); --encoding says which")


@pytest.mark.usefixtures("tables")
def test_a_preset_looks_up_what_is_beside_the_file(run: Run, database: Path) -> None:
    products = "productID,productName,categoryID,quantityPerUnit,unitPrice,unitsInStock,"
    products += "reorderLevel,discontinued\n1,Chai,1,10 boxes,18.00,39,10,0\n"
    folder = database.parent / "northwind"
    folder.mkdir()
    (folder / "products.csv").write_text(products)
    said = run("import-items", "northwind/products.csv", "--preset", "northwind")
    assert said.code == 0
    assert said.err == (
        "note: categories.csv is not beside the file: items get no category from it\n"
    )
    (folder / "categories.csv").write_text("categoryID,categoryName\n1,Beverages\n")
    said = run("import-items", "northwind/products.csv", "--preset", "northwind")
    assert said == Said(0, "0 created, 1 updated, 0 unchanged, 0 bad.\n", "")
    assert "1,Chai,,Beverages,,10 boxes,18.00,,10,39,MAIN,EVERYONE" in run("export-items").out


@pytest.mark.usefixtures("tables")
def test_an_export_to_a_file_is_whole_and_comes_back(run: Run, database: Path) -> None:
    run("import-items", "-", given=ITEMS)
    assert run("export-items", "out.csv") == Said(0, "out.csv: 2 items.\n", "")
    out = database.parent / "out.csv"
    assert out.read_text() == run("export-items").out
    assert run("import-items", "out.csv").out.startswith("0 created, 0 updated, 2 unchanged")
    out.write_text("old")
    assert run("export-items", "out.csv").code == 0
    assert out.read_text() != "old"
    assert [path.name for path in database.parent.glob(".*")] == []
    said = run("export-items", "no/such/folder/out.csv")
    assert said.code == 1
    assert one_line(said.err)


@pytest.mark.usefixtures("tables")
def test_an_export_into_a_pipe_that_closes_ends_quietly(run: Run, database: Path) -> None:
    rows = "".join(f"S{i},{'x' * 150} {i}\n" for i in range(2_000))
    run("import-items", "-", given=f"sku,name\n{rows}")
    export = process(database, "export-items")
    assert export.stdout is not None
    assert export.stdout.readline().startswith("sku,name")
    export.stdout.close()
    assert export.wait(PROCESS_TIMEOUT_S) == 1
    assert export.stderr is not None
    assert export.stderr.read() == ""
    assert export.stdin is not None
    export.stdin.close()
    export.stderr.close()


@pytest.mark.usefixtures("tables")
def test_import_of_a_count_that_is_not_booked_fails_and_tells_the_way_out(run: Run) -> None:
    run("import-items", "-", given=ITEMS)
    again = "sku,initialStock\nA,7777\n"
    said = run("import-items", "-", given=again)
    assert (said.code, said.out) == (1, "0 created, 0 updated, 0 unchanged, 1 bad.\n")
    assert "standard input" not in said.err
    assert "-:2: initialStock 7777 is not booked: 'A' exists" in said.err
    assert "setStock" in said.err
    said = run("import-items", "-", "--ignore-stock", given=again)
    assert said.code == 0
    assert said.out == (
        "0 created, 0 updated, 1 unchanged, 0 bad. initialStock of 1 items that exist was "
        "ignored: their stock is what it was.\n"
    )


def test_import_of_a_column_mapped_to_two_fields_is_refused(run: Run, database: Path) -> None:
    said = run("import-items", "-", "--map", "name=sku", given="sku\nA-1\n")
    assert said.code == 1
    assert "The column 'sku' stands for two fields, name and sku" in said.err
    assert not database.exists()


@pytest.mark.usefixtures("tables")
def test_an_export_with_deleted_items_brings_none_of_them_to_life(run: Run, database: Path) -> None:
    given = (
        "sku,name,deletedAt,visibility\nA,One,,ADMINS\nB,Two,2026-01-31T12:00:00.000000Z,EVERYONE\n"
    )
    said = run("import-items", "-", given=given)
    assert said == Said(
        0, "1 created, 0 updated, 0 unchanged, 0 bad. 1 left out: they are deleted items.\n", ""
    )
    assert [line.split(",")[0] for line in run("export-items").out.splitlines()] == ["sku", "A"]


@pytest.mark.usefixtures("tables")
def test_items_are_archived_and_restored_by_their_sku(run: Run, database: Path) -> None:
    run("import-items", "-", given="sku,name,barcode,initialStock\nA,One,12,4\n")
    assert run("archive-item", "a") == Said(0, "A is archived, with 4 in stock.\n", "")
    said = run("archive-item", "A")
    assert (said.code, said.out) == (1, "") and "archived already" in said.err
    assert run("export-items").out.splitlines()[1:] == []
    assert run("export-items", "-", "--include-archived").out.splitlines()[1:] != []
    said = run("import-items", "-", given="sku,name\nA,Uno\n")
    assert said.out == (
        "0 created, 1 updated, 0 unchanged, 0 bad. 1 are archived items and stay so: "
        "restore-item brings one back.\n"
    )
    said = run("restore-item", "A", "--sku", "B", "--barcode", "")
    assert said == Said(0, "B is back, with 4 in stock.\n", "")
    assert run("export-items").out.splitlines()[1].startswith("B,Uno,,,,")
    for command in ("archive-item", "restore-item"):
        said = run(command, "A")
        assert said.code == 1 and "there is no item with the SKU 'A'" in said.err


@pytest.mark.usefixtures("tables")
def test_labels_are_printed_by_sku(run: Run, database: Path) -> None:
    run("import-items", "-", given="sku,name,price\nA-1,One,12.50\nA-2,Two,1\n")
    file = database.parent / "labels.pdf"
    said = run("print-labels", str(file), "a-1", "A-2", "--copies", "12", "--price")
    assert said == Said(0, f"{file}: 24 labels on 2 pages.\n", "")
    assert {text for page in read(file.read_bytes()) for _, text in page} == {"A-1", "A-2"}
    for arguments, words in (
        (("A-3",), "there is no item with the SKU 'A-3'"),
        (("A-1", "--skip", "21"), "skip must be from 0 to 20"),
    ):
        said = run("print-labels", str(file), *arguments)
        assert said.code == 1 and words in said.err and one_line(said.err)
    said = run("print-labels", str(database.parent), "A-1")
    assert said.code == 2 and "cannot write" in said.err and one_line(said.err)


@pytest.mark.usefixtures("tables")
def test_an_import_reads_what_a_pipe_gives_it(database: Path) -> None:
    said = finished(process(database, "import-items", "-"), ITEMS)
    assert said == Said(0, "2 created, 0 updated, 0 unchanged, 0 bad.\n", "")


@pytest.mark.usefixtures("tables")
def test_ctrl_c_during_an_import_leaves_whole_commands_behind(database: Path, run: Run) -> None:
    rows = "".join(f"S{i},Item {i},1\n" for i in range(60_000))
    (database.parent / "many.csv").write_text(f"sku,name,initialStock\n{rows}")
    importing = process(database, "import-items", "many.csv")
    deadline = time.monotonic() + PROCESS_TIMEOUT_S
    while _count(database) < 400 and time.monotonic() < deadline:
        time.sleep(0.01)
    importing.send_signal(signal.SIGINT)
    said = finished(importing)
    assert (said.code, said.out) == (130, "")
    assert one_line(said.err)
    assert re.search(r"given up after at least \d+ rows: \d+ created, 0 updated", said.err)
    assert said.err.endswith("The same file again goes on from there.\n")
    kept = _count(database)
    assert 400 <= kept < 60_000
    assert kept % 200 == 0
    with closing(sqlite3.connect(database)) as connection:
        row = connection.execute("SELECT status, counts FROM file_import").fetchone()
    assert (row[0], ROW_COUNTS.decode(row[1])) == ("INTERRUPTED", RowCounts(created=kept))
    assert run("check-ledger").code == 0


def _count(database: Path) -> int:
    if not database.exists():
        return 0
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        try:
            return int(connection.execute("SELECT count(*) FROM item").fetchone()[0])
        except sqlite3.OperationalError:  # not migrated yet
            return 0


# check-ledger


@pytest.mark.usefixtures("tables")
def test_check_ledger_proves_a_sound_ledger(run: Run) -> None:
    run("import-items", "-", given=ITEMS)
    assert run("check-ledger") == Said(
        0, "2 items, 1 movements.\nEvery balance follows from its movements.\n", ""
    )


@pytest.mark.usefixtures("tables")
def test_check_ledger_names_what_has_drifted_and_fails(run: Run, database: Path) -> None:
    run("import-items", "-", given=ITEMS)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE item SET stock = 6 WHERE sku = 'A'")
        connection.commit()
        [item_id] = connection.execute("SELECT id FROM item WHERE sku = 'A'").fetchone()
    said = run("check-ledger")
    assert said.code == 1
    assert said.out == f"2 items, 1 movements.\ndrifted: {item_id}\n"
    assert one_line(said.err)


# check-barcodes


@pytest.mark.usefixtures("tables")
def test_check_barcodes_is_content_where_each_is_kept_once(run: Run) -> None:
    run(
        "import-items",
        "-",
        given="sku,name,barcode\nA,One,978-3-16-148410-0\nB,Two,4006381333931\n",
    )
    assert run("check-barcodes") == Said(0, "2 barcodes.\nEach barcode is kept once.\n", "")


@pytest.mark.usefixtures("tables")
def test_check_barcodes_names_who_has_what_older_versions_kept_as_two(
    run: Run, database: Path
) -> None:
    """As migrations 0185 and 0190 leave what people must settle."""
    run(
        "import-items", "-",
        given="sku,name,barcode\nA,One,9783161484100\nB,Two,tmp\nC,Three,also\nD,Four,4006381333931\n",
    )  # fmt: skip
    double = '[["4 006381 333931",12,"box"],["4006381333931",1,null]]'
    with closing(sqlite3.connect(database)) as connection:
        for old, code in (("tmp", "978-3-16-148410-0"), ("also", "0-36000-29145-2")):
            connection.execute("UPDATE item_barcode SET key = ? WHERE key = ?", (f" {code}", old))
            connection.execute("UPDATE item SET barcode = ? WHERE barcode = ?", (code, old))
        connection.execute("UPDATE item SET codes = ? WHERE sku = 'D'", (double,))
        connection.commit()
    said = run("check-barcodes")
    assert said.code == 1
    assert said.out.splitlines() == [
        "4 barcodes.",
        "B: '978-3-16-148410-0' is found as it is written alone; its digits are a barcode of A",
        "C: '0-36000-29145-2' is found as it is written alone; its digits are nobody's any more",
        "D: '4 006381 333931' for 12 as 'box' and '4006381333931' for 1 are one",
    ]
    assert said.err == "error: 3 barcodes are kept as two: change or remove one of each\n"


def test_a_database_without_its_tables_is_told_how_to_get_them(run: Run, database: Path) -> None:
    sqlite3.connect(database).close()
    database.touch()
    said = run("check-ledger")
    assert said.code == 1
    assert "python -m graphql_api migrate" in said.err


# backup


@pytest.mark.usefixtures("tables")
def test_a_backup_is_whole_and_another_log(run: Run, database: Path) -> None:
    run("import-items", "-", given=ITEMS)
    said = run("backup", "copy.sqlite3")
    assert said.code == 0
    assert said.err == ""
    copy = database.parent / "copy.sqlite3"
    assert _head(copy)[1] == _head(database)[1] > 0
    assert _head(copy)[0] != _head(database)[0]
    again = run("backup", "copy.sqlite3")
    assert again.code == 1
    assert again.err == "error: copy.sqlite3 exists already\n"
    assert run("backup", "copy.sqlite3", "--force").code == 0


def test_a_backup_of_postgres_is_told_what_to_use(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://127.0.0.1/inventory")
    said = run("backup", "copy")
    assert said.code == 1
    assert one_line(said.err)
    assert "pg_dump" in said.err


def _head(database: Path) -> tuple[str, int]:
    with closing(sqlite3.connect(database)) as connection:
        epoch, position = connection.execute("SELECT epoch, position FROM log_head").fetchone()
    return str(epoch), int(position)


# serve


def _serving(server: subprocess.Popen[str]) -> int:
    """The port, once it serves."""
    assert server.stdout is not None
    line = server.stdout.readline()
    assert line.startswith("Serving on http://127.0.0.1:"), line
    assert f"version {__version__}, development, sqlite://" in line
    return int(line.split(":")[2].split()[0])


def test_serve_on_an_empty_machine_makes_its_database_and_serves_until_sigterm(
    database: Path, run: Run
) -> None:
    server = process(database, "serve", "--port", "0")
    try:
        port = _serving(server)
        with closing(HTTPConnection("127.0.0.1", port, timeout=PROCESS_TIMEOUT_S)) as connection:
            connection.request(
                "POST",
                "/graphql",
                json.dumps({"query": "{ __typename }"}),
                {"content-type": "application/json"},
            )
            response = connection.getresponse()
            assert json.loads(response.read()) == {"data": {"__typename": "Query"}}
            assert response.getheader("server") is None
        # Other commands work beside it.
        assert run("import-items", "-", given=ITEMS).code == 0
        assert run("backup", "copy.sqlite3").code == 0
        taken = run("serve", "--port", str(port))
        assert taken.code == 1
        assert one_line(taken.err)
        assert f"port {port}" in taken.err
        server.send_signal(signal.SIGTERM)
        said = finished(server)
    finally:
        server.kill()
    assert said.code == 0
    assert said.out == ""
    assert "There are no users yet" in said.err
    assert said.err.count("\n") == 1, said.err
    assert run("check-ledger").code == 0


@pytest.mark.usefixtures("tables")
def test_serve_ends_quietly_on_ctrl_c(database: Path) -> None:
    server = process(database, "serve", "--port", "0")
    try:
        _serving(server)
        server.send_signal(signal.SIGINT)
        said = finished(server)
    finally:
        server.kill()
    assert said.code == 130
    assert "Traceback" not in said.err


@pytest.mark.parametrize("host", ["256.256.256.256", "no such host"])
def test_serve_tells_an_address_that_is_none(run: Run, host: str) -> None:
    said = run("serve", "--host", host)
    assert said.code == 1
    assert one_line(said.err)


def test_serve_can_listen_on_ipv6() -> None:
    try:
        listening = serve._listen("::1", 0)
    except CommandFailed:
        pytest.skip("this machine has no IPv6")
    with listening:
        assert listening.family is socket.AF_INET6
        assert serve._address(listening).startswith("http://[::1]:")


@pytest.mark.usefixtures("tables")
def test_of_many_bad_rows_of_a_kind_the_first_few_are_told_and_all_are_kept(
    run: Run, database: Path
) -> None:
    rows = [f"A{number},One,x{number}\n" for number in range(1_000)] + [",Two,1\n"] * 6
    (database.parent / "x.csv").write_text("sku,name,price\n" + "".join(rows))
    said = run("import-items", "x.csv")
    assert said.out == "0 created, 0 updated, 0 unchanged, 1006 bad.\n"
    price, sku = "is not a number like 12.50.", "sku must not be empty."
    assert said.err.splitlines() == [
        *(f"x.csv:{number + 2}: price 'x{number}' {price}" for number in range(5)),
        *(f"x.csv:{number}: {sku}" for number in range(1_002, 1_007)),
        f"x.csv:2: price 'x0' {price} (995 more rows like it)",
        f"x.csv:1002: {sku} (1 more row like it)",
        "note: --rejects FILE keeps all bad rows, with what is wrong with each",
        "note: rows without a SKU: 6; --generate-sku gives them one, --match barcode finds the "
        "items that have their barcodes",
    ]
    said = run("import-items", "x.csv", "--rejects", "bad.csv")
    assert "--rejects" not in said.err
    kept = (database.parent / "bad.csv").read_text().splitlines()
    assert (len(kept), kept[500]) == (1_007, f"A499,One,x499,price 'x499' {price}")


@pytest.mark.usefixtures("tables")
def test_a_shops_file_comes_in_as_it_is_and_its_bad_rows_are_kept(run: Run, database: Path) -> None:
    folder = database.parent
    text = "Lager;;;\n\nArtikel-Nr.;Bezeichnung;VK;Bestand\n07;Säge;1.234,50 €;5\n08;;2,00;1\n"
    (folder / "shop.csv").write_bytes((text + '09;Axt;x;2\n10;"Feile" 2;1;1\n').encode("cp1252"))
    said = run("import-items", "shop.csv", "--rejects", "bad.csv")
    assert (said.code, said.out) == (1, "1 created, 0 updated, 0 unchanged, 3 bad.\n")
    assert said.err.splitlines() == [
        "note: it is read as cp1252 text ('Säge'); --encoding says which",
        "note: the header is line 3",
        "note: taken: sku from 'Artikel-Nr.', name from 'Bezeichnung', price from 'VK', "
        "initialStock from 'Bestand'",
        "note: price '1.234,50 €' is read as 1234.50",
        "shop.csv:5: '08' is new: name is needed. [Bezeichnung]",
        "shop.csv:6: price 'x' is not a number like 12.50. [VK]",
        "shop.csv:7: Text after a closing quote; a quote inside quotes is doubled.",
    ]
    assert (folder / "bad.csv").read_text() == (
        "Artikel-Nr.;Bezeichnung;VK;Bestand;reason\n"
        "08;;2,00;1;'08' is new: name is needed.\n"
        "09;Axt;x;2;price 'x' is not a number like 12.50.\n"
        '"10;""Feile"" 2;1;1";;;;"Text after a closing quote; a quote inside quotes is doubled."\n'
    )
    # What can be mended is mended in the file of rejects; the rest is left out.
    said = run("import-items", "bad.csv", "--lenient", "--map", "name=Bezeichnung")
    assert said.out == "1 created, 0 updated, 0 unchanged, 2 bad.\n"
    assert run("import-items", "shop.csv", "--rejects", "no/such/bad.csv").code == 2
    assert run("import-items", "shop.csv", "--decimal", "x").code == 2


@pytest.mark.usefixtures("tables")
def test_a_workbook_goes_out_and_comes_back(run: Run, database: Path) -> None:
    run("import-items", "-", given=ITEMS)
    assert run("export-items", "out.xlsx") == Said(0, "out.xlsx: 2 items.\n", "")
    assert run("import-items", "out.xlsx").out.startswith("0 created, 0 updated, 2 unchanged")
    assert run("export-items", "out.csv", "--excel").code == 0
    assert (database.parent / "out.csv").read_bytes().startswith(b"\xef\xbb\xbfsku,")
    assert run("import-items", "out.csv").out.startswith("0 created, 0 updated, 2 unchanged")
    said = run("import-items", "out.xlsx", "--sheet", "Other")
    assert one_line(said.err) and "has no sheet 'Other'; it has 'Items'" in said.err


@pytest.mark.usefixtures("tables")
def test_rows_without_skus_columns_without_names_and_attributes(run: Run) -> None:
    given = "Name,EAN,Colour\nSaw,4006381333931,red\n"
    said = run("import-items", "-", "--generate-sku", "--attributes", given=given)
    assert said.out == "1 created, 0 updated, 0 unchanged, 0 bad.\n"
    assert "4006381333931,Saw,,,4006381333931,unit,0.00,,0,0,,EVERYONE,Colour=red" in (
        run("export-items").out
    )
    said = run("import-items", "-", "--match", "barcode", given="EAN,Price\n4006381333931,2\n")
    assert said.out == "0 created, 1 updated, 0 unchanged, 0 bad.\n"
    assert "note: no column has names, so there will be no new items" in said.err
    said = run(
        "import-items", "-", "--no-header", "-m", "sku=1", "-m", "name=2", given="A;Axe\nB;Pin\n"
    )
    assert said == Said(0, "2 created, 0 updated, 0 unchanged, 0 bad.\n", "")


@pytest.mark.usefixtures("tables")
def test_rows_without_a_sku_are_told_with_the_way_out(run: Run) -> None:
    goods = "sku,name\nNS-1,Soap\n,Sponge\n,Brush\n"
    said = run("import-items", "-", given=goods)
    assert (said.code, said.out) == (1, "1 created, 0 updated, 0 unchanged, 2 bad.\n")
    assert "note: rows without a SKU: 2; --generate-sku gives them one" in said.err
    said = run("import-items", "-", "--generate-sku", given=goods)
    assert said == Said(0, "2 created, 0 updated, 1 unchanged, 0 bad.\n", "")


@pytest.mark.usefixtures("tables")
def test_notes_on_rows_are_told_once_for_each_kind_and_kept_whole_where_wanted(
    run: Run, tmp_path: Path
) -> None:
    rows = [
        "A-1,Thing,-,",
        *(f"B-{n},Thing,{'n/a' if n % 2 else '-'},unknown" for n in range(1_100)),
    ]
    rows += ["C-1,Thing,1,unknown", "C-2,Thing,-,"]
    text = "\n".join(["sku,name,Preis,minStock", *rows, ""])
    notes = tmp_path / "notes.csv"
    options = ("-m", "price=Preis", "--lenient", "--strict", "--notes", str(notes))
    said = run("import-items", "-", *options, given=text)
    assert (said.code, said.out) == (0, "1103 created, 0 updated, 0 unchanged, 0 bad.\n")
    told = [line for line in said.err.splitlines() if ": note: " in line]
    assert told == [
        "-:2: note: price '-' is no number, and is left out. [Preis] "
        "(1,102 rows like it: 2, 3, 4, 5, 6 …)",
        "-:3: note: minStock 'unknown' is not a whole number. (1,101 rows: 3, 4, 5, 6, 7 …)",
    ]
    kept = list(csv.reader(notes.open()))
    assert kept[:3] == [
        ["line", "field", "note"],
        ["2", "price", "price '-' is no number, and is left out. [Preis]"],
        ["3", "price", "price '-' is no number, and is left out. [Preis]"],
    ]
    assert len(kept) == 1 + 1_102 + 1_101, "the check's are not told again"
    assert run("import-items", "-", "--notes", str(tmp_path), given=text).code == 2
    pipe = tmp_path / "pipe"  # it cannot begin anew, when all is found again
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    piped = run("import-items", "-", "--notes", str(pipe), given=text)
    os.close(reading)
    assert (piped.code, "pipe: it must be a plain file\n" in piped.err) == (2, True)


@pytest.mark.parametrize(
    "options",
    [["--notes", "a.csv"], ["--rejects", "./a.csv"], ["--rejects", "b.csv", "--notes", "b.csv"]],
)
def test_what_an_import_writes_takes_the_place_of_nothing_that_it_needs(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    """The file that was read was empty then, and the error was of that."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("sku,name\nA-1,Thing\n")
    said = run("import-items", str(tmp_path / "a.csv"), *options)
    assert said.code == 2
    assert "it is the import's own file, or is written already" in said.err
    assert (tmp_path / "a.csv").read_text() == "sku,name\nA-1,Thing\n"
    assert run("import-items", str(tmp_path / "a.csv")).out.startswith("1 created")


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("suffix", ["", "-wal", "-shm", "-journal", ".use"])
@pytest.mark.parametrize(
    "command",
    [
        ["export-items", "{}"],
        ["export-stock", "{}"],
        ["print-labels", "{}", "A-1"],
        ["import-items", "a.csv", "--rejects", "{}"],
        ["import-items", "a.csv", "--notes", "{}"],
        ["import-stock", "stock.csv", "--add", "--notes", "{}"],
        ["backup", "{}", "--force"],
        ["restore", "{}"],
    ],
    ids=" ".join,
)
def test_no_command_writes_over_the_database(
    run: Run,
    database: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: list[str],
    suffix: str,
) -> None:
    """`export-items inventory.sqlite3` took the place of all that there was, with exit code 0."""
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text("sku,name\nA-1,Thing\n")
    Path("stock.csv").write_text("sku,quantity\nA-1,1\n")
    run("import-items", "a.csv")
    Path("linked.csv").symlink_to(database.with_name(database.name + suffix))
    before = database.read_bytes()
    for path in (str(database) + suffix, "linked.csv"):
        if command[0] == "restore" and suffix:
            continue  # what it restores is read only
        said = run(*(path if word == "{}" else word for word in command))
        assert said.code in (1, 2) and "is the database itself" in said.err, said
    assert database.read_bytes() == before
    assert run("export-items").out.count("\n") == 2
