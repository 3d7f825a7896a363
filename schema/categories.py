"""Categories of items: the face of graphql_api/inventory/categories.py."""

from __future__ import annotations

from typing import Annotated

import strawberry

from graphql_api.errors import BadRequest
from graphql_api.inventory import categories as domain
from graphql_api.inventory.categories import Categories
from graphql_api.inventory.item import CATEGORY_MAX
from graphql_api.said import said
from schema import kept
from schema.context import Info
from schema.faces import Face, face_of
from schema.node import findable
from schema.pagination import After, Before, Connection, First, Last, asked, connection
from schema.permissions import Rule, query

CATEGORIES_DEFAULT = 50


@face_of(domain.Category, "What items say that they are, without case and form.")
class Category:
    name: str = strawberry.field(description="As its first item writes it, of those you may see.")
    items: int = strawberry.field(
        description="How many are in it, of those you may see; without deleted ones."
    )


def _checked(prefix: str) -> str:
    if len(prefix) > CATEGORY_MAX:
        raise BadRequest(
            said(
                "prefix has {count} characters; at most {most} are allowed.",
                count=len(prefix),
                most=CATEGORY_MAX,
            )
        )
    return prefix


@strawberry.type
class CategoryQueries:
    @query(
        Rule.VIEWER,
        "Categories that have items you may see, in the order of the alphabet.",
        kept=True,
    )
    async def categories(
        self,
        info: Info,
        prefix: Annotated[
            str | None, strawberry.argument("How they begin, without case and form.")
        ] = None,
        first: First = CATEGORIES_DEFAULT,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[domain.Category]:
        begin = None if prefix is None else findable(_checked(prefix))
        sees_admins = info.context.sees_admins
        kept.on_item_texts(info.context)
        categories = info.context.services.of(Categories)
        page = asked("category", (str,), first, after, last, before, CATEGORIES_DEFAULT)
        rows = await categories.page(
            begin,
            sees_admins,
            page.limit,
            None if page.beyond is None else page.beyond[0],
            None if page.until is None else page.until[0],
            page.backwards,
        )
        return connection(
            rows,
            lambda category: [category.key],
            "category",
            first,
            after,
            lambda: categories.count(begin, sees_admins),
            last,
            before,
        )


FACE = Face(queries=CategoryQueries)
