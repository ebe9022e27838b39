"""Proposals in words: what is proposed and why, and why a visit finds no place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from fieldservice.core import i18n
from fieldservice.core.i18n import gettext as _
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.dispatch.models import Proposal
from fieldservice.jobs.models import Job
from fieldservice.people.queries import skill_words
from fieldservice.web.words import reason_words

MODES = {"fill": _l("Fill the gaps"), "replan": _l("Repair the day"), "full": _l("Plan anew")}
MODE_HINTS = {
    "fill": _l("Gives away what nobody has. Whoever has something keeps it, at the same time."),
    "replan": _l("For a day that slipped: somebody is sick, something takes longer. Changes as little as it can."),
    "full": _l("Plans everything that has not begun, whoever has it now."),
}
STATES = {
    "waiting": _l("Waits for the background worker"), "working": _l("Being worked out"), "done": _l("Ready"),
    "cancelled": _l("Called off"), "failed": _l("Failed"), "outdated": _l("Replaced by a newer one"),
}
GETTING_READY = _l("The search is being got ready")
WISHES = {
    "travel": _l("Fewer kilometres"), "changes": _l("Fewer changes"), "fairness": _l("Fair load"),
    "punctuality": _l("Punctuality"),
}
LEVELS = (_l("less"), _l("as usual"), _l("more"), _l("much more"))
AWAY = {
    "off": _l("has the day off"), "sick": _l("is sick"), "no_shift": _l("does not work that day"),
    "inactive": _l("is no longer a technician here"),
}


@dataclass(frozen=True)
class Names:
    """What ids in a proposal are called."""

    jobs: Mapping[str, Job] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)

    def job(self, job_id: str) -> str:
        """The customer's form of address; a visit that may not be seen any more has none."""
        job = self.jobs.get(job_id)
        return job.case.customer.address_form if job else _("another visit")

    def person(self, person_id: Any) -> str:
        return self.people.get(str(person_id), _("somebody"))


def state_words(found: Proposal) -> str:
    """Where it is, as a page says it."""
    return str(GETTING_READY if found.is_under_way and found.is_getting_ready else STATES[found.state])


def why_words(why: Mapping[str, Any], names: Names) -> str:
    """Why somebody should go there, in a sentence or two."""
    said = [_WHY[why["because"]](why, names)]
    if why.get("late"):
        said.append(_("%(minutes)s min after the window.", minutes=why["late"]))
    return " ".join(said)


def reason_of_unplaced(code: str, facts: Mapping[str, Any], job: Job | None, names: Names) -> str:
    """Why a visit finds no place, in a sentence."""
    teller = _UNPLACED.get(code)
    return teller(facts, job, names) if teller else _("Everybody's day is full.")


def refused_words(refused: Mapping[str, Any]) -> str:
    """Why a line was not taken over."""
    facts = dict(refused.get("facts", {}))
    if "why" in facts:
        facts["why"] = str(AWAY.get(facts["why"], facts["why"]))
    if "numbers" in facts:
        facts["numbers"] = _(", ").join(map(str, facts["numbers"]))
    if refused["code"] == "changed_meanwhile":
        return _("The visit was changed since the proposal was made. It stays as it is now.")
    return reason_words(refused["code"], facts)


def _away(facts: Mapping[str, Any], names: Names) -> str:
    return _("%(name)s %(why)s.", name=names.person(facts["technician"]), why=str(AWAY.get(facts["why"], facts["why"])))


def _near(facts: Mapping[str, Any], names: Names) -> str:
    if facts.get("after"):
        return _("%(minutes)s min from %(customer)s.", minutes=facts["minutes"], customer=names.job(facts["after"]))
    return _("%(minutes)s min from where the day begins.", minutes=facts["minutes"])


_WHY: dict[str, Callable[[Mapping[str, Any], Names], str]] = {
    "away": _away,
    "in_time": lambda facts, _names: _("Comes in time; it would have been %(minutes)s min late.",
                                       minutes=facts["minutes"]),
    "same_place": lambda facts, names: _("At the same place as %(customer)s.", customer=names.job(facts["after"])),
    "near": _near,
    "order": lambda _facts, _names: _("Fits the order of the day."),
}  # fmt: skip

Teller = Callable[[Mapping[str, Any], Job | None, Names], str]


def _no_skill(facts: Mapping[str, Any], job: Job | None, _names: Names) -> str:
    skills = facts.get("skills") or (job.skills if job else [])
    return _("Nobody who works that day has: %(skills)s.", skills=_skills(skills))


def _expired(facts: Mapping[str, Any], job: Job | None, names: Names) -> str:
    skills = _skills(facts.get("skills") or (job.skills if job else []))
    if facts.get("technician"):
        return _("The certificate of %(name)s has run out: %(skills)s.", name=names.person(facts["technician"]),
                 skills=skills)
    return _("The certificate of whoever had it has run out: %(skills)s.", skills=skills)


def _skills(codes: Any) -> str:
    given = codes.split(", ") if isinstance(codes, str) else list(codes)
    return skill_words(code for code in given if not code.startswith("branch:"))


def _no_shift(facts: Mapping[str, Any], job: Job | None, names: Names) -> str:
    if job and job.lead_id and facts.get("technician") == job.lead_id:
        return _("%(name)s has it and does not work that day.", name=names.person(job.lead_id))
    return _("Nobody who could do it works that day.")


def _pinned(facts: Mapping[str, Any], job: Job | None, names: Names) -> str:
    if job and not job.pinned_lead and job.helper_rows:
        return _("Several go there together: choose by hand who leads.")
    name, why = names.person(facts.get("technician")), str(facts.get("why", ""))
    if why in AWAY:
        return _("The customer asked for %(name)s, who %(why)s.", name=name, why=str(AWAY[why]))
    words = {
        "no_skill": _("does not have the skill"), "window": _("cannot be there within the window"),
        "lunch": _("would miss lunch"), "load": _("has no room in the van"), "too_long": _("has too short a shift"),
        "too_far": _("is too far away"), "after_shift": _("would not be home in time"), "full": _("has a full day"),
        "no_shift": _("does not work that day"),
    }.get(why, _("cannot come"))  # fmt: skip
    return _("The customer asked for %(name)s, who %(why)s.", name=name, why=words)


def _window(facts: Mapping[str, Any], job: Job | None, names: Names) -> str:
    minutes, name = facts.get("minutes"), names.person(facts.get("technician"))
    if minutes is None or "technician" not in facts:
        return _("Nobody can be there within the window.")
    if job and job.window_end_at:
        at = i18n.clock_time(job.window_end_at + timedelta(minutes=int(minutes)), job.branch.timezone)
        return _("%(name)s could be there at %(time)s, %(minutes)s min after the window.", name=name, time=at,
                 minutes=minutes)
    return _("%(name)s could be there %(minutes)s min after the window.", name=name, minutes=minutes)


def _after_shift(facts: Mapping[str, Any], _job: Job | None, names: Names) -> str:
    return _("%(name)s could do it, but would be home %(minutes)s min after the shift.",
             name=names.person(facts.get("technician")), minutes=facts.get("minutes", 0))


def _too_far(facts: Mapping[str, Any], _job: Job | None, names: Names) -> str:
    if "km" in facts:
        return _("Its position is %(km)s km from whoever could come. Put the pin right.", km=facts["km"])
    return _("Too far to get there and back within a shift: %(name)s would need %(minutes)s min more.",
             name=names.person(facts.get("technician")), minutes=facts.get("minutes", 0))


def _displaces(facts: Mapping[str, Any], _job: Job | None, names: Names) -> str:
    said = {"customer": names.job(str(facts.get("visit_id", ""))), "name": names.person(facts.get("technician"))}
    if not facts.get("minutes"):
        return _("Would displace %(customer)s at %(name)s, which is worth as much.", **said)
    return _("Would displace %(customer)s at %(name)s, which is worth as much: with both the day is %(minutes)s min too "
             "long.", minutes=facts["minutes"], **said)


def _load(facts: Mapping[str, Any], _job: Job | None, names: Names) -> str:
    if "load" not in facts:
        return _("The boards fit into nobody's van any more.")
    return _("%(load)s m² of boards: %(name)s has most room left, %(free)s m².", load=facts["load"], free=facts["free"],
             name=names.person(facts.get("technician")))


def _said(message: Any) -> Teller:
    return lambda _facts, _job, _names: str(message)


_UNPLACED: dict[str, Teller] = {
    "no_position": _said(_l("The address has no position on the map yet.")),
    "position_in_sea": _said(_l("Its position lies in the sea or abroad. Put the pin right.")),
    "too_far": _too_far,
    "window_past": _said(_l("Its window has passed already.")),
    "no_technicians": _said(_l("Nobody works on this day.")),
    "no_skill": _no_skill,
    "certificate_expired": _expired,
    "no_shift": _no_shift,
    "pinned_cannot": _pinned,
    "window": _window,
    "lunch": _said(_l("Would cost somebody the lunch break.")),
    "too_long": _said(_l("Takes longer than anybody's shift of that day.")),
    "load": _load,
    "after_shift": _after_shift,
    "would_displace": _displaces,
    "full": _said(_l("Everybody's day is full.")),
}
