"""What tests share: fresh databases of both kinds, a held clock, and the use cases on them.

PostgreSQL comes from TEST_DATABASE_URL, the URL of a server where databases may be created.
Without it those tests are skipped with a word; in CI they fail instead.
"""

from __future__ import annotations

import faulthandler
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from functools import lru_cache

import pytest
from _pytest.faulthandler import fault_handler_stderr_fd_key as STDERR_FD  # what is not captured
from pwdlib import PasswordHash

from graphql_api.clock import HeldClock
from graphql_api.delivery.broker import Broker
from graphql_api.process import open_services
from graphql_api.services import Services
from graphql_api.settings import Settings, read_settings
from tests import campaigns
from tests.ci import in_ci
from tests.clusters import Clusters
from tests.databases import Maker, PostgresMaker, SqliteMaker
from tests.patience import PATIENCE_S
from tests.prepared_models import prepare_models_once
from tests.servers import CHEAP

JWT_SECRET = "a secret of tests, of 32 bytes and more"
KINDS = ("sqlite", "postgres")
EXIT_S = 60  # for a process whose tests are done
OTHERS_S = 660  # for a worker of xdist, which then waits for the others' last tests

OpenServices = Callable[..., AbstractAsyncContextManager[Services]]

campaigns.register()
prepare_models_once()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run longer campaigns too")
    parser.addoption("--full", action="store_true", help="run all campaigns, with all examples")
    parser.addoption("--campaign-seed", type=int, help="what befalls the fleet: as a failure told")


def pytest_configure(config: pytest.Config) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # Begun in the background of a script: the programs that tests start would ignore it, too.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    campaigns.choose(is_full=config.getoption("--full"), is_long=config.getoption("--long"))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items[:] = campaigns.in_order(items, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1)))
    campaigns.leave_out(
        items, is_full=config.getoption("--full"), is_long=config.getoption("--long")
    )


def pytest_collection_finish() -> None:
    """What has been imported and collected stays to the end. Python's collector need not look at
    it again and again, which took a tenth of the time of tests/schema."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for told in campaigns.told_left_out(terminalreporter.getreports("skipped")):
        terminalreporter.write_line(told)
    for report in terminalreporter.getreports("rerun"):
        why = report.longreprtext.strip().splitlines()[-1:]
        terminalreporter.write_line(f"failed, and was tried once more: {report.nodeid} {why}")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """The end of a test that hangs, above the limit of its own that it may have: pytest knows one
    for all."""
    own = item.get_closest_marker("timeout")
    _end_later(item, 0 if own is None else own.args[0] + EXIT_S)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """The end of a teardown that hangs; pytest takes its own back when a test has failed."""
    _end_later(item)


def _end_later(item: pytest.Item, own_s: float = 0) -> None:
    limit_s = float(item.config.getini("faulthandler_timeout"))
    if limit_s > 0:
        limit_s = max(limit_s, own_s)
        faulthandler.dump_traceback_later(limit_s, exit=True, file=item.config.stash[STDERR_FD])


def pytest_unconfigure(config: pytest.Config) -> None:
    if connection_threads():  # told by `_no_connection_is_left_behind`; they would never end
        sys.stdout.flush()
        os._exit(1)
    # Another thread that does not end would hold the process too, and without a word.
    limit_s = OTHERS_S if hasattr(config, "workerinput") else EXIT_S
    faulthandler.dump_traceback_later(limit_s, exit=True, file=sys.__stderr__ or 2)


def connection_threads() -> set[threading.Thread]:
    """The threads of open SQLite connections. A process cannot end while there is one."""
    return {t for t in threading.enumerate() if "_connection_worker_thread" in t.name}


@pytest.fixture(autouse=True)
def _no_connection_is_left_behind() -> Iterator[None]:
    """Fails a test that leaves a SQLite connection open: a server would not end on SIGTERM."""
    before = connection_threads()
    yield
    # A thread ends a moment after its connection is closed.
    give_up_s = time.monotonic() + PATIENCE_S
    while (left := connection_threads() - before) and time.monotonic() < give_up_s:
        time.sleep(0.001)
    assert not left, f"{len(left)} connections were left open"


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """A real hash takes a tenth of a second of a core: tests/accounts/test_passwords.py."""
    monkeypatch.setattr(PasswordHash, "recommended", lambda: CHEAP)


@pytest.fixture(scope="session")
def sqlite_maker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteMaker]:
    maker = SqliteMaker(tmp_path_factory.mktemp("sqlite"))
    yield maker
    maker.close()


@pytest.fixture(scope="session")
def postgres_maker() -> Iterator[PostgresMaker]:
    server_url = os.environ.get("TEST_DATABASE_URL")
    if server_url is None:
        if in_ci():
            pytest.fail("TEST_DATABASE_URL is not set: in CI PostgreSQL is tested too")
        pytest.skip(
            "PostgreSQL: set TEST_DATABASE_URL, like postgres://postgres@127.0.0.1/postgres"
        )
    maker = PostgresMaker(server_url)
    yield maker
    maker.close()


@pytest.fixture(scope="session")
def all_clusters() -> Iterator[Clusters]:
    made = Clusters()
    yield made
    made.close()


@pytest.fixture
def clusters(all_clusters: Clusters) -> Iterator[Clusters]:
    """Makes PostgreSQL servers of the test's own, which end with it."""
    yield all_clusters
    all_clusters.kill()


@pytest.fixture(params=KINDS)
def maker(request: pytest.FixtureRequest) -> Maker:
    """Makes fresh databases: the test runs once for each kind."""
    made: Maker = request.getfixturevalue(f"{request.param}_maker")
    return made


@pytest.fixture
def database_url(maker: Maker) -> Iterator[str]:
    """A fresh migrated database."""
    url = maker.fresh()
    yield url
    maker.discard(url)


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def settings(database_url: str) -> Settings:
    return settings_for(database_url)


def settings_for(database_url: str, **more: object) -> Settings:
    """Settings of a test, whatever this machine's environment says."""
    is_file = database_url.startswith("sqlite:")
    stand_in = "sqlite://x" if is_file else "postgres://x/x"
    # pytest writes the name of each test into it, which is nobody's setting.
    environment = tuple(one for one in os.environ.items() if one[0] != "PYTEST_CURRENT_TEST")
    read = _read(stand_in, tuple(more.items()), environment)
    return read.model_copy(update={"database_url": database_url})


@lru_cache
def _read(
    database_url: str, more: tuple[tuple[str, object], ...], _environment: object
) -> Settings:
    """Reading them takes as long as many a test does."""
    given: dict[str, object] = {"environment": "development", "redis_url": None}
    return read_settings(
        database_url=database_url, **given | {"jwt_secret": JWT_SECRET} | dict(more)
    )


@pytest.fixture
async def services(settings: Settings, clock: HeldClock) -> AsyncIterator[Services]:
    """All use cases, on a fresh database of each kind."""
    async with open_services(settings, clock=clock) as opened:
        yield opened


@pytest.fixture
def open_again(settings: Settings, clock: HeldClock) -> OpenServices:
    """Opens further use cases on the test's database: another process, or one started anew."""

    def opened(
        broker: Broker | None = None, **more: object
    ) -> AbstractAsyncContextManager[Services]:
        chosen = settings.model_copy(update=more)
        return open_services(chosen, clock=clock, broker=broker)

    return opened
