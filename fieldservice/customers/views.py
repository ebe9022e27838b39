"""Pages of customers, their addresses and products."""

from typing import Any

from flask import Blueprint, g, make_response, redirect, render_template, request
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import selectinload
from werkzeug.wrappers import Response

from fieldservice.accounts.queries import edits_since
from fieldservice.branches.models import Branch
from fieldservice.core import clock, i18n
from fieldservice.core.coords import Point
from fieldservice.core.db import db
from fieldservice.core.i18n import gettext as _
from fieldservice.core.ids import is_id, new_id
from fieldservice.core.permissions import needs
from fieldservice.customers import actions, exports, queries
from fieldservice.customers.models import SPECIAL_NEEDS, Customer, Product, Site
from fieldservice.customers.payloads import (
    ChangedCustomerForm,
    CustomerForm,
    NewCustomerForm,
    ProductForm,
    SiteForm,
)
from fieldservice.web import exports as web_exports
from fieldservice.web.access import is_fragment_request
from fieldservice.web.addresses import local_address
from fieldservice.web.case_words import CUSTOMER_KINDS
from fieldservice.web.field_words import saved_words
from fieldservice.web.forms import FormState, read_form
from fieldservice.web.job_words import NEEDS
from fieldservice.web.listing import asked_order, asked_text, page_of
from fieldservice.web.masks import mask_phone
from fieldservice.web.merging import Row
from fieldservice.web.notices import say
from fieldservice.web.positions import (
    KeptPosition,
    MapView,
    ShownPosition,
    position_values,
    read_position_fields,
    remember_datum,
    shown_position,
    swap_typed,
)

blueprint = Blueprint("customers", __name__)
blueprint.app_context_processor(lambda: {"shown_position": shown_at, "local_day": local_day})

Answer = str | Response


def local_day(moment: Any, timezone: str) -> Any:
    """The day of a moment in a branch's zone."""
    return i18n.local(moment, timezone).date()


def shown_at(site: Site) -> ShownPosition:
    """A site's position in the datum of this browser."""
    return shown_position(_kept(site).point)


@blueprint.get("/customers")
@needs("desk.read")
def index() -> Answer:
    """Search as one types; the address carries search, filters, order and page."""
    search, kind, branch_id = asked_text("q"), asked_text("kind"), asked_text("branch")
    sort = asked_order(queries.SORTS, "created", descending=True)
    found = queries.search_customers(g.person, search=search, branch_id=branch_id, kind=kind)
    ordered = queries.sorted_by(found, sort[0], descending=sort[1])
    if web_exports.asked():
        columns = exports.columns()
        return web_exports.send_list("customers", _("Customers"), columns, lambda: exports.rows(ordered))
    page = page_of(found, ordered, selectinload(Customer.sites))
    template = "customers/_list.html" if is_fragment_request() else "customers/list.html"
    return render_template(
        template,
        page=page,
        sort=sort,
        search=search,
        kind=kind,
        branch_id=branch_id,
        branches=queries.branches_to_choose(g.person),
    )


@blueprint.get("/customers/<customer_id>")
@needs("desk.read")
def show(customer_id: str) -> Answer:
    """A customer with addresses, products and what others show about them."""
    return _page(queries.customer_for(g.person, customer_id))


@blueprint.post("/customers/<customer_id>/phone-opening")
@needs("phones.open")
def open_phone(customer_id: str) -> Answer:
    """Shows the whole number once; that it was shown is logged."""
    customer = queries.customer_for(g.person, customer_id)
    phone = actions.open_phone(customer, by=g.person, at=clock.now(), address=request.remote_addr or "")
    db.session.commit()
    if is_fragment_request():
        return render_template("customers/_phone.html", customer=customer, phone=phone)
    return _page(customer, phone=phone)


@blueprint.get("/customers/<customer_id>/phone-opening")
@needs("desk.read")
def phone_opening(customer_id: str) -> Answer:
    """Where a page reloaded after the number was shown leads back to."""
    return redirect(f"/customers/{queries.customer_for(g.person, customer_id).id}")


@blueprint.route("/customers/new", methods=["GET", "POST"])
@needs("customers.edit")
def add() -> Answer:
    """A new customer."""
    branches = queries.branches_to_choose(g.person)
    if request.method == "GET":
        return _customer_form(None, FormState.of({"kind": "person", "row_id": new_id()}), branches)
    state = FormState.typed(request.form)
    form = read_form(NewCustomerForm, request.form, state)
    branch = chosen_branch(branches, request.form.get("branch_id", ""))
    if branch is None:
        state.add("branch_id", "branch_missing")
    if form is None or branch is None:
        return _customer_form(None, state, branches, 422)
    customer_id = _row_id()
    if db.session.get(Customer, customer_id) is not None:
        return _made_before(queries.customer_for(g.person, customer_id))
    try:
        actions.add_customer(
            branch, _details(form, form.phone), by=g.person, at=clock.now(), customer_id=customer_id
        )
        db.session.commit()
    except IntegrityError:
        db.session.rollback()  # the same form at the same moment
        return _made_before(queries.customer_for(g.person, customer_id))
    say(_("Saved."))
    return redirect(f"/customers/{customer_id}", 303)


@blueprint.route("/customers/<customer_id>/edit", methods=["GET", "POST"])
@needs("customers.edit")
def edit(customer_id: str) -> Answer:
    """Changes a customer; the number is not shown, only replaced."""
    if request.method == "GET":
        customer = queries.customer_for(g.person, customer_id)
        state = FormState.of(_customer_values(customer))
        state.opened["phone"] = [mask_phone(customer.phone)]
        return _customer_form(customer, state, [])
    customer = queries.customer_for(g.person, customer_id, to_change=True)
    state = FormState.typed(request.form)
    if not state.merge(_customer_row(customer, state)):
        return _customer_form(customer, state, [], 409)
    form = read_form(ChangedCustomerForm, request.form, state)
    if form is None:
        return _customer_form(customer, state, [], 422)
    actions.change_customer(
        customer,
        _details(form, form.phone or customer.phone),
        by=g.person,
        at=clock.now(),
        expected_version=customer.version,
    )
    db.session.commit()
    say(saved_words(state.taken))
    return redirect(f"/customers/{customer.id}", 303)


@blueprint.route("/customers/<customer_id>/sites/new", methods=["GET", "POST"])
@needs("customers.edit")
def add_site(customer_id: str) -> Answer:
    """A further address."""
    customer = queries.customer_for(g.person, customer_id)
    if request.method == "GET":
        fresh = FormState.of({"row_id": new_id(), **position_values(KeptPosition())})
        return _site_form(customer, None, fresh, _map(customer, None))
    return _save_site(customer, None)


@blueprint.route("/sites/<site_id>/edit", methods=["GET", "POST"])
@needs("customers.edit")
def edit_site(site_id: str) -> Answer:
    """Changes an address or its position."""
    site = queries.site_for(g.person, site_id, to_change=request.method == "POST")
    if request.method == "GET":
        return _site_form(site.customer, site, FormState.of(_site_values(site)), _map(site.customer, site))
    return _save_site(site.customer, site)


@blueprint.route("/sites/<site_id>/products/new", methods=["GET", "POST"])
@needs("customers.edit")
def add_product(site_id: str) -> Answer:
    """A floor that lies at the address."""
    site = queries.site_for(g.person, site_id)
    if request.method == "GET":
        return _product_form(site, None, FormState.of({"row_id": new_id()}))
    return _save_product(site, None)


@blueprint.route("/products/<product_id>/edit", methods=["GET", "POST"])
@needs("customers.edit")
def edit_product(product_id: str) -> Answer:
    """Changes what is known of a floor."""
    product = queries.product_for(g.person, product_id, to_change=request.method == "POST")
    if request.method == "GET":
        return _product_form(product.site, product, FormState.of(_product_values(product)))
    return _save_product(product.site, product)


def chosen_branch(branches: list[Branch], branch_id: str) -> Branch | None:
    """The branch asked for, or the only one; None: still to be chosen."""
    if len(branches) == 1:
        return branches[0]
    return next((branch for branch in branches if branch.id == branch_id), None)


def _save_site(customer: Customer, site: Site | None) -> Answer:
    view = _map(customer, site)
    typed = swap_typed(request.form) if "swap" in request.form else request.form
    state = FormState.typed(typed)
    if site is not None and "swap" not in request.form and not state.merge(_site_row(site, state)):
        return _site_form(customer, site, state, view, 409)
    form = read_form(SiteForm, typed, state)
    position = read_position_fields(form, state, view, _kept(site) if site else None) if form else None
    if "swap" in request.form:
        state.errors.clear()
        return _site_form(customer, site, state, view)
    if form is None or position is None:
        return _site_form(customer, site, state, view, 422)
    details = actions.SiteDetails(
        address=form.address,
        district=form.district,
        unit=form.unit,
        access_note=form.access_note,
        position=position.point,
        position_source=position.source,
    )
    site_id = _row_id()
    if site is None and db.session.get(Site, site_id) is not None:
        return _made_before(queries.site_for(g.person, site_id).customer)
    try:
        if site is None:
            actions.add_site(customer, details, by=g.person, at=clock.now(), site_id=site_id)
        else:
            actions.change_site(site, details, expected_version=site.version, by=g.person, at=clock.now())
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        return _made_before(queries.site_for(g.person, site_id).customer)
    say(saved_words(state.taken))
    return remember_datum(redirect(_back(customer), 303), typed.get("datum", ""))


def _back(customer: Customer) -> str:
    """Where the form of an address was opened from."""
    return local_address(request.values.get("next"), f"/customers/{customer.id}")


def _save_product(site: Site, product: Product | None) -> Answer:
    state = FormState.typed(request.form)
    if product is not None and not state.merge(_product_row(product, state)):
        return _product_form(site, product, state, 409)
    form = read_form(ProductForm, request.form, state)
    if form is None:
        return _product_form(site, product, state, 422)
    details = actions.ProductDetails(**form.model_dump())
    product_id = _row_id()
    if product is None and db.session.get(Product, product_id) is not None:
        return _made_before(queries.product_for(g.person, product_id).site.customer)
    try:
        if product is None:
            actions.add_product(site, details, by=g.person, at=clock.now(), product_id=product_id)
        else:
            actions.change_product(product, details, by=g.person, at=clock.now(), expected_version=product.version)
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        return _made_before(queries.product_for(g.person, product_id).site.customer)
    say(saved_words(state.taken))
    return redirect(f"/customers/{site.customer_id}", 303)


def _row_id() -> str:
    """The id the form was made with; a new one when it is missing or none of ours."""
    text = request.form.get("row_id", "")
    return text if is_id(text) else new_id()


def _made_before(customer: Customer) -> Response:
    """The form was sent twice: what it made is there."""
    say(
        _(
            "This form was saved before; nothing was added twice. What was changed in it since is not kept:"
            " change it here."
        )
    )
    return redirect(f"/customers/{customer.id}", 303)


def _customer_row(customer: Customer, state: FormState) -> Row:
    """The number is known to the form as it is shown, masked."""
    return Row(
        version=customer.version,
        values=_customer_values(customer),
        shown=_customer_words(customer),
        edits=edits_since("customer", customer.id, state.since),
        masked={"phone": mask_phone(customer.phone)},
    )


def _site_row(site: Site, state: FormState) -> Row:
    return Row(
        version=site.version,
        values=_site_values(site),
        shown={},
        together=[("lng", "lat", "datum", "position_source")],
        edits=edits_since("site", site.id, state.since),
        columns={"datum": ("lng", "lat")},
    )


def _product_row(product: Product, state: FormState) -> Row:
    edits = edits_since("product", product.id, state.since)
    return Row(version=product.version, values=_product_values(product), shown={}, edits=edits)


def _page(customer: Customer, phone: str = "") -> Answer:
    return render_template(
        "customers/page.html", customer=customer, sites=queries.sites_of(customer), phone=phone
    )


def _customer_form(
    customer: Customer | None, state: FormState, branches: list[Branch], status: int = 200
) -> Response:
    choices = [(branch.id, branch.name) for branch in branches]
    return make_response(
        render_template(
            "customers/form.html",
            customer=customer,
            form=state,
            branches=choices,
            needs=[(code, NEEDS[code]) for code in SPECIAL_NEEDS],
        ),
        status,
    )


def _site_form(
    customer: Customer, site: Site | None, state: FormState, view: MapView, status: int = 200
) -> Response:
    return make_response(
        render_template(
            "customers/site_form.html", customer=customer, site=site, form=state, view=view, back=_back(customer)
        ),
        status,
    )


def _product_form(site: Site, product: Product | None, state: FormState, status: int = 200) -> Response:
    return make_response(
        render_template("customers/product_form.html", site=site, product=product, form=state), status
    )


def _details(form: CustomerForm, phone: str) -> actions.CustomerDetails:
    values = form.model_dump(exclude={"branch_id", "phone"})
    return actions.CustomerDetails(**values, phone=phone)


def _customer_values(customer: Customer) -> dict[str, Any]:
    return {
        "kind": customer.kind,
        "name": customer.name,
        "address_form": customer.address_form,
        "special_needs": customer.special_needs,
        "remark": customer.remark,
    }


def _customer_words(customer: Customer) -> dict[str, str]:
    """Codes in words, for what a field is now."""
    return {
        "kind": str(CUSTOMER_KINDS[customer.kind]),
        "special_needs": _(", ").join(str(NEEDS.get(code, code)) for code in customer.special_needs),
    }


def _site_values(site: Site) -> dict[str, Any]:
    return {
        "district": site.district,
        "address": site.address,
        "unit": site.unit,
        "access_note": site.access_note,
        **position_values(_kept(site)),
        "position_source": site.position_source or "typed",  # as the form says it without a position
    }


def _kept(site: Site) -> KeptPosition:
    point = None if site.lat is None or site.lng is None else Point(site.lat, site.lng)
    return KeptPosition(point, site.position_source)


def _map(customer: Customer, site: Site | None) -> MapView:
    around = _kept(site).point if site else None
    return MapView(queries.neighbours(g.person, customer.branch, around, leave_out=site.id if site else ""))


def _product_values(product: Product) -> dict[str, Any]:
    return {
        "model": product.model,
        "batch": product.batch,
        "room": product.room,
        "area_m2": product.area_m2,
        "purchased_on": product.purchased_on,
        "voucher": product.voucher,
        "installer": product.installer,
        "warranty_start_on": product.warranty_start_on,
    }
