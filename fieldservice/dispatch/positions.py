"""Addresses with open visits that have no position, or one the geocoder was not sure of."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, lazyload

from fieldservice.accounts.models import Person
from fieldservice.core.db import db
from fieldservice.core.errors import NotFound
from fieldservice.customers.models import GEOCODER, Customer, Site
from fieldservice.dispatch import planning
from fieldservice.jobs.models import Job
from fieldservice.jobs.rules import ENDED
from fieldservice.routing.lookups import assumed_town
from fieldservice.routing.models import DOUBTFUL, SiteLookup

#: who has more of them needs a geocoder, not a longer page
MOST = 200
#: in a file
ALL = 20_000


class _LookedUp:
    """What is said of an address and its geocoder."""

    site: Site
    #: None: nobody was asked
    lookup: SiteLookup | None

    @property
    def assumed_town(self) -> str:
        """The town the geocoder was asked in though the address names none; ''."""
        return assumed_town(self.site) if self.lookup else ""


@dataclass(frozen=True)
class ToPlace(_LookedUp):
    """An address somebody must look at."""

    site: Site
    #: of its next open visit; None: none of them has a day
    visit_on: date | None
    job_id: str
    #: None: nobody was asked
    lookup: SiteLookup | None

    @property
    def is_doubtful(self) -> bool:
        """Whether there is a position that may be wrong; else there is none."""
        return self.site.lat is not None


def to_place(branch_ids: list[str], *, until: date | None = None, most: int = MOST) -> list[ToPlace]:
    """The nearest visit first, those without a day last; `until`: only those with a visit by that day. One query."""
    first, job_id = sa.func.min(Job.visit_on).label("first"), sa.func.min(Job.id).label("job_id")
    open_jobs = sa.select(Job.site_id, first, job_id).where(Job.branch_id.in_(branch_ids), Job.state.not_in(ENDED))
    if until is not None:
        open_jobs = open_jobs.where(Job.visit_on <= until)
    near = open_jobs.group_by(Job.site_id).subquery()
    doubtful = sa.and_(Site.position_source == GEOCODER, SiteLookup.outcome == DOUBTFUL)
    query = (
        sa.select(Site, near.c.first, near.c.job_id, SiteLookup)
        .join(near, near.c.site_id == Site.id).outerjoin(SiteLookup, SiteLookup.site_id == Site.id)
        .where(sa.or_(Site.lat.is_(None), doubtful))
        .options(lazyload("*"), joinedload(Site.customer).options(lazyload("*"), joinedload(Customer.branch)))
        .order_by(near.c.first.is_(None), near.c.first, Site.id).limit(most)
    )  # fmt: skip
    return [ToPlace(*row) for row in db.session.execute(query)]


@dataclass(frozen=True)
class Trouble(_LookedUp):
    """What is wrong with where an address lies, as the map, the list and the plans take it."""

    #: 'no_position', 'doubtful', 'position_in_sea' or 'too_far'
    code: str
    site: Site
    #: None: nobody was asked
    lookup: SiteLookup | None

    @property
    def is_doubtful(self) -> bool:
        """A geocoder's position of which somebody may say that it is right."""
        return self.code == "doubtful"


def trouble_of(site: Site, begins: Collection[planning.Place]) -> Trouble | None:
    """None: nothing is wrong. `begins`: where the days of the branch's technicians begin. One query."""
    if site.customer.erased_at is not None:
        return None
    lookup = db.session.get(SiteLookup, site.id)
    if site.lat is None or site.lng is None:
        return Trouble("no_position", site, lookup)
    if (fault := planning.fault_of_position((site.lat, site.lng), begins)) is not None:
        return Trouble(fault.code, site, lookup)
    is_doubtful = site.position_source == GEOCODER and lookup is not None and lookup.outcome == DOUBTFUL
    return Trouble("doubtful", site, lookup) if is_doubtful else None


def site_to_confirm(person: Person, site_id: str) -> Site:
    """A site this person may see, held until the commit. Raises NotFound."""
    query = sa.select(Site).join(Customer, Customer.id == Site.customer_id).where(Site.id == site_id)
    if not person.sees_all_branches:
        query = query.where(Customer.branch_id == person.branch_id)
    found = db.session.scalar(query.with_for_update(of=Site, key_share=True).execution_options(populate_existing=True))
    if found is None:
        raise NotFound()
    return found
