"""Imports of uploaded files: the face of graphql_api/imports. Files come by POST /imports."""

from __future__ import annotations

from collections.abc import AsyncIterable, Mapping
from typing import Annotated

import strawberry
from strawberry import Parent

from graphql_api.errors import BadRequest, InvalidInput
from graphql_api.events.log import Event
from graphql_api.imports import facts, file_imports, starting
from graphql_api.imports import preview as previewing
from graphql_api.imports.facts import TOLD, TOPIC
from graphql_api.imports.file_imports import FileImports, ImportStatus
from graphql_api.imports.noun import NOUN
from graphql_api.imports.preview import Previews
from graphql_api.imports.running import ImportRunner
from graphql_api.imports.stock_tables import StockMode
from graphql_api.imports.undo import Undo, UndoImport
from schema.context import Context, Info
from schema.errors import UserError
from schema.faces import Face, computed, enum_of, face_of
from schema.node import Id, Node, id_of, required_id
from schema.pagination import PAGE_MAX
from schema.people import Person, person
from schema.permissions import Rule, mutation, query, subscription
from schema.scalars import Cursor, DateTime
from schema.stock_inputs import KEY, trimmed
from schema.streams import FromCursor, StreamEvent, follow

MAPPED_MAX = 100  # columns of one mapping

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
enum_of(
    StockMode,
    "StockMode",
    "What the quantities of a file of stock are.",
    {
        "COUNT": "What is there: booked as COUNT, by compare-and-set.",
        "ADD": "What came in: booked as RECEIPT.",
    },
)
enum_of(
    starting.ImportKind,
    "ImportKind",
    "What a file is taken over as.",
    {
        "ITEMS": "Items, created and changed.",
        "STOCK": "Counts, or goods that came in, of items that are there.",
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


@strawberry.input(description="Which column a field has.")
class ImportMapping:
    field: str = strawberry.field(description="The field, as `ImportColumn.field` names them.")
    column: str = strawberry.field(description='The column; "" leaves the field out.')


@strawberry.input(description="How a file is read and taken over.")
class ImportOptions:
    kind: starting.ImportKind | None = strawberry.field(
        description="Needed to start; in a preview by the columns if absent.", default=None
    )
    stock_mode: StockMode | None = strawberry.field(
        description="Needed to start an import of STOCK: it is not guessed.", default=None
    )
    mapping: list[ImportMapping] | None = strawberry.field(
        description=f"Fields whose columns have other names; at most {MAPPED_MAX}.", default=None
    )
    encoding: str | None = strawberry.field(
        description="Like latin-1 or utf-16; null: it is found.", default=None
    )
    location: strawberry.ID | None = strawberry.field(
        description="STOCK: of rows that name none.", default=None
    )
    wide: bool = strawberry.field(
        description="STOCK: a column for each location, headed by its code.", default=False
    )
    reference: str | None = strawberry.field(
        description="STOCK: of the movements; the file's name if absent.", default=None
    )
    strict: bool = strawberry.field(description="Write nothing if any row is bad.", default=False)
    dry_run: bool = strawberry.field(description="Write nothing at all.", default=False)
    create_locations: bool = strawberry.field(
        description="ITEMS: add the locations that stock is booked at, if need be.", default=False
    )
    ignore_stock: bool = strawberry.field(
        description="ITEMS: take rows of items that exist without their initialStock.",
        default=False,
    )

    def to_domain(self) -> starting.Wanted:
        mapping = self.mapping or []
        if len(mapping) > MAPPED_MAX:
            raise BadRequest(f"mapping has {len(mapping)} entries; at most {MAPPED_MAX} may be.")
        return starting.Wanted(
            None if self.kind is None else self.kind.value, self.stock_mode,
            {one.field: one.column.strip() for one in mapping}, trimmed(self.encoding),
            id_of(self.location), self.wide, trimmed(self.reference), self.strict, self.dry_run,
            self.create_locations, self.ignore_stock,
        )  # fmt: skip


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


@strawberry.input(description="Takes an uploaded file over.")
class StartImportInput:
    idempotency_key: str = strawberry.field(description=KEY)
    id: strawberry.ID = strawberry.field(description="The import.")
    options: ImportOptions = strawberry.field(description="How.")


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
            raise BadRequest(f"first must be from 1 to {PAGE_MAX}, not {first}.")
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


@strawberry.type
class ImportSubscriptions:
    @subscription(Rule.ADMIN, "How far an import is, or all of them, to their ends. For ADMIN.")
    def import_progress(
        self,
        info: Info,
        after: FromCursor = None,
        id: Annotated[
            strawberry.ID | None, strawberry.argument("Of one import; of all if absent.")
        ] = None,
    ) -> AsyncIterable[ImportProgress]:
        wanted = id_of(id)
        return follow(
            info,
            TOPIC,
            [TOLD],
            _progress,
            after,
            lambda event: wanted is None or event.subject == wanted,
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
