"""Fills a database for a demo: sample items, some of them low, and one user for each role.

Called by scripts/run. What is there already stays; the users get their demo passwords again.
"""

from __future__ import annotations

import asyncio
import sys

from rich.console import Console
from rich.table import Table

from graphql_api.accounts.roles import Role
from graphql_api.accounts.users import NewUser, UserChange
from graphql_api.app import open_services
from graphql_api.errors import AlreadyExists, ConfigurationError
from graphql_api.inventory.items import NewItem
from graphql_api.settings import read_settings
from graphql_api.values import MONEY_SCALE
from schema.context import Services

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


async def fill(services: Services) -> None:
    """Create what is missing."""
    for email, name, password, role in USERS:
        try:
            await services.users.create(NewUser(email, name, password, role))
        except AlreadyExists:
            await _reset(services, email, password, role)
    for sku, name, category, cents, minimum, stock in ITEMS:
        price = cents * MONEY_SCALE // 100
        item = NewItem(
            sku, name, "", category, None, "unit", price, price // 2, minimum, stock, None, 0, None
        )
        try:
            await services.items.create(item)
        except AlreadyExists:
            continue


async def _reset(services: Services, email: str, password: str, role: Role) -> None:
    for user in await services.users.page(1_000, None):
        if user.email == email:
            change = UserChange(user.id, role=role, active=True, password=password)
            await services.users.change(change)


async def main() -> None:
    async with open_services(read_settings()) as services:
        await fill(services)
    table = Table("sign in with", "password", "may", title="Demo users")
    for email, _, password, role in USERS:
        table.add_row(email, password, role.value)
    Console().print(table)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except ConfigurationError as error:
        sys.exit(str(error))
