"""What every test can ask for; tests/README.md says how."""

import os
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from sqlalchemy.orm import Session, scoped_session

from tests.support import hasty, nursery, shared_folder
from tests.support.databases import KINDS, Database, app_on, close, copy_of, migrated
from tests.support.pg_cluster import stop_cluster
from tests.support.reused import close_all, reused_copy_of
from tests.support.rules import changed_rules
from tests.support.warm import collect_seldom, keep_addresses

if TYPE_CHECKING:
    from tests.cast import Cast

#: the other side of midnight, with summer time: the product knows no clock but the server's UTC and its branches' own
DISTANT_ZONE = "America/New_York"
BROWSER_TESTS = Path(__file__).parent / "e2e"
#: what takes longest, without its database: begun before all else, each on the next worker, so that none is left with it
#: at the end
BEGUN_FIRST = ("test_every_law_holds_in_every_history", "test_a_worker_has_the_search_compiled_beforehand")
KEPT_VARIABLES = {"FIELDSERVICE_CHROMIUM", shared_folder.VARIABLE}


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--db` chooses the databases."""
    parser.addoption("--db", choices=[*KINDS, "both"], default="both", help="databases to test on")


def pytest_configure(config: pytest.Config) -> None:
    """The session's owner makes the shared folder, before xdist starts its workers."""
    for name in [n for n in os.environ if n.startswith("FIELDSERVICE_") and n not in KEPT_VARIABLES]:
        del os.environ[name]
    # compiled once for all tests and the servers they start
    os.environ.setdefault("NUMBA_CACHE_DIR", str(config.rootpath / ".pytest_cache" / "numba"))
    if _is_owner(config):
        for folder in shared_folder.stale_folders():
            stop_cluster(folder)
            shared_folder.remove_shared_folder(folder)
        shared_folder.open_shared_folder()
    collect_seldom()
    keep_addresses()
    hasty.leave_the_disk_alone()


def pytest_unconfigure(config: pytest.Config) -> None:
    """What this process keeps for its tests ends; the session's owner clears up when all workers have ended."""
    nursery.close()
    close_all()
    if _is_owner(config) and shared_folder.VARIABLE in os.environ:
        folder = shared_folder.shared_folder()
        stop_cluster(folder)
        shared_folder.remove_shared_folder(folder)


def chosen_kinds(config: pytest.Config) -> list[str]:
    """The kinds of database this run is for."""
    choice = config.getoption("--db")
    return list(KINDS) if choice == "both" else [choice]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that touches data runs once on each database; one whose cases no database tells apart, on the first."""
    if "database_kind" in metafunc.fixturenames:
        kinds = chosen_kinds(metafunc.config)
        if metafunc.definition.get_closest_marker("one_database"):
            kinds = kinds[:1]
        metafunc.parametrize("database_kind", kinds, scope="session")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest at the beginnings of the shares that xdist's workers begin with (`--dist=worksteal`)."""
    first = [item for name in BEGUN_FIRST for item in items if getattr(item, "originalname", "") == name]
    others = iter([item for item in items if item not in first])
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    left, shares = len(items), list[pytest.Item]()
    for number in range(workers):
        own = first[number::workers]
        size = left // (workers - number)
        shares += [*own, *islice(others, size - len(own))]
        left -= size
    if len(shares) == len(items):  # as long as there are more tests than heads of shares
        items[:] = shares


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What tests want to have said though they passed: `record_property("said", …)`."""
    for kind in ("passed", "failed"):
        for report in terminalreporter.stats.get(kind, []):
            for name, text in report.user_properties:
                if name == "said":
                    terminalreporter.write_line(text)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Tests on PostgreSQL and in browsers run in the machine's zone, all others in a distant one."""
    own_zone, callspec = os.environ.get("TZ"), getattr(item, "callspec", None)
    is_at_home = item.path.is_relative_to(BROWSER_TESTS) or (
        callspec is not None and callspec.params.get("database_kind") == "postgresql"
    )
    if is_at_home:
        return (yield)
    _be_in(DISTANT_ZONE)
    try:
        return (yield)
    finally:
        _be_in(own_zone)


def _be_in(zone: str | None) -> None:
    """This process, and those it starts from now on. None: where the machine is."""
    if zone is None:
        os.environ.pop("TZ", None)
    else:
        os.environ["TZ"] = zone
    time.tzset()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """What a test finds is what the source says."""
    changed_rules()  # remembers those seen for the first time
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """A test that leaves a rule of the product changed would fail others, which are not at fault."""
    result = yield
    assert not (left := changed_rules()), f"left changed: {left}"
    return result


@pytest.fixture
def database(database_kind: str) -> Iterator[Database]:
    """A fresh database with all tables and no rows."""
    made_for = copy_of if database_kind == "sqlite" else reused_copy_of
    with made_for(migrated(database_kind)) as fresh:
        yield fresh


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """The application's data folder in this test."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def app(database: Database, data_dir: Path, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The application on a fresh database, with its own data folder."""
    from tests.support import rail
    from tests.support.fresh_client import FreshContextClient

    made = app_on(database, data_dir)
    hasty.make_hasty(made)
    made.test_client_class = FreshContextClient
    made.extensions["may_work"] = True  # just migrated: a process looks once, not nine thousand times
    if not request.node.get_closest_marker("every_rail"):
        rail.count_once(made)
    yield made
    close(made)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without a sign-in; `app.test_client()` makes another one."""
    return app.test_client()


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    """Runs commands: `runner.invoke(args=["sample", "load"])`."""
    return app.test_cli_runner()


@pytest.fixture
def session(app: Flask) -> Iterator[scoped_session[Session]]:
    """`db.session` in an application context, for calling builders, actions and queries directly."""
    from fieldservice.core.db import db

    with app.app_context():
        yield db.session
        db.session.rollback()


@pytest.fixture
def cast(session: scoped_session[Session]) -> "Cast":
    """The people of the tests, written and committed."""
    from tests.cast import a_cast

    return a_cast()


def _is_owner(config: pytest.Config) -> bool:
    return not hasattr(config, "workerinput")
