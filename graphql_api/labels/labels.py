"""Labels of items, as a PDF. Called by the schema and by `print-labels`.

The PDF is drawn by a program of its own (drawing.py), one at a time.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from graphql_api import values
from graphql_api.database.connection import Connection
from graphql_api.errors import BadRequest, RateLimited, Unavailable
from graphql_api.inventory.barcodes import compare_key
from graphql_api.inventory.catalogue import Catalogue
from graphql_api.inventory.item import Item
from graphql_api.labels.forms import (
    Drawn,
    Job,
    Label,
    LabelSymbol,
    drawn_of,
    text_of_job,
)
from graphql_api.labels.sheets import SHEETS, LabelSheet
from graphql_api.said import said
from graphql_api.texts.languages import Language, in_language

LINES_MAX = 250  # items of one document
LABELS_MAX = 500  # a PDF of some 100 to 350 KB, and two seconds of drawing
WAITING_MAX = 8
DRAWING_MAX_S = 30.0
PROGRAM = (sys.executable, "-m", "graphql_api.labels.drawing")


@dataclass(frozen=True, slots=True)
class WantedLabel:
    """Labels of one item. code: one of its barcodes; None: its first one, or else its SKU."""

    item_id: int
    copies: int = 1
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Printing:
    """How they are to be printed. skip: labels of the first page that are used already; language:
    of the file's title."""

    sheet: LabelSheet = LabelSheet.A4_L7160
    symbol: LabelSymbol = LabelSymbol.AUTO
    skip: int = 0
    shows_price: bool = False
    language: Language = Language.EN


@dataclass(frozen=True, slots=True)
class LabelFile:
    """What was printed. pdf: the file's bytes; warnings: what is odd about it, in
    sentences."""

    pdf: bytes
    labels: int
    pages: int
    warnings: list[str]


class Labels:
    """The use case. currency: of prices, as ISO 4217 writes it; font: a file, "" for none."""

    def __init__(self, reading: Connection, currency: str, font: str) -> None:
        self._catalogue = Catalogue(reading, reading)
        self._currency = currency
        self._font = font
        self._drawing = asyncio.Semaphore(1)
        self._waiting = 0

    async def print(
        self, wanted: Sequence[WantedLabel], how: Printing, sees_admins: bool
    ) -> LabelFile:
        """Raises BadRequest, RateLimited and Unavailable."""
        _check(wanted, how)
        found = await self._catalogue.by_ids([line.item_id for line in wanted], sees_admins)
        labels = []
        for index, line in enumerate(wanted):
            item = found.get(line.item_id)
            if item is None or item.deleted_at is not None:
                raise BadRequest(
                    said(
                        "lines.{index}.itemId: there is no item {item_id}.",
                        index=index,
                        item_id=line.item_id,
                    )
                )
            labels.append(self._label(item, line, index, how.shows_price))
        title = labels[0].sku
        if len(labels) > 1:
            title = in_language(said("Labels of {count} items", count=len(labels)), how.language)
        job = Job(tuple(labels), how.sheet, how.symbol, how.skip, title, self._font)
        drawn, pdf = await self._in_turn(job)
        return LabelFile(pdf, drawn.labels, drawn.pages, [*drawn.warnings])

    def _label(self, item: Item, line: WantedLabel, index: int, shows_price: bool) -> Label:
        code = item.barcode or item.sku
        if line.code is not None:
            of_key = {compare_key(one.code): one.code for one in item.barcodes}
            own = of_key.get(compare_key(line.code.strip()))
            if own is None:
                told = values.excerpt(line.code)
                raise BadRequest(
                    said(
                        "lines.{index}.barcode: {told} is none of {sku}.",
                        index=index,
                        told=told,
                        sku=repr(item.sku),
                    )
                )
            code = own
        price = f"{values.money_text(item.price)} {self._currency}" if shows_price else ""
        return Label(item.name, item.sku, code, price, line.copies)

    async def _in_turn(self, job: Job) -> tuple[Drawn, bytes]:
        if self._waiting >= WAITING_MAX:
            raise RateLimited("Too many labels are being printed.", retryAfterSeconds=5)
        self._waiting += 1
        try:
            async with self._drawing:
                return await _drawn(job)
        finally:
            self._waiting -= 1


def _check(wanted: Sequence[WantedLabel], how: Printing) -> None:
    if not 0 < len(wanted) <= LINES_MAX:
        raise BadRequest(
            said("lines must be 1 to {most}, not {count}.", most=LINES_MAX, count=len(wanted))
        )
    for index, line in enumerate(wanted):
        if not 0 < line.copies <= LABELS_MAX:
            raise BadRequest(
                said("lines.{index}.copies must be from 1 to {most}.", index=index, most=LABELS_MAX)
            )
    count = sum(line.copies for line in wanted)
    if count > LABELS_MAX:
        raise BadRequest(
            said(
                "lines: {count} labels; at most {most} are printed at once.",
                count=count,
                most=LABELS_MAX,
            )
        )
    page = SHEETS[how.sheet].count
    if not 0 <= how.skip < page:
        raise BadRequest(
            said(
                "skip must be from 0 to {most}: {sheet} has {count} labels.",
                most=page - 1,
                sheet=how.sheet,
                count=page,
            )
        )


async def _drawn(job: Job) -> tuple[Drawn, bytes]:
    """Let the program draw it; whatever becomes of us, it ends."""
    program = await asyncio.create_subprocess_exec(
        *PROGRAM,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(DRAWING_MAX_S):
            told, fault = await program.communicate(text_of_job(job))
    except TimeoutError:
        raise Unavailable("Drawing the labels took too long and was given up.") from None
    finally:
        if program.returncode is None:
            program.kill()
            await program.wait()
    if program.returncode != 0:
        words = fault.decode(errors="replace").strip().rpartition("\n")[2]
        raise Unavailable(said("The labels could not be drawn: {words}", words=words))
    line, _, pdf = told.partition(b"\n")
    return drawn_of(line), pdf
