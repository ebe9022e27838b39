"""The product as the histories meet it: a laid database, a server on a loopback port, and a way back to a backup.

`InProcess` serves the application from threads of this process with a database that need not survive a power cut;
`Gunicorn` is the product as it is really served, with everything it brings to the disk.
"""

import shutil
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from fieldservice.core.db import db
from tests.support.databases import Database, app_on, close, copy_of, migrated
from tests.support.hasty import commit_in_haste
from tests.support.pg_cluster import cluster_address
from tests.support.server import Server
from tests.support.shared_folder import shared_folder

#: where the product keeps the highest version it gave out
HIGH_WATER = "high-water"
#: by the product's own backup and restore
COMMAND = "command"


class Installation(ABC):
    """Where histories take place. `app` reads and changes the data beside the server, as the office and the tests do."""

    def __init__(self, database: Database, data_dir: Path) -> None:
        self.database, self.data_dir = database, data_dir
        self.app = app_on(database, data_dir, BACKGROUND="worker", LOG_LEVEL="ERROR")
        self._backup: Path | str | None = None
        self._folder: Path | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """Where phones would find it."""

    @abstractmethod
    def pause(self) -> None:
        """Nobody is connected to the database until `go_on`."""

    @abstractmethod
    def go_on(self) -> None:
        """Serves again."""

    @abstractmethod
    def kill(self) -> None:
        """All its processes end at once, whatever they were doing, and come back."""

    def change_rule(self, module: ModuleType, name: str, value: object) -> None:  # noqa: B027
        """Sets a rule of the server until it is closed; one that is served as it is keeps its own."""

    def back_up(self, how: str) -> None:
        """Keeps the data as they are now, in the place of an earlier backup. how: as in `restore`."""
        self._drop_backup()
        if how == COMMAND:
            self._folder = shared_folder() / f"backup_{uuid4().hex}"
            self._command("backup", str(self._folder), "--link")  # while everybody works
            return
        self.pause()
        self._high_water = (self.data_dir / HIGH_WATER).read_bytes()
        if self.database.kind == "sqlite":
            self._backup = shared_folder() / f"backup_{uuid4().hex}.sqlite3"
            shutil.copyfile(self._file(), self._backup)
        else:
            self._backup = f"backup_{uuid4().hex}"
            _administer(f'CREATE DATABASE "{self._backup}" TEMPLATE "{self._name()}"')
        self.go_on()

    def restore(self, how: str) -> None:
        """The data of the last backup; photos that came since stay where they are.

        how: 'command' as the product does it; 'silent' puts only the database back and leaves it to the server to
        notice; 'snapshot' puts back the file with the highest version too, so that only phones know better.
        """
        self.pause()
        if how == COMMAND:
            self._command("restore", str(self._folder), "--force")
            self._disconnect()
        elif isinstance(self._backup, Path):
            shutil.copyfile(self._backup, self._file())
        else:
            _administer(f'DROP DATABASE "{self._name()}" WITH (FORCE)')
            _administer(f'CREATE DATABASE "{self._name()}" TEMPLATE "{self._backup}"')
        if how == "snapshot":
            (self.data_dir / HIGH_WATER).write_bytes(self._high_water)
        self.go_on()

    def close(self) -> None:
        """Ends it; the database is the caller's."""
        self.pause()
        self._drop_backup()

    def _disconnect(self) -> None:
        close(self.app)
        if self.database.kind == "sqlite":
            self._fold_log_into_file()

    def _fold_log_into_file(self) -> None:
        """Everything stands in the one file, and no log beside it belongs to another state of it."""
        engine = sa.create_engine(self.database.url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        for suffix in ("-wal", "-shm"):
            Path(f"{self._file()}{suffix}").unlink(missing_ok=True)

    def _command(self, *words: str) -> None:
        with self.app.app_context():
            db.session.remove()
            done = self.app.test_cli_runner().invoke(args=words)
        if done.exit_code:
            raise RuntimeError(f"{words[0]}: {done.output}") from done.exception

    def _drop_backup(self) -> None:
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
        if isinstance(self._backup, Path):
            self._backup.unlink(missing_ok=True)
        elif self._backup:
            _administer(f'DROP DATABASE IF EXISTS "{self._backup}" WITH (FORCE)')
        self._backup = None

    def _name(self) -> str:
        return str(sa.make_url(self.database.url).database)

    def _file(self) -> Path:
        return Path(self._name())


class InProcess(Installation):
    """Threads of this process; a commit does not wait for the disk."""

    def __init__(self, database: Database, data_dir: Path) -> None:
        super().__init__(database, data_dir)
        commit_in_haste(self.app)
        served = {"threaded": True, "request_handler": _Handler}
        self._gate = _Gate(self.app)
        self._changed = pytest.MonkeyPatch()
        self._server: BaseWSGIServer = make_server("127.0.0.1", 0, self._gate, **served)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def pause(self) -> None:
        self._gate.close()
        self._disconnect()

    def go_on(self) -> None:
        self._gate.open()

    def kill(self) -> None:
        raise NotImplementedError("it would take the tests along")

    def change_rule(self, module: ModuleType, name: str, value: object) -> None:
        self._changed.setattr(module, name, value)

    def close(self) -> None:
        self._changed.undo()
        self._server.shutdown()
        self._server.server_close()
        super().close()


class Gunicorn(Installation):
    """Processes of their own, as an installation runs them."""

    def __init__(self, database: Database, data_dir: Path) -> None:
        super().__init__(database, data_dir)
        self._server = Server(database, data_dir, BACKGROUND="worker", LOG_LEVEL="WARNING", WORKERS="2")
        self._server.start()
        self.app.config["BASE_URL"] = self._server.url  # documents name it

    @property
    def url(self) -> str:
        return self._server.url

    def pause(self) -> None:
        self._server.kill()
        self._disconnect()

    def go_on(self) -> None:
        self._server.start()

    def kill(self) -> None:
        self._server.kill()
        self._server.start()


@contextmanager
def installation(kind: str, *, served: str = "here") -> Iterator[Installation]:
    """A fresh one on a database of that kind. served: 'here' or 'gunicorn'."""
    folder = shared_folder() / f"proof_{uuid4().hex}"
    folder.mkdir(mode=0o700)
    with copy_of(migrated(kind)) as database:
        made: Installation = (InProcess if served == "here" else Gunicorn)(database, folder)
        try:
            yield made
        finally:
            made.close()
            shutil.rmtree(folder, ignore_errors=True)


class _Gate:
    """The application behind a gate: closed, requests wait before it and none is inside."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._inside = 0
        self._is_open = True
        self._changed = threading.Condition()

    def close(self) -> None:
        """Returns when the last request has left."""
        with self._changed:
            self._is_open = False
            self._changed.wait_for(lambda: self._inside == 0)

    def open(self) -> None:
        """Lets them in again."""
        with self._changed:
            self._is_open = True
            self._changed.notify_all()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        with self._changed:
            self._changed.wait_for(lambda: self._is_open)
            self._inside += 1
        try:
            answer = self._app(environ, start_response)
            try:
                return list(answer)
            finally:
                if hasattr(answer, "close"):
                    answer.close()
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()


class _Handler(WSGIRequestHandler):
    """Keeps connections, says nothing of each request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing."""


def _administer(statement: str) -> None:
    engine = sa.create_engine(cluster_address(), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
