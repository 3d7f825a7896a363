"""Saved mappings: how somebody's files are read. A face of graphql_api/imports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import strawberry
from strawberry import Parent

from graphql_api.imports import facts, mappings, starting
from graphql_api.imports.mappings import ImportMappings, RenameMapping, SaveMapping
from graphql_api.imports.stock_tables import StockMode
from graphql_api.inventory.locations import Location
from schema.context import Context, Info
from schema.errors import UserError
from schema.faces import Face, computed, face_of
from schema.import_inputs import ImportOptions
from schema.locations import location_by_id
from schema.node import Id, Node, required_id
from schema.people import Person, person
from schema.permissions import Rule, mutation, query
from schema.scalars import DateTime


@face_of(facts.MappedColumn, "A field, and the column that it has.", name="MappedColumn")
class MappedColumn:
    field: str = strawberry.field(description="As `ImportColumn.field` names them.")
    column: str = strawberry.field(description='Its column; "": the field is left out.')


@face_of(
    mappings.SavedMapping,
    "How files of one kind are read, under a name: for `ImportOptions`.",
    name="SavedImportMapping",
)
class SavedImportMapping(Node):
    name: str = strawberry.field(description="For people; one of its kind has it.")
    kind: starting.ImportKind = strawberry.field(description="What its files are taken over as.")
    columns: list[facts.MappedColumn] = strawberry.field(
        description="`mapping`: fields whose columns have other names."
    )
    stock_mode: StockMode | None = strawberry.field(
        description="What the quantities are; null: it is said each time."
    )
    encoding: str | None = strawberry.field(description="Null: it is found.")
    decimal: starting.DecimalSign | None = strawberry.field(description="Null: it is found.")
    sheet: str | None = strawberry.field(description="Of a workbook; null: it is found.")
    generate_sku: bool = strawberry.field(description="As in `ImportOptions`.")
    lenient: bool = strawberry.field(description="As in `ImportOptions`.")
    wide: bool = strawberry.field(description="As in `ImportOptions`.")
    reference: str | None = strawberry.field(
        description="As in `ImportOptions`; null: it is said each time, or the file's name."
    )
    saved_at: DateTime = strawberry.field(description="When it was saved last.")

    @computed("As in `ImportOptions`; null: it is said each time.")
    @staticmethod
    async def location(one: Parent[mappings.SavedMapping], info: Info) -> Location | None:
        return await location_by_id(info, one.location_id)

    @computed("Who saved it last.")
    @staticmethod
    async def user(one: Parent[mappings.SavedMapping], info: Info) -> Person | None:
        return await person(one.user_id, info)


@strawberry.input(description="Keeps how the file of an import is read.")
class SaveImportMappingInput:
    import_id: strawberry.ID = strawberry.field(
        name="import",
        description="The import whose file is read so; the file must still be there. A file with "
        "the same header row is proposed the mapping.",
    )
    name: str = strawberry.field(description=f"1 to {mappings.NAME_MAX} characters.")
    options: ImportOptions = strawberry.field(
        description="How, its `kind` included. `strict`, `dryRun`, `createLocations` and "
        "`ignoreStock` are of one import, and not kept."
    )
    replace: bool = strawberry.field(
        description="Whether it takes the place of one with this name; else that is "
        "ALREADY_EXISTS.",
        default=False,
    )


@strawberry.input(description="Gives a saved mapping a name.")
class RenameImportMappingInput:
    id: strawberry.ID = strawberry.field(description="The mapping.")
    name: str = strawberry.field(description=f"1 to {mappings.NAME_MAX} characters.")


@strawberry.type(description="A saved mapping after the change, or why it was not changed.")
class SavedImportMappingPayload:
    mapping: mappings.SavedMapping | None = strawberry.field(
        description="As it is now; deleted, as it was.", default=None
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why not; empty when it was done.", default_factory=list
    )


@strawberry.type
class ImportMappingQueries:
    @query(Rule.ADMIN, "All saved mappings, by name. For ADMIN.")
    async def import_mappings(
        self,
        info: Info,
        kind: Annotated[
            starting.ImportKind | None, strawberry.argument("Of this kind; of both if absent.")
        ] = None,
    ) -> list[mappings.SavedMapping]:
        return await info.context.services.of(ImportMappings).all(kind)


@strawberry.type
class ImportMappingMutations:
    @mutation(
        Rule.ADMIN,
        SavedImportMappingPayload,
        f"Keep how a file is read, for the next one; at most {mappings.MAPPINGS_MAX} are kept. "
        "For ADMIN.",
    )
    async def save_import_mapping(
        self,
        info: Info,
        input: Annotated[SaveImportMappingInput, strawberry.argument("Of which file, and how.")],
    ) -> SavedImportMappingPayload:
        command = SaveMapping(
            required_id(input.import_id),
            input.name,
            input.options.to_domain(),
            input.replace,
            info.context.signed_in.user_id,
        )
        saved = await info.context.services.of(ImportMappings).save(command)
        return SavedImportMappingPayload(mapping=saved)

    @mutation(Rule.ADMIN, SavedImportMappingPayload, "Give a saved mapping a name. For ADMIN.")
    async def rename_import_mapping(
        self,
        info: Info,
        input: Annotated[RenameImportMappingInput, strawberry.argument("Which, and its name.")],
    ) -> SavedImportMappingPayload:
        command = RenameMapping(required_id(input.id), input.name)
        renamed = await info.context.services.of(ImportMappings).rename(command)
        return SavedImportMappingPayload(mapping=renamed)

    @mutation(Rule.ADMIN, SavedImportMappingPayload, "Delete a saved mapping. For ADMIN.")
    async def delete_import_mapping(self, info: Info, id: Id) -> SavedImportMappingPayload:
        deleted = await info.context.services.of(ImportMappings).delete(required_id(id))
        return SavedImportMappingPayload(mapping=deleted)


async def _nodes(context: Context, ids: list[int]) -> Mapping[int, mappings.SavedMapping]:
    """For ADMIN alone."""
    if not context.sees_admins:
        return {}
    return await context.services.of(ImportMappings).by_ids(ids)


FACE = Face(nodes=_nodes, queries=ImportMappingQueries, mutations=ImportMappingMutations)
