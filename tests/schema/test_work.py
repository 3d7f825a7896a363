"""Work: texts are bounded before they are looked at, documents cost what they take to prepare,
lists and counts cost what they hold, and one caller's work is limited over both transports."""

from __future__ import annotations

import time
import unicodedata
from typing import Any

import pytest
from graphql import parse

from graphql_api.accounts.roles import Role
from graphql_api.clock import HeldClock
from graphql_api.engine.limits import measure
from graphql_api.engine.preparation import ERRORS_MAX, Documents
from graphql_api.errors import LimitExceeded, RateLimited
from graphql_api.operations.rate import BURST_S, LiveCosts, RateLimiter
from graphql_api.settings import Settings
from schema import VOCABULARY, build_schema
from schema.prices import PRICES
from tests.builders import make_item
from tests.schema.api import Api, running
from tests.streams import eventually

LIMITS = Settings()
MARKS = "a" + "\u0301\u0316" * 7_000  # as long as this, they took seconds to put in order
ITEM = "query($ref: ItemRef!) { item(ref: $ref) { id } }"
SKUS = "query($skus: [String!]) { items(where: { skus: $skus }) { nodes { id } } }"


@pytest.fixture
def normalized(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The length of each text that is normalised from now on."""
    lengths: list[int] = []
    real = unicodedata.normalize

    def heed(form: Any, text: str) -> str:
        lengths.append(len(text))
        return real(form, text)

    monkeypatch.setattr(unicodedata, "normalize", heed)
    return lengths


async def test_no_long_text_is_normalized_wherever_it_comes_in(
    api: Api, normalized: list[int]
) -> None:
    """How the bug came about: ten logins with such an email held the loop for 16 s."""
    admin = api.admin
    assert await admin.query(ITEM, ref={"sku": MARKS}) == {"item": None}
    assert await admin.query(ITEM, ref={"barcode": MARKS}) == {"item": None}
    assert await admin.query(SKUS, skus=[MARKS, " " + MARKS]) == {"items": {"nodes": []}}
    search = "query($s: String) { items(search: $s) { nodes { id } } }"
    assert await admin.codes(search, s=MARKS) == ["INVALID_INPUT"]
    credentials = {"email": MARKS, "password": "x"}
    assert await api.nobody.refusals("login", input=credentials) == ["INVALID_CREDENTIALS"]
    line = {"item": {"sku": MARKS}, "quantity": 1, "actionType": "RECEIPT"}
    one = {"idempotencyKey": "k1", **line}
    assert await admin.refusals("adjustStock", input=one) == ["NOT_FOUND"]
    batch = {"idempotencyKey": "k2", "lines": [line, line]}
    assert set(await admin.refusals("adjustStockBatch", input=batch)) == {"NOT_FOUND"}
    place = {"code": MARKS, "name": "n"}
    assert await admin.refusals("createLocation", input=place) == ["INVALID_INPUT"]
    socket = await api.socket(Role.ADMIN)
    updates = "subscription($w: InventoryUpdateFilter) { inventoryUpdated(where: $w) { type } }"
    await socket.subscribe(updates, w={"skus": [MARKS]})
    await api.subscribed(1)
    assert max(normalized, default=0) <= 400


async def test_a_long_name_is_not_told_back_in_full(api: Api) -> None:
    line = {"item": {"sku": "x" * 30_000}, "quantity": 1, "actionType": "RECEIPT"}
    payload = await api.admin.mutate("adjustStock", input={"idempotencyKey": "k", **line})
    (error,) = payload["userErrors"]
    assert len(error["message"]) < 200


async def test_a_text_within_its_bound_finds_as_before(api: Api) -> None:
    await make_item(api.services, "Crème-64", barcode="b1")
    for ref in ({"sku": "  CRÈME-64  "}, {"barcode": " b1 "}):
        assert (await api.admin.query(ITEM, ref=ref))["item"] is not None
    assert (await api.admin.query(SKUS, skus=["crème-64"]))["items"]["nodes"] != []


@pytest.mark.parametrize("digits", [12, 4_200, 9_000])
async def test_a_number_of_thousands_of_digits_is_no_fault_of_ours(api: Api, digits: int) -> None:
    """Python refuses to read more than 4,300 of them: it was an INTERNAL_SERVER_ERROR."""
    number = "9" * digits
    for query in (
        f"{{ items(first: {number}) {{ nodes {{ id }} }} }}",
        f"query($n: Int = {number}) {{ items(first: $n) {{ nodes {{ id }} }} }}",
    ):
        codes = await api.admin.codes(query)
        assert codes
        assert "INTERNAL_SERVER_ERROR" not in codes


# ---- documents -----------------------------------------------------------------------------------

ITEM_FIELDS = "id sku name stock unit price status version barcode category minStock"
MOVED = "movements(first: 1) { nodes { item {" * 2 + "id" + "} } }" * 2

# What took most, found by a generator of documents that are as large as they may be.
HOSTILE = {
    "equal siblings that hold equal siblings": "{ items { nodes {" + MOVED * 30 + "} } }",
    "one argument often": "{ items(" + "first: 1 " * 328 + ") { nodes { id } } }",
    "types": "enum E {" + " ".join(f"A{n}" for n in range(980)) + "}",
    "spreads": "{ viewer {" + "...F " * 490 + "} } fragment F on User { id }",
    "inline fragments": "{ viewer {" + "... on User {" * 190 + "id" + "}" * 190 + "} }",
    "enum values": "{ items(where: {statuses: [" + "LOW_STOCK " * 970 + "]}) { nodes { id } } }",
    "operations": "".join(f"query q{n} {{ ...f }} " for n in range(50))
    + "fragment f on Query {"
    + " __typename" * 300
    + "}",
    "blanks": "{ viewer { id } }" + " " * 14_900,
    "lines of a block string": '{ item(ref: {sku: """' + "\n" * 14_900 + '"""}) { id } }',
    "brackets": "{" * 14_900,
}

NAMES = {
    "fields": "{ viewer {" + " ".join(f"emial{n}" for n in range(400)) + "} }",
    "input fields": "{ items(where: {"
    + " ".join(f"stauses{n}: 1" for n in range(300))
    + "}) { nodes { id } } }",
    "enum values": "{ items(where: {statuses: ["
    + " ".join(f"LOW_STOK{n}" for n in range(900))
    + "]}) { nodes { id } } }",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_document_with_much_wrong_is_told_little_of_it_and_nothing_is_guessed(name: str) -> None:
    """Each wrong name was compared with each right one: a fifth of a second of CPU."""
    schema = build_schema(LIMITS)
    errors = schema.documents.prepare(NAMES[name]).errors
    assert len(errors) <= ERRORS_MAX + 1  # and that there are more
    assert not any("Did you mean" in error.message for error in errors)


def test_five_operations_are_a_document_and_six_are_too_many() -> None:
    schema = build_schema(LIMITS).core
    for count, is_refused in ((5, False), (6, True)):
        text = " ".join(f"query Q{n} {{ viewer {{ id }} }}" for n in range(count))
        assert bool(measure(schema, parse(text), LIMITS, PRICES).errors) is is_refused


def test_a_fragment_counts_for_each_operation_that_spreads_it() -> None:
    """Each operation had a budget of its own: 50 of them took 40 ms."""
    schema = build_schema(LIMITS).core
    fragment = " fragment F on User {" + " ".join(f"f{n}" for n in range(480)) + "}"
    for count, is_refused in ((4, False), (5, True)):
        text = "".join(f"query Q{n} {{ viewer {{ ...F }} }}" for n in range(count)) + fragment
        assert bool(measure(schema, parse(text), LIMITS, PRICES).errors) is is_refused


@pytest.mark.parametrize("place", ["id #", "... # { id }", "...F #"])
def test_five_directives_in_one_place_pass_and_six_do_not(place: str) -> None:
    schema = build_schema(LIMITS).core
    for count, is_refused in ((5, False), (6, True)):
        field = place.replace("#", "@skip(if: false) " * count)
        text = f"{{ viewer {{ {field} }} }} fragment F on User {{ id }}"
        assert bool(measure(schema, parse(text), LIMITS, PRICES).errors) is is_refused


# ---- told cost -----------------------------------------------------------------------------------


async def told(api: Api, query: str, **variables: Any) -> int:
    answer = await api.admin.post(query, variables)
    cost: int = answer.body["extensions"]["cost"]
    return cost


async def test_lists_without_pages_cost_what_they_may_hold(api: Api) -> None:
    assert await told(api, "{ locations { id } }") == 100
    assert await told(api, "{ items(first: 1) { nodes { levels { location { id } } } } }") == 42
    ids = [str(n) for n in range(7)]
    query = "query($ids: [ID!]!) { presence(itemIds: $ids) { itemId } }"
    assert await told(api, query, ids=ids) == 7
    inlined = "{ presence(itemIds: [" + " ".join(ids) + "]) { itemId } }"
    assert await told(api, inlined) == 7


async def test_a_batch_costs_its_lines_when_it_is_replayed_too(api: Api) -> None:
    """One told 4,805 and answered 1,200,752 objects: its movements counted as one."""
    line = '{ item: { sku: "x" }, quantity: 1, actionType: RECEIPT } '
    batch = (
        f'mutation {{ adjustStockBatch(input: {{ idempotencyKey: "k", lines: [{line * 60}] }}) '
        "{ movements { item { movements(first: 100) { nodes { id } } } } } }"
    )
    answer = await api.admin.post(batch)
    assert answer.codes == ["LIMIT_EXCEEDED"]
    assert answer.body["extensions"]["cost"] > 60 * 100


async def test_counts_and_scans_have_a_price_and_a_count_only_one(api: Api) -> None:
    assert await told(api, "{ items(first: 50) { totalCount } }") == 11
    nested = "{ items(first: 5) { nodes { movements(first: 50) { totalCount } } } }"
    assert await told(api, nested) == 1 + 5 * (1 + 11)
    spread = "{ items(first: 50) { ...F } } fragment F on InventoryItemConnection { totalCount }"
    assert await told(api, spread) == 11
    assert await told(api, "{ ledgerCheck { ok } }") == 1_001
    assert await told(api, "mutation { checkAlerts { checked } }") == 501


# ---- budgets -------------------------------------------------------------------------------------


def test_work_is_overdrawn_once_and_then_waits_until_it_is_paid() -> None:
    clock = HeldClock()
    rates = RateLimiter(clock, 100, work_per_second=1_000)
    rates.charge("a", 1_000 * BURST_S + 2_000)
    with pytest.raises(RateLimited) as refused:
        rates.charge("a", 1)
    assert refused.value.extensions["retryAfterSeconds"] == 2
    rates.charge("b", 1)
    clock.advance(3)
    rates.charge("a", 1)
    for _ in range(3):
        RateLimiter(clock, None).charge("a", 10**9)


def test_users_of_one_address_have_a_few_budgets_together() -> None:
    """Accounts are cheap: a hundred of them in one hand were a hundred budgets."""
    rates = RateLimiter(HeldClock(), 10, work_per_second=100, users_per_address=2)
    for user in range(2):
        for _ in range(10 * BURST_S):
            rates.take(f"user {user}", "192.0.2.1")
        rates.charge(f"user {user}", 100 * BURST_S, "192.0.2.1")
    with pytest.raises(RateLimited, match="operations from your address"):
        rates.take("user 3", "192.0.2.1")
    with pytest.raises(RateLimited, match="work from your address"):
        rates.charge("user 3", 1, "192.0.2.1")
    rates.take("user 4", "192.0.2.2")
    rates.take("address 192.0.2.1")
    rates.charge("address 192.0.2.1", 1)


def test_a_replay_leaves_half_of_the_budget_and_is_told_how_long_to_wait() -> None:
    clock = HeldClock()
    rates = RateLimiter(clock, None, work_per_second=1_000, users_per_address=3)
    half = 1_000 * BURST_S // 2
    assert rates.pace("user 1", half, "a") == 0
    assert rates.pace("user 1", 500, "a") == 0.5
    rates.charge("user 1", half - 500, "a")
    clock.advance(10)
    assert rates.pace("user 1", 0, "a") == 0
    for user in range(2, 5):
        rates.pace(f"user {user}", half, "a")
    assert rates.pace("user 9", 1, "a") > 0, "its address has used its half"
    assert RateLimiter(clock, None).pace("user 1", 10**9, "a") == 0


def test_a_new_document_costs_by_its_length_and_a_kept_one_nothing() -> None:
    schema = build_schema(LIMITS)
    documents = Documents(schema.core, LIMITS, VOCABULARY)
    for text in ("{ viewer { id } }" + " " * 4_000, "{ nonsense }" + " " * 4_000):
        assert documents.price(text, 0) > 1_000
        documents.prepare(text)
        assert documents.price(text, 0) == 0


@pytest.fixture
async def limited(settings: Settings, clock: HeldClock) -> Any:
    given = {"rate_work_per_second": 1_000}
    async with running(settings.model_copy(update=given), clock) as api:
        yield api


async def test_refused_documents_are_charged_by_their_size_on_both_transports(
    limited: Api, clock: HeldClock
) -> None:
    """Neither counted them: 25 a second filled the loop, and none was limited."""

    def document(number: int) -> str:
        return f"{{ nonsense }} # {number}" + "x" * 4_700

    codes = [(await limited.user.post(document(n))).codes for n in range(10)]
    assert codes[0] == ["GRAPHQL_VALIDATION_FAILED"]
    assert codes[-1] == ["RATE_LIMITED"]
    answer = await limited.user.post(document(11))
    assert answer.status == 429
    assert int(answer.headers["retry-after"]) >= 1
    socket = await limited.socket(Role.USER)
    await socket.subscribe(document(12))
    assert await socket.refusal() == ["RATE_LIMITED"], "it is one budget"
    assert (await limited.admin.post(document(1))).codes == ["GRAPHQL_VALIDATION_FAILED"]
    clock.advance(60)
    assert (await limited.user.post("{ viewer { id } }")).codes == []


async def test_the_budget_of_an_address_holds_for_users_with_sessions_on_both_transports(
    settings: Settings, clock: HeldClock
) -> None:
    given = {"rate_work_per_second": 1_000, "rate_users_per_address": 1}
    dear = "{ items(first: 40) { nodes { movements(first: 98) { nodes { id } } } } }"  # 3,961
    async with running(settings.model_copy(update=given), clock) as api:
        socket = await api.socket(Role.VIEWER)
        assert [(await api.user.post(dear)).codes for _ in range(2)] == [[], []]
        answer = await api.admin.post(dear)
        assert answer.codes == ["RATE_LIMITED"], "somebody else, of the same address"
        assert "from your address" in answer.errors[0]["message"]
        await socket.subscribe(dear)
        assert await socket.refusal() == ["RATE_LIMITED"]
        assert (await api.nobody.post("{ __typename }")).codes == [], "who is nobody pays apart"
        clock.advance(60)
        assert (await api.admin.post(dear)).codes == []


async def test_a_replay_is_charged_to_its_user(settings: Settings, clock: HeldClock) -> None:
    """Resuming from an old cursor, again and again, read and rendered for nothing."""
    nested = (
        "subscription($after: Cursor) "
        "{ inventoryUpdated(after: $after) { item { levels { quantity } } } }"
    )  # 22 an event
    async with running(settings.model_copy(update={"rate_work_per_second": 200}), clock) as api:
        start = (await api.services.log.head()).cursor.encode()
        for number in range(60):
            await make_item(api.services, f"r-{number}")
        socket = await api.socket(Role.USER)
        await socket.subscribe(nested, after=start)
        for _ in range(60):
            await socket.event()
        assert api.app.backend is not None
        rates = api.app.backend.rates
        await eventually(lambda: rates.pace("user 12", 0) > BURST_S / 2)  # below nothing
        assert (await api.user.post("{ viewer { id } }")).codes == ["RATE_LIMITED"]
        assert (await api.viewer.post("{ viewer { id } }")).codes == []
        clock.advance(60)
        assert (await api.user.post("{ viewer { id } }")).codes == []


async def test_answers_are_charged_by_their_cost(limited: Api) -> None:
    dear = "{ items(first: 40) { nodes { movements(first: 98) { nodes { id } } } } }"
    codes = [(await limited.user.post(dear)).codes for _ in range(4)]
    assert codes == [[], [], ["RATE_LIMITED"], ["RATE_LIMITED"]]


def test_live_costs_are_held_together_and_given_back() -> None:
    live = LiveCosts(100)
    live.hold("a", 60)
    live.hold("b", 60)
    with pytest.raises(LimitExceeded):
        live.hold("a", 41)
    live.let_go("a", 60)
    live.hold("a", 100)


async def test_live_subscriptions_have_a_ceiling_each_and_one_for_all_of_a_user(
    settings: Settings, clock: HeldClock
) -> None:
    given = {"rate_limit": "off", "subscriptions_cost_per_user_max": 40}
    nested = "subscription { inventoryUpdated { item { levels { quantity } } } }"  # 22
    dear = (
        "subscription { inventoryUpdated { item { movements(first: 100) { nodes { item "
        "{ movements(first: 100) { nodes { id } } } } } } } }"
    )
    paged = "subscription { inventoryUpdated { item { movements(first: 100) { nodes { item "
    paged += "{ levels { quantity } } } } } } }"
    async with running(settings.model_copy(update=given), clock) as api:
        one, other = await api.socket(Role.USER), await api.socket(Role.USER)
        for query in (dear, paged):
            await one.subscribe(query)
            (error,) = (await one.next())["payload"]
            assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
            assert "together" not in error["message"], "it is too dear all by itself"
        await one.subscribe(nested)
        await api.subscribed(1)
        await other.subscribe(nested)
        assert await other.refusal() == ["LIMIT_EXCEEDED"], "the sum is over sockets"
        await one.send({"id": "1", "type": "complete"})
        await one.settle()
        await other.subscribe(nested, id="2")
        await api.subscribed(1)
        await other.close()


def test_preparing_hostile_documents_takes_no_more_cpu_than_a_full_ordinary_one() -> None:
    """Beside an ordinary document of as many tokens, measured here and now: no seconds."""
    schema = build_schema(LIMITS)
    schema.warm()
    pages = "".join(f"a{n}: items(first: 1) {{ nodes {{ {ITEM_FIELDS} }} }} " for n in range(10))
    ordinary = f"{{ {pages} }}" + "".join(
        f" fragment F{n} on InventoryItem {{ {ITEM_FIELDS} {ITEM_FIELDS} }}" for n in range(20)
    )

    def cpu_s(text: str) -> float:
        took = []
        for _ in range(7):
            begun_s = time.thread_time()
            Documents(schema.core, LIMITS, VOCABULARY).prepare(text)
            took.append(time.thread_time() - begun_s)
        return min(took)

    usual_s = cpu_s(ordinary)
    dear = {name: cpu_s(text) / usual_s for name, text in (HOSTILE | NAMES).items()}
    assert {name: times for name, times in dear.items() if times > 2} == {}
