"""Imports over the API: a file comes, is looked at, taken over and told of; what is left out can
be had; nothing is doubled, whatever stops."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from graphql_api.clock import DAY_US, SECOND_US, HeldClock
from graphql_api.imports import running
from graphql_api.imports.facts import RowCounts
from graphql_api.imports.file_imports import (
    SILENT_US,
    WAITING_MAX,
    FileImports,
    ImportStatus,
    TellImport,
)
from graphql_api.imports.notes import notes_in, text_of_notes
from graphql_api.imports.running import ImportRunner
from graphql_api.imports.spool import PIECE_BYTES, Spool
from graphql_api.settings import Settings
from graphql_api.texts.languages import Language, catalog
from tests.builders import make_item, make_location
from tests.conftest import KINDS
from tests.invariants import assert_sound
from tests.patience import PATIENCE_S
from tests.schema.api import Api, Caller
from tests.schema.api import running as running_api
from tests.streams import eventually

ITEMS = "sku,name,price,initialStock\nA,One,1.50,5\nB,Two,x,1\nC,Three,2,0\n"
SENTENCES = "problemSentences { message template values }"
COUNTS = "counts { created updated unchanged booked already bad }"
IMPORT = f"import {{ id kind name status size problem {COUNTS} user {{ name }} }}"


async def upload(
    caller: Caller, content: bytes | str | AsyncIterator[bytes], name: str = "a.csv", **headers: str
) -> Any:
    """The answer to POST /imports: (status, body)."""
    told = {"content-type": "text/csv", "authorization": f"Bearer {caller.token}"}
    told |= {key.replace("_", "-"): value for key, value in headers.items()}
    if caller.token is None:
        told.pop("authorization")
    body = content.encode() if isinstance(content, str) else content
    answer = await caller.http.post("/imports", params={"name": name}, content=body, headers=told)
    return answer.status_code, answer.json()


async def uploaded(caller: Caller, content: str, name: str = "a.csv") -> str:
    status, body = await upload(caller, content, name)
    assert status == 201, body
    return str(body["import"]["id"])


async def start(caller: Caller, import_id: str, key: str = "k", **options: Any) -> Any:
    given = {"idempotencyKey": key, "id": import_id, "options": options}
    return await caller.mutate("startImport", f"{IMPORT} replayed", input=given)


async def ended(caller: Caller, import_id: str) -> Any:
    """The import, once it does not run any more."""

    query = f'{{ import(id: "{import_id}") {{ status problem {SENTENCES} {COUNTS} }} }}'
    async with asyncio.timeout(PATIENCE_S):
        while True:
            seen = (await caller.query(query))["import"]
            if seen["status"] != "RUNNING":
                return seen
            await asyncio.sleep(0.01)


async def rejects(caller: Caller, import_id: str, language: str) -> httpx.Response:
    return await caller.http.get(
        f"/imports/{import_id}/rejects",
        params={"language": language},
        headers={"authorization": f"Bearer {caller.token}"},
    )


async def rejects_in(caller: Caller, import_id: str, language: str) -> list[str]:
    """What is wrong with each row that was left out."""
    answer = await rejects(caller, import_id, language)
    return [row["problem"] for row in csv.DictReader(io.StringIO(answer.text))]


def stock_of(api: Api) -> Any:
    return api.admin.query("{ items(first: 50) { nodes { sku stock } } }")


@pytest.mark.parametrize("unknown", ["4711", "nonsense", ""])
async def test_the_progress_of_an_import_that_is_none_is_refused(api: Api, unknown: str) -> None:
    socket = await api.socket()
    await socket.init(api.admin.token)
    await socket.subscribe(f'subscription {{ importProgress(id: "{unknown}") {{ status }} }}')
    assert await socket.refusal() == ["NOT_FOUND"]


async def test_a_file_of_items_is_looked_at_taken_over_and_its_rejects_come_back(
    api: Api,
) -> None:
    admin = api.admin
    import_id = await uploaded(admin, ITEMS, "goods.csv")
    socket = await api.socket()
    await socket.init(admin.token)
    fields = f"status counts {{ created bad }} {SENTENCES}"
    await socket.subscribe(f'subscription {{ importProgress(id: "{import_id}") {{ {fields} }} }}')
    await api.subscribed(1)
    data = await admin.query(
        f'{{ import(id: "{import_id}") {{ name status size preview {{ kind encoding problems '
        "columns { name field } rows { line outcome problems values { field value } "
        "problemSentences { template values } } } } }"
    )
    told = data["import"]
    assert (told["name"], told["status"], told["size"]) == ("goods.csv", "UPLOADED", len(ITEMS))
    preview = told["preview"]
    assert (preview["kind"], preview["problems"]) == ("ITEMS", [])
    assert [column["field"] for column in preview["columns"]] == [
        "sku", "name", "price", "initialStock",
    ]  # fmt: skip
    assert [row["outcome"] for row in preview["rows"]] == ["CREATED", "BAD", "CREATED"]
    assert {"field": "price", "value": "1.50"} in preview["rows"][0]["values"]
    assert preview["rows"][1]["problems"] == ["price 'x' is not a number like 12.50."]
    assert preview["rows"][1]["problemSentences"] == [
        {
            "template": "{name} {text} is not a number like 12.50.",
            "values": {"name": "price", "text": "'x'"},
        }
    ]

    started = await start(admin, import_id, kind="ITEMS")
    assert started["import"]["status"] == "RUNNING" and not started["replayed"]
    done = await ended(admin, import_id)
    assert (done["status"], done["counts"]["created"], done["counts"]["bad"]) == ("DONE", 2, 1)
    statuses = []
    while "DONE" not in statuses:
        statuses.append((await socket.event())["status"])
    assert (await start(admin, import_id, kind="ITEMS"))["replayed"] is True
    answer = await admin.http.get(
        f"/imports/{import_id}/rejects", headers={"authorization": f"Bearer {admin.token}"}
    )
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert (row["sku"], row["price"], row["line"]) == ("B", "x", "3")
    assert row["problem"] == "price 'x' is not a number like 12.50."
    assert await rejects_in(admin, import_id, "de") == ["price 'x' ist keine Zahl wie 12.50."]
    assert await rejects_in(admin, import_id, "en") == [row["problem"]]
    refused = await start(admin, import_id, "another", kind="ITEMS")
    assert "not kept any more" in refused["userErrors"][0]["message"]
    listed = await admin.query("{ imports { id status user { name } } }")
    assert [one["id"] for one in listed["imports"]] == [import_id]
    rows = await api.services.reading.rows("SELECT count(*) FROM file_chunk")
    assert rows[0][0] == 0, "the file is gone"
    notes = await admin.query("{ notifications { nodes { title } } }")
    assert "goods.csv" in str(notes)
    await assert_sound(api.services)


async def test_a_file_of_stock_is_proposed_as_such_and_booked_once(api: Api) -> None:
    admin = api.admin
    shop = await make_location(api.services)
    await make_item(api.services, "A", initial_stock=0)
    text = "Code,Where,quantity\nA,SHOP,2\nA,MAIN,3\n"
    import_id = await uploaded(admin, text)
    mapping = [{"field": "sku", "column": "Code"}, {"field": "location", "column": "Where"}]
    query = (
        "query($id: ID!, $options: ImportOptions) { import(id: $id) { preview(options: $options) "
        "{ kind problems rows { outcome values { field value } } } } }"
    )
    data = await admin.query(query, id=import_id, options={"mapping": mapping})
    preview = data["import"]["preview"]
    assert preview["kind"] == "STOCK" and "counts or came in" in preview["problems"][0]
    assert {"field": "SHOP", "value": "0 → 2"} in preview["rows"][0]["values"]
    unknown = await uploaded(admin, text.replace("Code", "Ding"))
    data = await admin.query(query, id=unknown, options={"kind": "STOCK"})
    assert "sku or barcode" in data["import"]["preview"]["problems"][-1]
    refused = await start(admin, import_id, kind="STOCK", mapping=mapping)
    assert refused["userErrors"][0]["field"] == ["input", "options", "stockMode"]
    options = {"kind": "STOCK", "mapping": mapping, "stockMode": "ADD"}
    await start(admin, import_id, "dry", dryRun=True, **options)
    assert (await ended(admin, import_id))["status"] == "CHECKED"
    await start(admin, import_id, "real", **options)
    done = await ended(admin, import_id)
    assert (done["status"], done["counts"]["booked"]) == ("DONE", 2)
    again = await uploaded(admin, text, "copy.csv")
    await start(admin, again, "again", **options)
    assert (await ended(admin, again))["counts"]["already"] == 2
    assert (await stock_of(api))["items"]["nodes"] == [{"sku": "A", "stock": 5}]
    assert shop.id != 1
    await assert_sound(api.services)


async def test_who_may_not_and_what_is_too_much_are_refused_with_their_status(
    settings: Settings, clock: HeldClock
) -> None:
    small = settings.model_copy(update={"import_bytes_max": PIECE_BYTES + 10})
    async with running_api(small, clock) as api:
        admin = api.admin
        for caller, status, code in (
            (api.nobody, 401, "UNAUTHENTICATED"),
            (api.with_token("nonsense"), 401, "UNAUTHENTICATED"),
            (api.viewer, 403, "FORBIDDEN"),
            (api.user, 403, "FORBIDDEN"),
        ):
            told = await upload(caller, ITEMS)
            assert (told[0], told[1]["errors"][0]["extensions"]["code"]) == (status, code)
        assert (await upload(admin, ITEMS, content_type="application/json"))[0] == 415
        assert (await upload(admin, b"x" * (PIECE_BYTES + 11)))[0] == 413

        async def blocks() -> AsyncIterator[bytes]:  # of a length that nobody told
            for _ in range(20):
                yield b"x" * 65_536

        assert (await upload(admin, blocks()))[0] == 413
        assert (await upload(admin, ITEMS, name=" "))[0] == 400
        rows = await api.services.reading.rows("SELECT count(*) FROM file_chunk")
        assert rows[0][0] == 0, "nothing of what was refused is kept"
        status, body = await upload(admin, b"y" * (PIECE_BYTES + 10))
        assert (status, body["import"]["size"]) == (201, PIECE_BYTES + 10)
        async with api.services.of(Spool).opened(int(body["import"]["id"])) as file:
            assert file is not None and file.read() == b"y" * (PIECE_BYTES + 10)
        for _ in range(WAITING_MAX - 1):
            await uploaded(admin, ITEMS)
        assert (await upload(admin, ITEMS))[0] == 409
        for path in ("/imports/9/rejects", "/imports/x/rejects"):
            headers = {"authorization": f"Bearer {admin.token}"}
            assert (await admin.http.get(path, headers=headers)).status_code == 404


async def test_files_that_cannot_be_read_say_why_in_the_preview_and_at_the_end(api: Api) -> None:
    admin = api.admin
    for text, words in (
        ("", "The file is empty"),
        ("a,b\n1,2\n", "no column for sku"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "Excel"),
    ):
        content = text if isinstance(text, bytes) else text.encode()
        status, body = await upload(admin, content)
        assert status == 201
        import_id = body["import"]["id"]
        data = await admin.query(
            f'{{ import(id: "{import_id}") {{ preview {{ problems rows {{ line }} }} }} }}'
        )
        assert words in data["import"]["preview"]["problems"][0]
        await start(admin, import_id, f"key {words}", kind="ITEMS")
        failed = await ended(admin, import_id)
        assert failed["status"] == "FAILED" and words in failed["problem"]
        told = failed["problemSentences"]
        assert " ".join(one["message"] for one in told) == failed["problem"]
        assert all(one["template"] in catalog(Language.DE) for one in told)
    import_id = await uploaded(admin, ITEMS)
    await start(admin, import_id, "strict", kind="ITEMS", strict=True)
    failed = await ended(admin, import_id)
    assert (failed["status"], failed["problem"]) == (
        "FAILED", "Nothing was written: 1 row is bad.",
    )  # fmt: skip
    status = (await rejects(admin, import_id, "klingon")).status_code
    assert status == 400, "a language that is none"


async def test_why_an_import_ended_is_told_with_what_a_translation_needs(api: Api) -> None:
    """It was English, kept without its template; what older servers kept still is."""
    admin = api.admin
    import_id = await uploaded(admin, ITEMS + "D,Four,y,1\n")
    socket = await api.socket()
    await socket.init(admin.token)
    await socket.subscribe(
        f'subscription {{ importProgress(id: "{import_id}") {{ status problem {SENTENCES} }} }}'
    )
    await api.subscribed(1)
    await start(admin, import_id, kind="ITEMS", strict=True)
    failed = await ended(admin, import_id)
    sentence = {
        "message": "Nothing was written: 2 rows are bad.",
        "template": "Nothing was written: {count} rows are bad.",
        "values": {"count": 2},
    }
    assert failed["problemSentences"] == [sentence]
    while (told := await socket.event())["status"] != "FAILED":
        assert told["problemSentences"] == []
    assert (told["problem"], told["problemSentences"]) == (sentence["message"], [sentence])

    await api.services.database.writing.change(
        "UPDATE file_import SET problem = 'As it was.' WHERE id = ?", int(import_id)
    )
    await api.services.database.writing.change(
        "UPDATE file_reject SET problem = 'As it was.' WHERE import_id = ?", int(import_id)
    )
    assert (await ended(admin, import_id))["problem"] == "As it was."
    assert await rejects_in(admin, import_id, "de") == ["As it was."] * 2


@pytest.mark.parametrize("maker", ["sqlite", "postgres"], indirect=True)
async def test_an_import_that_is_cancelled_or_breaks_off_goes_on_and_doubles_nothing(
    api: Api, clock: HeldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = api.admin
    await make_item(api.services, "A", initial_stock=0)
    text = "sku,quantity\n" + "A,1\n" * 1_000
    import_id = await uploaded(admin, text)
    monkeypatch.setattr(running, "TELL_S", 0.0)
    plain, gate = running.open_stock, asyncio.Event()

    async def gated(*arguments: Any) -> Any:
        await gate.wait()
        return await plain(*arguments)

    monkeypatch.setattr(running, "open_stock", gated)
    runner = api.services.of(ImportRunner)
    options = {"kind": "STOCK", "stockMode": "ADD"}
    await start(admin, import_id, "first", **options)
    assert (await start(admin, import_id, "too", **options))["userErrors"], "it runs"
    cancelled = await admin.mutate("cancelImport", IMPORT, id=import_id)
    assert cancelled["import"]["status"] == "CANCELLED"
    gate.set()
    await eventually(lambda: not runner.is_busy)
    booked = (await stock_of(api))["items"]["nodes"][0]["stock"]
    assert 0 < booked < 1_000, "what was in stays in"

    gate.clear()
    await start(admin, import_id, "second", **options)
    other = TellImport(int(import_id), "who ran it before", ImportStatus.DONE, RowCounts(), 0)
    assert not await api.services.of(FileImports).tell(other), "it is not theirs any more"
    await runner.close()  # the server stops in good order
    assert (await ended(admin, import_id))["status"] == "INTERRUPTED"
    # A server that is killed says nothing: after a while it is known all the same.
    await api.services.writer.submit(_left_running, int(import_id))
    clock.advance(SILENT_US / SECOND_US + 1)
    assert (await ended(admin, import_id))["status"] == "INTERRUPTED"
    await api.services.of(FileImports).clean()
    rows = await api.services.reading.rows("SELECT status, runner FROM file_import")
    assert tuple(rows[0]) == ("INTERRUPTED", None)

    gate.set()
    await start(admin, import_id, "third", **options)
    done = await ended(admin, import_id)
    assert done["status"] == "DONE"
    assert (done["counts"]["booked"], done["counts"]["already"]) == (1_000 - booked, booked)
    assert (await stock_of(api))["items"]["nodes"] == [{"sku": "A", "stock": 1_000}]
    refused = await admin.mutate("cancelImport", IMPORT, id=import_id)
    assert refused["userErrors"][0]["code"] == "INVALID_TRANSITION"
    await assert_sound(api.services)


async def _left_running(transaction: Any, commands: Any) -> list[None]:
    for import_id in commands:
        await transaction.connection.change(
            "UPDATE file_import SET status = 'RUNNING', runner = 'killed' WHERE id = ?", import_id
        )
    return [None for _ in commands]


async def test_a_file_that_nobody_takes_over_goes_after_a_day(api: Api, clock: HeldClock) -> None:
    import_id = await uploaded(api.admin, ITEMS)
    await api.services.of(FileImports).clean()
    assert (await ended(api.admin, import_id))["status"] == "UPLOADED"
    clock.advance(DAY_US / SECOND_US + 1)
    await api.services.of(FileImports).clean()
    rows = await api.services.reading.rows("SELECT count(*) FROM file_chunk")
    assert rows[0][0] == 0
    rows = await api.services.reading.rows("SELECT status FROM file_import")
    assert rows[0][0] == "CANCELLED"


async def test_a_file_is_read_with_the_decimal_sign_and_the_skus_that_its_keeper_asks_for(
    api: Api,
) -> None:
    admin = api.admin
    import_id = await uploaded(admin, 'Name,Price,Qty\nVase,"1,234",2\nBowl,"2,345",x\n')
    query = (
        "query($id: ID!, $options: ImportOptions) { import(id: $id) { preview(options: $options) "
        "{ kind problems sheets sheet rows { outcome problems values { field value } } } } }"
    )

    async def seen(**options: Any) -> Any:
        data = await admin.query(query, id=import_id, options=options)
        return data["import"]["preview"]

    without = await seen()
    assert without["problems"][-1] == "SKUs can be made, of barcodes or names."
    open_sign = await seen(kind="ITEMS", generateSku=True)
    assert "may be 1.234 or 1234" in open_sign["problems"][0]
    told = await seen(kind="ITEMS", generateSku=True, decimal="COMMA")
    assert {"field": "price", "value": "1.234"} in told["rows"][0]["values"]
    told = await seen(kind="ITEMS", generateSku=True, decimal="POINT", lenient=True)
    assert [row["outcome"] for row in told["rows"]] == ["CREATED", "CREATED"]
    assert told["rows"][1]["problems"] == ["initialStock 'x' is not a whole number."]
    assert (told["sheets"], told["sheet"]) == ([], None)
    refused = await seen(kind="ITEMS", sheet="2026")
    assert refused["problems"] == ["Only a workbook has sheets; this is none."]
    await start(admin, import_id, kind="ITEMS", generateSku=True, decimal="POINT", lenient=True)
    done = await ended(admin, import_id)
    assert (done["status"], done["counts"]["created"], done["counts"]["bad"]) == ("DONE", 2, 0)
    data = await admin.query("{ items(first: 9) { nodes { name price stock } } }")
    goods = sorted((one["name"], one["price"], one["stock"]) for one in data["items"]["nodes"])
    assert goods == [("Bowl", "2345.00", 0), ("Vase", "1234.00", 2)]


@pytest.mark.parametrize("maker", KINDS, indirect=True)
async def test_what_is_odd_in_rows_that_are_taken_is_told_by_kind_once_it_has_ended(
    api: Api,
) -> None:
    rows = [f"A-{number},Thing,{'n/a' if number % 2 else '-'}" for number in range(1_000)]
    text = "\n".join(["sku,name,price", *rows, "B-1,Thing,1", "B-2,Thing,x", ""])
    import_id = await uploaded(api.admin, text)
    query = (
        f'{{ import(id: "{import_id}") {{ notes {{ count lines sentence '
        "{ message template values } } } }"
    )
    await start(api.admin, import_id, kind="ITEMS", strict=True, lenient=True)
    assert (await ended(api.admin, import_id))["status"] == "DONE"
    found = (await api.admin.query(query))["import"]["notes"]
    assert [(one["count"], one["lines"]) for one in found] == [
        (1_000, [2, 3, 4, 5, 6]),
        (1, [1003]),
    ]
    assert found[0]["sentence"] == {
        "message": "price '-' is no number, and is left out.",
        "template": "{name} {text} is no number, and is left out.",
        "values": {"name": "price", "text": "'-'"},
    }
    clean = await uploaded(api.admin, "sku,name\nC,Thing\n")
    await start(api.admin, clean, "another", kind="ITEMS")
    await ended(api.admin, clean)
    data = await api.admin.query(query.replace(import_id, clean))
    assert data["import"]["notes"] == []


def test_notes_as_they_are_kept_are_read_again() -> None:
    kept = (
        '[{"field":"price","note":{"message":"price 1 is odd.","template":"{name} 1 is odd.",'
        '"values":{"name":"price"}},"count":7,"lines":[2,5]}]'
    )
    (note,) = notes_in(kept)
    assert (note.fault.field, note.message, note.count) == ("price", "price 1 is odd.", 7)
    assert text_of_notes([note]) == kept
    assert (notes_in(None), text_of_notes([])) == ([], None)
