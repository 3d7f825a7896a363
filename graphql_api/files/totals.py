"""Rows of a table that are no goods: sums below it, and its header once more. Called by tables.py.

Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

from graphql_api.files.numbers import taken_apart, without_pieces
from graphql_api.said import Said, said

# Each line is a language: en, de, fr, es, it, pt, nl, pl, ru, ja, zh, ko.
_TOTALS = frozenset(
    word
    for line in """
total|totals|grand total|sum|subtotal
summe|gesamt|gesamtsumme|zwischensumme|insgesamt|summen
total général|totaux|sous-total|somme
total general|totales|suma|suma total|subtotal
totale|totali|totale generale|somma|totale complessivo
total geral|totais|soma
totaal|eindtotaal|subtotaal|som
suma|razem|ogółem|łącznie
итого|всего|сумма|итог|общий итог
合計|総計|小計|計
合计|总计|小计|共计|總計
합계|총계|소계|총합계|계
""".strip().splitlines()
    for word in line.split("|")
)


_NO_GOODS = {
    False: "line {line} is a total, and left out",
    True: "line {line} is the header once more, and left out",
}


def left_out(line: int, is_again: bool) -> Said:
    """What people are told of such a row. is_again: it is the header once more."""
    return said(_NO_GOODS[is_again], line=line)


def is_total(record: Sequence[str]) -> bool:
    """Whether a row says "Total" and numbers, and nothing else: goods have a name besides."""
    first = next((index for index, cell in enumerate(record) if cell.strip()), None)
    if first is None or not says_total(record[first]):
        return False
    others = [cell for cell in record[first + 1 :] if cell.strip()]
    return bool(others) and all(taken_apart(without_pieces(cell)) is not None for cell in others)


def says_total(cell: str) -> bool:
    return cell.strip(" :\t\n").casefold() in _TOTALS


def is_header_again(record: Sequence[str], names: Sequence[str]) -> bool:
    """Whether a row is the header once more, as where files were put one behind the other."""
    if len(names) < 2 or len(record) < len(names) or _bare(record[0]) != names[0]:
        return False
    return all(_bare(cell) == name for cell, name in zip(record, names, strict=False))


def _bare(cell: str) -> str:
    return cell.lstrip("\ufeff").strip()
