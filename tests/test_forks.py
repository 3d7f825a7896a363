"""A forked program is as one that Python starts: its own arguments, folder, files and end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest

from tests import forks
from tests.patience import PATIENCE_S

TELL = """
import os, sys
print(sys.argv[1:], os.getcwd(), os.environ["WHO"], "graphql_api.cli" in sys.modules)
print(input(), file=sys.stderr)
sys.exit(int(sys.argv[1]))
"""
LAST_WORDS = """
import atexit, sys, threading
class Freed:
    def __del__(self, write=sys.stderr.write):
        write("freed\\n")
def outlive():
    threading.main_thread().join()
    print("waited for")
held = Freed()
held.by_itself = held
atexit.register(print, "heard of it")
threading.Thread(target=outlive).start()
print("said", end="\\n")
"""
LEAVES_A_TRACE = "import graphql_api; print(hasattr(graphql_api, 'x')); graphql_api.x = 1"


@pytest.mark.parametrize("how", ["program", "file", "module"])
def test_arguments_folder_environment_and_files_are_its_own(tmp_path: Path, how: str) -> None:
    (tmp_path / "told.py").write_text(TELL)
    command = {"program": ["-c", TELL], "file": ["told.py"], "module": ["-m", "told"]}[how]
    done = forks.run(
        [sys.executable, *command, "3"],
        cwd=tmp_path,
        env={**os.environ, "WHO": "me"},
        input="hello\n",
        capture_output=True,
        text=True,
    )
    assert done.stdout == f"['3'] {tmp_path} me True\n", "it was not forked, or not as asked"
    assert (done.stderr, done.returncode) == ("hello\n", 3)


def test_nothing_of_one_is_found_by_the_next() -> None:
    for _ in range(2):
        done = forks.run([sys.executable, "-c", LEAVES_A_TRACE], capture_output=True, text=True)
        assert done.stdout == "False\n"


def test_its_end_is_told_as_python_tells_it() -> None:
    fault = forks.run([sys.executable, "-c", "1 / 0"], capture_output=True, text=True)
    assert fault.returncode == 1
    assert fault.stderr.startswith("Traceback") and "ZeroDivisionError" in fault.stderr
    killed = "import os; os.kill(os.getpid(), 9)"
    assert forks.run([sys.executable, "-c", killed]).returncode == -signal.SIGKILL
    with pytest.raises(subprocess.CalledProcessError):
        forks.run([sys.executable, "-c", "raise SystemExit(4)"], check=True)


@pytest.mark.parametrize(
    "end", ["", "raise SystemExit", "sys.exit(300)", "sys.exit('a word')", "1 / 0"]
)
def test_its_last_words_are_those_that_python_says(end: str) -> None:
    """All but the freeing of what was imported before the fork, which is left out."""
    command = [sys.executable, "-c", LAST_WORDS + end]
    forked = forks.run(command, capture_output=True, text=True)
    anew = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "said\nwaited for\nheard of it\n" == forked.stdout == anew.stdout
    assert forked.stderr.endswith("freed\n") and anew.stderr.endswith("freed\n")
    assert forked.returncode == anew.returncode


def test_words_that_nobody_takes_have_pythons_own_code() -> None:
    buffered = "import sys; sys.stdout = open(1, 'w', closefd=False); print('to nobody')"
    reads, writes = os.pipe()
    os.close(reads)
    try:
        command = [sys.executable, "-c", buffered]
        assert forks.run(command, stdout=writes, stderr=subprocess.DEVNULL).returncode == 120
    finally:
        os.close(writes)


def test_it_is_waited_for_and_ended_like_any_other() -> None:
    process = forks.started([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.01)
        process.terminate()
        assert process.wait(PATIENCE_S) == -signal.SIGTERM
        process.kill()  # of one that has ended: nothing
    finally:
        process.kill()
        process.wait(PATIENCE_S)


def test_several_threads_may_start_the_first_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each began a fork server then, and asked the last one for the children of all. The one that
    others' programs come from stays: it alone can wait for those."""
    monkeypatch.setattr(forks, "_begun", cache(forks._ForkServer))
    with ThreadPoolExecutor(4) as pool:
        done = pool.map(lambda code: forks.run(exits_with(code)).returncode, range(4))
        assert list(done) == [0, 1, 2, 3]


def exits_with(code: int) -> list[str]:
    return [sys.executable, "-c", f"raise SystemExit({code})"]


def test_another_copy_of_the_project_is_started_anew(tmp_path: Path) -> None:
    """Forked, it would run this one."""
    (tmp_path / "graphql_api").mkdir()
    (tmp_path / "graphql_api" / "__init__.py").write_text("copy = True\n")
    done = forks.run(
        [sys.executable, "-c", "import graphql_api; print(graphql_api.copy)"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "True\n"
