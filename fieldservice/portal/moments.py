"""What customers say by their link, the desk's answers, and what became of the link, in a timeline."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from fieldservice.core import i18n
from fieldservice.core.db import db
from fieldservice.core.i18n import gettext as _
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.portal.models import CustomerWord
from fieldservice.portal.words import ABOUT_WORDS, CHANNEL_WORDS
from fieldservice.web.timeline import Entry, Fact, Log, Moment, Story, Told, gives_moments, tells

_KINDS = {
    "confirmed": (_l("Confirmed the work"), "circle-check"),
    "disputed": (_l("Disputes the work"), "message-square-warning"),
    "wish": (_l("Asks for another time"), "calendar-sync"), "rating": (_l("Rated the visit"), "star"),
    "complaint": (_l("Complains"), "megaphone"),
}  # fmt: skip
_ANSWERS = {
    "accepted": _l("Agreed to what the customer asked for"), "declined": _l("Declined what the customer asked for"),
    "noted": _l("Answered the customer"),
}  # fmt: skip


@gives_moments
def of_the_customer(story: Story) -> Iterable[Moment]:
    """What was said about these visits; on the page of a case, also what is about all of it."""
    about = [CustomerWord.job_id.in_(story.job_ids)]
    if story.case is not None:
        about.append(CustomerWord.case_id == story.case.id)
    zones = {job.id: job.branch.timezone for job in story.jobs}
    for word in db.session.scalars(sa.select(CustomerWord).where(sa.or_(*about)).order_by(CustomerWord.id)).unique():
        yield _moment(word, zones.get(word.job_id or "", next(iter(zones.values()), "UTC")))


@tells("office.answer_customer")
def answered(entry: Entry, _log: Log) -> Told:
    """The desk's answer; the customer reads it behind the link."""
    words = _ANSWERS.get(str(entry.body.get("answer", "")), _ANSWERS["noted"])
    return Told(words=str(words), kind="customer", icon="message-square", text=str(entry.body.get("words", "")))


@tells("office.take_over_word")
def taken_over(entry: Entry, log: Log) -> Told:
    """Who looks after what the customer said."""
    return Told(words=_("Looks after what the customer said"), kind="customer", icon="user-round")


@tells("office.tell_customer", "office.tell_failed")
def told(entry: Entry, log: Log) -> Told:
    """What the customer was told about when we come, and how."""
    is_told = entry.kind == "office.tell_customer"
    facts = [Fact(_("How"), str(CHANNEL_WORDS.get(str(entry.body.get("channel")), _("In another way"))))]
    zone = next((str(job.branch.timezone) for job in log.story.jobs if job.id == entry.job_id), "UTC")
    if at := _moment_of(entry.body.get("expected_at")):
        facts.append(Fact(_("Expected about"), i18n.day_and_time(at, zone)))
    words = _("Told the customer when we come") if is_told else _("The gateway did not take a message to the customer")
    return Told(words=words, kind="customer", icon="send" if is_told else "circle-alert",
                text=str(entry.body.get("words", "")), facts=facts)  # fmt: skip


def _moment_of(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text)) if text else None
    except ValueError:
        return None


@tells("office.rotate_link", "office.revoke_link")
def link_changed(entry: Entry, _log: Log) -> Told:
    """The address before opens nothing any more."""
    is_new = entry.kind == "office.rotate_link"
    words = _("Made a new link for the customer") if is_new else _("Revoked the customer's link")
    return Told(words=words, icon="link" if is_new else "unlink")


def _moment(word: CustomerWord, zone: str) -> Moment:
    facts = []
    if word.wish_start_at and word.wish_end_at:
        day = i18n.day(i18n.local(word.wish_start_at, zone).date())
        facts.append(Fact(_("Wished time"), f"{day} {i18n.window(word.wish_start_at, word.wish_end_at, zone)}"))
    if word.attitude or word.efficiency or word.skill:
        marks = {name: getattr(word, name) or "–" for name in ("attitude", "efficiency", "skill")}
        facts.append(Fact(_("Rating"), _("Attitude %(attitude)s · efficiency %(efficiency)s · skill %(skill)s", **marks)))
    if word.about:
        facts.append(Fact(_("About"), str(ABOUT_WORDS[word.about])))
    if word.sheet_revision:
        facts.append(Fact(_("Sheet that was read"), _("number %(number)s", number=word.sheet_revision)))
    if word.kind in ("confirmed", "disputed") and word.tied_by:
        by = _("link and last four digits of the phone") if word.tied_by == "digits" else _("code by SMS")
        facts.append(Fact(_("Tied by"), by))
    waits = word.answer_by_at is not None and word.answer is None
    if waits and word.answer_by_at:
        facts.append(Fact(_("Answer promised by"), i18n.day_and_time(word.answer_by_at, zone)))
    words, icon = _KINDS[word.kind]
    return Moment(id=word.id, at=word.said_at, kind="customer", icon=icon, words=str(words),
                  by=_("the customer, by link"), job_id=word.job_id, text=word.words, facts=facts, row=word,
                  marks=[(_("waits for an answer"), "wait")] if waits else [])  # fmt: skip
