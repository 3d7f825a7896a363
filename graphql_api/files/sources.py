"""A file as records, whatever it is: a workbook's sheet, or CSV. Called by tables.py."""

from __future__ import annotations

from typing import BinaryIO

from graphql_api.files.encodings import kind_of
from graphql_api.files.faults import UnreadableFile
from graphql_api.files.records import CsvRecords
from graphql_api.files.workbooks import SheetRecords, is_workbook
from graphql_api.said import said


def records_of(
    source: BinaryIO, encoding: str | None, sheet: str | None
) -> CsvRecords | SheetRecords:
    """encoding: of CSV, sheet: of a workbook; None: find it. Raises UnreadableFile."""
    if is_workbook(source):
        return SheetRecords(source, sheet)
    kind = kind_of(source)
    if kind is not None:
        raise UnreadableFile(kind)
    if sheet is not None:
        raise UnreadableFile(said("Only a workbook has sheets; this is none."))
    return CsvRecords(source, encoding)
