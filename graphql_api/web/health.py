"""`/healthz`: the process lives. `/readyz`: it can serve. `/metrics`: figures for Prometheus.

With workers, whichever answers speaks for all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from hmac import compare_digest
from typing import TYPE_CHECKING, Any

from prometheus_client.core import Metric
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from graphql_api.operations.metrics import exposition, figures
from graphql_api.transport.entry import bearer_token
from graphql_api.workers.team import Team
from graphql_api.workers.whole import READY, health_of, lives_of, metrics_of

if TYPE_CHECKING:
    from graphql_api.services import Services

Health = Callable[[], "tuple[Services | None, bool]"]
Others = Callable[[], Team | None]

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
STALLED_S = 30.0  # longer than anything waits that is still going to end
PARENT_STALLED = {"status": "stalled", "reason": "parent of the workers"}


def health_routes(
    health: Health, others: Others, metrics_token: str, is_production: bool
) -> list[Route]:
    """The routes; `health` gives the services and whether new work is welcome, `others` the other
    workers, if there are any.

    metrics_token: what /metrics asks for; "": nothing in development, and no metrics at all in
    production, where they are not for anybody.
    """

    async def healthz(_: Request) -> Response:
        return JSONResponse(await _lives(others()))

    async def readyz(_: Request) -> Response:
        own = await readiness(*health())
        if (team := others()) is not None:
            whole = await team.whole(own)
            own = health_of(own, whole.workers) if whole else PARENT_STALLED
        return JSONResponse(own, 200 if own["status"] == READY else 503)

    async def metrics(request: Request) -> Response:
        if not metrics_token and is_production:
            return PlainTextResponse("Metrics are off: set METRICS_TOKEN.\n", 403)
        token = bearer_token(request.headers.get("authorization")) or ""
        if metrics_token and not compare_digest(token.encode(), metrics_token.encode()):
            challenge = {"www-authenticate": "Bearer"}
            return PlainTextResponse("Metrics need METRICS_TOKEN.\n", 401, challenge)
        services, _is_welcome = health()
        if services is None:
            return Response("", 503, media_type=METRICS_TYPE)
        await services.disk.look()
        metrics = exposition(await _of_all(others(), services))
        return Response(metrics, media_type=METRICS_TYPE)

    return [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
    ]


async def _lives(team: Team | None) -> dict[str, Any]:
    whole = await team.whole() if team else None
    return lives_of(whole.workers) if whole else {"status": "ok"}


async def _of_all(team: Team | None, services: Services) -> list[Metric]:
    whole = await team.whole() if team else None
    return metrics_of(whole.workers, whole.past) if whole else figures_of_process(services)


def figures_of_process(services: Services) -> list[Metric]:
    """The figures of one process."""
    return figures(services.counters, services.hub, services.writer, services.disk)


async def readiness(services: Services | None, is_welcome: bool) -> dict[str, Any]:
    """What /readyz says of one process; it can serve if the status is READY. `reason`: the part
    that does not do its work, by name."""
    if services is not None and services.supervision.reason is not None:
        return {"status": "failed", "reason": services.supervision.reason}
    if services is None or not is_welcome:
        return {"status": "closing"}
    if not await services.database.is_reachable():
        return {"status": "no database"}
    if services.writer.stalled_s > STALLED_S:
        return {"status": "stalled", "reason": "writer"}
    if services.hub.unread_s > STALLED_S:
        return {"status": "stalled", "reason": "hub"}
    if (word := await services.disk.look()) is not None:
        return {"status": word}  # reads are still answered
    return {"status": READY}
