"""What is said between the server and the program that draws: JSON, both ways. Nothing is stored,
and both ends are of one version."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum

import orjson

from graphql_api.labels.sheets import LabelSheet
from graphql_api.said import Said, said

WARNINGS_MAX = 20


class LabelSymbol(StrEnum):
    """What stands on a label. AUTO: a barcode where it fits, else a QR code."""

    AUTO = "AUTO"
    BARCODE = "BARCODE"
    QR = "QR"


@dataclass(frozen=True, slots=True)
class Label:
    """What stands on a label. code: what a scanner reads; price: as it is shown, "" for none."""

    name: str
    sku: str
    code: str
    price: str = ""
    copies: int = 1


@dataclass(frozen=True, slots=True)
class Job:
    """Labels to draw. skip: labels of the first page that are used already; font: a file, "" for
    none."""

    labels: tuple[Label, ...]
    sheet: LabelSheet
    symbol: LabelSymbol
    skip: int = 0
    title: str = ""
    font: str = ""


@dataclass(slots=True)
class Drawn:
    """What was drawn, and what is odd about it, in sentences."""

    labels: int = 0
    pages: int = 0
    warnings: list[Said] = field(default_factory=list)

    def warn(self, words: Said) -> None:
        """Say it once, and not without end."""
        if words not in self.warnings and len(self.warnings) < WARNINGS_MAX:
            self.warnings.append(words)


def text_of_job(job: Job) -> bytes:
    return orjson.dumps(asdict(job))


def job_of(text: bytes) -> Job:
    told = orjson.loads(text)
    labels = tuple(Label(**label) for label in told.pop("labels"))
    sheet, symbol = LabelSheet(told.pop("sheet")), LabelSymbol(told.pop("symbol"))
    return Job(labels, sheet, symbol, **told)


def text_of_drawn(drawn: Drawn) -> bytes:
    """One line."""
    warnings = [(one.template, one.values) for one in drawn.warnings]
    return orjson.dumps((drawn.labels, drawn.pages, warnings))


def drawn_of(text: bytes) -> Drawn:
    labels, pages, warnings = orjson.loads(text)
    return Drawn(labels, pages, [said(template, **values) for template, values in warnings])
