"""The state machine of holds, without a database."""

from __future__ import annotations

import pytest

from graphql_api.clock import DAY_US, SECOND_US
from graphql_api.errors import InvalidInput, InvalidTransition
from graphql_api.holds.commands import Until
from graphql_api.holds.lifecycle import (
    EXPIRES_IN_DAYS_MAX,
    EXPIRES_IN_S_MAX,
    Hold,
    HoldLine,
    HoldStatus,
    added_up,
    hold_of,
)

PLACED, ENDS = 1_000 * SECOND_US, 1_060 * SECOND_US
AT = ("input", "id")


def hold(**fields: object) -> Hold:
    made = Hold(7, HoldStatus.HELD, "CART", None, 900, PLACED, ENDS, lines=[HoldLine(1, 2, 3)])
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def test_its_time_is_over_at_the_moment_itself() -> None:
    held = hold()
    held.check_live("CONSUMED", ENDS - 1, AT)
    with pytest.raises(InvalidTransition, match="EXPIRED since 1970-01-01T00:17:40Z") as refused:
        held.check_live("CONSUMED", ENDS, AT)
    assert refused.value.field == AT
    held.expire(ENDS + 5)
    assert (held.status, held.ended_at, held.ended_by_id) == (HoldStatus.EXPIRED, ENDS, None)


@pytest.mark.parametrize("status", [s for s in HoldStatus if s is not HoldStatus.HELD])
def test_an_end_is_final(status: HoldStatus) -> None:
    ended = hold(status=status, ended_at=PLACED)
    with pytest.raises(InvalidTransition, match=f"{status.value} since"):
        ended.check_live("RELEASED", PLACED, AT)
    with pytest.raises(InvalidTransition):
        ended.extend(ENDS + 1, PLACED, AT)


def test_an_extension_only_lengthens() -> None:
    held = hold()
    held.extend(ENDS, PLACED, AT)  # what is said twice is so once
    held.extend(ENDS + 1, PLACED, AT)
    assert held.expires_at == ENDS + 1
    for wrong in (ENDS, PLACED, PLACED + EXPIRES_IN_DAYS_MAX * DAY_US + 1):
        with pytest.raises(InvalidInput):
            held.extend(wrong, PLACED, AT)
    with pytest.raises(InvalidTransition):
        held.extend(ENDS + 9, ENDS + 1, AT)
    assert held.expires_at == ENDS + 1


def test_lines_of_one_place_add_up() -> None:
    lines = [HoldLine(1, 1, 2), HoldLine(2, 1, 1), HoldLine(1, 1, 3), HoldLine(1, 2, 1)]
    assert added_up(lines) == [HoldLine(1, 1, 5), HoldLine(2, 1, 1), HoldLine(1, 2, 1)]


def test_a_hold_is_kept_whole() -> None:
    ended = hold(status=HoldStatus.RELEASED, ended_at=PLACED + 1, ended_by_id=3, note="n")
    assert hold_of(ended.state()) == ended


def test_until_is_a_moment_or_some_seconds() -> None:
    assert Until(None, None, 90).moment(PLACED) == PLACED + 90 * SECOND_US
    assert Until(None, 1).moment(PLACED) == PLACED + SECOND_US
    assert Until(ENDS, None).moment(PLACED) == ENDS
    for wrong in (
        Until(ENDS, 5),
        Until(None, 0),
        Until(None, -1),
        Until(None, EXPIRES_IN_S_MAX + 1),
    ):
        with pytest.raises(InvalidInput):
            wrong.check()
