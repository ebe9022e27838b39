"""How long a service report takes, how large it is, and what memory the worker has after many: `tools/bench.py reports`.

The worker of this measure is this process with the press beside it, as `flask worker` has it; the memory is that of both.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fieldservice.core import clock, files
from fieldservice.core.db import db
from fieldservice.reports import actions, pressing, queries, seal
from tests.cast import a_cast
from tests.reports.scene import a_visit, finish, sign
from tests.support.databases import app_on, close, copy_of, migrated
from tests.visits.scene import shoot

PHOTOS = 6
#: the first ones load what is loaded once
WARM = 10


@dataclass(frozen=True)
class Found:
    """What was measured."""

    #: rendering and sealing of a report, milliseconds of the clock; of one core
    wall_ms: float
    core_ms: float
    #: the largest file of both languages, kilobytes
    kilobytes: float
    #: resident memory of worker and press after all reports, divided by that after the first ten
    growth: float


def measure(folder: Path, count: int, a_photo: Callable[[int], bytes]) -> Found:
    """Makes a visit with six photos, then its report again and again. `a_photo`: the bytes of the nth photo."""
    with copy_of(migrated("sqlite")) as database:
        app = app_on(database, folder, BACKGROUND="inline")
        with app.app_context():
            job_id = _a_visit(a_photo)
            actions.make_reports(job_id)
            largest = max(report.size or 0 for report in queries.offered_for([job_id])[job_id])
            report = queries.latest(job_id, "zh")
            assert report is not None
            begun = actions._prepared(report)
            walls, cores, first_kb = [], [], 0
            for number in range(count + WARM):
                if number == WARM:
                    first_kb = _memory_kb()
                began, used = time.perf_counter(), _core_seconds()
                printed = pressing.print_pdf(begun.sheet)
                seal.seal(printed.pdf, at=clock.now())
                walls.append((time.perf_counter() - began) * 1000)
                cores.append((_core_seconds() - used) * 1000)
            growth = _memory_kb() / first_kb
            pressing.end()
        close(app)
    return Found(statistics.median(walls[WARM:]), statistics.median(cores[WARM:]), largest / 1000, growth)


def _a_visit(a_photo: Callable[[int], bytes]) -> str:
    cast = a_cast()
    job = a_visit(cast, photos=0, amount_fen=18000, amount_reason="换踢脚线")
    for number in range(PHOTOS):
        shoot(job, cast.technician, a_photo(number), slot=("before", "after", "during")[number // 2], caption="客厅")
    sign(job, cast)
    finish(job, cast)
    db.session.commit()
    return job.id


def _processes() -> list[int]:
    running = pressing._running
    return [os.getpid(), *([running._process.pid] if running else [])]


def _memory_kb() -> int:
    found = (files.text_of(Path(f"/proc/{pid}/statm")).split() for pid in _processes())
    return sum(int(numbers[1]) for numbers in found) * os.sysconf("SC_PAGE_SIZE") // 1024


def _core_seconds() -> float:
    found = (files.text_of(Path(f"/proc/{pid}/stat")).rsplit(")", 1)[1].split() for pid in _processes())
    return sum(int(fields[11]) + int(fields[12]) for fields in found) / os.sysconf("SC_CLK_TCK")
