"""What speaks against a place for a visit, in words: those of `static/js/behaviours/board/words.js`."""

from collections.abc import Mapping
from datetime import date

from fieldservice.core import i18n
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.dispatch.conflicts import Remark
from fieldservice.web.job_words import AGAINST, WHY_AWAY

#: by code; `customer_told` of another day has its own
WORDS = {
    **AGAINST,
    **WHY_AWAY,
    "may_not_assign": _l("Your role does not decide who goes. The time can be changed in its own row."),
    "other_branch": _l("%(name)s belongs to another branch."),
    "no_shift": _l("%(name)s does not work on this day of the week."),
    "outside_shift": _l("%(name)s works %(window)s."),
    "overlap": _l("%(name)s is then at %(customer)s, %(window)s."),
    "late_here": _l("%(name)s cannot arrive in time: %(minutes)s min late."),
    "late_there": _l("%(name)s would then be %(minutes)s min late at %(customer)s."),
    "no_position": _l("The place is not known: nobody can say how long the way is."),
    "load": _l("The van of %(name)s takes %(van)s m², this day has %(load)s m²."),
    "over_midnight": _l("It would end after midnight."),
    "window_over": _l("This time is over."),
    "window_begun": _l("This time has begun."),
    "customer_told": _l("The customer was told %(window)s: call them."),
    "window_stays": _l("The window agreed, %(window)s, stays."),
    "has_begun": _l("The visit has begun; somebody else starts anew."),
    "nobody_goes": _l("Nobody goes then."),
}
TOLD_ANOTHER_DAY = _l("The customer was told %(day)s %(window)s: call them.")


def words_of(remark: Remark, skills: Mapping[str, str]) -> str:
    """One sentence; `skills`: code → name."""
    facts = dict(remark.facts)
    if "skill" in facts:
        facts["skill"] = skills.get(facts["skill"], facts["skill"])
    if "until" in facts:
        facts["until"] = i18n.day(date.fromisoformat(facts["until"]))
    if facts.get("day"):
        facts["day"] = i18n.day(date.fromisoformat(facts["day"]))
        return str(TOLD_ANOTHER_DAY) % facts
    return str(WORDS[remark.code]) % facts
