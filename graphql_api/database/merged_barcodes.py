"""How migration 0190 makes one barcode of two spellings of it that one item has:
978-3-16-148410-0 and 9783161484100.

The rule as it was then: later versions may compare otherwise, and then migrate again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import orjson

from graphql_api.database.found_again import BATCH, changed_rows, read_rows
from graphql_api.database.joined_keys import NAMED_MAX, joined_key
from graphql_api.database.terms_anew import write_terms
from graphql_api.texts.terms import terms_of

logger = logging.getLogger(__name__)

_PLAIN_LENGTHS = (8, 12, 13, 14)

State = list[Any]  # code, factor, unit: as the column `codes` lists them


async def merge_barcodes(_apps: Any, editor: Any) -> None:
    """The items that have several barcodes, 500 at a time; deleted ones too, which may come back.

    Of two that compare as one, and stand for as much of the same unit, the first stays as it is
    written. Where factor or unit differ, both stay and the log names them: which is right, people
    know. Both stay as well where another item has the digits, since each is found as it is written
    alone then (migration 0185). An item's version stays: it is scanned as before.
    """
    last, told = -1, 0
    while rows := await read_rows(
        editor,
        "SELECT id, sku, name, category, description, codes FROM item "
        "WHERE codes IS NOT NULL AND id > ? ORDER BY id LIMIT ?",
        last,
        BATCH,
    ):
        last = rows[-1][0]
        apart = await _found_alone(editor, rows[0][0], last)
        changed = []
        for row in rows:
            # The unit came later than the factor: where it is missing, there was none.
            states = [[*state, None][:3] for state in orjson.loads(row[-1])]
            kept, differing = _merged(states, apart)
            for one, other in differing:
                told += 1
                if told <= NAMED_MAX:
                    _tell(row[0], one, other)
            if len(kept) < len(states):
                changed.append((row, kept))
        await _write(editor, changed)
    if told > NAMED_MAX:
        logger.warning("%d barcodes are two of one item, with different factors or units", told)


async def _found_alone(editor: Any, first: int, last: int) -> set[str]:
    """Codes of these items that are found as they are written alone: another has their digits."""
    rows = await read_rows(
        editor,
        "SELECT key FROM item_barcode WHERE item_id >= ? AND item_id <= ? AND key LIKE ' %'",
        first,
        last,
    )
    return {row[0][1:] for row in rows}


def _merged(
    states: Sequence[State], apart: set[str]
) -> tuple[list[State], list[tuple[State, State]]]:
    """The barcodes that stay, and pairs of those that compare as one but stand for other units."""
    kept: list[State] = []
    differing: list[tuple[State, State]] = []
    first: dict[str, State] = {}
    for state in states:
        code = state[0]
        before = None if code in apart else first.setdefault(_key(code), state)
        if before is None or before is state:
            kept.append(state)
        elif before[1:] != state[1:]:
            kept.append(state)
            differing.append((before, state))
    return kept, differing


def _key(code: str) -> str:
    if code.isascii() and code.isdigit() and len(code) in _PLAIN_LENGTHS:
        return code.zfill(14)
    return joined_key(code) or code


async def _write(editor: Any, changed: Sequence[tuple[Sequence[Any], list[State]]]) -> None:
    """changed: rows of items, and the barcodes that stay."""
    found_by = []
    for (item_id, sku, name, category, description, _), states in changed:
        codes = [state[0] for state in states]
        found_by.append((item_id, terms_of(sku, name, codes, category, description)))
    await changed_rows(
        editor,
        "UPDATE item SET barcode = ?, codes = ? WHERE id = ?",
        [(states[0][0], _column(states), row[0]) for row, states in changed],
    )
    await write_terms(editor, found_by)


def _column(states: Sequence[State]) -> str | None:
    """None: one that stands for one unit is told by `barcode` alone."""
    is_plain = len(states) == 1 and states[0][1:] == [1, None]
    return None if is_plain else orjson.dumps(states).decode()


def _tell(item_id: int, one: State, other: State) -> None:
    logger.warning(
        "item %s: its barcodes %r and %r are one, but stand for %s and %s; take one of them away",
        item_id, one[0], other[0], one[1:], other[1:],
    )  # fmt: skip
