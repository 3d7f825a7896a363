"""The replay: its rules on small files, its keys under interruptions, and the real year's rows.

The acceptance tests start the real server and the real scripts. Their data lie beside the
repository; without them these tests are skipped with a word, in CI they fail instead.
"""

from __future__ import annotations

import asyncio
import csv
import json
import lzma
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import count, islice
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.events.cursor import decode_cursor
from tests.campaigns import by_kind
from tests.ci import in_ci
from tests.invariants import alert_called_for
from tests.servers import ROOT, SCRIPTS, Server, client_script

sys.path.insert(0, str(SCRIPTS))  # as `python scripts/replay.py` has it

from clients.options import WrongUsage
from clients.retail import (
    COMMAND_BYTES_MAX,
    Command,
    Movement,
    Options,
    Plan,
    Year,
    item_of,
    line_of,
    lot_of,
    plan_of,
    read_year,
    year_of,
)
from replay import Pace, Seller, Tally, verify

from graphql_api.client.account import Account, Failed

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
REAL_FILE = ROOT.parent / "shared" / "data" / "uci-online-retail" / "online_retail.csv.xz"
# Of 541,909; 20,000 are about two weeks.
REAL_ROWS, WATCH_KILLED_AT = by_kind(
    (1_000, (1, 300)), (3_000, (1, 400, 1_200)), (20_000, (1, 2_000, 5_000))
)
KILLED_ROWS = by_kind(1_500, 1_500, 8_000)
BUYER_ROWS = by_kind(400, 800, 2_000)
TOPICS = {"inventory": "inventory", "alert": "alerts"}  # of the watch's kinds of lines
PATIENCE_S = 60.0  # a process that takes longer has failed


def year_from(*rows: str) -> Year:
    return year_of(csv.reader([HEADER, *rows]))


def row(
    code: str = "85123A", quantity: int = 6, price: str = "2.55", customer: str = "17850.0",
    name: str = "LANTERN", invoice: str = "536365", date: str = "2010-12-01 08:26:00",
) -> str:  # fmt: skip
    return f"{invoice},{code},{name},{quantity},{date},{price},{customer},United Kingdom"


# --- what a row means -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "change", "action"),
    [
        (row(quantity=6), -6, "SALE"),
        (row(quantity=-6, invoice="C536365"), 6, "RETURN"),
        (row(quantity=6, customer=""), -6, "SALE"),
        (row(quantity=6, price="0.0"), -6, "SALE"),
        (row(quantity=6, price="0.0", customer=""), 6, "CORRECTION"),
        (row(quantity=-6, price="0", customer=" "), -6, "WRITE_OFF"),
        (row(quantity=-6, price="0.0"), 6, "RETURN"),
    ],
)
def test_a_row_becomes_a_signed_change(line: str, change: int, action: str) -> None:
    movement = year_from(line).movements[0]
    assert (movement.change, movement.action) == (change, action)


def test_a_row_keeps_its_invoice_its_time_as_utc_and_its_line() -> None:
    movement = year_from(row(), row(invoice="C1", date="2011-01-04 10:00:00")).movements[1]
    assert movement == Movement(3, "85123A", -6, "SALE", "2011-01-04T10:00:00Z", "C1")


@pytest.mark.parametrize("code", ["85123A", " 85123a ", "22423", "15056BL"])
def test_a_code_of_five_digits_and_letters_is_a_sku(code: str) -> None:
    assert year_from(row(code=code)).movements[0].sku == code.strip().upper()


@pytest.mark.parametrize(
    "code",
    ["POST", "D", "", "1234", "123456", "85123A1", "C2", "gift_0001_20", "DCGS0076", "８５１２３"],
)
def test_other_codes_are_skipped_and_counted(code: str) -> None:
    year = year_from(row(code=code), row())
    assert (year.rows, year.skipped, len(year.movements)) == (2, 1, 1)


def test_a_row_without_a_quantity_moves_nothing() -> None:
    assert year_from(row(quantity=0), row()).skipped == 1


def test_exact_duplicates_are_real() -> None:
    assert len(year_from(row(), row(), row()).movements) == 3


def test_the_name_is_the_first_that_is_not_blank_and_the_price_the_last_that_is_not_zero() -> None:
    year = year_from(
        row(name=" ", price="1.25"),
        row(name=" FIRST ", price="2.55"),
        row(name="SECOND", price="0.0"),
    )
    product = year.products["85123A"]
    assert (product.name, product.price) == ("FIRST", "2.55")


def test_an_item_without_a_name_and_a_price_has_its_sku_and_zero() -> None:
    plan = plan_of(year_from(row(name="", price="0.0", quantity=5)), Options())
    assert (plan.items[0].name, plan.items[0].price) == ("85123A", "0")


@given(st.lists(st.integers(-9, 9).filter(bool), min_size=1))
def test_the_opening_stock_is_the_smallest_that_never_goes_below_zero(sold: list[int]) -> None:
    product = year_from(*(row(quantity=quantity) for quantity in sold)).products["85123A"]
    levels = [product.needed - sum(sold[:end]) for end in range(len(sold) + 1)]
    assert min(levels) == 0 or product.needed == 0
    assert min(levels) >= 0
    assert product.needed + product.balance == levels[-1]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["nothing,of,this"], "does not name the columns"),
        ([], "does not name the columns"),
        ([HEADER, row().replace(",6,", ",six,")], "line 2"),
        ([HEADER, row(), row(price="free")], "line 3"),
        ([HEADER, row(date="yesterday")], "line 2"),
        ([HEADER, "536365,85123A"], "line 2"),
    ],
)
def test_a_file_that_cannot_be_read_says_where(
    tmp_path: Path, lines: list[str], words: str
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(lines))
    with pytest.raises(WrongUsage, match=words):
        read_year(path)


def test_a_file_is_read_plain_or_packed_and_as_far_as_wanted(tmp_path: Path) -> None:
    text = "\n".join([HEADER, row(), row(code="POST"), row(quantity=1)]) + "\n"
    plain, packed = tmp_path / "rows.csv", tmp_path / "rows.csv.xz"
    plain.write_text(text)
    packed.write_bytes(lzma.compress(text.encode()))
    assert read_year(plain) == read_year(packed)
    assert read_year(plain, 2).rows == 2
    packed.write_bytes(packed.read_bytes()[:-20])
    with pytest.raises(WrongUsage):
        read_year(packed)


# --- how rows are cut into commands -----------------------------------------------------------

SMALL = [
    row(
        code=f"1000{number % 7}", quantity=number % 5 + 1, date=f"2010-12-01 08:{number // 9:02}:00"
    )
    for number in range(100)
]


def commands_of(plan: Plan) -> list[Command]:
    return [plan.first, *plan.openings, *(command for lane in plan.lanes for command in lane)]


def rows_of(commands: list[Command]) -> list[int]:
    return [m.row for command in commands for m in command.movements if m.row]


@pytest.mark.parametrize("lanes", [1, 3, 8])
@pytest.mark.parametrize("batch", [1, 7, 250])
@pytest.mark.parametrize("by_minute", [False, True])
def test_every_row_is_in_one_command_and_a_sku_stays_in_order(
    lanes: int, batch: int, by_minute: bool
) -> None:
    year = year_from(*SMALL)
    plan = plan_of(year, Options(batch, lanes, by_minute))
    assert sorted(rows_of(commands_of(plan))) == [m.row for m in year.movements]
    lane_of: dict[str, int] = {}
    for number, lane in enumerate(plan.lanes):
        assert rows_of(lane) == sorted(rows_of(lane))
        for command in lane:
            assert len(command.movements) <= batch
            assert not by_minute or len({m.occurred_at for m in command.movements}) == 1
            assert {lane_of.setdefault(m.sku, number) for m in command.movements} == {number}
    keys = [command.key for command in commands_of(plan)]
    assert len(set(keys)) == len(keys)
    assert max(map(len, keys)) <= 200


def test_an_opening_comes_before_the_skus_first_movement() -> None:
    plan = plan_of(year_from(*SMALL), Options(batch=2))
    openings = [plan.first, *plan.openings]
    opened = [m for command in openings for m in command.movements]
    assert [m.sku for m in opened] == [f"1000{number}" for number in range(7)]
    assert {(m.action, m.occurred_at) for m in opened} == {("RECEIPT", "2010-12-01T08:00:00Z")}


def test_the_same_rows_and_options_are_the_same_plan() -> None:
    assert plan_of(year_from(*SMALL), Options()) == plan_of(year_from(*SMALL), Options())


@pytest.mark.parametrize(
    "options", [Options(batch=249), Options(lanes=3), Options(by_minute=True), Options(buyer=True)]
)
def test_another_plan_for_the_same_data_begins_with_the_same_key_and_other_words(
    options: Options,
) -> None:
    one, other = plan_of(year_from(*SMALL), Options()), plan_of(year_from(*SMALL), options)
    assert one.first.key == other.first.key
    assert one.first.movements[0] != other.first.movements[0]


def test_fewer_rows_and_a_changed_row_are_another_plan_for_the_same_data() -> None:
    whole = plan_of(year_from(*SMALL), Options())
    for rows in (SMALL[:50], [*SMALL[:-1], row(quantity=77)]):
        plan = plan_of(year_from(*rows), Options())
        assert plan.first.key == whole.first.key
        assert plan.fingerprint != whole.fingerprint


def test_other_data_have_other_keys() -> None:
    plan, other = plan_of(year_from(*SMALL), Options()), plan_of(year_from(row()), Options())
    assert not {c.key for c in commands_of(plan)} & {c.key for c in commands_of(other)}


def test_a_plan_without_openings_is_marked_all_the_same() -> None:
    plan = plan_of(year_from(*(row(quantity=-1, code=f"1000{n}") for n in range(9))), Options())
    assert plan.first.key == f"{plan.name}:first"
    assert not plan.openings
    assert sorted(rows_of(commands_of(plan))) == list(range(2, 11))


def test_a_file_that_moves_nothing_is_no_plan() -> None:
    with pytest.raises(WrongUsage, match="moves stock"):
        plan_of(year_from(row(code="POST")), Options())


def test_a_command_fits_into_a_request_whatever_its_references() -> None:
    rows = [row(invoice="\x01" * 150, code="12345" + "A" * 40) for _ in range(300)]
    plan = plan_of(year_from(*rows), Options(lanes=1))
    sizes = [
        len(json.dumps([line_of(movement) for movement in command.movements]))
        for command in commands_of(plan)
    ]
    assert max(sizes) < COMMAND_BYTES_MAX
    assert len(rows_of(commands_of(plan))) == 300


def test_a_line_holds_what_the_api_wants_and_nothing_empty() -> None:
    assert line_of(Movement(2, "85123A", -6, "SALE", "2010-12-01T08:26:00Z", "536365")) == {
        "item": {"sku": "85123A"},
        "quantity": -6,
        "actionType": "SALE",
        "reference": "536365",
        "occurredAt": "2010-12-01T08:26:00Z",
    }


def test_with_a_buyer_a_sale_that_is_refused_means_that_the_item_is_low() -> None:
    year = year_from(row(quantity=5), row(quantity=40), row(quantity=300), row(quantity=2000))
    item = item_of(year.products["85123A"], Options(buyer=True))
    assert item.min_stock == 2000  # the largest sale: less than it in stock is low
    assert item.opening is not None
    assert item.opening.change == 2345  # all it needs, which is less than an order
    year = year_from(*(row(quantity=10) for _ in range(100)))
    item = item_of(year.products["85123A"], Options(buyer=True))
    assert item.opening is not None
    assert item.min_stock < item.opening.change == lot_of(item.min_stock) == 41


# --- when a command is due --------------------------------------------------------------------


async def test_without_a_speed_everything_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asyncio, "sleep", _never)
    pace = Pace(None)
    pace.begins("2010-12-01T08:00:00Z")
    await pace.wait("2011-12-01T08:00:00Z")


async def test_a_speed_counts_from_the_first_new_command(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    pace = Pace(60.0)
    await pace.wait("2010-12-01T07:00:00Z")  # booked by an earlier run
    assert not slept
    pace.begins("2010-12-01T08:00:00Z")
    await pace.wait("2010-12-01T08:10:00Z")
    assert slept == [pytest.approx(10.0, abs=0.5)]


async def test_the_first_new_row_of_a_lane_begins_the_pace_and_no_opening_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pace = Pace(1.0)
    begun: list[str] = []
    monkeypatch.setattr(pace, "begins", begun.append)
    plan = plan_of(year_from(*SMALL[:30]), Options(lanes=1, batch=5, by_minute=True))
    ledger = Ledger()
    seller = Seller(cast(Account, ledger), plan, Tally(), pace, None)
    await seller.open()
    assert not begun
    await seller.sell()
    assert begun[0] == "2010-12-01T08:00:00Z"
    begun.clear()
    await seller.sell()
    assert not begun


async def _never(_: float) -> None:
    raise AssertionError("nothing to wait for")


# --- interruptions, against a small model of the server ---------------------------------------


class Interrupted(Exception):
    """The process died here."""


@dataclass
class Ledger:
    """What the API promises of stock and keys, in memory. The client dies when the call number
    `lives` has had its effect, before it hears the answer."""

    lives: int = 10**9
    stock: dict[str, int] = field(default_factory=dict)
    kept: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    booked: Counter[tuple[str, int, str | None]] = field(default_factory=Counter)
    restock: Callable[[str], None] = field(default=lambda _: None)

    async def call(self, operation: Any, variables: dict[str, Any]) -> Any:
        await asyncio.sleep(0)
        if "createItem" in operation.text:
            answer = {name: self._create(item) for name, item in variables.items()}
        else:
            answer = {"adjustStockBatch": self._adjust(**variables["input"])}
        self.lives -= 1
        if self.lives <= 0:
            raise Interrupted
        return answer

    def _create(self, item: dict[str, Any]) -> dict[str, Any]:
        if item["sku"] in self.stock:
            return {"userErrors": [{"code": "ALREADY_EXISTS", "message": "taken"}]}
        self.stock[item["sku"]] = 0
        return {"userErrors": []}

    def _adjust(
        self, idempotencyKey: str, lines: list[dict[str, Any]], onError: str
    ) -> dict[str, Any]:
        wanted = json.dumps([lines, onError])
        if idempotencyKey in self.kept:
            given, result = self.kept[idempotencyKey]
            if given != wanted:
                return _result([_error("IDEMPOTENCY_KEY_REUSED", 0)])
            return {**result, "replayed": True}
        stock, errors, applied = dict(self.stock), [], []
        for number, line in enumerate(lines):
            sku = line["item"]["sku"]
            if sku not in stock:
                errors.append(_error("NOT_FOUND", number))
            elif stock[sku] + line["quantity"] < 0:
                errors.append(_error("INSUFFICIENT_STOCK", number))
                self.restock(sku)
            else:
                stock[sku] += line["quantity"]
                applied.append((sku, line["quantity"], line.get("reference")))
        if (errors and onError == "ABORT_ALL") or not applied:
            return _result(errors)
        self.stock |= {sku: stock[sku] for sku, *_ in applied}
        self.booked.update(applied)
        result = {**_result(errors), "applied": len(applied)}
        self.kept[idempotencyKey] = wanted, result
        return result


def _result(errors: list[dict[str, Any]]) -> dict[str, Any]:
    return {"applied": 0, "replayed": False, "cursor": "c", "userErrors": errors}


def _error(code: str, number: int) -> dict[str, Any]:
    return {"code": code, "message": code, "field": ["input", "lines", str(number), "quantity"]}


async def sell(ledger: Ledger, plan: Plan, restocked: asyncio.Event | None = None) -> Tally:
    tally = Tally()
    seller = Seller(cast(Account, ledger), plan, tally, Pace(None), restocked)
    await seller.open()
    await seller.sell()
    return tally


def wanted_of(plan: Plan) -> Counter[tuple[str, int, str | None]]:
    return Counter(
        (m.sku, m.change, m.reference) for command in commands_of(plan) for m in command.movements
    )


async def test_a_replay_that_dies_anywhere_and_runs_again_books_every_row_once() -> None:
    year = year_from(*SMALL)
    plan = plan_of(year, Options(batch=10, lanes=3))
    for lives in count(1):
        ledger = Ledger(lives)
        with suppress(Interrupted):
            await sell(ledger, plan)
        died = ledger.lives <= 0
        ledger.lives = 10**9
        tally = await sell(ledger, plan)
        assert tally.sent + tally.replayed == len(year.movements)
        assert ledger.booked == wanted_of(plan)
        assert ledger.stock == {s: p.needed + p.balance for s, p in year.products.items()}
        if not died:
            break
    assert lives > 10


async def test_with_a_buyer_it_books_every_row_once_wherever_it_dies() -> None:
    plan = plan_of(
        year_from(*(row(code=f"1000{n % 3}", quantity=n % 9 + 1) for n in range(200))),
        Options(batch=20, lanes=2, buyer=True),
    )
    for lives in count(1):
        ledger = Ledger(lives)
        ledger.restock = buyer_of(ledger, lives)
        with suppress(Interrupted):
            await sell(ledger, plan, always_restocked())
        died = ledger.lives <= 0
        ledger.lives = 10**9
        ledger.restock = buyer_of(ledger, lives + 1)  # no run is as lucky as another
        await sell(ledger, plan, always_restocked())
        assert ledger.booked == wanted_of(plan)
        if not died:
            break
    assert lives > 20  # sales were refused and sent again


def always_restocked() -> asyncio.Event:
    """Whoever waits for the buyer asks again at once."""

    class Set(asyncio.Event):
        def clear(self) -> None:
            """It stays set."""

    event = Set()
    event.set()
    return event


def buyer_of(ledger: Ledger, luck: int) -> Callable[[str], None]:
    """Stock comes some refusals later, so that commands are refused in part and as a whole."""
    refusals = count(luck)

    def restock(sku: str) -> None:
        if next(refusals) % 4 == 0:
            asyncio.get_running_loop().call_soon(ledger.stock.__setitem__, sku, 9)

    return restock


async def test_another_plan_for_the_same_data_is_refused_and_books_nothing() -> None:
    ledger = Ledger()
    await sell(ledger, plan_of(year_from(*SMALL), Options()))
    booked, items = Counter(ledger.booked), set(ledger.stock)
    for rows, options in ((SMALL, Options(batch=99)), ([*SMALL, row()], Options())):
        with pytest.raises(Failed, match="other options or rows"):
            await sell(ledger, plan_of(year_from(*rows), options))
    assert ledger.booked == booked
    assert set(ledger.stock) == items


async def test_a_sale_that_somebody_else_made_impossible_ends_the_replay() -> None:
    ledger = Ledger()
    plan = plan_of(year_from(*SMALL), Options(lanes=1))
    seller = Seller(cast(Account, ledger), plan, Tally(), Pace(None), None)
    await seller.open()
    ledger.stock["10003"] = 0
    with pytest.raises(Failed, match="INSUFFICIENT_STOCK"):
        await seller.sell()


class Shop:
    """An account on a server that holds these items, two on a page."""

    def __init__(self, stock: dict[str, int]) -> None:
        self._nodes = [{"sku": sku, "stock": units} for sku, units in sorted(stock.items())]

    async def call(self, _: Any, variables: dict[str, Any]) -> Any:
        begin = int(variables["after"] or 0)
        info = {"hasNextPage": begin + 2 < len(self._nodes), "endCursor": str(begin + 2)}
        return {"items": {"nodes": self._nodes[begin : begin + 2], "pageInfo": info}}


async def test_the_stock_is_verified_on_all_pages_and_other_items_do_not_count() -> None:
    year = year_from(*SMALL)
    stock = {sku: product.needed + product.balance for sku, product in year.products.items()}
    assert await verify(cast(Account, Shop({**stock, "OTHER": 7})), year) == sum(stock.values())
    for wrong in ({**stock, "10006": 99}, {s: n for s, n in stock.items() if s != "10006"}):
        with pytest.raises(Failed, match=r"1 items is not .* 10006 has"):
            await verify(cast(Account, Shop(wrong)), year)


# --- the real year ----------------------------------------------------------------------------


@pytest.fixture(scope="session")
def real_file() -> Path:
    if not REAL_FILE.exists():
        words = f"the real data are not beside the repository: {REAL_FILE.relative_to(ROOT.parent)}"
        if in_ci():
            pytest.fail(words)
        pytest.skip(words)
    return REAL_FILE


def test_the_whole_year_comes_to_the_numbers_that_its_readme_tells(real_file: Path) -> None:
    year = read_year(real_file)
    assert (year.rows, year.skipped) == (541_909, 2_995)
    assert (len(year.movements), len(year.products)) == (538_914, 3_926)
    final = [product.needed + product.balance for product in year.products.values()]
    assert sum(product.needed for product in year.products.values()) == 5_645_937
    assert (sum(final), final.count(0)) == (174_343, 3_454)


@dataclass
class Expected:
    """What the first rows of the real file come to, computed here once more."""

    skipped: int = 0
    movements: int = 0
    opening: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    balance: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def stock(self) -> dict[str, int]:
        return {sku: self.opening[sku] + balance for sku, balance in self.balance.items()}

    @property
    def booked(self) -> int:
        """Movements with the opening receipts."""
        return self.movements + sum(1 for opening in self.opening.values() if opening)


def expected_of(file_path: Path, rows: int) -> Expected:
    found = Expected()
    with lzma.open(file_path, "rt", encoding="utf-8", newline="") as file:
        for line in islice(csv.DictReader(file), rows):
            sku = line["StockCode"].strip().upper()
            letters = sku[5:]
            if not (sku[:5].isdigit() and len(sku) >= 5 and (not letters or letters.isalpha())):
                found.skipped += 1
                continue
            is_adjustment = float(line["UnitPrice"]) == 0 and not line["CustomerID"]
            found.movements += 1
            found.balance[sku] += int(line["Quantity"]) * (1 if is_adjustment else -1)
            found.opening[sku] = max(found.opening[sku], -found.balance[sku])
    return found


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    server.create_user()
    with server:
        yield server


def replay(
    server: Server, file: Path, rows: int, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Run the replay to its end."""
    log = server.database.with_name("replay.log")
    log.write_text("")
    arguments = (str(file), "--rows", str(rows), *arguments)
    with client_script("replay.py", server, *arguments, log=log) as process:
        said, _ = process.communicate(timeout=PATIENCE_S)
        return subprocess.CompletedProcess(arguments, process.returncode, said, log.read_text())


def numbers_of(said: str) -> dict[str, int]:
    """The lines that the replay ends with, but those of time."""
    pairs = (line.rsplit(maxsplit=1) for line in said.splitlines())
    return {words: int(value.replace(",", "")) for words, value in pairs if "." not in value}


def wait_until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)


def movements_in(server: Server) -> int:
    with suppress(Exception):  # the tables may not be there yet
        return int(server.rows("SELECT count(*) FROM movement")[0][0])
    return 0


def assert_right(server: Server, expected: Expected) -> None:
    """The server holds the rows, each once, and alerts that follow from its stock."""
    items = server.rows("SELECT id, sku, stock, min_stock FROM item")
    assert {sku: stock for _, sku, stock, _ in items} == expected.stock
    assert movements_in(server) == expected.booked
    alerts = server.rows("SELECT item_id, type, severity FROM alert WHERE status <> 'RESOLVED'")
    moved = server.rows("SELECT DISTINCT item_id FROM movement WHERE quantity > 0")
    stocked = {item for (item,) in moved}
    wanted = {
        item: alert_called_for(stock, least, False, item in stocked)
        for item, _, stock, least in items
    }
    assert len({item for item, *_ in alerts}) == len(alerts)
    assert {item: tuple(rest) for item, *rest in alerts} == {
        item: alert for item, alert in wanted.items() if alert is not None
    }
    checked = server.command("check-ledger")
    assert checked.returncode == 0, checked.stderr


def committed(server: Server, topic: str, events: Path) -> list[int]:
    """The positions of what a watch that began where this one did has to hear of a topic."""
    first = json.loads(events.read_bytes().splitlines()[0])
    assert first["kind"] == "start"
    return [
        position
        for (position,) in server.rows(
            "SELECT position FROM event WHERE topic = ? AND kind <> 'CHANGED' AND position > ? "
            "ORDER BY position",
            topic,
            decode_cursor(first["places"]["inventory"]).position,
        )
    ]


def heard_in(events: Path, kind: str) -> list[int]:
    """The positions of the events that a watch has written, in its order."""
    lines = [json.loads(line) for line in events.read_bytes().splitlines()]
    return [decode_cursor(line["cursor"]).position for line in lines if line["kind"] == kind]


@pytest.mark.early
def test_the_rows_are_booked_once_and_a_watch_that_is_killed_sees_each_event_once(
    server: Server, real_file: Path, tmp_path: Path
) -> None:
    expected = expected_of(real_file, REAL_ROWS)
    events, log = tmp_path / "events.jsonl", tmp_path / "scripts.log"
    watching = ("watch.py", server, "--no-table", "--jsonl", str(events))
    sizes = []
    with client_script("replay.py", server, str(real_file), "--rows", str(REAL_ROWS), log=log) as (
        playing
    ):
        for lines in WATCH_KILLED_AT:  # killed early, and twice in the thick of it
            with client_script(*watching, log=log) as killed:
                wait_until(partial(_has_lines, events, lines))
                killed.kill()
                killed.wait(PATIENCE_S)
            sizes.append(_lines_in(events))
        with client_script(*watching, log=log) as watch:
            said, _ = playing.communicate(timeout=PATIENCE_S)
            assert playing.returncode == 0, log.read_text()
            wanted = {kind: committed(server, topic, events) for kind, topic in TOPICS.items()}
            total = sum(map(len, wanted.values())) + 1  # the line that tells the start
            wait_until(partial(_has_lines, events, total))
            watch.terminate()
            assert watch.wait(PATIENCE_S) == 0, log.read_text()
    assert sizes[-1] < total
    for kind, positions in wanted.items():
        assert heard_in(events, kind) == positions
    numbers = numbers_of(said)
    assert numbers["rows read"] == REAL_ROWS
    assert numbers["rows skipped"] == expected.skipped
    assert numbers["items"] == len(expected.stock)
    assert (numbers["movements sent"], numbers["movements replayed"]) == (expected.movements, 0)
    assert numbers["units, verified"] == sum(expected.stock.values())
    assert_right(server, expected)


@pytest.mark.early
@pytest.mark.campaign
def test_a_server_that_is_killed_in_the_middle_ends_with_the_same_stock(
    server: Server, real_file: Path, tmp_path: Path
) -> None:
    expected = expected_of(real_file, KILLED_ROWS)
    log = tmp_path / "scripts.log"
    arguments = (str(real_file), "--rows", str(KILLED_ROWS), "--attempts", "0")
    with client_script("replay.py", server, *arguments, log=log) as playing:
        wait_until(lambda: movements_in(server) > expected.booked // 2)
        server.kill()
        assert playing.wait(PATIENCE_S) == 1
    assert log.read_text().count("\n") == 1
    server.start()
    before = movements_in(server)
    assert expected.booked // 2 < before < expected.booked
    again = replay(server, real_file, KILLED_ROWS)
    assert again.returncode == 0, again.stderr
    numbers = numbers_of(again.stdout)
    assert numbers["movements sent"] == expected.booked - before
    assert numbers["movements sent"] + numbers["movements replayed"] == expected.movements

    other = replay(server, real_file, KILLED_ROWS, "--batch", "100")
    assert other.returncode == 1
    assert other.stderr.count("\n") == 1
    assert "other options" in other.stderr
    once_more = replay(server, real_file, KILLED_ROWS)
    assert numbers_of(once_more.stdout)["movements sent"] == 0
    assert_right(server, expected)


def test_a_buyer_keeps_a_small_stock_going(server: Server, real_file: Path) -> None:
    done = replay(server, real_file, BUYER_ROWS, "--buyer")
    assert done.returncode == 0, done.stderr
    numbers = numbers_of(done.stdout)
    assert numbers["orders bought"] > 0
    sold = "SELECT count(*) FROM movement WHERE action_type <> 'RECEIPT'"
    assert server.rows(sold) == [(BUYER_ROWS - numbers["rows skipped"],)]
    assert server.command("check-ledger").returncode == 0
    again = replay(server, real_file, BUYER_ROWS, "--buyer")
    assert again.returncode == 0, again.stderr
    assert numbers_of(again.stdout)["movements sent"] == 0
    assert server.rows(sold) == [(BUYER_ROWS - numbers["rows skipped"],)]


def _lines_in(events: Path) -> int:
    return events.read_bytes().count(b"\n") if events.exists() else 0


def _has_lines(events: Path, least: int) -> bool:
    return _lines_in(events) >= least
