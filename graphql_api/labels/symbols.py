"""The symbol on a label: which one a code gets, so that a scanner reads the very code back.

A symbol too wide for its label is no use: its bars would be thinner than printers and scanners
manage. Then a QR code is taken, which needs less room. Called by drawing.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from functools import lru_cache
from itertools import groupby

import segno
from reportlab.graphics.barcode import code128, eanbc
from reportlab.graphics.shapes import Drawing
from reportlab.graphics.widgetbase import Widget
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from graphql_api.inventory.barcodes import gtin_of
from graphql_api.labels.forms import LabelSymbol
from graphql_api.texts.gtins import is_right

# Source: GS1 General Specifications, 5.5 (symbols of general distribution): 80 % of 0.33 mm is the
# least for EAN. Of Code 128 a hand scanner reads bars of 0.25 mm off office paper.
EAN_MODULE_MM = 0.264
MODULE_MM_MIN, MODULE_MM_MAX = 0.25, 0.5
EAN_MODULES = {13: 95 + 18, 8: 67 + 14}  # with the quiet zones
QUIET_128 = 10  # modules on each side
QR_QUIET = 1  # modules around it; the paper of the label is quiet, too


class Kind(StrEnum):
    """The symbologies."""

    EAN = "EAN"
    CODE_128 = "CODE_128"
    QR = "QR"


def digits_of_ean(code: str) -> str | None:
    """The digits of an EAN-8 or EAN-13, in groups or not; None when the code is neither, or its
    check digit wrong. A UPC-A is the EAN-13 with a 0 before it."""
    gtin = gtin_of(code) or ""
    digits = gtin.zfill(13) if len(gtin) == 12 else gtin
    return digits if len(digits) in EAN_MODULES and is_right(digits) else None


def kind_for(code: str, wanted: LabelSymbol, width_mm: float) -> Kind:
    """The symbology for a code where there are `width_mm`."""
    if wanted is LabelSymbol.QR or not _is_plain(code):
        return Kind.QR
    digits = digits_of_ean(code)
    if digits is not None and EAN_MODULES[len(digits)] * EAN_MODULE_MM <= width_mm:
        return Kind.EAN
    return Kind.CODE_128 if _modules_of_128(code) * MODULE_MM_MIN <= width_mm else Kind.QR


def draw_bars(
    canvas: Canvas, kind: Kind, code: str, box: tuple[float, float, float, float]
) -> None:
    """Draw EAN or Code 128 in a box of points (x, y, width, height), as wide as may be, in its
    middle. Without digits below: the caller writes them."""
    x, y, width, height = box
    modules = _modules_of_ean(code) if kind is Kind.EAN else _modules_of_128(code)
    module = min(width / modules, MODULE_MM_MAX * mm)
    left = x + (width - modules * module) / 2
    if kind is Kind.EAN:
        digits = digits_of_ean(code)
        assert digits is not None
        form = eanbc.Ean13BarcodeWidget if len(digits) == 13 else eanbc.Ean8BarcodeWidget
        ean = form(digits, barWidth=module, barHeight=height, humanReadable=False, quiet=True)
        _render(canvas, ean, left, y, modules * module, height)
        return
    bars = code128.Code128(code, barWidth=module, barHeight=height, humanReadable=False, quiet=0)
    bars.drawOn(canvas, left + QUIET_128 * module, y)


def draw_qr(canvas: Canvas, code: str, x: float, y: float, side: float) -> None:
    """Draw a QR code in a square of points."""
    matrix = _matrix(code)
    module = side / (len(matrix) + 2 * QR_QUIET)
    path = canvas.beginPath()
    for row, bits in enumerate(matrix):
        below = y + side - (row + 1 + QR_QUIET) * module
        for first, length in _dark_runs(bits):
            path.rect(x + (first + QR_QUIET) * module, below, length * module, module)
    canvas.drawPath(path, stroke=0, fill=1)


@lru_cache(maxsize=64)  # copies of a label come one after the other
def _matrix(code: str) -> Sequence[bytearray]:
    return segno.make_qr(code, error="m", boost_error=False).matrix


def _dark_runs(bits: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Where dark modules begin, and how many lie side by side."""
    place = 0
    for is_dark, same in groupby(bits):
        length = len(list(same))
        if is_dark:
            yield place, length
        place += length


def _render(
    canvas: Canvas, widget: Widget, x: float, y: float, width: float, height: float
) -> None:
    drawing = Drawing(width, height)
    drawing.add(widget)
    drawing.drawOn(canvas, x, y)


def _is_plain(code: str) -> bool:
    """Whether Code 128 has all of its characters."""
    return code.isascii() and code.isprintable()


def _modules_of_ean(code: str) -> float:
    """How wide EAN writes it, in modules, with what is quiet on its sides."""
    return float(EAN_MODULES[len(digits_of_ean(code) or "")])


def _modules_of_128(code: str) -> float:
    """How wide Code 128 writes it, in modules, with what is quiet on its sides."""
    return float(code128.Code128(code, barWidth=1, quiet=0).width) + 2 * QUIET_128
