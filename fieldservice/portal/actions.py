"""Changes of links, and what customers and the desk say to each other; the caller commits."""

from datetime import datetime

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.dialects import postgresql, sqlite

from fieldservice.accounts.actions.throttling import count_try, forgive
from fieldservice.accounts.models import Person
from fieldservice.accounts.rules import FREE_TRIES_NETWORK, network_of
from fieldservice.cases.models import Case
from fieldservice.core import i18n
from fieldservice.core.db import db
from fieldservice.core.errors import RuleBroken
from fieldservice.core.ids import new_id
from fieldservice.core.oplog import log_office_edit
from fieldservice.core.versions import touch
from fieldservice.jobs import actions as job_actions
from fieldservice.jobs.models import Job
from fieldservice.jobs.queries import hold_jobs
from fieldservice.portal import codes, queries, rules, tokens
from fieldservice.portal.models import (
    ACCEPTED,
    BADGE,
    CASE,
    COMPLAINT,
    CONFIRMED,
    DECLINED,
    DISPUTED,
    RATING,
    WISH,
    CustomerWord,
    Link,
    LinkOpening,
    WordAnswer,
    WordOwner,
)
from fieldservice.portal.rules import GOOD_FOR, Said, Tie, Window
from fieldservice.signoff import queries as sign_queries
from fieldservice.signoff.models import SignOff

#: about the finished work and the sheet that shows it
JUDGEMENTS = frozenset({CONFIRMED, DISPUTED})
#: somebody is named at once who looks after it
OWNED = frozenset({DISPUTED, COMPLAINT})


def case_link(case_id: str, *, at: datetime) -> Link:
    """The link of a case, made when there is none."""
    return queries.case_link_of(case_id) or _make(CASE, at, case_id=case_id)


def badge_link(case_id: str, job_id: str, person_id: str, *, at: datetime) -> Link:
    """The link behind a technician's badge at one visit, made when there is none."""
    found = db.session.scalar(sa.select(Link).filter_by(job_id=job_id, person_id=person_id))
    return found or _make(BADGE, at, case_id=case_id, job_id=job_id, person_id=person_id)


def address_of(link: Link) -> str:
    """The whole address, to be shown as text or QR code."""
    page = "c" if link.scope == CASE else "b"
    return f"{current_app.config['BASE_URL']}/{page}/{_token(link.id, link.rotation)}"


def rotate_link(case: Case, *, by: Person, at: datetime) -> Link:
    """A new address for the case; the one before opens nothing any more. Gives a revoked link back, too."""
    hold_jobs(queries.job_ids_of(case.id))  # they change with the link: jobs first, as everywhere
    link = case_link(case.id, at=at)
    link.rotation += 1
    link.token_hash = tokens.hash_of(_token(link.id, link.rotation))
    link.revoked_at, link.expires_at = None, max(link.expires_at, at + GOOD_FOR)
    log_office_edit("rotate_link", case, by=by, at=at, link_id=link.id, rotation=link.rotation)
    return link


def revoke_link(case: Case, *, by: Person, at: datetime) -> None:
    """The address of the case opens nothing any more, till a new one is made. Done twice, the second changes nothing."""
    hold_jobs(queries.job_ids_of(case.id))
    link = queries.case_link_of(case.id)
    if link is None or link.revoked_at is not None:
        return
    link.revoked_at = at
    log_office_edit("revoke_link", case, by=by, at=at, link_id=link.id, rotation=link.rotation)


def note_opening(link_id: str, *, at: datetime) -> None:
    """Counts one opening, also when two are the first at one moment."""
    insert = postgresql.insert if db.session.connection().dialect.name == "postgresql" else sqlite.insert
    fresh = insert(LinkOpening).values(link_id=link_id, times=1, last_at=at)
    again = {"times": LinkOpening.times + 1, "last_at": at}
    db.session.execute(fresh.on_conflict_do_update(index_elements=["link_id"], set_=again))


def check_digits(link: Link, given: str, *, at: datetime, address: str) -> bool:
    """Whether these are the last digits of the customer's phone. Commits the count of tries. Raises TooMany.

    `address`: of who asks; only its network is counted, and forgotten with the tries.
    """
    wanted = rules.last_digits(link.case.customer.phone)
    own, network = f"link:{link.id}", f"network:{network_of(address)}"
    count_try({own: rules.FREE_TRIES, network: FREE_TRIES_NETWORK}, at)
    if not wanted or given != wanted:
        return False
    forgive([own, network], whole=own)
    db.session.commit()
    return True


def proof_of_digits(link: Link, until: datetime) -> str:
    """What a browser is given that knew the digits: of this link in this rotation, this number, till then."""
    return tokens.proof_of(_about(link), round(until.timestamp()), key=_key())


def knows_digits(link: Link, proof: str, *, at: datetime) -> bool:
    """Whether that is a proof, and still good."""
    return bool(proof) and tokens.is_proof(proof, _about(link), round(at.timestamp()), key=_key())


def say(
    link: Link, job: Job | None, said: Said, word_id: str, *, at: datetime, tie: Tie = Tie()  # noqa: B008 frozen
) -> CustomerWord:
    """Writes down what the customer says. Said before (the same form, or the same again), it is not said twice; said
    otherwise it is a new word, and the earlier one stays.

    The work is confirmed or disputed on the sheet that shows it, where there is one: `said` names what was read.
    Raises RuleBroken when it does not fit the state of the visit or the sheet, lacks its words, or needs a code.
    """
    db.session.execute(sa.select(Link.id).filter_by(id=link.id).with_for_update(key_share=True))  # one form after another
    _check(job, said)
    sheet = _sheet_judged(job, said) if job and said.kind in JUDGEMENTS else None
    if said.kind in JUDGEMENTS:
        codes.check_tie(link, tie)
    earlier = [word for word in queries.words_of(link.case_id) if word.job_id == (job.id if job else None)]
    same = next((word for word in earlier if word.id == word_id or _is_same(word, said, earlier)), None)
    if same is not None:
        return same
    if queries.said_since(link.case_id, at - rules.MOST_WORDS_WITHIN) >= rules.MOST_WORDS:
        raise RuleBroken("said_enough")
    if queries.word_of(word_id) is not None:  # a form's own id is new; one of another visit or case was made up
        word_id = new_id()
    attitude, efficiency, skill = said.marks
    word = CustomerWord(
        id=word_id, case_id=link.case_id, job_id=job.id if job else None, kind=said.kind, words=said.words,
        wish_start_at=said.window and said.window.start_at, wish_end_at=said.window and said.window.end_at,
        attitude=attitude, efficiency=efficiency, skill=skill, said_at=at,
        answer_by_at=_answer_by(link.case, said, at), about=said.about if said.kind == DISPUTED else "",
        sheet_id=sheet and sheet.id, presented_sha256=sheet.presented_sha256 if sheet else "",
        sheet_revision=sheet and sheet.revision, language=said.language, link_id=link.id, link_rotation=link.rotation,
        tied_by=tie.by, code_id=tie.code_id,
    )  # fmt: skip
    db.session.add(word)
    if said.kind in OWNED:
        _give_owner(word, link.case, at)
    touch(link)  # pages of the desk that are open learn of it; no phone holds it
    return word


def take_over(word: CustomerWord, *, by: Person, at: datetime) -> None:
    """Looks after what a customer said from now on. Done twice, the second changes nothing."""
    held = sa.select(CustomerWord.id).filter_by(id=word.id)
    db.session.execute(held.with_for_update(key_share=True))
    if queries.is_answered(word):
        raise RuleBroken("answered_already")
    owner = queries.owners_of([word.id]).get(word.id)
    if owner is not None and owner.id == by.id:
        return
    db.session.add(WordOwner(word_id=word.id, owner_id=by.id, by_id=by.id, since_at=at))
    log_office_edit("take_over_word", word.job or word.case, by=by, at=at, word_id=word.id, before=owner and owner.id)
    link = queries.case_link_of(word.case_id)
    if link is not None:
        touch(link)


def answer_word(word: CustomerWord, kind: str, words: str, *, by: Person, at: datetime) -> WordAnswer:
    """The desk's answer, which the customer reads. Raises RuleBroken('answered_already'), and when words are missing."""
    held = sa.select(CustomerWord.id).filter_by(id=word.id)
    db.session.execute(held.with_for_update(key_share=True))  # of two desks at once the second sees the first
    if queries.is_answered(word):
        raise RuleBroken("answered_already")
    if kind == DECLINED and not words:
        raise RuleBroken("words_missing")
    answer = WordAnswer(word_id=word.id, kind=kind, words=words, by_id=by.id, answered_at=at)
    db.session.add(answer)
    log_office_edit("answer_customer", word.job or word.case, by=by, at=at, word_id=word.id, answer=kind, words=words)
    link = queries.case_link_of(word.case_id)
    if link is not None:
        touch(link)
    return answer


def grant_wish(
    word: CustomerWord, job: Job, window: Window, words: str, *, expected_version: int, by: Person, at: datetime
) -> WordAnswer:
    """Moves the visit to the time that was agreed upon and tells the customer. Raises Conflict, RuleBroken."""
    visit_on = i18n.local(window.start_at, job.branch.timezone).date()
    job_actions.move_job(job, visit_on, window.start_at, window.end_at, expected_version=expected_version, by=by, at=at,
                         is_promised=True)
    return answer_word(word, ACCEPTED, words, by=by, at=at)


def _check(job: Job | None, said: Said) -> None:
    if said.kind in (CONFIRMED, DISPUTED, RATING, WISH):
        if job is None:
            raise RuleBroken("visit_missing")
        fault = rules.wish_fault(job.state) if said.kind == WISH else rules.judge_fault(job.state)
        if fault:
            raise RuleBroken(fault)
    if said.kind in (DISPUTED, COMPLAINT) and not said.words:
        raise RuleBroken("words_missing")
    if said.kind == WISH and not said.words and said.window is None:
        raise RuleBroken("wish_missing")
    if said.kind == RATING and not any(said.marks):
        raise RuleBroken("marks_missing")


def _sheet_judged(job: Job, said: Said) -> SignOff | None:
    """The sheet that was read, still the last one and unchanged; None: the visit has none, and none was shown."""
    sheet = queries.signed_sheets([job]).get(job.id)
    is_same = (sheet.id if sheet else "", sheet.presented_sha256 if sheet else "") == (
        said.sheet_id, said.presented_sha256)  # fmt: skip
    if not is_same or (sheet and sign_queries.digest_of(sheet) != sheet.presented_sha256):
        raise RuleBroken("judged_sheet_changed" if said.sheet_id else "judged_unread")
    if sheet and said.kind == CONFIRMED and sheet.id not in sign_queries.standing_ids(job):
        raise RuleBroken("judged_sheet_outdated")
    return sheet


def _give_owner(word: CustomerWord, case: Case, at: datetime) -> None:
    owner = queries.owner_for(case.branch_id)
    if owner is not None:
        db.session.flush()
        db.session.add(WordOwner(word_id=word.id, owner_id=owner.id, since_at=at))


def _is_same(word: CustomerWord, said: Said, earlier: list[CustomerWord]) -> bool:
    """Whether this stands already, word for word and about the same sheet, and nobody has answered it."""
    window = Window(word.wish_start_at, word.wish_end_at) if word.wish_start_at and word.wish_end_at else None
    marks = (word.attitude, word.efficiency, word.skill)
    stands = word.id in queries.standing_ids(earlier)
    about = (word.about, word.sheet_id or "") if said.kind in JUDGEMENTS else ("", "")
    is_equal = (word.kind, word.words, window, marks, *about) == (
        said.kind, said.words, said.window, said.marks, said.about, said.sheet_id)  # fmt: skip
    return stands and is_equal and word.answer is None


def _answer_by(case: Case, said: Said, at: datetime) -> datetime | None:
    zone = case.branch.timezone
    if said.kind == WISH:
        return rules.open_time_after(at, rules.ANSWER_TO_WISH, zone)
    if said.kind in (DISPUTED, COMPLAINT) or (said.kind == RATING and rules.is_low(said.marks)):
        return rules.call_by(at, rules.ANSWER_TO_COMPLAINT, zone)
    return None


def _make(scope: str, at: datetime, **about: str) -> Link:
    link_id = new_id()
    link = Link(id=link_id, scope=scope, rotation=1, token_hash=tokens.hash_of(_token(link_id, 1)), made_at=at,
                expires_at=at + GOOD_FOR, **about)
    for row in db.session.new:  # many made at once (core.db.flushed_together): what the link leans on goes first
        if isinstance(row, Case) and row.id == about["case_id"]:
            link.case = row
        elif isinstance(row, Job) and row.id == about.get("job_id"):
            link.job = row
    db.session.add(link)
    return link


def _about(link: Link) -> str:
    return f"{link.id} {link.rotation} {rules.last_digits(link.case.customer.phone)}"


def _token(link_id: str, rotation: int) -> str:
    return tokens.token_of(link_id, rotation, key=_key())


def _key() -> str:
    key: str = current_app.config["SECRETS"]["link_key"]
    return key
