"""Numbers as people write them: `1.234,50`, `15 000 F`, `CHF 1'234.50`, `(12.50)`, `１２`.

Called by tables.py, which looks at all cells of a column before it reads one: which sign is the
decimal one is told by the cells that can be read in one way only. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

CHARACTERS_MAX = 40  # of a number with its currency; a longer cell is none

_PLAIN = re.compile(r"[+-]?[0-9]+")
_SURE = re.compile(r"[+-]?[0-9]+\.(?:[0-9]{1,2}|[0-9]{4,})")  # as most programs write
_PROGRAM = re.compile(r"[+-]?[0-9]*\.?[0-9]*")
_FRAME = re.compile(r"([^0-9]*)([0-9](?:.*[0-9])?[.,]?)([^0-9]*)", re.DOTALL)
_NO_CENTS = re.compile("(.*[0-9])[.,] ?(?:--?|[–—])", re.DOTALL)  # 12.- and 900,--
# What stands behind a count of pieces.
_PIECES = re.compile(
    "(.*[0-9]) ?(?:pcs?|pieces?|units?|ea|each|st(?:k|ck|ück|uks)?|uds?|unid|un|pzs?|szt|шт|"
    "個|点|枚|本|台|个|件|只)\\.?",
    re.DOTALL | re.IGNORECASE,
)
_GROUPING = (
    " '’\u02bc\u00a0\u2007\u2009\u202f`´"  # apostrophes and blanks, NBSP and narrow ones too
)
_FORMS = str.maketrans(
    {chr(0xFF10 + digit): str(digit) for digit in range(10)}
    | {"，": ",", "．": ".", "－": "-", "＋": "+", "￥": "¥", "＄": "$", "（": "(", "）": ")"}
    | dict.fromkeys("\u00a0\u2007\u2009\u202f", " ")
    | dict.fromkeys("’\u02bc`´", "'")
    | {"−": "-", "–": "-", "\u3000": " ", "٫": ".", "\u200e": None, "\u200f": None}
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Signs and codes of money. Those without a hundredth: a group of three digits is thousands.
_WHOLE_MONEY = _words(
    "¥ 円 jpy jp¥ ₩ 원 krw f fcfa cfa xof xaf xpf ₫ đ vnd clp isk ft huf rp idr pyg ugx rwf"
)
# Those of places that write 1,234.50: a comma before three digits is thousands.
_POINT_MONEY = _words("$ us$ usd £ gbp ₹ rs rs. inr mx$ a$ hk$ nt$ s$ cny 元 rmb cn¥")
_OTHER_MONEY = _words("""
    € eur eur. r$ brl chf fr fr. sfr sfr. ₽ руб руб. р р. rub zł zl pln kč kc czk kr kr. sek nok dkk
    ₺ tl try ₴ грн uah ₪ ils nis ฿ thb baht ₱ php ₦ ngn ₵ ghs ksh kes r zar rm myr s/ s/. pen lei
    ron лв лв. bgn дин din rsd km bam hrk kn c$ ca$ cad au$ aud nz$ nzd hkd sgd twd mxn ars cop uyu
    bob aed sar qar kwd omr jod egp mad dh tnd dzd pkr lkr bdt npr ₸ kzt ₾ gel $b gs ¢ usd.
""")
_MONEY = _WHOLE_MONEY | _POINT_MONEY | _OTHER_MONEY


class Point(Enum):
    """Which sign stands before the decimals. OPEN: the cell could be read either way."""

    COMMA = ","
    POINT = "."
    OPEN = "?"


@dataclass(frozen=True, slots=True)
class Written:
    """A cell taken apart. body: digits and separators; point: which sign its decimals follow, None
    where it has neither comma nor point."""

    sign: str
    body: str
    point: Point | None


def taken_apart(text: str) -> Written | None:
    """What a cell says as a number; None when it is none."""
    text = text.strip()
    if not text or len(text) > CHARACTERS_MAX:  # before any pattern
        return None
    if (whole := _NO_CENTS.fullmatch(text)) is not None:
        text = whole[1]
    found = _FRAME.fullmatch(text.translate(_FORMS))
    if found is None:
        return None
    before, body, after = found[1].strip().casefold(), found[2], found[3].strip().casefold()
    is_bracketed = before.startswith("(") and after.endswith(")")
    if is_bracketed:
        before, after = before[1:].strip(), after[:-1].strip()
    before, body = _with_leading_point(before, body)
    signs = [character for character in before + after if character in "+-"]
    before, after = before.strip("+- "), after.strip("+- ")
    if len(signs) > 1 or (signs and is_bracketed):
        return None
    currency = (before or after).replace(" ", "")  # F CFA
    if (before and after) or (currency and currency not in _MONEY):
        return None
    body = body.strip()
    if any(character not in "0123456789.," and character not in _GROUPING for character in body):
        return None
    sign = "-" if is_bracketed or "-" in signs else ""
    return Written(sign, body, _point(body, currency))


def _with_leading_point(before: str, body: str) -> tuple[str, str]:
    """`.5` and `$.50` begin with their decimal sign; `Rs.` ends with a full stop of its own."""
    if before[-1:] in (".", ",") and before.strip("+- ") not in _MONEY:
        return before[:-1].strip(), before[-1] + body
    return before, body


def _point(body: str, currency: str) -> Point | None:
    """Which sign is the decimal one, going by this cell alone."""
    commas, points = body.count(","), body.count(".")
    if not commas and not points:
        return None
    if commas and points:
        last = "," if body.rfind(",") > body.rfind(".") else "."
        return Point(last)
    sign, other = (",", ".") if commas else (".", ",")
    if commas + points > 1:
        return Point(other)  # it stands more than once, so it groups
    whole, _, decimals = body.partition(sign)
    if any(character in _GROUPING for character in whole):
        return Point(sign)  # the blanks group already
    if len(decimals) != 3 or not 1 <= len(whole) <= 3 or whole.startswith("0"):
        return Point(sign)
    if currency in _WHOLE_MONEY or (currency in _POINT_MONEY and sign == ","):
        return Point(other)
    return Point.OPEN


def as_plain(written: Written, point: Point) -> str | None:
    """The number as a program writes it, `-1234.5`; None when it is none with this decimal sign."""
    whole, sign, decimals = written.body.partition(point.value)
    other = "." if point is Point.COMMA else ","
    if other in decimals or point.value in decimals:
        return None
    groups = _groups(whole, other)
    if groups is None or not all(c.isdigit() for c in decimals) or not (groups or decimals):
        return None
    return f"{written.sign}{groups or '0'}{sign and '.'}{decimals}"


def _groups(whole: str, separator: str) -> str | None:
    """The digits of a whole number, grouped or not; None when the groups are none."""
    if whole.isdigit() or not whole:
        return whole
    for grouping in (separator, *_GROUPING):
        if grouping in whole:
            separator = grouping
            break
    first, *others = whole.split(separator)
    # Nobody groups behind a nought: 0.500 is a half, whatever sign the decimals should follow.
    if first.startswith("0") or not others or not all(map(str.isdigit, (first, *others))):
        return None
    # 1,234,567 and, in India, 12,34,567; in China at times 1,2345.
    sizes = {len(group) for group in others[:-1]}
    is_by_threes = len(others[-1]) == 3 and sizes <= {3} and len(first) <= 3
    is_indian = len(others[-1]) == 3 and sizes <= {2} and len(first) <= 2
    return "".join((first, *others)) if is_by_threes or is_indian else None


@dataclass(slots=True)
class NumberColumn:
    """What the cells of a column tell about how its numbers are written.

    is_whole: it holds counts, so 1,234 is no 1.234 unless other columns say so. is_measured: the
    file has a column of their units, so a doubt is of one row alone. points: the decimal signs that
    its cells tell; likely: those that they tell as counts; open_cell: the first that can be read
    either way; sample: the first that no program writes; open_sample: the first that one may have
    written, and that can be read either way.
    """

    is_whole: bool = False
    is_measured: bool = False
    points: set[Point] = field(default_factory=set)
    likely: set[Point] = field(default_factory=set)
    open_cell: str | None = None
    sample: str | None = None
    open_sample: str | None = None

    def look_at(self, text: str, is_amount: bool = False) -> None:
        """Take a cell into account. is_amount: of a unit like kg, so 1.250 need be no count."""
        if len(text) > CHARACTERS_MAX:
            return
        if _PLAIN.fullmatch(text):
            return
        if _SURE.fullmatch(text):
            self.points.add(Point.POINT)
            return
        written = taken_apart(without_pieces(text) if self.is_whole else text)
        if written is None:
            return
        is_open = written.point is Point.OPEN
        if is_open and self.is_whole and not written.body.endswith("000"):
            if not is_amount:
                self.likely.add(Point.POINT if "," in written.body else Point.COMMA)
        elif is_open and not self.is_measured:
            self.open_cell = self.open_cell or text.strip()
        elif (
            not is_open
            and written.point is not None
            and as_plain(written, written.point) is not None
        ):
            self.points.add(written.point)
        if not _PROGRAM.fullmatch(text.strip()):
            self.sample = self.sample or text.strip()
        elif is_open:
            self.open_sample = self.open_sample or text.strip()

    def form(self, point: Point | None, *, is_strict: bool = False) -> NumberForm:
        """How its numbers are read with this decimal sign."""
        return NumberForm(point, is_strict, self.is_whole, self.is_measured)


@dataclass(frozen=True, slots=True)
class NumberForm:
    """How a column's numbers are read. point: the decimal sign of cells that could be read either
    way, None where the column does not tell; is_strict: people said so, others are no numbers;
    is_whole: it holds counts, behind which their unit may stand; is_measured: see NumberColumn."""

    point: Point | None
    is_strict: bool = False
    is_whole: bool = False
    is_measured: bool = False

    @property
    def _has_comma(self) -> bool:
        """Whether people said that a comma is the sign, so that a point is none."""
        return self.is_strict and self.point is Point.COMMA

    def read(self, text: str) -> str | None:
        """The number of a cell as a program writes it; None when it is none.

        Raises AmbiguousNumber.
        """
        if len(text) > CHARACTERS_MAX:  # before any pattern
            return None
        if _PLAIN.fullmatch(text) or (not self._has_comma and _SURE.fullmatch(text)):
            return text
        written = taken_apart(without_pieces(text) if self.is_whole else text)
        if written is None:
            return None
        point = self.point if self.is_strict or written.point is Point.OPEN else written.point
        if point is None and written.point is Point.OPEN:
            raise AmbiguousNumber(text.strip())
        plain = as_plain(written, point or Point.POINT)
        if plain is not None and self.is_strict and self.is_measured:
            return plain.removesuffix(".000")  # people said so: it is no doubtful thousand
        return plain


class AmbiguousNumber(Exception):
    """The cell can be read in two ways, and nothing tells in which."""


def readings(text: str) -> tuple[str, str]:
    """What a cell that could be read either way comes to, with decimals and without."""
    written = taken_apart(without_pieces(text))
    assert written is not None and written.point is Point.OPEN
    one, other = (as_plain(written, point) or "" for point in (Point.COMMA, Point.POINT))
    return (one, other) if "." in one else (other, one)


def forms_of(columns: Mapping[str, NumberColumn], decimal: str | None) -> dict[str, NumberForm]:
    """The form of each column by its name; of one that does not tell, what the others tell.

    decimal: the sign that people gave, `,` or `.`; None: find it.
    """
    if decimal is not None:
        sign = Point(decimal)
        return {name: column.form(sign, is_strict=True) for name, column in columns.items()}
    common = _only({point for column in columns.values() for point in column.points})
    # What counts tell is a guess: 12.345 kg beside a price of 0.50 is no 12 thousand.
    likely = common or _only({point for column in columns.values() for point in column.likely})
    return {name: column.form(_one_of(column, common, likely)) for name, column in columns.items()}


def _one_of(column: NumberColumn, common: Point | None, likely: Point | None) -> Point | None:
    if column.points:
        return _only(column.points)
    return common or _only(column.likely) or likely


def _only(points: set[Point]) -> Point | None:
    return next(iter(points)) if len(points) == 1 else None


def is_some_count(text: str) -> bool:
    """Whether a cell holds a count other than 0, however people write it."""
    written = taken_apart(without_pieces(text))
    return written is not None and written.body.strip(f"0.,{_GROUPING}") != ""


def is_of_pieces(unit: str) -> bool:
    """Whether a unit is one of what is counted: 1.250 of it are never one and a quarter."""
    return len(unit) <= CHARACTERS_MAX and _PIECES.fullmatch(f"1{unit.strip()}") is not None


def without_pieces(text: str) -> str:
    """A count without the unit behind it: `5 pcs`, `1.200 Stk.`."""
    found = None if len(text) > CHARACTERS_MAX else _PIECES.fullmatch(text.strip())
    return text if found is None else found[1]
