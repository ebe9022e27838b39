"""Slips in words."""

from fieldservice.core import i18n
from fieldservice.core.i18n import gettext as _
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.dispatch import slips
from fieldservice.dispatch.slip_page import Shown
from fieldservice.dispatch.slips import Expected
from fieldservice.routing.model import Reason

CERTAINTIES = {slips.SURE: _l("on the way there"), slips.LIKELY: _l("next"), slips.ROUGH: _l("rough estimate")}
ICONS = {slips.URGENT: "triangle-alert", slips.SICK: "user-round-x", slips.OFF: "calendar-off",
         slips.OVERRUN: "hourglass",
         slips.LATE_START: "clock-alert", slips.BEHIND: "clock-arrow-down", slips.FULL: "calendar-clock"}  # fmt: skip


def title(shown: Shown, zone: str, *, may_know: bool = True) -> str:
    """What happened, in a sentence. `may_know`: the reader plans, and so knows who is sick."""
    slip = shown.slip
    name = shown.person.name if shown.person else ""
    where = shown.job.case.customer.address_form if shown.job else ""
    if slip.kind == slips.URGENT:
        return _("Emergency at %(customer)s: nobody goes yet", customer=where)
    if slip.is_away and not may_know:
        return _("%(name)s is away", name=name)
    if slip.kind == slips.SICK:
        return _("%(name)s is sick", name=name)
    if slip.kind == slips.OFF:
        return _("%(name)s has the day off", name=name)
    if slip.kind == slips.OVERRUN:
        return _("%(name)s: the work at %(customer)s takes longer than planned, by %(minutes)s min so far",
                 name=name, customer=where, minutes=slip.minutes)  # fmt: skip
    if slip.kind == slips.LATE_START and slip.since:
        return _("%(name)s has not set out; for %(customer)s it was time at %(time)s", name=name, customer=where,
                 time=i18n.clock_time(slip.since, zone))  # fmt: skip
    if slip.kind == slips.BEHIND:
        return _("%(name)s is behind the plan, now with %(customer)s", name=name, customer=where)
    return _("%(name)s: the day does not fit from %(customer)s on", name=name, customer=where)


def expected(found: Expected, zone: str) -> str:
    """'about 12:10, 40 min late, rough estimate'; past the working day no time is said."""
    if found.is_after_shift:
        return _("not within working hours today any more")
    at, late_minutes, certainty = found.at, found.late_minutes, found.certainty
    time, sure = i18n.clock_time(at, zone), str(CERTAINTIES[certainty])
    if not late_minutes:
        return _("about %(time)s (%(certainty)s)", time=time, certainty=sure)
    return _("about %(time)s, %(minutes)s min late (%(certainty)s)", time=time, minutes=late_minutes, certainty=sure)


def why(reason: Reason) -> str:
    """Why nobody can take a visit."""
    facts = reason.facts
    sentences = {
        "no_technicians": _("Nobody else is there."),
        "no_skill": _("Nobody else who is there has what it needs."),
        "pinned_cannot": _("The customer asked for this technician."),
        "crew": _("Several go there together: choose by hand who leads."),
        "window": _("Nobody can be there in time; the nearest would be %(minutes)s min late.",
                    minutes=facts.get("minutes", "?")),
        "after_shift": _("Nobody could do it within working hours."),
        "no_position": _("Nobody knows where it is: set its position on the map."),
        "position_in_sea": _("Its position lies in the sea or abroad: set it on the map."),
        "too_far": _("It is too far away: check its position."),
        "window_past": _("Its window is over."),
    }  # fmt: skip
    return sentences.get(reason.code, _("Nobody can take it without making others late."))


def figures(shown: Shown) -> list[str]:
    """What a change comes to, in short sentences."""
    change = shown.change
    if change is None:
        return []
    found = [_("Visits changed: %(count)s", count=len(change.moves))]
    late = len(change.still_late)
    found.append(_("everybody in time") if not late else _("still late: %(count)s", count=late))
    minutes = round(change.extra_travel / 60)
    found.append(_("%(minutes)s min more on the road", minutes=minutes) if minutes >= 0 else _(
        "%(minutes)s min less on the road", minutes=-minutes))  # fmt: skip
    if change.extra_overtime >= 60:
        found.append(_("the day ends %(minutes)s min later", minutes=-(-change.extra_overtime // 60)))
    return found
