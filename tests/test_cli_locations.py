"""The commands for places."""

from __future__ import annotations

from tests.test_cli import Run, database, logging_as_before, run

__all__ = ["database", "logging_as_before", "run"]  # fixtures: commands in this process


def test_places_are_made_changed_archived_and_listed_by_their_codes(run: Run) -> None:
    assert run("list-locations").code == 2, "there is no database"
    assert run("migrate").code == 0
    assert run("create-location", "--code", "SHOP", "--name", "The shop").code == 0
    bin_ = ["create-location", "--code", "BIN", "--name", "A bin", "--parent", "shop"]
    assert run(*bin_).out.startswith("Location BIN has the id ")
    for arguments, code in (
        (["create-location", "--code", "bin", "--name", "x"], 1),
        (["create-location", "--code", "X", "--name", "x", "--parent", "NONE"], 1),
        (["update-location", "NONE", "--name", "x"], 1),
        (["update-location", "BIN"], 2),
        (["update-location", "BIN", "--parent", "SHOP", "--no-parent"], 2),
        (["update-location", "SHOP", "--parent", "BIN"], 1),
        (["archive-location", "MAIN"], 1),
        (["archive-location", "SHOP"], 1),
        (["restore-location", "SHOP"], 1),
    ):
        said = run(*arguments)
        assert said.code == code, arguments
        assert said.err.startswith("error: ")
        assert said.err.count("\n") == 1
    assert run("update-location", "bin", "--code", "BIN-1", "--name", "The bin").code == 0
    assert run("archive-location", "bin-1").out == "Location BIN-1 is archived.\n"
    assert [line.split("\t")[1:] for line in run("list-locations").out.splitlines()] == [
        ["code", "in", "state", "name"],
        ["MAIN", "", "in use", "Main location"],
        ["SHOP", "", "in use", "The shop"],
    ]
    lines = run("list-locations", "--all").out.splitlines()
    assert lines[1].split("\t")[1:] == ["BIN-1", "SHOP", "archived", "The bin"]
    assert run("restore-location", "BIN-1").code == 0
    assert run("update-location", "BIN-1", "--no-parent").code == 0
    assert "BIN-1\t\tin use" in run("list-locations").out
