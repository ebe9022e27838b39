"""What dispatch has handled first: visits nobody goes to, late ones, silent phones, visits to make again."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import url_for

from fieldservice.accounts.models import Person
from fieldservice.core import i18n
from fieldservice.core.i18n import gettext as _
from fieldservice.dispatch import positions, queries, rules, slip_page, slip_words, slips
from fieldservice.dispatch.queries import Contact, Duty
from fieldservice.jobs.models import Job
from fieldservice.jobs.rules import UNASSIGNED
from fieldservice.people.queries import plans
from fieldservice.web.exceptions import Action, Asked, Matter, gives_matters
from fieldservice.web.job_words import PRIORITIES, STATES, TYPES

#: a visit that was to be made again and was not, is looked for this far back
REPEAT_WITHIN = timedelta(days=30)


@gives_matters
def jobs_in_trouble(asked: Asked) -> Iterator[Matter]:
    """Visits that nobody goes to, and late ones."""
    today = i18n.local(asked.now, asked.timezone).date()
    for job in queries.troubled_jobs(asked.branch_ids, today, asked.now, 2 * asked.most + 1):
        yield _unassigned(asked, job) if job.state == UNASSIGNED else _late(asked, job)


@gives_matters
def slips_of_today(asked: Asked) -> Iterator[Matter]:
    """What will make customers wait and is not said by a visit that is late already, while one of them is not told."""
    today = i18n.local(asked.now, asked.timezone).date()
    found = [slip for slip in slips.of_day(asked.branch_ids, today, asked.now).slips if slip.kind != slips.URGENT]
    if not found:
        return
    ids = {job_id for slip in found for job_id in (*slip.touched, slip.job_id) if job_id}
    shown = slip_page.touched_by(found[: asked.most + 1], {job.id: job for job in queries.jobs_with(asked.viewer, ids)},
                                 slips.of_day(asked.branch_ids, today, asked.now))  # fmt: skip
    for one in shown:
        if any(not row.is_known and not _is_late_already(row.job, asked.now) for row in one.touched):
            yield _slip(asked, one)


@gives_matters
def silent_phones(asked: Asked) -> Iterator[Matter]:
    """Phones with old unsent work, and phones that are silent while their technician is on duty."""
    people = queries.technicians_of(asked.branch_ids)
    contacts = queries.contacts_of(people)
    duties = queries.duties_on(asked.branch_ids, i18n.local(asked.now, asked.timezone).date())
    for person in people:
        contact, duty = contacts.get(person.id), duties.get(person.id)
        if contact is None:
            continue
        on_duty = (duty.starts_at, duty.ends_at, duty.is_under_way) if duty else None
        stuck = rules.stuck_phone(contact.oldest_pending_at, contact.last_at, on_duty, asked.now)
        if stuck:
            yield _silent(asked, person, contact, duty, stuck)


@gives_matters
def visits_to_repeat(asked: Asked) -> Iterator[Matter]:
    """Visits that were not finished or met nobody, while nobody has planned the next one."""
    since = i18n.local(asked.now, asked.timezone).date() - REPEAT_WITHIN
    for job, promised_at, ended_at in queries.visits_to_repeat(asked.branch_ids, since, asked.most + 1):
        yield _revisit(asked, job, promised_at, ended_at)


@gives_matters
def addresses_to_place(asked: Asked) -> Iterator[Matter]:
    """Addresses of visits today and tomorrow without a position, or with one the geocoder was not sure of."""
    today = i18n.local(asked.now, asked.timezone).date()
    for one in positions.to_place(asked.branch_ids, until=today + timedelta(days=1), most=asked.most + 1):
        yield Matter(
            kind="position", key=one.site.id, subject=one.site.customer.address_form,
            words=_("may lie elsewhere: the geocoder was not sure") if one.is_doubtful else
            _("has no position: on no map and in no route"),
            due_at=_end_of(one.visit_on, asked.timezone), detail=one.site.full_address,
            clock=i18n.day(one.visit_on) if one.visit_on else "",
            action=Action(_("Set the pin"), url_for("dispatch.positions") + f"#site-{one.site.id}"))


def _unassigned(asked: Asked, job: Job) -> Matter:
    zone = job.branch.timezone
    window = job.window_start_at and job.window_end_at and i18n.window(job.window_start_at, job.window_end_at, zone)
    if job.visit_on is None:
        words = _("has no day yet, and nobody goes")
    elif window:
        words = _("agreed for %(window)s, nobody goes yet", window=window)
    else:
        words = _("no time agreed, nobody goes yet")
    is_over = job.window_end_at is not None and job.window_end_at <= asked.now
    due_at = job.window_start_at or _end_of(job.visit_on, zone)
    return Matter(
        kind="unassigned", key=job.id, subject=_subject(job), words=words, due_at=due_at,
        since=None if due_at else job.created_at, clock=_clock(asked, job, due_at), detail=_detail(asked, job),
        action=_plan(asked, job) if is_over or job.visit_on is None else _assign(asked, job, _("Assign")))


def _late(asked: Asked, job: Job) -> Matter:
    zone = job.branch.timezone
    late = rules.lateness(job.state, job.window_start_at, job.window_end_at, asked.now)
    state = str(STATES[job.state])
    lead = job.lead.name if job.lead else ""
    if late is None:  # by less than a minute, or the whole day is over
        due_at = job.window_end_at or job.window_start_at or _end_of(job.visit_on, zone)
        words = _("was planned for %(day)s and is not done: %(state)s",
                  day=i18n.day(job.visit_on), state=state) if job.visit_on else state
    elif late.kind == rules.WINDOW_OVER:
        due_at, words = late.since, _("the window is over, the visit has not ended: %(state)s", state=state)
    else:
        due_at, words = late.since, _("the window has begun, nobody is on the way: %(state)s", state=state)
    is_before = rules.obvious_action(job.state, late=late, has_day=True, has_window=True) == "reassign"
    action = _assign(asked, job, _("Give to another")) if is_before else None
    return Matter(
        kind="late", key=job.id, subject=_subject(job), words=words, due_at=due_at, clock=_clock(asked, job, due_at),
        detail=" · ".join(filter(None, [lead, _detail(asked, job)])),
        action=action or Action(_("Open the job"), f"/jobs/{job.id}"),
        phone=(job.lead.phone or "") if job.lead else "")


def _is_late_already(job: Job, now: datetime) -> bool:
    return rules.lateness(job.state, job.window_start_at, job.window_end_at, now) is not None


def _slip(asked: Asked, shown: slip_page.Shown) -> Matter:
    waiting = [row for row in shown.touched if not row.is_known]
    first = waiting[0].job
    names = _(", ").join(dict.fromkeys(row.job.case.customer.address_form for row in waiting))
    may_know = plans(asked.viewer, first.branch_id)
    words = _("will miss the window: %(customers)s", customers=names)
    if shown.slip.is_away:
        words = _("is away; nobody goes to: %(customers)s", customers=names)
    late = max((row.expected.late_minutes for row in waiting if row.expected and not row.expected.is_after_shift),
               default=0)
    may_plan = asked.viewer.can("jobs.assign")
    action = Action(_("See what helps"), f"{url_for('dispatch.slips')}#slip-{shown.slip.key}") if may_plan else Action(
        _("Open the job"), f"/jobs/{first.id}")  # fmt: skip
    return Matter(
        kind="slip", key=shown.slip.key, subject=shown.person.name if shown.person else "", words=words,
        due_at=first.window_end_at or first.window_start_at, since=shown.slip.since,
        clock=_clock(asked, first, first.window_end_at), action=action,
        detail=" · ".join(filter(None, [slip_words.title(shown, first.branch.timezone, may_know=may_know),
                                        _("%(minutes)s min late", minutes=late) if late else ""])))  # fmt: skip


def _revisit(asked: Asked, job: Job, promised_at: datetime | None, ended_at: datetime | None) -> Matter:
    state = str(STATES[job.state])
    if promised_at:
        words = _("%(state)s; the customer was told %(time)s", state=state,
                  time=i18n.day_and_time(promised_at, job.branch.timezone))
    else:
        words = _("%(state)s; nobody has planned the next visit", state=state)
    may_enter = asked.viewer.can("jobs.edit")
    action = Action(_("Visit again"), f"/jobs/new?case={job.case_id}&site={job.site_id}") if may_enter else None
    return Matter(
        kind="revisit", key=job.id, subject=_subject(job), words=words, due_at=promised_at,
        since=ended_at or job.window_end_at or job.created_at,
        clock=_("the time promised") if promised_at else i18n.day(job.visit_on) if job.visit_on else "",
        detail=" · ".join(filter(None, [job.lead.name if job.lead else "", _detail(asked, job)])),
        action=action or Action(_("Open the job"), f"/jobs/{job.id}"))


def _silent(asked: Asked, person: Person, contact: Contact, duty: Duty | None, stuck: rules.Stuck) -> Matter:
    since = i18n.day_and_time(stuck.since, asked.timezone)
    if stuck.kind == rules.UNSENT:
        over_a_day = stuck.due_at is not None
        words = _("Only on this phone for over a day: %(count)s", count=contact.pending_count) if over_a_day else _(
            "Only on this phone: %(count)s", count=contact.pending_count)
        detail = _("last contact %(time)s", time=i18n.day_and_time(contact.last_at, asked.timezone)) \
            if contact.last_at else _("phone never in contact")
    else:
        words = _("no contact while on duty")
        detail = _("on duty %(window)s", window=i18n.window(duty.starts_at, duty.ends_at, asked.timezone)) \
            if duty else ""
        if contact.pending_count:
            detail += " · " + _("Only on this phone: %(count)s", count=contact.pending_count)
    may_manage = asked.viewer.can("devices.read")
    action = Action(_("Call %(name)s", name=person.name), f"tel:{person.phone}") if person.phone else (
        Action(_("Devices"), "/devices") if may_manage else None)
    return Matter(
        kind="phone", key=person.id, subject=_("Phone of %(name)s", name=person.name), words=words,
        due_at=stuck.due_at, since=stuck.since, clock=_("since %(time)s", time=since), detail=detail, action=action)


def _subject(job: Job) -> str:
    return f"{job.case.customer.address_form} {TYPES[job.type]}"


def _detail(asked: Asked, job: Job) -> str:
    urgency = "" if job.priority == "normal" else str(PRIORITIES[job.priority])
    branch = job.branch.name if len(asked.branch_ids) > 1 else ""
    return " · ".join(filter(None, [urgency, job.brief, job.site.full_address, branch]))


def _assign(asked: Asked, job: Job, words: str) -> Action | None:
    if not asked.viewer.can("jobs.assign"):
        return Action(_("Open the job"), f"/jobs/{job.id}")
    return Action(words, url_for("dispatch.assignment", job_id=job.id, next="/"), opens_dialog=True)


def _plan(asked: Asked, job: Job) -> Action | None:
    if not asked.viewer.can("jobs.edit"):
        return Action(_("Open the job"), f"/jobs/{job.id}")
    words = _("Set another time") if job.visit_on else _("Set the day")
    return Action(words, url_for("dispatch.window", job_id=job.id, next="/"), opens_dialog=True)


def _clock(asked: Asked, job: Job, due_at: datetime | None) -> str:
    """What is due at that moment, for the line below the clock."""
    zone = job.branch.timezone
    if due_at is None or job.visit_on is None:
        return ""
    is_today = job.visit_on == i18n.local(asked.now, zone).date()
    if job.window_start_at is None:
        return _("today") if is_today else _("by the end of %(day)s", day=i18n.day(job.visit_on))
    at = i18n.clock_time(due_at, zone) if is_today else i18n.day_and_time(due_at, zone)
    return _("should have ended %(time)s", time=at) if due_at == job.window_end_at else _("begins %(time)s", time=at)


def _end_of(day: date | None, timezone: str) -> datetime | None:
    """Midnight after the day, in the zone; None without a day."""
    return None if day is None else datetime.combine(day + timedelta(days=1), time(0), ZoneInfo(timezone))
