"""What earlier versions stored must be understood for ever: their databases, with today's code.

Each is served as it is; by a next version, whose every form has one more field; and by today's
code when that next version has written it, as in a rolling restart.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from graphql_api.clock import HeldClock
from graphql_api.inventory import stock
from graphql_api.inventory.keys import REMEMBERED
from graphql_api.stored import FACTS
from tests.campaigns import is_usual
from tests.transport.clients import Client
from tests.transport.serving import Live, live
from tests.versions.cut import KEPT, LOG_IN, PASSWORD, PEOPLE, heard
from tests.versions.grown import grown_kind, rewrite
from tests.versions.scenario import SUBSCRIPTIONS

VERSIONS = sorted(path.stem for path in KEPT.glob("*.json"))
AS_IT_IS, READ_LATER, WRITTEN_LATER = "as it is", "read by the next", "written by the next"
WORDS = {"title", "message"}  # of alerts: made when they are read, and free to become better


class Kept:
    """One version's database, served by today's code, and what that version answered."""

    def __init__(self, app: Live, told: dict[str, Any]) -> None:
        self.app = app
        self.told = told

    async def client(self, who: str) -> Client:
        """Who has signed in with the password that they had then."""
        nobody = await self.app.client(None)
        wanted = {"email": f"{who}@example.com", "password": PASSWORD}
        session = (await nobody.run(LOG_IN, input=wanted))["login"]
        return await (await self.app.connect()).init(session["accessToken"])


@pytest.fixture(params=[AS_IT_IS, READ_LATER, WRITTEN_LATER])
def meeting(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Who reads the kept database, and who wrote it."""
    how: str = request.param
    if how == READ_LATER:
        for fact, kind in FACTS.items():
            monkeypatch.setitem(FACTS, fact, grown_kind(kind))
        monkeypatch.setattr(stock, "REMEMBERED", grown_kind(REMEMBERED))
    return how


@asynccontextmanager
async def kept(version: str, folder: Path, meeting: str = AS_IT_IS) -> AsyncIterator[Kept]:
    """Serve a copy of a version's database at the moment at which it was cut."""
    file = folder / "inventory.sqlite3"
    file.write_bytes(lzma.decompress((KEPT / f"{version}.sqlite3.xz").read_bytes()))
    if meeting == WRITTEN_LATER:
        assert rewrite(file) > 50
    told = json.loads((KEPT / f"{version}.json").read_text())
    async with live(f"sqlite://{file}", HeldClock(told["cut_at_us"])) as app:
        yield Kept(app, told)


def without_words(answer: Any) -> Any:
    """An answer without the words of its alerts."""
    if isinstance(answer, list):
        return [without_words(part) for part in answer]
    if not isinstance(answer, dict):
        return answer
    left_out = WORDS if "severity" in answer else set()
    return {name: without_words(part) for name, part in answer.items() if name not in left_out}


@pytest.mark.parametrize("version", VERSIONS)
async def test_everything_that_a_version_stored_reads_as_it_did(
    version: str, tmp_path: Path
) -> None:
    async with kept(version, tmp_path) as old:
        for who in PEOPLE:
            client = await old.client(who)
            for name, answer in old.told["read"][who].items():
                query = old.told["queries"][name]
                assert without_words(await client.run(query)) == without_words(answer), (who, name)
        admin = await old.client("admin")
        assert (await admin.run("{ ledgerCheck { ok } }"))["ledgerCheck"]["ok"]


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_key_that_a_version_remembered_answers_as_it_did(
    version: str, meeting: str, tmp_path: Path
) -> None:
    async with kept(version, tmp_path, meeting) as old:
        clients = {who: await old.client(who) for who in PEOPLE}
        before = old.app.head
        answered = 0
        for told in old.told["keyed"]:
            ((field, first),) = told["data"].items()
            if first["cursor"] is None:
                continue  # it was refused: nothing was remembered
            answer = await clients[told["who"]].run(told["query"], **told["variables"])
            assert answer[field] == {**first, "replayed": True}, told["variables"]
            answered += 1
        assert answered >= 8
        assert old.app.head == before  # nothing was done again


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_cursor_that_a_version_gave_out_resumes_for_every_role(
    version: str, meeting: str, tmp_path: Path
) -> None:
    # What a next version's forms add is the same for every role.
    people = list(PEOPLE)[:1] if is_usual() and meeting != AS_IT_IS else PEOPLE
    async with kept(version, tmp_path, meeting) as old:
        for who in people:
            client, later = await old.client(who), await old.client(who)
            for name in SUBSCRIPTIONS:
                expected = old.told["heard"][who][name]
                got = await heard(client, name, old.told["start"])
                assert without_words(got) == without_words(expected), (who, name)
                middle = (len(expected) - 2) // 2
                rest = await heard(later, name, expected[middle]["cursor"])
                assert rest == got[middle + 1 :], (who, name)


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_session_that_a_version_opened_goes_on(version: str, tmp_path: Path) -> None:
    refresh = """mutation($token: String!) { refreshSession(refreshToken: $token) {
      accessToken userErrors { code } } }"""
    async with kept(version, tmp_path) as old:
        client = await old.app.client(None)
        for who, token in old.told["refresh_tokens"].items():
            told = (await client.run(refresh, token=token))["refreshSession"]
            assert told["accessToken"], (who, told)
