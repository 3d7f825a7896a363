"""The programs of docs/clients.md, as they stand there, run as processes.

Each prints a line of JSON for each event, and `{"stock": …}` when it asked for everything.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.servers import EMAIL, PASSWORD, ROOT

DOCS = ROOT / "docs" / "clients.md"
BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"^(?://|#) (?P<name>[\w.-]+\.(?:js|py|sh)): ", re.MULTILINE)
BUNDLE_TIMEOUT_S = 120
LINE_BYTES_MAX = 1_048_576


def files(docs: Path = DOCS) -> dict[str, str]:
    """Each fenced block that begins with a file's name, by that name."""
    found = {}
    for block in BLOCK.finditer(docs.read_text()):
        heading = "\n".join(block["text"].splitlines()[:2])
        if named := NAME.search(heading):
            found[named["name"]] = block["text"]
    return found


def written(folder: Path, modules: Path, replaced: dict[str, str] | None = None) -> Path:
    """The folder with all of these files in it, and the libraries beside them.

    modules: a node_modules; replaced: packages that have another one's folder there.
    """
    folder.mkdir()
    (folder / "package.json").write_text('{"type": "module"}')
    for name, text in files().items():
        (folder / name).write_text(text)
    link_packages(modules, folder / "node_modules", replaced)
    return folder


def link_packages(modules: Path, own: Path, replaced: dict[str, str] | None = None) -> None:
    """A node_modules of its own that has each package of another one."""
    own.mkdir()
    for package in _packages(modules):
        name = str(package.relative_to(modules))
        link = own / name
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(modules / (replaced or {}).get(name, name))


def _packages(modules: Path) -> Iterable[Path]:
    for entry in modules.iterdir():
        if entry.name.startswith("@"):
            yield from entry.iterdir()
        elif not entry.name.startswith("."):
            yield entry


def bundled(folder: Path, script: str, bundler: Path) -> Path:
    """The script in one file: what runs in pages only after a bundler."""
    output = folder / f"bundled-{script.removesuffix('.js')}.mjs"
    subprocess.run(
        [bundler, script, "--platform", "node", "--format", "esm", "--file", output],
        cwd=folder,
        check=True,
        timeout=BUNDLE_TIMEOUT_S,
        stdout=subprocess.DEVNULL,
    )
    return output


class Recipe:
    """One of the programs while it runs.

    events: what it printed of events; stocks: how often it asked for everything; said: its other
    lines.
    """

    def __init__(self, name: str, command: list[str], url: str, **environment: str) -> None:
        self.name = name
        self.events: list[dict[str, Any]] = []
        self.stocks: list[list[dict[str, Any]]] = []
        self.said: list[dict[str, Any]] = []
        self.errors = ""
        self._command = command
        self._environment = {
            "PATH": os.environ["PATH"],
            "INVENTORY_URL": url,
            "INVENTORY_EMAIL": EMAIL,
            "INVENTORY_PASSWORD": PASSWORD,
            **environment,
        }
        self._process: Process | None = None
        self._reading: list[asyncio.Task[None]] = []

    async def start(self, folder: Path) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            cwd=folder,
            env=self._environment,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            limit=LINE_BYTES_MAX,
            start_new_session=True,
        )
        self._reading = [
            asyncio.create_task(self._read()),
            asyncio.create_task(self._read_errors()),
        ]

    def tell(self, word: str) -> None:
        """A line for its standard input."""
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.write(f"{word}\n".encode())

    async def stop(self) -> None:
        """Kill it, with what it started."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, 9)
        await self._process.wait()
        await asyncio.gather(*self._reading, return_exceptions=True)

    async def _read(self) -> None:
        assert self._process is not None and self._process.stdout is not None
        async for line in self._process.stdout:
            said = json.loads(line)
            if "cursor" in said:
                self.events.append(said)
            elif "stock" in said:
                self.stocks.append(said["stock"])
            else:
                self.said.append(said)

    async def _read_errors(self) -> None:
        assert self._process is not None and self._process.stderr is not None
        async for line in self._process.stderr:
            self.errors = (self.errors + line.decode(errors="replace"))[-4_000:]


def python(folder: Path, *, packages: Path | None = None) -> tuple[list[str], dict[str, str]]:
    """Command and environment of follow.py; packages: found before what is installed here."""
    environment = {"PYTHONPATH": str(packages)} if packages else {}
    return [sys.executable, str(folder / "follow.py")], environment
