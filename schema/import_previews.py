"""What an uploaded file would become: types of the face imports.py."""

from __future__ import annotations

import strawberry
from strawberry import Parent

from graphql_api.errors import BadRequest, InvalidInput
from graphql_api.imports import mappings
from graphql_api.imports import preview as previewing
from graphql_api.imports.mappings import ImportMappings
from graphql_api.imports.starting import Wanted
from schema.context import Info
from schema.faces import computed, face_of
from schema.import_inputs import ImportOptions
from schema.sentences import Sentence, sentences


@face_of(previewing.PreviewColumn, "A column of an uploaded file.", name="ImportColumn")
class ImportColumn:
    name: str = strawberry.field(description="As the file's header has it.")
    field: str | None = strawberry.field(description="What it stands for; null: nothing.")


@face_of(previewing.PreviewValue, "A field of a row, and its value.", name="ImportValue")
class ImportValue:
    field: str = strawberry.field(description="The field, or a location's code.")
    value: str = strawberry.field(description="As people read it.")


@face_of(previewing.PreviewRow, "A row of a file as it would become.", name="ImportPreviewRow")
class ImportPreviewRow:
    line: int = strawberry.field(description="The line on which it begins, 1 for the first.")
    outcome: str = strawberry.field(
        description="CREATED, UPDATED, UNCHANGED, DELETED, BOOKED or BAD."
    )
    values: list[previewing.PreviewValue] = strawberry.field(description="What it says.")
    problems: list[str] = strawberry.field(description="What is wrong with it.")

    @computed("The same, with what a translation needs.")
    @staticmethod
    def problem_sentences(row: Parent[previewing.PreviewRow]) -> list[Sentence]:
        return sentences(row.problems)


@face_of(previewing.Preview, "What a file would become; nothing is written.", name="ImportPreview")
class ImportPreview:
    kind: str | None = strawberry.field(
        description="ITEMS or STOCK, as asked for or by the columns; null when it is neither."
    )
    encoding: str = strawberry.field(
        description="In which it was read; empty when it could not be."
    )
    columns: list[previewing.PreviewColumn] = strawberry.field(
        description="Its columns, with the fields that they would stand for."
    )
    rows: list[previewing.PreviewRow] = strawberry.field(description="The first ten.")
    problems: list[str] = strawberry.field(description="What is wrong with the file as a whole.")
    notes: list[str] = strawberry.field(
        description="What was found by itself: columns by other names, how numbers are read."
    )
    sheets: list[str] = strawberry.field(description="Of a workbook; empty for another file.")
    sheet: str | None = strawberry.field(description="The sheet that is read.")

    @computed(
        "The mapping that was saved last of a file with this very header row; null: there is none."
    )
    @staticmethod
    async def saved_mapping(
        preview: Parent[previewing.Preview], info: Info
    ) -> mappings.SavedMapping | None:
        names = [column.name for column in preview.columns]
        return await info.context.services.of(ImportMappings).of_header(names)

    @computed("`problems`, with what a translation needs.")
    @staticmethod
    def problem_sentences(preview: Parent[previewing.Preview]) -> list[Sentence]:
        return sentences(preview.problems)

    @computed("`notes`, with what a translation needs.")
    @staticmethod
    def note_sentences(preview: Parent[previewing.Preview]) -> list[Sentence]:
        return sentences(preview.notes)


async def preview_of(
    import_id: int, options: ImportOptions | None, info: Info
) -> previewing.Preview:
    """What the file of an import would become. Raises BadRequest."""
    wanted = options.to_domain() if options else Wanted()
    try:
        wanted.check()
    except InvalidInput as refused:
        raise BadRequest(refused.message) from None
    return await info.context.services.of(previewing.Previews).of(import_id, wanted)
