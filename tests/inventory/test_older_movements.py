"""What a server of an older version books in a rolling restart is found by its words."""

from __future__ import annotations

import pytest

from graphql_api.clock import HeldClock
from graphql_api.inventory.noun import NOUN
from graphql_api.inventory.stock import ActionType, StockLedger
from graphql_api.services import Services
from tests.builders import adjust, make_item
from tests.conftest import KINDS

HOUR_S = 3_600
ALL_TERMS = "SELECT term, movement_id FROM movement_term ORDER BY movement_id, term"


@pytest.mark.parametrize("maker", KINDS, indirect=True)
async def test_words_that_an_older_server_left_out_are_filled_in_once(
    services: Services, clock: HeldClock
) -> None:
    """How the bug came about: table movement_term was filled by its migration, once."""
    _, fill = NOUN.tidying(services)
    item = await make_item(services)
    ids = []
    for number, reference in enumerate(("PO-1", "PO-2", None, "--", "PO-1")):
        command = adjust(item, 1, ActionType.RECEIPT, reference=reference, reason="new ware")
        result = await services.of(StockLedger).carry_out(command)
        ids.append(result.movements[0].id)
        clock.advance(HOUR_S if number != 3 else 3 * 24 * HOUR_S)
    wanted = [tuple(row) for row in await services.reading.rows(ALL_TERMS)]
    assert await fill() == 0, "all of it is there"
    write = services.database.writing.change
    await write("DELETE FROM movement_term")
    assert await fill() == 0, "it looks again no further back than two servers' clocks differ"
    late = await services.of(StockLedger).carry_out(
        adjust(item, 1, ActionType.RECEIPT, reference="PO-9")
    )
    await write("DELETE FROM movement_term")
    assert await fill() == 1
    rows = [tuple(row) for row in await services.reading.rows(ALL_TERMS)]
    assert [movement_id for _, movement_id in rows] == [late.movements[0].id] * len(rows) != []
    _, of_a_new_server = NOUN.tidying(services)
    assert await of_a_new_server() == 1, "the last two days; before them nobody restarted"
    again = [tuple(row) for row in await services.reading.rows(ALL_TERMS)]
    assert [row for row in again if row[1] == ids[-1]] == [r for r in wanted if r[1] == ids[-1]]
