"""All copies of the technician app: what is still only on a phone, and blocking a lost one."""

from flask import current_app, g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from fieldservice.accounts import actions, exports
from fieldservice.accounts.device_words import DEVICE_KIND_WORDS, device_words
from fieldservice.accounts.entering import origin
from fieldservice.accounts.queries import (
    DEVICE_KINDS,
    DEVICE_SORTS,
    branches_for,
    device_for,
    devices_query,
    sorted_devices,
)
from fieldservice.accounts.views.blueprint import blueprint
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.errors import Conflict
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import needs
from fieldservice.web import exports as web_exports
from fieldservice.web.access import is_fragment_request
from fieldservice.web.listing import asked_order, asked_text, page_of
from fieldservice.web.notices import say
from fieldservice.web.words import reason_words

Page = str | Response | tuple[str, int]


@blueprint.get("/devices")
@needs("devices.read")
def devices() -> Page:
    """Phones of one's people, those with unsent work first: search, filters and order stand in the address."""
    asked = {name: asked_text(name) for name in ("q", "branch", "kind")}
    kind = asked["kind"] if asked["kind"] in DEVICE_KINDS else ""
    at, build = clock.now(), current_app.extensions["assets"].build
    query = devices_query(g.person, search=asked["q"], branch_id=asked["branch"], kind=kind, build=build, at=at)
    sort = asked_order(DEVICE_SORTS, "unsent", descending=True)
    ordered = sorted_devices(query, sort[0], descending=sort[1])
    if web_exports.asked():
        columns = exports.device_columns(at, build)
        return web_exports.send_list("devices", _("Devices"), columns, lambda: web_exports.rows_of(ordered))
    template = "accounts/_devices_list.html" if is_fragment_request() else "accounts/devices.html"
    return render_template(template, page=page_of(query, ordered), asked=asked | {"kind": kind}, sort=sort,
                           branches=branches_for(g.person), kinds=DEVICE_KIND_WORDS,
                           words_of=lambda device: device_words(device, at=at, build=build))


@blueprint.get("/devices/<device_id>")
@needs("devices.read")
def show_device(device_id: str) -> Page:
    """One phone: how it stands, what became of a blocked one, and blocking it."""
    device = device_for(g.person, device_id)
    words = device_words(device, at=clock.now(), build=current_app.extensions["assets"].build)
    return render_template("accounts/device.html", device=device, words=words)


@blueprint.post("/devices/<device_id>/revocation")
@needs("devices.manage")
def revoke_device(device_id: str) -> Response:
    """Blocks a device."""
    device = device_for(g.person, device_id, to_change=True)
    actions.revoke_device(device, by=g.person, at=clock.now(), address=origin().address)
    db.session.commit()
    say(_("The phone is blocked. At its next contact it delivers what is unsent into the inbox, and is then wiped."))
    return redirect(url_for("accounts.show_device", device_id=device_id), 303)


@blueprint.post("/devices/<device_id>/restoration")
@needs("devices.manage")
def restore_device(device_id: str) -> Response:
    """Lets a blocked device in again."""
    device = device_for(g.person, device_id, to_change=True)
    try:
        actions.restore_device(device, by=g.person, at=clock.now(), address=origin().address)
        db.session.commit()
        say(_("The phone is let in again."))
    except Conflict as error:
        db.session.rollback()
        say(reason_words(error.code))
    return redirect(url_for("accounts.show_device", device_id=device_id), 303)
