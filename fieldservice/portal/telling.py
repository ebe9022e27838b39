"""Telling customers when we come: the words prepared, sent by the gateway or told by own hand, and only when somebody of
the desk says so. The job is held by the caller, who commits; of two who tell at once the second learns of the first.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from fieldservice.accounts.models import Person
from fieldservice.core import i18n
from fieldservice.core.db import db
from fieldservice.core.errors import Conflict, RuleBroken
from fieldservice.core.i18n import gettext as _
from fieldservice.core.oplog import log_office_edit
from fieldservice.dispatch import messages
from fieldservice.dispatch.messages import FAILED, SENDING, SENT, TOLD, CustomerMessage
from fieldservice.dispatch.models import ASK_TIME, GATEWAY, LATER, MESSAGE_LIMIT
from fieldservice.jobs.models import Job
from fieldservice.portal import actions, queries, rules
from fieldservice.portal.gateways import gateway
from fieldservice.portal.models import CustomerWord
from fieldservice.portal.standing import capital, day_words, technician_words

#: what stands between two sentences
_BETWEEN = {"zh": ""}


@dataclass(frozen=True)
class Given:
    """What is to be told, as it came with the form."""

    #: made with the form
    message_id: str
    kind: str
    words: str
    language: str
    #: when we come; None: another time is asked for
    expected_at: datetime | None
    #: `mark_of` the messages and `about` of the visit, as the form was opened with them
    after: str
    about: str


def language_of(job: Job) -> str:
    """The language the customer last wrote in on the page of the link; Chinese when nothing is known."""
    query = sa.select(CustomerWord.language).where(CustomerWord.case_id == job.case_id, CustomerWord.language != "")
    found = db.session.scalar(query.order_by(CustomerWord.said_at.desc(), CustomerWord.id.desc()).limit(1))
    return found if found in i18n.LANGUAGES else i18n.DEFAULT_LANGUAGE


def about(job: Job) -> str:
    """Who comes and what was agreed: words prepared for another technician or window are not to be sent."""
    return f"{job.lead_id or ''}|{job.window_start_at.isoformat() if job.window_start_at else ''}"


def prepared(job: Job, kind: str, expected_at: datetime | None, language: str, *, at: datetime) -> str:
    """The message in that language: short, with time, apology, who comes, whom to call, and the customer's page."""
    with i18n.speaking(language):
        sentences = [_greeting(job), _news(job, kind, expected_at, at)]
        if kind == LATER and job.lead is not None:
            sentences.append(_who(job.lead))
        # an address ends where a line does: nothing is written close to it
        return "\n".join([_BETWEEN.get(language, " ").join(sentences), *_where(job, kind)])[:MESSAGE_LIMIT]


def takes_messages(job: Job) -> bool:
    """Whether the gateway can reach this customer: one is set, and the number takes messages."""
    return gateway() is not None and rules.takes_sms(job.site.customer.phone)


def begin(job: Job, given: Given, *, by: Person, at: datetime) -> CustomerMessage:
    """Writes down that the message is being sent; the caller commits, asks the gateway, and calls `finish`.

    What the gateway did not take is sent again under the same id, so that it is not taken twice. Raises Conflict,
    RuleBroken.
    """
    last = _check(job, given, at)
    if not takes_messages(job):
        raise RuleBroken("message_no_way")
    if last is None or last.state not in (FAILED, SENDING) or (last.words, last.expected_at) != (
            given.words, given.expected_at):  # fmt: skip
        last = _row(job, given, GATEWAY, SENDING, by, at)
        last.number_masked = rules.masked_middle(job.site.customer.phone)
    last.state, last.begun_at, last.by_id = SENDING, at, by.id
    return last


def finish(message_id: str, *, is_taken: bool, by: Person, at: datetime) -> None:
    """What became of it at the gateway."""
    row = db.session.get_one(CustomerMessage, message_id, populate_existing=True)
    row.state, row.told_at = (SENT, at) if is_taken else (FAILED, None)
    _log("tell_customer" if is_taken else "tell_failed", row, by, at)


def note_told(job: Job, given: Given, channel: str, *, by: Person, at: datetime) -> CustomerMessage:
    """Writes down that somebody told the customer by own hand. Raises Conflict, RuleBroken."""
    _check(job, given, at)
    row = _row(job, given, channel, TOLD, by, at)
    row.told_at = at
    _log("tell_customer", row, by, at)
    return row


def _check(job: Job, given: Given, at: datetime) -> CustomerMessage | None:
    """The last message about the visit, when one more may follow it. Raises Conflict, RuleBroken."""
    fault = rules.wish_fault(job.state)
    if fault:
        raise RuleBroken(fault)
    known = messages.messages_of([job.id]).get(job.id, [])
    last = known[-1] if known else None
    if last is not None and (last.id == given.message_id or messages.mark_of(known) != given.after):
        code = "message_being_sent" if messages.is_being_sent(last, at) else "message_told_meanwhile"
        raise Conflict(code, who=last.by.name, time=i18n.day_and_time(last.begun_at, job.branch.timezone))
    if last is not None and messages.is_being_sent(last, at):
        raise Conflict("message_being_sent", who=last.by.name,
                       time=i18n.day_and_time(last.begun_at, job.branch.timezone))  # fmt: skip
    if given.about != about(job):
        raise Conflict("message_outdated")
    if not given.words:
        raise RuleBroken("words_missing")
    if (given.kind == LATER) != (given.expected_at is not None):
        raise RuleBroken("message_time_missing")
    return last


def _row(job: Job, given: Given, channel: str, state: str, by: Person, at: datetime) -> CustomerMessage:
    row = CustomerMessage(
        id=given.message_id, job_id=job.id, kind=given.kind, window_start_at=job.window_start_at, lead_id=job.lead_id,
        expected_at=given.expected_at, words=given.words, language=given.language, channel=channel, state=state,
        by_id=by.id, begun_at=at)  # fmt: skip
    row.job = job
    db.session.add(row)
    return row


def _log(kind: str, row: CustomerMessage, by: Person, at: datetime) -> None:
    expected = row.expected_at.isoformat() if row.expected_at else None
    log_office_edit(kind, row.job, by=by, at=at, message_id=row.id, channel=row.channel, words=row.words,
                    expected_at=expected)  # fmt: skip


def _greeting(job: Job) -> str:
    return _("Dear %(customer)s, this is %(branch)s.", customer=job.site.customer.address_form, branch=job.branch.name)


def _news(job: Job, kind: str, expected_at: datetime | None, at: datetime) -> str:
    agreed = _agreed(job, at)
    if kind == ASK_TIME or expected_at is None:
        if not agreed:
            return _("We cannot come as planned, and we are sorry. Which other time suits you?")
        return _("We cannot come %(agreed)s as agreed, and we are sorry. Which other time suits you?", agreed=agreed)
    zone = job.branch.timezone
    local, today = i18n.local(expected_at, zone), i18n.local(at, zone).date()
    time = i18n.clock_time(expected_at, zone)
    when = time if job.visit_on == local.date() and agreed else f"{day_words(local.date(), today)} {time}"
    if not agreed:
        return _("We expect to be with you about %(when)s.", when=when)
    if job.window_end_at is not None and expected_at > job.window_end_at:
        return _("Your visit agreed for %(agreed)s will be later, and we are sorry: we expect to come about %(when)s.",
                 agreed=agreed, when=when)  # fmt: skip
    return _("For your visit agreed for %(agreed)s we expect to come about %(when)s.", agreed=agreed, when=when)


def _agreed(job: Job, at: datetime) -> str:
    """'today 10:00–11:30'; '' when no time was agreed."""
    if not (job.visit_on and job.window_start_at and job.window_end_at):
        return ""
    zone = job.branch.timezone
    window = i18n.window(job.window_start_at, job.window_end_at, zone)
    return f"{day_words(job.visit_on, i18n.local(at, zone).date())} {window}"


def _who(lead: Person) -> str:
    name = technician_words(lead.name)
    return capital(_("%(name)s comes, badge %(badge)s.", name=name, badge=lead.badge_no)) if lead.badge_no else capital(
        _("%(name)s comes.", name=name))


def _where(job: Job, kind: str) -> list[str]:
    link = queries.case_link_of(job.case_id)
    found = []
    if link is not None and link.revoked_at is None:
        address = actions.address_of(link)
        found.append(_("Choose a time here: %(address)s", address=address) if kind == ASK_TIME else _(
            "Where it stands, or another time: %(address)s", address=address))  # fmt: skip
    if job.branch.phone:
        found.append(_("Call us: %(phone)s", phone=job.branch.phone))
    return found
