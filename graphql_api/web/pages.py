"""The pages for people: the console at `/`, GraphiQL at `/graphql`, and what they load.

Vite builds them into `static` (see vite.config.ts). They ask this server alone: the content
security policy lets them load from nowhere else. Without them a plain page says how to get them,
and everything else runs. Called by app.py.
"""

from __future__ import annotations

import hashlib
import mimetypes
import os
import stat
from pathlib import Path

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

from graphql_api.transport.headers import SECURE_HEADERS

STATIC = Path(__file__).parent / "static"
CONSOLE, GRAPHIQL = "console/index.html", "graphiql/index.html"

# Places in the console: its script looks at the path, the page is the same.
CONSOLE_ROUTES = frozenset(
    {
        "alerts",
        "count",
        "import",
        "items",
        "locations",
        "movements",
        "notifications",
        "receive",
        "reorder",
        "sessions",
        "settings",
        "test",
        "users",
        "waiting",
    }
)

# The build writes the first; a page is told where it runs.
ENVIRONMENT_TAG = '<meta name="environment" content="{}"'
BUILT_FOR = ENVIRONMENT_TAG.format("development")

POLICY = {
    "default-src": "'none'",
    # WebAssembly of this origin too: what reads barcodes from a camera. No eval of scripts.
    "script-src": "'self' 'wasm-unsafe-eval'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",  # blob: pictures of items, which a page fetches with its token
    "font-src": "'self'",
    "connect-src": "'self'",  # sockets of this origin included (CSP 3)
    "worker-src": "'self'",
    "manifest-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
# Monaco, GraphiQL's editor, writes style elements, and its style sheet has its fonts inside.
EDITOR_POLICY = POLICY | {
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",
    "font-src": "'self' data:",
}

FOR_EVER = "public, max-age=31536000, immutable"  # its name changes with what is in it
ASK_FIRST = "no-cache"  # kept, but used only after the server said that it is still so
ENCODINGS = {"br": ".br", "gzip": ".gz"}  # the better one first; the build has written both

SMALL_BYTES = 65_536  # read in one go

mimetypes.add_type("application/manifest+json", ".webmanifest")

NOT_BUILT = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Inventory</title>
<h1>The pages are not built yet</h1>
<p>The server runs: GraphQL answers at <code>/graphql</code>, over HTTP and WebSocket. What is
missing are the pages for people, the console and GraphiQL.</p>
<p>Install <a href="https://nodejs.org">Node.js</a> 20 or newer with npm, then, in the folder of the
project, run:</p>
<pre>scripts/install</pre>
<p>and load this page again.</p>
</html>
"""


def policy(directives: dict[str, str]) -> str:
    """The value of a Content-Security-Policy header."""
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


class Pages:
    """Answers browsers from the built pages in `folder`, as they are there at that moment. Small
    files are read in the event loop: that takes microseconds, where threads for a crowd that asks
    for them let everybody else wait for a second.

    environment: development or production, told to the console in a meta element.
    """

    def __init__(self, environment: str, folder: Path = STATIC) -> None:
        self._environment = environment
        self._folder = folder
        self._files = BuiltFiles(directory=folder, check_dir=False)

    def routes(self) -> list[Route]:
        """Whatever no other route has taken; they go last."""
        return [Route("/{path:path}", self.answer)]

    async def answer(self, request: Request) -> Response:
        """The console, a file of the build, or 404."""
        path = request.path_params["path"]
        if path == "" or (path.split("/")[0] in CONSOLE_ROUTES and _wants_page(request)):
            return self._page(request, CONSOLE, POLICY)
        if not _is_asset(path):
            return _absent()
        response = self._files.response(path, request.scope)
        if response is None:
            return _absent()
        is_hashed = path.startswith("assets/")
        response.headers["cache-control"] = FOR_EVER if is_hashed else ASK_FIRST
        return _secured(response, POLICY)

    async def graphiql(self, request: Request) -> Response:
        """GraphiQL's page."""
        return self._page(request, GRAPHIQL, EDITOR_POLICY)

    def _page(self, request: Request, name: str, directives: dict[str, str]) -> Response:
        try:
            html = (self._folder / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            response: Response = HTMLResponse(NOT_BUILT, headers={"cache-control": "no-store"})
            return _secured(response, POLICY)
        html = html.replace(BUILT_FOR, ENVIRONMENT_TAG.format(self._environment))
        etag = f'"{hashlib.sha256(html.encode()).hexdigest()[:32]}"'
        # GraphQL's own answers have the same address as GraphiQL.
        headers = {"etag": etag, "cache-control": ASK_FIRST, "vary": "accept"}
        if etag in _tags(request.headers.get("if-none-match", "")):
            response = NotModifiedResponse(Headers(headers))
        else:
            response = HTMLResponse(html, headers=headers)
        return _secured(response, directives)


class BuiltFiles(StaticFiles):
    """Files of one folder and no other, in the best encoding that was built and is accepted."""

    def response(self, path: str, scope: Scope) -> Response | None:
        """A file of the folder, or what says that the client's is the same; None: there is none."""
        try:
            found, state = self.lookup_path(path)
        except (OSError, ValueError):  # no name of a file: too long, or with a null in it
            return None
        if state is None or not stat.S_ISREG(state.st_mode):
            return None
        return self.file_response(found, state, scope)

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        asked = Headers(scope=scope)
        plain, encoding = os.fspath(full_path), None
        for name, suffix in ENCODINGS.items():
            if _accepts(asked.get("accept-encoding", ""), name) and os.path.isfile(plain + suffix):
                full_path, encoding = plain + suffix, name
                stat_result = os.stat(full_path)
                break
        response = FileResponse(
            full_path,
            status_code,
            headers={"vary": "accept-encoding"},
            media_type=mimetypes.guess_type(plain)[0] or "application/octet-stream",
            stat_result=stat_result,
        )
        if encoding is not None:
            response.headers["content-encoding"] = encoding
        if self.is_not_modified(response.headers, asked):
            return NotModifiedResponse(response.headers)
        if stat_result.st_size <= SMALL_BYTES and "range" not in asked:
            return Response(Path(full_path).read_bytes(), status_code, response.headers)
        return response


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _is_asset(path: str) -> bool:
    """Whether a file may be asked for by this name: pages have paths of their own, encodings are
    not asked for by name, and nothing leads upwards."""
    is_straight = not {"", ".", ".."} & set(path.split("/"))
    return is_straight and not path.endswith((".html", *ENCODINGS.values()))


def _accepts(header: str, encoding: str) -> bool:
    """Whether an Accept-Encoding names it, and not with a quality of 0 (RFC 9110 12.5.3)."""
    for part in header.lower().split(","):
        name, _, quality = part.partition(";")
        if name.strip() == encoding:
            return quality.replace(" ", "").rstrip("0.") != "q="
    return False


def _tags(if_none_match: str) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}


def _absent() -> Response:
    return _secured(PlainTextResponse("Not found.\n", 404), POLICY)


def _secured(response: Response, directives: dict[str, str]) -> Response:
    response.headers["content-security-policy"] = policy(directives)
    response.headers.update(SECURE_HEADERS)
    response.headers["cross-origin-opener-policy"] = "same-origin"
    return response
