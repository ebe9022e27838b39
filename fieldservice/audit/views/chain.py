"""The audit chain at the desk: its page, the history of a customer or a person, and erasing a customer."""

from typing import Any

from flask import g, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from fieldservice.accounts.models import Person
from fieldservice.accounts.queries import person_for
from fieldservice.audit import checking, erasing, heads, queries
from fieldservice.audit.payloads import ErasureForm
from fieldservice.audit.tasks import check_chain
from fieldservice.audit.views.blueprint import blueprint
from fieldservice.core import audit, clock, queue
from fieldservice.core.db import db
from fieldservice.core.errors import AppError, Conflict, RuleBroken
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import needs
from fieldservice.customers.models import Customer
from fieldservice.customers.queries import customer_for
from fieldservice.web.forms import FormState, read_form
from fieldservice.web.listing import asked_number
from fieldservice.web.notices import say
from fieldservice.web.panels import panel_on

Answer = str | Response

_HEADS_SHOWN = 12


@panel_on("customer")
def _customer_panel(customer: Customer) -> str:
    return render_template("audit/_customer.html", customer=customer, erasure=erasing.erasure_of(customer))


@panel_on("person")
def _person_panel(person: Person) -> str:
    return render_template("audit/_person.html", whose=person)


@blueprint.get("/audit")
@needs("audit.read")
def index() -> Answer:
    """How long the chain is, its heads and whether they arrived, the last check."""
    check = checking.latest()
    return render_template(
        "audit/page.html",
        size=audit.size(),
        heads=queries.latest_heads(_HEADS_SHOWN),
        target=heads.sent_to(),
        check=check,
        wrong=checking.wrong_of(check) if check else None,
        timezone=g.person.branch.timezone,
    )


@blueprint.post("/audit/check")
@needs("audit.read")
def check() -> Answer:
    """Has a worker walk along the whole chain; one that is under way goes on."""
    check_id = checking.ask(by=g.person, at=clock.now()).id
    db.session.commit()
    queue.later(check_chain, check_id)
    return redirect("/audit", 303)


@blueprint.get("/audit/head.json")
@needs("audit.read")
def take_head() -> Answer:
    """The newest head, to be kept elsewhere by hand."""
    found = queries.latest_heads(1)
    text = heads.message_of(found[0][0]) if found else "{}"
    answer = make_response(text)
    answer.mimetype = "application/json"
    answer.headers["Content-Disposition"] = "attachment; filename=audit-head.json"
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/customers/<customer_id>/history")
@needs("desk.read")
def customer_history(customer_id: str) -> Answer:
    """What was done to a customer, by whom, when, and where it stands in the chain."""
    customer = customer_for(g.person, customer_id)
    history = queries.customer_history(customer, _below(), viewer=g.person)
    return _history(history, customer.branch.timezone, customer=customer)


@blueprint.get("/people/<person_id>/history")
@needs("people.help")
def person_history(person_id: str) -> Answer:
    """What a person did, and what was done to the account."""
    person = person_for(g.person, person_id)
    history = queries.person_history(person, _below(), viewer=g.person)
    return _history(history, person.branch.timezone, whose=person)


def _history(history: queries.History, timezone: str, *, customer: Customer | None = None,
             whose: Person | None = None) -> Answer:  # fmt: skip
    return render_template(
        "audit/history.html", history=history, timezone=timezone, customer=customer, whose=whose, moment=clock.from_ms
    )


@blueprint.route("/customers/<customer_id>/erasure", methods=["GET", "POST"])
@needs("customers.erase")
def erase(customer_id: str) -> Answer:
    """Says what goes and what stays; erases when the name was typed and a reason given."""
    customer = customer_for(g.person, customer_id, to_change=request.method == "POST")
    state = FormState.typed(request.form) if request.method == "POST" else FormState()
    if request.method == "GET":
        return _erasure_page(customer, state)
    form = read_form(ErasureForm, request.form, state)
    if form is None:
        return _erasure_page(customer, state, status=422)
    try:
        row = erasing.erase_customer(customer, typed=form.typed, reason=form.reason, by=g.person, at=clock.now())
        erasure_id = row.id
        db.session.commit()
    except (RuleBroken, Conflict) as error:
        db.session.rollback()
        return _refused(customer_id, state, error)
    erasing.remove_files(erasure_id)
    say(_("The personal data are erased. The audit chain is whole and says so."))
    return redirect(f"/customers/{customer_id}", 303)


def _refused(customer_id: str, state: FormState, error: AppError) -> Answer:
    if "field" in error.facts:
        state.add(str(error.facts["field"]), error.code)
    return _erasure_page(customer_for(g.person, customer_id), state, status=error.status)


def _erasure_page(customer: Customer, state: FormState, status: int = 200) -> Answer:
    values: dict[str, Any] = {"why_not": erasing.why_not(customer), "erasure": erasing.erasure_of(customer)}
    return make_response(render_template("audit/erasure.html", customer=customer, form=state, **values), status)


def _below() -> int | None:
    return asked_number("below", 0) or None
