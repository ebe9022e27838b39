"""Reads for the customer's link. What a link shows is part of the query: its case, and nothing beside it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import aliased, undefer

from fieldservice.accounts.models import Person, PersonRole
from fieldservice.cases.models import Case
from fieldservice.core import clock, files
from fieldservice.core.db import among, db
from fieldservice.core.errors import NotFound
from fieldservice.core.ids import is_id
from fieldservice.core.permissions import BRANCH_MANAGER, HEAD_OFFICE_MANAGER
from fieldservice.dispatch import slots
from fieldservice.evidence.models import USABLE, VERIFIED, Blob, Evidence, Upload
from fieldservice.jobs.models import Job, JobStep
from fieldservice.jobs.rules import ENDED
from fieldservice.portal import rules, tokens
from fieldservice.portal.models import (
    BADGE,
    CASE,
    CustomerWord,
    Link,
    LinkOpening,
    SmsCode,
    WordAnswer,
    WordOwner,
)
from fieldservice.portal.rules import Window
from fieldservice.signoff.models import VALID, SignOff


def link_of(token: str, scope: str, *, at: datetime) -> Link:
    """The link behind an address that opens something. Raises NotFound alike for guessed, rotated, revoked, expired."""
    found = None
    if len(token) == tokens.TOKEN_LENGTH:
        found = db.session.scalar(sa.select(Link).filter_by(token_hash=tokens.hash_of(token), scope=scope))
    if found is None or found.revoked_at is not None or good_until(found, at=at) <= at:
        raise NotFound("link_gone")
    return found


def good_until(link: Link, *, at: datetime) -> datetime:
    """When it stops opening anything, as things stand: so long after it was made or its case last went on."""
    visits = db.session.execute(sa.select(Job.state, Job.created_at).filter_by(case_id=link.case_id)).all()
    if any(state not in ENDED for state, _made in visits):
        return max(link.expires_at, at + rules.GOOD_FOR)
    steps = sa.select(sa.func.max(JobStep.happened_at)).join(Job).where(Job.case_id == link.case_id)
    words = sa.select(sa.func.max(CustomerWord.said_at)).where(CustomerWord.case_id == link.case_id)
    moments = [*(made for _state, made in visits), db.session.scalar(steps), db.session.scalar(words)]
    return max([link.expires_at, *(moment + rules.GOOD_FOR for moment in moments if moment)])


def case_link_of(case_id: str) -> Link | None:
    """The link of a case, whatever its state; None: it was never made."""
    return db.session.scalar(sa.select(Link).filter_by(scope=CASE, case_id=case_id))


_LINKS = sa.select(Link).where(among(Link.case_id, "case_ids"), Link.revoked_at.is_(None))


def links_of(jobs: Iterable[Job], person_id: str | None) -> dict[str, tuple[Link | None, Link | None]]:
    """Job id → the link of its case and the badge of this person at this visit; None: there is none, or it opens nothing.

    A badge is its bearer's: nobody gets another's, and who does not lead shows none. Ended visits have neither.
    """
    wanted = [job for job in jobs if job.state not in ENDED]
    if not wanted:
        return {}
    cases: dict[str, Link] = {}
    badges: dict[tuple[str | None, str | None], Link] = {}
    for link in db.session.scalars(_LINKS, {"case_ids": {job.case_id for job in wanted}}):
        if link.scope == CASE:
            cases[link.case_id] = link
        else:
            badges[link.job_id, link.person_id] = link
    return {
        job.id: (cases.get(job.case_id), badges.get((job.id, person_id)) if job.lead_id == person_id else None)
        for job in wanted
    }


def opening_of(link: Link) -> LinkOpening | None:
    """How often and when last; None: never."""
    return db.session.get(LinkOpening, link.id)


def visits_of(case: Case) -> list[Job]:
    """All visits of a case, by their days."""
    return rules.in_order(db.session.scalars(sa.select(Job).filter_by(case_id=case.id)).unique())


def job_ids_of(case_id: str) -> list[str]:
    """Ids of all visits of a case."""
    return list(db.session.scalars(sa.select(Job.id).filter_by(case_id=case_id)))


def visit_of(link: Link, job_id: str) -> Job:
    """One visit of the link's case. Raises NotFound."""
    found = db.session.scalar(sa.select(Job).filter_by(id=job_id, case_id=link.case_id)) if is_id(job_id) else None
    if found is None:
        raise NotFound("link_gone")
    return found


def planned_at(job: Job) -> datetime | None:
    """When the technician who goes was chosen; None: nobody was."""
    query = sa.select(Link.made_at).filter_by(scope=BADGE, job_id=job.id, person_id=job.lead_id)
    return db.session.scalar(query) if job.lead_id else None


def signed_sheets(jobs: Sequence[Job]) -> dict[str, SignOff]:
    """Job id → the last sign-off that counts, of the present run."""
    query = sa.select(SignOff).where(SignOff.job_id.in_({job.id for job in jobs}), SignOff.kind == "sign_off",
                                     SignOff.state == VALID, SignOff.is_late.is_(False))  # fmt: skip
    runs = {job.id: job.run for job in jobs}
    rows = db.session.scalars(query.options(undefer(SignOff.payload)).order_by(SignOff.revision)).unique()
    return {row.job_id: row for row in rows if row.run == runs[row.job_id]}


def photos_of(jobs: Iterable[Job]) -> dict[str, list[Evidence]]:
    """Job id → the photos a customer may look at, in the order they were taken."""
    query = _photos_to_show().where(Evidence.job_id.in_({job.id for job in jobs}))
    found: dict[str, list[Evidence]] = defaultdict(list)
    for photo in db.session.scalars(query.order_by(Evidence.happened_at, Evidence.id)).unique():
        found[photo.job_id].append(photo)
    return found


def photo_path(link: Link, photo_id: str, name: str) -> Path:
    """Where the small copy `name` of one of the case's photos is. Raises NotFound, also when it has to be made again."""
    of_case = Evidence.job_id.in_(sa.select(Job.id).filter_by(case_id=link.case_id))
    photo = db.session.scalar(_photos_to_show().where(Evidence.id == photo_id, of_case))
    path = files.variant_path(photo.sha256, name) if photo else None
    if path is None or not path.is_file():
        raise NotFound("link_gone")
    return path


def _photos_to_show() -> sa.Select[Evidence]:
    """Photos that stand, came whole, can be shown, and were sent by who says to have taken them."""
    sent = sa.exists().where(
        Upload.sha256 == Evidence.sha256, Upload.person_id == Evidence.by_id, Upload.finished_at.is_not(None)
    )
    return (
        sa.select(Evidence)
        .join(Blob, Blob.sha256 == Evidence.sha256)
        .where(
            Evidence.voided_at.is_(None),
            Evidence.is_late.is_(False),
            Blob.state == VERIFIED,
            Blob.picture == USABLE,
            sent,
        )
    )


def words_of(case_id: str) -> list[CustomerWord]:
    """Everything the customer said about a case, the oldest first."""
    query = sa.select(CustomerWord).filter_by(case_id=case_id)
    return list(db.session.scalars(query.order_by(CustomerWord.said_at, CustomerWord.id)).unique())


def standing_ids(words: Iterable[CustomerWord]) -> set[str]:
    """Ids of those no later one stands in the place of. Complaints never do; confirming and disputing are one thing."""
    last: dict[tuple[str, str | None], str] = {}
    for word in words:
        topic = {"confirmed": "work", "disputed": "work"}.get(word.kind, word.kind)
        key = (word.id, None) if word.kind == "complaint" else (topic, word.job_id)
        last[key] = word.id
    return set(last.values())


def said_since(case_id: str, since: datetime) -> int:
    """How many things the customer of a case said after that moment."""
    query = sa.select(sa.func.count()).select_from(CustomerWord)
    return db.session.scalar(query.where(CustomerWord.case_id == case_id, CustomerWord.said_at > since)) or 0


def word_of(word_id: str) -> CustomerWord | None:
    """What somebody said; None: nobody said that."""
    return db.session.get(CustomerWord, word_id)


def second_acts(sheet_ids: Collection[str]) -> dict[str, list[CustomerWord]]:
    """Id of a sheet → what was said by link about that very sheet, confirmed or disputed, the oldest first."""
    found: dict[str, list[CustomerWord]] = defaultdict(list)
    query = sa.select(CustomerWord).where(CustomerWord.sheet_id.in_(sheet_ids))
    for word in db.session.scalars(query.order_by(CustomerWord.said_at, CustomerWord.id)).unique():
        found[str(word.sheet_id)].append(word)
    return found


def numbers_of_codes(code_ids: Collection[str]) -> dict[str, str]:
    """Id of a code → the number it was sent to, masked."""
    query = sa.select(SmsCode.id, SmsCode.number_masked).where(SmsCode.id.in_(code_ids))
    return {row.id: row.number_masked for row in db.session.execute(query)}


def owners_of(word_ids: Collection[str]) -> dict[str, Person]:
    """Id of what was said → who looks after it."""
    query = sa.select(WordOwner).where(WordOwner.word_id.in_(word_ids)).order_by(WordOwner.since_at, WordOwner.id)
    return {row.word_id: row.owner for row in db.session.scalars(query).unique()}


def owner_for(branch_id: str) -> Person | None:
    """Who looks after what customers of a branch dispute: its manager, else one of head office; None: there is none."""
    order = sa.case((PersonRole.role == BRANCH_MANAGER, 0), else_=1)
    query = (
        sa.select(Person)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .where(Person.is_active, sa.or_(
            sa.and_(PersonRole.role == BRANCH_MANAGER, Person.branch_id == branch_id),
            PersonRole.role == HEAD_OFFICE_MANAGER))
        .order_by(order, Person.staff_no)
        .limit(1)
    )  # fmt: skip
    return db.session.scalars(query).unique().first()


def is_answered(word: CustomerWord) -> bool:
    """Whether the desk has answered."""
    return db.session.scalar(sa.select(WordAnswer.id).filter_by(word_id=word.id)) is not None


def open_words(branch_ids: Sequence[str], most: int) -> list[CustomerWord]:
    """What waits for an answer of these branches, the most urgent first, without what was said anew since."""
    later = aliased(CustomerWord)
    replaced = sa.exists().where(
        later.job_id == CustomerWord.job_id,
        sa.or_(
            later.kind == CustomerWord.kind,
            sa.and_(CustomerWord.kind == "disputed", later.kind == "confirmed"),
        ),
        CustomerWord.kind != "complaint",
        sa.tuple_(later.said_at, later.id) > sa.tuple_(CustomerWord.said_at, CustomerWord.id),
    )
    # asked of each open word, of which there are few: a join may begin with the cases, of which there are very many
    of_branch = sa.exists().where(Case.id == CustomerWord.case_id, Case.branch_id.in_(branch_ids))
    answered = sa.exists().where(WordAnswer.word_id == CustomerWord.id)
    open_ids = (
        sa.select(CustomerWord.id)
        .where(CustomerWord.answer_by_at.is_not(None), ~answered, of_branch, ~replaced)
        .order_by(CustomerWord.answer_by_at, CustomerWord.id)
        .limit(most)
    )
    found = list(db.session.scalars(open_ids))
    query = (
        sa.select(CustomerWord)
        .where(CustomerWord.id.in_(found))
        .order_by(CustomerWord.answer_by_at, CustomerWord.id)
    )
    return list(db.session.scalars(query).unique())


def taken_windows(job: Job, *, at: datetime) -> list[Window]:
    """When the technician of a visit has others to make, in the days that are offered."""
    if job.lead_id is None:
        return []
    query = sa.select(Job.window_start_at, Job.window_end_at).where(
        Job.lead_id == job.lead_id, Job.id != job.id, Job.state.not_in(ENDED), Job.window_start_at.is_not(None),
        Job.window_end_at > at, Job.window_start_at < at + timedelta(days=rules.OFFER_DAYS + 2))  # fmt: skip
    return [Window(start, end) for start, end in db.session.execute(query) if start and end]


def offers_for(job: Job, *, at: datetime | None = None) -> list[Window]:
    """Other windows the customer may choose: those somebody of the branch can keep; where nobody knows where it is,
    those in which the technician has no others.
    """
    now = at or clock.now()
    if slots.wish_of(job) is not None:
        return [Window(*one) for one in slots.windows_for(job, at=now, most=rules.MOST_OFFERS)]
    agreed = Window(job.window_start_at, job.window_end_at) if job.window_start_at and job.window_end_at else None
    minutes = max(60, round((agreed.end_at - agreed.start_at).total_seconds() / 60)) if agreed else 120
    return rules.offers(now, min(minutes, 240), job.branch.timezone, taken_windows(job, at=now), agreed)
