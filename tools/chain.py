"""How long it takes to walk along a long audit chain, and what an entry costs when it is written."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fieldservice.core import audit, clock
from fieldservice.core.db import db
from fieldservice.core.ids import new_id
from fieldservice.core.oplog import LogEntry
from tests.cast import a_cast
from tests.support.databases import app_on, close, copy_of, migrated

#: entries of one transaction, as a phone's longest push
_AT_ONCE = 100


@dataclass(frozen=True)
class Walked:
    """What was measured on one database."""

    entries: int
    #: by the clock, and of one core
    seconds: float
    cpu_seconds: float
    #: milliseconds that a transaction of a hundred entries takes longer than one without the chain
    push_ms: float


def measure(kind: str, folder: Path, entries: int) -> Walked:
    """Writes a chain of so many entries, each of which stands for a row of the log, and walks along it."""
    with copy_of(migrated(kind)) as database:
        app = app_on(database, folder)
        with app.app_context():
            person_id = a_cast().technician.id
            for _ in range(entries // 1000):
                _write(person_id, 1000)
            chained_ms = _median_ms(lambda: _write(person_id, _AT_ONCE))
            push_ms = chained_ms - _median_ms(lambda: _unchained(person_id, _AT_ONCE))
            began, cpu_began = time.monotonic(), time.process_time()
            # what was written past the chain to compare with is found, at the end of the whole way
            found = audit.walk()
            seconds, cpu_seconds = time.monotonic() - began, time.process_time() - cpu_began
            assert found.entries >= entries
            assert found.wrong is not None
            assert found.wrong.code == "unchained"
        close(app)
    return Walked(found.entries, seconds, cpu_seconds, push_ms)


def _write(person_id: str, count: int) -> None:
    db.session.add_all(_entry(person_id) for _ in range(count))
    db.session.commit()


def _unchained(person_id: str, count: int) -> None:
    db.session.add_all(_entry(person_id) for _ in range(count))
    db.session.flush()
    db.session().info.pop("audit_pending", None)
    db.session.commit()


def _entry(person_id: str) -> LogEntry:
    at = clock.now()
    return LogEntry(id=new_id(), origin="office", person_id=person_id, kind="office.add_note", entity_type="job",
                    entity_id=new_id(), body='{"text":"门槛条没换"}', result="applied", happened_at=at,
                    received_at=at)  # fmt: skip


def _median_ms(work: Any) -> float:
    took = []
    for _ in range(15):
        began = time.monotonic()
        work()
        took.append((time.monotonic() - began) * 1000)
    return sorted(took)[len(took) // 2]
