"""Fills a database for a demo: sample items with four weeks behind them, some of them low, and one
user for each role.

Called by scripts/run. What is there already stays; the users get their demo passwords again.
"""

from __future__ import annotations

import asyncio
import random

from endings import WrongUsage, launch
from rich.console import Console
from rich.table import Table

from graphql_api.accounts.roles import Role
from graphql_api.accounts.users import NewUser, UserChange, Users
from graphql_api.clock import DAY_US, SECOND_US, HeldClock, SystemClock
from graphql_api.errors import AlreadyExists, ApplicationError, ConfigurationError
from graphql_api.inventory.items import ItemRef, Items, NewItem
from graphql_api.inventory.stock import ActionType, AdjustStock, BulkPolicy, StockLedger, StockLine
from graphql_api.process import open_services
from graphql_api.services import Services
from graphql_api.settings import read_settings
from graphql_api.values import MONEY_SCALE

# For a server on this machine: `serve` listens on 127.0.0.1 unless told otherwise.
USERS = (
    ("admin@example.com", "Ada Admin", "demo-admin-password", Role.ADMIN),
    ("user@example.com", "Uli User", "demo-user-password", Role.USER),
    ("viewer@example.com", "Vera Viewer", "demo-viewer-password", Role.VIEWER),
)

# SKU, name, category, price in cents, minimum, stock
ITEMS = (
    ("HAM-16", "Claw hammer 16 oz", "tools", 1_890, 10, 42),
    ("SCR-PH2", "Screwdriver PH2", "tools", 690, 20, 18),
    ("SAW-HND", "Hand saw 550 mm", "tools", 2_450, 5, 0),
    ("DRL-18V", "Cordless drill 18 V", "tools", 12_900, 4, 7),
    ("TAP-5M", "Tape measure 5 m", "tools", 890, 15, 60),
    ("NAI-50", "Nails 50 mm, box of 500", "fixings", 1_150, 30, 25),
    ("SCW-440", "Screws 4 × 40, box of 200", "fixings", 990, 40, 9),
    ("PLG-8", "Wall plugs 8 mm, box of 100", "fixings", 450, 25, 130),
    ("PNT-WH5", "Wall paint white 5 l", "paint", 3_290, 8, 12),
    ("PNT-RD1", "Gloss paint red 1 l", "paint", 1_690, 6, 3),
    ("BRU-50", "Flat brush 50 mm", "paint", 590, 12, 31),
    ("ROL-25", "Paint roller 25 cm", "paint", 790, 10, 22),
    ("GLV-L", "Work gloves L", "safety", 750, 20, 48),
    ("GOG-1", "Safety goggles", "safety", 1_090, 10, 5),
    ("HLM-Y", "Helmet yellow", "safety", 2_190, 5, 16),
    ("EAR-30", "Ear defenders 30 dB", "safety", 1_790, 6, 14),
)


WRONG_USAGE, GIVEN_UP = 2, 130  # exit codes

WEEKS = 4
DAY_S = DAY_US // SECOND_US
BUSY = (1.0, 0.8, 0.9, 1.0, 1.3, 1.6, 0.0)  # how much is sold on each day of a week


async def fill(services: Services, clock: HeldClock) -> None:
    """Create what is missing. Only an empty database gets a past: `clock` goes back for it."""
    if (await services.log.head()).position == 0:
        await live_through(services, clock)
    for email, name, password, role in USERS:
        try:
            await services.of(Users).create(NewUser(email, name, password, role))
        except AlreadyExists:
            await _reset(services, email, password, role)


async def live_through(services: Services, clock: HeldClock) -> None:
    """Four weeks: sales on most days, and once a week as much received as was sold before."""
    chance = random.Random(7)  # noqa: S311  # the same demo for everybody
    clock.advance(-WEEKS * 7 * DAY_S)
    sales = {item[0]: sold_by_day(chance, item[4]) for item in ITEMS}
    opening = {item[0]: item[5] + sum(sales[item[0]][-7:]) for item in ITEMS}
    for sku, name, category, cents, minimum, _ in ITEMS:
        price = cents * MONEY_SCALE // 100
        stock = opening[sku]
        columns = {"sku": sku, "name": name, "category": category, "min_stock": minimum}
        columns |= {"price": price, "cost": price // 2}
        item = NewItem(columns, stock, location_id=None, user_id=None)
        await services.of(Items).create(item)
    on_hand = dict(opening)
    for day in range(WEEKS * 7):
        changes: list[StockLine] = []
        for sku, level in on_hand.items():
            received = opening[sku] - level if day % 7 == 0 else 0
            sold = min(sales[sku][day], level + received)
            on_hand[sku] = level + received - sold
            wanted = ((received, ActionType.RECEIPT), (-sold, ActionType.SALE))
            changes += [
                StockLine(ItemRef("sku", sku), units, why) for units, why in wanted if units
            ]
        if changes:
            await services.of(StockLedger).carry_out(
                AdjustStock(
                    f"demo day {day}",
                    tuple(changes),
                    BulkPolicy.ABORT_ALL,
                    True,
                    None,
                    sees_admins=True,
                )
            )
        clock.advance(DAY_S)


def sold_by_day(chance: random.Random, minimum: int) -> list[int]:
    """Units for each day of the weeks, about twice the minimum in each of them."""
    return [round(chance.uniform(0, 4) * minimum / 7 * BUSY[day % 7]) for day in range(WEEKS * 7)]


async def _reset(services: Services, email: str, password: str, role: Role) -> None:
    for user in await services.of(Users).page(1_000, None):
        if user.email == email:
            change = UserChange(user.id, role=role, active=True, password=password)
            await services.of(Users).change(change)


def main() -> None:
    """Fill the database of DATABASE_URL for a demo, and print who may sign in."""
    try:
        asyncio.run(demonstrate())
    except ConfigurationError as error:
        raise WrongUsage(str(error)) from None


async def demonstrate() -> None:
    clock = HeldClock(SystemClock().now_us())
    settings = read_settings()
    if settings.is_production:
        raise ConfigurationError(
            "the demo refuses ENVIRONMENT=production: the passwords of its users are public"
        )
    async with open_services(settings, clock=clock) as services:
        await fill(services, clock)
    table = Table("sign in with", "password", "may", title="Demo users")
    for email, _, password, role in USERS:
        table.add_row(email, password, role.value)
    Console().print(table)


if __name__ == "__main__":
    launch("error", main, failures=(ApplicationError,))
