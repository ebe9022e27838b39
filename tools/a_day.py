"""A day of a technician over the line: what the app asks for, and what the same day costs through PouchDB.

`python tools/a_day.py` shows both; `tools/bench.py a_day pouchdb` judges. The app's own store, engine and uploads run
in Node against the product served by gunicorn; a meter between them counts requests and bytes.

PouchDB is no part of this project's packages: the folder that POUCHDB_MODULES names has them (docs/figures.md).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from fieldservice.accounts import sessions  # noqa: E402
from fieldservice.core import clock  # noqa: E402
from fieldservice.core.db import db  # noqa: E402
from tests.builders import a_checklist, a_job  # noqa: E402
from tests.cast import a_cast  # noqa: E402
from tests.support import shared_folder  # noqa: E402
from tests.support.databases import app_on, close, copy_of, migrated  # noqa: E402
from tests.support.server import Server  # noqa: E402

#: jobs of one day: `VISITS` of tools/day/work.mjs
VISITS = 6
MODULES = "POUCHDB_MODULES"
LIMIT_SECONDS = 900
CONTENT = json.loads((ROOT / "tests/vectors/visit_checklist.json").read_text())


@dataclass(frozen=True)
class Part:
    """What went over the line for a part of the work; bytes with all headers."""

    requests: int
    #: of these, the ones with the bytes of photos
    uploads: int
    up: int
    down: int
    seconds: float

    @property
    def megabytes(self) -> float:
        """In both directions."""
        return (self.up + self.down) / 1e6


@dataclass(frozen=True)
class Days:
    """idle: a sync with nothing to say. hundred: 100 acts at once. drained: a day sent in the evening. along: one sent
    act by act.
    """

    idle: Part
    hundred: Part
    drained: Part
    along: Part


@cache
def by_the_app() -> Days:
    """Lays a technician's jobs on SQLite, serves them, lets the phone work."""
    with tempfile.TemporaryDirectory() as folder, copy_of(migrated("sqlite")) as database:
        data_dir = Path(folder) / "data"
        data_dir.mkdir(mode=0o700)
        app = app_on(database, data_dir)
        with app.app_context():
            work = _lay()
        close(app)
        server = Server(database, data_dir, BACKGROUND="worker")
        server.start()
        try:
            return _run("phone.mjs", json.dumps({"url": server.url, **work}))
        finally:
            server.kill()


def by_pouchdb() -> Days | None:
    """None: its packages are not here."""
    modules = Path(os.environ.get(MODULES, ""))
    if not os.environ.get(MODULES) or not (modules / "node_modules" / "express-pouchdb").is_dir():
        return None
    with tempfile.TemporaryDirectory() as folder:
        return _run("pouchdb.mjs", str(modules), folder)


def _lay() -> dict[str, Any]:
    """Two days of visits of one technician and one job more; nothing of the checklist is required."""
    cast, at = a_cast(), clock.now()
    a_checklist("repair", {**CONTENT, "items": [{**item, "required": False} for item in CONTENT["items"]]})
    jobs = [a_job(cast.store, cast.technician, start_at=at, amount_fen=18000).id for _ in range(2 * VISITS + 1)]
    _session, token = sessions.open_session(cast.technician, at=at, address="127.0.0.1", user_agent="bench")
    db.session.commit()
    return {"token": token, "person": cast.technician.id, "spare": jobs[0], "drained": jobs[1 : VISITS + 1],
            "along": jobs[VISITS + 1 :]}  # fmt: skip


def _run(script: str, *arguments: str) -> Days:
    """What the script measured. Raises RuntimeError when not everything arrived as it was done."""
    done = subprocess.run(
        ["node", "--no-warnings", str(ROOT / "tools" / "day" / script), *arguments],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=LIMIT_SECONDS, check=True,
    )  # fmt: skip
    found = json.loads(done.stdout.splitlines()[-1])
    if found["refused"] or found["left"] or found["complaints"]:
        raise RuntimeError(f"{script}: {found['refused'][:5]}, left {found['left']}, {found['complaints'][:3]}")
    return Days(**{name: Part(**found[name]) for name in ("idle", "hundred", "drained", "along")})


def show(name: str, days: Days) -> None:
    """A line for each part."""
    for part, found in vars(days).items():
        print(
            f"        {name}, {part}: {found.requests} requests ({found.uploads} uploads), {found.up / 1000:,.1f} kB up, "
            f"{found.down / 1000:,.1f} kB down, {found.seconds:.2f} s",
            flush=True,
        )


def main() -> None:
    """Shows both."""
    shared = shared_folder.open_shared_folder()
    try:
        show("ours", by_the_app())
        if other := by_pouchdb():
            show("PouchDB", other)
        else:
            print(f"{MODULES} names no folder with PouchDB: left out")
    finally:
        shared_folder.remove_shared_folder(shared)


if __name__ == "__main__":
    main()
