"""How migration 0185 joins the keys of barcodes whose digits stand in groups: 978-3-16-148410-0.

The rule as it was then: later versions may compare otherwise, and then migrate again.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from typing import Any

from graphql_api.database.found_again import BATCH, changed_rows, read_rows

logger = logging.getLogger(__name__)

NAMED_MAX = 100  # lines of the log; of more their number alone

_SEPARATORS = " -\u00a0\u2009\u202f\u2010\u2011\u2012\u2013\u2212"
_PARTED = re.compile(f"[0-9]+(?:[{re.escape(_SEPARATORS)}]+[0-9]+)+")
_JOINED = str.maketrans("", "", _SEPARATORS)
_GTIN = re.compile(r"[0-9]{8}|[0-9]{12,14}")
_GROUPS_OF_8 = re.compile("[0-9]{4}[^0-9]+[0-9]{4}|[01][^0-9]+[0-9]{6}[^0-9]+[0-9]")


async def join_keys(_apps: Any, editor: Any) -> None:
    """Barcodes in groups are kept under their digits; items by their ids, 500 at a time.

    Where another item has these digits already, it keeps them, and the barcode in groups is kept
    as it is written, with a space before it: both are found by their own text as they were. The
    log names both. Where it is the same item, one row is enough.
    """
    last, same = -1, 0
    while rows := await read_rows(
        editor,
        "SELECT item_id, key FROM item_barcode WHERE item_id > ? AND item_id <= (SELECT "
        "max(item_id) FROM (SELECT item_id FROM item_barcode WHERE item_id > ? ORDER BY item_id "
        "LIMIT ?) batch) ORDER BY item_id, key",
        last,
        last,
        BATCH,
    ):
        last = rows[-1][0]
        grouped = [(item_id, key, digits) for item_id, key in rows if (digits := joined_key(key))]
        if grouped:
            same += await _join(editor, grouped, same)
    if same > NAMED_MAX:
        logger.warning("%d barcodes in groups are those of other items too", same)


async def _join(editor: Any, grouped: Sequence[tuple[int, str, str]], told: int) -> int:
    """How many of (item, key, digits) another item has. told: how many were before."""
    wanted = list({digits for _, _, digits in grouped})
    taken = await read_rows(
        editor,
        f"SELECT key, item_id FROM item_barcode WHERE key IN ({', '.join('?' * len(wanted))})",
        *wanted,
    )
    holders: dict[str, int] = dict(taken)
    seen = set(holders)  # who has these digits already needs no second row
    moved: list[tuple[str, str]] = []
    doubled: list[tuple[str]] = []
    same = 0
    for item_id, key, digits in grouped:
        holder = holders.setdefault(digits, item_id)
        if holder != item_id:
            same += 1
            moved.append((f" {key}", key))
            if told + same <= NAMED_MAX:
                _tell(item_id, key, holder, digits)
        elif digits in seen:
            doubled.append((key,))
        else:
            moved.append((digits, key))
        seen.add(digits)
    await changed_rows(editor, "DELETE FROM item_barcode WHERE key = ?", doubled)
    await changed_rows(editor, "UPDATE item_barcode SET key = ? WHERE key = ?", moved)
    return same


def _tell(item_id: int, key: str, holder: int, digits: str) -> None:
    logger.warning(
        "item %s: its barcode %r has the digits of one of item %s, %s, and is found as it is "
        "written alone; change one of them",
        item_id, key, holder, digits,
    )  # fmt: skip


def joined_key(key: str) -> str | None:
    """The key of a GTIN in groups with the right check digit; None: it is none."""
    if not _PARTED.fullmatch(key):
        return None
    digits = key.translate(_JOINED)
    if not _GTIN.fullmatch(digits) or (len(digits) == 8 and not _GROUPS_OF_8.fullmatch(key)):
        return None
    return digits.zfill(14) if _is_right(digits) or _is_upc_e(digits) else None


def _is_right(digits: str) -> bool:
    """Whether the last one is the check digit of those before it: 3, 1, 3 … from the right."""
    weights = ((3, 1)[place % 2] * int(digit) for place, digit in enumerate(reversed(digits[:-1])))
    return (sum(weights) + int(digits[-1])) % 10 == 0


def _is_upc_e(digits: str) -> bool:
    """Whether they are the eight of a UPC-E, whose check digit is that of its twelve."""
    if len(digits) != 8 or digits[0] not in "01":
        return False
    system, body, last, check = digits[0], digits[1:6], digits[6], digits[7]
    if last in "012":
        whole = f"{body[:2]}{last}0000{body[2:]}"
    elif last == "3":
        whole = f"{body[:3]}00000{body[3:]}"
    elif last == "4":
        whole = f"{body[:4]}00000{body[4:]}"
    else:
        whole = f"{body}0000{last}"
    return _is_right(f"{system}{whole}{check}")
