"""What a file of the gallery comes to."""

from __future__ import annotations

# An item: SKU, name, price, cost, stock, minimum, category, barcode, place of its stock.
Told = tuple[str, str, str, str | None, int, int, str | None, str | None, str | None]


def told(
    sku: str,
    name: str,
    price: str = "0.00",
    stock: int = 0,
    *,
    cost: str | None = None,
    least: int = 0,
    category: str | None = None,
    barcode: str | None = None,
    place: str | None = "Main",
) -> Told:
    return (sku, name, price, cost, stock, least, category, barcode, place if stock else None)
