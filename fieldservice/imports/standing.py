"""What a job says now, in the words of a list, and how single fields of it are changed where they stand."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from fieldservice.accounts.models import Person
from fieldservice.branches.models import Branch
from fieldservice.cases.actions import change_case
from fieldservice.core import i18n
from fieldservice.core.coords import Point
from fieldservice.core.db import db
from fieldservice.core.errors import NotAllowed
from fieldservice.customers import actions as customer_actions
from fieldservice.customers.models import Customer, Site
from fieldservice.imports.rules import CASE, CREW, CUSTOMER, FIELDS, JOB, SITE
from fieldservice.jobs import actions as job_actions
from fieldservice.jobs.models import Job
from fieldservice.jobs.rules import ACCEPTED, ASSIGNED, PLANNED_MINUTES, UNASSIGNED

#: an import changes a job only before anybody is under way
OPEN_STATES = frozenset({UNASSIGNED, ASSIGNED, ACCEPTED})
#: what makes a customer or an address another one, if others lean on it too
_NAMES_CUSTOMER = frozenset({"customer", "phone", "customer_kind"})
_NAMES_SITE = frozenset({"district", "address", "unit"})


def owner_of(name: str) -> str:
    """Where a field stands."""
    return FIELDS[name].owner


def values_of(job: Job) -> dict[str, Any]:
    """Every field of a line as it is now; '' for nothing."""
    site, customer = job.site, job.site.customer
    return {
        "customer": customer.name,
        "customer_kind": customer.kind,
        "address_form": customer.address_form,
        "phone": customer.phone,
        "district": site.district,
        "address": site.address,
        "unit": site.unit,
        "access_note": site.access_note,
        "position": "" if site.lat is None or site.lng is None else f"{site.lat:.6f},{site.lng:.6f}",
        "type": job.type,
        "brief": job.brief,
        "visit_on": job.visit_on.isoformat() if job.visit_on else "",
        "window": _window_text(job),
        "planned_minutes": job.planned_minutes,
        "technician": job.lead_id or "",
        "priority": job.priority,
        "priority_reason": job.priority_reason,
        "special_needs": list(job.special_needs),
        "special_note": job.special_note,
        "bring": job.bring,
        "skills": list(job.skills),
        "load_m2": "" if job.load_m2 is None else job.load_m2,
        "only_technician": "yes" if job.pinned_lead else "no",
        "promised": "yes" if job.is_promised else "no",
        "amount": job.amount_fen or "",
        "amount_reason": job.amount_reason,
        "case_kind": job.case.kind,
        "case_words": job.case.words,
    }


def plan_with(
    values: Mapping[str, Any], branch: Branch, otherwise: job_actions.JobPlan | None = None
) -> job_actions.JobPlan:
    """The plan of a visit by fields of a line; what is not among them stays as in `otherwise`."""
    plan = otherwise or job_actions.JobPlan(type=values["type"], brief=values["brief"], planned_minutes=0)
    plain = {name: values[name] for name in ("type", "brief", "priority_reason", "special_note", "bring", "amount_reason")
             if name in values}
    plan = replace(plan, **plain)
    if "priority" in values:
        plan = replace(plan, priority=values["priority"] or "normal")
    if plan.priority == "normal":
        plan = replace(plan, priority_reason="")
    if "special_needs" in values:
        plan = replace(plan, special_needs=tuple(values["special_needs"] or ()))
    if "amount" in values:
        plan = replace(plan, amount_fen=values["amount"] or None)
    if "skills" in values:
        plan = replace(plan, skills=tuple(values["skills"]) or None)
    if "load_m2" in values:
        plan = replace(plan, load_m2=None if values["load_m2"] == "" else values["load_m2"])
    if "only_technician" in values:
        plan = replace(plan, pinned_lead=values["only_technician"] == "yes")
    if not plan.amount_fen:
        plan = replace(plan, amount_fen=None, amount_reason="")
    if "planned_minutes" in values or not plan.planned_minutes:
        plan = replace(plan, planned_minutes=values.get("planned_minutes") or PLANNED_MINUTES[plan.type])
    plan = _with_time(plan, values, branch)
    return replace(plan, is_promised=values["promised"] == "yes") if values.get("promised") else plan


def _with_time(plan: job_actions.JobPlan, values: Mapping[str, Any], branch: Branch) -> job_actions.JobPlan:
    """Day and window; a window stays at its time of day when only the day moves."""
    if "visit_on" not in values and "window" not in values:
        return plan
    visit_on = plan.visit_on
    if "visit_on" in values:
        visit_on = date.fromisoformat(values["visit_on"]) if values["visit_on"] else None
    window = values["window"] if "window" in values else _span(plan, branch.timezone)
    if not window or visit_on is None:
        return replace(plan, visit_on=visit_on, window_start_at=None, window_end_at=None)
    zone = ZoneInfo(branch.timezone)
    start, end = (datetime.combine(visit_on, time.fromisoformat(text), zone) for text in window.split("-"))
    is_promised = True if plan.window_start_at is None else plan.is_promised
    return replace(plan, visit_on=visit_on, window_start_at=start, window_end_at=end, is_promised=is_promised)


def plan_of(job: Job) -> job_actions.JobPlan:
    """The plan as it stands."""
    values = {name: getattr(job, name) for name in job_actions.JobPlan.__dataclass_fields__}
    return job_actions.JobPlan(**{**values, "special_needs": tuple(job.special_needs), "skills": tuple(job.skills)})


def shared(job: Job, names: set[str]) -> str:
    """Why the customer or address must not be changed for this job's sake: others lean on it. '' they do not."""
    if names & _NAMES_SITE and _other_jobs(job, Job.site_id == job.site_id):
        return "site_shared"
    of_customer = Job.site_id.in_(sa.select(Site.id).where(Site.customer_id == job.site.customer_id))
    if names & _NAMES_CUSTOMER and _other_jobs(job, of_customer):
        return "customer_shared"
    return ""


def set_fields(job: Job, values: Mapping[str, Any], *, by: Person, at: datetime) -> None:
    """Changes fields where they stand, each through its own action. Raises NotAllowed, RuleBroken, Conflict."""
    if job.pinned_lead and values.get("technician"):  # the list names another one, and still says that it must be them
        values = {"only_technician": "yes", **values}
    owners = {owner_of(name) for name in values}
    if CREW in owners and not by.can("jobs.assign"):
        raise NotAllowed("not_allowed")
    if CUSTOMER in owners:
        _set_customer(job.site.customer, values, by=by, at=at)
    if SITE in owners:
        _set_site(job.site, values, by=by, at=at)
    if CASE in owners:
        case = job.case
        change_case(case, values.get("case_kind") or case.kind, values.get("case_words", case.words), by=by, at=at)
    if CREW in owners:
        lead = db.session.get(Person, values["technician"]) if values["technician"] else None
        job_actions.assign_job(job, lead, job.helpers, expected_version=job.version, by=by, at=at)
    if JOB in owners:  # after who goes: the customer may have asked for just them
        plan = plan_with(values, job.branch, plan_of(job))
        job_actions.edit_job(job, plan, product=job.product, expected_version=job.version, by=by, at=at)


def _set_customer(customer: Customer, values: Mapping[str, Any], *, by: Person, at: datetime) -> None:
    name = values.get("customer", customer.name)
    follows_name = customer.address_form == customer.name[:40]
    details = customer_actions.CustomerDetails(
        name=name,
        phone=values.get("phone", customer.phone),
        kind=values.get("customer_kind") or customer.kind,
        address_form=values.get("address_form", "" if follows_name else customer.address_form),
        special_needs=tuple(customer.special_needs),
        remark=customer.remark,
    )
    customer_actions.change_customer(customer, details, expected_version=customer.version, by=by, at=at)


def _set_site(site: Site, values: Mapping[str, Any], *, by: Person, at: datetime) -> None:
    position = None if site.lat is None or site.lng is None else Point(site.lat, site.lng)
    source = site.position_source
    if "position" in values:
        position = point_of(values["position"])
        source = "import" if position else ""
    details = customer_actions.SiteDetails(
        position=position,
        position_source=source,
        **{name: values.get(name, getattr(site, name)) for name in ("district", "address", "unit", "access_note")},
    )
    customer_actions.change_site(site, details, expected_version=site.version, by=by, at=at)


def point_of(text: str) -> Point | None:
    """WGS-84 of 'lat,lng'; None for ''."""
    return Point(*(float(part) for part in text.split(","))) if text else None


def _other_jobs(job: Job, condition: sa.ColumnElement[bool]) -> bool:
    return db.session.scalar(sa.select(Job.id).where(condition, Job.id != job.id).limit(1)) is not None


def _window_text(job: Job) -> str:
    if job.window_start_at is None or job.window_end_at is None:
        return ""
    start, end = (i18n.local(at, job.branch.timezone) for at in (job.window_start_at, job.window_end_at))
    return f"{start:%H:%M}-{end:%H:%M}"


def _span(plan: job_actions.JobPlan, timezone: str) -> str:
    if plan.window_start_at is None or plan.window_end_at is None:
        return ""
    start, end = (i18n.local(at, timezone) for at in (plan.window_start_at, plan.window_end_at))
    return f"{start:%H:%M}-{end:%H:%M}"
