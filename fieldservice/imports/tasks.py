"""What a worker does with imports: checks, applies, undoes, and takes up what a killed worker left."""

from datetime import timedelta

from fieldservice.core import clock, queue
from fieldservice.core.db import db
from fieldservice.imports import keeping, queries
from fieldservice.imports.applying import apply_for_a_while
from fieldservice.imports.checking import check
from fieldservice.imports.rules import APPLYING, CHECKING, UNDOING
from fieldservice.imports.undoing import undo_for_a_while

#: a batch takes seconds; without a sign of life for this long nobody is at it
_FORGOTTEN_AFTER = timedelta(minutes=1)


@queue.task
def check_import(import_id: str) -> None:
    """Reads and compares every line."""
    check(import_id)


@queue.task
def apply_import(import_id: str) -> None:
    """Makes jobs of lines for a while, then goes to the end of the queue."""
    if apply_for_a_while(import_id):
        queue.later(apply_import, import_id)


@queue.task
def undo_import(import_id: str) -> None:
    """Takes back for a while, then goes to the end of the queue."""
    if undo_for_a_while(import_id):
        queue.later(undo_import, import_id)


TASK_OF_STATE = {CHECKING: check_import, APPLYING: apply_import, UNDOING: undo_import}


@queue.every_minute
def find_forgotten_imports() -> None:
    """Puts imports into the queue whose worker has gone."""
    forgotten = queries.forgotten_since(clock.now() - _FORGOTTEN_AFTER)
    db.session.rollback()
    waiting = queue.waiting() if forgotten else set()
    for import_id, state in forgotten:
        task = TASK_OF_STATE[state]
        if (queue.name_of(task), import_id) not in waiting:
            queue.later(task, import_id)


@queue.every_minute
def remove_old_files() -> None:
    """Removes the files of imports whose time is over, and what a killed server left."""
    keeping.remove_old_files(at=clock.now())
    keeping.remove_orphans()
