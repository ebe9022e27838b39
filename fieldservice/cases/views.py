"""The page of a case."""

from flask import Blueprint, g, render_template

from fieldservice.cases import queries
from fieldservice.core.permissions import needs

blueprint = Blueprint("cases", __name__)


@blueprint.get("/cases/<case_id>")
@needs("desk.read")
def show(case_id: str) -> str:
    """What the customer came with, and the visits it took."""
    return render_template("cases/page.html", case=queries.case_for(g.person, case_id))
