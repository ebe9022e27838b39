"""A proposal made in this process by the first answer alone, which needs nothing compiled."""

from datetime import date
from unittest.mock import patch

from fieldservice.accounts.models import Person
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.dispatch import proposal_actions, proposing
from fieldservice.dispatch.rules import FILL, USUAL_LEVEL, WISHES
from fieldservice.routing import planner


def a_proposal(day: date, *, by: Person, mode: str = FILL) -> str:
    """One for the day of this person's branch, done; its id."""
    found = proposal_actions.ask(by.branch, day, mode, dict.fromkeys(WISHES, USUAL_LEVEL), with_undated=True, by=by,
                                 at=clock.now())  # fmt: skip
    proposal_id = found.id
    db.session.commit()
    at_once = patch.object(planner, mode, lambda to_plan, weights, **_given: planner.first_answer(to_plan, weights))
    with at_once, patch.object(planner, "make_ready", lambda: False):
        proposing.make(proposal_id)
    return proposal_id
