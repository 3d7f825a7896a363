"""60 KB of hostile text in whatever comes in beside a document's arguments (test_long_texts.py has
those): headers, addresses, handshakes, connection_init. No more work than plain letters, and no
answer that is a fault of ours."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import quote

import pytest

from graphql_api.accounts.roles import Role
from graphql_api.transport.entry import ADDRESS_MAX, address_of
from tests.schema.api import Api, Closed
from tests.schema.test_long_texts import AT_ONCE_S, TIMES

CHARACTERS = 60_000
LETTERS = "ab" * (CHARACTERS // 2)
PIECES = [
    ",",
    ";",
    " ",
    '"',
    "\\",
    "=",
    "/",
    ".",
    "a,",
    "a;q=0,",
    "a.",
    '",',
    "\u00e9",
    "127.0.0.1,",
]
HEADERS = ["authorization", "accept", "content-type", "origin", "x-forwarded-for", "cookie"]


def filled(piece: str) -> str:
    return piece * (CHARACTERS // len(piece))


async def http_s(api: Api, name: str, text: str) -> float:
    """Process time of a request with this header."""
    headers = {b"content-type": b"application/json", name.encode(): text.encode()}
    begun_s = time.process_time()
    answer = await api.http.post("/graphql", content='{"query": "{ __typename }"}', headers=headers)
    took_s = time.process_time() - begun_s
    assert answer.status_code in {200, 400, 403, 406, 415}, (name, answer.text[:200])
    assert len(answer.content) < 1_000, "a text that long is not told back"
    return took_s


@pytest.mark.parametrize("before", ["", "Bearer "], ids=["bare", "bearer"])
@pytest.mark.parametrize("name", HEADERS)
async def test_a_long_header_is_no_more_work_than_letters(api: Api, name: str, before: str) -> None:
    letters_s = await http_s(api, name, before + LETTERS)
    slow = {}
    for piece in PIECES:
        for _ in range(3):  # what runs beside it in this process does not run each time
            took_s = await http_s(api, name, before + filled(piece))
            if took_s <= TIMES * letters_s + AT_ONCE_S:
                break
        else:
            slow[piece] = took_s
    assert slow == {}


def test_an_address_that_a_proxy_tells_is_no_longer_than_an_address() -> None:
    """uvicorn takes the header's last part as it is: 64 KB of it were the key of a budget."""
    assert address_of({"client": (LETTERS, 0)}) == LETTERS[:ADDRESS_MAX]
    assert address_of({"client": ("2001:db8::1", 0)}) == "2001:db8::1"
    assert address_of({"client": None}) == address_of({}) == ""


@pytest.mark.parametrize("dots", [2, 4_000])
async def test_a_token_as_long_as_may_be_is_looked_at_and_refused(api: Api, dots: int) -> None:
    for piece in ("a", "e30", "-", "=", "/"):
        token = (piece * 4_000)[: 4_000 - dots] + "." * dots
        answer = await api.nobody.send(
            json.dumps({"query": "{ viewer { id } }"}), authorization=f"Bearer {token}"[:4_096]
        )
        assert answer.codes == ["UNAUTHENTICATED"]


@pytest.mark.parametrize("piece", ["a", ".", " ", ",", "a\u0301\u0316", "\u00e9"])
async def test_a_long_authorization_of_a_socket_is_refused_in_no_time(api: Api, piece: str) -> None:
    text = "Bearer " + filled(piece)[:30_000]
    payloads = ({"authorization": text}, {"headers": {"Authorization": text}}, {text: text}, None)
    for payload in payloads:
        socket = await (api.socket() if payload else api.socket(authorization=text))
        begun_s = time.process_time()
        await socket.send({"type": "connection_init", "payload": payload})
        code = 0
        told: dict[str, Any] = {}
        try:
            told = await socket.next()
        except Closed as closed:
            code = closed.code
        assert code in {4403, 4400, 1009} or payload == {text: text}  # which names no token
        assert len(json.dumps(told)) < 1_000
        assert time.process_time() - begun_s < 1


@pytest.mark.parametrize("parameter", ["query", "variables", "operationName", "extensions", "x"])
async def test_a_long_address_is_read_in_no_time(api: Api, parameter: str) -> None:
    token = {"authorization": f"Bearer {api.token(Role.USER)}", "accept": "application/json"}
    for piece in ("a", "{", "[", '"', "\\", "&", "a=&", "%", "\u0301", "+", "9"):
        text = filled(piece)[:15_000]
        for value in (quote(text), text.encode("ascii", "ignore").decode()):
            begun_s = time.process_time()
            answer = await api.http.get(
                f"/graphql?query={{__typename}}&{parameter}={value}"[:65_000], headers=token
            )
            assert answer.status_code in {200, 400, 414}, answer.text[:200]
            assert time.process_time() - begun_s < 1


async def test_a_long_persisted_query_extension_is_one_like_any_other(api: Api) -> None:
    for text in (LETTERS, filled("\\"), "a" + "\u0301\u0316" * 10_000):
        asked = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": text}}}
        answer = await api.user.send(json.dumps(asked, ensure_ascii=False))
        assert answer.codes in (["PERSISTED_QUERY_NOT_SUPPORTED"], ["BAD_REQUEST"])
        assert len(json.dumps(answer.body)) < 1_000
