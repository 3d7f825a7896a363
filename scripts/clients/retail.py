"""How the rows of the retail year become stock movements. Pure: no network, no clock.

The rules are those of the data's README ("How a retail row becomes a stock movement"); a rule's
number stands where it is applied. Used by replay.py.

What is sent is a plan: commands that are cut the same way whenever the same rows are read with
the same options. Each command has an idempotency key, made of the data's identity and its rows,
so the server applies it once however often it is sent. Commands that were cut differently would
have other keys for the same rows; hence the first command of every plan has the same key for the
same data, and carries the plan's fingerprint as its reason. A server that has begun one plan
answers the first command of another with IDEMPOTENCY_KEY_REUSED, before anything is doubled.

Rows go in lanes. A SKU belongs to one lane, and a lane's commands are sent one after the other,
so each SKU's order is that of the file while several commands are under way.
"""

from __future__ import annotations

import csv
import hashlib
import lzma
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from clients.options import WrongUsage

RULES = 1  # raise when a rule or the cutting changes: plans of different rules must not be mixed
SKU = re.compile(r"\d{5}[A-Z]*", re.ASCII)
COLUMNS = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice",
           "CustomerID")  # fmt: skip
COMMAND_BYTES_MAX = 60_000  # of its lines; the server takes 64 KiB with everything around them
LINE_BYTES_MAX = 130  # of a line without its SKU and reference
CHARACTER_BYTES_MAX = 6  # a control character as JSON
MIN_STOCK_PART = 10  # an item runs low at a tenth of its opening stock
BUYER_LOT = 4  # largest sales that a buyer's order covers


class Movement(NamedTuple):
    """A change of stock. row: its line in the file, 0: an opening. change: signed, not 0."""

    row: int
    sku: str
    change: int
    action: str
    occurred_at: str
    reference: str | None = None
    reason: str | None = None


@dataclass(slots=True)
class Product:
    """A SKU and what the rows tell of it. needed: the opening stock of rule 4."""

    sku: str
    opened_at: str
    name: str = ""
    price: str = "0"
    needed: int = 0
    balance: int = 0  # the sum of its changes
    largest: int = 0  # the largest single decrease

    def take(self, movement: Movement) -> None:
        self.balance += movement.change
        self.needed = max(self.needed, -self.balance)
        self.largest = max(self.largest, -movement.change)


@dataclass(slots=True)
class Year:
    """What was read. rows: all of them; skipped: those that move no stock."""

    rows: int = 0
    skipped: int = 0
    movements: list[Movement] = field(default_factory=list)
    products: dict[str, Product] = field(default_factory=dict)  # by SKU, as they appear


@dataclass(frozen=True, slots=True)
class NewItem:
    """An item to create, and the receipt it opens with; None: it needs none."""

    sku: str
    name: str
    price: str
    min_stock: int
    opening: Movement | None


@dataclass(frozen=True, slots=True)
class Command:
    """What one adjustStockBatch books."""

    key: str
    movements: tuple[Movement, ...]


@dataclass(frozen=True, slots=True)
class Options:
    """What a plan depends on. by_minute: a command never spans two of the file's minutes."""

    batch: int = 250
    lanes: int = 4
    by_minute: bool = False
    buyer: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is to be sent: items, `first` alone, openings, then the lanes side by side."""

    name: str
    fingerprint: str
    items: list[NewItem]
    first: Command
    openings: list[Command]
    lanes: list[list[Command]]


def read_year(path: Path, rows: int | None = None) -> Year:
    """The first `rows` rows of a .csv or .csv.xz file; None: all. Raises WrongUsage."""
    opened = lzma.open if path.suffix == ".xz" else open
    try:
        with opened(path, "rt", encoding="utf-8", newline="") as file:
            return year_of(islice(csv.reader(file), None if rows is None else rows + 1))
    except (OSError, UnicodeDecodeError, csv.Error, EOFError, lzma.LZMAError) as error:
        what = error.strerror if isinstance(error, OSError) else error
        raise WrongUsage(f"{path}: {what}") from error


def year_of(lines: Iterable[Sequence[str]]) -> Year:
    """The year told by these lines, the header first. Raises WrongUsage."""
    lines = iter(lines)
    header = next(lines, [])
    try:
        places = [header.index(column) for column in COLUMNS]
    except ValueError:
        raise WrongUsage(f"the first line does not name the columns {', '.join(COLUMNS)}") from None
    year = Year()
    for number, line in enumerate(lines, start=2):
        year.rows += 1
        try:
            invoice, code, name, quantity, date, price, customer = [line[i] for i in places]
            movement = movement_of(number, invoice, code, quantity, date, price, customer)
        except (IndexError, ValueError) as error:
            raise WrongUsage(f"line {number}: {error}") from None
        if movement is None:
            year.skipped += 1
            continue
        year.movements.append(movement)
        product = year.products.get(movement.sku)
        if product is None:
            product = year.products[movement.sku] = Product(movement.sku, movement.occurred_at)
        product.take(movement)
        # Rule 5: the first name that is one, and the last price.
        product.name = product.name or name.strip()
        if not is_zero(price):
            product.price = price
    return year


def movement_of(
    row: int, invoice: str, code: str, quantity: str, date: str, price: str, customer: str
) -> Movement | None:
    """Rules 1, 2, 3 and 5; None: the row moves no stock. Raises ValueError."""
    sku = sku_of(code)
    units = int(quantity)
    if sku is None or not units:
        return None
    if is_zero(price) and not customer.strip():
        change, action = units, "CORRECTION" if units > 0 else "WRITE_OFF"
    else:
        change, action = -units, "SALE" if units > 0 else "RETURN"
    return Movement(row, sku, change, action, utc_of(date), invoice.strip())


# The same codes, prices and minutes come again and again: each is looked at once.


@lru_cache(10_000)
def sku_of(code: str) -> str | None:
    """Rule 1; None: no SKU but a fee, postage or a gift."""
    sku = code.strip().upper()
    return sku if SKU.fullmatch(sku) else None


@lru_cache(10_000)
def is_zero(price: str) -> bool:
    """Raises ValueError for what is no number."""
    return float(price) == 0


@lru_cache(1_000)
def utc_of(date: str) -> str:
    """Rule 5: the file's time, which is taken for UTC. Raises ValueError."""
    return datetime.fromisoformat(date).replace(tzinfo=None).isoformat() + "Z"


def plan_of(year: Year, options: Options) -> Plan:
    """The plan for a year. The same rows and options give the same plan. Raises WrongUsage."""
    if not year.movements:
        raise WrongUsage(f"none of the {year.rows} rows moves stock")
    name = identity_of(year.movements[0])
    items = [item_of(product, options) for product in year.products.values()]
    openings = list(_openings(name, items, options))
    lanes = [
        list(_cut(f"{name}:lane{lane}", movements, options))
        for lane, movements in enumerate(_shared_out(year.movements, options.lanes))
    ]
    fingerprint = fingerprint_of(options, chain(openings, *lanes))
    told = (
        f"replay {fingerprint}: {year.rows} rows, {options.batch} a command, {options.lanes} lanes"
        f"{', by the minute' * options.by_minute}{', with a buyer' * options.buyer}"
    )
    queue = openings or next(lane for lane in lanes if lane)
    first = _first(queue.pop(0), name, told)
    return Plan(name, fingerprint, items, first, openings, lanes)


def identity_of(first: Movement) -> str:
    """What the keys of a data set begin with: files that begin alike are one data set, so a file
    that was cut or packed otherwise is known again."""
    return "replay:" + hashlib.blake2b(orjson.dumps(tuple(first)), digest_size=8).hexdigest()


def fingerprint_of(options: Options, commands: Iterable[Command]) -> str:
    """What makes plans the same: everything that is sent, and how it is cut."""
    digest = hashlib.blake2b(repr((RULES, options)).encode(), digest_size=8)
    for command in commands:
        digest.update(orjson.dumps((command.key, [tuple(line) for line in command.movements])))
    return digest.hexdigest()


def item_of(product: Product, options: Options) -> NewItem:
    """How an item is created, and what it opens with (rule 4).

    With a buyer an item is low as soon as its largest sale might not be covered, and the buyer is
    told then; so no sale is refused for ever. An item that opens with all it needs never waits.
    """
    opening, min_stock = product.needed, product.needed // MIN_STOCK_PART
    if options.buyer:
        opening = min(opening, lot_of(product.largest))
        min_stock = product.largest
    receipt = Movement(
        0, product.sku, opening, "RECEIPT", product.opened_at, reason="opening stock"
    )
    return NewItem(
        product.sku,
        product.name or product.sku,
        product.price,
        min_stock,
        receipt if opening else None,
    )


def lot_of(min_stock: int) -> int:
    """What the buyer orders when an item runs low: always more than min_stock."""
    return BUYER_LOT * min_stock + 1


def line_of(movement: Movement) -> dict[str, Any]:
    """The StockLine; what is None is left out."""
    line: dict[str, Any] = {
        "item": {"sku": movement.sku},
        "quantity": movement.change,
        "actionType": movement.action,
        "occurredAt": movement.occurred_at,
    }
    if movement.reference is not None:
        line["reference"] = movement.reference
    if movement.reason is not None:
        line["reason"] = movement.reason
    return line


def _shared_out(movements: Sequence[Movement], lanes: int) -> list[list[Movement]]:
    """The movements of each lane, in file order."""
    shares: list[list[Movement]] = [[] for _ in range(lanes)]
    lane_of: dict[str, list[Movement]] = {}
    for movement in movements:
        lane = lane_of.get(movement.sku)
        if lane is None:
            lane = lane_of[movement.sku] = shares[zlib.crc32(movement.sku.encode()) % lanes]
        lane.append(movement)
    return shares


def _cut(name: str, movements: Iterable[Movement], options: Options) -> Iterator[Command]:
    """A lane's commands: as many movements as the batch, the bytes and the minute allow."""
    some: list[Movement] = []
    size = 0
    for movement in movements:
        bytes_most = _bytes_most(movement)
        size += bytes_most
        if some and (
            len(some) == options.batch
            or size > COMMAND_BYTES_MAX
            or (options.by_minute and movement.occurred_at != some[0].occurred_at)
        ):
            yield _command(name, some)
            some, size = [], bytes_most
        some.append(movement)
    if some:
        yield _command(name, some)


def _bytes_most(movement: Movement) -> int:
    text = len(movement.sku) + len(movement.reference or "") * CHARACTER_BYTES_MAX
    return LINE_BYTES_MAX + text


def _command(name: str, some: Sequence[Movement]) -> Command:
    return Command(f"{name}:{some[0].row}-{some[-1].row}", tuple(some))


def _openings(name: str, items: Iterable[NewItem], options: Options) -> Iterator[Command]:
    receipts = [item.opening for item in items if item.opening]
    for begin in range(0, len(receipts), options.batch):
        some = receipts[begin : begin + options.batch]
        yield Command(f"{name}:opening:{begin}", tuple(some))


def _first(command: Command, name: str, told: str) -> Command:
    """The plan's first command: its key is the data's alone, its reason tells the plan."""
    first, *others = command.movements
    return replace(command, key=f"{name}:first", movements=(first._replace(reason=told), *others))
