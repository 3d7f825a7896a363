"""The fonts of labels: one that has the letters of each piece of a text. Called by drawing.py.

A PDF takes its fonts along, and there is no font with all letters. What the machine has is taken
(LABEL_FONT, or one that most systems have), then Vera, which comes with reportlab; Chinese,
Japanese and Korean in the fonts that every viewer has for them. What is in none becomes `?`, which
is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont

UNKNOWN = "?"

# Pairs of a plain and a bold one.
SYSTEM_FONTS = (
    ("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "DejaVuSans-Bold.ttf"),
    ("/usr/share/fonts/dejavu/DejaVuSans.ttf", "DejaVuSans-Bold.ttf"),
    ("/usr/share/fonts/TTF/DejaVuSans.ttf", "DejaVuSans-Bold.ttf"),
    ("/Library/Fonts/Arial Unicode.ttf", ""),
    ("/System/Library/Fonts/Supplemental/Arial.ttf", "Arial Bold.ttf"),
    ("C:/Windows/Fonts/arial.ttf", "arialbd.ttf"),
)
JAPANESE, CHINESE, KOREAN = "HeiseiKakuGo-W5", "STSong-Light", "HYGothic-Medium"
_KANA = range(0x3040, 0x3100)
_HANGUL = range(0xAC00, 0xD7B0)
_EAST_ASIAN = (range(0x3000, 0x3040), range(0x4E00, 0xA000), range(0xFF00, 0xFFF0))

Run = tuple[str, str]  # a font's name, and what is written in it


class FontRefused(ValueError):
    """LABEL_FONT names no TrueType font."""


@dataclass(slots=True)
class Fonts:
    """The plain and the bold fonts, by name, the better ones first. missing: letters in none."""

    plain: Sequence[TTFont]
    bold: Sequence[TTFont]
    missing: set[str] = field(default_factory=set)

    def runs(self, text: str, bold: bool = False) -> list[Run]:
        """`text` in pieces, each with a font that has its letters."""
        east = JAPANESE if any(ord(letter) in _KANA for letter in text) else CHINESE
        found: list[Run] = []
        for letter in text:
            name, written = self._font_of(letter, self.bold if bold else self.plain, east)
            if found and found[-1][0] == name:
                found[-1] = (name, found[-1][1] + written)
            else:
                found.append((name, written))
        return found

    def _font_of(self, letter: str, fonts: Sequence[TTFont], east: str) -> Run:
        code = ord(letter)
        for font in fonts:
            if code in font.face.charToGlyph:
                return font.fontName, letter
        if code in _HANGUL:
            return KOREAN, letter
        if code in _KANA or any(code in block for block in _EAST_ASIAN):
            return east, letter
        self.missing.add(letter)
        return fonts[-1].fontName, UNKNOWN


def width_of(runs: Iterable[Run], size: float) -> float:
    """How wide it is, in points."""
    return sum(pdfmetrics.stringWidth(text, name, size) for name, text in runs)


def load(label_font: str = "") -> Fonts:
    """The fonts. label_font: a file that goes first; "": none. Raises FontRefused."""
    plain, bold = [], []
    if label_font:
        try:
            chosen = TTFont("Chosen", label_font)
        except (TTFError, OSError) as fault:
            raise FontRefused(f"LABEL_FONT: {label_font} is no TrueType font: {fault}") from None
        plain.append(chosen)
        bold.append(chosen)
    for file, bold_name in SYSTEM_FONTS:
        if Path(file).is_file():
            plain.append(TTFont("System", file))
            beside = Path(file).with_name(bold_name) if bold_name else Path(file)
            bold.append(TTFont("System-Bold", str(beside if beside.is_file() else file)))
            break
    plain.append(TTFont("Vera", "Vera.ttf"))
    bold.append(TTFont("Vera-Bold", "VeraBd.ttf"))
    for font in (*plain, *bold):
        pdfmetrics.registerFont(font)
    for name in (JAPANESE, CHINESE, KOREAN):
        pdfmetrics.registerFont(UnicodeCIDFont(name))
    return Fonts(plain, bold)
