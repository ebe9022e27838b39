"""What a worker does for reports: looks at every job that changed, makes what is missing, tries again what failed."""

import logging
import threading

from fieldservice.core import clock, files, json, queue
from fieldservice.core.db import db
from fieldservice.reports import actions, pressing, queries, rules, stamping

_log = logging.getLogger("fieldservice.reports")

#: one looks at a time in a process; who comes meanwhile has it looked once more
_looking = threading.Lock()
_wanted = threading.Event()
#: tells this worker from the one before
_started_at = clock.to_ms(clock.now())


@queue.task
def look_at_changes() -> None:
    """Makes the reports of all visits that changed since the last look. Put into the queue by every change of one."""
    _wanted.set()
    while _wanted.is_set() and _looking.acquire(blocking=False):
        try:
            _wanted.clear()
            _look()
        finally:
            _looking.release()


@queue.every_minute
def find_forgotten_reports() -> None:
    """The task was lost, the worker was killed, the press was away: what is missing is found by the rows alone."""
    due = queries.unfinished(clock.now())
    db.session.rollback()
    for job_id in due:
        actions.make_reports(job_id)
    look_at_changes()


@queue.every_minute
def look_at_the_press() -> None:
    """When a worker starts, and again while reports cannot be made: says so in the log and to the health page."""
    if queries.press_state().get("by") == _started_at and queries.press_state()["ok"]:
        return
    try:
        found, is_ok = pressing.look(), True
    except RuntimeError as error:
        found, is_ok = str(error), False
        _log.warning("%s", found)
    files.put_text(queries.press_state_path(), json.dumps({"ok": is_ok, "found": found, "by": _started_at}))


@queue.every_minute
def add_trusted_time() -> None:
    """Reports stand without it; an authority that does not answer is asked again."""
    stamping.add_time()


@queue.task
def make(job_id: str) -> None:
    """Makes the reports of one job because somebody asked for them."""
    actions.make_reports(job_id, is_asked=True)


def _look() -> None:
    while changed := queries.changed_jobs(queries.seen_version()):
        db.session.rollback()
        for job_id, state, version in changed:
            if state in rules.REPORTED:
                actions.make_reports(job_id)
                actions.note_seen(version)
                db.session.commit()
        actions.note_seen(changed[-1][2])
        db.session.commit()
    db.session.rollback()
