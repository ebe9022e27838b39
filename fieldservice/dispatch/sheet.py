"""Somebody's day on paper, and as a text to send: stops in their order, with the ways between them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from fieldservice.accounts.models import Person
from fieldservice.core import i18n
from fieldservice.core.errors import NotFound
from fieldservice.core.i18n import gettext as _
from fieldservice.dispatch import planning, queries, slips
from fieldservice.jobs.models import Job
from fieldservice.jobs.rules import CANCELLED
from fieldservice.web.job_words import TYPES
from fieldservice.web.masks import mask_phone


@dataclass(frozen=True)
class Stop:
    """A visit of the day; `travel_minutes` lead to it and work begins at `begin_at`, as far as both are known."""

    job: Job
    is_helping: bool
    travel_minutes: int | None = None
    begin_at: datetime | None = None

    @property
    def when(self) -> str:
        """'10:00–11:30' on the branch's clock; '' without a time."""
        job = self.job
        if not (job.window_start_at and job.window_end_at):
            return ""
        return i18n.window(job.window_start_at, job.window_end_at, job.branch.timezone)

    @property
    def begins(self) -> str:
        """'10:30' where it is planned to begin later in its window; else ''."""
        at = self.job.planned_start_at
        if at is None or at == self.job.window_start_at:
            return ""
        return i18n.clock_time(at, self.job.branch.timezone)


@dataclass(frozen=True)
class Sheet:
    """One person's day."""

    person: Person
    day: date
    stops: list[Stop]


def read_sheet(viewer: Person, person_id: str, day: date, at: datetime) -> Sheet:
    """As the day stands at this moment: what is still to come with its ways.

    Raises NotFound for whoever is no technician of a branch the viewer sees.
    """
    branch_ids = [branch.id for branch in queries.branches_of(viewer)]
    person = next((one for one in queries.technicians_of(branch_ids) if one.id == person_id), None)
    if person is None:
        raise NotFound()
    way = slips.of_day([person.branch_id], day, at).ways.get(person_id)
    jobs = [job for job in queries.jobs_on([person.branch_id], day) if job.state != CANCELLED and job.is_crew(person_id)]
    stops = {stop.visit_id.partition("+")[0]: stop for stop in way.stops} if way else {}
    midnight = planning.midnight(day, person.branch.timezone)
    is_told = viewer.can("jobs.assign")  # how far it is from home is for planners
    first = way.stops[0].visit_id if way and way.stops and not way.begun else ""

    def of(job: Job) -> Stop:
        stop = stops.get(job.id)
        if stop is None:
            return Stop(job, job.lead_id != person_id)
        minutes = -(-stop.travel_seconds // 60) if is_told or stop.visit_id != first else None
        return Stop(job, job.lead_id != person_id, minutes, midnight + timedelta(seconds=-(-stop.start // 60) * 60))

    order = {visit_id: place for place, visit_id in enumerate(stops)}
    return Sheet(person, day, [of(job) for job in sorted(jobs, key=lambda one: order.get(one.id, -1))])


def text_of(sheet: Sheet) -> str:
    """To be sent by any chat: no gate codes, no whole phone numbers."""
    head = _("%(name)s, %(day)s, visits: %(count)s", name=sheet.person.name, day=i18n.day(sheet.day),
             count=len(sheet.stops))
    return "\n\n".join([head, *(_lines(number, stop) for number, stop in enumerate(sheet.stops, 1))])


def _lines(number: int, stop: Stop) -> str:
    job = stop.job
    customer = job.case.customer
    phone = f" {mask_phone(customer.phone)}" if customer.phone else ""
    way = _("travel about %(minutes)s min", minutes=stop.travel_minutes) if stop.travel_minutes else ""
    facts: Mapping[str, str] = {
        "what": f"{number}. {stop.when or _('no time agreed')} {customer.address_form} {TYPES[job.type]}",
        "begins": stop.begins and _("planned to begin at %(time)s", time=stop.begins),
        "brief": job.brief, "where": job.site.full_address + phone,
        "bring": job.bring and _("Bring: %(what)s", what=job.bring), "way": way}
    return "\n".join(line for line in facts.values() if line)
