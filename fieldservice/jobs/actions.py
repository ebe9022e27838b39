"""Changes of jobs, each written once: desk, phone and background call the same ones.

Every action takes who (`by`) and when (`at`), checks its rules and leaves the commit to the caller.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from fieldservice.accounts.models import Person
from fieldservice.cases.models import Case
from fieldservice.core import events, json
from fieldservice.core.db import db
from fieldservice.core.errors import Conflict, RuleBroken
from fieldservice.core.happening import Happening, Place
from fieldservice.core.ids import new_id
from fieldservice.core.oplog import LogEntry, log_of, log_office_edit
from fieldservice.core.permissions import TECHNICIAN
from fieldservice.core.versions import add_together
from fieldservice.customers.models import Product, Site
from fieldservice.jobs import rules
from fieldservice.jobs.events import LeadChanged, RunChanged
from fieldservice.jobs.models import Job, JobContact, JobHelper, JobNote, JobStep
from fieldservice.people.queries import offered_skills

#: what spoke gravely against a change and was overruled: code → `person_id`, and which `skills`, or `until` by skill
Against = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class StepGiven:
    """A step as the technician took it."""

    step: str
    reason: str = ""
    promised_at: datetime | None = None
    #: why no next time was agreed; '' when one was, or none is needed
    no_promise: str = ""
    place: Place = field(default_factory=Place)


@dataclass(frozen=True)
class JobPlan:
    """What the office decides about a visit: every field of the job form."""

    type: str
    brief: str
    planned_minutes: int
    visit_on: date | None = None
    window_start_at: datetime | None = None
    window_end_at: datetime | None = None
    priority: str = "normal"
    priority_reason: str = ""
    analysis: str = ""
    remedy: str = ""
    bring: str = ""
    special_needs: tuple[str, ...] = ()
    special_note: str = ""
    amount_fen: int | None = None
    amount_reason: str = ""
    stops_supply: bool = False
    #: what whoever goes must be able to do; None: what such a visit usually needs
    skills: tuple[str, ...] | None = None
    #: m² of boards to bring; None: those of the floor where one is laid
    load_m2: int | None = None
    #: the customer asked for this technician
    pinned_lead: bool = False
    #: the window was agreed with the customer; None: it was if there is one
    is_promised: bool | None = None


def create_job(
    plan: JobPlan,
    *,
    number: str,
    case: Case,
    site: Site,
    product: Product | None = None,
    lead: Person | None = None,
    helpers: Iterable[Person] = (),
    by: Person | None,
    at: datetime,
    job_id: str | None = None,
) -> Job:
    """A new job of the case's branch, already assigned if a lead is named. Raises RuleBroken.

    `job_id`: made with the form, so that a form sent twice makes one job; None: made here.
    """
    _check_plan(plan)
    plan = _whole(plan, product)
    job = Job(
        id=job_id or new_id(),
        number=number,
        case_id=case.id,
        branch_id=case.branch_id,
        site_id=site.id,
        product_id=product.id if product else None,
        state=rules.UNASSIGNED,
        created_at=at,
        created_by_id=by.id if by else None,
        **_columns(plan),
    )
    job.branch = case.branch
    db.session.add(job)
    _set_crew(job, lead, helpers, at=at)
    log_office_edit(
        "create_job",
        job,
        by=by,
        at=at,
        number=number,
        case_id=case.id,
        site_id=site.id,
        product_id=job.product_id,
        plan=_logged(plan),
        **_crew_logged(job),
    )
    return job


def edit_job(
    job: Job, plan: JobPlan, *, product: Product | None, expected_version: int, by: Person, at: datetime
) -> None:
    """Changes what the office decides. Raises Conflict when somebody was faster, RuleBroken."""
    check_version(job, expected_version)
    if job.state == rules.CANCELLED:
        raise RuleBroken("job_cancelled")
    _check_plan(plan)
    plan = _whole(plan, product)
    wanted = {**_columns(plan), "product_id": product.id if product else None}
    changed = sorted(name for name, value in wanted.items() if getattr(job, name) != value)
    for name, value in wanted.items():
        setattr(job, name, value)
    if _TIMES & set(changed):
        job.planned_start_at = None
    log_office_edit("edit_job", job, by=by, at=at, plan=_logged(plan), product_id=job.product_id, changed=changed)


def assign_job(
    job: Job,
    lead: Person | None,
    helpers: Iterable[Person] = (),
    *,
    expected_version: int,
    by: Person,
    at: datetime,
    against: Against | None = None,
) -> None:
    """Gives the job to a technician, or takes it back into the tray (`lead=None`). Raises Conflict, RuleBroken.

    `against`: what spoke gravely against it and was overruled, for the log. A new lead starts at "assigned", whatever
    the one before had done: those steps stay in the history.
    """
    check_version(job, expected_version)
    _check_open(job)
    before = _crew_logged(job)
    _set_crew(job, lead, helpers, at=at)
    log_office_edit("assign_job", job, by=by, at=at, before=before, **_crew_logged(job), **_overruled(against))


def move_job(
    job: Job,
    visit_on: date | None,
    window_start_at: datetime | None,
    window_end_at: datetime | None,
    *,
    expected_version: int,
    by: Person,
    at: datetime,
    is_promised: bool | None = None,
    against: Against | None = None,
) -> None:
    """Another day or window. Raises Conflict, RuleBroken.

    `is_promised`: the window was agreed with the customer; None: it is as much as the one before. `against`: as of
    `assign_job`.
    """
    check_version(job, expected_version)
    _check_open(job)
    _check_day(visit_on)
    _check_window(window_start_at, window_end_at)
    before = _time_logged(job)
    job.visit_on, job.window_start_at, job.window_end_at = visit_on, window_start_at, window_end_at
    job.planned_start_at = None  # it was planned for the time before
    job.is_promised = window_start_at is not None and (job.is_promised if is_promised is None else is_promised)
    log_office_edit("move_job", job, by=by, at=at, before=before, **_time_logged(job), **_overruled(against))


def _overruled(against: Against | None) -> dict[str, Any]:
    """In the log only where there was something."""
    return {"against": against} if against else {}


def plan_start(
    job: Job, planned_start_at: datetime | None, *, expected_version: int, by: Person, at: datetime,
    against: Against | None = None,
) -> None:
    """When the technician should begin; the customer's window stays. None: whenever. Raises Conflict, RuleBroken.

    `against`: as of `assign_job`.
    """
    check_version(job, expected_version)
    _check_open(job)
    if planned_start_at is not None and job.visit_on is None:
        raise RuleBroken("day_missing")
    before = {"planned_start_at": job.planned_start_at}
    job.planned_start_at = planned_start_at
    log_office_edit("plan_start", job, by=by, at=at, before=before, planned_start_at=planned_start_at,
                    **_overruled(against))


def cancel_job(job: Job, reason: str, *, expected_version: int, by: Person, at: datetime) -> None:
    """Calls the visit off. Work done on it stays in the history. Raises Conflict, RuleBroken."""
    check_version(job, expected_version)
    _check_open(job)
    if not reason.strip():
        raise RuleBroken("reason_missing")
    if len(reason) > rules.REASON_LIMIT:
        raise RuleBroken("reason_too_long")
    job.cancelled_from, job.state, job.cancel_reason = job.state, rules.CANCELLED, reason.strip()
    log_office_edit("cancel_job", job, by=by, at=at, reason=job.cancel_reason)


def restore_job(job: Job, *, expected_version: int, by: Person, at: datetime) -> None:
    """Takes a cancellation back: the job is in the state it was cancelled in. Raises Conflict, RuleBroken."""
    check_version(job, expected_version)
    if job.state != rules.CANCELLED or job.cancelled_from is None:
        raise RuleBroken("not_cancelled")
    reason = job.cancel_reason
    job.state, job.cancelled_from, job.cancel_reason = job.cancelled_from, None, ""
    log_office_edit("restore_job", job, by=by, at=at, state=job.state, reason=reason)


def undo_edits(job: Job, entries: Iterable[LogEntry], *, by: Person, at: datetime) -> None:
    """Takes edits of the desk back, the last one first: each a new edit that names the one it undoes.

    The caller knows that nobody changed the job since. Raises RuleBroken when one cannot be undone.
    """
    for entry in sorted(entries, key=lambda one: (one.version, one.id), reverse=True):
        body = json.loads(entry.body)
        if not rules.can_undo(entry.kind, body):
            raise RuleBroken("cannot_undo")
        kind = entry.kind.removeprefix("office.")
        before = _UNDO[kind](job, body, at)
        after = _crew_logged(job) if kind == "assign_job" else _time_logged(job) if kind in _TIMED else {}
        log_office_edit(f"undo_{kind}", job, by=by, at=at, undoes=entry.id, before=before, **after)


def take_step(job: Job, given: StepGiven, *, by: Person, when: Happening) -> JobStep:
    """Moves the job on. Raises RuleBroken with the reason a person understands."""
    check_lead(job, by)
    promised = given.promised_at is not None or bool(given.no_promise.strip())
    to_state = rules.take(job.state, given.step, reason=given.reason, promised=promised)
    if isinstance(to_state, rules.Refused):
        raise RuleBroken(to_state.code, state=job.state, step=given.step)
    step = _new_step(job, given, to_state, by=by, when=when)
    job.state = to_state
    return step


def take_back_step(job: Job, step_id: str, reason: str, *, by: Person, when: Happening) -> JobStep:
    """Voids the last step with a reason; the job is where it was before. Raises RuleBroken."""
    check_lead(job, by)
    last = job.run_steps[-1] if job.run_steps else None
    if last is None or last.id != step_id:
        raise RuleBroken("job_cancelled" if job.state == rules.CANCELLED else "nothing_to_take_back")
    before = rules.take_back(job.state, (last.from_state, last.to_state), reason=reason)
    if isinstance(before, rules.Refused):
        raise RuleBroken(before.code, state=job.state)
    last.voided_at, last.void_reason = when.at, reason.strip()
    job.state = before
    return last


def add_note(job: Job, text: str, *, by: Person, when: Happening, is_late: bool = False) -> None:
    """Adds a note; the id is that of its operation. Raises RuleBroken."""
    if not text.strip():
        raise RuleBroken("text_missing")
    _add(JobNote, job, {"text": text.strip(), "is_late": is_late}, by=by, when=when)


def add_office_note(job: Job, text: str, *, by: Person, at: datetime) -> None:
    """A note written at the desk. Raises RuleBroken."""
    entry = log_office_edit("add_note", job, by=by, at=at, text=text.strip())
    add_note(job, text, by=by, when=Happening.at_desk(at, entry.id))


def record_contact(job: Job, channel: str, *, by: Person, when: Happening, is_late: bool = False) -> None:
    """Writes down that the customer's number was opened for a call or message."""
    _add(JobContact, job, {"channel": channel, "is_late": is_late}, by=by, when=when)


def _add(kind: type[JobNote | JobContact], job: Job, said: dict[str, Any], *, by: Person, when: Happening) -> None:
    """Together with others of its kind where many are written."""
    values = {"id": when.op_id, "job_id": job.id, "by_id": by.id, **said, **when.columns()}
    if not add_together(kind, values, job=job):
        db.session.add(kind(**values, job=job))


def accept_late_work(job: Job, op_ids: list[str], *, author: Person, by: Person, at: datetime) -> None:
    """The dispatcher decides that the author's work counts: the job is theirs again, and not cancelled any more.

    `op_ids`: the operations that the caller applies now, in their order.
    """
    before = _crew_logged(job)
    if job.state == rules.CANCELLED:
        job.state = job.cancelled_from or rules.UNASSIGNED
        job.cancelled_from, job.cancel_reason = None, ""
    if job.lead_id != author.id:
        _hand_back(job, author)
    log_office_edit(
        "accept_late_steps",
        job,
        by=by,
        at=at,
        author_id=author.id,
        before=before,
        **_crew_logged(job),
        op_ids=op_ids,
    )


def check_version(job: Job, expected_version: int) -> None:
    """Raises Conflict when the job is not the one the person looked at."""
    if job.version != expected_version:
        raise Conflict("changed_meanwhile", version=job.version)


def check_lead(job: Job, person: Person) -> None:
    """Raises RuleBroken when `person` may not move this job's state."""
    if job.lead_id == person.id:
        return
    raise RuleBroken("not_lead" if job.is_crew(person.id) else "job_reassigned")


def _undo_assignment(job: Job, body: dict[str, Any], at: datetime) -> dict[str, Any]:
    """The crew as it was, where its lead had left off."""
    now, before = _crew_logged(job), body["before"]
    wanted = {person_id: _person_now(person_id) for person_id in before["helper_ids"]}
    lead = _person_now(before["lead_id"]) if before["lead_id"] else None
    for person in filter(None, (lead, *wanted.values())):
        _check_technician(job, person)
    if before["lead_id"] != job.lead_id:
        job.lead_id, job.lead, job.state = before["lead_id"], lead, before["state"]
        job.pinned_lead = bool(before.get("pinned_lead"))
        _begin_run(job, before["run"])
        events.publish(LeadChanged(job.id, job.case_id, job.lead_id, at))
    kept = [row for row in job.helper_rows if row.person_id in wanted]
    known = {row.person_id for row in kept}
    job.helper_rows = kept + [
        JobHelper(person_id=person_id, person=helper) for person_id, helper in wanted.items() if person_id not in known
    ]
    return now


def _person_now(person_id: str) -> Person:
    """Read anew: whether somebody may still go is asked now."""
    return db.session.get_one(Person, person_id, populate_existing=True)


def _undo_move(job: Job, body: dict[str, Any], _at: datetime) -> dict[str, Any]:
    now, before = _time_logged(job), body["before"]
    job.visit_on = date.fromisoformat(before["visit_on"]) if before["visit_on"] else None
    job.window_start_at, job.window_end_at, job.planned_start_at = (
        datetime.fromisoformat(before[name]) if before.get(name) else None
        for name in ("window_start_at", "window_end_at", "planned_start_at")
    )
    job.is_promised = before.get("is_promised", job.window_start_at is not None)
    return now


def _undo_planned_start(job: Job, body: dict[str, Any], _at: datetime) -> dict[str, Any]:
    now, before = _time_logged(job), body["before"]["planned_start_at"]
    job.planned_start_at = datetime.fromisoformat(before) if before else None
    return now


def _undo_cancellation(job: Job, _body: dict[str, Any], _at: datetime) -> dict[str, Any]:
    before = {"state": job.state, "reason": job.cancel_reason}
    job.state, job.cancelled_from, job.cancel_reason = job.cancelled_from or rules.UNASSIGNED, None, ""
    return before


def _undo_restoration(job: Job, body: dict[str, Any], _at: datetime) -> dict[str, Any]:
    before = {"state": job.state}
    job.cancelled_from, job.state, job.cancel_reason = job.state, rules.CANCELLED, body["reason"]
    return before


_UNDO = {
    "assign_job": _undo_assignment,
    "move_job": _undo_move,
    "cancel_job": _undo_cancellation,
    "restore_job": _undo_restoration,
    "plan_start": _undo_planned_start,
}
#: what an undo tells as times
_TIMED = ("move_job", "plan_start")


def _hand_back(job: Job, author: Person) -> None:
    """Makes the author lead again, where the author's own steps had left off."""
    own_run = _last_run_of(job, author)
    own_steps = [step for step in job.steps if step.run == own_run and not step.is_void]
    job.state = own_steps[-1].to_state if own_steps else rules.ASSIGNED
    job.lead_id, job.pinned_lead = author.id, False
    job.lead = author
    job.helper_rows = [row for row in job.helper_rows if row.person_id != author.id]
    _begin_run(job, own_run or job.run + 1)


def _last_run_of(job: Job, author: Person) -> int | None:
    """The run the author led last: by own steps, or by the log when none of them had arrived; None: there was none."""
    runs = [step.run for step in job.steps if step.by_id == author.id and not step.is_void]
    bodies = [json.loads(entry.body) for entry in log_of("job", job.id) if entry.origin != "phone"]
    crews = [crew for body in bodies for crew in (body.get("before") or {}, body)]
    runs += [crew["run"] for crew in crews if crew.get("lead_id") == author.id and "run" in crew]
    return max(runs, default=None)


def _begin_run(job: Job, run: int) -> None:
    """What was done by another lead is history: steps, answers, the checklist they were given to."""
    if job.run != run:
        job.run, job.checklist_id = run, None
        events.publish(RunChanged(job.id))


def _new_step(job: Job, given: StepGiven, to_state: str, *, by: Person, when: Happening) -> JobStep:
    step = JobStep(
        id=when.op_id,
        position=len(job.steps) + 1,
        run=job.run,
        step=given.step,
        from_state=job.state,
        to_state=to_state,
        by_id=by.id,
        reason=given.reason.strip() or given.no_promise.strip(),
        promised_at=given.promised_at,
        **given.place.columns(),
        **when.columns(),
    )
    job.steps.append(step)
    return step


def _set_crew(job: Job, lead: Person | None, helpers: Iterable[Person], *, at: datetime) -> None:
    wanted = {helper.id: helper for helper in helpers if lead is None or helper.id != lead.id}
    for person in filter(None, (lead, *wanted.values())):
        _check_technician(job, person)
    if (lead.id if lead else None) != job.lead_id:
        before_lead, run = job.lead_id, job.run if job.lead_id is None else job.run + 1
        job.lead_id, job.lead = (lead.id, lead) if lead else (None, None)
        job.state = rules.ASSIGNED if lead else rules.UNASSIGNED
        if before_lead:
            job.pinned_lead = False  # the customer asked for somebody else
        _begin_run(job, run)
        events.publish(LeadChanged(job.id, job.case_id, job.lead_id, at))
    kept = [row for row in job.helper_rows if row.person_id in wanted]
    new = [
        JobHelper(person_id=person_id, person=helper)
        for person_id, helper in wanted.items()
        if person_id not in {row.person_id for row in kept}
    ]
    if new or len(kept) != len(job.helper_rows):
        job.helper_rows = kept + new


def _check_technician(job: Job, person: Person) -> None:
    if TECHNICIAN not in person.roles or not person.is_active or person.branch_id != job.branch_id:
        raise RuleBroken("not_a_technician", name=person.name)


def _check_open(job: Job) -> None:
    if job.state == rules.CANCELLED:
        raise RuleBroken("job_cancelled")
    if job.state in rules.ENDED:
        raise RuleBroken("job_ended")


def _check_plan(plan: JobPlan) -> None:
    _check_day(plan.visit_on)
    _check_window(plan.window_start_at, plan.window_end_at)
    if plan.priority != "normal" and not plan.priority_reason.strip():
        raise RuleBroken("priority_reason_missing")


def _check_day(day: date | None) -> None:
    if day is not None and not rules.FIRST_YEAR <= day.year <= rules.LAST_YEAR:
        raise RuleBroken("day_unreadable")


def _check_window(start_at: datetime | None, end_at: datetime | None) -> None:
    if (start_at is None) != (end_at is None) or (start_at and end_at and start_at >= end_at):
        raise RuleBroken("window_order")


#: what a planned start was planned for
_TIMES = frozenset({"visit_on", "window_start_at", "window_end_at"})


def _columns(plan: JobPlan) -> dict[str, Any]:
    return {**vars(plan), "special_needs": list(plan.special_needs), "skills": list(plan.skills or ())}


def usual_skills(job_type: str, product: Product | None) -> tuple[str, ...]:
    """What such a visit usually needs, of the skills that are offered."""
    usual = rules.usual_skills(job_type, product.model if product else "")
    offered = offered_skills() if usual else {}
    return tuple(code for code in usual if code in offered)


def _whole(plan: JobPlan, product: Product | None) -> JobPlan:
    """With what is usual where the plan says nothing."""
    skills, load_m2 = plan.skills, plan.load_m2
    if skills is None:
        skills = usual_skills(plan.type, product)
    if load_m2 is None:
        load_m2 = rules.usual_load_m2(plan.type, product.area_m2 if product else None)
    is_promised = plan.window_start_at is not None and plan.is_promised is not False
    return replace(plan, skills=skills, load_m2=load_m2, is_promised=is_promised)


def _logged(plan: JobPlan) -> dict[str, Any]:
    return {name: value for name, value in _columns(plan).items() if value not in (None, "", []) and value is not False}


def _time_logged(job: Job) -> dict[str, Any]:
    return {
        "visit_on": job.visit_on,
        "window_start_at": job.window_start_at,
        "window_end_at": job.window_end_at,
        "planned_start_at": job.planned_start_at,
        "is_promised": job.is_promised,
    }


def _crew_logged(job: Job) -> dict[str, Any]:
    return {
        "lead_id": job.lead_id,
        "helper_ids": sorted(row.person_id for row in job.helper_rows),
        "pinned_lead": bool(job.pinned_lead),
        "run": job.run,
        "state": job.state,
    }
