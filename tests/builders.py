"""Things of the tests, with sensible values for whatever the test does not care about."""

from datetime import UTC, datetime, timedelta
from typing import Any

from fieldservice.accounts.models import Person
from fieldservice.branches.models import Branch
from fieldservice.cases.models import Case
from fieldservice.checklists.models import ChecklistTemplate, ChecklistVersion
from fieldservice.core.db import db
from fieldservice.core.i18n import local
from fieldservice.core.ids import new_id
from fieldservice.customers.models import Customer, Product, Site
from fieldservice.jobs.models import Job, JobHelper

#: a Saturday, 10:00 in Shanghai
MOMENT = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


def a_customer(branch: Branch, **given: Any) -> Customer:
    """A customer with a mobile; flushed."""
    values: dict[str, Any] = {
        "kind": "person",
        "name": "张丽华",
        "address_form": "张女士",
        "phone": "13812342716",
        "special_needs": [],
        "created_at": MOMENT,
    }
    return _add(Customer(branch_id=branch.id, **values | given))


def a_site(customer: Customer, **given: Any) -> Site:
    """An address with a position; flushed."""
    values: dict[str, Any] = {
        "district": "朝阳区",
        "address": "望京西园四区",
        "unit": "12 号楼 3 单元 602",
        "access_note": "单元门 0602#",
        "lat": 39.9911,
        "lng": 116.4698,
        "position_source": "pin",
    }
    return _add(Site(customer_id=customer.id, **values | given))


def a_product(site: Site, **given: Any) -> Product:
    """An installed floor; flushed."""
    return _add(
        Product(site_id=site.id, **{"model": "强化复合 12 毫米 浅橡木", "batch": "26-0117-B3"} | given)
    )


def a_case(site: Site, **given: Any) -> Case:
    """A repair case of the site's customer; flushed."""
    values: dict[str, Any] = {
        "number": f"F-{_mark()}",
        "kind": "repair",
        "words": "客厅靠窗鼓起来了",
        "opened_at": MOMENT,
        "branch_id": site.customer.branch_id,
        "customer_id": site.customer_id,
    }
    return _add(Case(**values | given))


def a_job(
    branch: Branch,
    lead: Person | None = None,
    *,
    helpers: tuple[Person, ...] = (),
    site: Site | None = None,
    case: Case | None = None,
    start_at: datetime | None = MOMENT,
    **given: Any,
) -> Job:
    """A repair of 60 minutes in a window of 90 minutes around MOMENT; committed."""
    site = site or a_site(a_customer(branch))
    case = case or a_case(site)
    values: dict[str, Any] = {
        "number": f"P-{_mark()}",
        "type": "repair",
        "brief": "地板起拱",
        "planned_minutes": 60,
        "state": "assigned" if lead else "unassigned",
        "special_needs": [],
        "created_at": MOMENT,
        "visit_on": local(start_at or MOMENT, branch.timezone).date(),
        "window_start_at": start_at,
        "window_end_at": start_at and start_at + timedelta(minutes=90),
    }
    job = Job(
        branch_id=branch.id,
        case_id=case.id,
        site_id=site.id,
        lead_id=lead.id if lead else None,
        **values | given,
    )
    job.helper_rows = [JobHelper(person_id=helper.id) for helper in helpers]
    _add(job)
    db.session.commit()
    return job


def _mark() -> str:
    """Ten letters of no number: without digits, so that a test can look for an amount or a room and find none."""
    return new_id()[-10:].translate(_LETTERS)


_LETTERS = str.maketrans("0123456789", "ghjkmnpqrs")


def _add(row: Any) -> Any:
    db.session.add(row)
    db.session.flush()
    return row


def a_checklist(
    job_type: str,
    content: dict[str, Any],
    *,
    branch: Branch | None = None,
    template: ChecklistTemplate | None = None,
    state: str = "published",
    **given: Any,
) -> ChecklistVersion:
    """A version of a template (None: of a new one, of the whole organisation or of `branch`); committed."""
    scope = {"scope": branch.id, "branch_id": branch.id} if branch else {}
    template = template or _add(ChecklistTemplate(job_type=job_type, created_at=MOMENT, **scope))
    values: dict[str, Any] = {
        "number": len(template.versions) + 1,
        "created_at": MOMENT,
        "published_at": None if state == "draft" else MOMENT,
    }
    version = ChecklistVersion(template=template, content=content, state=state, **values | given)
    _add(version)
    db.session.commit()
    return version
