"""What jobs are found by, and what they add to their cases: whether there is still something to do."""

from collections import defaultdict
from collections.abc import Collection

import sqlalchemy as sa

from fieldservice.cases.models import Case
from fieldservice.core.db import among, ask, db, table_of
from fieldservice.core.search import Addition, Doc, adds_to, searchable, shown_in
from fieldservice.customers.models import Customer, Site
from fieldservice.jobs.models import Job
from fieldservice.jobs.rules import is_case_done

#: facets of a case
OPEN, DONE = "open", "done"


@searchable("job", Job)
def _read(ids: Collection[str]) -> dict[str, Doc]:
    query = (
        sa.select(
            Job.id,
            Job.branch_id,
            Customer.phone,
            *(Job.number, Job.brief, Case.number, Customer.name, Customer.address_form),
            *(Site.district, Site.address, Site.unit),
        )
        .join(Job.case)
        .join(Job.site)
        .join(Site.customer)
        .where(Job.id.in_(ids))
    )
    return {
        row_id: Doc(branch_id, texts, phone) for row_id, branch_id, phone, *texts in db.session.execute(query)
    }


_JOB = table_of(Job).c
_VISITS = sa.select(_JOB.case_id, _JOB.state, _JOB.number).where(among(_JOB.case_id, "case_ids")).order_by(_JOB.id)


@adds_to("case")
def _of_cases(ids: Collection[str]) -> dict[str, Addition]:
    """Numbers and addresses of the visits, and whether the case is done."""
    visits: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for case_id, state, number in ask(_VISITS, case_ids=ids):
        visits[case_id].append((state, number))
    return {
        case_id: Addition(
            tuple(number for _state, number in visits[case_id]),
            (DONE if is_case_done([state for state, _number in visits[case_id]]) else OPEN,),
        )
        for case_id in ids
    }


@shown_in("job", Job, "number", "brief", "case_id", "site_id", "branch_id")
def _themselves(jobs: Collection[str]) -> Collection[str]:
    return jobs


@shown_in("job", Case, "number")
def _of_cases_changed(cases: Collection[str]) -> sa.Select[str]:
    return sa.select(Job.id).where(Job.case_id.in_(cases))


@shown_in("job", Site, "customer_id", "district", "address", "unit")
def _at_sites(sites: Collection[str]) -> sa.Select[str]:
    return sa.select(Job.id).where(Job.site_id.in_(sites))


@shown_in("job", Customer, "name", "address_form", "phone")
def _of_customers(customers: Collection[str]) -> sa.Select[str]:
    return sa.select(Job.id).join(Job.site).where(Site.customer_id.in_(customers))


@shown_in("case", Job, "number", "state", "case_id", key="case_id")
def _cases_of(cases: Collection[str]) -> Collection[str]:
    return cases
