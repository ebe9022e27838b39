"""Where a case stands, in plain sentences for its customer: what is, what comes next, and when."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fieldservice.cases.models import Case
from fieldservice.core import i18n
from fieldservice.core.i18n import gettext as _
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.dispatch import messages
from fieldservice.dispatch.messages import CustomerMessage
from fieldservice.jobs import queries as job_queries
from fieldservice.jobs.models import Job
from fieldservice.jobs.rules import (
    ABSENT,
    ACCEPTED,
    ARRIVED,
    ASSIGNED,
    CANCELLED,
    EN_ROUTE,
    ENDED,
    FINISHED,
    UNASSIGNED,
    UNFINISHED,
    WORKING,
)
from fieldservice.portal import queries, rules

#: who comes is said from this long before the day: until then it may still change
SAID_BEFORE = timedelta(days=1)

#: a time that was told is believed for so long after it
TOLD_HOLDS = timedelta(minutes=30)

#: the technician was at the door
_CAME = frozenset({ARRIVED, WORKING, FINISHED, UNFINISHED, ABSENT})

#: nobody was there yet
_AHEAD = frozenset({UNASSIGNED, ASSIGNED, ACCEPTED, EN_ROUTE})

STATE_WORDS = {
    UNASSIGNED: _l("Being planned"), ASSIGNED: _l("Arranged"), ACCEPTED: _l("Arranged"), EN_ROUTE: _l("On the way"),
    ARRIVED: _l("At your home"), WORKING: _l("At work"), FINISHED: _l("Finished"), UNFINISHED: _l("Not finished yet"),
    ABSENT: _l("Nobody was at home"), CANCELLED: _l("Cancelled"),
}  # fmt: skip


@dataclass(frozen=True)
class Plank:
    """One stage: its words, when it was reached ('' not yet), how full it is (0 to 1)."""

    words: Any
    when: str
    full: float
    is_current: bool = False


@dataclass(frozen=True)
class Standing:
    """The first thing a customer reads."""

    #: None: there is no visit
    visit: Job | None
    sentence: str
    #: the second line: window and kind of visit; '' when there is nothing to add
    detail: str
    next: str
    planks: list[Plank]
    #: which visit it is and of how many; None: the only one, or none
    count: tuple[int, int] | None
    shows_technician: bool


@dataclass(frozen=True)
class Moment:
    """What words need: the case, the clock, the zone."""

    case: Case
    now: datetime
    #: what the customer was told about when we come to the visit this is about; None: nothing that still counts
    told: CustomerMessage | None = None

    @property
    def zone(self) -> str:
        return self.case.branch.timezone

    @property
    def today(self) -> date:
        return i18n.local(self.now, self.zone).date()

    def day(self, value: date) -> str:
        """'today', 'tomorrow', '11月21日 星期六'."""
        return day_words(value, self.today)

    def time(self, moment: datetime) -> str:
        """'today 18:00'."""
        local = i18n.local(moment, self.zone)
        return f"{self.day(local.date())} {i18n.clock_time(moment, self.zone)}"

    def by(self, moment: datetime) -> str:
        """Who calls by when; once that is over, that we are late and what to do."""
        branch = self.case.branch.name
        if moment > self.now:
            return _("%(branch)s will call you by %(time)s.", branch=branch, time=self.time(moment))
        return _("This is taking longer than we promised, and we are sorry. Please call %(branch)s "
                 "between %(hours)s for an answer right away.", branch=branch, hours=hotline_hours())  # fmt: skip


def hotline_hours() -> str:
    """'9:00–22:00'."""
    return f"{rules.OPENS:%-H:%M}–{rules.CLOSES:%-H:%M}"


def day_words(value: date, today: date) -> str:
    """'today', 'tomorrow', 'yesterday', else the day itself."""
    words = {0: _("today"), 1: _("tomorrow"), -1: _("yesterday")}
    return words.get((value - today).days) or i18n.day(value)


def window_words(job: Job, now: datetime) -> str:
    """'today 10:30–12:00'; '' when no day is planned."""
    zone = job.branch.timezone
    if job.visit_on is None:
        return ""
    day = day_words(job.visit_on, i18n.local(now, zone).date())
    if job.window_start_at is None or job.window_end_at is None:
        return day
    return f"{day} {i18n.window(job.window_start_at, job.window_end_at, zone)}"


def technician_words(name: str) -> str:
    """How a customer calls who comes: '王建国师傅'."""
    return _("technician %(name)s", name=name)


def standing_of(case: Case, visits: Sequence[Job], now: datetime) -> Standing:
    """Where the case stands at this moment."""
    visit, moment = rules.current_visit(visits), Moment(case, now)
    if visit is None:
        due = rules.call_by(case.opened_at, rules.PLAN_WITHIN, moment.zone)
        return Standing(None, _("We have your request"), "", moment.by(due), _planks(moment, None), None, False)
    if visit.state in _AHEAD:
        moment = replace(moment, told=_told(visit, now))
    sentence, following = _said_anew(moment, visit) or _SAYERS[visit.state](moment, visit)
    window = window_words(visit, now)
    detail = capital(window) if visit.state not in ENDED and window not in sentence else ""
    counted = [one for one in visits if one.state != CANCELLED]
    number = counted.index(visit) + 1 if visit in counted else 0
    count = (number, len(counted)) if number and len(counted) > 1 else None
    planks = _planks(moment, visit)
    return Standing(visit, sentence, detail, following, planks, count, is_technician_said(visit, moment.today))


def is_technician_said(visit: Job, today: date) -> bool:
    """Whether it is sensible to say who comes: it is accepted, or the day is near; a cancelled visit has nobody."""
    if visit.lead is None or visit.state == CANCELLED:
        return False
    is_near = visit.visit_on is not None and visit.visit_on - SAID_BEFORE <= today
    return visit.state not in (UNASSIGNED, ASSIGNED) or is_near


def _told(job: Job, now: datetime) -> CustomerMessage | None:
    """What was told and still counts: a time that is over by much was not kept, and is not said any more."""
    found = messages.told_about(job)
    is_over = found is not None and found.expected_at is not None and found.expected_at + TOLD_HOLDS < now
    return None if is_over else found


def _said_anew(moment: Moment, job: Job) -> tuple[str, str] | None:
    """As the customer was told: never before, so that nobody reads here what nobody has said."""
    told = moment.told
    if told is None:
        return None
    if told.expected_at is None:
        return (
            _("We cannot come at the time agreed, and we are sorry"),
            _("Please ask for another time below, or call %(branch)s between %(hours)s.",
              branch=moment.case.branch.name, hours=hotline_hours()),
        )  # fmt: skip
    when, is_late = moment.time(told.expected_at), job.window_end_at is not None and told.expected_at > job.window_end_at
    name = technician_words(job.lead.name) if job.lead and is_technician_said(job, moment.today) else ""
    if job.state == EN_ROUTE and name:
        sentence = _("%(name)s is on the way, and with you about %(when)s", name=name, when=when)
    else:
        sentence = _("%(name)s comes about %(when)s", name=name, when=when) if name else _(
            "We come about %(when)s", when=when)  # fmt: skip
    sorry = _("This is later than agreed, and we are sorry. Compare the badge number before you open. Does it not suit "
              "you any more? Ask for another time below.")  # fmt: skip
    follows = _("The technician will show a badge at the door, %(when)s. Compare the number before you open.", when=when)
    return capital(sentence), sorry if is_late else follows


def _unassigned(moment: Moment, job: Job) -> tuple[str, str]:
    if job.visit_on is None:
        due = rules.call_by(job.created_at, rules.PLAN_WITHIN, moment.zone)
        return _("We are planning your visit"), moment.by(due)
    when = window_words(job, moment.now)
    if job.window_start_at is None:
        return _("Your visit is planned for %(day)s", day=when), moment.by(_day_before(moment, job.visit_on))
    if moment.now >= job.window_start_at:
        return _late(moment, job)
    due = min(_day_before(moment, job.visit_on), job.window_start_at - timedelta(hours=2))
    if due <= moment.now:
        due = job.window_start_at
    return (
        _("Your visit is agreed for %(when)s", when=when),
        _("We are choosing your technician. You will see the name and badge number here by %(time)s.",
          time=moment.time(due)),
    )


def _planned(moment: Moment, job: Job) -> tuple[str, str]:
    if job.visit_on is None or job.window_start_at is None:
        return _unassigned(moment, job)
    if moment.now > (job.window_end_at or job.window_start_at):
        return _late(moment, job)
    when = window_words(job, moment.now)
    follows = _("The technician will show a badge at the door, %(when)s. Compare the number before you open.", when=when)
    if is_technician_said(job, moment.today) and job.lead:
        name = technician_words(job.lead.name)
        return capital(_("%(name)s comes %(when)s", name=name, when=when)), follows
    return _("Your visit is agreed for %(when)s", when=when), follows


def _late(moment: Moment, job: Job) -> tuple[str, str]:
    return (
        _("We are running late, and we are sorry"),
        _("Please call %(branch)s between %(hours)s and we will tell you at once when we come. "
          "Or ask for another time below.", branch=moment.case.branch.name, hours=hotline_hours()),
    )  # fmt: skip


def _en_route(moment: Moment, job: Job) -> tuple[str, str]:
    name = technician_words(job.lead.name) if job.lead else ""
    sentence = capital(_("%(name)s is on the way", name=name))
    if job.window_end_at and job.window_end_at > moment.now:
        follows = _("The technician will ring by %(time)s at the latest. Compare the badge number before you open.",
                    time=i18n.clock_time(job.window_end_at, moment.zone))  # fmt: skip
    elif job.window_end_at:
        follows = _("We are running late, and we are sorry. Call %(branch)s and we will tell you when to expect us.",
                    branch=moment.case.branch.name)  # fmt: skip
    else:
        follows = _("The technician will ring %(day)s. Compare the badge number before you open.", day=_("today"))
    return sentence, follows


def _at_home(moment: Moment, job: Job) -> tuple[str, str]:
    name = technician_words(job.lead.name) if job.lead else ""
    began = _reached(job, "start") or _reached(job, "arrive") or moment.now
    until = began + timedelta(minutes=job.planned_minutes)
    sentence = capital(_("%(name)s is with you", name=name))
    if until > moment.now:
        return sentence, _("The work will take until about %(time)s. Then please check the result, sign and rate.",
                           time=i18n.clock_time(until, moment.zone))  # fmt: skip
    return sentence, _("It is taking a little longer than planned; the technician will tell "
                       "you until when. Then please check the result, sign and rate.")  # fmt: skip


def _finished(moment: Moment, job: Job) -> tuple[str, str]:
    ended = _reached(job, "finish")
    said = _("Finished %(time)s", time=moment.time(ended)) if ended else _("Finished")
    until = i18n.full_date(i18n.local((ended or moment.now) + rules.GOOD_FOR, moment.zone).date())
    return said, _("Is everything as it should be? Please tell us below, by %(day)s.", day=until)


def _unfinished(moment: Moment, job: Job) -> tuple[str, str]:
    promised = job_queries.promised_at(job)
    if promised and promised > moment.now:
        return _("Not finished yet"), _("We come again: %(time)s.", time=moment.time(promised))
    ended = _reached(job, "cannot_finish") or moment.now
    return _("Not finished yet"), moment.by(rules.call_by(ended, rules.CALL_AFTER_VISIT, moment.zone))


def _absent(moment: Moment, job: Job) -> tuple[str, str]:
    ended = _reached(job, "customer_absent") or moment.now
    due = moment.by(rules.call_by(ended, rules.CALL_AFTER_VISIT, moment.zone))
    return _("We came, but nobody was at home"), due


def _cancelled(moment: Moment, job: Job) -> tuple[str, str]:
    return (
        _("Your visit is cancelled"),
        _("Nobody comes. Is that a mistake? Call %(branch)s between %(hours)s.", branch=moment.case.branch.name,
          hours=hotline_hours()),
    )  # fmt: skip


_SAYERS = {
    UNASSIGNED: _unassigned, ASSIGNED: _planned, ACCEPTED: _planned, EN_ROUTE: _en_route, ARRIVED: _at_home,
    WORKING: _at_home, FINISHED: _finished, UNFINISHED: _unfinished, ABSENT: _absent, CANCELLED: _cancelled,
}  # fmt: skip


def _planks(moment: Moment, job: Job | None) -> list[Plank]:
    """Received, planned, on the way, at your home, done; the one reached last is the current one."""
    case, zone = moment.case, moment.zone
    state = job.state if job else ""
    is_planned = job is not None and state not in (UNASSIGNED, CANCELLED) and job.visit_on is not None
    left, came = (_reached(job, "depart"), _reached(job, "arrive")) if job else (None, None)
    ended = (_reached(job, "finish") or _reached(job, "cannot_finish")) if job else None
    chosen = queries.planned_at(job) if job and is_planned else None
    stages: list[tuple[Any, datetime | None, float]] = [
        (_l("Received"), case.opened_at, 1),
        (_l("Arranged"), chosen, 1 if is_planned else 0.5 if job and job.visit_on and state != CANCELLED else 0),
        (_l("On the way"), left, 0.5 if state == EN_ROUTE else 1 if left or state in _CAME else 0),
        (_l("At your home"), came, 0.5 if state in (ARRIVED, WORKING, ABSENT) else 1 if state in _CAME else 0),
        (_l("Done"), ended if state in (FINISHED, UNFINISHED) else None, {FINISHED: 1, UNFINISHED: 0.5}.get(state, 0)),
    ]
    current = max((place for place, (_words, _at, full) in enumerate(stages) if full), default=0)
    return [
        Plank(words, _short(moment, at, zone) if at and full else "", full, place == current)
        for place, (words, at, full) in enumerate(stages)
    ]


def _short(moment: Moment, at: datetime, zone: str) -> str:
    """'10:31' of today, else '11/20', in English '20 Nov'."""
    day = i18n.local(at, zone).date()
    return i18n.clock_time(at, zone) if day == moment.today else i18n.short_day(day)


def _reached(job: Job, step: str) -> datetime | None:
    """When a step was taken that still counts; of the present technician."""
    return next((one.happened_at for one in reversed(job.run_steps) if one.step == step), None)


def _day_before(moment: Moment, day: date) -> datetime:
    """18:00 of the day before a visit; when that is over, two hours after we open on the day itself."""
    zone = ZoneInfo(moment.zone)
    due = datetime.combine(day - timedelta(days=1), rules.LAST_VISIT, zone)
    return due if due > moment.now else datetime.combine(day, rules.OPENS, zone) + timedelta(hours=2)


def capital(text: str) -> str:
    """The same as the beginning of a sentence."""
    return text[:1].upper() + text[1:]

