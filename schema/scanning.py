"""Scanning: the face of graphql_api/inventory/scanning.py."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry import Parent

from graphql_api.inventory import scanning as domain
from graphql_api.inventory.items import Item
from graphql_api.inventory.scanning import Scanner
from schema.context import Info
from schema.faces import Face, computed, face_of
from schema.permissions import Rule, query
from schema.sentences import Sentence, sentences


@face_of(domain.Scan, "What a scanned text stands for.", name="ScanResult")
class ScanResult:
    item: Item | None = strawberry.field(
        description="The item that has it; null when there is none that you may see."
    )
    factor: int = strawberry.field(
        description="Base units that one scan stands for: 12 for a carton of 12."
    )
    code: str = strawberry.field(
        description="The barcode as the item has it, its SKU, or what was looked for."
    )
    lot: str | None = strawberry.field(description="The lot or batch that the code tells.")
    expires_on: str | None = strawberry.field(
        description="The expiry or best-before day that the code tells, as YYYY-MM-DD."
    )
    message: str | None = strawberry.field(
        description="What is wrong, in words: nothing found, a wrong check digit, a part that "
        "cannot be read; null when nothing is."
    )

    @computed("The same, a sentence each, with what a translation needs.")
    @staticmethod
    def sentences(found: Parent[domain.Scan]) -> list[Sentence]:
        return sentences(found.notes)


@strawberry.type
class ScanQueries:
    @query(
        Rule.VIEWER,
        "Which item a text stands for, and how many units of it: any form of a barcode, a GS1 "
        "element string or Digital Link, or a SKU. Living items only; nothing found is no error.",
    )
    async def scan(
        self,
        info: Info,
        code: Annotated[
            str, strawberry.argument("As the scanner sends it; at most 1,000 characters are read.")
        ],
    ) -> domain.Scan:
        scanner = info.context.services.of(Scanner)
        return await scanner.scan(code, info.context.sees_admins)


FACE = Face(queries=ScanQueries)
