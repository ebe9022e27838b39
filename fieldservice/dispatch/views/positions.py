"""Addresses whose pin somebody must set or look at."""

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from fieldservice.core import clock, i18n
from fieldservice.core.db import db
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import needs
from fieldservice.customers.models import Site
from fieldservice.dispatch import exports, positions
from fieldservice.dispatch.planning import Place
from fieldservice.dispatch.views.asked import read_asked
from fieldservice.dispatch.views.blueprint import blueprint
from fieldservice.people.availability import available
from fieldservice.routing import lookups, services
from fieldservice.web import exports as web_exports
from fieldservice.web.addresses import local_address
from fieldservice.web.notices import say
from fieldservice.web.panels import panel_on
from fieldservice.web.travel_words import DOUBTS, NAMES, TROUBLES


@blueprint.get("/positions", endpoint="positions")
@needs("desk.read")
def page() -> str | Response:
    """The nearest visit first."""
    asked = read_asked(g.person)
    if web_exports.asked():
        return web_exports.send_list("positions", _("Addresses to place"), exports.position_columns(),
                                     lambda: positions.to_place(asked.branch_ids, most=positions.ALL))  # fmt: skip
    found = positions.to_place(asked.branch_ids, most=positions.MOST + 1)
    code = lookups.service_code()
    standing = services.standing(code)
    trouble = standing and {"name": NAMES[code.partition(":")[2]], "why": TROUBLES[standing.trouble],
                            "since": standing.since}  # fmt: skip
    return render_template(
        "dispatch/positions.html", found=found[:positions.MOST], is_cut=len(found) > positions.MOST, asked=asked,
        doubts=DOUBTS, names=NAMES, has_geocoder=bool(code), trouble=trouble, timezone=asked.timezone,
        here=url_for("dispatch.positions"))  # fmt: skip


@panel_on("site_position")
def _trouble(site: Site) -> str:
    """Beside the position of an address, wherever it is shown: that it is missing or may be wrong, and what helps."""
    trouble = positions.trouble_of(site, _begins(site.customer.branch_id))
    if trouble is None:
        return ""
    return render_template("dispatch/_position.html", one=trouble, doubts=DOUBTS, names=NAMES, here=request.path)


def _begins(branch_id: str) -> set[Place]:
    """Where the days of a branch's technicians begin; read once for a page, however many addresses it shows."""
    known: dict[str, set[Place]] = g.setdefault("begins_of", {})
    if branch_id not in known:
        today = i18n.local(clock.now(), g.person.branch.timezone).date()
        known[branch_id] = {one.start for one in available([branch_id], today) if one.start}
    return known[branch_id]


@blueprint.post("/positions/<site_id>/confirmation", endpoint="confirm_position")
@needs("customers.edit")
def confirm(site_id: str) -> Response:
    """The position that was found is right: it counts as a pin from now on."""
    site = positions.site_to_confirm(g.person, site_id)
    lookups.confirm(site, by=g.person, at=clock.now())
    db.session.commit()
    say(_("The position of %(address)s is kept.", address=site.address))
    return redirect(local_address(request.form.get("next"), url_for("dispatch.positions")), 303)


@blueprint.post("/positions/<site_id>/lookup", endpoint="look_up_again")
@needs("customers.edit")
def look_up_again(site_id: str) -> Response:
    """Has the geocoder asked once more."""
    site = positions.site_to_confirm(g.person, site_id)
    lookups.ask_again(site.id, clock.now())
    db.session.commit()
    say(_("%(address)s is looked up again within some minutes.", address=site.address))
    return redirect(url_for("dispatch.positions"), 303)
