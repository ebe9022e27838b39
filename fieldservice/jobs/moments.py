"""What jobs know of a timeline: steps, notes, contacts, and the edits of the office in words."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask import g, has_request_context

from fieldservice.accounts.models import Person
from fieldservice.core import i18n
from fieldservice.core.db import db
from fieldservice.core.i18n import gettext as _
from fieldservice.customers.models import Product
from fieldservice.jobs.edits import changes_between, columns_after, crew_changes, first_facts
from fieldservice.jobs.models import JobContact, JobStep
from fieldservice.people.queries import known_changes, skill_names
from fieldservice.web.case_words import CASE_KINDS
from fieldservice.web.job_words import ACTS, AGAINST, STEPS, WHY_AWAY
from fieldservice.web.timeline import Entry, Fact, Log, Moment, Story, Told, gives_moments, reads_names, tells

STEP_ICONS = {
    "accept": "check", "depart": "car", "arrive": "map-pin", "start": "play", "finish": "circle-check",
    "cannot_finish": "pause", "customer_absent": "user-x",
}  # fmt: skip
_ENTRY_ICONS = {
    "office.create_job": "plus", "office.cancel_job": "ban", "office.restore_job": "rotate-ccw",
    "office.undo_cancel_job": "rotate-ccw", "office.undo_restore_job": "ban", "take_back_step": "undo-2",
}  # fmt: skip
_ENTRY_KINDS = {"take_step": "step", "take_back_step": "step", "answer_item": "checklist", "add_photo": "photo",
                "caption_photo": "photo", "void_photo": "photo", "state_charges": "money", "sign_sheet": "money",
                "add_note": "note", "record_contact": "note", "report_incident": "incident"}  # fmt: skip
_JOINED = frozenset({"answer_item", "add_photo", "caption_photo"})


@gives_moments
def of_the_visit(story: Story) -> Iterable[Moment]:
    """Steps, notes and contacts."""
    for job in story.jobs:
        yield from (_step(step, job.branch.timezone) for step in job.steps)
        for note in job.notes:
            yield _row(note, "note", "sticky-note", _("Note"), text=note.text, is_late=note.is_late)
    query = sa.select(JobContact).where(JobContact.job_id.in_(story.job_ids)).order_by(JobContact.id)
    for contact in db.session.scalars(query):
        is_call = contact.channel == "call"
        words = _("Called the customer") if is_call else _("Wrote the customer a message")
        yield _row(contact, "note", "phone" if is_call else "message-square", words, is_late=contact.is_late)


@reads_names
def of_people_and_products(ids: set[str]) -> Mapping[str, str]:
    """Names for ids in the log."""
    columns = ((Person.id, Person.name), (Product.id, Product.model))
    return {
        row[0]: row[1] for pair in columns for row in db.session.execute(sa.select(*pair).where(pair[0].in_(ids)))
    }


@tells("")
def any_other(entry: Entry, _log: Log) -> Told:
    """An entry nobody has more to say about: what was done, its reason, its text."""
    text = next((str(entry.body[name]) for name in ("reason", "text", "words") if entry.body.get(name)), "")
    words = str(ACTS.get(entry.kind, entry.kind))
    step = entry.body.get("step")
    kind = entry.kind.removeprefix("office.")
    if kind == "take_step" and step in STEPS:
        words = str(STEPS[step])
    return Told(words=_sentence(words), kind="step" if kind == "take_step" else _ENTRY_KINDS.get(entry.kind, "office"),
                icon=STEP_ICONS.get(str(step), _ENTRY_ICONS.get(entry.kind, "pencil")), text=text,
                joins=entry.kind if entry.kind in _JOINED else "")


@tells("office.create_job")
def entered(entry: Entry, log: Log) -> Told:
    """The job as it was entered."""
    plan = {**entry.body.get("plan", {}), "product_id": entry.body.get("product_id")}
    _plans(log)[str(entry.job_id)] = columns_after({}, plan)
    facts = [*first_facts(plan, log.names, _zone(entry, log)), *crew_changes(None, entry.body, log.names)]
    return Told(words=_sentence(ACTS[entry.kind]), icon="plus", facts=facts)


@tells("office.edit_job")
def edited(entry: Entry, log: Log) -> Told:
    """What was changed, before and after; with no earlier entry to compare with, only that something was."""
    plans = _plans(log)
    before = plans.get(str(entry.job_id))
    after = columns_after({}, {**entry.body.get("plan", {}), "product_id": entry.body.get("product_id")})
    plans[str(entry.job_id)] = after
    facts = changes_between(before, after, log.names, _zone(entry, log)) if before is not None else []
    return Told(words=_sentence(ACTS[entry.kind]), facts=facts)


@tells("office.move_job", "office.undo_move_job")
def moved(entry: Entry, log: Log) -> Told:
    """Another day or window."""
    plans = _plans(log)
    known = entry.body.get("before") or plans.get(str(entry.job_id))
    names = ("visit_on", "window_start_at", "window_end_at")
    after = {name: entry.body.get(name) for name in names}
    before = {name: known.get(name) for name in names} if known else {}
    facts = [*changes_between(before, after, log.names, _zone(entry, log)), *_overruled(entry, log)]
    if str(entry.job_id) in plans:
        plans[str(entry.job_id)].update(after)
    return Told(words=_sentence(ACTS.get(entry.kind, entry.kind)), icon="calendar-clock", facts=facts)


@tells("office.plan_start", "office.undo_plan_start")
def planned(entry: Entry, log: Log) -> Told:
    """When the technician is to begin; the customer's window stays."""
    body = entry.body
    now, before = (_moment((of or {}).get("planned_start_at"), _zone(entry, log)) for of in (body, body.get("before")))
    return Told(words=_sentence(ACTS.get(entry.kind, entry.kind)), icon="calendar-clock",
                facts=[Fact(_("Planned start"), now or _("nothing"), before or _("nothing")), *_overruled(entry, log)])


def _moment(text: object, zone: str) -> str:
    """A moment of the log in words; '' for none."""
    return i18n.day_and_time(datetime.fromisoformat(str(text)), zone) if text else ""


@tells("office.assign_job", "office.undo_assign_job", "office.accept_late_steps")
def assigned(entry: Entry, log: Log) -> Told:
    """Who goes now and who went before; a new lead begins anew."""
    before = entry.body.get("before") or {}
    facts = crew_changes(before, entry.body, log.names)
    if before.get("lead_id") and entry.body.get("run") != before.get("run"):
        is_back = int(entry.body.get("run") or 0) < int(before.get("run") or 0)
        anew = _("The visit begins anew with the new lead; what was done before stays in the history.")
        said = _("Goes on where this technician had stopped.") if is_back else anew
        facts.append(Fact(_("Visit"), said))
    facts += _overruled(entry, log)
    return Told(words=_sentence(ACTS.get(entry.kind, entry.kind)), icon="user-round-plus", facts=facts)


def _overruled(entry: Entry, log: Log) -> list[Fact]:
    """What spoke against it and was overruled."""
    against = entry.body.get("against")
    if not isinstance(against, dict):
        return []
    skills = log.memory.setdefault("skills", skill_names())
    said = [str(_against(code, known, entry)) % one for code, known in against.items() if code in AGAINST
            for one in _each(known, log.names, skills)]
    return [Fact(_("Done all the same"), " ".join(said))] if said else []


def _against(code: str, known: Mapping[str, Any], entry: Entry) -> Any:
    """That somebody was away; who may know reads which, if it is said of the day as it was then."""
    day = known.get("day") or entry.body.get("visit_on")
    viewer = g.get("person") if has_request_context() else None
    if code != "off" or not day or viewer is None:
        return AGAINST[code]
    key = (str(known.get("person_id")), date.fromisoformat(str(day)))
    change = known_changes(viewer, [key]).get(key)
    return WHY_AWAY.get(change.kind, AGAINST[code]) if change and change.made_at <= entry.at else AGAINST[code]


def _each(known: Mapping[str, Any], names: Mapping[str, str], skills: Mapping[str, str]) -> list[dict[str, str]]:
    """For each skill it is about, or once."""
    name, until = names.get(str(known.get("person_id")), _("somebody")), known.get("until") or {}
    ends = {one: i18n.day(date.fromisoformat(day)) for one, day in until.items()}
    return [{"name": name, "skill": skills.get(one, one), "until": ends.get(one, "")}
            for one in known.get("skills") or [""]]


@tells("take_back_step")
def taken_back(entry: Entry, _log: Log) -> Told:
    """The step itself is struck; this is when and by whom."""
    return Told(words=_sentence(ACTS[entry.kind]), kind="step", icon="undo-2", text=str(entry.body.get("reason", "")))


@tells("office.open_case")
def opened(entry: Entry, log: Log) -> Told:
    """What the customer came with."""
    _cases(log)[""] = entry.body
    kind = str(entry.body.get("kind", ""))
    return Told(words=_("The case was opened: %(kind)s", kind=CASE_KINDS.get(kind, kind)), icon="folder",
                text=str(entry.body.get("words", "")))


@tells("office.change_case")
def case_changed(entry: Entry, log: Log) -> Told:
    """What was corrected of it."""
    before = _cases(log).get("") or {}
    _cases(log)[""] = entry.body
    facts = []
    if entry.body.get("kind") != before.get("kind"):
        was, now = (str(CASE_KINDS.get(one.get("kind", ""), "")) for one in (before, entry.body))
        facts.append(Fact(_("Kind"), now, was))
    if entry.body.get("words") != before.get("words"):
        facts.append(Fact(_("In their words"), str(entry.body.get("words", "")), str(before.get("words", ""))))
    return Told(words=_("The case was corrected"), facts=facts)


def _plans(log: Log) -> dict[str, dict[str, Any]]:
    """Job id → its plan as the log had it so far."""
    found: dict[str, dict[str, Any]] = log.memory.setdefault("plans", {})
    return found


def _cases(log: Log) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = log.memory.setdefault("cases", {})
    return found


def _zone(entry: Entry, log: Log) -> str:
    return next((str(job.branch.timezone) for job in log.story.jobs if job.id == entry.job_id), "UTC")


def _step(step: JobStep, zone: str) -> Moment:
    facts = []
    if step.promised_at:
        facts.append(Fact(_("Promised"), i18n.day_and_time(step.promised_at, zone)))
    if step.voided_at:
        facts.append(Fact(_("Taken back"), i18n.day_and_time(step.voided_at, zone) + _(": ") + step.void_reason))
    return _row(step, "step", STEP_ICONS.get(step.step, "check"), str(STEPS.get(step.step, step.step)), text=step.reason,
                facts=facts, is_void=step.is_void, run=step.run, template="jobs/_place.html")  # fmt: skip


def _row(row: Any, kind: str, icon: str, words: str, **given: Any) -> Moment:
    happened_at: datetime = row.happened_at
    return Moment(id=row.op_id, at=happened_at, kind=kind, icon=icon, words=words, by=row.by.name, job_id=row.job_id,
                  device_at=row.device_at, uncertainty_ms=row.uncertainty_ms, row=row, **given)


def _sentence(words: Any) -> str:
    text = str(words)
    return text[:1].upper() + text[1:]
