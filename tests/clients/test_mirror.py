"""The mirror's copy equals the server's stock in the end, whatever happened to the mirror."""

from __future__ import annotations

import asyncio
import csv
import os
import random
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from graphql_api.client import Failed, InventoryClient
from tests.campaigns import is_usual
from tests.clients.shop import Shop
from tests.patience import PATIENCE_S
from tests.servers import EMAIL, PASSWORD, SCRIPTS, Server, client_script
from tests.streams import eventually

sys.path.insert(0, str(SCRIPTS))  # as `python scripts/mirror.py` has it

from clients.copies import COLUMNS, CURSOR, CsvCopy, Item, SqliteCopy, copy_in

KINDS = ("sqlite3", "csv")
KILLS = 2 if is_usual() else 5
MIXED = """mutation($gone: DeleteItemInput!, $new: CreateItemInput!) {
  deleteItem(input: $gone) { userErrors { code } } createItem(input: $new) { item { id } }
}"""
ALL = f"""query($after: String) {{ items(first: 100, after: $after) {{
  nodes {{ {" ".join(COLUMNS)} }} pageInfo {{ hasNextPage endCursor }} }} }}"""


def item(number: int = 1, version: int = 1, stock: int = 5, **more: Any) -> Item:
    given = {
        "id": str(number), "sku": f"S{number}", "name": "A, \"quoted\"\nname", "category": None,
        "barcode": None, "unit": "unit", "price": "1.50", "stock": stock, "minStock": 2,
        "status": "IN_STOCK", "version": version, "updatedAt": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    return {**given, **more}


def rows_of(path: Path) -> dict[str, tuple[str, ...]]:
    """What the file holds, read without the code under test: id → values; None is empty text.
    {}: there is no file yet, or nothing in it."""
    if not path.exists():
        return {}
    if path.suffix == ".csv":
        with path.open(newline="") as file:
            return {row["id"]: tuple(row[name] for name in COLUMNS) for row in csv.DictReader(file)}
    with closing(sqlite3.connect(path)) as connection:
        made = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'place'").fetchone()
        rows = (
            connection.execute(f"SELECT {', '.join(COLUMNS)} FROM item").fetchall() if made else ()
        )
    return {str(row[0]): as_text(row) for row in rows}


def as_text(values: Any) -> tuple[str, ...]:
    return tuple("" if value is None else str(value) for value in values)


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    with closing(copy_in(path)) as copy:
        yield copy


@pytest.fixture(params=KINDS)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / f"stock.{request.param}"


# ---- the files ---------------------------------------------------------------------------------


def test_a_copy_goes_on_from_what_it_kept(path: Path) -> None:
    with opened(path) as copy:
        assert isinstance(copy, CsvCopy if path.suffix == ".csv" else SqliteCopy)
        assert copy.place() is None
        copy.clear()
        copy.put([item(1), item(2)])
        copy.keep("here")
    with opened(path) as copy:
        assert copy.place() == "here"
        copy.put([item(1, version=2, stock=9), item(3)])
        copy.remove("2")
        copy.keep("there")
    with opened(path) as copy:
        assert copy.place() == "there"
    wanted = (item(1, version=2, stock=9), item(3))
    assert rows_of(path) == {i["id"]: as_text(i.values()) for i in wanted}


def test_what_was_not_kept_is_not_there(path: Path) -> None:
    with opened(path) as copy:
        copy.put([item(1)])
        copy.keep("here")
        copy.clear()
        copy.put([item(2)])
    assert list(rows_of(path)) == ["1"]
    with opened(path) as copy:
        assert copy.place() == "here"


def test_an_older_state_changes_nothing(path: Path) -> None:
    with opened(path) as copy:
        copy.put([item(1, version=3, stock=3)])
        copy.put([item(1, version=2, stock=2), item(1, version=3, stock=99)])
        copy.keep("here")
    with opened(path) as copy:
        copy.put([item(1, version=1, stock=1)])
        copy.keep("there")
    assert rows_of(path) == {"1": as_text(item(1, version=3, stock=3).values())}


def test_a_file_that_is_something_else_is_refused_and_left_alone(path: Path) -> None:
    path.write_bytes(b"sku,stock\n1,2\n\xff" * 100)
    before = path.read_bytes()
    with pytest.raises(Failed, match="something else"), opened(path):
        pass
    assert path.read_bytes() == before


def test_a_csv_file_cut_short_by_a_kill_is_the_draft_and_not_the_copy(tmp_path: Path) -> None:
    path = tmp_path / "stock.csv"
    with opened(path) as copy:
        copy.put([item(1)])
        copy.keep("here")
    (tmp_path / "stock.csv.new").write_text("id,sku")  # killed while it wrote this
    with opened(path) as copy:
        assert copy.place() == "here"
        copy.put([item(2)])
        copy.keep("there")
    assert list(rows_of(path)) == ["1", "2"]
    assert [file.name for file in tmp_path.iterdir()] == ["stock.csv"]


# ---- the script --------------------------------------------------------------------------------


async def everything(server: Server) -> dict[str, tuple[str, ...]]:
    """The stock as a fresh query has it, in the form of `rows_of`."""
    found: dict[str, tuple[str, ...]] = {}
    after = None
    async with InventoryClient(server.url, EMAIL, PASSWORD) as client:
        while True:
            page = (await client.execute(ALL, after=after))["items"]
            found |= {node["id"]: as_text(node[name] for name in COLUMNS) for node in page["nodes"]}
            if not page["pageInfo"]["hasNextPage"]:
                return found
            after = page["pageInfo"]["endCursor"]


async def trade_until(done: asyncio.Event, server: Server, shop: Shop) -> None:
    """Stock moves, items come and go, without a pause."""
    number, gone = 0, None
    async with InventoryClient(server.url, EMAIL, PASSWORD) as client:
        while not done.is_set():
            await shop.move()
            number += 1
            new = {"sku": f"{shop.name}-NEW-{number}", "name": "new", "initialStock": 5}
            answer = await client.execute(MIXED, gone={"id": gone or "0"}, new=new)
            gone = answer["createItem"]["item"]["id"] if number % 3 else None


async def killed_again_and_again(path: Path, server: Server, dice: random.Random) -> None:
    """Runs the mirror KILLS times: every other one dies somewhere on its way to the server, the
    others somewhere while they follow it."""
    log = log_of(path)
    for number in range(KILLS):
        with client_script("mirror.py", server, str(path), "--every", "0.02", log=log):
            if number % 2:
                await asyncio.sleep(dice.uniform(0.3, 1.5))  # how long it lives, not a wait
            else:
                seen = connections(log)
                async with asyncio.timeout(PATIENCE_S):
                    while connections(log) == seen:  # noqa: ASYNC110  # another process tells it
                        await asyncio.sleep(0.01)
                await asyncio.sleep(dice.uniform(0, 0.3))
        assert number % 2 or rows_of(path)


async def caught_up(path: Path, server: Server, wanted: dict[str, tuple[str, ...]]) -> None:
    """Follow until the file holds `wanted`; one that is told to end when nothing comes any more
    leaves it so. How long a busy server takes for the first event is nobody's to say."""
    with client_script("mirror.py", server, str(path), "--every", "0.02", log=log_of(path)):
        await eventually(lambda: rows_of(path) == wanted)
    with client_script(
        "mirror.py", server, str(path), "--until-idle", "0.3", log=log_of(path)
    ) as process:
        assert await asyncio.to_thread(process.wait, PATIENCE_S) == 0, log_of(path).read_text()
    assert rows_of(path) == wanted


def connections(log: Path) -> int:
    """How often the mirror has told that it is connected."""
    return log.read_text().count("mirror: connected\n")


def log_of(path: Path) -> Path:
    return path.with_name(path.name + ".log")


@pytest.mark.early
async def test_kills_again_and_again_leave_a_mirror_that_equals_the_stock_in_the_end(
    server: Server, shop: Shop, tmp_path: Path
) -> None:
    seed = int.from_bytes(os.urandom(3))
    print(f"seed {seed}")
    done = asyncio.Event()
    paths = [tmp_path / f"stock.{kind}" for kind in KINDS]
    trading = asyncio.create_task(trade_until(done, server, shop))
    await asyncio.gather(
        *(
            killed_again_and_again(path, server, random.Random(seed + n))  # noqa: S311  # no secret
            for n, path in enumerate(paths)
        )
    )
    done.set()
    await trading
    wanted = await everything(server)
    for path in paths:
        await caught_up(path, server, wanted)
        told = log_of(path).read_text()
        assert told.count(" items\n") <= 1, "it read everything anew instead of going on"
        assert "Traceback" not in told


async def test_a_place_of_another_database_is_replaced_by_all_of_this_one(
    server: Server, path: Path
) -> None:
    async with InventoryClient(server.url, EMAIL, PASSWORD) as client:  # there is something to copy
        new = {"sku": f"PLACE-{path.suffix}", "name": "new"}
        await client.execute(MIXED, gone={"id": "0"}, new=new)
    with opened(path) as copy:
        copy.put([item(10**9)])
        copy.keep("a place of nowhere")
    await caught_up(path, server, await everything(server))
    assert "all afresh" in log_of(path).read_text()
    if path.suffix == ".csv":
        with path.open(newline="") as file:
            assert len({row[CURSOR] for row in csv.DictReader(file)}) == 1
