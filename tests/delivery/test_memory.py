"""The broker within one process."""

from __future__ import annotations

from graphql_api.delivery.memory import MemoryBroker, MemoryExchange


async def test_an_announcement_reaches_all_the_others_and_not_itself() -> None:
    exchange = MemoryExchange()
    hinted: list[str] = []
    brokers = {name: MemoryBroker(exchange) for name in "abc"}
    for name, broker in brokers.items():
        await broker.start(lambda name=name: hinted.append(name))  # type: ignore[misc]
    brokers["b"].announce()
    assert hinted == ["a", "c"]


async def test_a_closed_broker_hears_nothing_more() -> None:
    exchange = MemoryExchange()
    hinted: list[str] = []
    one, other = MemoryBroker(exchange), MemoryBroker(exchange)
    await one.start(lambda: hinted.append("one"))
    await other.start(lambda: hinted.append("other"))
    await one.close()
    await one.close()
    other.announce()
    assert hinted == []


async def test_alone_it_announces_to_nobody() -> None:
    broker = MemoryBroker()
    hinted: list[str] = []
    await broker.start(lambda: hinted.append("me"))
    broker.announce()
    assert hinted == []
