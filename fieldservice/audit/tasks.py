"""What a worker does for the chain: heads by the hour, checks that were asked for, files of what was erased."""

from fieldservice.audit import checking, erasing, heads, retention
from fieldservice.core import clock, queue
from fieldservice.core.db import db


@queue.task
def send_head(size: int) -> None:
    """Sends a head that was taken for it."""
    heads.send(size)


@queue.every_minute
def keep_heads() -> None:
    """Makes this hour's head, and has the newest sent when its time has come."""
    heads.make_due(clock.now())
    db.session.commit()
    size = heads.take_due(clock.now())
    if size is not None:
        queue.later(send_head, size)


@queue.task
def check_chain(check_id: str) -> None:
    """Walks along the chain."""
    checking.run(check_id)


@queue.every_minute
def find_forgotten_checks() -> None:
    """Has checks done whose worker is gone."""
    found = checking.forgotten(clock.now())
    db.session.rollback()
    waiting = queue.waiting() if found else set()
    for check_id in found:
        if (queue.name_of(check_chain), check_id) not in waiting:
            queue.later(check_chain, check_id)


@queue.every_minute
def remove_erased_files() -> None:
    """Removes files of erased customers that are still on the disk."""
    for erasure_id in erasing.with_files():
        erasing.remove_files(erasure_id)


@queue.task
def remove_what_is_due(run_id: str) -> None:
    """Removes what an administrator had removed because its time has come."""
    retention.carry_out(run_id)


@queue.every_minute
def find_forgotten_removals() -> None:
    """Goes on where a worker was cut off."""
    found = retention.forgotten(clock.now())
    db.session.rollback()
    waiting = queue.waiting() if found else set()
    for run_id in found:
        if (queue.name_of(remove_what_is_due), run_id) not in waiting:
            queue.later(remove_what_is_due, run_id)
