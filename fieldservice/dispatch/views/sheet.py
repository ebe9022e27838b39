"""A technician's day on paper, and as a text to send."""

from flask import g, render_template

from fieldservice.core import clock
from fieldservice.core.permissions import needs
from fieldservice.dispatch import sheet
from fieldservice.dispatch.views.asked import read_asked
from fieldservice.dispatch.views.blueprint import blueprint


@blueprint.get("/board/<person_id>/sheet", endpoint="sheet")
@needs("desk.read")
def page(person_id: str) -> str:
    """To print, and to copy into a chat."""
    asked = read_asked(g.person)
    shown = sheet.read_sheet(g.person, person_id, asked.day, clock.now())
    return render_template("dispatch/sheet.html", sheet=shown, text=sheet.text_of(shown),
                           zone=shown.person.branch.timezone, asked=asked, address=asked.addresses("board"))
