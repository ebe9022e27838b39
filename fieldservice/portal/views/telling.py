"""Telling a customer when we come: the message as it is prepared, to be changed, sent, or told by own hand."""

import logging
from datetime import datetime, timedelta
from json import dumps as ascii_json
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, g, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from fieldservice.core import clock, i18n
from fieldservice.core.db import db
from fieldservice.core.errors import AppError, Conflict, NotAllowed, RuleBroken
from fieldservice.core.i18n import gettext as _
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.core.ids import is_id, new_id
from fieldservice.core.permissions import needs
from fieldservice.customers.actions import open_phone
from fieldservice.dispatch import messages, slips
from fieldservice.dispatch.models import ASK_TIME, CHANNELS, GATEWAY, LATER
from fieldservice.jobs.models import Job
from fieldservice.jobs.queries import job_for
from fieldservice.portal import rules, telling
from fieldservice.portal.gateways import NotSent, gateway
from fieldservice.portal.payloads import MessageForm
from fieldservice.portal.views.blueprint import blueprint
from fieldservice.portal.words import CHANNEL_WORDS
from fieldservice.web.access import is_fragment_request
from fieldservice.web.addresses import local_address
from fieldservice.web.forms import FormState, read_form
from fieldservice.web.notices import say

Answer = str | AnyResponse

#: a time that is told is a round one, and rather too late than too early
ROUND_TO = timedelta(minutes=5)

_log = logging.getLogger("fieldservice.portal")


@blueprint.route("/jobs/<job_id>/message", methods=["GET", "POST"])
@needs("jobs.edit")
def message(job_id: str) -> Answer:
    """GET shows what is prepared and changes nothing; POST sends it, notes that it was told, or prepares it anew."""
    if request.method == "GET":
        job = job_for(g.person, job_id)
        return _show(job, _fresh(job, request.args.get("kind", ""), clock.now()))
    job = job_for(g.person, job_id, to_change=True)
    state = FormState.typed(request.form)
    form = read_form(MessageForm, request.form, state)
    if form is None:
        db.session.rollback()
        return _show(job_for(g.person, job_id), state, status=422)
    acts = {"prepare": _prepare, "number": _open_number, "send": _send, "told": _tell}
    try:
        return acts[form.act](job, form, state)
    except (Conflict, RuleBroken) as error:
        db.session.rollback()
        return _refused(job_for(g.person, job_id), state, error)


def _prepare(job: Job, form: MessageForm, state: FormState) -> Answer:
    """The words anew, for the time, kind and language that were chosen."""
    expected_at = _expected_at(job, form)
    if form.kind == LATER and expected_at is None:
        raise RuleBroken("message_time_missing")
    state.values["words"] = [telling.prepared(job, form.kind, expected_at, form.language, at=clock.now())]
    return _show(job, state)


def _open_number(job: Job, _form: MessageForm, state: FormState) -> Answer:
    """Shows the whole number, to call or write by one's own phone; that it was shown is logged."""
    if not g.person.can("phones.open"):
        raise NotAllowed("not_allowed")
    customer = job.site.customer
    number = open_phone(customer, by=g.person, at=clock.now(), address=request.remote_addr or "")
    db.session.commit()
    return _show(job, state, number=number)


def _send(job: Job, form: MessageForm, _state: FormState) -> Answer:
    given, job_id, by = _given(job, form), job.id, g.person
    row = telling.begin(job, given, by=by, at=clock.now())
    number, text, message_id = job.site.customer.phone, row.words, row.id
    said = _("%(customer)s: the message is sent.", customer=job.site.customer.address_form)
    db.session.commit()
    way = gateway()
    assert way
    try:
        way.send(number, text, message_id)
        is_taken = True
    except NotSent as error:
        _log.error("a message to a customer was not sent: %s", error)
        is_taken = False
    telling.finish(message_id, is_taken=is_taken, by=by, at=clock.now())
    db.session.commit()
    if not is_taken:
        job = job_for(g.person, job_id)
        state = FormState.typed(request.form)
        state.values.pop("after", None)
        state.add("", "message_not_sent")
        return _show(job, state, status=503)
    return _done(job_id, said)


def _tell(job: Job, form: MessageForm, _state: FormState) -> Answer:
    telling.note_told(job, _given(job, form), form.channel, by=g.person, at=clock.now())
    said = _("%(customer)s: noted that the customer was told.", customer=job.site.customer.address_form)
    job_id = job.id
    db.session.commit()
    return _done(job_id, said)


def _given(job: Job, form: MessageForm) -> telling.Given:
    return telling.Given(
        message_id=form.message_id if is_id(form.message_id) else new_id(), kind=form.kind, words=form.words,
        language=form.language, expected_at=_expected_at(job, form), after=form.after, about=form.about)  # fmt: skip


def _expected_at(job: Job, form: MessageForm) -> datetime | None:
    """On the day of the visit. Raises RuleBroken for a time that is over."""
    if form.kind == ASK_TIME or form.expected is None or job.visit_on is None:
        return None
    found = datetime.combine(job.visit_on, form.expected.replace(second=0, microsecond=0, tzinfo=None),
                             ZoneInfo(job.branch.timezone))  # fmt: skip
    if found < clock.now() - ROUND_TO:
        raise RuleBroken("message_time_over")
    return found


def _fresh(job: Job, kind: str, now: datetime) -> FormState:
    """The form as it is prepared."""
    language, expected_at = telling.language_of(job), rounded(slips.expected_of(job, at=now))
    if kind not in (ASK_TIME, LATER):
        kind = LATER if expected_at else ASK_TIME
    local = i18n.local(expected_at, job.branch.timezone) if expected_at else None
    has_words = kind == ASK_TIME or expected_at is not None
    words = telling.prepared(job, kind, expected_at, language, at=now) if has_words else ""
    return FormState.of({
        "kind": kind, "language": language, "expected": f"{local:%H:%M}" if local else "", "words": words,
        "channel": "call", "message_id": new_id(), "about": telling.about(job)})  # fmt: skip


def rounded(moment: datetime | None) -> datetime | None:
    """The next round time, as people say it."""
    if moment is None:
        return None
    over = timedelta(seconds=moment.timestamp() % ROUND_TO.total_seconds())
    return moment if not over else moment - over + ROUND_TO


def _refused(job: Job, state: FormState, error: AppError) -> Answer:
    """What was typed stays; whoever looks again knows what others did, and may then tell once more on purpose."""
    state.add_rule("", error) if isinstance(error, RuleBroken) else state.add("", error.code, **error.facts)
    if isinstance(error, Conflict):
        for name in ("after", "message_id", "about"):
            state.values.pop(name, None)
    return _show(job, state, status=error.status)


def _show(job: Job, state: FormState, *, number: str = "", status: int = 200) -> AnyResponse:
    known = messages.messages_of([job.id]).get(job.id, [])
    for name, value in (("after", messages.mark_of(known)), ("message_id", new_id()), ("about", telling.about(job))):
        if not state.value(name):
            state.values[name] = [value]
    told = messages.last_told(known, job)
    estimate = slips.expected_of(job, at=clock.now())
    return make_response(render_template(
        "portal/_message.html" if is_fragment_request() else "portal/message.html", job=job, form=state, number=number,
        messages=list(reversed(known)), zone=job.branch.timezone, told=told, estimate=estimate,
        is_known=messages.is_covered(told, job.lead_id, estimate), fault=rules.wish_fault(job.state),
        channels=[(code, CHANNEL_WORDS[code]) for code in CHANNELS if code != GATEWAY], channel_words=CHANNEL_WORDS,
        kinds=KINDS, has_gateway=telling.takes_messages(job),
        masked=rules.masked_middle(job.site.customer.phone), back=_back(job.id)), status)  # fmt: skip


KINDS = [(LATER, _l("When we come now")), (ASK_TIME, _l("Ask for another time"))]


def _back(job_id: str) -> str:
    return local_address(request.values.get("next"), f"/jobs/{job_id}")


def _done(job_id: str, said: str) -> Answer:
    """Told to the page that asked by htmx, which reads itself again; else back to where one was."""
    if is_fragment_request():
        told: dict[str, Any] = {"words": said, "undo": ""}
        # ascii_json: a header holds no Chinese
        return Response(status=204, headers={"HX-Trigger": ascii_json({"fieldservice:done": told})})
    say(said)
    return redirect(_back(job_id), 303)
