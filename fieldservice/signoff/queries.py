"""Reads of sign-off."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import aliased, lazyload, selectinload, undefer

from fieldservice.accounts.models import DeviceKey, Person
from fieldservice.core.clock import to_ms
from fieldservice.core.db import among, db
from fieldservice.core.oplog import LogEntry
from fieldservice.evidence.models import USABLE, Blob, Evidence
from fieldservice.jobs.models import Job
from fieldservice.jobs.rules import ENDED
from fieldservice.signoff import rules, shown
from fieldservice.signoff.models import PAPER, VALID, LinkSignature, SignOff
from fieldservice.signoff.verify import sha256
from fieldservice.visits import charges
from fieldservice.visits import queries as visit_queries
from fieldservice.visits.models import JobClosure
from fieldservice.visits.queries import (
    Visit,
    answer_document,
    facts_of,
    photo_document,
    seen_of,
    versions_by_id,
    visits_of,
)
from fieldservice.visits.rules import CLOSABLE, agreed_lines

#: outcomes by which somebody put their hand to the sheet
GIVEN = ("signed", "neighbour", "paper")


def sheets_of(jobs: Sequence[Job]) -> dict[str, list[dict[str, Any]]]:
    """Job id → the sheets of its present run as the phone holds them, in the order they were made.

    A sign-off stands for the job only while it would show the same now; a fixed number of queries.
    """
    found = _rows({job.id for job in jobs})
    rows = {job.id: [row for row in found[job.id] if row.run == job.run] for job in jobs}
    agreements = {job.id: [_document(row, job) for row in rows[job.id] if row.kind == rules.AGREEMENT] for job in jobs}
    outdated = {
        row.id
        for row, now in _compared(jobs, rows, agreements)
        if not shown.is_as_shown(_presented(row), now, shown.AMOUNTS if _has_ended(row) else shown.WORK)
    }
    sign_offs = {job.id: [_document(row, job) for row in rows[job.id] if row.kind == rules.SIGN_OFF] for job in jobs}
    unsigned = {row.id for own in rows.values() for row in own if row.outcome in rules.LEFT_UNSIGNED}
    signed = link_signatures(unsigned)
    return {job.id: _in_order([*agreements[job.id], *sign_offs[job.id]], outdated, signed) for job in jobs}


def outdated_sign_offs(job: Job) -> list[SignOff]:
    """Those marked as standing for the job that would show something else now."""
    with db.session.no_autoflush:  # what is not written yet is among them, and the rest of a push can be written together
        sheets: list[SignOff] = cast(Any, job).sign_offs
    rows = {job.id: sorted((row for row in sheets if row.run == job.run), key=lambda row: (row.revision, row.id))}
    if not any(map(_is_compared, rows[job.id])):
        return []
    agreements = {job.id: [_document(row, job) for row in rows[job.id] if row.kind == rules.AGREEMENT]}
    names = shown.WORK - shown.NOT_AFTER_THE_END if job.state in ENDED else shown.WORK
    compared = _compared([job], rows, agreements)
    return [row for row, now in compared if not shown.is_as_shown(_presented(row), now, names)]


def sign_offs_of(job: Job) -> list[SignOff]:
    """Every sheet of a job, of all runs, the newest first."""
    query = sa.select(SignOff).filter_by(job_id=job.id).options(undefer(SignOff.payload))
    return list(db.session.scalars(query.order_by(SignOff.happened_at.desc(), SignOff.id.desc())).unique())


def sheets_to_sign(jobs: Sequence[Job]) -> dict[str, SignOff]:
    """Job id → the sheet its customer was not there to sign, or would not, and that still says what was done.

    Only of visits that have ended; without those signed by link since, and those that are signed on paper by law.
    """
    ended = [job for job in jobs if job.state in CLOSABLE and not job.stops_supply]
    if not ended:
        return {}
    waiting = {sheet["id"] for sheets in sheets_of(ended).values() for sheet in sheets if _waits(sheet)}
    rows = db.session.scalars(sa.select(SignOff).where(SignOff.id.in_(waiting))).unique()
    return {row.job_id: row for row in rows}


def job_of_sheet(sheet_id: str) -> str | None:
    """Id of the job a sheet belongs to; None: there is no such sheet."""
    return db.session.scalar(sa.select(SignOff.job_id).filter_by(id=sheet_id))


def digest_of(sheet: SignOff) -> str:
    """SHA-256 of what was shown, reckoned anew."""
    return sha256(sheet.presented)


def link_signatures(sheet_ids: Collection[str]) -> dict[str, LinkSignature]:
    """Id of a sheet → the signature that came by link."""
    if not sheet_ids:
        return {}
    query = sa.select(LinkSignature).where(LinkSignature.sign_off_id.in_(sheet_ids))
    return {row.sign_off_id: row for row in db.session.scalars(query)}


def standing_ids(job: Job) -> set[str]:
    """Ids of the sheets that stand for the job as it is."""
    return {sheet["id"] for sheet in sheets_of([job])[job.id] if sheet["current"]}


def agreed_in(job_id: str, run: int, planned_fen: int | None, *, late_by: Person | None = None) -> int:
    """What the office planned and the customer agreed to in a run, fen.

    `late_by`: as it stands if the late work of this person counts; None: as it stands.
    """
    rows = [row for row in _rows({job_id})[job_id] if row.run == run and row.outcome in rules.AGREED]
    agreed = [row for row in rows if _is_agreement(row, late_by) and _is_covered(row, planned_fen)]
    return charges.agreed_fen(planned_fen, _presented(agreed[-1])["lines"] if agreed else None)


def used_revisions(job_id: str, run: int, kind: str) -> frozenset[int]:
    """Revisions that are signed already."""
    query = sa.select(SignOff.revision).filter_by(job_id=job_id, run=run, kind=kind, state=VALID)
    return frozenset(db.session.scalars(query))


def used_papers(papers: Collection[str], *, but: str = "") -> frozenset[str]:
    """Hashes of those papers that stand for a valid sheet already, of whatever job: bytes can be sent for two.

    `but`: id of a sheet that is not asked.
    """
    jobs = sa.select(Evidence.job_id).where(Evidence.sha256.in_(papers))
    query = sa.select(SignOff.payload).where(
        SignOff.job_id.in_(jobs), SignOff.outcome == PAPER, SignOff.state == VALID, SignOff.id != but
    )
    named = {json.loads(payload)["photo"] for payload in db.session.scalars(query)}
    return frozenset(named.intersection(papers))


def late_sheets(job: Job) -> list[SignOff]:
    """Those of the lead that verified in the present run and came when the job was not the lead's, or cancelled."""
    query = sa.select(SignOff).filter_by(
        job_id=job.id, run=job.run, by_id=job.lead_id, state=VALID, is_late=True
    )
    return list(db.session.scalars(query).unique())


def device_key(key_id: str) -> DeviceKey | None:
    """The key with that id; None: nobody registered it."""
    return db.session.get(DeviceKey, key_id)


def work_now(
    visit: Visit, said: dict[str, Any], content: dict[str, Any] | None, *, by_id: str, at: datetime
) -> dict[str, Any]:
    """The work that the sheet with `said` on it would show now. `by_id`, `at`: who had it signed, and when.

    A helper's photo that the lead's phone could not know of is no change of what was shown.
    """
    known = {photo["sha256"] for photo in said["photos"]}
    photos = [photo for photo in visit.photos if photo.by_id == by_id or photo.sha256 in known]
    visit = replace(visit, photos=photos)
    checklist_id = visit.checklist_id or said["checklist"]["id"]
    job = {
        "run": visit.job.run,
        "checklist": {"id": checklist_id} if checklist_id else None,
        "answers": [answer_document(answer) for answer in visit.answers],
        "photos": [photo_document(photo) for photo in photos],
        "lines": visit.final_lines,
        "agreed_fen": charges.agreed_fen(visit.job.amount_fen, agreed_lines(visit.sheets)),
    }
    return shown.work_shown(job, content, facts_of(visit, at=at), seen_of(visit), said["language"])


def work_of(row: SignOff) -> dict[str, Any]:
    """What the sheet would show now, in its language. Of an agreement: the agreed amount alone."""
    said, job = _presented(row), row.job
    if row.kind == rules.AGREEMENT:
        return {"agreed_fen": charges.agreed_fen(job.amount_fen, said["lines"])}
    visit = visits_of([job])[job.id]
    checklist_id = visit.checklist_id or said["checklist"]["id"]
    content = versions_by_id([checklist_id])[checklist_id].content if checklist_id else None
    return work_now(visit, said, content, by_id=row.by_id, at=row.happened_at)


def pictures_of(job: Job) -> frozenset[str]:
    """Hashes of the job's photos that can be looked at."""
    query = sa.select(Blob.sha256).join(Evidence, Evidence.sha256 == Blob.sha256)
    return frozenset(db.session.scalars(query.where(Evidence.job_id == job.id, Blob.picture == USABLE)))


def outdated_since(branch_ids: Sequence[str], since: date, limit: int) -> list[SignOff]:
    """Sheets that the customer signed, of visits that ended since that day and are not closed, where no sheet of the run
    stands any more. Marked ones are read; others only where the office wrote to the job after they were signed.
    """
    other = aliased(SignOff)
    newer = sa.exists().where(
        other.job_id == SignOff.job_id, other.kind == rules.SIGN_OFF, other.run == SignOff.run, other.state == VALID,
        other.is_late.is_(False), sa.or_(other.is_current, other.revision > SignOff.revision), other.id != SignOff.id,
    )  # fmt: skip
    edited = sa.exists().where(
        LogEntry.entity_type == "job", LogEntry.entity_id == Job.id, LogEntry.origin == "office",
        LogEntry.received_at > SignOff.happened_at, LogEntry.kind == "office.edit_job",
    )  # fmt: skip
    closed = sa.exists().where(JobClosure.job_id == Job.id)
    by_link = sa.exists().where(LinkSignature.sign_off_id == SignOff.id)
    query = (
        sa.select(SignOff)
        .join(Job, Job.id == SignOff.job_id)
        .where(
            Job.branch_id.in_(branch_ids), Job.state.in_(CLOSABLE), Job.visit_on >= since, Job.run == SignOff.run,
            ~closed, SignOff.kind == rules.SIGN_OFF, SignOff.state == VALID, SignOff.is_late.is_(False),
            sa.or_(SignOff.outcome.in_(GIVEN), by_link), ~newer, sa.or_(~SignOff.is_current, edited),
        )
        # by a query of its own: joined, the way over the case's product leaves the job's site without its customer
        .options(selectinload(SignOff.job))
        .order_by(Job.visit_on, SignOff.id)
        .limit(limit)
    )  # fmt: skip
    rows = list(db.session.scalars(query).unique())
    standing = _standing_after_the_end([row for row in rows if row.is_current])
    return [row for row in rows if row.id not in standing]


def _standing_after_the_end(rows: Sequence[SignOff]) -> set[str]:
    """Ids of those that still show the amounts of their job: all else of an ended visit is marked when it changes."""
    jobs = [row.job for row in rows]
    if not jobs:
        return set()
    sheets = _rows({job.id for job in jobs})
    agreements = {
        job.id: [_document(row, job) for row in sheets[job.id] if row.run == job.run and row.kind == rules.AGREEMENT]
        for job in jobs
    }
    now = visit_queries.amounts_of(jobs, agreements)
    return {row.id for row in rows if shown.is_as_shown(_presented(row), now[row.job_id], shown.AMOUNTS)}


_SHEETS = (
    sa.select(SignOff)
    .where(among(SignOff.job_id, "job_ids"))
    .options(lazyload(SignOff.by))
    .order_by(SignOff.revision, SignOff.id)
)


def _rows(job_ids: set[str]) -> dict[str, list[SignOff]]:
    """By job, the latest revision of each kind last."""
    found: dict[str, list[SignOff]] = defaultdict(list)
    for row in db.session.scalars(_SHEETS, {"job_ids": job_ids}).unique():
        found[row.job_id].append(row)
    return found


def _waits(sheet: dict[str, Any]) -> bool:
    is_open = sheet["current"] and sheet["state"] == VALID and sheet["by_link"] is None
    return is_open and sheet["kind"] == rules.SIGN_OFF and sheet["outcome"] in rules.LEFT_UNSIGNED


def _in_order(
    sheets: list[dict[str, Any]], outdated: Collection[str], signed: dict[str, LinkSignature]
) -> list[dict[str, Any]]:
    found = [
        sheet
        | {"current": sheet["current"] and sheet["id"] not in outdated, "by_link": _by_link(signed.get(sheet["id"]))}
        for sheet in sheets
    ]
    return sorted(found, key=lambda sheet: (sheet["at_ms"], sheet["id"]))


def _by_link(row: LinkSignature | None) -> dict[str, Any] | None:
    return {"signer": row.signer_name, "at_ms": to_ms(row.signed_at)} if row else None


def _document(row: SignOff, job: Job) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "revision": row.revision,
        "outcome": row.outcome,
        "signer": row.signer_name,
        "role": row.signer_role,
        "at_ms": to_ms(row.happened_at),
        "lines": _presented(row)["lines"],
        "total_fen": row.total_fen,
        "state": row.state,
        "fault": row.fault,
        "weak": row.is_weak,
        "current": row.is_current and (row.kind == rules.SIGN_OFF or _is_covered(row, job.amount_fen)),
        "language": row.language,
    }


def _is_compared(row: SignOff) -> bool:
    return row.kind == rules.SIGN_OFF and row.state == VALID and row.is_current


def _has_ended(row: SignOff) -> bool:
    return row.job.state in ENDED


def _compared(
    jobs: Sequence[Job], rows: dict[str, list[SignOff]], agreements: dict[str, list[dict[str, Any]]]
) -> Iterable[tuple[SignOff, dict[str, Any]]]:
    """The sign-offs that may stand, each with the work it would show now."""
    wanted = [job for job in jobs if any(map(_is_compared, rows[job.id]))]
    if not wanted:
        return []
    visits = visits_of(wanted, sheets=agreements)
    signed = [(row, _presented(row), visits[job.id]) for job in wanted for row in rows[job.id] if _is_compared(row)]
    ids = [visit.checklist_id or said["checklist"]["id"] for _row, said, visit in signed]
    versions = versions_by_id(found for found in ids if found)
    contents = [versions[one].content if one else None for one in ids]
    return [
        (row, work_now(visit, said, content, by_id=row.by_id, at=row.happened_at))
        for (row, said, visit), content in zip(signed, contents, strict=True)
    ]


def _is_agreement(row: SignOff, late_by: Person | None = None) -> bool:
    """One that is late does not stand until the dispatcher accepts the work."""
    stands = row.is_current or (late_by is not None and row.is_late and row.by_id == late_by.id)
    return row.kind == rules.AGREEMENT and row.state == VALID and stands


def _is_covered(row: SignOff, planned_fen: int | None) -> bool:
    """The customer saw no smaller sum than is agreed by it now: the office may have planned more since."""
    said = _presented(row)
    return charges.agreed_fen(planned_fen, said["lines"]) <= int(said["agreed_fen"])


def _presented(row: SignOff) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(row.presented)
    return said
