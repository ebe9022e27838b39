"""Entering a job at the desk: for whom, under which case, who goes; all problems are found at once."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import g
from werkzeug.datastructures import MultiDict

from fieldservice.accounts.models import Person
from fieldservice.accounts.queries import people_query
from fieldservice.branches.models import Branch
from fieldservice.cases.actions import JOB_LETTER, open_case, take_number
from fieldservice.cases.models import Case
from fieldservice.cases.queries import cases_of
from fieldservice.core import i18n
from fieldservice.core.db import db
from fieldservice.core.permissions import TECHNICIAN
from fieldservice.customers import actions as customer_actions
from fieldservice.customers.models import Customer, Product, Site
from fieldservice.customers.queries import branches_to_choose, neighbours, products_at
from fieldservice.jobs import actions
from fieldservice.jobs.models import Job
from fieldservice.jobs.payloads import (
    CUSTOMER,
    OPEN,
    PINNED,
    SITE,
    SUPPLY,
    NewCustomerFields,
    NewSiteFields,
    NewVisitForm,
    VisitForm,
)
from fieldservice.jobs.rules import PLANNED_MINUTES
from fieldservice.people.queries import all_skills
from fieldservice.web.forms import FormState, read_form
from fieldservice.web.positions import KeptPosition, MapView, read_position_fields


@dataclass
class Entry:
    """Where a new job belongs, as far as it is known when the form opens; None: entered with it."""

    customer: Customer | None = None
    site: Site | None = None
    case: Case | None = None
    #: branches to choose from, where the customer is new
    branches: list[Branch] = field(default_factory=list)

    @property
    def branch(self) -> Branch | None:
        """The branch the job will belong to; None: still to be chosen."""
        if self.customer:
            return self.customer.branch
        return self.branches[0] if len(self.branches) == 1 else None

    @property
    def cases(self) -> list[Case]:
        """Cases the visit may be under."""
        return cases_of(self.customer) if self.customer else []

    @property
    def products(self) -> list[Product]:
        """Floors at the address."""
        return products_at(self.site) if self.site else []

    @property
    def technicians(self) -> list[Person]:
        """Who can go."""
        return technicians_of(self.branch)

    def map_view(self) -> MapView:
        """The map of a new address."""
        return MapView([] if self.site else neighbours(g.person, self.branch))


@dataclass
class Checked:
    """Everything of the form that can be kept."""

    visit: NewVisitForm
    plan: actions.JobPlan
    customer: NewCustomerFields | None
    site: customer_actions.SiteDetails | None
    branch: Branch
    case: Case | None
    product: Product | None
    lead: Person | None
    helpers: list[Person]


def new_entry(customer: Customer | None = None, site: Site | None = None, case: Case | None = None) -> Entry:
    """Where a job belongs; the customer of a site or case is known by it."""
    known = customer or (site.customer if site else None) or (case.customer if case else None)
    return Entry(known, site, case, [] if known else branches_to_choose(g.person))


def technicians_of(branch: Branch | None) -> list[Person]:
    """Who can be sent by a branch; None: everybody this person may see."""
    query = people_query(g.person, branch_id=branch.id if branch else "", role=TECHNICIAN)
    return list(db.session.scalars(query.order_by(Person.branch_id, Person.staff_no)))


def check(entry: Entry, data: MultiDict[str, str], state: FormState, view: MapView) -> Checked | None:
    """The whole form checked; None when something is wrong, which then stands in `state`, all of it at once."""
    customer, branch = _check_customer(entry, data, state)
    site = None if entry.site else _check_site(data, state, view)
    visit = read_form(NewVisitForm, data, state)
    plan = check_plan(visit, state, branch) if visit else None
    case = _chosen(entry.cases, visit.case_id, "case_id", state) if visit else None
    product = _chosen(entry.products, visit.product_id, "product_id", state) if visit else None
    lead, helpers = _check_crew(visit, branch, state) if visit else (None, [])
    if visit and visit.pinned_lead and lead is None:
        state.add("pinned_lead", "pin_without_lead")
    if state.errors or visit is None or plan is None or branch is None:
        return None
    return Checked(visit, plan, customer, site, branch, case, product, lead, helpers)


def check_plan(visit: VisitForm, state: FormState, branch: Branch | None) -> actions.JobPlan | None:
    """What the office decides; None when something does not fit, which then stands in `state`."""
    start_at, end_at = _window(visit, branch.timezone if branch else "UTC", state)
    if visit.priority != "normal" and not visit.priority_reason:
        state.add("priority_reason", "priority_reason_missing")
    if visit.amount_fen and not visit.amount_reason:
        state.add("amount_reason", "amount_reason_missing")
    if state.errors:
        return None
    skills = visit.skills if visit.skills_by else None
    if skills and set(skills) - {skill.code for skill in all_skills()}:
        state.add("skills", "choose_one")
        return None
    kept = visit.model_dump(include=set(actions.JobPlan.__dataclass_fields__) - {"planned_minutes"})
    return actions.JobPlan(
        **{
            **kept,
            "priority_reason": visit.priority_reason if visit.priority != "normal" else "",
            "amount_reason": visit.amount_reason if visit.amount_fen else "",
            "amount_fen": visit.amount_fen or None,
            "stops_supply": SUPPLY in visit.stops_supply,
            "skills": skills,
            "pinned_lead": PINNED in visit.pinned_lead,
            "is_promised": OPEN not in visit.not_promised,
        },
        planned_minutes=visit.planned_minutes or PLANNED_MINUTES[visit.type],
        window_start_at=start_at,
        window_end_at=end_at,
    )


def keep(entry: Entry, checked: Checked, job_id: str, *, by: Person, at: datetime) -> Job:
    """Writes customer, address, case and job: all or nothing, the caller commits. Raises RuleBroken."""
    customer = entry.customer
    if customer is None:
        assert checked.customer is not None
        customer = customer_actions.add_customer(
            checked.branch, _customer_details(checked.customer), by=by, at=at
        )
    site = entry.site
    if site is None:
        assert checked.site is not None
        site = customer_actions.add_site(customer, checked.site, by=by, at=at)
    case = checked.case or open_case(
        customer, checked.visit.case_kind, checked.visit.case_words, product=checked.product, by=by, at=at
    )
    number = take_number(customer.branch, JOB_LETTER, i18n.local(at, customer.branch.timezone).date())
    return actions.create_job(
        checked.plan,
        number=number,
        case=case,
        site=site,
        product=checked.product,
        lead=checked.lead,
        helpers=checked.helpers,
        by=by,
        at=at,
        job_id=job_id,
    )


def _check_customer(
    entry: Entry, data: MultiDict[str, str], state: FormState
) -> tuple[NewCustomerFields | None, Branch | None]:
    if entry.customer:
        return None, entry.branch
    fields = read_form(NewCustomerFields, data, state, CUSTOMER)
    wanted = data.get(f"{CUSTOMER}branch_id", "")
    branch = entry.branch or next((branch for branch in entry.branches if branch.id == wanted), None)
    if branch is None:
        state.add(f"{CUSTOMER}branch_id", "branch_missing")
    return fields, branch


def _check_site(
    data: MultiDict[str, str], state: FormState, view: MapView
) -> customer_actions.SiteDetails | None:
    fields = read_form(NewSiteFields, data, state, SITE)
    position: KeptPosition | None = read_position_fields(fields, state, view, p=SITE) if fields else None
    if fields is None or position is None:
        return None
    return customer_actions.SiteDetails(
        address=fields.address,
        district=fields.district,
        unit=fields.unit,
        access_note=fields.access_note,
        position=position.point,
        position_source=position.source,
    )


def _window(visit: VisitForm, timezone: str, state: FormState) -> tuple[datetime | None, datetime | None]:
    if visit.start is None and visit.end is None:
        return None, None
    if visit.start is None or visit.end is None:
        state.add("start" if visit.start is None else "end", "time_incomplete")
        return None, None
    if visit.visit_on is None:
        state.add("visit_on", "visit_day_missing")
        return None, None
    if visit.start >= visit.end:
        state.add("end", "window_order")
        return None, None
    zone = ZoneInfo(timezone)
    start, end = (clock.replace(second=0, microsecond=0, tzinfo=None) for clock in (visit.start, visit.end))
    return datetime.combine(visit.visit_on, start, zone), datetime.combine(visit.visit_on, end, zone)


def _check_crew(
    visit: NewVisitForm, branch: Branch | None, state: FormState
) -> tuple[Person | None, list[Person]]:
    if branch is None:
        return None, []
    offered = {person.id: person for person in technicians_of(branch)}
    for name, wanted in (("lead_id", [visit.lead_id]), ("helper_ids", visit.helper_ids)):
        if any(person_id and person_id not in offered for person_id in wanted):
            state.add(name, "not_a_technician")
    return offered.get(visit.lead_id), [offered[one] for one in visit.helper_ids if one in offered]


def _chosen(offered: list[Any], wanted: str, name: str, state: FormState) -> Any:
    """The one asked for; None: none was. What is not offered is wrong, not guessed."""
    found = next((row for row in offered if row.id == wanted), None)
    if wanted and found is None:
        state.add(name, "choose_one")
    return found


def _customer_details(fields: NewCustomerFields) -> customer_actions.CustomerDetails:
    return customer_actions.CustomerDetails(**fields.model_dump(exclude={"branch_id"}))
