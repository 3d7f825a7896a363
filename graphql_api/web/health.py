"""`/healthz`: the process lives. `/readyz`: it can serve. `/metrics`: figures for Prometheus."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from graphql_api.operations.metrics import exposition

if TYPE_CHECKING:
    from schema.context import Services

Health = Callable[[], "tuple[Services | None, bool]"]

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def health_routes(health: Health) -> list[Route]:
    """The routes; `health` gives the services and whether new work is welcome."""

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> Response:
        services, is_welcome = health()
        if services is None or not is_welcome:
            return JSONResponse({"status": "closing"}, 503)
        if not await services.database.is_reachable():
            return JSONResponse({"status": "no database"}, 503)
        return JSONResponse({"status": "ready"})

    async def metrics(_: Request) -> Response:
        services, _is_welcome = health()
        if services is None:
            return Response("", 503, media_type=METRICS_TYPE)
        text = exposition(services.registry, services.hub, services.writer)
        return Response(text, media_type=METRICS_TYPE)

    return [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
    ]
