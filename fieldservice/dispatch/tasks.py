"""What a worker does for dispatch."""

from fieldservice.core import queue
from fieldservice.dispatch import road_work


@queue.every_minute
def learn_roads() -> None:
    """Asks the road service, where one is set, for the ways of the next days."""
    road_work.learn_ahead()
