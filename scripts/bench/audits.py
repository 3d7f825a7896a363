"""The protocol audit of every contestant that speaks graphql-transport-ws, side by side.

    python scripts/bench/audits.py [--page docs/tools.md]

Starts each as run.py does, has scripts/ws_audit.py look at it, and prints how many lines each
passes, with every line that is not ok somewhere. Exits with 1 when ours fails or warns.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from contestants import CONTESTANTS, HOST, OURS, PATH, ROOT, Contestant, Running
from rich.console import Console
from rich.table import Table
from table import replace_in

sys.path.append(str(Path(__file__).resolve().parents[1]))  # for what all scripts share
from endings import WrongUsage, launch

AUDITED = (OURS, "stock", "apollo", "mercurius")
AUDIT_TIMEOUT_S = 300
MARKS = "audit"
SIGNS = {"ok": "ok", "warn": "warn", "fail": "FAIL", "skip": "–"}

Rows = dict[str, dict[str, Any]]


def audited(contestant: Contestant) -> Rows:
    """The audit's rows by name. Raises RuntimeError when the audit itself did not run."""
    with (
        tempfile.TemporaryDirectory() as folder,
        contestant.running(Path(folder)) as running,
    ):
        report = Path(folder) / "audit.json"
        limit = ("--max-message-bytes", "65536") if contestant.key == OURS else ()  # we state one
        done = subprocess.run(
            [
                sys.executable,
                str(ROOT / "scripts" / "ws_audit.py"),
                *arguments(running, report, limit),
            ],
            check=False,
            capture_output=True,
            timeout=AUDIT_TIMEOUT_S,
        )
        if not report.exists():
            raise RuntimeError(done.stderr.decode()[-300:].strip())
        told = json.loads(report.read_text())
    return {row["name"]: row for row in told["rows"]}


def arguments(running: Running, report: Path, more: tuple[str, ...]) -> list[str]:
    """What the audit has to know of a server: documents, token, how to make it emit."""
    body = json.loads(running.trigger["single"].replace("__KEY__", "{{unique}}"))
    trigger = inlined(body["query"], body["variables"])
    headers = [f"--header={name}: {value}" for name, value in running.headers.items()]
    return [
        f"ws://{HOST}:{running.port}{PATH}",
        *("--subscription", "subscription { inventoryUpdated { type } }"),
        *("--trigger", trigger, "--mutation", trigger),
        *("--trigger-url", f"http://{HOST}:{running.http_port}{PATH}"),
        *("--payload", json.dumps(running.init_payload)),
        *headers,
        *("--json", str(report)),
        *more,
    ]


def inlined(query: str, variables: dict[str, Any]) -> str:
    """The operation with its variables written into it: the audit sends texts alone."""
    body = query[query.index("{") :]
    for name, value in variables.items():
        body = body.replace(f"${name}", literal(value))
    return f"mutation {body}"


def literal(value: Any) -> str:
    """A value as GraphQL writes it; an enum's value is recognised by its capitals."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {literal(part)}" for name, part in value.items()) + "}"
    if isinstance(value, str) and value.isupper() and value.isalpha():
        return value
    return json.dumps(value)


def counted(rows: Rows, status: str) -> int:
    return sum(row["result"] == status for row in rows.values())


def lines(told: dict[str, Rows]) -> list[list[str]]:
    """The table: the counts, then each line that fails or warns for anybody."""
    names = list(next(iter(told.values())))
    counts = [
        [status, *(str(counted(rows, status)) for rows in told.values())]
        for status in ("ok", "warn", "fail", "skip")
    ]
    odd = [
        [f"{names_row['level']}: {names_row['rule']}", *marks]
        for name in names
        for names_row in [next(iter(told.values()))[name]]
        for marks in [[SIGNS.get(rows[name]["result"], "") for rows in told.values()]]
        if {"FAIL", "warn"} & set(marks)
    ]
    return counts + odd


def markdown(heads: list[str], body: list[list[str]]) -> str:
    rule = ["---", *["---:"] * (len(heads) - 1)]
    rows = [heads, rule, *[[cell.replace("|", "\\|") for cell in row] for row in body]]
    return "".join("| " + " | ".join(row) + " |\n" for row in rows)


def main(
    page: Annotated[
        Path | None, typer.Option(help="Put the counts between this file's audit marks.")
    ] = None,
) -> None:
    """Audit our server beside the alternatives and print one table."""
    if page is not None and not page.is_file():
        raise WrongUsage(f"--page {page}: there is no such file")
    console = Console(width=None if sys.stdout.isatty() else 150)
    told: dict[str, Rows] = {}
    labels = ["line"]
    for contestant in CONTESTANTS:
        if contestant.key not in AUDITED:
            continue
        lacking = contestant.missing()
        if lacking:
            console.print(f"· {contestant.label}: left out: {lacking}")
            continue
        console.print(f"· {contestant.label} ...")
        told[contestant.key] = audited(contestant)
        labels.append(contestant.label)
    body = lines(told)
    table = Table(*labels)
    for row in body:
        table.add_row(*row)
    console.print(table)
    if page is not None:
        replace_in(page, markdown(labels, body[:4]), MARKS)
    if counted(told[OURS], "fail") or counted(told[OURS], "warn"):
        raise typer.Exit(1)


if __name__ == "__main__":
    launch("audits", main)
