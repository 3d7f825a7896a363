"""Imports of uploaded files: the face of graphql_api/imports. Files come by POST /imports."""

from __future__ import annotations

from collections.abc import AsyncIterable, Mapping
from typing import Annotated

import strawberry
from strawberry import Parent

from graphql_api.delivery.filters import Axis, Filter
from graphql_api.errors import BadRequest, NotFound
from graphql_api.events.log import Event
from graphql_api.imports import facts, file_imports, starting, undo_blocks
from graphql_api.imports.facts import TOLD, TOPIC
from graphql_api.imports.file_imports import FileImports, ImportStatus
from graphql_api.imports.listing import ImportListing
from graphql_api.imports.notes import RowNote
from graphql_api.imports.noun import NOUN
from graphql_api.imports.preview import Preview
from graphql_api.imports.problems import joined, said_again
from graphql_api.imports.running import ImportRunner
from graphql_api.imports.undo import Undo, UndoImport
from graphql_api.imports.undo_blocks import UndoBlock
from graphql_api.said import said
from graphql_api.services import Services
from schema.context import Context, Info
from schema.errors import UserError
from schema.faces import Face, computed, enum_of, face_of
from schema.import_inputs import ImportOptions, StartImportInput
from schema.import_previews import preview_of
from schema.node import Id, Node, id_of, required_id
from schema.pagination import (
    PAGE_DEFAULT,
    PAGE_MAX,
    After,
    Before,
    Connection,
    First,
    Last,
    asked,
    connection,
)
from schema.people import Person, person
from schema.permissions import Rule, mutation, query, subscription
from schema.scalars import Cursor, DateTime
from schema.sentences import Sentence, sentence, sentences
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
enum_of(
    UndoBlock,
    "ImportUndoBlock",
    "What keeps an import from being undone.",
    {
        "UNDONE": "It was undone already.",
        "UNENDED": "It has not ended.",
        "NOTHING_WRITTEN": "It wrote nothing.",
        "TOO_LARGE": "It wrote too much to be undone in one go.",
        "TOUCHED": "Something else has touched its items since, a hold included.",
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


@face_of(
    undo_blocks.UndoBlocker, "What keeps an import from being undone.", name="ImportUndoBlocker"
)
class ImportUndoBlocker:
    reason: UndoBlock = strawberry.field(description="Which kind of thing.")
    message: str = strawberry.field(description="In words.")

    @computed("`message`, with what a translation needs.")
    @staticmethod
    def sentence(one: Parent[undo_blocks.UndoBlocker]) -> Sentence:
        return sentence(one.message)


@face_of(
    RowNote, "What is odd in rows that are taken all the same: notes of one kind.",
    name="ImportNote",
)  # fmt: skip
class ImportNote:
    count: int = strawberry.field(
        description="How many rows have it, or the same with other values."
    )
    lines: list[int] = strawberry.field(description="On which the first few of them begin.")

    @computed("The first of them.")
    @staticmethod
    def sentence(one: Parent[RowNote]) -> Sentence:
        return sentence(one.message)


@face_of(file_imports.FileImport, "An import of a file.", name="FileImport")
class FileImport(Node):
    kind: str | None = strawberry.field(description="ITEMS or STOCK; null until it is started.")
    name: str = strawberry.field(description="What people call the file.")
    status: ImportStatus = strawberry.field(description="Where it stands.")
    size: int = strawberry.field(description="Of the file, bytes; 0 for one by a command.")
    began_at: DateTime = strawberry.field(description="When the file came.")
    undone_at: DateTime | None = strawberry.field(description="When it was undone.")
    counts: facts.RowCounts = strawberry.field(description="Rows by what became of them, so far.")

    notes: list[RowNote] = strawberry.field(
        description="What is odd in rows that were taken, by kind, once it has ended; of one by a "
        "command its own output tells it."
    )

    @computed("Why it ended before its end, in words.")
    @staticmethod
    def problem(one: Parent[file_imports.FileImport]) -> str | None:
        return joined(one.problems)

    @computed("`problem`, with what a translation needs.")
    @staticmethod
    def problem_sentences(one: Parent[file_imports.FileImport]) -> list[Sentence]:
        return sentences(one.problems)

    @computed("Who brought the file; null for a command.")
    @staticmethod
    async def user(one: Parent[file_imports.FileImport], info: Info) -> Person | None:
        return await person(one.user_id, info)

    @computed("Whether it can be started now: it does not run, and its file is kept.")
    @staticmethod
    async def startable(one: Parent[file_imports.FileImport], info: Info) -> bool:
        kept = await info.context.loaders.of(_with_file).load(one.id)
        return kept and one.status in file_imports.STARTABLE

    @computed("Whether rows that were left out are kept: for a day.")
    @staticmethod
    async def has_rejects(one: Parent[file_imports.FileImport], info: Info) -> bool:
        return await info.context.loaders.of(_with_rejects).load(one.id)

    @computed(
        "What keeps it from being undone; null: nothing, as far as a list may find out. undoImport "
        "also looks whether barcodes that would come back are free."
    )
    @staticmethod
    async def undo_blocker(
        one: Parent[file_imports.FileImport], info: Info
    ) -> undo_blocks.UndoBlocker | None:
        return await info.context.services.of(ImportListing).undo_blocker(one)

    @computed("What the file would become. Reads the file; nothing is written.")
    @staticmethod
    async def preview(
        one: Parent[file_imports.FileImport],
        info: Info,
        options: Annotated[
            ImportOptions | None, strawberry.argument("As it would be started.")
        ] = None,
    ) -> Preview:
        return await preview_of(one.id, options, info)


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


_SORT = "import"  # of the list's cursors


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
        return await info.context.services.of(ImportListing).page(first, None)

    @query(Rule.ADMIN, "All imports, commands' too, newest first. For ADMIN.", name="fileImports")
    async def import_pages(
        self,
        info: Info,
        first: First = PAGE_DEFAULT,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[file_imports.FileImport]:
        listing = info.context.services.of(ImportListing)
        page = asked(_SORT, (int,), first, after, last, before)
        beyond, until = page.ids
        rows = await listing.page(page.limit, beyond, until=until, backwards=page.backwards)
        return connection(
            rows, lambda one: [one.id], _SORT, first, after, listing.count, last, before
        )


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
    problem_sentences: list[Sentence] = strawberry.field(
        description="`problem`, with what a translation needs."
    )


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
        problem_sentences=sentences(said_again(told.problems) or filter(None, [told.problem])),
    )


async def _with_file(services: Services, ids: list[int]) -> Mapping[int, bool]:
    kept = await services.of(ImportListing).with_file(ids)
    return {one: one in kept for one in ids}


async def _with_rejects(services: Services, ids: list[int]) -> Mapping[int, bool]:
    kept = await services.of(ImportListing).with_rejects(ids)
    return {one: one in kept for one in ids}


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
