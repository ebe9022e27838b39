"""Changes of imports by people; the worker's part is in checking, applying and undoing. The caller commits."""

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from fieldservice.accounts.models import Person
from fieldservice.core.coords import Datum
from fieldservice.core.db import db
from fieldservice.core.errors import RuleBroken
from fieldservice.core.ids import new_id
from fieldservice.core.oplog import log_office_edit
from fieldservice.imports import files, headings, queries, rules, sheets
from fieldservice.imports.models import ImportLine, JobImport
from fieldservice.imports.settings import Settings

_ABOVE = 60


def take_file(content: bytes, name: str, *, by: Person, at: datetime, branch_id: str) -> JobImport:
    """A new import of these bytes, read as they suggest themselves. Raises RuleBroken when they cannot be read."""
    if not content:
        raise RuleBroken("file_empty")
    if len(content) > rules.MOST_BYTES:
        raise RuleBroken("file_too_large", limit_mb=rules.MOST_BYTES // (1024 * 1024))
    found = JobImport(
        id=new_id(),
        branch_id=by.branch_id,
        by_id=by.id,
        file_name=_name(name),
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        kind=sheets.CSV,
        state=rules.COLUMNS,
        settings=Settings(branch_id=branch_id).kept(),
        created_at=at,
        touched_at=at,
    )
    files.keep(found.id, content)
    try:
        read(found, by=by)
    except BaseException:
        files.throw_away(found.id)
        raise
    db.session.add(found)
    return found


def read(found: JobImport, *, by: Person, sheet: str = "", encoding: str = "", delimiter: str = "",
         heading_line: int | None = None) -> None:
    """Reads the file again, otherwise than it was. Raises RuleBroken; what was known of it then stays."""
    if found.state not in rules.UNWRITTEN:
        raise RuleBroken("import_began")
    path, rows = files.original_path(found.id), files.rows_path(found.id)
    draft = rows.with_suffix(".draft")
    done = sheets.read_file(path, draft, sheet=sheet, encoding=encoding, delimiter=delimiter)
    found.kind, found.reading = done.kind, {name: value for name, value in vars(done).items() if name != "kind"}
    _find_headings(found, draft, heading_line)
    if found.total > rules.MOST_LINES:
        raise RuleBroken("too_many_lines", lines=found.total, limit=rules.MOST_LINES)
    found.settings = _suggested(found, by=by).kept()
    found.state = rules.COLUMNS
    draft.replace(rows)
    rows.chmod(0o600)


def _find_headings(found: JobImport, rows: Path, wanted: int | None) -> None:
    top, count, below = [], 0, 0
    for row in sheets.rows_of(rows):
        count += 1
        if count <= _ABOVE:
            top.append(row)
    line = wanted if wanted is not None else headings.heading_line(top)
    if wanted == 0:
        line = None
    chosen = next((cells for number, cells, _reason in top if number == line), None)
    found.heading_line = line if chosen is not None else None
    below = sum(1 for number, _cells, _reason in top if found.heading_line and number <= found.heading_line)
    width = max((len(cells) for _n, cells, _r in top), default=0)
    given = [cell.strip()[:100] for cell in chosen] if chosen else []
    found.headings = given + [""] * (width - len(given))
    found.headings_key = headings.key_of(found.headings)
    found.total = count - below


def _suggested(found: JobImport, *, by: Person) -> Settings:
    """As the last list with these headings was read, else as the headings say."""
    now = Settings.of(found.settings or {})
    earlier = queries.earlier_with(by, found.headings_key, found.id) if any(found.headings) else None
    if earlier is not None:
        kept = Settings.of(earlier.settings)
        columns = headings.adopted(earlier.headings, kept, found.headings)
        return Settings(columns, kept.given, kept.datum, now.branch_id or kept.branch_id)
    datum = headings.datum_of(found.headings) or Datum.WGS84
    return Settings(headings.columns_of(found.headings), now.given, datum, now.branch_id)


def choose_columns(found: JobImport, settings: Settings, *, by: Person, at: datetime) -> None:
    """Says what is what and has it checked. Raises RuleBroken when something is written already."""
    if found.state not in rules.UNWRITTEN:
        raise RuleBroken("import_began")
    found.settings = settings.kept()
    _set_to_work(found, rules.CHECKING, by=by, at=at)


def back_to_columns(found: JobImport) -> None:
    """Another look at the columns; a check that still runs stops."""
    if found.state not in rules.UNWRITTEN:
        raise RuleBroken("import_began")
    found.state, found.done = rules.COLUMNS, 0


def start(found: JobImport, *, by: Person, at: datetime) -> None:
    """Has the checked lines applied, or goes on with those that are left. Raises RuleBroken."""
    if found.state not in (rules.CHECKED, rules.STOPPED):
        raise RuleBroken("import_not_checked" if found.state in rules.UNWRITTEN else "import_began")
    _set_to_work(found, rules.APPLYING, by=by, at=at)
    counts = queries.counts_of(found)
    waiting = sum(counts.get(kind, {}).get("", 0) for kind in (rules.NEW, rules.CHANGED))
    found.done = found.total - waiting
    log_office_edit("apply_import", found, by=by, at=at, file=found.file_name, sha256=found.sha256, lines=waiting)


def stop(found: JobImport) -> None:
    """Stops what the worker does; what is written stays. Raises RuleBroken when it does nothing."""
    if found.state == rules.CHECKING:
        found.state, found.done = rules.COLUMNS, 0
    elif found.state in (rules.APPLYING, rules.UNDOING):
        found.state = rules.STOPPED
    else:
        raise RuleBroken("import_not_running")


def undo(found: JobImport, *, by: Person, at: datetime) -> None:
    """Has everything taken back that nobody touched since. Raises RuleBroken."""
    if found.state not in (rules.APPLIED, rules.STOPPED):
        raise RuleBroken("import_not_applied")
    counts = queries.counts_of(found)
    written = sum(counts.get(kind, {}).get(outcome, 0) for kind in rules.KINDS
                  for outcome in (rules.CREATED, rules.UPDATED))
    _set_to_work(found, rules.UNDOING, by=by, at=at)
    found.done = found.total - written
    log_office_edit("undo_import", found, by=by, at=at, file=found.file_name, lines=written)


def drop(found: JobImport) -> None:
    """Throws away an import of which nothing was written, its file too. Raises RuleBroken."""
    if found.state not in rules.UNWRITTEN:
        raise RuleBroken("import_began")
    db.session.execute(sa.delete(ImportLine).where(ImportLine.import_id == found.id))
    db.session.delete(found)


def _set_to_work(found: JobImport, state: str, *, by: Person, at: datetime) -> None:
    found.state, found.acting_id, found.touched_at = state, by.id, at
    found.done, found.trouble = 0, ""
    found.acting = by


def _name(name: str) -> str:
    """What a file is called, without folders and what cannot be shown."""
    short = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(letter for letter in short if letter.isprintable()).strip()[:200] or "import"


def facts_of(found: JobImport) -> dict[str, Any]:
    """How the file was read, for the form to read it otherwise."""
    return {"sheet": "", "sheets": [], "encoding": "", "delimiter": "", **found.reading}
