"""The board: the day of every technician on one axis of time."""

from collections.abc import Callable, Container
from dataclasses import asdict
from datetime import datetime
from hashlib import blake2b
from typing import Any
from urllib.parse import quote

from flask import current_app, g, render_template, request
from markupsafe import Markup

from fieldservice.core import clock, i18n, versions
from fieldservice.core.i18n import gettext as _
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.core.permissions import needs
from fieldservice.dispatch import board, ways
from fieldservice.dispatch.slip_words import CERTAINTIES
from fieldservice.dispatch.views.asked import Asked, asked_who, asked_words, read_asked
from fieldservice.dispatch.views.blueprint import blueprint
from fieldservice.jobs.rules import CANCELLED, STATES, TYPES
from fieldservice.people.queries import skill_names
from fieldservice.web import job_words
from fieldservice.web.access import is_fragment_request, note_automatic_request
from fieldservice.web.navigation import may_open
from fieldservice.web.templating import mark

ONLY = (*(state for state in STATES if state != CANCELLED), board.TROUBLE)

#: the block's class for each state; its colours are those of the states everywhere
BLOCK_CLASSES = {
    "unassigned": "blk-tray", "assigned": "blk-assigned", "accepted": "blk-accepted", "en_route": "blk-enroute",
    "arrived": "blk-arrived", "working": "blk-working", "finished": "blk-done", "unfinished": "blk-paused",
    "absent": "blk-paused",
}


#: what is to be done soon or first, in words as short as a block is narrow
DUE_WORDS = {"soon": _l("due"), "urgent": _l("Urgent"), "emergency": _l("Emergency")}
NEED_WORDS = {"due": _l("Due or late"), "urgent": _l("Urgent or emergency"), "no_position": _l("Without a position")}

#: said of hundreds of blocks: looked up once
TRAVEL_WORDS = _l("travel about %(minutes)s min")
BEGIN_WORDS = _l("planned to begin at %(time)s")
EXPECTED_WORDS = _l("expected about %(time)s (%(how)s)")

#: why somebody is not there; that it is an illness is for planners
OFF_WORDS = {"off": _l("Day off"), "sick": _l("Ill"), "no_shift": _l("No shift"), "inactive": _l("Account disabled")}

#: the rows a page has already, by their seals
HAVE = "X-Board-Have"


@blueprint.get("/board", endpoint="board")
@needs("desk.read")
def page() -> str:
    """Everybody's day or three; the address carries day, branch, view, filters and search."""
    note_automatic_request()
    version = versions.current()[1]  # first: what is committed after it is announced and read again
    asked, now = read_asked(g.person), clock.now()
    choice = _choice(asked)
    shown = board.read_board(choice, now)
    address = asked.addresses("board", only=choice.only, view=choice.view, q=choice.words, kind=choice.kind,
                              need=choice.need, map="1" if choice.map else "", who=choice.who)
    values: dict[str, Any] = {
        "board": shown, "choice": choice, "asked": asked, "at": now, "minute": _minute(now, asked.timezone),
        "version": version, "timezone": asked.timezone,
        "address": address, "next": quote(address(), safe=""), "block_classes": BLOCK_CLASSES,
        "many_branches": len(asked.branches) > 1,
        "may_edit": g.person.can("jobs.edit"), "may_assign": g.person.can("jobs.assign"),
        "marks": {state: mark(state) for state in BLOCK_CLASSES},
        "types": {code: str(words) for code, words in job_words.TYPES.items()},
        "words": {state: str(job_words.STATES[state]) for state in BLOCK_CLASSES},
        "due_words": {due: str(words) for due, words in DUE_WORDS.items()}, "need_words": NEED_WORDS,
        "skill_names": skill_names() if g.person.can("jobs.assign") else {}, "travel": _travel(asked),
        "said_travel": str(TRAVEL_WORDS),
        "said_begin": str(BEGIN_WORDS), "said_expected": _expected_in(asked.timezone), "off_words": _off_words(),
        "who_facts": _facts_of, "sheet": _sheets(choice),
        "away": _aways(choice), "away_words": _("Sick or day off"),
        "can_enter_jobs": may_open("/jobs/new"), "is_part": is_fragment_request()}
    tray_rows, rows = _rows(shown, values)
    return render_template("dispatch/_board.html" if values["is_part"] else "dispatch/board.html", **values,
                           tray_rows=tray_rows, rows=rows)


def _choice(asked: Asked) -> board.Choice:
    """What the address asks for; what makes no sense is as if it were not there."""
    def one_of(name: str, known: Container[str]) -> str:
        wanted = request.args.get(name, "")
        return wanted if wanted in known else ""

    return board.Choice(asked.branch_ids, asked.day, asked.timezone, g.person, asked_words(), one_of("only", ONLY),
                        one_of("view", board.VIEWS), one_of("kind", TYPES), one_of("need", board.NEEDS),
                        map=request.args.get("map") == "1", who=".".join(asked_who()))


def _off_words() -> dict[str, str]:
    words = {why: str(said) for why, said in OFF_WORDS.items()}
    return words if g.person.can("jobs.assign") else words | {"sick": words["off"]}


def _facts_of(lane: board.Lane) -> dict[str, Any]:
    """What the browser must know of a person to say what speaks against a drop (`behaviours/board/rules.js`)."""
    if not lane.duties:
        return {}
    may_assign, one = g.person.can("jobs.assign"), lane.duties[0]
    days: list[dict[str, Any]] = [
        {"why": "off" if duty.why_not == "sick" and not may_assign else duty.why_not,
         "shift": [duty.shift_start // 60, duty.shift_end // 60] if duty.is_there else None} for duty in lane.duties]
    if not may_assign:
        return {"days": days}
    for day, way in zip(days, lane.ways, strict=True):
        if way:
            day["way"] = {"now": way.now, "free": way.free, "from": way.start, "to": way.end, "lunch": way.lunch}
    return {"days": days, "skills": sorted(one.skills), "van": one.van_m2,
            "expired": {code: until.isoformat() for code, until in one.expired.items()}}


def _expected_in(zone: str) -> Callable[[board.Block], str]:
    """Says when somebody comes, and how sure that is; '' where nobody can say."""
    words, how = str(EXPECTED_WORDS), {code: str(said) for code, said in CERTAINTIES.items()}

    def say(one: board.Block) -> str:
        if one.expected is None:
            return ""
        return words % {"time": f"{i18n.local(one.expected.at, zone):%H:%M}", "how": how[one.expected.certainty]}

    return say


def _minute(now: datetime, timezone: str) -> int:
    local = i18n.local(now, timezone)
    return local.hour * 60 + local.minute


def _travel(asked: Asked) -> dict[str, Any]:
    """The formula of the ways, for the browser: by branch, as the server takes it."""
    return {branch_id: asdict(model) for branch_id, model in ways.models_for(asked.branch_ids).items()}


def _sheets(choice: board.Choice) -> Callable[[str], str]:
    """Makes the address of somebody's day on paper."""
    day = choice.day.isoformat()
    return lambda person_id: f"/board/{person_id}/sheet?day={day}"


def _aways(choice: board.Choice) -> Callable[[str], str]:
    """Makes the address at which somebody's absence is noted."""
    day = choice.day.isoformat()
    return lambda person_id: f"/board/{person_id}/away?day={day}"


def _rows(shown: board.Board, values: dict[str, Any]) -> tuple[list[Markup], list[Markup]]:
    """The rows of the tray and of technicians as they are sent: whole, or told to stay as they are."""
    # as a page has them: with all that templates know
    current_app.update_template_context(values)
    made: Any = current_app.jinja_env.get_template("dispatch/_board_lanes.html").make_module(values)
    have = frozenset(request.headers.get(HAVE, "").split(",")) if values["is_part"] else frozenset()
    tray = [("tray", made.waiting(shown))]
    if shown.untimed:
        tray.append(("untimed", made.untimed(shown)))
    if shown.undated:
        tray.append(("undated", made.undated(shown)))
    lanes = [(lane.person.id, made.lane(lane)) for lane in shown.lanes if lane.person]
    return [_sealed(*one, have) for one in tray], [_sealed(*one, have) for one in lanes]


def _sealed(key: str, row: Markup, have: frozenset[str]) -> Markup:
    """The row with its seal; one that the page has needs only its place."""
    seal = blake2b(row.encode(), digest_size=8).hexdigest()
    if seal in have:
        return Markup('<section id="lane-{}" data-same></section>').format(key)
    return Markup(str(row).replace('data-seal=""', f'data-seal="{seal}"', 1))  # noqa: S704 - our own template
