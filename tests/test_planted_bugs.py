"""The suite is trusted because bugs that are planted on purpose turn it red."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import SCRIPTS

sys.path.insert(0, str(SCRIPTS))  # as `python scripts/planted_bugs.py` has it

from planted_bugs import BUGS, ROOT, CannotPlant, Edit, plant


def test_every_bug_can_still_be_planted(tmp_path: Path) -> None:
    for number, bug in enumerate(BUGS):
        folder = tmp_path / str(number)
        for file in {edit.file for edit in bug.edits}:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text((ROOT / file).read_text())
        plant(folder, bug.edits)
        for edit in bug.edits:
            compile((folder / edit.file).read_text(), bug.name, "exec")


def test_what_does_not_stand_there_once_is_not_planted(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x x")
    for before in ("x", "y"):
        with pytest.raises(CannotPlant):
            plant(tmp_path, [Edit("a", before, "z")])
    assert (tmp_path / "a").read_text() == "x x"


@pytest.mark.long
def test_every_planted_bug_turns_its_tests_red() -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPTS / "planted_bugs.py")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
