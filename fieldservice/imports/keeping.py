"""How long the file of an import is kept, and what goes with it.

What is needed to undo an import or to go on with it stands in the database and stays, as does what the jobs it made are
known by, and which lines were bad and why. What those lines said goes: the database has these people nowhere else.
"""

import logging
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import current_app

from fieldservice.core.db import db
from fieldservice.imports import actions, files, queries
from fieldservice.imports.models import ImportLine, JobImport
from fieldservice.imports.rules import BAD, CONFLICT, FAILED, SAME, UNWRITTEN, WORKING

_log = logging.getLogger("fieldservice.imports")

#: imports whose file is removed in one go; the next minute has the rest
_AT_ONCE = 50
#: a folder without its import is one whose reading was killed, or whose throwing away was
_ORPHAN_SECONDS = 24 * 3600


def kept_until(found: JobImport) -> datetime:
    """When the file goes, if nothing more is done with the import."""
    return found.touched_at + timedelta(days=current_app.config["IMPORT_FILE_DAYS"])


def remove_old_files(*, at: datetime) -> int:
    """Removes the files of imports that were let alone for long; how many. Commits each.

    An import of which nothing was written goes as a whole, as when somebody throws it away.
    """
    limit = at - timedelta(days=current_app.config["IMPORT_FILE_DAYS"])
    due = queries.with_files_untouched_since(limit, _AT_ONCE)
    db.session.rollback()
    for import_id in due:
        _remove(import_id, limit, at)
    return len(due)


def _remove(import_id: str, limit: datetime, at: datetime) -> None:
    found = queries.held(import_id)
    if found is None or found.state in WORKING or found.touched_at >= limit:
        db.session.rollback()  # somebody was at it this moment
        return
    # first the file: killed in between, the next minute does it again
    files.throw_away(import_id)
    if files.is_there(import_id):
        _log.error("the file of import %s cannot be removed", import_id)
        db.session.rollback()
        return
    if found.state in UNWRITTEN:
        actions.drop(found)
    else:
        found.file_removed_at, found.findings = at, {}
        db.session.execute(
            sa.update(ImportLine)
            .where(
                ImportLine.import_id == import_id,
                sa.or_(ImportLine.kind.in_((BAD, CONFLICT, SAME)), ImportLine.outcome == FAILED),
            )
            .values(title="", said={}, changes={}, remarks=[], has_remarks=False)
        )
    db.session.commit()


def remove_orphans() -> int:
    """Removes folders of which there is no import; how many."""
    old = files.folders_older_than(_ORPHAN_SECONDS)
    known = queries.ids_of(old)
    db.session.rollback()
    orphans = [import_id for import_id in old if import_id not in known]
    for import_id in orphans:
        files.throw_away(import_id)
    return len(orphans)
