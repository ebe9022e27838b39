"""The board: the day of every technician on one axis of time."""

from urllib.parse import quote

from flask import g, render_template, request

from fieldservice.core import clock, versions
from fieldservice.core.permissions import needs
from fieldservice.dispatch import board
from fieldservice.dispatch.views.asked import asked_words, read_asked
from fieldservice.dispatch.views.blueprint import blueprint
from fieldservice.jobs.rules import CANCELLED, STATES
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


@blueprint.get("/board", endpoint="board")
@needs("desk.read")
def page() -> str:
    """Everybody's day; the address carries day, branch, filter and search."""
    note_automatic_request()
    version = versions.current()[1]  # first: what is committed after it is announced and read again
    asked, now = read_asked(g.person), clock.now()
    only = request.args.get("only", "")
    choice = board.Choice(asked.branch_ids, asked.day, asked.timezone, g.person, asked_words(),
                          only if only in ONLY else "")
    shown = board.read_board(choice, now)
    address = asked.addresses("board", only=choice.only, q=choice.words)
    return render_template(
        "dispatch/_board.html" if is_fragment_request() else "dispatch/board.html",
        board=shown, choice=choice, asked=asked, at=now, version=version, timezone=asked.timezone,
        address=address, next=quote(address(), safe=""), block_classes=BLOCK_CLASSES,
        marks={state: mark(state) for state in BLOCK_CLASSES},
        types={code: str(words) for code, words in job_words.TYPES.items()},
        words={state: str(job_words.STATES[state]) for state in BLOCK_CLASSES}, can_enter_jobs=may_open("/jobs/new"),
        is_part=is_fragment_request())
