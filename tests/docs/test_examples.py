"""The other files of docs/examples: what they name is there, and their formats are right."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from graphql_api.cli import run
from graphql_api.settings import Settings, read_settings
from graphql_api.transport.server import SHUTDOWN_SECONDS_MAX
from tests.servers import ROOT

EXAMPLES = ROOT / "docs" / "examples"
UVICORNS = {"FORWARDED_ALLOW_IPS"}
SETTINGS = {name.upper() for name in Settings.model_fields} | UVICORNS
TIMEOUT_S = 60
STOP_S = 30  # as long as a server may take for its end, by docs/deployment.md


def variables(text: str) -> dict[str, str]:
    """Of a file of NAME=value lines, as systemd reads it."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


@pytest.fixture(scope="module")
def unit() -> str:
    return (EXAMPLES / "inventory@.service").read_text()


@pytest.fixture(scope="module")
def compose() -> Any:
    return yaml.safe_load((EXAMPLES / "compose.yaml").read_text())


def options(unit: str) -> dict[str, str]:
    return dict(re.findall(r"^(\w+)=(.*)$", unit, re.MULTILINE))


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


def checked(names: Iterable[str]) -> None:
    assert set(names) <= SETTINGS


def as_settings(monkeypatch: pytest.MonkeyPatch, given: dict[str, str]) -> Settings:
    """What a server makes of these variables. Raises ConfigurationError."""
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return read_settings()


def test_the_environment_file_is_good_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    given = variables((EXAMPLES / "inventory.env").read_text())
    checked(given)
    assert as_settings(monkeypatch, given).is_production


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not there")
def test_systemd_takes_the_unit(unit: str, tmp_path: Path) -> None:
    python = options(unit)["ExecStart"].split()[0]
    copy = tmp_path / "inventory@8000.service"
    copy.write_text(unit.replace(python, sys.executable))  # it looks whether that is there
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", copy],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if copy.name in line]
    assert (done.returncode, ours) == (0, []), done.stderr


def test_the_unit_starts_what_there_is_and_lets_it_end(
    unit: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told = options(unit)
    _, *arguments = told["ExecStart"].split()
    assert arguments[:2] == ["-m", "graphql_api"]
    assert run([arguments[2], "--help"]) == 0
    told_by_help = capsys.readouterr().out
    assert all(word in told_by_help for word in arguments if word.startswith("--"))
    assert seconds(told["TimeoutStopSec"]) > STOP_S
    drain_s = Settings.model_fields["drain_seconds"].default
    assert drain_s + SHUTDOWN_SECONDS_MAX <= STOP_S


def test_compose_gives_servers_settings_that_there_are(
    compose: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    servers = [one for name, one in compose["services"].items() if name.startswith("server-")]
    assert len(servers) == 2
    given = compose["services"]["migrate"]["environment"]
    checked(given)
    filled = {
        name: re.sub(r"\$\{(\w+):[^}]*\}", "x" * 32, str(value)) for name, value in given.items()
    }
    assert as_settings(monkeypatch, filled).is_production
    for server in servers:
        assert server["environment"] == given
        assert seconds(server["stop_grace_period"]) > STOP_S


def test_compose_is_one_piece(compose: Any) -> None:
    """Whatever a service waits for, mounts, joins or builds is there."""
    services = compose["services"]
    for service in services.values():
        assert set(service.get("depends_on", {})) <= set(services)
        assert set(service.get("networks", [])) <= set(compose["networks"])
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in compose["volumes"]
        if "command" in service and service["image"] == "inventory":
            assert run([service["command"][0], "--help"]) == 0
        if "build" in service:
            context = (EXAMPLES / service["build"]["context"]).resolve()
            assert (context / service["build"]["dockerfile"]).is_file()
    database = services["migrate"]["environment"]["DATABASE_URL"]
    assert database.rpartition("@")[2].split(":")[0] in services


def test_compose_trusts_its_own_gateway_alone(compose: Any) -> None:
    (network,) = compose["networks"]["inventory"]["ipam"]["config"]
    trusted = compose["services"]["migrate"]["environment"]["FORWARDED_ALLOW_IPS"]
    assert trusted == network["gateway"]


def test_the_image_is_made_of_files_that_are_there() -> None:
    text = (EXAMPLES / "Dockerfile").read_text()
    copied = re.findall(r"^COPY (?!--from)(\S+)", text, re.MULTILINE)
    assert copied and all((ROOT / name).exists() for name in copied)
    (extras,) = re.findall(r"\[([\w,]+)\]\"", text)
    for extra in extras.split(","):
        assert re.search(rf"^{extra} = \[", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
