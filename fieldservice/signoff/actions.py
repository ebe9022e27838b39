"""What the customer was shown and signed, taken as it came: verified, kept for ever, valid or in quarantine."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from fieldservice.accounts.models import Person
from fieldservice.checklists.queries import version_for_type
from fieldservice.core import canonical
from fieldservice.core.clock import to_ms
from fieldservice.core.db import db
from fieldservice.core.errors import NotFound, RuleBroken
from fieldservice.core.happening import Happening, Place
from fieldservice.evidence.models import Evidence
from fieldservice.jobs.models import Job
from fieldservice.jobs.queries import hold_jobs
from fieldservice.signoff import queries, rules
from fieldservice.signoff.models import PAPER, QUARANTINED, VALID, LinkSignature, SignOff
from fieldservice.signoff.sheet import Sheet, read_sheet, read_strokes
from fieldservice.signoff.verify import Circumstances, KnownKey, fault_of, sha256

_SIGNATURE_LIMIT = 90  # characters kept of one that cannot be right


@dataclass(frozen=True)
class Signing:
    """The three texts of a sign sheet as they came."""

    presented: str
    payload: str
    signature: str


@dataclass(frozen=True)
class SigningByLink:
    """What a customer's form brings."""

    sheet_id: str
    #: of the text the page showed
    presented_sha256: str
    #: version of the text agreed to, and its language; '' not agreed
    consent: str
    language: str
    name: str
    role: str
    #: JSON of the mark
    strokes: str
    #: 'digits' (link and last four digits of the phone) or 'code' (by SMS); which code, '' none
    tied_by: str = "digits"
    code_id: str = ""


def sign_by_link(given: SigningByLink, *, case_id: str, link_id: str, at: datetime) -> LinkSignature:
    """The customer signs, afterwards and elsewhere, the sheet that was left unsigned on site.

    What is signed already is the answer, so that a repeat changes nothing. Raises NotFound for a sheet of another case;
    RuleBroken, each with words for the customer: 'link_sheet_settled' (there is nothing to sign), 'link_sheet_changed',
    'link_consent_missing', 'link_name_missing', 'link_mark_missing', 'link_mark_long'.
    """
    row = db.session.get(SignOff, given.sheet_id)
    if row is None or row.job.case_id != case_id:
        raise NotFound()
    hold_jobs([row.job_id])  # of two forms at once the second sees the first
    found = queries.link_signatures([row.id]).get(row.id)
    if found is not None:
        return found
    waiting = queries.sheets_to_sign([row.job]).get(row.job_id)
    if waiting is None or waiting.id != row.id:
        raise RuleBroken("link_sheet_settled")
    if given.presented_sha256 != row.presented_sha256 or sha256(row.presented) != row.presented_sha256:
        raise RuleBroken("link_sheet_changed")
    statement = rules.link_statement(given.consent, given.language)
    if statement is None:
        raise RuleBroken("link_consent_missing")
    name = given.name.strip()
    if not name:
        raise RuleBroken("link_name_missing")
    strokes = _mark(given.strokes)
    said = {
        "v": 2, "sheet": row.id, "presented_sha256": row.presented_sha256, "link": link_id, "strokes": strokes,
        "signer": {"name": name, "role": given.role}, "consent": given.consent, "statement": statement,
        "language": given.language, "server_ms": to_ms(at),
        "tied": {"by": given.tied_by, "code": given.code_id},
    }  # fmt: skip
    payload = canonical.dumps(canonical.composed(said))
    signature = LinkSignature(
        sign_off_id=row.id, presented_sha256=row.presented_sha256, payload=payload, payload_sha256=sha256(payload),
        signer_name=name, signer_role=given.role, consent=given.consent, language=given.language,
        is_weak=rules.is_weak(strokes), link_id=link_id, signed_at=at, tied_by=given.tied_by,
        code_id=given.code_id or None,
    )  # fmt: skip
    db.session.add(signature)
    return signature


def _mark(text: str) -> list[Any]:
    strokes = read_strokes(text)
    if not strokes:
        raise RuleBroken("link_mark_missing")
    if sum(map(len, strokes)) > rules.MOST_POINTS:
        raise RuleBroken("link_mark_long")
    return strokes


def sign_sheet(job: Job, given: Signing, *, by: Person, when: Happening, is_late: bool = False) -> str:
    """Takes a sheet by its lead. Gives why it is in quarantine: a code with words; '' when it is valid.

    A sheet that cannot even be read leaves no row: its bytes are in the log of operations. Raises RuleBroken 'not_lead'.
    """
    if job.lead_id != by.id and (not is_late or job.is_crew(by.id)):
        raise RuleBroken("not_lead")
    sheet = read_sheet(given.presented, given.payload, given.signature)
    fault = _fault(job, sheet, by, when, is_late)
    if sheet is not None:
        _keep(job, sheet, fault, by=by, when=when, is_late=is_late)
    return fault


def settle_sign_offs(job: Job) -> None:
    """A sign-off that would show something else now stands no longer, for good: a new signature is needed."""
    for row in queries.outdated_sign_offs(job):
        row.is_current = False


def restore_late_sheet(job: Job, row: SignOff) -> None:
    """The job is its author's again, in the run where they had stopped: what they had signed meanwhile stands."""
    row.is_late = False
    _outdate(job.id, rules.replaced_kinds(row.kind, row.outcome), run=job.run)
    row.is_current = True


def _fault(job: Job, sheet: Sheet | None, by: Person, when: Happening, is_late: bool) -> str:
    if not is_late and job.state not in rules.SIGNABLE:
        return "sign_wrong_state"
    if sheet is None:
        return "sign_unreadable"
    key = queries.device_key(sheet.payload.key)
    known = KnownKey(key.person_id, key.spki, key.revoked_at) if key else None
    return fault_of(sheet, known, _circumstances(job, sheet, by, when, is_late))


def columns_changed(row: SignOff, sheet: Sheet) -> list[str]:
    """Names of the columns that do not repeat what the sheet's texts say: somebody wrote into the table."""
    said = {**_said(sheet), **_place(sheet).columns()}
    return sorted(name for name, value in said.items() if getattr(row, name) != value)


def circumstances_of(row: SignOff, sheet: Sheet) -> Circumstances:
    """As when the sheet came in, as far as that can still be told: of amounts the job says what it knows now."""
    job, others = row.job, SignOff.id != row.id
    when = Happening(at=row.happened_at, op_id=row.id, device_at=row.device_at)
    found = _circumstances(job, sheet, row.by, when, row.is_late)
    used = sa.select(SignOff.revision).filter_by(job_id=job.id, run=row.run, kind=row.kind, state=VALID).where(others)
    papers = queries.used_papers(found.papers, but=row.id) if sheet.payload.outcome == PAPER else frozenset()
    return replace(
        found, run=row.run, job_id=row.job_id, used_revisions=frozenset(db.session.scalars(used)), used_papers=papers
    )


def _circumstances(job: Job, sheet: Sheet, by: Person, when: Happening, is_late: bool) -> Circumstances:
    signed, checklist_id = sheet.payload, sheet.presented.checklist.id
    version = version_for_type(checklist_id, job.type, job.branch_id) if checklist_id else None
    photos = db.session.execute(sa.select(Evidence.sha256, Evidence.slot).filter_by(job_id=job.id)).all()
    papers = frozenset(photo.sha256 for photo in photos if photo.slot == PAPER)
    return Circumstances(
        author_id=by.id,
        job_id=job.id,
        run=job.run,
        is_late=is_late,
        nonce=job.sign_nonce,
        used_revisions=queries.used_revisions(job.id, signed.run, signed.kind),
        photos=frozenset(photo.sha256 for photo in photos),
        papers=papers,
        used_papers=queries.used_papers(papers) if signed.outcome == PAPER else frozenset(),
        planned_fen=job.amount_fen or 0,
        agreed_fen=queries.agreed_in(job.id, signed.run, job.amount_fen, late_by=by if is_late else None),
        checklists=frozenset({version.id} if version else ()),
        stops_supply=job.stops_supply,
        happened_ms=to_ms(when.at),
        device_ms=to_ms(when.device_at or when.at),
        happened_at=when.at,
    )


def _keep(job: Job, sheet: Sheet, fault: str, *, by: Person, when: Happening, is_late: bool) -> SignOff:
    is_valid = not fault
    is_current = is_valid and not is_late
    if is_current:
        _outdate(job.id, rules.replaced_kinds(sheet.payload.kind, sheet.payload.outcome), run=sheet.payload.run)
    row = SignOff(
        id=when.op_id,
        job=job,
        by_id=by.id,
        state=VALID if is_valid else QUARANTINED,
        fault=fault,
        revision_key=_revision_key(job, sheet) if is_valid else None,
        is_late=is_late,
        is_current=is_current,
        **_said(sheet),
        **_place(sheet).columns(),
        **when.columns(),
    )
    db.session.add(row)
    return row


def _said(sheet: Sheet) -> dict[str, object]:
    """The columns that repeat what the texts say."""
    signed, rating = sheet.payload, sheet.payload.rating
    return {
        "run": signed.run,
        "kind": signed.kind,
        "revision": signed.revision,
        "outcome": signed.outcome,
        "presented": sheet.presented_text,
        "presented_sha256": sha256(sheet.presented_text),
        "payload": sheet.payload_text,
        "signature": sheet.signature[:_SIGNATURE_LIMIT],
        "key_id": signed.key,
        "signer_name": signed.signer.name,
        "signer_role": signed.signer.role,
        "reason": signed.reason,
        "language": signed.language,
        "attitude": rating.attitude if rating else None,
        "efficiency": rating.efficiency if rating else None,
        "skill": rating.skill if rating else None,
        "rating_words": rating.words if rating else "",
        "total_fen": sheet.presented.total_fen,
        "is_weak": bool(signed.strokes) and rules.is_weak(signed.strokes),
    }


def _place(sheet: Sheet) -> Place:
    place = sheet.payload.place
    if place is None:
        return Place(no_place=sheet.payload.no_place)
    return Place(place.lat_e7 / 1e7, place.lng_e7 / 1e7, place.accuracy_m)


def _revision_key(job: Job, sheet: Sheet) -> str:
    signed = sheet.payload
    return f"{job.id} {signed.run} {signed.kind} {signed.revision}"


def _outdate(job_id: str, kinds: frozenset[str], *, run: int | None = None) -> None:
    """Sheets of these kinds do not stand for the job any more. `run`: None is every run."""
    query = sa.select(SignOff).where(SignOff.job_id == job_id, SignOff.kind.in_(kinds), SignOff.is_current)
    for row in db.session.scalars(query if run is None else query.where(SignOff.run == run)).unique():
        row.is_current = False
