"""Reads of sign-off."""

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import undefer

from fieldservice.accounts.models import DeviceKey, Person
from fieldservice.core.clock import to_ms
from fieldservice.core.db import db
from fieldservice.jobs.models import Job
from fieldservice.signoff import rules
from fieldservice.signoff.models import VALID, SignOff
from fieldservice.visits import charges


def sheets_of(jobs: Sequence[Job]) -> dict[str, list[dict[str, Any]]]:
    """Job id → the sheets of its present run as the phone holds them, in the order they were made; one query."""
    rows = _rows({job.id for job in jobs})
    return {job.id: _documents(job, rows[job.id]) for job in jobs}


def sign_offs_of(job: Job) -> list[SignOff]:
    """Every sheet of a job, of all runs, the newest first."""
    query = sa.select(SignOff).filter_by(job_id=job.id).options(undefer(SignOff.payload))
    return list(db.session.scalars(query.order_by(SignOff.happened_at.desc(), SignOff.id.desc())).unique())


def standing_ids(job: Job) -> set[str]:
    """Ids of the sheets that stand for the job as it is."""
    return {sheet["id"] for sheet in sheets_of([job])[job.id] if sheet["current"]}


def agreed_in(job_id: str, run: int, planned_fen: int | None, *, late_by: Person | None = None) -> int:
    """What the office planned and the customer agreed to in a run, fen.

    `late_by`: as it stands if the late work of this person counts; None: as it stands.
    """
    rows = [row for row in _rows({job_id})[job_id] if row.run == run]
    sheets = [_shown(row) for row in rows if _is_agreed(row, late_by)]
    return charges.agreed_fen(planned_fen, sheets[-1]["lines"] if sheets else None)


def used_revisions(job_id: str, run: int, kind: str) -> frozenset[int]:
    """Revisions that are signed already."""
    query = sa.select(SignOff.revision).filter_by(job_id=job_id, run=run, kind=kind, state=VALID)
    return frozenset(db.session.scalars(query))


def late_sheets(job: Job) -> list[SignOff]:
    """Those of the lead that verified in the present run and came when the job was not the lead's, or cancelled."""
    query = sa.select(SignOff).filter_by(
        job_id=job.id, run=job.run, by_id=job.lead_id, state=VALID, is_late=True
    )
    return list(db.session.scalars(query).unique())


def device_key(key_id: str) -> DeviceKey | None:
    """The key with that id; None: nobody registered it."""
    return db.session.get(DeviceKey, key_id)


def _rows(job_ids: set[str]) -> dict[str, list[SignOff]]:
    """By job, the latest revision of each kind last."""
    query = sa.select(SignOff).where(SignOff.job_id.in_(job_ids)).order_by(SignOff.revision, SignOff.id)
    found: dict[str, list[SignOff]] = defaultdict(list)
    for row in db.session.scalars(query).unique():
        found[row.job_id].append(row)
    return found


def _documents(job: Job, rows: list[SignOff]) -> list[dict[str, Any]]:
    mine = [(row, _shown(row)) for row in rows if row.run == job.run]
    agreements = [shown for row, shown in mine if _is_agreed(row)]
    agreed_fen = charges.agreed_fen(job.amount_fen, agreements[-1]["lines"] if agreements else None)
    documents = [_document(row, shown, agreed_fen) for row, shown in mine]
    return sorted(documents, key=lambda sheet: (sheet["at_ms"], sheet["id"]))


def _document(row: SignOff, shown: dict[str, Any], agreed_fen: int) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "revision": row.revision,
        "outcome": row.outcome,
        "signer": row.signer_name,
        "role": row.signer_role,
        "at_ms": to_ms(row.happened_at),
        "lines": shown["lines"],
        "total_fen": row.total_fen,
        "state": row.state,
        "fault": row.fault,
        "weak": row.is_weak,
        "current": row.is_current and (row.kind != rules.SIGN_OFF or shown["agreed_fen"] == agreed_fen),
        "language": row.language,
    }


def _is_agreed(row: SignOff, late_by: Person | None = None) -> bool:
    """One that is late does not stand until the dispatcher accepts the work."""
    stands = row.is_current or (late_by is not None and row.is_late and row.by_id == late_by.id)
    return row.kind == rules.AGREEMENT and row.state == VALID and stands and row.outcome in rules.AGREED


def _shown(row: SignOff) -> dict[str, Any]:
    """What was presented; the office may have changed the planned amount since, which no event tells of."""
    shown: dict[str, Any] = json.loads(row.presented)
    return shown
