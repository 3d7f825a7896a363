"""Foreign keys: they come to filled tables, and what belongs to something goes with it."""

from __future__ import annotations

import logging

import pytest
from tortoise.exceptions import IntegrityError

from graphql_api.database.database import Database
from tests.database.test_filled_tables import fill
from tests.database.test_migrating import empty, one_step, opened

__all__ = ["empty"]  # a fixture

BEFORE = "0040_pruning_indexes"
# Each refers to a user, a session, an item … that nobody has heard of.
ORPHANS = {
    "session": "INSERT INTO session (id, user_id, created_at, expires_at) VALUES (1, 7, 0, 9)",
    "refresh_token": "INSERT INTO refresh_token (token_hash, session_id, issued_at) "
    "VALUES ('a', 1, 0)",
    "push_subscription": "INSERT INTO push_subscription (id, user_id, session_id, endpoint, "
    "endpoint_hash, p256dh, auth, min_severity, created_at) VALUES (1, 2002, 1, 'e', 'e', 'p', "
    "'a', 1, 0)",
    "push_delivery": "INSERT INTO push_delivery (id, subscription_id, alert_ids, created_at, "
    "due_at, attempts) VALUES (1, 1, '[]', 0, 0, 0)",
    "notification_read": "INSERT INTO notification_read (id, notification_id, user_id, read_at) "
    "VALUES (1, 7, 2002, 0)",
    "notification_mark": "INSERT INTO notification_mark (id, user_id, up_to, read_at) "
    "VALUES (1, 7, 0, 0)",
    "notification_go": "INSERT INTO notification_go (notification_id, user_id, alert_ids, "
    "began_at, grown_at) VALUES (7, 2002, '[]', 0, 0)",
    "notification_item": "INSERT INTO notification_item (id, notification_id, item_id) "
    "VALUES (1, 2002, 7)",
    "notification": "INSERT INTO notification (id, type, title, message, roles, created_at, "
    "user_id) VALUES (1, 'INFO', 't', 'm', 1, 0, 7)",
    "edit_lease": "INSERT INTO edit_lease (item_id, fence, secret, user_id, session_id, "
    "expires_at) VALUES (7, 1, 's', 2002, 2002, 0)",
}
OF_A_USER = {
    "session", "refresh_token", "push_subscription", "push_delivery", "notification",
    "notification_read", "notification_mark", "notification_item", "notification_go", "edit_lease",
}  # fmt: skip


async def counts(database: Database) -> dict[str, int]:
    found = {}
    for table in ORPHANS:
        row = await database.reading.row(f"SELECT count(*) FROM {table}")
        assert row is not None
        found[table] = int(row[0])
    return found


async def test_rows_that_refer_to_nothing_are_deleted_and_told(
    empty: str, caplog: pytest.LogCaptureFixture
) -> None:
    """How they came about: deleting did not heed what others were adding at that time."""
    async with opened(empty) as database:
        while await one_step(database) != BEFORE:
            pass
        await fill(database, 1)
        whole = await counts(database)
        for statement in ORPHANS.values():
            await database.writing.change(statement)
        with caplog.at_level(logging.WARNING):
            assert await one_step(database) == "0050_references"
        assert await counts(database) == whole
        told = [record.getMessage() for record in caplog.records]
        assert "deleted rows whose user_id is of nothing in user_account: 1 of session" in told
        assert {line.split(" of ")[-1] for line in told} == set(ORPHANS)
        for table, statement in ORPHANS.items():
            if table != "refresh_token":
                with pytest.raises(IntegrityError):
                    await database.writing.change(statement)


async def test_nothing_of_one_that_is_deleted_stays(empty: str) -> None:
    async with opened(empty) as database:
        while await one_step(database) is not None:
            pass
        await fill(database, 1)
        await database.writing.change("DELETE FROM attachment WHERE item_id = 2002")  # they hold it
        whole = await counts(database)
        for table in ("user_account", "item", "session", "notification"):
            await database.writing.change(f"DELETE FROM {table} WHERE id = 2002")
        assert await counts(database) == {
            table: count - (table in OF_A_USER) for table, count in whole.items()
        }
