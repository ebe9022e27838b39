"""Pages of cases: the list, and one with its visits."""

from flask import Blueprint, g, render_template
from werkzeug.wrappers import Response

from fieldservice.cases import exports, queries
from fieldservice.cases.models import KINDS
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import needs
from fieldservice.customers.queries import branches_to_choose
from fieldservice.web import exports as web_exports
from fieldservice.web.access import is_fragment_request
from fieldservice.web.listing import asked_order, asked_text, page_of

blueprint = Blueprint("cases", __name__)


@blueprint.get("/cases")
@needs("desk.read")
def index() -> str | Response:
    """All cases; the address carries search, filters, order and page."""
    asked = {name: asked_text(name) for name in ("q", "kind", "branch", "state")}
    narrowed = queries.CaseFilter(asked["q"], asked["kind"], asked["branch"], asked["state"])
    sort = asked_order(queries.SORTS, "opened", descending=True)
    found = queries.search_cases(g.person, narrowed)
    ordered = queries.sorted_by(found, sort[0], descending=sort[1])
    if web_exports.asked():
        return web_exports.send_list("cases", _("Cases"), exports.columns(), lambda: exports.rows(ordered))
    return render_template(
        "cases/_list.html" if is_fragment_request() else "cases/list.html",
        page=page_of(found, ordered),
        sort=sort,
        narrowed=narrowed,
        is_narrow=narrowed != queries.CaseFilter(),
        branches=branches_to_choose(g.person),
        kinds=KINDS,
    )


@blueprint.get("/cases/<case_id>")
@needs("desk.read")
def show(case_id: str) -> str:
    """What the customer came with, and the visits it took."""
    return render_template("cases/page.html", case=queries.case_for(g.person, case_id))
