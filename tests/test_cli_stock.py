"""The commands import-stock and export-stock: what they say, and that neither Ctrl+C nor a kill
books anything twice."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from openpyxl import Workbook

from graphql_api.imports.facts import ROW_COUNTS, RowCounts
from graphql_api.imports.mappings import header_digest
from tests.test_cli import (
    PROCESS_TIMEOUT_S,
    Run,
    Said,
    database,
    finished,
    logging_as_before,
    process,
    run,
    tables,
)

__all__ = ["database", "logging_as_before", "run", "tables"]  # fixtures

ITEMS = "sku,name,initialStock\nA,One,5\nB,Two,0\n"


@pytest.mark.usefixtures("tables")
def test_stock_goes_out_and_in_and_what_is_wrong_is_told_with_its_line(
    run: Run, database: Path
) -> None:
    run("import-items", "-", given=ITEMS)
    assert run("export-stock", "out.csv") == Said(0, "out.csv: 2 rows.\n", "")
    text = (database.parent / "out.csv").read_text()
    assert (
        text == "sku,name,location,quantity,unit,barcode\nA,One,MAIN,5,unit,\nB,Two,MAIN,0,unit,\n"
    )
    said = run("import-stock", "out.csv", "--count")
    assert said == Said(0, "0 booked, 2 unchanged, 0 bad.\n", "")
    (database.parent / "in.csv").write_text("Artikel;Menge\nA;2\nX;1\nB;y\n")
    arguments = ["import-stock", "in.csv", "-m", "sku=Artikel", "-m", "quantity=Menge"]
    said = run(*arguments, "--add", "--dry-run")
    assert (said.code, said.out) == (
        1,
        "Dry run, nothing was written: 1 booked, 0 unchanged, 2 bad.\n",
    )
    said = run(*arguments, "--add", "--strict")
    assert (said.code, said.out) == (1, "")
    assert said.err.endswith("error: nothing was written: 2 of 3 rows are bad\n")
    said = run(*arguments, "--add")
    assert said == Said(
        1,
        "1 booked, 0 unchanged, 2 bad.\n",
        "in.csv:3: There is no item with the SKU or barcode 'X'. [Artikel]\n"
        "in.csv:4: quantity 'y' is not a number like 12 or 0.5. [Menge]\n",
    )
    said = run(*arguments, "--add", "--rejects", "bad.csv")
    assert said.out == "0 booked, 0 unchanged, 2 bad. 1 already booked.\n"
    assert (database.parent / "bad.csv").read_text() == (
        "Artikel;Menge;reason\n"
        "X;1;There is no item with the SKU or barcode 'X'.\n"
        "B;y;quantity 'y' is not a number like 12 or 0.5.\n"
    )
    assert run("export-stock").out.splitlines()[1] == "A,One,MAIN,7,unit,"
    said = run(*arguments, "--add", "--location", "NONE")
    assert said.code == 1 and "no location with the code 'NONE'" in said.err
    said = run("import-stock", "-", "--count", given="a,b\n1,2\n")
    assert said.code == 1 and "--map FIELD=COLUMN" in said.err and "sku or barcode" in said.err
    assert run("check-ledger").code == 0


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_an_import_that_is_stopped_goes_on_and_books_nothing_twice(
    database: Path, run: Run, sent: signal.Signals
) -> None:
    rows = 20_000
    run("import-items", "-", given=ITEMS)
    (database.parent / "many.csv").write_text("sku,quantity\n" + "A,1\n" * rows)
    importing = process(database, "import-stock", "many.csv", "--add")
    give_up_s = time.monotonic() + PROCESS_TIMEOUT_S
    while _booked(database) < 400 and time.monotonic() < give_up_s:
        time.sleep(0.01)
    importing.send_signal(sent)
    said = finished(importing)
    kept = _booked(database)
    assert 400 <= kept < rows and kept % 200 == 0
    if sent is signal.SIGINT:
        assert (said.code, said.out) == (130, "")
        assert re.search(r"given up after at least \d+ rows: \d+ booked", said.err)
        assert said.err.endswith("The same file again goes on from there.\n")
        assert counted(database) == ["INTERRUPTED", RowCounts(booked=kept)]
    said = run("import-stock", "many.csv", "--add")
    assert said == Said(
        0, f"{rows - kept} booked, 0 unchanged, 0 bad. {kept} already booked.\n", ""
    )
    assert f"A,One,MAIN,{5 + rows},unit," in run("export-stock").out
    assert run("check-ledger").code == 0


def counted(database: Path) -> list[object]:
    """State and counts of the newest import."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        state, counts = connection.execute(
            "SELECT status, counts FROM file_import ORDER BY id DESC LIMIT 1"
        ).fetchone()
    return [state, ROW_COUNTS.decode(counts)]


@pytest.mark.usefixtures("tables")
def test_import_stock_takes_a_sheet_and_what_stands_before_decimals(
    run: Run, database: Path
) -> None:
    run("import-items", "-", given="sku,name,unit,units\nA,One,g,kg=1000\n")
    book = Workbook(write_only=True)
    for name, quantity in (("First", 1), ("Second", 2)):
        sheet = book.create_sheet(name)
        sheet.append(["sku", "quantity"])
        sheet.append(["A", quantity])
    book.save(database.parent / "stock.xlsx")
    (database.parent / "kg.csv").write_text("sku;quantity;unit\nA;1,500;kg\n")
    booked = "1 booked, 0 unchanged, 0 bad.\n"
    assert run("import-stock", "stock.xlsx", "--add").out == booked
    assert run("import-stock", "stock.xlsx", "--add", "--sheet", "Second").out == booked
    assert run("import-stock", "kg.csv", "--add", "--decimal", ",").out == booked
    assert "A,One,MAIN,1503,g," in run("export-stock").out
    again = run("import-stock", "stock.xlsx", "--add", "--sheet", "Second").out
    assert again == "0 booked, 0 unchanged, 0 bad. 1 already booked.\n"


def _booked(database: Path) -> int:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return int(connection.execute("SELECT count(*) FROM stock_line").fetchone()[0])


@pytest.mark.usefixtures("tables")
def test_imports_are_listed_and_undone_by_their_ids(run: Run, database: Path) -> None:
    (database.parent / "items.csv").write_text(ITEMS)
    run("import-items", "items.csv")
    run("import-stock", "-", "--add", given="sku,quantity\nA,2\n")
    stock, items = [line.split("\t") for line in run("list-imports").out.splitlines()]
    assert stock[2:] == ["STOCK", "DONE", "standard input"]
    assert items[2:] == ["ITEMS", "DONE", "items.csv"]
    with closing(sqlite3.connect(database)) as connection:
        counts = [row[0] for row in connection.execute("SELECT counts FROM file_import")]
    told = [ROW_COUNTS.decode(text) for text in counts]
    assert told == [RowCounts(created=2), RowCounts(booked=1)]
    said = run("undo-import", items[0])
    assert (said.code, said.out) == (1, "")
    assert "1 of its items were touched since: A." in said.err
    assert run("undo-import", stock[0]) == Said(0, "standard input was undone.\n", "")
    assert run("list-imports").out.splitlines()[0].split("\t")[3] == "UNDONE"
    assert "A,One,MAIN,5,unit," in run("export-stock").out
    assert run("undo-import", "9").code == 1
    assert run("check-ledger").code == 0


@pytest.mark.usefixtures("tables")
def test_a_file_is_read_as_a_saved_mapping_says_unless_an_option_says_otherwise(
    run: Run, database: Path
) -> None:
    said = run("import-items", "-", "--mapping", "Plim", given=ITEMS)
    assert (said.code, said.out) == (2, "")
    assert said.err.endswith("there is no saved mapping 'Plim' for items; there are: none\n")
    columns = [["name", "Plom"], ["sku", "Plim"]]
    keep(database, "ITEMS", "Plim", [columns, "", "", ",", "", False, True, False])
    text = "Plim;Plom;Price\nP-1;Hammer;1,234\nP-2;Saw;x\n"
    assert run("import-items", "-", given=text).code == 1
    said = run("import-items", "-", "--mapping", "plim", "--dry-run", given=text)
    assert said.out == "Dry run, nothing was written: 2 created, 0 updated, 0 unchanged, 0 bad.\n"
    said = run(
        "import-items", "-", "--mapping", "Plim", "-m", "name=Price", "-m", "price=", given=text
    )
    assert (said.code, said.out) == (0, "2 created, 0 updated, 0 unchanged, 0 bad.\n")
    assert "P-2,x," in run("export-items").out, "the option goes before"

    keep(database, "STOCK", "Count", [[["sku", "Plim"]], "ADD", "", "", "", False, False, True])
    said = run("import-stock", "-", "--count", "--mapping", "Count", given="Plim;MAIN\nP-1;3\n")
    assert said.out == "1 booked, 0 unchanged, 0 bad.\n"
    said = run("import-stock", "-", "--count", "--mapping", "Plim", given="Plim;MAIN\nP-1;3\n")
    assert said.code == 2 and "there are: 'Count'" in said.err


@pytest.mark.usefixtures("tables")
def test_a_file_is_read_once_and_the_next_one_by_the_name_it_was_saved_under(
    run: Run, database: Path
) -> None:
    given = "Plim;Plom;Price\nP-1;Hammer;1,234\nP-2;Saw;x\n"
    options = ("-m", "sku=Plim", "-m", "name=Plom", "--decimal", ",", "--save-mapping", "Plim")
    said = run("import-items", "-", *options, "--dry-run", given=given)
    assert (said.code, said.out) == (2, "") and "--dry-run writes nothing" in said.err
    said = run("import-items", "-", "--no-header", "-m", "sku=1", *options[-2:], given=given)
    assert (said.code, said.out) == (2, "")
    assert kept(database) == []
    said = run("import-items", "-", *options[2:], given=given)
    assert said.code == 1 and kept(database) == [], "it could not be read"
    said = run("import-items", "-", *options, given=given)
    assert (said.code, said.out) == (1, "1 created, 0 updated, 0 unchanged, 1 bad.\n")
    assert "note: the mapping 'Plim' is saved\n" in said.err
    columns = [["name", "Plom"], ["sku", "Plim"]]
    ((name, reading, header),) = kept(database)
    assert reading == [columns, "", "", ",", "", False, False, False, None, ""]
    assert header == header_digest(["Plim", "Plom", "Price"]), "so the console proposes it, too"
    said = run("import-items", "-", "--mapping", "plim", "--lenient", "--save-mapping", "PLIM",
               given=given)  # fmt: skip
    assert said.code == 0 and "the mapping 'PLIM' is saved" in said.err
    ((name, reading, header),) = kept(database)
    assert (name, reading[6]) == ("PLIM", True), "what had its name is replaced"


@pytest.mark.usefixtures("tables")
def test_a_saved_mapping_of_stock_says_where_it_goes_and_under_what_reference(
    run: Run, database: Path
) -> None:
    run("create-location", "--code", "DOCK", "--name", "Dock")
    run("import-items", "-", given="sku,name\nA,One\n")
    options = ("--add", "-m", "sku=Plim", "--location", "dock", "--reference", "Plim Ltd")
    given = "Plim;quantity\nA;3\n"
    said = run("import-stock", "-", *options, "--save-mapping", "Plim", given=given)
    assert said.out == "1 booked, 0 unchanged, 0 bad.\n"
    given = "Plim;quantity\nA;4\n"
    assert run("import-stock", "-", "--add", "--mapping", "Plim", given=given).code == 0
    assert "A,One,DOCK,7," in run("export-stock").out
    given = "Plim;quantity\nA;5\n"
    said = run("import-stock", "-", "--add", "--mapping", "Plim", "--location", "MAIN", given=given)
    assert said.code == 0 and "A,One,MAIN,5," in run("export-stock").out, "the option goes before"
    with closing(sqlite3.connect(database)) as opened:
        told = opened.execute(
            "SELECT DISTINCT reference FROM movement WHERE action_type = 'RECEIPT'"
        )
        assert told.fetchall() == [("Plim Ltd",)]


def kept(database: Path) -> list[tuple[str, list[object], str]]:
    """Name, reading and header of every saved mapping."""
    with closing(sqlite3.connect(database)) as opened:
        rows = opened.execute("SELECT name, reading, header FROM import_mapping").fetchall()
    return [(name, json.loads(reading), header) for name, reading, header in rows]


def keep(database: Path, kind: str, name: str, reading: list[object]) -> None:
    """A saved mapping, as the console makes it."""
    with closing(sqlite3.connect(database)) as opened, opened:
        opened.execute(
            "INSERT INTO import_mapping (kind, name, name_key, reading, header, saved_at) "
            "VALUES (?, ?, ?, ?, '', 0)",
            (kind, name, name.lower(), json.dumps(reading)),
        )


@pytest.mark.usefixtures("tables")
def test_a_column_of_no_location_fails_with_the_way_out_and_is_left_out_when_asked(
    run: Run,
) -> None:
    run("import-items", "-", given="sku,name\nA,One\n")
    file = "sku,MAIN,CELLAR\nA,6,9\n"
    said = run("import-stock", "-", "--count", given=file)
    assert said.code == 1 and "--map 'CELLAR=' leaves the column out." in said.err
    asked = ["import-stock", "-", "--count", "--map", "CELLAR=", "--save-mapping", "mine"]
    assert run(*asked, given=file).out == "1 booked, 0 unchanged, 0 bad.\n"
    again = run("import-stock", "-", "--count", "--mapping", "mine", given=file + "\n")
    assert (again.code, again.out) == (0, "0 booked, 1 unchanged, 0 bad.\n")
    for wrong in ("=", "=MAIN", "CELLAR=x"):
        assert run("import-stock", "-", "--count", "--map", wrong, given=file).code == 2
