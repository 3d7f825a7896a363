"""The GraphQL-over-HTTP specification, as its reference implementation audits a server."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from tests.patience import PATIENCE_S
from tests.servers import Server

SCRIPT = Path(__file__).parent / "http_audit.js"


def test_every_audit_passes_without_error_or_warning(node: str, server: Server) -> None:
    done = subprocess.run(
        [node, str(SCRIPT)],
        env={**os.environ, "URL": f"{server.url}/graphql"},
        check=True,
        capture_output=True,
        timeout=PATIENCE_S,
    )
    audits = [json.loads(line) for line in done.stdout.splitlines()]
    missed = [audit for audit in audits if audit["status"] != "ok"]
    assert missed == []
    for media_type in ("application/json", "application/graphql-response+json"):
        assert any(media_type in audit["name"] for audit in audits), media_type
