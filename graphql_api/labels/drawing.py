"""Draws labels as PDF: a program of its own, which labels.py starts.

Half a second of drawing must hold up no delivery, and the libraries that draw take a tenth of one
to load. Reads a Job as JSON from its standard input; writes a line of JSON, the Drawn, and after
it the PDF. Ends with 2, and the reason in words, when it was asked for what cannot be.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence
from itertools import islice

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from graphql_api.labels.fonts import FontRefused, Fonts, Run, load, width_of
from graphql_api.labels.forms import Drawn, Job, Label, LabelSymbol, job_of, text_of_drawn
from graphql_api.labels.sheets import SHEETS, Sheet
from graphql_api.labels.symbols import Kind, draw_bars, draw_qr, kind_for
from graphql_api.said import said

PADDING = 2.0 * mm
LINE = 1.2  # of the letters' size
SIZE_MAX, SIZE_MIN = 10.0, 4.5  # points, of a name's letters
NAME_LINES_MAX = 2
CUT = "…"
BARS_MIN = 5.0 * mm  # their height; below it a scanner held by hand does not meet them

Box = tuple[float, float, float, float]  # x, y of the lower left corner, width, height: points


def draw(job: Job) -> tuple[Drawn, bytes]:
    """The PDF, and what is to be said of it. Raises FontRefused."""
    sheet, fonts = SHEETS[job.sheet], load(job.font)
    drawn, target = Drawn(), io.BytesIO()
    canvas = Canvas(target, pagesize=(sheet.page[0] * mm, sheet.page[1] * mm))
    canvas.setTitle(job.title)
    place = job.skip
    for label in job.labels:
        for _ in range(label.copies):
            if place == sheet.count:
                canvas.showPage()
                place = 0
                drawn.pages += 1
            _draw_label(canvas, fonts, label, _box(sheet, place), drawn, job)
            place += 1
            drawn.labels += 1
    drawn.pages += 1
    canvas.save()
    if fonts.missing:
        letters = "".join(sorted(fonts.missing)[:20])
        drawn.warn(
            said(
                "No font here has these letters: {letters}. Name one that has in LABEL_FONT.",
                letters=letters,
            )
        )
    return drawn, target.getvalue()


def _box(sheet: Sheet, place: int) -> Box:
    left, top = sheet.corner(place)
    below = sheet.page[1] - top - sheet.height
    inner = (sheet.width * mm - 2 * PADDING, sheet.height * mm - 2 * PADDING)
    return left * mm + PADDING, below * mm + PADDING, *inner


def _draw_label(
    canvas: Canvas, fonts: Fonts, label: Label, box: Box, drawn: Drawn, job: Job
) -> None:
    x, y, width, height = box
    kind = kind_for(label.code, job.symbol, width / mm)
    foot = [part for part in (label.sku if label.sku != label.code else "", label.price) if part]
    size = min(SIZE_MAX, max(SIZE_MIN, height / 8))
    rest = height - LINE * size * (2 + bool(foot))  # one line of the name, and the code
    if kind is not Kind.QR and rest < BARS_MIN:
        foot, rest = [], height - LINE * size * 2
    if kind is Kind.QR or rest < BARS_MIN:
        if job.symbol is LabelSymbol.BARCODE:
            drawn.warn(
                said(
                    "{sku}: a barcode of {code} does not fit; it is a QR code.",
                    sku=label.sku,
                    code=label.code,
                )
            )
        _draw_with_qr(canvas, fonts, label, box, size)
        return
    lines = NAME_LINES_MAX if rest - LINE * size >= BARS_MIN else 1
    top = y + height
    for line in _lines(fonts, label.name, width, size, lines):
        top -= LINE * size
        _write(canvas, line, x, top, size)
    low = y
    if foot:
        _write(canvas, fonts.runs("   ".join(foot)), x, low + 0.2 * size, size, width)
        low += LINE * size
    _write(canvas, fonts.runs(label.code), x, low + 0.2 * size, size, width, middle=True)
    low += LINE * size
    draw_bars(canvas, kind, label.code, (x, low, width, top - low - 0.4 * size))


def _draw_with_qr(canvas: Canvas, fonts: Fonts, label: Label, box: Box, size: float) -> None:
    """The square at the left, what it stands for beside it."""
    x, y, width, height = box
    side = min(height, width / 2)
    draw_qr(canvas, label.code, x, y + height - side, side)
    left, room = x + side + PADDING / 2, width - side - PADDING / 2
    told = [label.code, label.sku if label.sku != label.code else "", label.price]
    under = [fonts.runs(text) for text in told if text]
    lines_max = max(1, int(height / (LINE * size)) - len(under))
    lines = _lines(fonts, label.name, room, size, lines_max)
    top = y + height
    for line in islice([*lines, *under], int(height / (LINE * size)) or 1):
        top -= LINE * size
        _write(canvas, line, left, top + 0.2 * size, size, room)


def _write(
    canvas: Canvas,
    runs: Sequence[Run],
    x: float,
    y: float,
    size: float,
    room: float | None = None,
    middle: bool = False,
) -> None:
    """Write a line; smaller, if it is wider than there is room."""
    wide = width_of(runs, size)
    if room is not None and wide > room:
        size *= room / wide
        wide = room
    if middle and room is not None:
        x += (room - wide) / 2
    for name, text in runs:
        canvas.setFont(name, size)
        canvas.drawString(x, y, text)
        x += width_of([(name, text)], size)


def _lines(
    fonts: Fonts, text: str, room: float, size: float, lines_max: int
) -> Iterator[list[Run]]:
    """A name in bold, in at most `lines_max` lines; what does not fit is cut."""
    words, line = text.split(), ""
    told = 0
    while words and told < lines_max:
        last = told == lines_max - 1
        grown = f"{line} {words[0]}".strip()
        if width_of(fonts.runs(grown, bold=True), size) <= room:
            line = grown
            words.pop(0)
            continue
        if last or not line:  # a word wider than a line is cut too
            yield fonts.runs(_cut(fonts, " ".join([line, *words]).strip(), room, size), bold=True)
            return
        yield fonts.runs(line, bold=True)
        told, line = told + 1, ""
    if line:
        yield fonts.runs(line, bold=True)


def _cut(fonts: Fonts, text: str, room: float, size: float) -> str:
    """As much of it as there is room for."""
    low, high = 0, len(text)
    while low < high:  # the longest beginning that fits
        half = (low + high + 1) // 2
        if width_of(fonts.runs(text[:half] + CUT, bold=True), size) <= room:
            low = half
        else:
            high = half - 1
    return text[:low].rstrip() + CUT


def main() -> int:
    """The program; its exit code."""
    try:
        drawn, pdf = draw(job_of(sys.stdin.buffer.read()))
    except FontRefused as refused:
        print(refused, file=sys.stderr)
        return 2
    sys.stdout.buffer.write(text_of_drawn(drawn) + b"\n" + pdf)
    return 0


if __name__ == "__main__":
    sys.exit(main())
