"""All copies of the technician app: what is still only on a phone, and blocking a lost one."""

from flask import g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from fieldservice.accounts import actions, exports
from fieldservice.accounts.entering import origin
from fieldservice.accounts.models import Device
from fieldservice.accounts.queries import devices_query
from fieldservice.accounts.views.blueprint import blueprint
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.errors import NotFound
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import needs
from fieldservice.web import exports as web_exports
from fieldservice.web.access import is_fragment_request
from fieldservice.web.listing import asked_text, page_of
from fieldservice.web.notices import say


@blueprint.get("/devices")
@needs("devices.manage")
def devices() -> str | Response:
    """All devices, those with unsent work first."""
    search = asked_text("q")
    query = devices_query(search)
    ordered = query.order_by(Device.pending_count.desc(), Device.last_contact_at.desc(), Device.id)
    if web_exports.asked():
        columns = exports.device_columns()
        return web_exports.send_list("devices", _("Devices"), columns, lambda: web_exports.rows_of(ordered))
    page = page_of(query, ordered)
    template = "accounts/_devices_list.html" if is_fragment_request() else "accounts/devices.html"
    return render_template(template, page=page, search=search)


@blueprint.post("/devices/<device_id>/revocation")
@needs("devices.manage")
def revoke_device(device_id: str) -> Response:
    """Blocks a device."""
    actions.revoke_device(_device(device_id), by=g.person, at=clock.now(), address=origin().address)
    db.session.commit()
    say(_("The phone is blocked: it gets nothing new. What is unsent stays on it until it is let in again."))
    return redirect(url_for("accounts.devices"), 303)


@blueprint.post("/devices/<device_id>/restoration")
@needs("devices.manage")
def restore_device(device_id: str) -> Response:
    """Lets a blocked device in again."""
    actions.restore_device(_device(device_id), by=g.person, at=clock.now(), address=origin().address)
    db.session.commit()
    say(_("The phone is let in again."))
    return redirect(url_for("accounts.devices"), 303)


def _device(device_id: str) -> Device:
    found = db.session.get(Device, device_id)
    if found is None:
        raise NotFound()
    return found
