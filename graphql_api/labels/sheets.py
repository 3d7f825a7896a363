"""The sheets that labels are printed on: where each label lies. Pure.

Measures in millimetres, as the makers print them on the packet; an inch is 25.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

A4 = (210.0, 297.0)
LETTER = (215.9, 279.4)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page of labels, all of one size. left, top: where the first one begins; across, down: from
    one to the next one's begin."""

    page: tuple[float, float]
    columns: int
    rows: int
    width: float
    height: float
    left: float = 0.0
    top: float = 0.0
    across: float = 0.0
    down: float = 0.0

    @property
    def count(self) -> int:
        """Labels on a page."""
        return self.columns * self.rows

    def corner(self, place: int) -> tuple[float, float]:
        """Where label number `place` of a page begins: from the left, from the top."""
        row, column = divmod(place, self.columns)
        return self.left + column * self.across, self.top + row * self.down


class LabelSheet(StrEnum):
    """The names of SHEETS: the paper, then the maker's number or the size."""

    A4_L7160 = "A4_L7160"
    A4_L7159 = "A4_L7159"
    A4_L7163 = "A4_L7163"
    A4_L7651 = "A4_L7651"
    A4_L4731 = "A4_L4731"
    A4_3474 = "A4_3474"
    A4_3475 = "A4_3475"
    LETTER_5160 = "LETTER_5160"
    LETTER_5163 = "LETTER_5163"
    LETTER_5167 = "LETTER_5167"
    ROLL_89X36 = "ROLL_89X36"
    ROLL_62X29 = "ROLL_62X29"
    ROLL_57X32 = "ROLL_57X32"
    ROLL_100X50 = "ROLL_100X50"


def _roll(width: float, height: float) -> Sheet:
    """One label a page, as label printers want it."""
    return Sheet((width, height), 1, 1, width, height)


SHEETS = {
    LabelSheet.A4_L7160: Sheet(A4, 3, 7, 63.5, 38.1, 7.2, 15.1, 66.0, 38.1),
    LabelSheet.A4_L7159: Sheet(A4, 3, 8, 63.5, 33.9, 7.2, 12.9, 66.0, 33.9),
    LabelSheet.A4_L7163: Sheet(A4, 2, 7, 99.1, 38.1, 4.7, 15.1, 101.6, 38.1),
    LabelSheet.A4_L7651: Sheet(A4, 5, 13, 38.1, 21.2, 4.7, 10.7, 40.6, 21.2),
    LabelSheet.A4_L4731: Sheet(A4, 7, 27, 25.4, 10.0, 8.6, 13.5, 27.9, 10.0),
    LabelSheet.A4_3474: Sheet(A4, 3, 8, 70.0, 37.0, 0.0, 0.5, 70.0, 37.0),
    LabelSheet.A4_3475: Sheet(A4, 3, 8, 70.0, 36.0, 0.0, 4.5, 70.0, 36.0),
    LabelSheet.LETTER_5160: Sheet(LETTER, 3, 10, 66.7, 25.4, 4.8, 12.7, 69.9, 25.4),
    LabelSheet.LETTER_5163: Sheet(LETTER, 2, 5, 101.6, 50.8, 4.0, 12.7, 106.4, 50.8),
    LabelSheet.LETTER_5167: Sheet(LETTER, 4, 20, 44.5, 12.7, 7.1, 12.7, 52.4, 12.7),
    LabelSheet.ROLL_89X36: _roll(89.0, 36.0),
    LabelSheet.ROLL_62X29: _roll(62.0, 29.0),
    LabelSheet.ROLL_57X32: _roll(57.0, 32.0),
    LabelSheet.ROLL_100X50: _roll(100.0, 50.0),
}
