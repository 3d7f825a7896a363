"""What an alert says, in a title and a sentence. Pure; called by rules.py and lifecycle.py.

Both carry the SKU, because two items may have one name; the title keeps it however long the
name is, since a phone's list shows little more than that. All of it is `said`, so that a push can
be told in its reader's language: what is told stands in a title, and a title in others, as a value.
"""

from __future__ import annotations

from graphql_api.said import Said, said

TITLE_NAME_MAX = 80  # characters of the name, so that a SKU (at most 64) fits behind it

# By what is told of the amount, and whether the minimum is a location's own.
_OUT = {
    False: "{item} is out of stock; its minimum is {minimum}.",
    True: "{item} is out of stock; its minimum there is {minimum}.",
}
_LOW = {
    ("has", False): "{item} has {stock}; its minimum is {minimum}.",
    ("has", True): "{item} has {stock}; its minimum there is {minimum}.",
    ("up", False): "{item} is up to {stock}, still low; its minimum is {minimum}.",
    ("up", True): "{item} is up to {stock}, still low; its minimum there is {minimum}.",
    ("down", False): "{item} is down to {stock}; its minimum is {minimum}.",
    ("down", True): "{item} is down to {stock}; its minimum there is {minimum}.",
}
_ABOVE = {
    ("has", False): "{item} has {stock}, above its minimum of {minimum}.",
    ("has", True): "{item} has {stock}, above its minimum there of {minimum}.",
    ("up", False): "{item} is up to {stock}, above its minimum of {minimum}.",
    ("up", True): "{item} is up to {stock}, above its minimum there of {minimum}.",
    ("down", False): "{item} is down to {stock}, above its minimum of {minimum}.",
    ("down", True): "{item} is down to {stock}, above its minimum there of {minimum}.",
}


def title(told: str, name: str, sku: str | None) -> Said:
    """Like "Low stock: Hammer (H-1)". told: what is wrong."""
    return said("{told}: {item}", told=told, item=labelled(cut(name, TITLE_NAME_MAX), sku))


def labelled(name: str, sku: str | None) -> str:
    """The item as people look for it. sku None: not known."""
    return name if sku is None or sku == name else f"{name} ({sku})"


def at(told: str, place: str | None) -> str:
    """What is told, with the code of the location that it is told of."""
    return told if place is None else said("{told} at {place}", told=told, place=place)


def message(item: str, stock: int, stock_before: int | None, min_stock: int) -> Said:
    """Of too little: how much is there, whether that is more or less than before, and what it
    should be.

    stock_before None: it is not known, or has not changed.
    """
    return _message(item, stock, stock_before, min_stock, False)


def message_there(item: str, stock: int, stock_before: int | None, min_stock: int) -> Said:
    """As `message`, of one location. item: with that location."""
    return _message(item, stock, stock_before, min_stock, True)


def _message(
    item: str, stock: int, stock_before: int | None, min_stock: int, is_there: bool
) -> Said:
    if stock == 0 and not min_stock:
        return said("{item} is out of stock.", item=item)
    if stock == 0:
        return said(_OUT[is_there], item=item, minimum=min_stock)
    rose = stock_before is not None and stock > stock_before
    fell = stock_before is not None and stock < stock_before
    amount = "up" if rose else "down" if fell else "has"
    if stock > min_stock:
        return said(_ABOVE[amount, is_there], item=item, stock=stock, minimum=min_stock)
    return said(_LOW[amount, is_there], item=item, stock=stock, minimum=min_stock)


def cut(text: str, characters_max: int) -> str:
    """`text` within measure."""
    return text if len(text) <= characters_max else text[: characters_max - 1] + "…"
