"""How migration 0033 gives the idempotency keys that are there to the users who used them."""

from __future__ import annotations

from typing import Any

_ASIDE = "idempotency_key_before"


async def set_keys_aside(_apps: Any, editor: Any) -> None:
    """Copy the table, since it is made anew."""
    await _run(editor, f"CREATE TABLE {_ASIDE} AS SELECT * FROM idempotency_key")


async def give_keys_to_users(_apps: Any, editor: Any) -> None:
    """Put the copied rows back, each with an id of its own and its first movement's user."""
    first = (
        "json_extract(k.result, '$.movements[0]')"
        if editor.client.capabilities.dialect == "sqlite"
        else "(k.result::json->'movements'->>0)::bigint"
    )
    await _run(
        editor,
        "INSERT INTO idempotency_key (id, user_id, key, input_hash, result, recorded_at) "
        "SELECT (SELECT COALESCE(max(last_id), 0) FROM log_head) "
        "+ row_number() OVER (ORDER BY k.recorded_at, k.key), COALESCE(m.user_id, 0), k.key, "
        f"k.input_hash, k.result, k.recorded_at FROM {_ASIDE} k "
        f"LEFT JOIN movement m ON m.id = {first}",
    )
    # Ids are given out by the log's head: what was used here is not given out again.
    await _run(
        editor,
        "UPDATE log_head SET last_id = last_id + (SELECT count(*) FROM idempotency_key)",
    )
    await _run(editor, f"DROP TABLE {_ASIDE}")


async def _run(editor: Any, statement: str) -> None:
    if editor.collect_sql:
        editor.collected_sql.append(statement)
    else:
        await editor.client.execute_query(statement)
