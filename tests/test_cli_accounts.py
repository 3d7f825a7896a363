"""The commands for accounts, and restoring, beside a server that runs."""

from __future__ import annotations

import json
import re
import stat
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from tests.patience import PATIENCE_S
from tests.servers import EMAIL, PASSWORD, Server
from tests.test_cli import Run, database, logging_as_before, run

__all__ = ["database", "logging_as_before", "run"]  # fixtures: commands in this process

OTHER, OTHERS_PASSWORD = "clerk@example.com", "seven hundred brown teapots"
NEW_PASSWORD = "another brown teapot of mine"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path, DRAIN_SECONDS="0.2")
    server.create_user(EMAIL, PASSWORD)
    server.create_user(OTHER, OTHERS_PASSWORD, "USER")
    with server:
        yield server


def asked(server: Server, query: str, token: str | None = None) -> dict[str, Any]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
    headers = {"content-type": "application/json"}
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    connection.request("POST", "/graphql", json.dumps({"query": query}), headers)
    answer: dict[str, Any] = json.loads(connection.getresponse().read())
    connection.close()
    return answer


def signed_in(server: Server, email: str, password: str) -> str | None:
    """An access token; None: refused."""
    answer = asked(
        server,
        f'mutation {{ login(input: {{email: "{email}", password: "{password}"}}) '
        "{ accessToken userErrors { code } } }",
    )
    token: str | None = answer["data"]["login"]["accessToken"]
    return token


def is_let_in(server: Server, token: str | None) -> bool:
    return asked(server, "{ viewer { email } }", token).get("data") is not None


def until_shut_out(server: Server, token: str | None) -> None:
    """Another process of an SQLite file looks at the log every two seconds."""
    deadline = time.monotonic() + PATIENCE_S
    while is_let_in(server, token):
        assert time.monotonic() < deadline, "still let in"
        time.sleep(0.05)


def test_a_password_set_by_command_counts_at_once_and_ends_the_sessions(
    server: Server, run: Run
) -> None:
    token = signed_in(server, OTHER, OTHERS_PASSWORD)
    assert is_let_in(server, token)
    done = run("set-password", "--email", OTHER.upper(), given=f"{NEW_PASSWORD}\n")
    assert (done.code, done.err) == (0, "")
    assert done.out == f"{OTHER} has a new password; 1 session ended.\n"
    until_shut_out(server, token)
    assert signed_in(server, OTHER, OTHERS_PASSWORD) is None
    assert signed_in(server, OTHER, NEW_PASSWORD) is not None


def test_users_are_listed_with_their_sessions_and_states(server: Server, run: Run) -> None:
    signed_in(server, EMAIL, PASSWORD)
    signed_in(server, EMAIL, PASSWORD)
    run("deactivate-user", "--email", OTHER)
    lines = [line.split("\t") for line in run("list-users").out.splitlines()]
    assert lines[0] == ["id", "email", "role", "state", "sessions", "name"]
    assert [line[1:] for line in lines[1:]] == [
        [EMAIL, "ADMIN", "active", "2", EMAIL],
        [OTHER, "USER", "deactivated", "0", OTHER],
    ]


def test_who_is_deactivated_by_command_is_out_and_the_last_admin_is_not(
    server: Server, run: Run
) -> None:
    token = signed_in(server, OTHER, OTHERS_PASSWORD)
    assert is_let_in(server, token)
    done = run("deactivate-user", "--email", OTHER)
    assert done.out == f"{OTHER} is deactivated; 1 session ended.\n"
    until_shut_out(server, token)
    assert signed_in(server, OTHER, OTHERS_PASSWORD) is None
    refused = run("deactivate-user", "--email", EMAIL)
    assert refused.code == 1
    assert refused.err == "error: This is the last active ADMIN: make another one first.\n"


def test_sessions_are_ended_by_command_of_one_account_or_of_all(server: Server, run: Run) -> None:
    theirs = signed_in(server, OTHER, OTHERS_PASSWORD)
    mine = signed_in(server, EMAIL, PASSWORD)
    assert is_let_in(server, theirs)
    assert is_let_in(server, mine)
    done = run("end-sessions", "--email", OTHER)
    assert done.out == f"{OTHER}: 1 session ended.\n"
    until_shut_out(server, theirs)
    assert is_let_in(server, mine)
    assert run("end-sessions", "--all").out == "1 session ended.\n"
    until_shut_out(server, mine)
    assert signed_in(server, OTHER, OTHERS_PASSWORD) is not None


@pytest.mark.parametrize("command", ["set-password", "deactivate-user", "end-sessions"])
def test_an_account_that_is_not_there_is_told_in_one_line(
    server: Server, run: Run, command: str
) -> None:
    done = run(command, "--email", "nobody@example.com", given=f"{NEW_PASSWORD}\n")
    assert done.code == 1
    assert done.err == "error: there is no account with the email nobody@example.com\n"


def test_a_backup_is_restored_once_the_server_has_ended_also_by_a_kill(
    server: Server, run: Run
) -> None:
    assert run("backup", "copy").code == 0
    server.create_user("later@example.com", NEW_PASSWORD, "USER")
    refused = run("restore", "copy")
    assert refused.code == 1
    assert "is in use: stop every server" in refused.err
    assert refused.err.count("\n") == 1
    [before] = server.rows("SELECT epoch FROM log_head")
    server.kill()
    done = run("restore", "copy")
    assert done.code == 0, done.err
    assert re.fullmatch(r"The old database is \S+before-restore-\S+\n", done.err)
    server.start()
    assert signed_in(server, "later@example.com", NEW_PASSWORD) is None
    assert signed_in(server, OTHER, OTHERS_PASSWORD) is not None
    assert server.rows("SELECT epoch FROM log_head") != [before]


def test_a_new_epoch_is_given_by_command(server: Server, run: Run) -> None:
    [before] = server.rows("SELECT epoch FROM log_head")
    server.stop()
    done = run("new-epoch")
    assert done.code == 0
    [after] = server.rows("SELECT epoch FROM log_head")
    assert before != after
    assert after[0] in done.out


def test_what_a_server_writes_is_for_its_owner_alone_also_if_it_was_not(tmp_path: Path) -> None:
    server = Server(tmp_path, DRAIN_SECONDS="0.2")  # on an empty machine

    def modes() -> dict[str, int]:
        files = [server.database, *server.database.parent.glob(f"{server.database.name}-*")]
        return {file.name: stat.S_IMODE(file.stat().st_mode) for file in files}

    with server:
        assert len(modes()) == 3, "the WAL is there while the server runs"
        assert set(modes().values()) == {0o600}
        server.stop()
        server.database.chmod(0o644)
        server.start()
        assert set(modes().values()) == {0o600}
    assert "could be read by others (644)" in server.log.read_text()
