"""What a scanner sees on a PDF: drawn at the resolution of an office printer, and read by another
library than the one that drew it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pypdfium2
import zxingcpp

DOTS_PER_POINT = 300 / 72


def read(pdf: bytes) -> list[list[tuple[str, str]]]:
    """What a scanner sees on each page: the kind of each symbol, and its text."""
    return [
        [(code.format.name, code.text) for code in zxingcpp.read_barcodes(page)]
        for page in pictures(pdf)
    ]


def title_of(pdf: bytes) -> str:
    """What a reader shows as the document's name."""
    return str(pypdfium2.PdfDocument(pdf).get_metadata_value("Title"))


def pictures(pdf: bytes) -> Iterator[Any]:
    document = pypdfium2.PdfDocument(pdf)
    for page in document:
        yield page.render(scale=DOTS_PER_POINT).to_pil()
