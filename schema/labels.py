"""Labels to print: the face of graphql_api/labels/."""

from __future__ import annotations

import base64
from typing import Annotated

import strawberry
from strawberry import Parent

from graphql_api.labels.forms import LabelSymbol
from graphql_api.labels.labels import (
    LABELS_MAX,
    LINES_MAX,
    LabelFile,
    Labels,
    Printing,
    WantedLabel,
)
from graphql_api.labels.noun import NOUN
from graphql_api.labels.sheets import SHEETS, LabelSheet
from graphql_api.texts.languages import Language
from schema.context import Info
from schema.faces import Face, computed, enum_of, face_of
from schema.node import required_id
from schema.permissions import Rule, query
from schema.sentences import Sentence, sentences


def _words(name: LabelSheet) -> str:
    sheet = SHEETS[name]
    size = f"{sheet.width:g} × {sheet.height:g} mm"
    if sheet.count == 1:
        return f"A label printer's roll: one label of {size} a page."
    paper = "A4" if sheet.page[0] == 210.0 else "US Letter"
    return f"{paper}, {sheet.columns} × {sheet.rows} labels of {size}."


enum_of(
    LabelSheet,
    "LabelSheet",
    "Sheets of labels, by the numbers that are common for them.",
    {name.value: _words(name) for name in LabelSheet},
)
enum_of(
    LabelSymbol,
    "LabelSymbol",
    "What a scanner reads on a label.",
    {
        "AUTO": "A barcode (EAN, or else Code 128), where it fits; else a QR code.",
        "BARCODE": "A barcode; where it does not fit a QR code, which is told.",
        "QR": "A QR code.",
    },
)


@strawberry.input(description="Labels of one item.")
class LabelLine:
    item_id: strawberry.ID = strawberry.field(description="The item's.")
    copies: int = strawberry.field(
        description=f"1 to {LABELS_MAX}, which is also the most of all lines together.", default=1
    )
    barcode: str | None = strawberry.field(
        description="One of the item's; null: its first one, or else its SKU.", default=None
    )


@strawberry.input(description="What to print labels of, and on what.")
class LabelsInput:
    lines: list[LabelLine] = strawberry.field(description=f"1 to {LINES_MAX}, printed in order.")
    sheet: LabelSheet = strawberry.field(
        description="What they are printed on.", default=LabelSheet.A4_L7160
    )
    symbol: LabelSymbol = strawberry.field(
        description="What a scanner reads.", default=LabelSymbol.AUTO
    )
    skip: int = strawberry.field(
        description="Labels of the first page that are used already.", default=0
    )
    shows_price: bool = strawberry.field(
        description="Whether the price stands on them.", default=False
    )
    language: Language | None = strawberry.field(
        description="Of the file's title; null: English.", default=None
    )


@face_of(LabelFile, "Labels as a file to print.", name="LabelFile")
class LabelFileType:
    labels: int = strawberry.field(description="How many there are.")
    pages: int = strawberry.field(description="On how many pages.")
    warnings: list[str] = strawberry.field(
        description="What is odd, in words: a letter that no font has, a barcode that does not fit."
    )

    @computed("`warnings`, with what a translation needs.")
    @staticmethod
    def warning_sentences(file: Parent[LabelFile]) -> list[Sentence]:
        return sentences(file.warnings)

    @computed("The file, in Base64 (RFC 4648, section 4). Print it in its real size.")
    @staticmethod
    def pdf(file: Parent[LabelFile]) -> str:
        return base64.b64encode(file.pdf).decode()


@strawberry.type
class LabelQueries:
    @query(Rule.USER, "A PDF of labels: each with an item's name, SKU and code, and its symbol.")
    async def labels(
        self, info: Info, input: Annotated[LabelsInput, strawberry.argument("What to print.")]
    ) -> LabelFile:
        lines = [
            WantedLabel(required_id(line.item_id), line.copies, line.barcode)
            for line in input.lines
        ]
        how = Printing(
            input.sheet,
            input.symbol,
            input.skip,
            input.shows_price,
            input.language or Language.EN,
        )
        return await info.context.services.of(Labels).print(lines, how, info.context.sees_admins)


FACE = Face(noun=NOUN, queries=LabelQueries)
