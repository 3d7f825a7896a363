"""What run.py does for whom, in order."""

from __future__ import annotations

from sessions import (
    Plan,
    Session,
    adjust,
    batch,
    few_sockets,
    groups,
    items,
    many_sockets,
    own_ceiling,
    own_http_ceiling,
    resume,
    selections,
    thousand_sockets,
)
from sustained import kept_up

SUBSCRIBERS = ("ours", "stock", "apollo", "mercurius", "ceiling")


def delivery_sessions(plan: Plan) -> list[tuple[str, Session, tuple[str, ...]]]:
    """What is done for whom, in order: name, session, contestants' keys."""
    programme: list[tuple[str, Session, tuple[str, ...]]] = [
        ("100 sockets", few_sockets, SUBSCRIBERS),
        ("1,000 sockets", thousand_sockets, SUBSCRIBERS),
        ("10 groups", groups(10), SUBSCRIBERS),
        ("1,000 groups", groups(1_000), SUBSCRIBERS),
        ("1,000 selections", selections, SUBSCRIBERS),
        ("changes kept up with, 1,000 sockets", kept_up(1_000), SUBSCRIBERS),
        ("resume", resume, ("ours",)),
        ("own ceiling", own_ceiling("load_coalesced"), ("flood",)),
        ("own ceiling", own_ceiling("load_single"), ("flood_single",)),
    ]
    if plan.many_sockets:
        programme += [
            ("10,000 sockets", many_sockets, SUBSCRIBERS),
            ("changes kept up with, 10,000 sockets", kept_up(10_000), SUBSCRIBERS),
        ]
    return programme


def http_sessions() -> list[tuple[str, Session, tuple[str, ...]]]:
    """The same for HTTP."""
    return [
        ("adjustStock", adjust("adjust"), ("ours", "naive")),
        ("adjustStock in memory", adjust("adjust_memory"), ("stock", "ceiling")),
        ("adjustStockBatch", batch, ("ours",)),
        ("items, SQLite", items("items"), ("ours", "naive", "apollo_sqlite")),
        ("items, memory", items("items_memory"), ("stock", "apollo", "mercurius", "ceiling")),
        ("own ceiling", own_http_ceiling, ("flood",)),
    ]
