"""How pages are served, on a small build of the test's own: nobody needs Node for this."""

from __future__ import annotations

import asyncio
import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from anyio.to_thread import current_default_thread_limiter
from starlette.applications import Starlette
from starlette.routing import Route

from graphql_api.web.pages import CONSOLE_ROUTES, FOR_EVER, SMALL_BYTES, Pages
from tests.patience import PATIENCE_S
from tests.servers import ROOT

SCRIPT = b"console.log('a script');" * 100
ICON = b"<svg/>"
CONSOLE = '<title>Console</title><meta name="environment" content="development" />'
HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """What Vite would have built, with something beside it that nobody may have."""
    (tmp_path / "secret.txt").write_text("a secret")
    folder = tmp_path / "static"
    files = {
        "console/index.html": CONSOLE.encode(),
        "graphiql/index.html": b"<title>GraphiQL</title>",
        "assets/main-1a2b.js": SCRIPT,
        "assets/main-1a2b.js.br": b"brotli",
        "assets/main-1a2b.js.gz": gzip.compress(SCRIPT),
        "sw.js": b"self",
        "icon.svg": ICON,
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def site(folder: Path, environment: str = "development") -> httpx.AsyncClient:
    """A browser's view of the pages in `folder`."""
    pages = Pages(environment, folder)
    app = Starlette(routes=[Route("/graphql", pages.graphiql), *pages.routes()])
    transport = httpx.ASGITransport(app=app)
    return httpx.AsyncClient(transport=transport, base_url="http://inventory.test")


@pytest.fixture
async def http(build: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with site(build) as client:
        yield client


# ---- what is where -----------------------------------------------------------------------------


async def test_the_console_is_at_the_root_and_at_each_of_its_places(
    http: httpx.AsyncClient,
) -> None:
    for path in ("/", *(f"/{name}" for name in CONSOLE_ROUTES), "/items/42/history"):
        response = await http.get(path, headers=HTML)
        assert (response.status_code, response.text) == (200, CONSOLE), path


def test_every_screen_of_the_console_has_its_path() -> None:
    screens = (ROOT / "graphql_api/web/console/src/app/Screens.tsx").read_text()
    assert set(re.findall(r'path="/([^/"]+)', screens)) == CONSOLE_ROUTES


def test_the_service_worker_knows_the_same_places() -> None:
    worker = (ROOT / "graphql_api/web/console/src/offline/shell.ts").read_text()
    listed = worker.partition("PLACES: ")[2].partition("]")[0]
    assert set(re.findall(r"'(\w*)'", listed)) == {"", *CONSOLE_ROUTES}


async def test_a_place_of_the_console_is_no_file_for_a_script(http: httpx.AsyncClient) -> None:
    for path in ("/items/missing.js", "/items"):
        assert (await http.get(path)).status_code == 404


async def test_what_is_not_there_is_told_in_plain_words(http: httpx.AsyncClient) -> None:
    for path in ("/nonsense", "/assets/old-9f9f.js", "/assets", "/assets/", "/a/b"):
        response = await http.get(path, headers=HTML)
        assert (response.status_code, response.text) == (404, "Not found.\n"), path
        assert response.headers["content-type"].startswith("text/plain")


async def test_pages_and_encodings_have_no_path_as_files(http: httpx.AsyncClient) -> None:
    for path in ("/console/index.html", "/graphiql/index.html", "/assets/main-1a2b.js.gz"):
        assert (await http.get(path)).status_code == 404, path


async def test_pages_and_small_files_wait_for_no_thread(http: httpx.AsyncClient) -> None:
    """A crowd that asks for them would have all threads, and what else needs one waits."""
    threads = current_default_thread_limiter()
    kept, threads.total_tokens = threads.total_tokens, 1
    try:
        async with threads:
            async with asyncio.timeout(PATIENCE_S):
                for path in ("/", "/graphql", "/icon.svg", "/assets/main-1a2b.js", "/missing.js"):
                    response = await http.get(path, headers=HTML)
                    assert response.status_code == (404 if "missing" in path else 200), path
    finally:
        threads.total_tokens = kept


async def test_a_large_file_comes_whole_and_a_part_of_a_small_one_alone(
    http: httpx.AsyncClient, build: Path
) -> None:
    large = bytes(range(256)) * 4 * 256
    assert len(large) > SMALL_BYTES
    (build / "large.wasm").write_bytes(large)
    assert (await http.get("/large.wasm")).content == large
    part = await http.get(
        "/assets/main-1a2b.js", headers={"range": "bytes=8-11", "accept-encoding": ""}
    )
    assert (part.status_code, part.content) == (206, SCRIPT[8:12])
    head = await http.head("/icon.svg")
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(ICON)))


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/assets/..%2F..%2Fsecret.txt",
        "/%2e%2e/secret.txt",
        "/..%5csecret.txt",
        "/%2Fetc/passwd",
        "/icon.svg%00.js",
        "/./icon.svg",
        "//icon.svg",
        "/" + "x" * 5_000,
    ],
)
async def test_no_path_leads_out_of_the_build(build: Path, path: str) -> None:
    app = Starlette(routes=Pages("development", build).routes())
    status, body = await raw_get(app, path)
    assert status == 404
    assert b"secret" not in body


async def raw_get(app: Starlette, path: str) -> tuple[int, bytes]:
    """GET a path as it stands: httpx would tidy it up."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    scope = {
        "type": "http",
        "method": "GET",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"accept", b"text/html")],
    }
    await app(scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)


# ---- what a page is told, and what it may do -----------------------------------------------------


async def test_the_console_is_told_where_it_runs(build: Path) -> None:
    async with site(build, "production") as http:
        told = (await http.get("/", headers=HTML)).text
    assert told == CONSOLE.replace("development", "production")


async def test_every_answer_tells_the_browser_to_be_careful(http: httpx.AsyncClient) -> None:
    for path in ("/", "/graphql", "/sw.js", "/assets/main-1a2b.js", "/nonsense"):
        headers = (await http.get(path, headers=HTML)).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "same-origin", path
        policy = directives(headers["content-security-policy"])
        assert policy["default-src"] == "'none'"
        assert policy["frame-ancestors"] == "'none'"
        for name in ("connect-src", "worker-src"):
            assert policy[name] == "'self'", path
        wasm = "" if path == "/graphql" else " 'wasm-unsafe-eval'"  # the camera's reader
        assert policy["script-src"] == f"'self'{wasm}", path
        assert ("'unsafe-inline'" in policy["style-src"]) == (path == "/graphql")


def directives(policy: str) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in policy.split(";"))
    return {name: sources for name, _, sources in parts}


# ---- what is sent again, and in which encoding ---------------------------------------------------


async def test_what_has_its_hash_in_its_name_is_kept_for_ever(http: httpx.AsyncClient) -> None:
    assert (await http.get("/assets/main-1a2b.js")).headers["cache-control"] == FOR_EVER
    for path in ("/", "/graphql", "/sw.js", "/icon.svg"):
        assert (await http.get(path, headers=HTML)).headers["cache-control"] == "no-cache", path


async def test_what_the_browser_has_already_is_not_sent_again(http: httpx.AsyncClient) -> None:
    for path in ("/", "/graphql", "/sw.js", "/assets/main-1a2b.js"):
        first = await http.get(path, headers=HTML)
        again = {**HTML, "if-none-match": f'"other", {first.headers["etag"]}'}
        second = await http.get(path, headers=again)
        assert (second.status_code, second.content) == (304, b""), path
        assert second.headers["cache-control"] == first.headers["cache-control"]
        assert (await http.get(path, headers={**HTML, "if-none-match": '"o"'})).status_code == 200


async def test_a_new_build_is_served_at_once(build: Path, http: httpx.AsyncClient) -> None:
    etag = (await http.get("/")).headers["etag"]
    (build / "console/index.html").write_text("<title>New</title>")
    response = await http.get("/", headers={"if-none-match": etag})
    assert (response.status_code, response.text) == (200, "<title>New</title>")


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0.5, gzip;q=1.0", "br"),
        ("GZIP", "gzip"),
        ("gzip, br;q=0", "gzip"),
        ("gzip;q=0.000, br; q=0", None),
        ("identity", None),
        ("", None),
    ],
)
async def test_the_best_encoding_that_is_accepted_is_sent(
    http: httpx.AsyncClient, accepted: str, encoding: str | None
) -> None:
    request = http.build_request("GET", "/assets/main-1a2b.js")
    request.headers["accept-encoding"] = accepted
    response = await http.send(request, stream=True)
    raw = b"".join([chunk async for chunk in response.aiter_raw()])
    assert response.headers.get("content-encoding") == encoding
    assert response.headers["content-type"].startswith("text/javascript")
    assert response.headers["vary"] == "accept-encoding"
    assert int(response.headers["content-length"]) == len(raw)
    assert raw == {None: SCRIPT, "br": b"brotli", "gzip": gzip.compress(SCRIPT)}[encoding]


async def test_what_was_not_compressed_is_sent_as_it_is(http: httpx.AsyncClient) -> None:
    response = await http.get("/icon.svg", headers={"accept-encoding": "br"})
    assert response.content == ICON
    assert response.headers["content-type"].startswith("image/svg+xml")
    assert "content-encoding" not in response.headers


async def test_a_head_request_is_answered_without_the_file(http: httpx.AsyncClient) -> None:
    response = await http.head("/assets/main-1a2b.js", headers={"accept-encoding": "gzip"})
    assert (response.status_code, response.content) == (200, b"")
    assert int(response.headers["content-length"]) == len(gzip.compress(SCRIPT))
    assert (await http.post("/assets/main-1a2b.js")).status_code == 405


# ---- without a build -----------------------------------------------------------------------------


async def test_without_a_build_each_page_says_how_to_get_it(tmp_path: Path) -> None:
    async with site(tmp_path / "nothing") as http:
        for path in ("/", "/graphql", "/items/1"):
            response = await http.get(path, headers=HTML)
            assert response.status_code == 200
            assert "scripts/install" in response.text
            assert "Node.js" in response.text
            assert response.headers["cache-control"] == "no-store"
        assert (await http.get("/assets/main-1a2b.js")).status_code == 404
