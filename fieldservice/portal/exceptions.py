"""What customers said by their link and wait to be answered, among what a desk handles first."""

from collections.abc import Iterator

from fieldservice.accounts.models import Person
from fieldservice.core import i18n
from fieldservice.core.i18n import gettext as _
from fieldservice.portal import queries
from fieldservice.portal.models import COMPLAINT, DISPUTED, RATING, WISH, CustomerWord
from fieldservice.portal.words import ABOUT_WORDS
from fieldservice.web.case_words import CASE_KINDS
from fieldservice.web.exceptions import Action, Asked, Matter, gives_matters
from fieldservice.web.job_words import TYPES

_KINDS = {DISPUTED: "dispute", COMPLAINT: "complaint", RATING: "rating", WISH: "wish"}
#: of a customer's words on one line
_SHORT = 60


@gives_matters
def words_to_answer(asked: Asked) -> Iterator[Matter]:
    """Disputes, complaints, low ratings and wishes for another time."""
    found = queries.open_words(asked.branch_ids, 4 * asked.most + 1)
    owners = queries.owners_of([word.id for word in found])
    for word in found:
        assert word.answer_by_at
        yield Matter(
            kind=_KINDS[word.kind], key=word.id, subject=_subject(word), words=_words(asked, word),
            due_at=word.answer_by_at, since=word.said_at,
            clock=_("answer promised by %(time)s", time=i18n.day_and_time(word.answer_by_at, asked.timezone)),
            detail=_detail(asked, word, owners.get(word.id)), action=_action(asked, word),
        )  # fmt: skip


def _subject(word: CustomerWord) -> str:
    about = TYPES[word.job.type] if word.job else CASE_KINDS[word.case.kind]
    return f"{word.case.customer.address_form} {about}"


def _words(asked: Asked, word: CustomerWord) -> str:
    if word.kind == WISH and word.wish_start_at and word.wish_end_at:
        zone = word.case.branch.timezone
        day = i18n.day(i18n.local(word.wish_start_at, zone).date())
        return _("wishes for %(day)s %(window)s", day=day, window=i18n.window(word.wish_start_at, word.wish_end_at, zone))
    if word.kind == RATING:
        marks = " · ".join(str(mark or "–") for mark in (word.attitude, word.efficiency, word.skill))
        return _("rated %(marks)s", marks=marks)
    if word.about in ("amount", "signature"):
        about = ABOUT_WORDS[word.about]
        return _("%(about)s: “%(words)s”", about=about, words=_shortened(word.words))
    return _("says: “%(words)s”", words=_shortened(word.words))


def _detail(asked: Asked, word: CustomerWord, owner: Person | None) -> str:
    branch = word.case.branch.name if len(asked.branch_ids) > 1 else ""
    number = word.job.number if word.job else word.case.number
    lead = word.job.lead.name if word.job and word.job.lead else ""
    said = _shortened(word.words) if word.kind in (WISH, RATING) else ""
    looks_after = _("looked after by %(name)s", name=owner.name) if owner else ""
    return " · ".join(filter(None, [looks_after, lead, number, said, branch]))


def _action(asked: Asked, word: CustomerWord) -> Action:
    if not asked.viewer.can("jobs.edit"):
        about = f"/jobs/{word.job_id}" if word.job_id else f"/cases/{word.case_id}"
        return Action(_("Look at it"), f"{about}#customer-link")
    if word.kind == WISH:
        return Action(_("Agree and move"), f"/words/{word.id}/acceptance?next=/")
    return Action(_("Answer"), f"/words/{word.id}/answer?next=/")


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHORT else f"{line[:_SHORT]}…"
