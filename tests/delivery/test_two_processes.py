"""Two servers on one database, as two processes are: one log, and each hub delivers all of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest

from graphql_api.delivery import hub as hub_module
from graphql_api.delivery.broker import Broker
from graphql_api.delivery.memory import MemoryBroker, MemoryExchange
from graphql_api.errors import InsufficientStock
from graphql_api.inventory.stock import StockLedger
from graphql_api.services import Services
from tests.builders import adjust, make_item, make_location, move
from tests.conftest import OpenServices
from tests.invariants import assert_sound
from tests.streams import eventually


class DeafBroker:
    """Loses everything."""

    async def start(self, hint: Callable[[], None]) -> None:
        pass

    def announce(self) -> None:
        pass

    def publish(self, channel: str, message: str) -> None:
        pass

    def subscribe(
        self, channel: str, receive: Callable[[str], None], connected: Callable[[], None]
    ) -> Callable[[], None]:
        return lambda: None

    @property
    def tasks(self) -> Sequence[asyncio.Task[None]]:
        return ()

    def log_replaced(self, epoch: str) -> None:
        pass

    async def close(self) -> None:
        pass


class EchoingBroker(MemoryBroker):
    """Repeats every hint, to its own process too."""

    def announce(self) -> None:
        for hint in (*self._exchange.hints, *reversed(self._exchange.hints)):
            hint()


def brokers(kind: str) -> tuple[Broker, Broker]:
    if kind == "deaf":
        return DeafBroker(), DeafBroker()
    exchange = MemoryExchange()
    made = EchoingBroker if kind == "echoing" else MemoryBroker
    return made(exchange), made(exchange)


def record(services: Services) -> list[int]:
    """The positions that this server's hub delivers."""
    told: list[int] = []
    services.hub.listen(lambda events: told.extend(event.position for event in events))
    return told


@pytest.mark.parametrize("kind", ["good", "echoing", "deaf"])
async def test_both_write_one_dense_log_and_each_hub_delivers_all_of_it(
    open_again: OpenServices, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(hub_module, "WATCHDOG_S", 0.02)
    first, second = brokers(kind)
    async with open_again(first) as one, open_again(second) as other:
        told = record(one), record(other)
        item = await make_item(one)
        servers = (one, other)
        await asyncio.gather(
            *(move(servers[n % 2], item, 1 + n % 3) for n in range(60)),
            *(make_item(servers[n % 2], f"NEW-{n}", initial_stock=n % 2) for n in range(10)),
        )
        read = await assert_sound(one)
        positions = [event["position"] for event in read.events]
        await eventually(lambda: len(told[0]) >= len(positions) <= len(told[1]))
        assert told[0] == told[1] == positions
        assert one.hub.head == other.hub.head == await one.log.head()
        assert read.items[item.id]["stock"] == 10 + sum(1 + n % 3 for n in range(60))


async def test_stock_never_goes_below_zero_though_two_servers_sell(
    open_again: OpenServices,
) -> None:
    async with open_again() as one, open_again() as other:
        item = await make_item(one, initial_stock=25)

        async def sell(services: Services) -> int:
            try:
                return len((await move(services, item, -1)).movements)
            except InsufficientStock:
                return 0

        sold = await asyncio.gather(*(sell((one, other)[n % 2]) for n in range(40)))
        assert sum(sold) == 25
        assert (await assert_sound(other)).items[item.id]["stock"] == 0


async def test_one_key_on_two_servers_books_once(open_again: OpenServices) -> None:
    async with open_again() as one, open_again() as other:
        item = await make_item(one)
        results = await asyncio.gather(
            *(
                (one, other)[n % 2].of(StockLedger).carry_out(adjust(item, 5, key="same"))
                for n in range(8)
            )
        )
        assert [result.replayed for result in results].count(False) == 1
        assert len({result.movements[0].id for result in results}) == 1
        assert (await assert_sound(one)).items[item.id]["stock"] == 15


async def test_a_location_of_one_server_is_known_to_the_other(open_again: OpenServices) -> None:
    async with open_again() as one, open_again() as other:
        item = await make_item(one)
        await move(other, item, 1)
        shop = await make_location(one)
        result = await other.of(StockLedger).carry_out(adjust(item, 3, location_id=shop.id))
        assert result.movements[0].location_id == shop.id


async def test_the_second_writer_waits_until_the_first_has_committed(
    open_again: OpenServices,
) -> None:
    async with open_again() as one, open_again() as other:
        item = await make_item(one)
        async with one.database.transaction() as connection:
            await connection.change("UPDATE log_head SET position = position WHERE id = 1")
            waiting = asyncio.create_task(move(other, item, 1))
            await asyncio.sleep(0.05)  # long enough for it to go wrong
            assert not waiting.done()
        assert (await waiting).movements[0].new_stock == 11
        await assert_sound(other)
