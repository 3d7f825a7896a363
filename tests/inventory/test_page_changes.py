"""What may come onto a list that was read, as far as an event tells."""

from __future__ import annotations

from typing import Any

from graphql_api.events.log import Event
from graphql_api.inventory.catalogue import ItemFilter
from graphql_api.inventory.page_changes import KEYS_CHARACTERS_MAX, KEYS_MAX, may_come
from graphql_api.services import Services
from tests.builders import make_item


async def created(services: Services, sku: str) -> Event:
    await make_item(services, sku)
    return (await services.log.page(0, services.hub.head.position))[-1]


async def test_a_list_of_few_skus_is_heeded_and_one_of_many_lets_all_pass(
    services: Services,
) -> None:
    told = await created(services, "B")
    few = ItemFilter(skus=("A", "C"))
    assert not may_come(few, None)(told)
    assert may_come(ItemFilter(skus=("b",)), None)(told)
    for many in (("X",) * (KEYS_MAX + 1), ("X" * 64,) * (KEYS_CHARACTERS_MAX // 64 + 1)):
        assert may_come(ItemFilter(skus=many), None)(told)


def test_what_is_kept_of_a_filter_does_not_grow_with_it() -> None:
    """Whoever keeps an answer counts a few keys for it: see delivery/dependencies.py."""
    accepts = may_come(ItemFilter(skus=tuple(f"SKU {number}" for number in range(5_000))), None)
    assert not [one for one in held_by(accepts) if isinstance(one, ItemFilter | set | tuple)]


def held_by(function: Any) -> list[Any]:
    """What a function of functions remembers."""
    held = [cell.cell_contents for cell in function.__closure__ or ()]
    return held + [inner for one in held if callable(one) for inner in held_by(one)]
