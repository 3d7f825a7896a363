"""What an alert says, in a title and a sentence. Pure; called by rules.py and lifecycle.py.

Both carry the SKU, because two items may have one name; the title keeps it however long the
name is, since a phone's list shows little more than that.
"""

from __future__ import annotations

TITLE_NAME_MAX = 80  # characters of the name, so that a SKU (at most 64) fits behind it


def title(told: str, name: str, sku: str | None) -> str:
    """Like "Low stock: Hammer (H-1)". told: what is wrong."""
    return f"{told}: {labelled(cut(name, TITLE_NAME_MAX), sku)}"


def labelled(name: str, sku: str | None) -> str:
    """The item as people look for it. sku None: not known."""
    return name if sku is None or sku == name else f"{name} ({sku})"


def at(told: str, place: str | None) -> str:
    """What is told, with the code of the location that it is told of."""
    return told if place is None else f"{told} at {place}"


def message(item: str, stock: int, stock_before: int | None, min_stock: int) -> str:
    """Of too little: how much is there, whether that is more or less than before, and what it
    should be.

    stock_before None: it is not known, or has not changed.
    """
    return _message(item, stock, stock_before, min_stock, "its minimum")


def message_there(item: str, stock: int, stock_before: int | None, min_stock: int) -> str:
    """As `message`, of one location. item: with that location."""
    return _message(item, stock, stock_before, min_stock, "its minimum there")


def _message(item: str, stock: int, stock_before: int | None, min_stock: int, minimum: str) -> str:
    if stock == 0:
        return f"{item} is out of stock" + (f"; {minimum} is {min_stock}." if min_stock else ".")
    rose = stock_before is not None and stock > stock_before
    fell = stock_before is not None and stock < stock_before
    amount = f"is up to {stock}" if rose else f"is down to {stock}" if fell else f"has {stock}"
    if stock > min_stock:
        return f"{item} {amount}, above {minimum} of {min_stock}."
    return f"{item} {amount}{', still low' if rose else ''}; {minimum} is {min_stock}."


def cut(text: str, characters_max: int) -> str:
    """`text` within measure."""
    return text if len(text) <= characters_max else text[: characters_max - 1] + "…"
