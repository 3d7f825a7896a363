"""`/healthz`: the process lives. `/readyz`: it can serve. `/metrics`: figures for Prometheus."""

from __future__ import annotations

from collections.abc import Callable
from hmac import compare_digest
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from graphql_api.operations.metrics import exposition
from graphql_api.transport.entry import bearer_token

if TYPE_CHECKING:
    from graphql_api.services import Services

Health = Callable[[], "tuple[Services | None, bool]"]

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
STALLED_S = 30.0  # longer than anything waits that is still going to end


def health_routes(health: Health, metrics_token: str, is_production: bool) -> list[Route]:
    """The routes; `health` gives the services and whether new work is welcome.

    metrics_token: what /metrics asks for; "": nothing in development, and no metrics at all in
    production, where they are not for anybody.
    """

    async def readyz(_: Request) -> Response:
        services, is_welcome = health()
        return await _readiness(services, is_welcome)

    async def metrics(request: Request) -> Response:
        if not metrics_token and is_production:
            return PlainTextResponse("Metrics are off: set METRICS_TOKEN.\n", 403)
        token = bearer_token(request.headers.get("authorization")) or ""
        if metrics_token and not compare_digest(token.encode(), metrics_token.encode()):
            challenge = {"www-authenticate": "Bearer"}
            return PlainTextResponse("Metrics need METRICS_TOKEN.\n", 401, challenge)
        services, _is_welcome = health()
        return await _figures(services)

    return [
        Route("/healthz", _healthz),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
    ]


async def _healthz(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _readiness(services: Services | None, is_welcome: bool) -> Response:
    if services is not None and services.supervision.reason is not None:
        return _unready("failed", services.supervision.reason)
    if services is None or not is_welcome:
        return _unready("closing")
    if not await services.database.is_reachable():
        return _unready("no database")
    if services.writer.stalled_s > STALLED_S:
        return _unready("stalled", "writer")
    if services.hub.unread_s > STALLED_S:
        return _unready("stalled", "hub")
    if (word := await services.disk.look()) is not None:
        return _unready(word)  # reads are still answered
    return JSONResponse({"status": "ready"})


def _unready(status: str, reason: str | None = None) -> Response:
    """reason: the part that does not do its work, by name."""
    return JSONResponse({"status": status} | ({"reason": reason} if reason else {}), 503)


async def _figures(services: Services | None) -> Response:
    if services is None:
        return Response("", 503, media_type=METRICS_TYPE)
    await services.disk.look()
    text = exposition(services.counters, services.hub, services.writer, services.disk)
    return Response(text, media_type=METRICS_TYPE)
