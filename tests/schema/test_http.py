"""Requests that are no good as HTTP or as JSON: a status and a code for each, never a traceback."""

from __future__ import annotations

import base64
import logging
from collections.abc import Mapping
from typing import Any

import jwt
import orjson
import pytest

from graphql_api.accounts.roles import Role
from graphql_api.clock import SECOND_US, HeldClock
from graphql_api.settings import Settings
from tests.conftest import JWT_SECRET
from tests.schema.api import SESSIONS, USER_IDS, Answer, Api, running

GOOD = b'{"query": "{ viewer { email } }"}'
LIMIT = 65_536

BODIES: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"{ viewer { email } }",
    "half": GOOD[:-1],
    "two": GOOD + GOOD,
    "a number": b"1",
    "null": b"null",
    "true": b"true",
    "a string": b'"{ viewer { email } }"',
    "an empty list": b"[]",
    "a batch": b"[" + GOOD + b"," + GOOD + b"]",
    "an empty object": b"{}",
    "no query": b'{"variables": {}}',
    "query null": b'{"query": null}',
    "query a number": b'{"query": 1}',
    "query a list": b'{"query": ["{ viewer { email } }"]}',
    "variables a list": b'{"query": "{ __typename }", "variables": []}',
    "variables a string": b'{"query": "{ __typename }", "variables": "{}"}',
    "variables a number": b'{"query": "{ __typename }", "variables": 1}',
    "operationName a number": b'{"query": "{ __typename }", "operationName": 1}',
    "operationName a list": b'{"query": "{ __typename }", "operationName": []}',
    "extensions a list": b'{"query": "{ __typename }", "extensions": []}',
    "extensions a string": b'{"query": "{ __typename }", "extensions": "x"}',
    "NaN": b'{"query": "{ __typename }", "variables": {"x": NaN}}',
    "Infinity": b'{"query": "{ __typename }", "variables": {"x": -Infinity}}',
    "invalid UTF-8": b'{"query": "{ __typename } # \xff\xfe"}',
    "overlong UTF-8": b'{"query": "{ __typename } # \xc0\x80"}',
    "UTF-16": '{"query": "{ __typename }"}'.encode("utf-16"),
    "a BOM": b"\xef\xbb\xbf" + GOOD,
    "a raw surrogate": b'{"query": "{ __typename } # \xed\xa0\x80"}',
    "an escaped lone surrogate": b'{"query": "{ __typename } # \\ud800"}',
    "a control character": b'{"query": "{ __typename } # \x01"}',
    "deep": b'{"query": "{ __typename }", "variables": ' + b"[" * 9_000 + b"]" * 9_000 + b"}",
    "deep objects": b'{"a":' * 9_000 + b"1" + b"}" * 9_000,
    "an unknown operation": b'{"query": "query A { __typename }", "operationName": "B"}',
    "fragments only": b'{"query": "fragment F on Query { __typename }"}',
    "a subscription": b'{"query": "subscription { alertRaised { cursor } }"}',
}  # fmt: skip
DOCUMENTS: dict[str, tuple[str, str]] = {
    "empty": ("", "BAD_REQUEST"),
    "blank": (" \n", "GRAPHQL_PARSE_FAILED"),
    "a comment": ("# nothing", "GRAPHQL_PARSE_FAILED"),
    "a syntax error": ("{ viewer { email }", "GRAPHQL_PARSE_FAILED"),
    "a type system": ("type Query { a: Int }", "BAD_REQUEST"),
    "several operations": (
        "query A { viewer { id } } query B { viewer { id } }",
        "OPERATION_RESOLUTION_FAILURE",
    ),
    "an unknown field": ("{ secrets }", "GRAPHQL_VALIDATION_FAILED"),
    "an unknown argument": ("{ viewer(x: 1) { id } }", "GRAPHQL_VALIDATION_FAILED"),
    "an unknown type": ("query($x: Secret) { viewer { id } }", "GRAPHQL_VALIDATION_FAILED"),
    "an unused variable": ("query($x: Int) { viewer { id } }", "GRAPHQL_VALIDATION_FAILED"),
    "a circle": ("{ ...F } fragment F on Query { ...F }", "GRAPHQL_VALIDATION_FAILED"),
    "a missing variable": ("query($x: ID!) { item(ref: { id: $x }) { id } }", "BAD_USER_INPUT"),
    "a lone surrogate": ('{ items(search: "\\ud800") { totalCount } }', "GRAPHQL_PARSE_FAILED"),
}


def fault(answer: Answer, status: int | None = None) -> str | None:
    """What is wrong with an answer to a bad request: each of its errors must have a code and a
    message for people, and no trace of Python. None: nothing."""
    text = f"{answer.status} {answer.body}"
    if answer.status >= 500 or (status is not None and answer.status != status):
        return text
    if not answer.body or not answer.errors or answer.data is not None:
        return text
    if "INTERNAL_SERVER_ERROR" in answer.codes:
        return text
    return text if any(word in text for word in ("Traceback", ".py", "object at 0x")) else None


async def test_a_body_that_is_no_request_is_refused(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    before = await api.recorded()
    for caller in (api.admin, api.nobody):
        answers = {name: await caller.send(body) for name, body in BODIES.items()}
        faults = {name: fault(answer, 400) for name, answer in answers.items()}
        assert {name: told for name, told in faults.items() if told} == {}
        assert all(answer.codes == ["BAD_REQUEST"] for answer in answers.values())
    assert await api.recorded() == before
    assert tracebacks(caplog) == []


async def test_an_empty_operation_name_is_none(api: Api) -> None:
    answer = await api.admin.post("query A { __typename }", operationName="")
    assert (answer.status, answer.data) == (200, {"__typename": "Query"})


async def test_a_document_that_cannot_run_is_told_by_code(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    for name, (query, code) in DOCUMENTS.items():
        answer = await api.admin.post(query)
        assert fault(answer) is None
        assert set(answer.codes) == {code}, name
    assert tracebacks(caplog) == []


@pytest.mark.parametrize("is_declared", [True, False], ids=["declared", "chunked"])
async def test_a_body_may_have_64_kib_and_not_a_byte_more(api: Api, is_declared: bool) -> None:
    padding = b" " * (LIMIT - len(GOOD))
    assert (await sent(api, GOOD + padding, is_declared)).data["viewer"]
    answer = await sent(api, GOOD + padding + b" ", is_declared)
    assert fault(answer, 413) is None
    assert answer.codes == ["BAD_REQUEST"]


async def test_a_body_that_says_it_is_small_is_measured_all_the_same(api: Api) -> None:
    answer = await sent(api, GOOD + b" " * LIMIT, True, content_length="30")
    assert fault(answer, 413) is None
    for lie in ("-1", "x", "1e9", "٣"):
        assert fault(await sent(api, GOOD + b" " * LIMIT, False, content_length=lie), 413) is None


async def sent(api: Api, body: bytes, is_declared: bool, **headers: str) -> Answer:
    """The body in chunks, with its length declared or not. Straight to the application: httpx
    would mend what is wrong."""
    given = {"content-type": "application/json", "authorization": f"Bearer {api.token(Role.ADMIN)}"}
    if is_declared:
        given["content-length"] = str(len(body))
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    chunks = [body[start : start + 10_000] for start in range(0, len(body), 10_000)]

    async def receive() -> dict[str, Any]:
        chunk = chunks.pop(0) if chunks else b""
        return {"type": "http.request", "body": chunk, "more_body": bool(chunks)}

    told: list[Any] = []

    async def send(message: Any) -> None:
        told.append(message)

    await api.app(http_scope(given), receive, send)
    body = b"".join(message.get("body", b"") for message in told[1:])
    return Answer(told[0]["status"], orjson.loads(body), {})


def http_scope(headers: Mapping[str, str]) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
    }


async def test_a_client_that_leaves_in_the_middle_of_its_body_is_no_fault(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    sent: list[Any] = []
    coming = [
        {"type": "http.request", "body": GOOD[:5], "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Any:
        return coming.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    await api.app(http_scope({"content-type": "application/json"}), receive, send)
    assert sent == []
    assert tracebacks(caplog) == []


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain", "application/x-www-form-urlencoded", "application/xml", "multipart/mixed", "",
        "text/plain; x=application/json", "text/plain;application/json",
        "text/plain, application/json", "application/json-seq",
        "multipart/form-data; boundary=application/json", "application/jsonp",
        "x-application/json", "application/json, text/plain", "application/json; charset=utf-16",
        'application/json; charset="iso-8859-1"', "application/json; charset=utf-8; charset=utf-7",
        "application/graphql", "application/problem+json", "application/json/x",
        "application/json; x=" + "y" * 2_000,
    ],
)  # fmt: skip
async def test_another_content_type_is_refused(api: Api, content_type: str) -> None:
    """A form or a text would let another site's page post without asking first."""
    answer = await api.admin.send(GOOD, content_type=content_type)
    assert fault(answer, 400) is None


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json; charset=utf-8", "application/json;charset=UTF-8", "APPLICATION/JSON",
        'Application/Json ; Charset="utf-8"', "application/json;", "application/json; x=text/plain",
        "application/graphql-response+json", "application/json; charset=utf8",
    ],
)  # fmt: skip
async def test_json_is_taken_by_its_media_type_alone(api: Api, content_type: str) -> None:
    assert (await api.admin.send(GOOD, content_type=content_type)).data["viewer"]


JSON, GRAPHQL = "application/json", "application/graphql-response+json"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", JSON), ("*/*", JSON), ("application/*", JSON), (JSON, JSON), (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}, {JSON};q=0.9", GRAPHQL), (f"{GRAPHQL};q=0.5, {JSON}", JSON),
        (f"{JSON};q=0.5, {GRAPHQL};q=0.7", GRAPHQL), (f"*/*;q=0.1, {GRAPHQL}", GRAPHQL),
        (f"{GRAPHQL}, application/graphql+json, {JSON}, multipart/mixed", GRAPHQL),
        (f"*/*, {JSON};q=0", GRAPHQL), ("APPLICATION/JSON; Q=0.3", JSON),
        ("text/html, */*;q=0.8", JSON),
        (f'text/plain; x="a, {GRAPHQL}", {JSON}', JSON), (f"{JSON}; charset=utf-8", JSON),
    ],
)  # fmt: skip
async def test_the_answer_has_the_media_type_that_is_liked_best(
    api: Api, accept: str, kind: str
) -> None:
    answer = await api.admin.send(GOOD, accept=accept)
    assert answer.headers["content-type"] == f"{kind}; charset=utf-8"
    assert answer.data["viewer"]


@pytest.mark.parametrize(
    "accept",
    ["text/html", "text/*", f"{JSON};q=0", "*/*;q=0", "nonsense", f"{JSON};q=2", "application/xml",
     f"{JSON}; charset=utf-16", "x" * 3_000],
)  # fmt: skip
async def test_nothing_is_done_for_whom_no_answer_fits(api: Api, accept: str) -> None:
    body = b'{"query": "mutation { logout { userErrors { code } } }"}'
    assert fault(await api.admin.send(body, accept=accept), 406) is None
    assert (await api.admin.query("{ viewer { email } }"))["viewer"], "nobody was signed out"


async def test_an_operation_that_did_not_run_has_no_data_and_in_the_new_type_a_status(
    api: Api,
) -> None:
    for name, (query, _) in DOCUMENTS.items():
        told = [
            await api.admin.send(orjson.dumps({"query": query}), accept=a) for a in (JSON, GRAPHQL)
        ]
        assert all("data" not in answer.body for answer in told), name
        assert told[1].status == 400, name
    answer = await api.nobody.send(
        b'{"query": "{ viewer { id } sessions { nodes { id } } }"}', accept=GRAPHQL
    )
    assert (answer.status, "data" in answer.body) == (200, True), "it ran"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_other_methods_are_told_which_there_are(api: Api, method: str) -> None:
    answer = await api.admin.send(GOOD, method=method, accept=JSON)
    assert fault(answer, 405) is None
    assert answer.headers["allow"] == "GET, HEAD, POST, OPTIONS"
    options = await api.http.options("/graphql")
    assert (options.status_code, options.headers["allow"]) == (204, answer.headers["allow"])


async def asked(api: Api, method: str = "GET", accept: str = JSON, **parameters: str) -> Any:
    headers = {"authorization": f"Bearer {api.token(Role.ADMIN)}", "accept": accept}
    return await api.http.request(method, "/graphql", params=parameters, headers=headers)


@pytest.mark.parametrize("accept", [JSON, GRAPHQL, "*/*", "text/html;q=0.5, */*"])
async def test_a_query_may_stand_in_the_address(api: Api, accept: str) -> None:
    query = "query A($sku: String!) { __typename item(ref: { sku: $sku }) { id } }"
    variables = {"operationName": "A", "variables": '{"sku": "no"}', "extensions": "{}"}
    response = await asked(api, accept=accept, query=query, **variables)
    assert response.status_code == 200
    assert response.json()["data"] == {"__typename": "Query", "item": None}
    assert response.headers["cache-control"] == "private, no-cache"
    response = await asked(api, query="{ viewer { email } }", variables="", operationName="")
    assert response.json()["data"]["viewer"]
    assert response.headers["cache-control"] == "no-store"


async def test_a_change_in_the_address_is_never_made(api: Api) -> None:
    before = await api.recorded()
    for method in ("GET", "HEAD"):
        for query in (
            "mutation { logout { userErrors { code } } }",
            "query A { __typename } mutation B { logout { userErrors { code } } }",
        ):
            response = await asked(
                api, method, query=query, operationName="B" if "B" in query else ""
            )
            assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert await api.recorded() == before
    assert (await api.admin.query("{ viewer { email } }"))["viewer"], "nobody was signed out"


@pytest.mark.parametrize(
    "address",
    [
        "", "query=", "query={nonsense", "query={__typename}&variables=nonsense", "query=%ff",
        "query={__typename}&variables=[]", "query={__typename}&extensions=[", "variables={}",
        "query={__typename}&query={__typename}", "query={__typename}" + "&x=1" * 40,
        "query={__typename}&extensions=1", "query=subscription{alertRaised{cursor}}",
    ],
)  # fmt: skip
async def test_an_address_that_is_no_request_is_refused(
    api: Api, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    for accept in (JSON, GRAPHQL):
        response = await api.http.get(f"/graphql?{address}", headers={"accept": accept})
        answer = Answer(response.status_code, response.json(), response.headers)
        assert fault(answer) is None
        assert answer.data is None
    assert tracebacks(caplog) == []


async def test_an_address_beyond_the_limit_of_bodies_is_refused(
    settings: Settings, clock: HeldClock
) -> None:
    narrow = settings.model_copy(update={"body_bytes_max": 1_024})
    async with running(narrow, clock) as api:
        assert (await asked(api, query="{ __typename } #" + "x" * 900)).status_code == 200
        assert (await asked(api, query="{ __typename } #" + "x" * 1_024)).status_code == 414


async def test_a_head_is_answered_as_a_get_without_its_body(api: Api) -> None:
    for parameters in ({"query": "{ __typename }"}, {"query": "mutation { logout }"}, {}):
        get, head = [await asked(api, method, **parameters) for method in ("GET", "HEAD")]
        assert (head.status_code, head.content) == (get.status_code, b"")
        for name in ("content-type", "content-length"):
            assert head.headers[name] == get.headers[name]


@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
async def test_a_persisted_query_is_said_not_to_be_supported(api: Api, accept: str) -> None:
    """Apollo and urql then send the document; a 400 made them give up."""
    extensions = '{"persistedQuery": {"version": 1, "sha256Hash": "00"}}'
    bodies = (
        '{"extensions": %s}',
        '{"query": null, "extensions": %s}',
        '{"query": "", "extensions": %s}',
    )
    told = [await api.admin.send(body % extensions, accept=accept) for body in bodies]
    by_get = await asked(api, accept=accept, extensions=extensions)
    told.append(Answer(by_get.status_code, by_get.json(), by_get.headers))
    for answer in told:
        assert (answer.status, answer.codes) == (200, ["PERSISTED_QUERY_NOT_SUPPORTED"])
        assert answer.errors[0]["message"] == "PersistedQueryNotSupported"
    body = '{"query": "{ __typename }", "extensions": %s}' % extensions  # noqa: UP031  # braces
    assert (await api.admin.send(body, accept=accept)).data == {"__typename": "Query"}


async def test_a_slash_after_the_path_changes_nothing(api: Api) -> None:
    headers = {"content-type": JSON}
    for more in ({}, {"origin": "http://inventory.test"}):
        response = await api.http.post("/graphql/", content=GOOD, headers=headers | more)
        assert (response.status_code, "data" in response.json()) == (200, True)
    response = await api.http.get("/graphql/", params={"query": "{ __typename }"})
    assert response.json() == {"data": {"__typename": "Query"}}


# ---- tokens ------------------------------------------------------------------------------------


def claims(clock: HeldClock, **changes: Any) -> dict[str, Any]:
    """The claims of a good token of the user, changed."""
    now_s = clock.now_us() // SECOND_US
    user_id = USER_IDS[Role.USER]
    good = {
        "iss": "graphql-api", "aud": "graphql-api", "sub": str(user_id),
        "sid": str(user_id + SESSIONS), "jti": "x", "iat": now_s, "nbf": now_s, "exp": now_s + 600,
    }  # fmt: skip
    return good | changes


def token(
    clock: HeldClock,
    key: str = JWT_SECRET,
    algorithm: str = "HS256",
    typ: str | None = "access",
    without: str = "",
    **changes: Any,
) -> str:
    """A token like ours, but for what is told; without: a claim that it lacks."""
    told = {name: value for name, value in claims(clock, **changes).items() if name != without}
    return jwt.encode(told, key, algorithm, headers={"typ": typ})


def unsigned(clock: HeldClock, algorithm: str) -> str:
    parts: list[Any] = [{"alg": algorithm, "typ": "access"}, claims(clock)]
    encoded = [base64.urlsafe_b64encode(orjson.dumps(part)).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, ""])


async def test_a_good_token_is_good(api: Api, clock: HeldClock) -> None:
    """Otherwise the next test would prove nothing."""
    data = await api.with_token(token(clock)).query("{ viewer { email } }")
    assert data == {"viewer": {"email": "user@example.com"}}


async def test_a_token_that_is_not_ours_opens_nothing(api: Api, clock: HeldClock) -> None:
    now_s = clock.now_us() // SECOND_US
    good = token(clock)
    bad = {
        "garbage": "garbage",
        "three parts of garbage": "a.b.c",
        "empty parts": "..",
        "not base64": "!.!.!",
        "very long": "x" * 30_000,
        "cut": good[:-3],
        "another signature": good[:-8] + "AAAAAAAA",
        "other claims under its signature": ".".join(
            [good.split(".")[0], token(clock, sub="11", sid="21").split(".")[1], good.split(".")[2]]
        ),
        "no algorithm": unsigned(clock, "none"),
        "No algorithm": unsigned(clock, "None"),
        "unsigned": unsigned(clock, "HS256"),
        "another key": token(clock, key="another secret, of 32 bytes and more"),
        "another algorithm": token(clock, algorithm="HS384"),
        "a longer algorithm": token(clock, algorithm="HS512"),
        "the type of others": token(clock, typ="JWT"),
        "a refresh token": token(clock, typ="refresh"),
        "no type": token(clock, typ=None),
        "expired": token(clock, exp=now_s),
        "long expired": token(clock, exp=1),
        "not yet valid": token(clock, nbf=now_s + 3_600),
        "another issuer": token(clock, iss="other"),
        "another audience": token(clock, aud="other"),
        "an unknown session": token(clock, sid="77"),
        "somebody else's session": token(clock, sid=str(USER_IDS[Role.ADMIN] + SESSIONS)),
        "an unknown user": token(clock, sub="77"),
        "a user that is no number": token(clock, sub="x"),
        **{f"without {name}": token(clock, without=name) for name in claims(clock)},
    }
    wrong = {}
    for name, text in bad.items():
        answer = await api.with_token(text).post("{ viewer { email } }")
        if answer.codes != ["UNAUTHENTICATED"] or answer.status != 200:
            wrong[name] = (answer.status, answer.body)
    assert wrong == {}


async def test_a_session_beyond_64_bits_is_no_session(api: Api) -> None:
    """How the bug came about: no database can look for such a number: a fault of ours."""
    for user_id, session_id in ((11, 2**63), (2**63, 21), (11, 10**30)):
        token, _ = api.tokens.issue(user_id, session_id)
        assert await api.with_token(token).codes("{ viewer { id } }") == ["UNAUTHENTICATED"]


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic YTpi", "bearer", "{token}", "Token {token}"]
)
async def test_an_authorization_that_is_no_bearer_token_opens_nothing(
    api: Api, clock: HeldClock, header: str
) -> None:
    given = header.replace("{token}", token(clock))
    headers = {"authorization": given, "content-type": "application/json"}
    response = await api.http.post("/graphql", content=GOOD, headers=headers)
    assert response.status_code == 200
    assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_the_scheme_compares_without_case(api: Api, clock: HeldClock) -> None:
    headers = {"authorization": f"bEaReR {token(clock)}", "content-type": "application/json"}
    response = await api.http.post("/graphql", content=GOOD, headers=headers)
    assert response.json()["data"]["viewer"]


async def test_an_expired_token_is_told_apart_so_that_clients_refresh(
    api: Api, clock: HeldClock
) -> None:
    admin = api.admin
    clock.advance(599)
    assert (await admin.query("{ viewer { email } }"))["viewer"]
    clock.advance(1)
    (error,) = (await admin.post("{ viewer { email } }")).errors
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    assert "expired" in error["message"]


async def test_a_bad_token_spoils_signing_in_neither(api: Api) -> None:
    codes = await api.with_token("garbage").refusals("login", input={"email": "a", "password": "b"})
    assert codes == ["INVALID_CREDENTIALS"]


def tracebacks(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged with a traceback, or as an error."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.exc_info or record.levelno >= logging.ERROR
    ]
