"""The map beside the board, and one technician for many visits chosen on it."""

from json import dumps as ascii_json
from typing import Any

from flask import Response, current_app, g, make_response, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from fieldservice.core import clock, versions
from fieldservice.core.permissions import needs
from fieldservice.dispatch import map as day_map
from fieldservice.dispatch import together
from fieldservice.dispatch.views.asked import asked_who, read_asked
from fieldservice.dispatch.views.blueprint import blueprint
from fieldservice.jobs.rules import ENDED, STATES
from fieldservice.routing import services
from fieldservice.web import job_words
from fieldservice.web.access import is_fragment_request, note_automatic_request
from fieldservice.web.addresses import local_address
from fieldservice.web.notices import say
from fieldservice.web.travel_words import NAMES, TROUBLES


@blueprint.get("/board/map", endpoint="board_map")
@needs("desk.read")
def board_map() -> str:
    """Asked for by the pane after the board has been painted, and again when something changed."""
    note_automatic_request()
    version = versions.current()[1]  # first: what is committed after it is announced and read again
    asked, now = read_asked(g.person), clock.now()
    whole = day_map.read_map(asked.branch_ids, asked.day, g.person, now)
    known = {day_map.NOBODY, *(way.person.staff_no for way in whole.ways)}
    who = [one for one in asked_who() if one in known]
    shown, joined = whole.narrowed(who), ".".join(who)
    words = {state: str(job_words.STATES[state]) for state in STATES}
    types = {code: str(said) for code, said in job_words.TYPES.items()}
    template = "dispatch/_map.html" if is_fragment_request() else "dispatch/map.html"
    return render_template(
        template, shown=shown, whole=whole, who=who, joined=joined, nobody=day_map.NOBODY,
        is_choosing="choosing" in request.args, data=day_map.as_data(shown, words, types), asked=asked, version=version,
        at=now, timezone=asked.timezone, address=asked.addresses("board_map", who=joined), trouble=road_trouble(),
        words=words, types=types, may_assign=g.person.can("jobs.assign"), ended=ENDED,
        back=asked.addresses("board", map="1", who=joined)())  # fmt: skip


@blueprint.post("/board/assignments", endpoint="assign_together")
@needs("jobs.assign")
def assign_together() -> AnyResponse:
    """Gives all chosen visits to one technician in one act; those that others changed meanwhile stay and are named."""
    chosen = together.read_chosen(request.form.getlist("visit"))
    done = together.assign(chosen, request.form.get("lead", ""), by=g.person, at=clock.now())
    if is_fragment_request():
        undo = url_for("dispatch.take_back_together", version=done.version) if done.version else ""
        told = {"words": done.words, "undo": undo}
        return Response(status=204, headers={"HX-Trigger": ascii_json({"fieldservice:done": told})})
    say(done.words)
    return make_response("", 303, {"Location": local_address(request.form.get("next"), url_for("dispatch.board"))})


@blueprint.post("/undo/together/<int:version>", endpoint="take_back_together")
@needs("jobs.assign")
def take_back_together(version: int) -> AnyResponse:
    """Takes back what was done to many visits in one act: all of it, or what nobody changed since, which is said."""
    said = together.take_back(version, by=g.person, at=clock.now())
    if is_fragment_request():
        told = {"words": said, "undo": ""}
        return Response(status=204, headers={"HX-Trigger": ascii_json({"fieldservice:done": told})})
    say(said)
    return make_response("", 303, {"Location": local_address(request.form.get("next"), url_for("dispatch.board"))})


def road_trouble() -> dict[str, Any] | None:
    """Why road times are estimated though a service is set; None: they need not be."""
    code = str(current_app.config["ROADS"])
    found = services.standing(code)
    if found is None:
        return None
    return {"name": NAMES[code], "why": TROUBLES[found.trouble], "since": found.since}
