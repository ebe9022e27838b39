"""What a worker does for the whole product."""

from fieldservice.core import clock, queue
from fieldservice.core.db import count_rows

#: once an hour, in this minute
_MINUTE = 17


@queue.every_minute
def keep_the_planner_informed() -> None:
    """The database finds its way by what it knows of its tables."""
    if clock.now().minute == _MINUTE:
        count_rows()
