"""Whatever is wrong with a mutation's input has a code, says where, and records nothing.

One list of bad inputs for each mutation: what was given, the code, and the field it is told at.
What GraphQL itself refuses (a wrong type, an unknown value) comes as an error with a code and
without a place in the input.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from graphql_api.inventory.stock import BATCH_LINES_MAX
from graphql_api.values import INT32_MAX
from tests.conftest import KINDS
from tests.schema.api import Answer, Api, Caller

on_both = pytest.mark.parametrize("maker", KINDS, indirect=True)

WRONG_TYPE = "BAD_USER_INPUT", ""
BAD_PASSWORDS = "", "12345678", "password1234", "x" * 257
Bad = tuple[Mapping[str, Any], tuple[str, str]]  # what is changed of a good input; code, field


def at(field: str, code: str = "INVALID_INPUT") -> tuple[str, str]:
    """Refused at a path into the input."""
    return code, f"input.{field}" if field else "input"


def texts(name: str, longest: int, *, required: bool = True) -> list[Bad]:
    """Bad values of a text: too long, with control characters, not a text; empty if required."""
    bad: list[Any] = ["x" * (longest + 1), "a\0b", "a\x1bb", "a\u0085b"]
    bad += ["", "   ", "\n\t"] if required else []
    return [
        *(({name: text}, at(name)) for text in bad),
        *(({name: value}, WRONG_TYPE) for value in (7, True, ["x"], {"x": "y"})),
    ]


def numbers(name: str, *, least: int = 0) -> list[Bad]:
    """Bad values of a number of units: too small, beyond 32 bits, not a whole number."""
    small = [least - 1, -INT32_MAX]
    wrong = [INT32_MAX + 1, -(2**40), 10**30, 1.5, "1", True, None]
    return [
        *(({name: number}, at(name)) for number in small),
        *(({name: value}, WRONG_TYPE) for value in wrong),
    ]


def money(name: str) -> list[Bad]:
    """Bad values of an amount: negative, too fine, too much, not exact, not a number."""
    refused = ["-0.01", "-1", "0.00001", "1.23456", "1000000000000", "999999999999.99999"]
    wrong = [
        1.5, True, "", " 1", "1,50", "1e3", "0x1", "NaN", "Infinity", "-Infinity", "$1",
        "1.000000000000000000000000000000000001", "\u0663", "9" * 29,
    ]  # fmt: skip
    return [
        *(({name: amount}, at(name)) for amount in refused),
        *(({name: value}, WRONG_TYPE) for value in wrong),
    ]


def no_such(name: str, *given: Any) -> list[Bad]:
    """Values that the field's type does not have."""
    return [({name: value}, WRONG_TYPE) for value in given]


def unknown(name: str) -> list[Bad]:
    """Ids that nothing has: of no form that we give out, too long, of something else."""
    ids = ["999999", "0", "-1", "abc", "", " ", "1.0", "9" * 18, "9" * 400, "\u0661", "a\0b"]
    return [({name: text}, at(name, "NOT_FOUND")) for text in ids] + [({name: {}}, WRONG_TYPE)]


NOBODY: list[dict[str, str]] = [
    {"id": "999999"}, {"id": ""}, {"id": "x"}, {"sku": ""}, {"sku": "NONE"}, {"sku": "GOOD\0"},
    {"barcode": ""}, {"barcode": "NONE"}, {"barcode": "\0"}, {"sku": "GONE"}, {"id": "1"},
]  # fmt: skip
REFS: list[Bad] = [
    *(({"item": ref}, at("item", "NOT_FOUND")) for ref in NOBODY),
    *no_such("item", {}, None, [], "GOOD", {"sku": None}, {"name": "x"}),
    *no_such("item", {"sku": "GOOD", "id": None}, {"sku": "GOOD", "barcode": "B"}),
]
KEYS: list[Bad] = [
    *(({"idempotencyKey": key}, at("idempotencyKey")) for key in ("", "  ", "k" * 201, "a\0b")),
    *no_such("idempotencyKey", None, 1, []),
    ({"idempotencyKey": "used"}, at("idempotencyKey", "IDEMPOTENCY_KEY_REUSED")),
]
NOTES = [*texts("reason", 500, required=False), *texts("reference", 200, required=False)]
MOMENTS = [
    "2026-01-01", "2026-01-01T00:00:00", "2026-02-30T00:00:00Z", "1969-12-31T23:59:59Z", "now", "",
    "9999-12-31T23:59:59-01:00", "2026-01-01T00:00:00+25:00", "2026-01-01T24:00:00Z", 0, 1.5, True,
]  # fmt: skip
WHEN: list[Bad] = [
    *no_such("occurredAt", *MOMENTS),
    ({"occurredAt": "2099-01-01T00:00:00Z"}, at("occurredAt")),  # has not happened yet
]
LINE: list[Bad] = [
    *REFS,
    *((bad, why) for bad, why in numbers("quantity", least=-INT32_MAX) if why == WRONG_TYPE),
    ({"quantity": 0}, at("quantity")),
    ({"quantity": -1}, at("quantity")),  # a RECEIPT takes nothing away
    ({"quantity": 1, "actionType": "SALE"}, at("quantity")),
    ({"quantity": 1, "actionType": "WRITE_OFF"}, at("quantity")),
    ({"quantity": INT32_MAX}, at("quantity")),  # beyond 32 bits with what is there
    ({"quantity": -10_000, "actionType": "SALE"}, at("quantity", "INSUFFICIENT_STOCK")),
    ({"quantity": -INT32_MAX - 1, "actionType": "SALE"}, at("quantity", "INSUFFICIENT_STOCK")),
    ({"actionType": "COUNT"}, at("actionType")),
    ({"actionType": "TRANSFER"}, at("actionType")),
    *no_such("actionType", "receipt", "THEFT", None, 1, []),
    *unknown("location"),
    *NOTES,
    *WHEN,
]

ITEM = [
    *texts("sku", 64),
    *texts("name", 200),
    *texts("category", 255, required=False),
    *texts("barcode", 64, required=False),
    *texts("unit", 32),
    ({"description": "x" * 5_001}, at("description")),
    ({"description": "a\0b"}, at("description")),
    ({"description": 7}, WRONG_TYPE),
    *money("price"),
    *money("cost"),
    *numbers("minStock"),
    *no_such("visibility", "NOBODY", "admins", 1, []),
    *(({"sku": sku}, at("sku", "ALREADY_EXISTS")) for sku in (
        "OTHER", "other", " oTHER ", "ＯＴＨＥＲ", "GONE",
    )),
    ({"barcode": "TAKEN"}, at("barcode", "ALREADY_EXISTS")),
    ({"barcode": " TAKEN "}, at("barcode", "ALREADY_EXISTS")),
    ({"colour": "red"}, WRONG_TYPE),
]  # fmt: skip

# Mutation → a good input, and what makes it bad.
CASES: dict[str, tuple[dict[str, Any], list[Bad]]] = {
    "createItem": (
        {"sku": "NEW", "name": "New"},
        [
            *ITEM,
            *numbers("initialStock"),
            *unknown("location"),
            *(({name: None}, WRONG_TYPE) for name in ("sku", "name", "price", "visibility")),
        ],
    ),
    "updateItem": (
        {"id": "good"},
        [
            *((bad, why) for bad, why in ITEM if bad != {"minStock": None}),
            *(({name: None}, at(name)) for name in ("sku", "name", "description", "unit", "price")),
            *(({name: None}, at(name)) for name in ("minStock", "visibility")),
            ({}, at("")),
            *(({**bad, "name": "x"}, why) for bad, why in unknown("id")),
            ({"id": "gone", "name": "x"}, at("id", "NOT_FOUND")),
            *(
                ({"name": "x", "expectedVersion": stale}, at("expectedVersion", "VERSION_CONFLICT"))
                for stale in (0, 1, 3, -1, INT32_MAX)
            ),
            ({"name": "x", "expectedVersion": 2**31}, WRONG_TYPE),
            ({"name": "x", "expectedVersion": "2"}, WRONG_TYPE),
        ],
    ),
    "deleteItem": (
        {"id": "good"},
        [
            *unknown("id"),
            ({"id": "gone"}, at("id", "NOT_FOUND")),
            ({"expectedVersion": 1}, at("expectedVersion", "VERSION_CONFLICT")),
            ({"expectedVersion": 3}, at("expectedVersion", "VERSION_CONFLICT")),
            ({"expectedVersion": 1.5}, WRONG_TYPE),
            ({"id": None}, WRONG_TYPE),
        ],
    ),
    "createLocation": (
        {"code": "NEW", "name": "New"},
        [
            *texts("code", 32),
            *texts("name", 200),
            *(({"code": code}, at("code", "ALREADY_EXISTS")) for code in ("MAIN", " main ")),
            ({"code": None}, WRONG_TYPE),
            *unknown("parentId"),
        ],
    ),
    "updateLocation": (
        {"id": "shop", "code": "NEW", "name": "New", "parentId": "1"},
        [
            *unknown("id"),
            *texts("code", 32),
            *texts("name", 200),
            *(({name: None}, at(name)) for name in ("code", "name")),
            *(({"code": code}, at("code", "ALREADY_EXISTS")) for code in ("MAIN", " main ")),
            *unknown("parentId"),
            ({"id": None}, WRONG_TYPE),
            ({"colour": "red"}, WRONG_TYPE),
        ],
    ),
    "archiveLocation": (
        {"id": "shop"}, [*unknown("id"), ({"id": "main"}, at("id", "INVALID_TRANSITION"))],
    ),
    "restoreLocation": (
        {"id": "yard"}, [*unknown("id"), ({"id": "shop"}, at("id", "INVALID_TRANSITION"))],
    ),
    "setLocationMinimum": (
        {"item": {"sku": "GOOD"}, "location": "1", "minStock": 1},
        [
            *REFS,
            *unknown("location"),
            *((bad, why) for bad, why in numbers("minStock") if bad != {"minStock": None}),
        ],
    ),
    "adjustStock": (
        {"idempotencyKey": "new", "item": {"sku": "GOOD"}, "quantity": 1, "actionType": "RECEIPT"},
        [*KEYS, *LINE],
    ),
    "setStock": (
        {"idempotencyKey": "new", "item": {"sku": "GOOD"}, "stock": 3, "expectedStock": 10},
        [
            *KEYS,
            *REFS,
            *numbers("stock"),
            *numbers("expectedStock"),
            *(
                ({"expectedStock": wrong}, at("expectedStock", "STOCK_CONFLICT"))
                for wrong in (0, 9, 11, INT32_MAX)
            ),
            *unknown("location"),
            *NOTES,
            *WHEN,
        ],
    ),
    "reverseMovement": (
        {"idempotencyKey": "new", "movementId": "movement"},
        [
            *KEYS,
            *texts("reason", 500, required=False),
            *WHEN,
            *unknown("movementId"),
            ({"movementId": "gone movement"}, at("movementId", "INVALID_TRANSITION")),
            ({"movementId": "reversed"}, at("movementId", "INVALID_TRANSITION")),
            ({"movementId": "reversal"}, at("movementId", "INVALID_TRANSITION")),
            ({"movementId": "spent"}, at("movementId", "INSUFFICIENT_STOCK")),
        ],
    ),
    "transferStock": (
        {
            "idempotencyKey": "new",
            "item": {"sku": "GOOD"},
            "quantity": 1,
            "from": "main",
            "to": "shop",
        },
        [
            *KEYS,
            *REFS,
            *numbers("quantity", least=1),
            ({"quantity": 11}, at("quantity", "INSUFFICIENT_STOCK")),
            ({"quantity": INT32_MAX}, at("quantity", "INSUFFICIENT_STOCK")),
            ({"from": "shop", "to": "main"}, at("quantity", "INSUFFICIENT_STOCK")),
            ({"to": "main"}, at("to")),
            *unknown("from"),
            *((bad, why) for bad, why in unknown("to")),
            *NOTES,
            *WHEN,
        ],
    ),
    "snoozeAlert": (
        {"id": "alert", "until": "2099-01-01T00:00:00Z"},
        [
            *(({"id": text}, ("NOT_FOUND", "id")) for text in ("9", "", "x", "a\0b", "9" * 30)),
            ({"id": "ended"}, ("INVALID_TRANSITION", "id")),
            ({"until": "2020-01-01T00:00:00Z"}, at("until")),
            *no_such("until", *MOMENTS, None),
        ],
    ),
    "sendNotification": (
        {"type": "INFO", "title": "t", "message": "m"},
        [
            *texts("title", 200),
            *texts("message", 2_000),
            *unknown("userId"),
            ({"userId": "12", "role": "USER"}, at("role")),
            ({"data": "x" * 4_096}, at("data")),
            *no_such("type", "DEBUG", None, 1),
            ({"role": "GUEST"}, WRONG_TYPE),
        ],
    ),
    "createUser": (
        {"email": "new@example.com", "name": "New", "password": "a good password", "role": "USER"},
        [
            *texts("email", 254),
            *texts("name", 200),
            *(({"email": email}, at("email")) for email in ("a", "@b", "a@", "a b@c", "a@b c")),
            *(({"password": text}, at("password")) for text in BAD_PASSWORDS),
            *(
                ({"email": email}, at("email", "ALREADY_EXISTS"))
                for email in ("user@example.com", "USER@Example.com", " user@example.com ")
            ),
            *no_such("role", "ROOT", "admin", None, 1),
        ],
    ),
    "updateUser": (
        {"id": "12"},
        [
            ({}, at("")),
            *(({**bad, "name": "x"}, why) for bad, why in unknown("id")),
            *texts("name", 200),
            *(({"password": text}, at("password")) for text in BAD_PASSWORDS),
            ({"id": "11", "role": "USER"}, ("INVALID_TRANSITION", "input.id")),
            ({"id": "11", "active": False}, ("INVALID_TRANSITION", "input.id")),
            *no_such("active", 1, "true"),
            *no_such("role", "ROOT", 1),
        ],
    ),
}  # fmt: skip


async def prepared(api: Api) -> dict[str, str]:
    """What the inputs speak of; ids by the names that stand for them."""
    admin = api.admin
    good = {"sku": "GOOD", "name": "Good", "barcode": "B", "initialStock": 10}
    ids = {"good": await made(admin, good)}
    ids["other"] = await made(
        admin, {"sku": "OTHER", "name": "Other", "barcode": "TAKEN", "minStock": 1}
    )
    ids["gone"] = await made(admin, {"sku": "GONE", "name": "Gone", "initialStock": 1})
    await admin.mutate("deleteItem", input={"id": ids["gone"], "stock": "WRITE_OFF"})
    shop = await admin.mutate("createLocation", "location { id }", input={"code": "S", "name": "S"})
    yard = await admin.mutate("createLocation", "location { id }", input={"code": "Y", "name": "Y"})
    ids |= {"main": "1", "shop": shop["location"]["id"], "yard": yard["location"]["id"]}
    await admin.mutate("archiveLocation", input={"id": ids["yard"]})
    # A stock change under the key "used"; it also takes the item to version 2.
    used = {"idempotencyKey": "used", "item": {"sku": "OTHER"}, "quantity": 3}
    await admin.mutate("adjustStock", input={**used, "actionType": "RECEIPT"})
    await admin.mutate("updateItem", input={"id": ids["good"], "description": "second version"})
    ids["ended"] = (await admin.query("{ alerts { nodes { id } } }"))["alerts"]["nodes"][0]["id"]
    await made(admin, {"sku": "LOW", "name": "Low", "minStock": 1})
    ids["alert"] = (await admin.query("{ alerts { nodes { id } } }"))["alerts"]["nodes"][0]["id"]
    return ids | await moved(admin, ids)


async def moved(admin: Caller, ids: Mapping[str, str]) -> dict[str, str]:
    """Movements by what may be done with them."""

    async def adjusted(sku: str, quantity: int) -> str:
        payload = await admin.mutate(
            "adjustStock",
            "movement { id }",
            input={
                "idempotencyKey": f"{sku} {quantity}",
                "item": {"sku": sku},
                "quantity": quantity,
                "actionType": "CORRECTION",
            },
        )
        return str(payload["movement"]["id"])

    found = {"reversed": await adjusted("OTHER", 2)}
    taken_back = {"idempotencyKey": "back", "movementId": found["reversed"]}
    payload = await admin.mutate("reverseMovement", "movement { id }", input=taken_back)
    found["reversal"] = payload["movement"]["id"]
    found["spent"] = await adjusted("OTHER", 5)
    await adjusted("OTHER", -8)  # all that there is
    found["movement"] = await adjusted("OTHER", 4)
    gone = "query($id: ID!) { stockMovements(where: { itemIds: [$id] }) { nodes { id } } }"
    nodes = (await admin.query(gone, id=ids["gone"]))["stockMovements"]["nodes"]
    return {**found, "gone movement": nodes[0]["id"]}


async def made(caller: Caller, fields: dict[str, Any]) -> str:
    payload = await caller.mutate("createItem", "item { id }", input=fields)
    return str(payload["item"]["id"])


def named(given: Mapping[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
    """The input with the real ids in it."""
    return {
        name: ids.get(value, value) if isinstance(value, str) and name in ID_FIELDS else value
        for name, value in given.items()
    }


ID_FIELDS = {"id", "from", "to", "movementId"}


def complaint(answer: Answer, mutation: str) -> tuple[str, str]:
    """The code and the place of the one thing that an answer complains of."""
    if answer.errors:
        (error,) = answer.errors
        assert answer.data is None
        return error["extensions"]["code"], ""
    payload = answer.data[mutation]
    (error,) = payload["userErrors"]
    assert error["message"].endswith((".", ".…")), error
    return error["code"], ".".join(error["field"] or ())


async def complaints(
    api: Api, mutation: str, good: Mapping[str, Any], cases: list[Bad], ids: Mapping[str, str]
) -> list[str]:
    """The cases that were not refused as they should be."""
    wrong = []
    for bad, expected in cases:
        answer = await api.admin.try_mutate(mutation, input=named({**good, **bad}, ids))
        assert answer.status == 200
        try:
            found = complaint(answer, mutation)
        except (AssertionError, ValueError):
            wrong.append(f"{str(bad)[:80]}: {str(answer.body)[:300]}")
        else:
            if found != expected:
                wrong.append(f"{str(bad)[:80]}: {found} instead of {expected}")
    return wrong


@pytest.mark.parametrize("mutation", CASES)
async def test_every_bad_input_is_told_by_code_and_place_and_records_nothing(
    api: Api, mutation: str
) -> None:
    ids = await prepared(api)
    good, cases = CASES[mutation]
    before = await api.recorded()
    assert await complaints(api, mutation, good, cases, ids) == []
    assert await api.recorded() == before


@pytest.mark.parametrize("mutation", CASES)
async def test_the_input_is_good_without_what_made_it_bad(api: Api, mutation: str) -> None:
    """Otherwise the cases above would be refused for another reason than theirs."""
    ids = await prepared(api)
    given = named(CASES[mutation][0], ids)
    if mutation in ("updateItem", "updateUser"):
        given["name"] = "Changed"
    payload = await api.admin.mutate(mutation, input=given)
    assert payload["userErrors"] == []


@on_both
async def test_texts_that_a_database_cannot_look_up_find_nothing(api: Api) -> None:
    """PostgreSQL refuses NUL in a text, and SQLite ends the text there: "GOOD" was found."""
    await made(api.admin, {"sku": "GOOD", "name": "Good", "barcode": "GOOD", "category": "GOOD"})
    before = await api.recorded()
    text = "GOOD\0"
    for document in (
        "query($x: String!) { found: item(ref: { sku: $x }) { id } }",
        "query($x: String!) { found: item(ref: { barcode: $x }) { id } }",
        "query($x: String!) { found: stockMovements(item: { sku: $x }) { totalCount } }",
        "query($x: String!) { found: items(where: { skus: [$x] }) { totalCount } }",
        "query($x: String!) { found: items(where: { categories: [$x] }) { totalCount } }",
    ):
        data = await api.admin.query(document, x=text)
        assert data["found"] in (None, {"totalCount": 0}), document
    keyed = {"idempotencyKey": "new", "item": {"sku": text}, "quantity": 1}
    codes = await api.admin.refusals("adjustStock", input={**keyed, "actionType": "RECEIPT"})
    assert codes == ["NOT_FOUND"]
    login = await api.nobody.refusals("login", input={"email": text, "password": text})
    assert login == ["INVALID_CREDENTIALS"]
    assert await api.nobody.refusals("refreshSession", refreshToken=text) == ["INVALID_CREDENTIALS"]
    assert await api.recorded() == before


@pytest.mark.parametrize("maker", ["postgres"], indirect=True)
async def test_texts_that_grow_when_their_case_is_folded_are_too_long(api: Api) -> None:
    """U+FDFA becomes 18 characters, so a SKU of 64 does not fit the 128 of its folded form."""
    long = "\ufdfa"
    before = await api.recorded()
    for mutation, given in (
        ("createItem", {"sku": long * 64, "name": "x"}),
        ("createItem", {"sku": "x", "name": long * 200}),
        ("createLocation", {"code": long * 32, "name": "x"}),
    ):
        answer = await api.admin.try_mutate(mutation, input=given)
        assert complaint(answer, mutation)[0] == "INVALID_INPUT"
    assert await api.recorded() == before


# ---- batches ---------------------------------------------------------------------------------


def batch(*lines: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"idempotencyKey": "new", "lines": [{**GOOD_LINE, **line} for line in lines], **more}


GOOD_LINE = {"item": {"sku": "GOOD"}, "quantity": 1, "actionType": "RECEIPT"}


@pytest.mark.parametrize("policy", ["ABORT_ALL", "SKIP_FAILED"])
async def test_a_bad_line_is_told_by_its_number(api: Api, policy: str) -> None:
    """Under SKIP_FAILED the others are applied, unless the line breaks a rule by itself."""
    ids = await prepared(api)
    wrong = []
    for bad, (code, field) in LINE:
        if not field:
            continue
        before = await api.recorded()
        given = batch(
            {}, named(bad, ids), {}, onError=policy, idempotencyKey=f"{policy} {bad}"[:200]
        )
        payload = await api.admin.mutate("adjustStockBatch", "applied", input=given)
        found = [(e["code"], ".".join(e["field"])) for e in payload["userErrors"]]
        applied = 2 if policy == "SKIP_FAILED" and needs_the_database(code, bad) else 0
        if (
            found != [(code, field.replace("input.", "input.lines.1."))]
            or payload["applied"] != applied
        ):
            wrong.append((bad, found, payload["applied"]))
        if not applied:
            assert await api.recorded() == before
    assert wrong == []


def needs_the_database(code: str, bad: Mapping[str, Any]) -> bool:
    """Whether only the stock at hand, or the moment of booking, shows that a line is bad."""
    if code in ("NOT_FOUND", "INSUFFICIENT_STOCK"):
        return True
    return bad in ({"quantity": INT32_MAX}, {"occurredAt": "2099-01-01T00:00:00Z"})


async def test_a_batch_has_1_to_250_lines(api: Api) -> None:
    await prepared(api)
    before = await api.recorded()
    for count in (0, BATCH_LINES_MAX + 1):
        answer = await api.admin.try_mutate("adjustStockBatch", input=batch(*[{}] * count))
        assert complaint(answer, "adjustStockBatch") == at("lines")
    values: list[Any] = [None, {}, [None], "x"]
    for value in values:
        answer = await api.admin.try_mutate("adjustStockBatch", input={**batch(), "lines": value})
        assert set(answer.codes) == {"BAD_USER_INPUT"}, value
    assert await api.recorded() == before
    payload = await api.admin.mutate("adjustStockBatch", "applied", input=batch(*[{}] * 250))
    assert payload == {"applied": 250, "userErrors": []}


async def test_an_item_may_come_twice_and_its_lines_are_applied_in_order(api: Api) -> None:
    await prepared(api)
    sale = {"actionType": "SALE"}
    given = batch({**sale, "quantity": -10}, {"quantity": 4}, {**sale, "quantity": -4})
    payload = await api.admin.mutate(
        "adjustStockBatch", "movements { oldStock newStock }", input=given
    )
    steps = [(m["oldStock"], m["newStock"]) for m in payload["movements"]]
    assert steps == [(10, 0), (0, 4), (4, 0)]
    other_order = batch({**sale, "quantity": -1}, {"quantity": 1}, idempotencyKey="other")
    answer = await api.admin.try_mutate("adjustStockBatch", input=other_order)
    assert complaint(answer, "adjustStockBatch") == at("lines.0.quantity", "INSUFFICIENT_STOCK")


async def test_every_bad_line_of_a_batch_is_told_at_once(api: Api) -> None:
    await prepared(api)
    before = await api.recorded()
    given = batch({"item": {"sku": "NONE"}}, {}, {"quantity": -50, "actionType": "SALE"})
    codes = await api.admin.refusals("adjustStockBatch", input=given)
    assert codes == ["NOT_FOUND", "INSUFFICIENT_STOCK"]
    assert await api.recorded() == before


async def test_a_batch_needs_a_good_key(api: Api) -> None:
    await prepared(api)
    before = await api.recorded()
    assert await complaints(api, "adjustStockBatch", batch({}), KEYS, {}) == []
    assert await api.recorded() == before


# ---- mutations without an input object -----------------------------------------------------


@pytest.mark.parametrize("mutation", ["acknowledgeAlert", "resolveAlert", "markNotificationRead"])
async def test_an_unknown_id_is_not_found(api: Api, mutation: str) -> None:
    before = await api.recorded()
    for text in ("999", "", "0", "-1", "x", "a\0b", "9" * 18, "9" * 400):
        answer = await api.admin.try_mutate(mutation, id=text)
        assert complaint(answer, mutation) == ("NOT_FOUND", "id")
    values: list[Any] = [None, [], {}, 1.5, True]
    for value in values:
        assert (await api.admin.try_mutate(mutation, id=value)).codes == ["BAD_USER_INPUT"], value
    assert await api.recorded() == before


async def test_login_and_refresh_tell_nothing_but_that_they_failed(api: Api) -> None:
    before = await api.recorded()
    inputs = [("", ""), ("user@example.com", ""), ("x" * 60_000, "x"), ("a@b", "x" * 60_000)]
    for email, password in inputs:
        answer = await api.nobody.try_mutate("login", input={"email": email, "password": password})
        assert complaint(answer, "login") == ("INVALID_CREDENTIALS", "")
    for token in ("", "x", "x" * 60_000):
        answer = await api.nobody.try_mutate("refreshSession", refreshToken=token)
        assert complaint(answer, "refreshSession") == ("INVALID_CREDENTIALS", "")
    for given in ({"email": 1, "password": "x"}, {"email": "x"}, None, {}):
        answer = await api.nobody.try_mutate("login", input=given)
        assert set(answer.codes) == {"BAD_USER_INPUT"}, given
    assert await api.recorded() == before


async def test_test_broadcast_takes_only_its_kinds(api: Api) -> None:
    before = await api.recorded()
    for kind in ("alert", "EVERYTHING", None, 1):
        assert (await api.admin.try_mutate("testBroadcast", kind=kind)).codes == ["BAD_USER_INPUT"]
    assert await api.recorded() == before


# ---- JSON and literals -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "literal",
    ["{ a: 12345678901234567890123 }", "1e999", "-1e999", "[" * 40 + "]" * 40],
)
async def test_json_that_could_not_be_told_again_as_it_is_is_refused(
    api: Api, literal: str
) -> None:
    before = await api.recorded()
    given = f'{{ type: INFO, title: "t", message: "m", data: {literal} }}'
    codes = await api.admin.codes(
        f"mutation {{ sendNotification(input: {given}) {{ __typename }} }}"
    )
    assert codes == ["GRAPHQL_VALIDATION_FAILED"]
    assert await api.recorded() == before


async def test_json_nested_deeper_than_encoders_go_is_refused(api: Api) -> None:
    """It used to be taken, and then neither its event nor any answer could be written."""
    before = await api.recorded()
    document = 'mutation($d: JSON) { sendNotification(input: { type: INFO, title: "t", '
    document += 'message: "m", data: $d }) { userErrors { code } } }'
    query = orjson.dumps(document).decode()
    for levels in (33, 200, 300, 1_000):
        data = "[" * levels + "]" * levels
        answer = await api.admin.send(f'{{"query": {query}, "variables": {{"d": {data}}}}}')
        assert answer.codes == ["BAD_USER_INPUT"], levels
    assert await api.recorded() == before


async def test_any_other_json_comes_back_as_it_was_sent(api: Api) -> None:
    data: Any = {"a": [1, -1.5, 2**53, True, None, "\0 \u2028 é"], "": {}, "deep": []}
    for _ in range(29):
        data = [data]
    given = {"type": "INFO", "title": "t", "message": "m", "data": data}
    payload = await api.admin.mutate("sendNotification", "notification { data }", input=given)
    assert payload["notification"]["data"] == data
    listed = await api.admin.query("{ notifications { nodes { data } } }")
    assert listed["notifications"]["nodes"] == [{"data": data}]


async def test_literals_are_judged_like_variables(api: Api) -> None:
    before = await api.recorded()
    for literal, codes in (
        ("price: 1.5", ["GRAPHQL_VALIDATION_FAILED"]),
        ('price: "NaN"', ["GRAPHQL_VALIDATION_FAILED"]),
        ("minStock: 2147483648", ["GRAPHQL_VALIDATION_FAILED"]),
        ("sku: SKU", ["GRAPHQL_VALIDATION_FAILED"]),
        ('price: "-1"', []),
        ("minStock: -1", []),
        ('sku: "a\\u0000b"', []),
    ):
        fields = f'{literal}, name: "x"' + ("" if "sku" in literal else ', sku: "x"')
        answer = await api.admin.post(
            f"mutation {{ createItem(input: {{ {fields} }}) {{ userErrors {{ code }} }} }}"
        )
        assert answer.codes == codes, literal
        if not codes:
            assert answer.data == {"createItem": {"userErrors": [{"code": "INVALID_INPUT"}]}}
    assert await api.recorded() == before
