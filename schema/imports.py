"""Imports of uploaded files: the face of graphql_api/imports. Files come by POST /imports."""

from __future__ import annotations

from collections.abc import AsyncIterable, Mapping
from typing import Annotated

import strawberry
from strawberry import Parent

from graphql_api.delivery.filters import Axis, Filter
from graphql_api.errors import BadRequest, InvalidInput, NotFound
from graphql_api.events.log import Event
from graphql_api.imports import facts, file_imports, starting
from graphql_api.imports import preview as previewing
from graphql_api.imports.facts import TOLD, TOPIC
from graphql_api.imports.file_imports import FileImports, ImportStatus
from graphql_api.imports.noun import NOUN
from graphql_api.imports.preview import Previews
from graphql_api.imports.running import ImportRunner
from graphql_api.imports.undo import Undo, UndoImport
from graphql_api.said import said
from schema.context import Context, Info
from schema.errors import UserError
from schema.faces import Face, computed, enum_of, face_of
from schema.import_inputs import ImportOptions, StartImportInput
from schema.node import Id, Node, id_of, required_id
from schema.pagination import PAGE_MAX
from schema.people import Person, person
from schema.permissions import Rule, mutation, query, subscription
from schema.scalars import Cursor, DateTime
from schema.sentences import Sentence, sentences
from schema.streams import FromCursor, StreamEvent, follow

enum_of(
    ImportStatus,
    "ImportStatus",
    "Where an import stands.",
    {
        "UPLOADING": "Its file is coming in.",
        "UPLOADED": "Its file is there, and nobody has started it.",
        "RUNNING": "It is being taken over.",
        "CHECKED": "A dry run has ended: nothing was written, and it can be started.",
        "DONE": "It was taken over; `counts.bad` rows were left out.",
        "FAILED": "It stopped before its end: `problem` says why. It can be started again.",
        "CANCELLED": "Somebody stopped it, or its file was not taken over within a day.",
        "INTERRUPTED": "The server stopped. Started again it goes on, and doubles nothing.",
    },
)


@face_of(facts.RowCounts, "Rows of a file by what became of them.", name="ImportCounts")
class ImportCounts:
    created: int = strawberry.field(description="New items.")
    updated: int = strawberry.field(description="Items that were changed.")
    unchanged: int = strawberry.field(description="Rows that say what is there already.")
    deleted: int = strawberry.field(description="Rows of deleted items, which stay so.")
    booked: int = strawberry.field(description="Rows of stock that were booked.")
    already: int = strawberry.field(description="Rows of stock that this file booked before.")
    bad: int = strawberry.field(description="Rows that were left out.")


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

    @computed("`problems`, with what a translation needs.")
    @staticmethod
    def problem_sentences(preview: Parent[previewing.Preview]) -> list[Sentence]:
        return sentences(preview.problems)

    @computed("`notes`, with what a translation needs.")
    @staticmethod
    def note_sentences(preview: Parent[previewing.Preview]) -> list[Sentence]:
        return sentences(preview.notes)


@face_of(file_imports.FileImport, "An import of a file.", name="FileImport")
class FileImport(Node):
    kind: str | None = strawberry.field(description="ITEMS or STOCK; null until it is started.")
    name: str = strawberry.field(description="What people call the file.")
    status: ImportStatus = strawberry.field(description="Where it stands.")
    size: int = strawberry.field(description="Of the file, bytes; 0 for one by a command.")
    began_at: DateTime = strawberry.field(description="When the file came.")
    undone_at: DateTime | None = strawberry.field(description="When it was undone.")
    counts: facts.RowCounts = strawberry.field(description="Rows by what became of them, so far.")
    problem: str | None = strawberry.field(description="Why it ended before its end, in words.")

    @computed("Who brought the file; null for a command.")
    @staticmethod
    async def user(one: Parent[file_imports.FileImport], info: Info) -> Person | None:
        return await person(one.user_id, info)

    @computed("What the file would become. Reads the file; nothing is written.")
    @staticmethod
    async def preview(
        one: Parent[file_imports.FileImport],
        info: Info,
        options: Annotated[
            ImportOptions | None, strawberry.argument("As it would be started.")
        ] = None,
    ) -> previewing.Preview:
        wanted = options.to_domain() if options else starting.Wanted()
        try:
            wanted.check()
        except InvalidInput as refused:
            raise BadRequest(refused.message) from None
        return await info.context.services.of(Previews).of(one.id, wanted)


@strawberry.type(description="An import right after the change, or why it was not changed.")
class ImportPayload:
    file_import: file_imports.FileImport | None = strawberry.field(
        name="import", description="As it stands now.", default=None
    )
    replayed: bool = strawberry.field(
        description="Whether the key was known: it was started before.", default=False
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why not; empty when it was done.", default_factory=list
    )


@strawberry.type
class ImportQueries:
    @query(Rule.ADMIN, "One import; null when there is none. For ADMIN.", name="import")
    async def file_import(self, info: Info, id: Id) -> file_imports.FileImport | None:
        return await info.context.services.of(FileImports).find(required_id(id))

    @query(Rule.ADMIN, "The newest imports, commands' too. For ADMIN.")
    async def imports(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(f"1 to {PAGE_MAX}.")] = 25,
    ) -> list[file_imports.FileImport]:
        if not 1 <= first <= PAGE_MAX:
            raise BadRequest(
                said("first must be from 1 to {most}, not {first}.", most=PAGE_MAX, first=first)
            )
        return await info.context.services.of(FileImports).page(first, None)


@strawberry.type
class ImportMutations:
    @mutation(
        Rule.ADMIN,
        ImportPayload,
        "Take an uploaded file over, or go on with one that broke off: nothing is doubled. "
        "importProgress tells how far it is. For ADMIN.",
    )
    async def start_import(
        self, info: Info, input: Annotated[StartImportInput, strawberry.argument("Which, and how.")]
    ) -> ImportPayload:
        services = info.context.services
        runner = services.of(ImportRunner)
        command = starting.StartImport(
            input.idempotency_key.strip(),
            required_id(input.id),
            input.options.to_domain(),
            runner.new_runner(),
            info.context.signed_in.user_id,
        )
        started = await services.of(FileImports).start(command)
        if not started.replayed:
            runner.run(started.found, command)
        return ImportPayload(file_import=started.found, replayed=started.replayed)

    @mutation(
        Rule.ADMIN,
        ImportPayload,
        "Stop a running import, of which what is in stays in; or take an upload back. For ADMIN.",
    )
    async def cancel_import(self, info: Info, id: Id) -> ImportPayload:
        imports = info.context.services.of(FileImports)
        return ImportPayload(file_import=await imports.cancel(required_id(id)))

    @mutation(
        Rule.ADMIN,
        ImportPayload,
        "Take an import back, all of it, while nothing else has touched its items: created items "
        "are deleted, changed fields restored, stock booked back by reversals. "
        "INVALID_TRANSITION names the items that were touched since. For ADMIN.",
    )
    async def undo_import(self, info: Info, id: Id) -> ImportPayload:
        command = UndoImport(required_id(id), info.context.signed_in.user_id)
        return ImportPayload(file_import=await info.context.services.of(Undo).undo(command))


@strawberry.type(description="How far an import is.")
class ImportProgress(StreamEvent):
    import_id: strawberry.ID = strawberry.field(description="The import.")
    name: str = strawberry.field(description="Of its file.")
    status: ImportStatus = strawberry.field(description="Where it stands.")
    counts: facts.RowCounts = strawberry.field(description="Rows so far.")
    bytes_done: int = strawberry.field(description="How much of the file was read, about.")
    size: int = strawberry.field(description="Of the file, bytes.")
    problem: str | None = strawberry.field(description="Why it ended before its end, in words.")


_IMPORT = Axis("import", lambda event: (event.subject,))


@strawberry.type
class ImportSubscriptions:
    @subscription(Rule.ADMIN, "How far an import is, or all of them, to their ends. For ADMIN.")
    async def import_progress(
        self,
        info: Info,
        after: FromCursor = None,
        id: Annotated[
            strawberry.ID | None, strawberry.argument("Of one import; of all if absent.")
        ] = None,
    ) -> AsyncIterable[ImportProgress]:
        wanted = id_of(id)
        if wanted is not None and await info.context.services.of(FileImports).find(wanted) is None:
            raise NotFound(said("There is no import with id {id}.", id=id), ("id",))
        return follow(
            info,
            TOPIC,
            [TOLD],
            _progress,
            after,
            Filter.of((_IMPORT, None if wanted is None else (wanted,))),
        )


def _progress(event: Event, cursor: Cursor) -> ImportProgress:
    told: facts.ImportTold = event.payload
    return ImportProgress(
        cursor=cursor,
        timestamp=DateTime(event.recorded_at_us),
        import_id=strawberry.ID(str(event.subject)),
        name=told.name,
        status=ImportStatus(told.status),
        counts=told.counts,
        bytes_done=told.done,
        size=told.size,
        problem=told.problem,
    )


async def _nodes(context: Context, ids: list[int]) -> Mapping[int, file_imports.FileImport]:
    """For ADMIN alone."""
    if not context.sees_admins:
        return {}
    imports = context.services.of(FileImports)
    found = [await imports.find(one) for one in ids]
    return {one.id: one for one in found if one is not None}


FACE = Face(
    noun=NOUN,
    nodes=_nodes,
    queries=ImportQueries,
    mutations=ImportMutations,
    subscriptions=ImportSubscriptions,
)
