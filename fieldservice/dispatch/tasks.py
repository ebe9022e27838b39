"""What a worker does for dispatch: proposals and what they need, those a killed worker left, ways of the next days."""

from fieldservice.core import clock, queue
from fieldservice.core.db import db
from fieldservice.dispatch import proposal_queries, proposing, road_work
from fieldservice.routing import planner


@queue.task
def make_proposal(proposal_id: str) -> None:
    """Works a proposal out."""
    proposing.make(proposal_id)


@queue.every_minute
def find_forgotten_proposals() -> None:
    """Puts proposals into the queue whose worker has gone, and gives up those that ended several."""
    forgotten = proposal_queries.forgotten_since(clock.now() - proposing.FORGOTTEN_AFTER)
    db.session.rollback()
    waiting = queue.waiting() if forgotten else set()
    for proposal_id in forgotten:
        is_waiting = (queue.name_of(make_proposal), proposal_id) in waiting
        if not is_waiting and proposing.give_up_or_go_on(proposal_id):
            queue.later(make_proposal, proposal_id)


@queue.every_minute
def make_the_search_ready() -> None:
    """Has the search compiled on a new machine before the first proposal waits for it."""
    planner.make_ready()


@queue.every_minute
def learn_roads() -> None:
    """Asks the road service, where one is set, for the ways of the next days."""
    road_work.learn_ahead()
