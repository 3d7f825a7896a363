"""Logging: an entry a line, readable, and safe to read."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator

import pytest

from graphql_api.operations import logs
from graphql_api.operations.logs import JsonLines, TextLines


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    names = (*logs.QUIET, *logs.ACCESS)
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in names}
    yield
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


def record(message: str, *arguments: object, fault: bool = False) -> logging.LogRecord:
    info = None
    if fault:
        try:
            raise ValueError("bad\x1b[31m value")
        except ValueError:
            info = sys.exc_info()
    made = logging.LogRecord("a.name", logging.WARNING, __file__, 1, message, arguments, info)
    made.created = 1_767_225_600.25
    return made


def test_an_entry_is_a_line_of_text() -> None:
    assert TextLines().format(record("%d of %s", 1, "two")) == (
        "2026-01-01T00:00:00.250000Z WARNING a.name: 1 of two"
    )


def test_nobody_can_forge_an_entry_or_talk_to_the_terminal() -> None:
    line = TextLines().format(record("name %s", "x\n2026 ERROR\r\x1b[2J\x7f\0"))
    assert line.endswith("name x\\n2026 ERROR\\x0d\\x1b[2J\\x7f\\x00")
    assert "\x1b" not in TextLines().format(record("fault", fault=True))


def test_a_traceback_follows_its_line() -> None:
    first, *others = TextLines().format(record("fault", fault=True)).split("\n")
    assert first.endswith(" WARNING a.name: fault")
    assert others[0] == "Traceback (most recent call last):"
    assert others[-1].startswith("ValueError: bad")


def test_for_collectors_an_entry_is_an_object_in_a_line() -> None:
    line = JsonLines().format(record("two\nlines %s", "é", fault=True))
    assert "\n" not in line
    entry = json.loads(line)
    assert entry["time"] == "2026-01-01T00:00:00.250000Z"
    assert (entry["level"], entry["logger"]) == ("WARNING", "a.name")
    assert entry["message"] == "two\nlines é"
    assert "ValueError" in entry["exception"]


def test_ours_is_told_from_the_level_on_and_others_only_when_it_matters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure("DEBUG", as_json=False)
    logging.getLogger("graphql_api.any").debug("ours")
    logging.getLogger("tortoise.db_client").debug("SELECT a secret")
    logging.getLogger("uvicorn.error").info("chatter")
    logging.getLogger("uvicorn.error").error("trouble")
    logs.configure("WARNING", as_json=True)
    logging.getLogger("graphql_api.any").info("not told")
    logging.getLogger("graphql_api.any").warning("told")
    told = capsys.readouterr().err.splitlines()
    assert [line.rpartition(": ")[2] for line in told[:2]] == ["ours", "trouble"]
    assert json.loads(told[2])["message"] == "told"
    assert len(told) == 3


def test_requests_are_told_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO", as_json=False, with_access=True)
    logging.getLogger("uvicorn.access").info("GET /")
    assert capsys.readouterr().err.endswith("uvicorn.access: GET /\n")
