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

OTHER, OTHERS_PASSWORD = "clerk@example.com", "seven hundred brown teapots"
NEW_PASSWORD = "another brown teapot of mine"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path) as running:
        running.create_user(EMAIL, PASSWORD)
        running.create_user(OTHER, OTHERS_PASSWORD, "USER")
        yield running


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


def test_a_password_set_by_command_counts_at_once_and_ends_the_sessions(server: Server) -> None:
    token = signed_in(server, OTHER, OTHERS_PASSWORD)
    assert is_let_in(server, token)
    done = server.command("set-password", "--email", OTHER.upper(), given=f"{NEW_PASSWORD}\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{OTHER} has a new password; 1 session ended.\n"
    until_shut_out(server, token)
    assert signed_in(server, OTHER, OTHERS_PASSWORD) is None
    assert signed_in(server, OTHER, NEW_PASSWORD) is not None


def test_users_are_listed_with_their_sessions_and_states(server: Server) -> None:
    signed_in(server, EMAIL, PASSWORD)
    signed_in(server, EMAIL, PASSWORD)
    server.command("deactivate-user", "--email", OTHER)
    lines = [line.split("\t") for line in server.command("list-users").stdout.splitlines()]
    assert lines[0] == ["id", "email", "role", "state", "sessions", "name"]
    assert [line[1:] for line in lines[1:]] == [
        [EMAIL, "ADMIN", "active", "2", EMAIL],
        [OTHER, "USER", "deactivated", "0", OTHER],
    ]


def test_who_is_deactivated_by_command_is_out_and_the_last_admin_is_not(server: Server) -> None:
    token = signed_in(server, OTHER, OTHERS_PASSWORD)
    assert is_let_in(server, token)
    done = server.command("deactivate-user", "--email", OTHER)
    assert done.stdout == f"{OTHER} is deactivated; 1 session ended.\n"
    until_shut_out(server, token)
    assert signed_in(server, OTHER, OTHERS_PASSWORD) is None
    refused = server.command("deactivate-user", "--email", EMAIL)
    assert refused.returncode == 1
    assert refused.stderr == "error: This is the last active ADMIN: make another one first.\n"


def test_sessions_are_ended_by_command_of_one_account_or_of_all(server: Server) -> None:
    theirs = signed_in(server, OTHER, OTHERS_PASSWORD)
    mine = signed_in(server, EMAIL, PASSWORD)
    assert is_let_in(server, theirs)
    assert is_let_in(server, mine)
    done = server.command("end-sessions", "--email", OTHER)
    assert done.stdout == f"{OTHER}: 1 session ended.\n"
    until_shut_out(server, theirs)
    assert is_let_in(server, mine)
    assert server.command("end-sessions", "--all").stdout == "1 session ended.\n"
    until_shut_out(server, mine)
    assert signed_in(server, OTHER, OTHERS_PASSWORD) is not None


@pytest.mark.parametrize("command", ["set-password", "deactivate-user", "end-sessions"])
def test_an_account_that_is_not_there_is_told_in_one_line(server: Server, command: str) -> None:
    done = server.command(command, "--email", "nobody@example.com", given=f"{NEW_PASSWORD}\n")
    assert done.returncode == 1
    assert done.stderr == "error: there is no account with the email nobody@example.com\n"


def test_a_backup_is_restored_once_the_server_has_ended_also_by_a_kill(server: Server) -> None:
    assert server.command("backup", "copy").returncode == 0
    server.create_user("later@example.com", NEW_PASSWORD, "USER")
    refused = server.command("restore", "copy")
    assert refused.returncode == 1
    assert "is in use: stop every server" in refused.stderr
    assert refused.stderr.count("\n") == 1
    [before] = server.rows("SELECT epoch FROM log_head")
    server.kill()
    done = server.command("restore", "copy")
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"The old database is \S+before-restore-\S+\n", done.stderr)
    server.start()
    assert signed_in(server, "later@example.com", NEW_PASSWORD) is None
    assert signed_in(server, OTHER, OTHERS_PASSWORD) is not None
    assert server.rows("SELECT epoch FROM log_head") != [before]


def test_a_new_epoch_is_given_by_command(server: Server) -> None:
    [before] = server.rows("SELECT epoch FROM log_head")
    server.stop()
    done = server.command("new-epoch")
    assert done.returncode == 0
    [after] = server.rows("SELECT epoch FROM log_head")
    assert before != after
    assert after[0] in done.stdout


def test_what_a_server_writes_is_for_its_owner_alone_also_if_it_was_not(server: Server) -> None:
    def modes() -> dict[str, int]:
        files = [server.database, *server.database.parent.glob(f"{server.database.name}-*")]
        return {file.name: stat.S_IMODE(file.stat().st_mode) for file in files}

    assert len(modes()) == 3, "the WAL is there while the server runs"
    assert set(modes().values()) == {0o600}
    server.stop()
    server.database.chmod(0o644)
    server.start()
    assert set(modes().values()) == {0o600}
    assert "could be read by others (644)" in server.log.read_text()
