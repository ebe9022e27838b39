"""Jobs and checklists as the phone holds them: whole documents in the words of docs/sync-protocol.md."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from fieldservice.accounts.models import Person
from fieldservice.accounts.queries import give_authors, people_met
from fieldservice.checklists.models import ChecklistVersion
from fieldservice.core.clock import to_ms
from fieldservice.core.db import among, ask, db, table_of
from fieldservice.core.i18n import local
from fieldservice.customers.models import Product
from fieldservice.jobs.models import Job, JobNote, JobStep
from fieldservice.jobs.queries import visit_numbers, with_few_joins
from fieldservice.jobs.rules import ABSENT, ENDED, FINISHED, UNFINISHED
from fieldservice.people.availability import Roster
from fieldservice.people.models import ShiftChange
from fieldservice.portal.actions import address_of
from fieldservice.portal.models import Link
from fieldservice.portal.queries import links_of
from fieldservice.reports.queries import verification_address
from fieldservice.routing.queries import model_of
from fieldservice.sync.overlaps import Overlap, overlaps_of
from fieldservice.visits.models import DayOrder
from fieldservice.visits.queries import last_order, visit_parts
from fieldservice.web.qr import qr_modules

HISTORY_LENGTH = 5  # visits; sync.md, Client rules


def job_documents(
    jobs: Sequence[Job], *, at: datetime | None = None, person_id: str | None = None
) -> list[dict[str, Any]]:
    """The `fields` of each job, in the same order; a fixed number of queries whatever the number of jobs.

    `at`: the moment of the pull; None is now. `person_id`: whose phone holds them; None: nobody's, without a badge.
    """
    links = links_of(jobs, person_id)
    history = _history(jobs)
    numbers = visit_numbers(jobs)
    parts = visit_parts(jobs, at=at)
    met = overlaps_of(jobs, author_id=person_id) if person_id else {}
    _people = people_met(_named(jobs))  # to the end: nobody reads them again
    give_authors([row for job in jobs for row in (*job.steps, *job.notes)])
    return [
        _job_document(job, history[job.site_id], numbers.get(job.id, (1, 1))[0])
        | parts[job.id]
        | {"links": _links(job, *links.get(job.id, (None, None)))}
        | ({"overlaps": [_overlap(one) for one in met[job.id]]} if job.id in met else {})
        for job in jobs
    ]


def _named(jobs: Iterable[Job]) -> Iterator[str | None]:
    for job in jobs:
        yield job.lead_id
        yield from (row.person_id for row in job.helper_rows)


def _overlap(one: Overlap) -> dict[str, Any]:
    return {
        "id": one.id, "subjects": list(one.subjects), "at_ms": to_ms(one.at), "kind": one.kind, "step": one.step,
        "said_ms": to_ms(one.said_at),
    }  # fmt: skip


def checklist_document(version: ChecklistVersion) -> dict[str, Any]:
    """The `fields` of a checklist version."""
    return {"job_type": version.template.job_type, "number": version.number, "content": version.content}


def me_document(person: Person, *, at: datetime) -> dict[str, Any]:
    """The person's own record; `at`: the moment of the pull."""
    return {
        "staff_no": person.staff_no,
        "name": person.name,
        "badge_no": person.badge_no,
        "language": person.language,
        "shares_position": person.shares_position_since is not None,
        "branch": {
            "name": person.branch.name,
            "phone": person.branch.phone,
            "timezone": person.branch.timezone,
        },
        "roles": sorted(person.roles),
        "work": _work(person, local(at, person.branch.timezone).date()),
        "order": _order(last_order(person.id)),
    }


def _work(person: Person, today: date) -> dict[str, Any]:
    """What the phone plans a day with, this person's alone. Days that differ from the week: from today on."""
    roster = Roster([person.branch_id], today, date.max, only=[person.id])
    usual, now = roster.week(person), roster.on(person, today)
    changed = sa.select(ShiftChange.on_day).where(ShiftChange.person_id == person.id, ShiftChange.on_day >= today)
    days = [roster.on(person, day) for day in db.session.scalars(changed.order_by(ShiftChange.on_day))]
    lunch = usual.lunch
    return {
        "week": [[minute * 60 for minute in usual.days[day]] if day in usual.days else None for day in range(7)],
        "changes": {day.day.isoformat(): [day.shift_start, day.shift_end] if day.is_there else None for day in days},
        "lunch": lunch and {
            "earliest": lunch.earliest * 60, "latest": lunch.latest * 60, "seconds": lunch.minutes * 60,
        },
        "start": now.start and list(now.start),
        "end": "open" if now.end == "open" else now.end and list(now.end),
        "travel": asdict(model_of(person.branch_id)),
    }  # fmt: skip


def _order(chosen: DayOrder | None) -> dict[str, Any] | None:
    """The latest order they chose themselves."""
    if chosen is None:
        return None
    return {"day": chosen.day.isoformat(), "order": chosen.job_ids, "pinned": chosen.pinned}


def _job_document(job: Job, history: list[Job], visit_no: int) -> dict[str, Any]:
    return {
        **_plan(job),
        "case": {
            "id": job.case.id,
            "number": job.case.number,
            "kind": job.case.kind,
            "words": job.case.words,
            "opened_ms": to_ms(job.case.opened_at),
        },
        "visit_no": visit_no,
        **_where(job),
        "product": _product(job.product) if job.product else None,
        **_crew(job),
        "branch": {"name": job.branch.name, "phone": job.branch.phone},
        "steps": [_step(step) for step in job.steps],
        "notes": [_note(note) for note in job.notes],
        "history": [_visit(past) for past in history if past.id != job.id][:HISTORY_LENGTH],
        "cancel_reason": job.cancel_reason,
    }


def _links(job: Job, case: Link | None, badge: Link | None) -> dict[str, Any]:
    found = {name: _shown(address_of(link) if link else "") for name, link in (("case", case), ("badge", badge))}
    return found | {"report": _shown(verification_address(job))}


def _shown(address: str) -> dict[str, str] | None:
    """Address and code, so that a phone without signal can show both."""
    return {"address": address, "qr": qr_modules(address)} if address else None


def _plan(job: Job) -> dict[str, Any]:
    return {
        "number": job.number,
        "type": job.type,
        "state": job.state,
        "priority": job.priority,
        "run": job.run,
        "visit_on": _iso(job.visit_on),
        "window": _window(job),
        "planned_start_ms": to_ms(job.planned_start_at) if job.planned_start_at else None,
        "timezone": job.branch.timezone,
        "planned_minutes": job.planned_minutes,
        "brief": job.brief,
        "analysis": job.analysis,
        "remedy": job.remedy,
        "bring": job.bring,
        "special_needs": sorted({*job.special_needs, *job.site.customer.special_needs}),
        "special_note": job.special_note,
        "amount_fen": job.amount_fen,
        "amount_reason": job.amount_reason,
    }


def _window(job: Job) -> dict[str, int] | None:
    if job.window_start_at is None or job.window_end_at is None:
        return None
    return {"start_ms": to_ms(job.window_start_at), "end_ms": to_ms(job.window_end_at)}


def _where(job: Job) -> dict[str, Any]:
    customer, site = job.site.customer, job.site
    return {
        # the number is for calling before and during the visit; afterwards nobody on the road needs it
        "customer": {
            "name": customer.name,
            "address_form": customer.address_form,
            "phone": "" if job.state in ENDED else customer.phone,
        },
        "site": {
            "district": site.district,
            "address": site.address,
            "unit": site.unit,
            "access_note": site.access_note,
            "lat": site.lat,
            "lng": site.lng,
        },
    }


def _product(product: Product) -> dict[str, Any]:
    return {
        "model": product.model,
        "batch": product.batch,
        "room": product.room,
        "area_m2": str(product.area_m2) if product.area_m2 is not None else None,
        "purchased_on": _iso(product.purchased_on),
        "voucher": product.voucher,
        "installer": product.installer,
        "warranty_start_on": _iso(product.warranty_start_on),
    }


def _crew(job: Job) -> dict[str, Any]:
    lead = job.lead
    return {
        "lead": {"id": lead.id, "name": lead.name, "staff_no": lead.staff_no} if lead else None,
        "helpers": [{"id": helper.id, "name": helper.name} for helper in job.helpers],
    }


def _step(step: JobStep) -> dict[str, Any]:
    return {
        "id": step.id,
        "step": step.step,
        "from": step.from_state,
        "to": step.to_state,
        "at_ms": to_ms(step.happened_at),
        "by": step.by.name,
        "by_id": step.by_id,
        "reason": step.reason,
        "promised_ms": to_ms(step.promised_at) if step.promised_at else None,
        "run": step.run,
        "void_reason": step.void_reason if step.is_void else None,
    }


def _note(note: JobNote) -> dict[str, Any]:
    return {
        "id": note.id,
        "text": note.text,
        "by": note.by.name,
        "by_id": note.by_id,
        "at_ms": to_ms(note.happened_at),
        "late": note.is_late,
    }


def _visit(job: Job) -> dict[str, Any]:
    """A past visit in words: what its reason or last note said."""
    last = job.run_steps[-1] if job.run_steps else None
    words = last.reason if last and last.reason else (job.notes[-1].text if job.notes else "")
    return {
        "visit_on": _iso(job.visit_on),
        "type": job.type,
        "brief": job.brief,
        "outcome": job.state,
        "words": words,
        "by": job.lead.name if job.lead else "",
    }


_JOB = table_of(Job).c
_ENDED = (
    sa.select(_JOB.id)
    .where(among(_JOB.site_id, "site_ids"), _JOB.state.in_((FINISHED, UNFINISHED, ABSENT)))
    .order_by(sa.func.coalesce(_JOB.visit_on, date.min).desc(), _JOB.id.desc())
)


def _history(jobs: Sequence[Job]) -> dict[str, list[Job]]:
    """Ended visits by the site of these jobs, newest first.

    First their ids: mostly there are none, or they are among the jobs themselves, and a whole job is dear to ask for.
    """
    ids = list(ask(_ENDED, site_ids={job.site_id for job in jobs}).scalars())
    known = {job.id: job for job in jobs}
    if not known.keys() >= set(ids):
        others = sa.select(Job).where(Job.id.in_([one for one in ids if one not in known])).options(*with_few_joins())
        known |= {job.id: job for job in db.session.scalars(others).unique()}
    found: dict[str, list[Job]] = defaultdict(list)
    for one in ids:
        found[known[one].site_id].append(known[one])
    return found


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
