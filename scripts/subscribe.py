"""The smallest subscriber: prints every change of stock, and loses none to a lost connection.

INVENTORY_PASSWORD=… .venv/bin/python scripts/subscribe.py viewer@example.com http://127.0.0.1:8000
"""

import asyncio
import os
import sys

from graphql_api.client import InventoryClient
from graphql_api.client.account import Failed

UPDATES = """subscription ($after: Cursor) {
  inventoryUpdated(after: $after) { cursor type item { sku stock } }
}"""


async def main(email: str, url: str) -> None:
    async with InventoryClient(url, email, os.environ["INVENTORY_PASSWORD"]) as client:
        now = await client.execute("{ syncCursor }")
        async for update in client.subscribe(UPDATES, after=now["syncCursor"]):
            print(update["type"], update["item"]["sku"], update["item"]["stock"], flush=True)


if len(sys.argv) != 3 or "INVENTORY_PASSWORD" not in os.environ:
    sys.exit("usage: INVENTORY_PASSWORD=… subscribe.py EMAIL URL")
try:
    asyncio.run(main(*sys.argv[1:]))
except (Failed, ValueError) as error:
    sys.exit(f"subscribe: {error}")
except KeyboardInterrupt:
    sys.exit(130)
