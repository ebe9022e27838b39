"""The product as it is really served: gunicorn in its own processes, to stop, kill and start again."""

import json
import os
import shutil
import signal
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.support.databases import Database, Template, app_on, close, copy_of, migrate, template
from tests.support.nursery import Forked, fork
from tests.support.processes import processes

START_SECONDS = 30
STOP_SECONDS = 15


class Server:
    """gunicorn on a port that stays the same, with a database and a data folder that outlive its processes.

    `on_away` is called before the server goes away, so that a watcher can expect network errors.
    """

    #: what gunicorn serves
    entry = "wsgi:app"

    def __init__(self, database: Database, data_dir: Path, **settings: str) -> None:
        """`settings` are the product's own, by name without prefix: `TIMEZONE="UTC"`. No worker runs beside it."""
        self.database = database
        self.data_dir = data_dir
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.on_away: Callable[[], None] = lambda: None
        self._settings = settings
        self._process: Forked | None = None
        self._log_file = data_dir.with_name(f"{data_dir.name}-server.log")

    def start(self) -> None:
        """Start it and wait until it answers. Raises RuntimeError with the log if it does not."""
        self._process = fork(["--config", "tools/gunicorn.conf.py", self.entry], self._environment(), self._log_file)
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if self._process.has_ended() or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"The server did not start:\n{self.log()}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End it in order, as SIGTERM does."""
        if self._process is None:
            return
        self.on_away()
        self._process.terminate()
        if not self._process.has_ended(STOP_SECONDS):
            self.kill()
            return
        self._process.close()
        self._process = None

    def kill(self) -> None:
        """SIGKILL to master and workers at once: nothing can be finished or told. Waits until all of them are gone."""
        if self._process is None:
            return
        self.on_away()
        with suppress(ProcessLookupError):  # it may have died by itself
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.has_ended(STOP_SECONDS)
        # a worker that waits for the disk outlives its master, and holds its locks until then
        deadline = time.monotonic() + STOP_SECONDS
        while _runs_any_of(self._process.pid) and time.monotonic() < deadline:
            time.sleep(0.01)
        self._process.close()
        self._process = None

    def restart(self, **settings: str) -> None:
        """Stop and start on the same port with the same data, with these settings besides from now on."""
        self._settings |= settings
        self.stop()
        self.start()

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Away inside the block, back after it."""
        self.stop()
        yield
        self.start()

    def answers(self) -> bool:
        """Whether /livez says yes right now."""
        try:
            with urllib.request.urlopen(f"{self.url}/livez", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def passwords(self) -> Any:
        """The sign-in table of the sample people, as it stands in the data folder."""
        return json.loads((self.data_dir / "passwords.json").read_text())

    def log(self) -> str:
        """What the server wrote so far, at most the last 20,000 characters."""
        return self._log_file.read_text(errors="replace")[-20_000:]

    def _environment(self) -> dict[str, str]:
        product = {
            "DATABASE_URL": self.database.url,
            "DATA_DIR": str(self.data_dir),
            "BASE_URL": self.url,
            "BIND": f"127.0.0.1:{self.port}",
            "BACKGROUND": "inline",
            **self._settings,
        }
        return {**os.environ, **{f"FIELDSERVICE_{name}": value for name, value in product.items()}}


@contextmanager
def running_server(source: Template, folder: Path, **settings: str) -> Iterator[Server]:
    """A started server on a copy of the template and of its data folder; `folder` must be empty or absent."""
    shutil.copytree(source.data_dir, folder, dirs_exist_ok=True)
    with copy_of(source) as database:
        server = Server(database, folder, **settings)
        server.start()
        try:
            yield server
        finally:
            server.on_away = lambda: None
            server.kill()  # an orderly end takes a second, and nothing of it is needed any more


def with_sample_data(kind: str) -> Template:
    """The template with the sample data of `make run`."""
    return template(kind, "sample", _fill_with_sample_data)


def _fill_with_sample_data(database: Database, data_dir: Path) -> None:
    migrate(database, data_dir)
    app = app_on(database, data_dir)
    done = app.test_cli_runner().invoke(args=["sample", "load"])
    close(app)
    if done.exit_code:
        raise RuntimeError(f"The sample data did not load: {done.output}") from done.exception


def _runs_any_of(group: int) -> bool:
    """Whether anything of this group still runs; what ended and was not fetched yet does not."""
    return any(one.group == group and not one.is_over for one in processes())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

