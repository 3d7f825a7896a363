"""60 KB of hostile text in any cell of an import: no more work than plain letters, and the fault is
told in a line. Putting combining marks in order takes time by the square of their number."""

from __future__ import annotations

import time

import pytest

from graphql_api.files.tables import TableRow
from graphql_api.imports.rows import checked_row

CHARACTERS = 60_000
CELLS = [
    *("sku", "name", "description", "category", "barcode", "unit", "price", "cost"),
    *("minStock", "initialStock", "visibility", "location", "deletedAt"),
    *("barcodes", "units", "displayUnit", "attributes", "leadTimeDays"),
]
PIECES = [
    "\u0301\u0316",
    "9",
    "#",
    "1.",
    " \u0301",
    "2026-01-01T0",
    "E+99",
    "\ufdfa",
    "+",
    "\u200b",
]


@pytest.mark.parametrize("name", CELLS)
def test_a_long_cell_is_no_more_work_than_letters(name: str) -> None:
    def cpu_s(text: str) -> float:
        begun_s = time.process_time()
        row = checked_row(TableRow(2, {"sku": "a", name: text}), {})
        took_s = time.process_time() - begun_s
        assert all(len(fault.message) < 500 for fault in row.faults)
        return took_s

    letters_s = min(cpu_s("ab" * (CHARACTERS // 2)) for _ in range(3))
    for piece in PIECES:
        took_s = min(cpu_s("a" + piece * (CHARACTERS // len(piece))) for _ in range(3))
        assert took_s <= 20 * letters_s + 0.05, piece
